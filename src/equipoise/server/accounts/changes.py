"""What happened to accounts, read back from the access chain: for the person, and for who watches over the accounts.

An administrator who gives somebody a new password could come in with it, set up a second factor and act as that person.
So a reset is shown to the person and to those who watch, and the person finds the own password and device useless.
"""

import datetime as dt
from dataclasses import dataclass

from equipoise.ledger import ACCESS, Event, canonical_text, utc_text
from equipoise.server.accounts.making import RESET
from equipoise.server.ledger.store import read_events
from equipoise.server.sources import now

__all__ = ["SHOWN_DAYS", "AccountChange", "changes_of", "recent_resets"]

SHOWN_DAYS = 30
"""Days for which a reset is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChange:
    """A change of an account."""

    account: str
    what: str
    by: str
    """Account of who made it."""
    at: str


def recent_resets() -> list[AccountChange]:
    """List accounts to which somebody else gave a new password of late, last first."""
    since = utc_text(now() - dt.timedelta(days=SHOWN_DAYS))
    found = read_events(ACCESS, "kind = %s AND at >= %s AND payload LIKE %s", ["access_changed", since, f"%{_WHAT}%"])
    return [change for change in map(_change, reversed(list(found))) if change.by != change.account]


def changes_of(account: str) -> list[AccountChange]:
    """List every change of an account, last first."""
    whose = canonical_text({"account": account})[1:-1]
    found = map(_change, read_events(ACCESS, "kind = %s AND payload LIKE %s", ["access_changed", f"%{_plain(whose)}%"]))
    return [change for change in reversed(list(found)) if change.account == account]


def _plain(text: str) -> str:
    """Take the marks of LIKE as any letter; what is found is compared afterwards."""
    return text.replace("%", "_").replace("\\", "_")


_WHAT = canonical_text({"what": RESET})[1:-1]


def _change(event: Event) -> AccountChange:
    payload = event.payload
    return AccountChange(account=payload["account"], what=payload["what"], by=event.actor, at=event.at)
