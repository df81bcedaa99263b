"""Visits of the schedule, with windows; laboratory results and vital signs."""

from collections.abc import Iterable, Mapping
from typing import Any

from equipoise.conduct.command import refuse, refuse_marked
from equipoise.conduct.context import Applies, CommandSpec, Context, days_between, shifted
from equipoise.conduct.form import choice, date, decimal, identifier, integer, records, text
from equipoise.conduct.nouns.withdrawal import refuse_withdrawn
from equipoise.conduct.rulebook import Rulebook
from equipoise.conduct.state import Subject
from equipoise.terms import said

__all__ = ["APPLIES", "COMMANDS", "check_visit_date", "lab_problems", "refuse_lost", "target_date", "window_of"]
_LIMITS = "{test}: the lower limit {low} lies above the upper {high}"


def target_date(rules: Rulebook, subject: Subject, visit: str, number: int) -> str | None:
    """Planned day of a visit; none for an unscheduled one, or before randomization.

    Day 1 of the schedule is the first dose; until it is known, the day of randomization stands for it.
    """
    planned = rules.protocol.visits.schedule.get(visit)
    allocated = subject.last("randomized")
    anchor = subject.doses[0] if subject.doses else allocated["date"] if allocated else None
    if planned is None or anchor is None:
        return None
    day = planned.day + (number - 1) * (planned.repeats_every_days or 0)
    return shifted(anchor, day - 1 if day > 0 else day)


def window_of(rules: Rulebook, visit: str, target: str | None, day: str) -> str | None:
    """Whether a visit was in its window, early or late."""
    planned = rules.protocol.visits.schedule.get(visit)
    if planned is None or target is None:
        return None
    off = days_between(target, day)
    if -planned.window_before <= off <= planned.window_after:
        return "in window"
    return "early" if off < 0 else "late"


def refuse_lost(c: Context, day: str) -> None:
    """Refuse a fact of somebody who is lost, dated after the loss."""
    lost = c.subject.last("lost_to_follow_up") if "lost_to_follow_up" in c.subject.records else None
    if lost is None or day <= lost["date"]:
        return
    if not any(found["date"] >= lost["date"] for found in c.subject.live("found_again")):
        reason = said("The patient has been lost to follow-up since {date}.", date=lost["date"])
        refuse("is_lost", reason, "Record first that the patient was found.")


def _visit(c: Context) -> None:
    visit, number, status = c.payload["visit"], c.payload["number"], c.payload["status"]
    day, why = c.payload.get("date"), c.payload.get("why")
    schedule = c.rules.protocol.visits.schedule
    if visit not in schedule and visit != "unscheduled":
        reason = said("The protocol has no visit {visit}.", visit=visit)
        refuse("visit_unknown", reason, said("Visits: {visits}, unscheduled.", visits=list(schedule)))
    if visit in schedule and not schedule[visit].repeats_every_days and number != 1:
        reason = said("Visit {visit} takes place once.", visit=visit)
        refuse("visit_unknown", reason, "Give the number 1, or choose unscheduled.")
    if (status == "done") is (day is None):
        words = "A visit that took place has a date; one that was missed has none."
        refuse("bad_value", words, "Give the date or the reason.", problems=(("date", "does not fit the status"),))
    if status == "missed" and why is None:
        refuse("missing_field", "Not filled in: why.", "Say why the visit was missed.", problems=(("why", "nothing"),))
    _check_order(c, visit, number, day)
    if day is not None:
        refuse_withdrawn(c, "visits", day)
        refuse_lost(c, day)
    target = target_date(c.rules, c.subject, visit, number)
    window = window_of(c.rules, visit, target, day) if day else None
    values = {"visit": visit, "number": number, "status": status, "date": day, "target": target, "window": window}
    c.record("VISIT", "visit_recorded", {**values, "why": why})


