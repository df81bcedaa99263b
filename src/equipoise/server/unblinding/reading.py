"""Treatments read by those who may know them. Every reading is in the access chain before the answer is given."""

import datetime as dt

from equipoise.conduct import Study
from equipoise.conduct.context import Context
from equipoise.conduct.state import Subject
from equipoise.conduct.vault import Grant, GrantKind
from equipoise.ledger import Draft, Event
from equipoise.server import trial
from equipoise.server.errors import ServerError
from equipoise.server.keys import TrialKey
from equipoise.server.sources import entropy
from equipoise.server.vault.reveal import EVERYBODY, reveal, reveal_all
from equipoise.server.write import record_access

__all__ = ["arms_for_analysis", "read_arm"]

_GROUNDS = {
    "see_arm": (("unblinded", GrantKind.PLANNED), ("code_broken", GrantKind.EMERGENCY)),
    "see_arm_for_safety": (("safety_unblinded", GrantKind.SAFETY),),
}


def _ground(subject: Subject, action: str) -> tuple[GrantKind, str] | None:
    """On what ground one patient's arm may be known, and the event that gave the right."""
    for kind, ground in _GROUNDS[action]:
        record = next(iter(subject.records.get(kind, {}).values()), None)
        if record is not None:
            return ground, f"{subject.id}/{record.name}"
    return None


def read_arm(context: Context, action: str) -> str | None:
    """Reveal one patient's arm to somebody who may know it; None where no event gives the right."""
    command = context.command
    ground = _ground(context.subject, action)
    if ground is None:
        return None
    kind, name = ground
    payload = {"what": f"arm of one patient: {kind.value}", "grant": name}
    draft = Draft("unblinded_read", payload, context.subject.site, context.subject.id)
    event = _note(draft, command.actor, command.role)
    moment = dt.datetime.fromisoformat(event.at)
    grant = Grant(subject=context.subject.id, kind=kind, actor=command.actor, at=moment, event=name)
    return reveal(_key(), trial.stages(context.study), grant.subject, grant)


def arms_for_analysis(study: Study, actor: str, role: str, what: str) -> dict[str, str]:
    """Reveal all arms, for an analysis by arm."""
    name = f"all/{entropy(8).hex()}"
    event = _note(Draft("unblinded_read", {"what": what, "grant": name}), actor, role)
    moment = dt.datetime.fromisoformat(event.at)
    grant = Grant(subject=EVERYBODY, kind=GrantKind.DMC, actor=actor, at=moment, event=name)
    return reveal_all(_key(), trial.stages(study), grant)


def _key() -> TrialKey:
    found = trial.key()
    if found is None:
        raise ServerError(str(trial.key_problem()))
    return found


def _note(draft: Draft, actor: str, role: str) -> Event:
    return record_access(draft, actor=actor, role=role, request_id=f"access-{entropy(8).hex()}")
