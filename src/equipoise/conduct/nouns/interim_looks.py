"""Interim looks of the data monitoring committee: made once, in order, each with what it spent; recommendations."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from equipoise.conduct.command import refuse
from equipoise.conduct.context import Applies, CommandSpec, Context
from equipoise.conduct.field import Field
from equipoise.conduct.form import choice, date, decimal, identifier, integer, text
from equipoise.conduct.state import Study
from equipoise.terms import Text, said

__all__ = ["APPLIES", "COMMANDS", "RECOMMENDATIONS", "LookProblem", "look_problem", "looks_made"]

RECOMMENDATIONS = ("continue", "modify", "stop")
"""What a committee may recommend."""


class LookProblem(NamedTuple):
    """Why a look cannot be made."""

    code: str
    reason: str
    remedy: str


def looks_made(study: Study, analysis: str) -> list[Mapping[str, Any]]:
    """Give the looks of an analysis that took place, in order."""
    return [look for look in study.live("look_made") if look["analysis"] == analysis]


def look_problem(study: Study, *, analysis: str, look: int, cut: str, looks: int) -> LookProblem | None:
    """Say why a look cannot be made after those that the record holds; None where it can.

    Parameters
    ----------
    study
        State of the trial.
    analysis
        Analysis that is monitored.
    look
        Number of the look, from 1.
    cut
        Clinical cut-off, as ISO text.
    looks
        Looks planned, the final analysis included.
    """
    made = looks_made(study, analysis)
    same = next((m for m in made if m["look"] == look), None)
    if same is not None:
        return LookProblem(
            "look_repeated",
            said(
                "Look {look} of {analysis} took place already, at the cut {cut}: repeated, it would spend alpha twice.",
                look=look,
                analysis=analysis,
                cut=same["cut"],
            ),
            "Read its reports, or make the next look.",
        )
    final = next((m for m in made if m["final"]), None)
    if final is not None:
        return LookProblem(
            "after_final_look",
            said(
                "Look {look} of {analysis} would come after the final analysis, look {final} at the cut {cut}: no "
                "alpha is left.",
                look=look,
                analysis=analysis,
                final=final["look"],
                cut=final["cut"],
            ),
            "There is no further look.",
        )
    if not 1 <= look <= looks:
        return LookProblem(
            "look_unknown",
            said(
                "There is no look {look} of {analysis}: planned are looks up to {looks}, which is the final analysis.",
                look=look,
                analysis=analysis,
                looks=looks,
            ),
            "Give the number of a look that is planned.",
        )
    return _disorder(made[-1], analysis, look, cut) if made else None


def _disorder(last: Mapping[str, Any], analysis: str, look: int, cut: str) -> LookProblem | None:
    if look < last["look"]:
        reason = said(
            "Look {look} of {analysis} comes before look {other}, which took place already.",
            look=look,
            analysis=analysis,
            other=last["look"],
        )
        return LookProblem("look_out_of_order", reason, "Make the next look.")
    if cut <= last["cut"]:
        reason = said(
            "The cut {cut} of look {look} is not after {earlier}, that of look {other}.",
            cut=cut,
            look=look,
            earlier=last["cut"],
            other=last["look"],
        )
        return LookProblem("look_out_of_order", reason, "Name a later cut.")
    return None


def _make(c: Context) -> None:
    p = c.payload
    declared = c.rules.protocol.analyses.get(p["analysis"])
    if declared is None:
        known = ", ".join(c.rules.protocol.analyses)
        reason = said("The protocol has no analysis {analysis}.", analysis=p["analysis"])
        refuse("analysis_unknown", reason, said("Analyses: {known}.", known=known))
    looks = len(declared.interims) + 1
    problem = look_problem(c.study, analysis=p["analysis"], look=p["look"], cut=p["cut"], looks=looks)
    if problem is not None:
        refuse(*problem)
    before = [m for m in looks_made(c.study, p["analysis"]) if m.get("events") is not None]
    if before and p.get("events") is not None and p["events"] <= before[-1]["events"]:
        last = before[-1]
        reason = said(
            "Look {look} has {events} events, look {other} had {fewer}: information must increase.",
            look=p["look"],
            events=p["events"],
            other=last["look"],
            fewer=last["events"],
        )
        refuse("information_not_increasing", reason, "Name a later cut, or find out which events were taken back.")
    fields = {name: p.get(name) for name in _FIELDS}
    c.event("look_made", fields | {"final": p["look"] == looks})


def _record(c: Context) -> None:
    p = c.payload
    analysis = p.get("analysis")
    if analysis is not None and not any(m["look"] == p["look"] for m in looks_made(c.study, analysis)):
        reason = said("Look {look} of {analysis} was not made.", look=p["look"], analysis=analysis)
        refuse("look_unknown", reason, "Make the look first.")
    for known in c.study.live("look_recorded"):
        if (known.get("analysis"), known["look"]) == (analysis, p["look"]):
            words = "The recommendation on this look is recorded: {recommendation}."
            reason = said(words, recommendation=Text(known["recommendation"]))
            refuse("already_done", reason, "Give the number of the next look.")
    c.event("look_recorded", dict(p))


COMMANDS = (
    CommandSpec(
        "make_look",
        "Record an interim look that was made by arm: from which data, at how many events, what alpha it spent.",
        _make,
        (
            identifier("analysis", "analysis that is monitored"),
            integer("look", "number of the look; the last one is the final analysis", 1),
            date("cut", "clinical cut-off date"),
            integer("snapshot", "number of the last event that was seen", 1),
            Field("snapshot_hash", "hash", "hash of that event"),
            Field("data", "hash", "SHA-256 of the data that were analyzed"),
            Field("protocol", "hash", "SHA-256 of the protocol"),
            integer("events", "events of the arms compared, together", 1, required=False),
            decimal("information", "fraction of the events planned for the final analysis", required=False),
            decimal("bound", "efficacy bound at these events", required=False),
            decimal("alpha_spent", "alpha spent so far", required=False),
            Field("open_report", "hash", "SHA-256 of the open report as it is kept", required=False),
            Field("closed_report", "hash", "SHA-256 of the closed report as it is kept, sealed", required=False),
            Field("letters", "hash", "SHA-256 of the key of the letters as it is kept, sealed", required=False),
        ),
        dates=("cut",),
    ),
    CommandSpec(
        "record_look",
        "Record a meeting of the data monitoring committee and what it recommends.",
        _record,
        (
            identifier("analysis", "analysis that was looked at, where the look was made here", required=False),
            integer("look", "number of the look", 1),
            date("date", "day of the meeting"),
            identifier("cut", "data cut that was looked at", required=False),
            choice("recommendation", "what is recommended", *RECOMMENDATIONS),
            text("comment", "in words; name no arm", required=False),
        ),
        dates=("date",),
    ),
)
_FIELDS = tuple(field.name for field in COMMANDS[0].fields)

APPLIES: Applies = {}