def _check_order(c: Context, visit: str, number: int, day: str | None) -> None:
    known = _known(c, visit)
    same = {other["number"] for other in known}
    if number in same:
        reason = said("Visit {visit} {number} is recorded.", visit=visit, number=number)
        refuse("already_done", reason, "Correct that record if it is wrong.")
    missing = [] if same.issuperset(range(1, number)) else [n for n in range(1, number) if n not in same]
    if missing:
        words, first = "Visit {visit} {first} comes before {number} and is not recorded.", missing[0]
        remedy = said("Record visit {visit} {first} first, as done or as missed.", visit=visit, first=first)
        refuse("visit_out_of_order", said(words, visit=visit, first=first, number=number), remedy)
    _check_date(known, visit, number, day)


def _known(c: Context, visit: str) -> list[Mapping[str, Any]]:
    return [other for other in c.subject.live("visit_recorded") if other["visit"] == visit]


def check_visit_date(c: Context, visit: str, number: int, day: str | None) -> None:
    """Refuse a date before an earlier visit of the same name, or after a later one."""
    _check_date(_known(c, visit), visit, number, day)


def _check_date(known: Iterable[Mapping[str, Any]], visit: str, number: int, day: str | None) -> None:
    if day is None:
        return
    for other in known:
        when = other.get("date")
        if when is None or other["number"] == number:
            continue
        if (other["number"] < number and when > day) or (other["number"] > number and when < day):
            words = "Visit {visit} {number} took place on {when}."
            reason = said(words, visit=visit, number=other["number"], when=when)
            refuse("visit_out_of_order", reason, "Correct the date, or that of the other visit.")


def _labs(c: Context) -> None:
    problems = list(lab_problems(c.payload))
    if problems:
        refuse_marked(problems)
    refuse_withdrawn(c, "visits", c.payload["date"])
    c.record("LAB", "labs_recorded", {"visit": None, **c.payload, "results": list(c.payload["results"])})


def lab_problems(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Find what is wrong with laboratory results beyond the types of their fields."""
    problems: list[tuple[str, str]] = []
    for place, result in enumerate(values["results"], start=1):
        if result.get("value") is None and result.get("text") is None:
            problems.append((f"results {place}", said("{test} has neither a value nor a text", test=result["test"])))
        low, high = result.get("low"), result.get("high")
        if low is not None and high is not None and float(low) > float(high):
            problems.append((f"results {place}", said(_LIMITS, test=result["test"], low=low, high=high)))
    return problems


def _vitals(c: Context) -> None:
    refuse_withdrawn(c, "visits", c.payload["date"])
    c.record("VITAL", "vitals_recorded", {"visit": None, **c.payload, "results": list(c.payload["results"])})


_TEST = identifier("test", "code of the test, for example NEUT")
_UNIT = text("unit", "unit", required=False, most=40)

COMMANDS = (
    CommandSpec(
        "record_visit",
        "Record a visit, or that it was missed.",
        _visit,
        (
            identifier("visit", "visit of the protocol, or unscheduled"),
            integer("number", "which one of a repeated visit; else 1", 1, 1000),
            choice("status", "whether it took place", "done", "missed"),
            date("date", "day of the visit", required=False),
            text("why", "why it was missed, or was off schedule", required=False),
        ),
        dates=("date",),
    ),
    CommandSpec(
        "record_labs",
        "Record laboratory results with the laboratory's limits.",
        _labs,
        (
            date("date", "day of the sample"),
            text("laboratory", "laboratory", most=200),
            identifier("visit", "visit", required=False),
            records(
                "results",
                "results",
                _TEST,
                decimal("value", "number", required=False),
                text("text", "result that is no number", required=False, most=200),
                _UNIT,
                decimal("low", "lower limit of normal", required=False),
                decimal("high", "upper limit of normal", required=False),
            ),
        ),
        dates=("date",),
    ),
    CommandSpec(
        "record_vitals",
        "Record vital signs.",
        _vitals,
        (
            date("date", "day"),
            identifier("visit", "visit", required=False),
            records("results", "results", _TEST, decimal("value", "number"), _UNIT),
        ),
        dates=("date",),
    ),
)

APPLIES: Applies = {}
