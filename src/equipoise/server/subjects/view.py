"""A patient as a role may see it.

Whoever does not treat the patient sees nothing that was recorded after the patient's unblinding: the state is folded up
to that event and no further. Reads of central reviewers are seen by those who run the review; slots, receipts, hashes
and numbers of the record by nobody.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from equipoise.conduct import Role, Subject, apply_all
from equipoise.conduct.nouns.central_review import REVIEW_KINDS, RUNS_REVIEW
from equipoise.conduct.state import Record, State
from equipoise.ledger import TRIAL, Event, kinds
from equipoise.server.ledger.store import read_events

__all__ = ["OPEN_TREATMENT", "audit_rows", "record_rows", "seen_events", "subject_row"]

_OPENS = frozenset({"unblinded", "code_broken"})
OPEN_TREATMENT = frozenset({Role.SITE_COORDINATOR, Role.INVESTIGATOR, Role.PHARMACIST})
"""Roles that treat a patient after unblinding; who only reads scans of the site stays blinded."""


def seen_events(subject: str, role: Role) -> Iterator[Event]:
    """Events of a patient that a role may know of, in order."""
    treats = role in OPEN_TREATMENT
    for event in read_events(TRIAL, "subject = %s", [subject]):
        if _seen(event.kind, role) and _seen(str(event.payload.get("of", event.kind)), role):
            yield event
        if event.kind in _OPENS and not treats:
            return


def _seen(kind: str, role: Role) -> bool:
    declared = kinds().get(kind)
    if kind in REVIEW_KINDS:
        return role in RUNS_REVIEW
    return declared is None or not declared.sealed or role in OPEN_TREATMENT


def record_rows(subject: str, role: Role) -> list[dict[str, Any]]:
    """Records of a patient as a role sees them, in the order in which they were made."""
    state = apply_all(State(), (event for event in seen_events(subject, role) if _applies(event)))
    found = state.subjects.get(subject) or Subject(id=subject)
    records = [record for by_name in found.records.values() for record in by_name.values()]
    return [_row(record) for record in sorted(records, key=lambda r: (r.at, r.kind, r.name))]


def _applies(event: Event) -> bool:
    return event.kind not in REVIEW_KINDS


def _row(record: Record) -> dict[str, Any]:
    return {
        "record": record.name,
        "kind": record.kind,
        "noun": kinds()[record.kind].noun,
        "values": shown(record.kind, record.values),
        "recorded_at": record.at,
        "recorded_by": record.actor,
        "changes": record.changes,
        "retracted": record.retracted,
    }


def audit_rows(subject: str, role: Role) -> list[dict[str, Any]]:
    """Audit trail of a patient: who did what, when and why, with old and new values; numbered within the patient."""
    return [
        {
            "number": number,
            "at": event.at,
            "actor": event.actor,
            "role": event.role,
            "kind": event.kind,
            "values": shown(event.kind, event.payload),
            "reason": event.reason,
            "protocol_version": event.version,
            "clock_drift": event.clock_drift,
        }
        for number, event in enumerate(seen_events(subject, role), 1)
    ]


def shown(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the fields that nobody who is blinded sees."""
    sealed = kinds()[kind].sealed_fields
    return {name: value for name, value in values.items() if name not in sealed}


def subject_row(subject: Subject) -> dict[str, Any]:
    """A line in a list of patients."""
    stage = "withdrawn" if subject.has("withdrawn") else str(subject.stage)
    return {"subject": subject.id, "site": subject.site, "stage": stage}
