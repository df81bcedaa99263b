"""After treatment: contacts, loss, death, other therapies, deviations, transfer, the end of follow-up."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from equipoise.conduct.command import Command, refuse
from equipoise.conduct.context import Applies, CommandSpec, Context
from equipoise.conduct.form import choice, date, flag, identifier, partial_date, text
from equipoise.conduct.nouns.visits import refuse_lost
from equipoise.conduct.nouns.withdrawal import refuse_withdrawn
from equipoise.conduct.state import Subject
from equipoise.ledger import Event
from equipoise.terms import Text, said

__all__ = ["APPLIES", "COMMANDS", "check_death", "check_therapy"]


def _contact(c: Context) -> None:
    refuse_withdrawn(c, "survival", c.payload["date"])
    if c.payload["status"] == "alive":
        refuse_lost(c, c.payload["date"])
    c.record("FU", "contact_recorded")


def check_death(c: Context, day: str) -> None:
    """Refuse a date of death in the future, or before something that proves life."""
    subject = c.subject
    if day > c.today[: len(day)]:
        refuse(
            "date_in_future",
            said("{day} lies in the future.", day=day),
            "Correct the date.",
            problems=(("date", "in the future"),),
        )
    refuse_withdrawn(c, "survival", day)
    proofs = [
        *(("a visit", v["date"]) for v in subject.live("visit_recorded") if v.get("date")),
        *(("a dose", d["start"]) for d in subject.live("dose_recorded")),
        *(("a contact", f["date"]) for f in subject.live("contact_recorded") if f["status"] == "alive"),
        *(("a questionnaire", q["date"]) for q in subject.live("diary_submitted")),
    ]
    later = [(what, when) for what, when in proofs if when[: len(day)] > day]
    if later:
        what, when = later[-1]
        reason = said("There is {what} on {when}, after {day}.", what=Text(what), when=when, day=day)
        refuse("dates_out_of_order", reason, "Correct one of the dates.")


def _death(c: Context) -> None:
    if c.subject.death is not None:
        refuse("already_done", "The death is recorded.", "Correct that record if it is wrong.")
    check_death(c, c.payload["date"])
    c.record("DEATH", "death_recorded", {"source": None, **c.payload})


def _retract_death(c: Context) -> None:
    found = c.subject.last("death_recorded")
    if found is None:
        refuse("record_unknown", "No death is recorded.", "Nothing is to be done.")
    c.event("retracted", {"of": "death_recorded", "key": [found["record"]]})


def _lost(c: Context) -> None:
    if c.subject.death is not None:
        refuse("after_death", "The patient has died.", "If the death was recorded in error, retract it.")
    refuse_lost(c, "9999-12-31")
    c.record("LOST", "lost_to_follow_up", {"last_contact": None, **c.payload})


def _found(c: Context) -> None:
    lost, found = c.subject.last("lost_to_follow_up"), c.subject.last("found_again")
    if lost is None or (found is not None and found["date"] >= lost["date"]):
        refuse("not_lost", "The patient is not lost.", "Nothing is to be done.")
    if c.payload["date"] < lost["date"]:
        reason = said("The patient was lost on {date}.", date=lost["date"])
        refuse("dates_out_of_order", reason, "Give that day or a later one.")
    c.record("FOUND", "found_again")


def check_therapy(c: Context, values: Mapping[str, Any]) -> None:
    """Refuse a therapy of a kind that the protocol does not name, or with dates that cannot be."""
    known, start, end = c.rules.protocol.new_therapy, values["start"], values.get("end")
    named = [name for name, therapy in known.items() if not therapy.crossover]
    if known and values["therapy"] not in named:
        refuse(
            "bad_value",
            said("{therapy} is no kind of therapy of the protocol.", therapy=values["therapy"]),
            said("Kinds: {named}.", named=named),
        )
    if end is not None and end[: len(start)] < start[: len(end)]:
        refuse("dates_out_of_order", "The therapy ends before it starts.", "Correct the dates.")
    for day in (start, end):
        if day is not None and day > c.today[: len(day)]:
            refuse("date_in_future", said("{day} lies in the future.", day=day), "Correct the date.")


def _therapy(c: Context) -> None:
    check_therapy(c, c.payload)
    c.record("TX", "therapy_recorded", {"end": None, **c.payload})


def _deviation(c: Context) -> None:
    c.record("DEV", "deviation_recorded")


def _transfer(c: Context) -> None:
    to = c.site_named(c.payload["to_site"])
    if to.id == c.subject.site:
        refuse("nothing_changed", said("The patient is followed by site {site}.", site=to.id), "Nothing is to be done.")
    if to.status == "none":
        refuse("site_unknown", said("There is no site {site}.", site=to.id), "Check the site number.")
    if to.status == "closed":
        refuse("site_closed", said("Site {site} is closed.", site=to.id), "Reopen the site first.")
    values = {"from_site": c.subject.site, "to_site": to.id, "date": c.payload["date"]}
    c.record("MOVE", "transferred", values)


def _moved(subject: Subject, event: Event) -> Subject:
    return replace(subject, site=event.payload["to_site"])


def _end(c: Context) -> None:
    if c.payload["why"] == "death" and c.subject.death is None:
        refuse("death_missing", "No death is recorded.", "Record the death first.")
    c.record("EOS", "study_ended")


def _to_site(command: Command) -> tuple[str, ...]:
    return (f"site:{command.payload.get('to_site')}",)


COMMANDS = (
    CommandSpec(
        "record_contact",
        "Record how a patient is.",
        _contact,
        (
            date("date", "day"),
            choice("how", "how it is known", "visit", "telephone", "letter", "relative", "physician", "registry"),
            choice("status", "state on that day", "alive", "not reached"),
        ),
        dates=("date",),
    ),
    CommandSpec(
        "record_death",
        "Record that the patient has died.",
        _death,
        (
            partial_date("date", "day of death, or its known part"),
            choice("cause", "cause", "disease", "treatment", "other", "unknown"),
            text("source", "how it is known", required=False),
        ),
    ),
    CommandSpec("retract_death", "Take back a death that was recorded in error.", _retract_death),
    CommandSpec(
        "report_lost",
        "Record that the patient can no longer be reached.",
        _lost,
        (date("date", "day"), date("last_contact", "last day on which the patient was reached", required=False)),
        dates=("date", "last_contact"),
    ),
    CommandSpec(
        "report_found", "Record that a lost patient was reached.", _found, (date("date", "day"),), dates=("date",)
    ),
    CommandSpec(
        "record_therapy",
        "Record a treatment besides the assigned one.",
        _therapy,
        (
            identifier("therapy", "kind of therapy, as the protocol names it"),
            text("name", "drug or procedure", most=200),
            partial_date("start", "first day"),
            partial_date("end", "last day", required=False),
        ),
    ),
    CommandSpec(
        "record_deviation",
        "Record that the protocol was not followed.",
        _deviation,
        (
            date("date", "day"),
            text("category", "kind of deviation", most=100),
            text("description", "what happened"),
            flag("major", "whether it may matter for rights, safety or results"),
        ),
        dates=("date",),
        after_death=True,
    ),
    CommandSpec(
        "transfer",
        "Let another site follow the patient.",
        _transfer,
        (identifier("to_site", "number of the other site"), date("date", "day")),
        dates=("date",),
        shards=_to_site,
    ),
    CommandSpec(
        "end_study",
        "Record the end of follow-up.",
        _end,
        (
            date("date", "day"),
            choice("why", "why", "completed", "death", "lost to follow-up", "withdrawal by patient", "other"),
        ),
        dates=("date",),
        after_death=True,
    ),
)

APPLIES: Applies = {"transferred": {"subject": _moved}}
