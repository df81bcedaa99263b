"""Treatments read by those who may know them. Every reading is in the access chain before the answer is given."""

import datetime as dt

from equipoise.conduct import Study
from equipoise.conduct.context import Context
from equipoise.conduct.state import Subject
from equipoise.conduct.vault import Grant, GrantKind
from equipoise.ledger import Draft
from equipoise.server import trial
from equipoise.server.errors import ServerError
from equipoise.server.keys import TrialKey
from equipoise.server.sources import entropy, now
from equipoise.server.vault.reveal import EVERYBODY, reveal, reveal_all
from equipoise.server.write import record_access

__all__ = ["arms_for_analysis", "granted", "read_arm"]

_GROUNDS = {
    "see_arm": (("unblinded", GrantKind.PLANNED), ("code_broken", GrantKind.EMERGENCY)),
    "see_arm_for_safety": (("safety_unblinded", GrantKind.SAFETY),),
}


def granted(subject: Subject, action: str, actor: str, at: dt.datetime) -> Grant | None:
    """The right to learn one patient's arm, from the event that gave it; None where there is none."""
    for kind, ground in _GROUNDS[action]:
        record = next(iter(subject.records.get(kind, {}).values()), None)
        if record is not None:
            return Grant(subject=subject.id, kind=ground, actor=actor, at=at, event=f"{subject.id}/{record.name}")
    return None


def read_arm(context: Context, action: str) -> str | None:
    """Reveal one patient's arm to somebody who may know it; None where no event gives the right."""
    command = context.command
    grant = granted(context.subject, action, command.actor, now())
    if grant is None:
        return None
    payload = {"what": "arm of one patient", "grant": grant.event}
    _note(Draft("unblinded_read", payload, context.subject.site, context.subject.id), command.actor, command.role)
    return reveal(_key(), trial.stages(context.study), grant.subject, grant)


def arms_for_analysis(study: Study, actor: str, role: str, what: str) -> dict[str, str]:
    """Reveal all arms, for an analysis by arm."""
    moment = now()
    name = f"{what}/{actor}/{moment.isoformat()}"
    grant = Grant(subject=EVERYBODY, kind=GrantKind.DMC, actor=actor, at=moment, event=name)
    _note(Draft("unblinded_read", {"what": what, "grant": None}), actor, role)
    return reveal_all(_key(), trial.stages(study), grant)


def _key() -> TrialKey:
    found = trial.key()
    if found is None:
        raise ServerError(str(trial.key_problem()))
    return found


def _note(draft: Draft, actor: str, role: str) -> None:
    record_access(draft, actor=actor, role=role, request_id=f"access-{entropy(8).hex()}")
