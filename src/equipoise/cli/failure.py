"""What the user reads when something is wrong, and the exit code that goes with it."""

import sys
import tempfile
import traceback

__all__ = ["DEFECT", "INPUT", "OUTPUT", "ArgumentError", "explain"]

DEFECT, INPUT, OUTPUT = 1, 2, 3
_EXPLAINED = (
    ("equipoise.analyze", "AnalyzeError"),
    ("equipoise.cdisc", "CdiscError"),
    ("equipoise.derive", "DeriveError"),
    ("equipoise.protocol", "ProtocolError"),
    ("equipoise.rehearsal.errors", "RehearsalError"),
    ("equipoise.results", "ResultsError"),
)
"""Errors of users by the module that has them: what is not loaded was not raised, and loading all takes seconds."""


class ArgumentError(Exception):
    """An argument that cannot be used; the message says why and what to do."""


def explain(error: Exception) -> int:
    """Print the message of an error to standard error and return the exit code."""
    loaded = ((sys.modules.get(module), name) for module, name in _EXPLAINED)
    known = (ArgumentError, *(getattr(module, name) for module, name in loaded if module is not None))
    if isinstance(error, known):
        print(f"equipoise: {error}", file=sys.stderr)
        return INPUT
    if isinstance(error, OSError):
        print(
            f"equipoise: {error.strerror or error}: {error.filename or 'output'}; nothing was changed", file=sys.stderr
        )
        return OUTPUT
    with tempfile.NamedTemporaryFile(
        "w", prefix="equipoise-defect-", suffix=".txt", delete=False, encoding="utf-8"
    ) as details:
        details.write("".join(traceback.format_exception(error)))
    print(
        f"equipoise: this is a defect of equipoise, not of your data: {type(error).__name__}: {error}", file=sys.stderr
    )
    print(f"equipoise: details are in {details.name}; please report it with them", file=sys.stderr)
    return DEFECT
