"""Adverse events: term, grade, dates, seriousness with its 24-hour clock, causality, narrative."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from equipoise.conduct.command import refuse, refuse_marked
from equipoise.conduct.context import Applies, CommandSpec, Context
from equipoise.conduct.field import Field, not_fitting
from equipoise.conduct.form import choice, flag, identifier, integer, partial_date, text, texts
from equipoise.terms import Text, said

__all__ = ["APPLIES", "COMMANDS", "CRITERIA", "date_problems", "event_problems"]

CRITERIA = ("death", "life-threatening", "hospitalization", "disability", "congenital anomaly", "other")
"""What makes an adverse event serious."""


def event_problems(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Find what does not fit together in an adverse event."""
    problems: list[tuple[str, str]] = []
    onset, end, grade, outcome = values["onset"], values.get("end"), values["grade"], values["outcome"]
    if end is not None:
        known = min(len(onset), len(end))
        if end[:known] < onset[:known]:
            problems.append(("end", said("{end} lies before the onset {onset}", end=end, onset=onset)))
    if (grade == 5) is not (outcome == "fatal"):
        problems.append(("outcome", "grade 5 and a fatal outcome belong together"))
    if outcome in ("recovered", "recovered with sequelae", "fatal") and end is None:
        problems.append(("end", said("nothing; an event with the outcome {outcome} has an end", outcome=Text(outcome))))
    if outcome in ("not recovered", "recovering") and end is not None:
        words = said("{end}; an event with the outcome {outcome} has no end yet", end=end, outcome=Text(outcome))
        problems.append(("end", words))
    criteria = values.get("criteria") or []
    unknown = [name for name in criteria if name not in CRITERIA]
    if unknown:
        problems.append(("criteria", not_fitting(unknown, [Text(each) for each in CRITERIA])))
    if values["serious"] is not bool(criteria):
        problems.append(("criteria", "a serious event has at least one criterion, any other has none"))
    if outcome == "fatal" and not values["serious"]:
        problems.append(("serious", "an event with a fatal outcome is serious"))
    return problems


def date_problems(c: Context, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Find dates in the future, or after the patient's death."""
    problems: list[tuple[str, str]] = [
        (field, said("{day} lies in the future", day=values[field]))
        for field in ("onset", "end")
        if values.get(field) is not None and values[field] > c.today[: len(values[field])]
    ]
    death = c.subject.death
    if death is not None and values["onset"][: len(death)] > death[: len(values["onset"])]:
        problems.append(("onset", said("{onset} lies after the death on {death}", onset=values["onset"], death=death)))
    return problems


def _check(c: Context, name: str | None) -> dict[str, Any]:
    values = {"code": None, "body_system": None, "end": None, "criteria": None, "expected": None, **c.payload}
    problems = [*event_problems(values), *date_problems(c, values)]
    if problems:
        refuse_marked(problems)
    given, onset = values["term"].strip().casefold(), values["onset"]
    for other in c.subject.live("adverse_event_recorded"):
        if other["onset"] == onset and other["record"] != name and other["term"].strip().casefold() == given:
            term, record = other["term"], other["record"]
            reason = said("{term} with onset {onset} is recorded as {record}.", term=term, onset=onset, record=record)
            refuse("adverse_event_twice", reason, said("Bring {record} up to date instead.", record=record))
    return values


def _record(c: Context) -> None:
    c.record("AE", "adverse_event_recorded", _check(c, None))


def _update(c: Context) -> None:
    name = c.payload["record"]
    known = c.subject.one("adverse_event_recorded", name)
    if known is None:
        refuse("record_unknown", said("There is no adverse event {name}.", name=name), "Check the number.")
    values = _check(c, name)
    if all(known.get(field) == value for field, value in values.items()):
        refuse("nothing_changed", "Nothing differs from what is recorded.", "Change what is new.")
    c.event("adverse_event_recorded", values)


def _report(c: Context) -> None:
    name, aware = c.payload["event"], c.payload["aware"]
    event = c.subject.one("adverse_event_recorded", name)
    if event is None or not event["serious"]:
        refuse(
            "record_unknown",
            said("There is no serious adverse event {name}.", name=name),
            "Record the event, with its criteria.",
        )
    if any(s["event"] == name for s in c.subject.live("serious_event_reported")):
        refuse("already_done", "This event has been reported.", "Add to its narrative.")
    known, now = dt.datetime.fromisoformat(aware), dt.datetime.fromisoformat(c.command.at)
    if known > now:
        refuse("date_in_future", "The time of awareness lies in the future.", "Correct the time.")
    due = known + dt.timedelta(hours=24)
    values = {**c.payload, "due": due.strftime("%Y-%m-%dT%H:%M:%SZ"), "late": now > due}
    c.record("SAE", "serious_event_reported", values)


def _narrate(c: Context) -> None:
    name = c.payload["event"]
    if not any(s["event"] == name for s in c.subject.live("serious_event_reported")):
        refuse("record_unknown", said("{name} has not been reported as serious.", name=name), "Report the event first.")
    c.record("NARR", "narrative_added")


_FIELDS = (
    text("term", "what happened, as reported", most=200),
    text("code", "term of the dictionary, for example of CTCAE", required=False, most=200),
    text("body_system", "class of the term in the dictionary", required=False, most=200),
    integer("grade", "grade, 1 to 5", 1, 5),
    partial_date("onset", "first day"),
    partial_date("end", "last day", required=False),
    choice(
        "outcome",
        "outcome",
        "recovered",
        "recovering",
        "not recovered",
        "recovered with sequelae",
        "fatal",
        "unknown",
    ),
    choice("related", "relation to treatment", "not related", "unlikely", "possible", "probable", "definite"),
    choice("action", "what was done with treatment", "none", "reduced", "interrupted", "withdrawn", "not applicable"),
    flag("serious", "whether it is serious"),
    texts("criteria", f"what makes it serious: {', '.join(CRITERIA)}", required=False, least=0),
    flag("expected", "whether the reference safety information lists it", required=False),
)

COMMANDS = (
    CommandSpec("record_adverse_event", "Record an adverse event.", _record, _FIELDS, after_death=True),
    CommandSpec(
        "update_adverse_event",
        "Bring an adverse event up to date.",
        _update,
        (identifier("record", "number of the event"), *_FIELDS),
        after_death=True,
    ),
    CommandSpec(
        "report_serious_event",
        "Report a serious adverse event; 24 hours run from awareness.",
        _report,
        (
            identifier("event", "number of the event"),
            Field("aware", "time", "when the site became aware, UTC"),
            text("narrative", "what happened, in words; no name, no treatment", most=20_000),
            text("causality", "the investigator's judgment of causality"),
        ),
    ),
    CommandSpec(
        "add_narrative",
        "Add to the narrative of a serious adverse event.",
        _narrate,
        (identifier("event", "number of the event"), text("narrative", "what is new", most=20_000)),
    ),
)

APPLIES: Applies = {}
