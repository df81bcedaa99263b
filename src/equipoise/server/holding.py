"""After a restore, and where signed events are missing, nobody is allocated until somebody has looked into it."""

from django.db import transaction

from equipoise.ledger import ACCESS, TRIAL, Draft, Stamp, utc_text
from equipoise.server import trial
from equipoise.server.errors import ServerError
from equipoise.server.ledger.store import append, lock
from equipoise.server.restored import forget_restore, restored_from
from equipoise.server.sources import entropy, now

__all__ = ["ALLOCATING", "go_on", "why_held"]

ALLOCATING = frozenset({"randomize", "assign_kit"})
"""Commands that draw from the vault."""
_BY = "server"


def why_held() -> str | None:
    """Say why nobody can be allocated now; None where nothing stands against it."""
    found = restored_from(trial.place())
    if found is None:
        writer = trial.heads()
        return None if writer is None else writer.behind(TRIAL)
    lost = f" Signed heads show events up to {found.known}, and it lacks some of them." if found.behind else ""
    return (
        f"The record was restored from the backup of {found.made}.{lost} Nobody is randomized and no kit is assigned "
        "until what was recorded after it was looked for, and whoever runs the server lets it go on: "
        "equipoise restore --go-on REASON"
    )


def go_on(reason: str) -> None:
    """Let a restored record go on; the access chain says when, and why.

    Raises
    ------
    ServerError
        Nothing waits, or no reason is given.
    """
    place = trial.place()
    found = restored_from(place)
    if found is None:
        raise ServerError(f"{place.data}: was not restored from a backup, or goes on already")
    if not reason.strip():
        raise ServerError("give the reason: what was looked for, and what became of what was recorded after the backup")
    payload = {"made": found.made, "known": found.known, "have": found.have}
    draft = Draft("restored_record_continued", payload, reason=reason.strip()[:1000])
    with transaction.atomic():
        lock(ACCESS)
        append(ACCESS, [draft], Stamp(utc_text(now()), _BY, _BY, f"restore-{entropy(8).hex()}"))
    trial.flush_heads()
    forget_restore(place)
