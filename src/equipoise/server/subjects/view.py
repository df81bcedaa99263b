"""A patient as a role may see it.

Whoever does not treat the patient sees nothing that was recorded after the patient's unblinding: the state is folded up
to that event and no further. Reads of central reviewers are seen by those who run the review; slots, receipts, hashes
and numbers of the record by nobody.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

from equipoise.conduct import Role, Subject, apply_all, due, reconsent_due
from equipoise.conduct.context import Context
from equipoise.conduct.nouns.central_review import REVIEW_KINDS, RUNS_REVIEW
from equipoise.conduct.state import Record, State
from equipoise.ledger import TRIAL, Event, StoredEvent, kinds, parse_canonical
from equipoise.server.ledger.round_trip import ask
from equipoise.server.ledger.store import numbered_events, read_event, stored_events, trail

__all__ = [
    "OPEN_TREATMENT",
    "audit_rows",
    "due_rows",
    "open_treatment_rows",
    "record_rows",
    "seen_events",
    "seen_numbers",
    "seen_stored",
    "seen_subject",
    "subject_row",
    "summary",
]

_OPENS = frozenset({"unblinded", "code_broken"})
OPEN_TREATMENT = frozenset({Role.SITE_COORDINATOR, Role.INVESTIGATOR, Role.PHARMACIST})
"""Roles that treat a patient after unblinding; who only reads scans of the site stays blinded."""


def seen_events(subject: str, role: Role) -> Iterator[Event]:
    """Events of a patient that a role may know of, in order."""
    return map(read_event, seen_stored(subject, role))


def seen_stored(subject: str, role: Role) -> Iterator[StoredEvent]:
    """The same as `seen_events`, as they stand in the table: of a long record few are read further."""
    treats = role in OPEN_TREATMENT
    for row in stored_events(TRIAL, "subject = %s", [subject]):
        if _seen(row.kind, role) and _seen(_of(row), role):
            yield row
        if row.kind in _OPENS and not treats:
            return


def seen_numbers(subject: str, role: Role) -> list[int]:
    """Numbers of the events of `seen_events`, from the index of patients and the few events that are about others."""
    (rows,) = ask(trail(TRIAL, subject))
    treats, found = role in OPEN_TREATMENT, list[int]()
    pointing = numbered_events(TRIAL, [seq for seq, kind in rows if kind in _pointing()])
    about = {event.seq: str(event.payload.get("of", event.kind)) for event in pointing}
    for seq, kind in rows:
        if _seen(kind, role) and _seen(about.get(seq, kind), role):
            found.append(seq)
        if kind in _OPENS and not treats:
            break
    return found


@cache
def _pointing() -> frozenset[str]:
    """Kinds of events that name the kind of a record that they are about."""
    return frozenset(name for name, kind in kinds().items() if "of" in kind.fields)


def _of(row: StoredEvent) -> str:
    """Kind of the record that an event is about; its own kind where it makes one."""
    return str(parse_canonical(row.payload).get("of", row.kind)) if '"of":' in row.payload else row.kind


def _seen(kind: str, role: Role) -> bool:
    declared = kinds().get(kind)
    if kind in REVIEW_KINDS:
        return role in RUNS_REVIEW
    return declared is None or not declared.sealed or role in OPEN_TREATMENT


def seen_subject(subject: str, role: Role) -> Subject:
    """Fold a patient as a role may know the patient: the state to build pages from.

    Reads of the central review are not in it, and nothing after unblinding for who does not treat the patient.
    """
    state = apply_all(State(), (event for event in seen_events(subject, role) if _applies(event)))
    return state.subjects.get(subject) or Subject(id=subject)


def summary(context: Context) -> dict[str, Any]:
    """Say where a patient stands, as the role may know it (right: ``see_subject``).

    Returns
    -------
    dict
        subject; site; stage; protocol (version in force at the site today); consents (form, version and day of each);
        reconsent_due (form -> version that the patient is to be asked to sign); withdrawn (levels); death (date or
        none); lost (boolean); unblinded (boolean: whether the blind was lifted for the physician).
    """
    subject = seen_subject(context.subject.id, Role(context.command.role))
    asked = {form: reconsent_due(context.site, subject, context.today, form) for form in ("study", "crossover")}
    lost, found = subject.last("lost_to_follow_up"), subject.last("found_again")
    return {
        "subject": subject.id,
        "site": subject.site,
        "stage": str(subject.stage),
        "protocol": context.version,
        "consents": [
            {name: given[name] for name in ("form", "version", "date")} for given in subject.live("consented")
        ],
        "reconsent_due": {form: version for form, version in asked.items() if version is not None},
        "withdrawn": [given["level"] for given in subject.live("withdrawn")],
        "death": subject.death,
        "lost": lost is not None and (found is None or found["date"] < lost["date"]),
        "unblinded": context.subject.unblinded,
    }


def due_rows(context: Context) -> list[dict[str, Any]]:
    """List what is due for a patient today (right: ``see_subject``).

    Returns
    -------
    list of dict
        action (command that does it), what, target, first and last (days; none where there is no plan), overdue.
        Overdue things first. Of a patient who was unblinded, nothing for who does not treat the patient: what is due
        then depends on what the role may not know.
    """
    role, subject = Role(context.command.role), context.subject
    if subject.unblinded and role not in OPEN_TREATMENT:
        return []
    state = seen_subject(subject.id, role)
    return [asdict(entry) for entry in due(context.rules, context.site, state, context.today)]


def open_treatment_rows(context: Context) -> list[dict[str, Any]]:
    """List the records of open treatment after unblinding (right: ``see_open_treatment``).

    Returns
    -------
    list of dict
        As `record_rows`; empty where there is none.
    """
    rows = record_rows(context.subject.id, Role(context.command.role))
    return [row for row in rows if kinds()[row["kind"]].sealed]


def record_rows(subject: str, role: Role) -> list[dict[str, Any]]:
    """Records of a patient as a role sees them, in the order in which they were made."""
    found = seen_subject(subject, role)
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
