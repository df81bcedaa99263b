"""The dose log and the end of assigned treatment."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from equipoise.conduct.command import refuse
from equipoise.conduct.context import Applies, CommandSpec, Context
from equipoise.conduct.form import choice, date, decimal, text
from equipoise.conduct.nouns.withdrawal import refuse_withdrawn
from equipoise.conduct.state import Subject
from equipoise.ledger import Event
from equipoise.terms import said

__all__ = ["APPLIES", "COMMANDS", "DOSE_FIELDS", "STOP_FIELDS", "check_dose", "dosed"]

DOSE_FIELDS = (
    date("start", "first day at this dose"),
    date("end", "last day at this dose; empty while it goes on", required=False),
    decimal("amount", "dose; 0 while interrupted"),
    text("unit", "unit of the dose", most=20),
    text("why", "why the dose was changed or interrupted", required=False),
)
STOP_FIELDS = (
    date("date", "last day on treatment"),
    choice(
        "why",
        "why it ended",
        "progression",
        "clinical progression",
        "adverse event",
        "withdrawal by patient",
        "physician decision",
        "death",
        "other therapy",
        "completed",
        "other",
    ),
    text("detail", "in words", required=False),
)


def check_dose(c: Context, values: Mapping[str, Any], kind: str, levels: frozenset[Decimal]) -> None:
    """Refuse a dose that the protocol does not know, or that overlaps another."""
    amount, start, end = Decimal(values["amount"]), values["start"], values.get("end")
    if amount < 0 or (levels and amount and amount not in levels):
        known = ", ".join(f"{level:g}" for level in sorted(levels, reverse=True))
        reason = said("{amount} is no dose of the protocol.", amount=values["amount"])
        refuse("dose_unknown", reason, said("Doses: {known}; 0 for a pause.", known=known))
    units = c.rules.dose_units
    if units and values["unit"] not in units:
        reason = said("{unit} is not the unit.", unit=values["unit"])
        refuse("unit_unknown", reason, said("Unit: {units}.", units=sorted(units)))
    if end is not None and end < start:
        refuse("dates_out_of_order", "The period ends before it starts.", "Correct the dates.")
    for other in c.subject.live(kind):
        if other.get("record") == values.get("record"):
            continue
        if other["start"] == start or (start > other["start"] and (other.get("end") or "") >= start):
            until = other.get("end") or "now"
            reason = said("A period from {start} to {until} is recorded.", start=other["start"], until=until)
            refuse("periods_overlap", reason, "Correct the dates, or correct the other period first.")
        if start < other["start"] and (end is None or end >= other["start"]):
            reason = said("A later period begins on {start}.", start=other["start"])
            refuse("periods_overlap", reason, "Give an end before that day.")


def _dose(c: Context) -> None:
    subject, start = c.subject, c.payload["start"]
    allocated = subject.last("randomized") or {}
    if start < allocated["date"]:
        reason = said("The patient was randomized on {date}.", date=allocated["date"])
        refuse("dates_out_of_order", reason, "A dose lies on that day or later.")
    for kind in ("treatment_stopped", "blinded_treatment_ended"):
        for ended in subject.live(kind):
            if start > ended["date"]:
                refuse(
                    "treatment_ended",
                    said("Treatment ended on {date}.", date=ended["date"]),
                    "Correct the date of the end, or the dose.",
                )
    refuse_withdrawn(c, "drug", start)
    check_dose(c, c.payload, "dose_recorded", c.rules.doses)
    c.record("DOSE", "dose_recorded", {"end": None, "why": None, **c.payload, "phase": "blinded"})


def dosed(subject: Subject, _event: Event) -> Subject:
    """Find first and last day of a dose anew."""
    given = [d for d in subject.live("dose_recorded") if Decimal(d["amount"]) > 0]
    if not given:
        return subject.but(doses=None)
    first = min(str(d["start"]) for d in given)
    return subject.but(doses=(first, max(str(d.get("end") or d["start"]) for d in given)))


def _dosed_more(subject: Subject, event: Event) -> Subject:
    p = event.payload
    if p["amount"].strip("0.") == "":
        return subject
    start, end = p["start"], p.get("end") or p["start"]
    if subject.doses is not None:
        start, end = min(start, subject.doses[0]), max(end, subject.doses[1])
    return subject.but(doses=(start, end))


def _stop(c: Context) -> None:
    subject = c.subject
    if subject.has("treatment_stopped") or subject.has("blinded_treatment_ended"):
        refuse("already_done", "The end of treatment is recorded.", "Correct that record if it is wrong.")
    if subject.has("unblinded"):
        remedy = "Use “End blinded treatment”, whatever follows."
        refuse("use_other_command", "The patient has been unblinded for progression.", remedy)
    c.record("STOP", "treatment_stopped", {"detail": None, **c.payload})


COMMANDS = (
    CommandSpec("record_dose", "Record a period at one dose.", _dose, DOSE_FIELDS, dates=("start", "end")),
    CommandSpec("stop_treatment", "Record the end of assigned treatment.", _stop, STOP_FIELDS, dates=("date",)),
)

APPLIES: Applies = {"dose_recorded": {"subject": _dosed_more}}
