"""What was checked, with which outcome."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import DatabaseError

from equipoise.conduct.vault import VaultError
from equipoise.ledger import LedgerError

__all__ = ["Check", "Report"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check; ``ok`` is None where it could not be made."""

    name: str
    ok: bool | None
    text: str


@dataclass(slots=True)
class Report:
    """All checks in the order in which they were made."""

    checks: list[Check] = field(default_factory=list)

    def add(self, name: str, wrong: str | None, text: str) -> bool:
        """Add a check: ``wrong`` names the first bad record, or is None."""
        self.checks.append(Check(name, wrong is None, text if wrong is None else wrong))
        return wrong is None

    def check(self, name: str, find: Callable[[], str | None], text: str) -> bool:
        """Add a check that reads tables: ``find`` names the first bad record; a table that cannot be read is one."""
        try:
            return self.add(name, find(), text)
        except (ValueError, TypeError, LookupError, LedgerError, VaultError, DatabaseError) as error:
            return self.add(name, f"cannot be read: {error}", text)

    def skip(self, name: str, text: str) -> None:
        """Add a check that was not made."""
        self.checks.append(Check(name, None, text))

    @property
    def intact(self) -> bool:
        """Whether nothing is wrong."""
        return all(check.ok is not False for check in self.checks)

    @property
    def complete(self) -> bool:
        """Whether every check was made."""
        return all(check.ok is not None for check in self.checks)

    @property
    def first(self) -> str:
        """The first thing that is wrong."""
        return next((f"{check.name}: {check.text}" for check in self.checks if check.ok is False), "")
