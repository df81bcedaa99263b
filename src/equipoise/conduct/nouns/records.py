"""Corrections: a new value with the old one and a reason; records that were entered in error.

What is corrected is checked as if it were entered now. Allocation, kits, readings, unblinding, signatures and
withdrawals are never corrected: what happened, happened.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from equipoise.conduct.command import refuse, refuse_marked
from equipoise.conduct.context import Applies, CommandSpec, Context
from equipoise.conduct.field import Field, check_payload
from equipoise.conduct.form import identifier, text
from equipoise.conduct.nouns import (
    adverse_events,
    baseline,
    consent,
    diaries,
    dosing,
    follow_up,
    screening,
    tumors,
    visits,
)
from equipoise.conduct.nouns.central_review import REVIEW_KINDS, RUNS_REVIEW
from equipoise.conduct.state import Record, Subject
from equipoise.ledger import Event, canonical_text
from equipoise.terms import Text, said

__all__ = ["APPLIES", "COMMANDS", "CORRECTABLE", "find_record", "record_hash"]

_BY = {
    "screened": "screen",
    "registered": "register",
    "screen_failed": "fail_screening",
    "consented": "record_consent",
    "baseline_recorded": "record_baseline",
    "visit_recorded": "record_visit",
    "labs_recorded": "record_labs",
    "vitals_recorded": "record_vitals",
    "diary_missed": "miss_diary",
    "dose_recorded": "record_dose",
    "treatment_stopped": "stop_treatment",
    "tumors_measured": "measure_tumors",
    "response_assessed": "assess_response",
    "adverse_event_recorded": "record_adverse_event",
    "contact_recorded": "record_contact",
    "death_recorded": "record_death",
    "lost_to_follow_up": "report_lost",
    "found_again": "report_found",
    "therapy_recorded": "record_therapy",
    "deviation_recorded": "record_deviation",
    "study_ended": "end_study",
}
_SPECS = {
    spec.name: spec
    for noun in (adverse_events, baseline, consent, diaries, dosing, follow_up, screening, tumors, visits)
    for spec in noun.COMMANDS
}
CORRECTABLE: dict[str, tuple[Field, ...]] = {kind: _SPECS[name].fields for kind, name in _BY.items()}
"""Kind of record -> fields that can be corrected."""
_DATES = {kind: _SPECS[name].dates for kind, name in _BY.items()}
_FIXED = {
    "screened": ("person_key", "rescreen_of"),
    "visit_recorded": ("visit", "number"),
    "tumors_measured": ("assessment",),
    "response_assessed": ("assessment",),
    "diary_missed": ("instrument", "target"),
    "consented": ("form",),
}
_RETRACTABLE = frozenset(_BY) - {
    "screened",
    "registered",
    "consented",
    "baseline_recorded",
    "death_recorded",
    "screen_failed",
}


def find_record(subject: Subject, name: str) -> Record | None:
    """A record of a subject by its identifier; none where there is none that counts."""
    for by_name in subject.records.values():
        record = by_name.get(name)
        if record is not None and record.name == name:
            return None if record.retracted else record
    return None


def record_hash(record: Record) -> str:
    """SHA-256 of what a record says now: what a signature binds itself to."""
    return hashlib.sha256(canonical_text([record.kind, list(record.key), dict(record.values)]).encode()).hexdigest()


def _known(c: Context) -> Record:
    name = c.payload["record"]
    record = find_record(c.subject, name)
    if record is None or (record.kind in REVIEW_KINDS and c.command.role not in RUNS_REVIEW):
        refuse("record_unknown", said("There is no record {name}.", name=name), "Check its number.")
    if record.kind not in CORRECTABLE:
        refuse(
            "not_correctable",
            "What this record says cannot be changed.",
            "Record a deviation, or ask the data manager.",
        )
    return record


def _correct(c: Context) -> None:
    record, name = _known(c), c.payload["field"]
    fields = CORRECTABLE[record.kind]
    head, _, inner = name.partition(".")
    field = next((f for f in fields if f.name == head), None)
    if field is None or head in _FIXED.get(record.kind, ()):
        possible = ", ".join(f.name for f in fields if f.name not in _FIXED.get(record.kind, ()))
        reason = said("{name} cannot be corrected here.", name=name)
        refuse("bad_value", reason, said("Fields: {possible}.", possible=possible))
    whole = record.values.get(head)
    old, new = whole, c.payload.get("new")
    if inner:
        if field.type != "values" or whole is None or inner not in whole:
            refuse("bad_value", said("{name} is not in this record.", name=name), "Record the field first.")
        old, new = whole[inner], {**whole, inner: new}
    if "old" in c.payload and c.payload["old"] != old:
        refuse("changed_meanwhile", "The value has been changed by somebody else.", "Look at it again.")
    if new == whole:
        refuse("nothing_changed", "This is what is recorded.", "Nothing is to be done.")
    changes = {head: {"old": whole, "new": new}} | _check(c, record, {**record.values, head: new})
    c.event("corrected", {"of": record.kind, "key": list(record.key), "changes": changes})


def _check(c: Context, record: Record, values: Mapping[str, Any]) -> dict[str, Any]:
    """Refuse values that could not be entered; give what follows from them and changes too."""
    given = {f.name: values.get(f.name) for f in CORRECTABLE[record.kind]}
    problems: list[tuple[str, str]] = [(p.field, p.said) for p in check_payload(CORRECTABLE[record.kind], given)]
    for name in _DATES[record.kind]:
        if given.get(name) is not None and str(given[name]) > c.today:
            problems.append((name, said("{day} lies in the future", day=given[name])))
    checks = _CHECKS.get(record.kind)
    follows: dict[str, Any] = {}
    if not problems and checks is not None:
        found = checks(c, values)
        problems += found[0]
        follows = {k: {"old": record.values.get(k), "new": v} for k, v in found[1].items() if record.values.get(k) != v}
    if problems:
        refuse_marked(problems)
    return follows


_Found = tuple[list[tuple[str, str]], dict[str, Any]]


def _baseline(c: Context, values: Mapping[str, Any]) -> _Found:
    declared = c.rules.protocol.baseline
    found = ((name, baseline.baseline_problem(declared.get(name), value)) for name, value in values["values"].items())
    return [(name, problem) for name, problem in found if problem is not None], {}


def _dose(c: Context, values: Mapping[str, Any]) -> _Found:
    dosing.check_dose(c, values, "dose_recorded", c.rules.doses)
    return [], {}


def _visit(c: Context, values: Mapping[str, Any]) -> _Found:
    day, status = values.get("date"), values["status"]
    if (status == "done") is (day is None):
        return [("date", "a visit that took place has a date; one that was missed has none")], {}
    visits.check_visit_date(c, values["visit"], values["number"], day)
    target = values.get("target")
    return [], {"window": visits.window_of(c.rules, values["visit"], target, day) if day else None}


def _labs(_c: Context, values: Mapping[str, Any]) -> _Found:
    return visits.lab_problems(values), {}


def _tumors(c: Context, values: Mapping[str, Any]) -> _Found:
    tumors.check_assessment_date(c, values["assessment"], values["date"])
    tumors.check_lesions(c, values["assessment"], values["lesions"])
    total, computed = tumors.computed(
        c, values["assessment"], values["date"], values["lesions"], without=values["record"]
    )
    return [], {"sum": total, "computed": computed}


def _event(c: Context, values: Mapping[str, Any]) -> _Found:
    return [*adverse_events.event_problems(values), *adverse_events.date_problems(c, values)], {}


def _death(c: Context, values: Mapping[str, Any]) -> _Found:
    follow_up.check_death(c, values["date"])
    return [], {}


def _therapy(c: Context, values: Mapping[str, Any]) -> _Found:
    follow_up.check_therapy(c, values)
    return [], {}


def _consent(c: Context, values: Mapping[str, Any]) -> _Found:
    in_use = consent.form_in_force(c.site, values["form"], values["date"])
    if in_use != values["version"]:
        words = "on {date} version {version} was in use at the site"
        return [("version", said(words, date=values["date"], version=in_use or Text("none")))], {}
    return [], {}


_CHECKS: dict[str, Callable[[Context, Mapping[str, Any]], _Found]] = {
    "baseline_recorded": _baseline,
    "dose_recorded": _dose,
    "visit_recorded": _visit,
    "labs_recorded": _labs,
    "tumors_measured": _tumors,
    "adverse_event_recorded": _event,
    "death_recorded": _death,
    "therapy_recorded": _therapy,
    "consented": _consent,
}


def _retract(c: Context) -> None:
    record = _known(c)
    if record.kind not in _RETRACTABLE:
        refuse("not_correctable", "This record cannot be taken back.", "Correct its values instead.")
    c.event("retracted", {"of": record.kind, "key": list(record.key)})


def _changed(subject: Subject, event: Event) -> Subject:
    of = event.payload["of"]
    if of == "baseline_recorded":
        return baseline.recorded(subject, event)
    if of == "response_assessed" and any(r["overall"] == "PD" for r in subject.live(of)):
        return replace(subject, local_progression=True)
    return dosing.dosed(subject, event) if of == "dose_recorded" else subject


COMMANDS = (
    CommandSpec(
        "correct",
        "Correct a value of a record.",
        _correct,
        (
            identifier("record", "number of the record"),
            text("field", "field; values.NAME for a baseline field", most=100),
            Field("old", "any", "value as it was seen", False),
            Field("new", "any", "right value; nothing to empty the field", False),
        ),
    ),
    CommandSpec(
        "retract",
        "Take back a record that was entered in error; it stays readable.",
        _retract,
        (identifier("record", "number of the record"),),
    ),
)

APPLIES: Applies = {"corrected": {"subject": _changed}, "retracted": {"subject": _changed}}
