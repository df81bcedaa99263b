"""Baseline facts of the protocol, and what they say about eligibility."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any

from equipoise.conduct.command import refuse
from equipoise.conduct.context import Applies, CommandSpec, Context
from equipoise.conduct.field import Field, not_fitting
from equipoise.conduct.form import date
from equipoise.conduct.rulebook import CriterionCheck, Rulebook
from equipoise.conduct.state import Subject
from equipoise.ledger import Event
from equipoise.protocol import BaselineField
from equipoise.terms import said

__all__ = ["APPLIES", "COMMANDS", "baseline_problem", "eligibility", "subject_facts"]

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?")


def subject_facts(rules: Rulebook, subject: Subject, today: str) -> dict[str, Any]:
    """Everything that expressions may name, as known of a patient today."""
    consent = min((str(c["date"]) for c in subject.live("consented") if c["form"] == "study"), default=None)
    registered, randomized = subject.last("registered"), subject.last("randomized")
    built_in: dict[str, Any] = {
        "consent": consent,
        "registration": registered["date"] if registered else randomized["date"] if randomized else today,
        "randomization": randomized["date"] if randomized else today,
        "first_dose": subject.doses[0] if subject.doses else None,
        "randomized": randomized is not None,
        "treated": subject.doses is not None,
        "eligible": None,
    }
    return rules.facts(subject.baseline, built_in)


def eligibility(rules: Rulebook, subject: Subject, today: str) -> tuple[CriterionCheck, ...]:
    """Each criterion of the protocol as it stands for a patient today: met, not met or missing, and why.

    Parameters
    ----------
    rules
        Version of the protocol in force for the patient.
    subject
        The patient.
    today
        Calendar date at the site; it stands for registration and randomization until these are recorded.
    """
    return rules.eligibility(subject_facts(rules, subject, today))


def baseline_problem(field: BaselineField | None, value: object) -> str | None:
    """Say what is wrong with the value of a baseline field; none where it fits."""
    if field is None:
        return "no field of the protocol"
    if field.derive is not None:
        return "computed from other fields; not recorded"
    if value is None:
        return None
    fits, expected = _FITS[field.type]
    if field.type == "category":
        levels = list(field.level_labels())
        return None if value in levels else not_fitting(repr(value), said("one of {choices}", choices=levels))
    return None if fits(value) else not_fitting(repr(str(value)[:60]), expected)


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(dt.date.fromisoformat(value))
    except ValueError:
        return False


def _is_number(value: object) -> bool:
    return type(value) is int or (isinstance(value, str) and _DECIMAL.fullmatch(value) is not None)


_FITS: dict[str, tuple[Callable[[object], bool], str]] = {
    "category": (lambda _: True, ""),
    "boolean": (lambda v: type(v) is bool, "yes or no"),
    "integer": (lambda v: type(v) is int, "a whole number"),
    "number": (_is_number, "a number; with decimals as text, for example '1.5'"),
    "date": (_is_date, "a date as year-month-day"),
    "text": (lambda v: isinstance(v, str) and 0 < len(v) <= 4000, "text"),
}


def _record(c: Context) -> None:
    values: Mapping[str, Any] = c.payload["values"]
    if not c.subject.has("consented"):
        refuse("consent_missing", "The patient has not consented.", "Record the consent first.")
    declared = c.rules.protocol.baseline
    found = [(name, baseline_problem(declared.get(name), value)) for name, value in values.items()]
    problems = tuple((name, problem) for name, problem in found if problem is not None)
    if problems:
        names = ", ".join(name for name, _ in problems)
        reason = said("Not as the protocol declares: {names}.", names=names)
        refuse("bad_value", reason, "Correct what is marked.", problems=problems)
    if not values:
        refuse("missing_field", "No value was given.", "Fill in at least one field.", problems=(("values", "nothing"),))
    c.record("BASE", "baseline_recorded", {"values": dict(values), "date": c.payload.get("date") or c.today})


def recorded(subject: Subject, _event: Event) -> Subject:
    """Put the values of all baseline records together, later ones over earlier ones."""
    merged: dict[str, Any] = {}
    for record in subject.live("baseline_recorded"):
        merged.update(record["values"])
    return subject.but(baseline=merged)


COMMANDS = (
    CommandSpec(
        "record_baseline",
        "Record baseline facts; fields may come in parts.",
        _record,
        (
            Field("values", "values", "baseline field -> value"),
            date("date", "day on which they hold; today unless given", required=False),
        ),
        dates=("date",),
    ),
)

APPLIES: Applies = {"baseline_recorded": {"subject": recorded}}
