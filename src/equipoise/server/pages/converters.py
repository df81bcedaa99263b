"""Parts of addresses: only what can be a name of the record gets as far as a page."""

from django.urls import register_converter

from equipoise.conduct import COMMANDS, Role
from equipoise.server.pages.page import Desk

__all__ = ["CommandConverter", "DeskConverter", "NameConverter", "PersonConverter", "register"]

_NAME = "[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}"


class DeskConverter:
    """``site_coordinator@01`` or ``data_manager``."""

    regex = f"(?:{'|'.join(Role)})(?:@{_NAME})?"

    def to_python(self, value: str) -> Desk:
        """Read a desk."""
        role, _, site = value.partition("@")
        return Desk(Role(role), site or None)

    def to_url(self, value: Desk) -> str:
        """Write a desk."""
        return str(value)


class NameConverter:
    """Number of a patient, a site or a record."""

    regex = _NAME

    def to_python(self, value: str) -> str:
        """Read it."""
        return value

    def to_url(self, value: str) -> str:
        """Write it."""
        return str(value)


class PersonConverter(NameConverter):
    """Account of a person."""

    regex = "[A-Za-z0-9][A-Za-z0-9_.:@-]{0,79}"


class CommandConverter(NameConverter):
    """Name of a command."""

    regex = "|".join(COMMANDS)


def register() -> None:
    """Make the parts known to Django; once in a process."""
    register_converter(DeskConverter, "desk")
    register_converter(CommandConverter, "command")
    register_converter(PersonConverter, "person")
    for name in ("subject", "record", "site", "name"):
        register_converter(NameConverter, name)
