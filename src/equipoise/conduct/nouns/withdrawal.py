"""Withdrawal at four levels; each holds the ones before it.

``drug``: no more treatment, everything else goes on. ``visits``: no more visits, measurements and questionnaires
either; survival is still asked for. ``survival``: no more contacts either. ``data``: from now on nothing at all is
recorded about the patient; what was recorded before stays. Only an emergency code break remains possible: it serves the
patient and records nothing but that it took place.
"""

from equipoise.conduct.command import refuse
from equipoise.conduct.context import Applies, CommandSpec, Context
from equipoise.conduct.form import choice, date
from equipoise.conduct.rights import Stage
from equipoise.terms import Text, said

__all__ = ["APPLIES", "COMMANDS", "LEVELS", "refuse_withdrawn"]

LEVELS = ("drug", "visits", "survival", "data")
"""Levels of withdrawal, from the least to the furthest."""


def refuse_withdrawn(c: Context, level: str, day: str) -> None:
    """Refuse a fact dated after a withdrawal at a level, or one that goes further."""
    if "withdrawn" not in c.subject.records:
        return
    for given in c.subject.live("withdrawn"):
        if LEVELS.index(given["level"]) >= LEVELS.index(level) and day > given["date"]:
            words = {"drug": "treatment", "visits": "visits", "survival": "follow-up", "data": "the use of data"}
            what = Text(words[given["level"]])
            reason = said("The patient withdrew from {what} on {date}.", what=what, date=given["date"])
            refuse("withdrawn", reason, "Only facts up to that day can be recorded.")


def _withdraw(c: Context) -> None:
    level, day, subject = c.payload["level"], c.payload["date"], c.subject
    before = [w["level"] for w in subject.live("withdrawn")]
    if any(LEVELS.index(known) >= LEVELS.index(level) for known in before):
        reason = said("The patient withdrew before ({levels}).", levels=[Text(level) for level in before])
        refuse("already_done", reason, "Nothing is to be done.")
    ended = subject.has("treatment_stopped") or subject.has("blinded_treatment_ended")
    if subject.stage is Stage.RANDOMIZED and not ended and not subject.has("unblinded"):
        c.record("STOP", "treatment_stopped", {"date": day, "why": "withdrawal by patient", "detail": None})
    c.record("WD", "withdrawn")


COMMANDS = (
    CommandSpec(
        "withdraw",
        "Record that the patient withdraws, and from what.",
        _withdraw,
        (
            choice("level", "from what", *LEVELS),
            date("date", "day"),
            choice("by", "whose decision", "patient", "physician"),
        ),
        dates=("date",),
    ),
)

APPLIES: Applies = {}
