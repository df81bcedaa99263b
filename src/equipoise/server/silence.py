"""What may be told of an error: where it came from, and no value of a variable, which may be an arm or a seed."""

from typing import Any

from django.views.debug import SafeExceptionReporterFilter

__all__ = ["SilentFilter"]


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
