"""Deliveries: kits made under a lot, kits sent to a site; each with its event in the access chain."""

import datetime as dt

from django.db import transaction

from equipoise.conduct import Study
from equipoise.ledger import Draft
from equipoise.server import trial
from equipoise.server.keys import TrialKey
from equipoise.server.sources import entropy
from equipoise.server.vault import depot
from equipoise.server.vault.digests import kits_digest
from equipoise.server.write import record_access

__all__ = ["make_kits", "send_kits"]


def make_kits(
    key: TrialKey, study: Study, *, lot: str, expires: dt.date, sets: int, actor: str, role: str
) -> list[str]:
    """Make ``sets`` kits of each arm under a new lot; give their numbers in order.

    Raises
    ------
    VaultError
        The lot exists or has expired.
    """
    with transaction.atomic():
        kits = depot.deliver(key, trial.stages(study), lot, expires, sets)
        _note(Draft("kits_made", {"lot": lot, "kits": len(kits), "digest": kits_digest(lot)}), actor, role)
    return kits


def send_kits(key: TrialKey, study: Study, *, lot: str, to: str, sets: int, actor: str, role: str) -> list[str]:
    """Send ``sets`` kits of each arm of a lot to a site; give their numbers in order.

    Raises
    ------
    VaultError
        The depot does not hold so many.
    """
    with transaction.atomic():
        kits = depot.ship(key, trial.stages(study), to, lot, sets)
        _note(Draft("kits_sent", {"lot": lot, "to": to, "kits": kits}), actor, role)
    return kits


def _note(draft: Draft, actor: str, role: str) -> None:
    record_access(draft, actor=actor, role=role, request_id=f"access-{entropy(8).hex()}")
