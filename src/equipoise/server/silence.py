"""What may be told of an error: where it came from, and no value of a variable, which may be an arm or a seed.

Of a refused request the log says that it was refused and not what was asked: that open treatment was refused, and for
whom, would tell the arm. Who tried what stands in the access chain.
"""

import logging
from typing import Any

from django.views.debug import SafeExceptionReporterFilter

__all__ = ["ShortRefusals", "SilentFilter"]


class SilentFilter(SafeExceptionReporterFilter):
    """Leaves out variables of every frame, sent fields and settings, whether or not the server is debugged."""

    def is_active(self, _request: Any) -> bool:
        """Hide always."""
        return True

    def get_traceback_frame_variables(self, _request: Any, _tb_frame: Any) -> list[tuple[str, str]]:
        """Show no variable."""
        return []

    def get_post_parameters(self, _request: Any) -> dict[str, str]:
        """Show no field."""
        return {}

    def get_safe_settings(self) -> dict[str, Any]:
        """Show no setting."""
        return {}


class ShortRefusals(logging.Filter):
    """Leaves the address out of log lines about refused requests, and about a patient's diary: it holds the secret.

    It stands before whatever writes lines, for every logger: a filter of ``django.request`` does not see what its
    neighbors, such as ``django.security.csrf``, say of the same request.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the line; every line stays."""
        if isinstance(record.args, tuple) and len(record.args) == 2:
            refused = 400 <= getattr(record, "status_code", 0) < 500
            if refused or str(record.args[1]).startswith("/diary/"):
                record.args = (record.args[0], "a request")
        return True
