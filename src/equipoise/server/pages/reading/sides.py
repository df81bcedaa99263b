"""Readers side by side for the adjudicator, who does not know who they are; endorsing one."""

from typing import Any

from django.http import HttpResponse

from equipoise.conduct.command import Refusal, Refused
from equipoise.server.pages.forms.inputs import Tuned
from equipoise.server.pages.forms.plan import Plan
from equipoise.server.pages.page import Call
from equipoise.server.pages.reading.shown import (
    assessment_words,
    lesion_rows,
    queue_link,
    reader_words,
    trigger_words,
)
from equipoise.server.pages.words import translated as _
from equipoise.server.reading.view import side_by_side

__all__ = ["plan_adjudicate", "sides"]


def sides(call: Call) -> HttpResponse:
    """Show the readings beside each other."""
    try:
        seen = side_by_side(call.context)
    except Refused as refused:
        return call.render("pages/reading/nothing.html", refusal=refused.refusal, back=queue_link(call))
    return call.render("pages/reading/sides_page.html", above=_above(seen), back=queue_link(call))


def _above(seen: dict[str, Any]) -> dict[str, Any]:
    by_assessment: dict[int, dict[int, dict[str, Any]]] = {}
    for reading in seen["readings"]:
        for read in reading["reads"]:
            by_assessment.setdefault(read["assessment"], {})[reading["reader"]] = read
    readers = [reading["reader"] for reading in seen["readings"]]
    return {
        "subject": seen["subject"],
        "differ": trigger_words(seen["triggers"]),
        "scans": [{**scan, "what": assessment_words(scan["assessment"])} for scan in seen["scans"]],
        "readings": [
            {
                **reading,
                "name": reader_words(reading["reader"], blinded=True),
                "progression": _progression(reading),
                "table": lesion_rows([(read["assessment"], read["day"], read["lesions"]) for read in reading["reads"]]),
            }
            for reading in seen["readings"]
        ],
        "rows": [
            {"what": assessment_words(number), "cells": [found.get(reader) for reader in readers]}
            for number, found in sorted(by_assessment.items())
        ],
        "adjudications": [
            {**given, "name": reader_words(given["endorses"], blinded=True)} for given in seen["adjudications"]
        ],
    }


def _progression(reading: dict[str, Any]) -> dict[str, Any] | None:
    number = reading["progression_assessment"]
    if number is None:
        return None
    return {"what": assessment_words(number), "date": reading["progression_date"]}


def plan_adjudicate(call: Call) -> Plan:
    """Ask which reader is right; nothing is asked where the readers agree."""
    title = _("Adjudicate %(subject)s") % {"subject": call.context.command.subject}
    try:
        seen = side_by_side(call.context)
    except Refused as refused:
        return Plan(title=title, back=queue_link(call), blocked=refused.refusal)
    settled = None
    if not seen["triggers"]:
        settled = Refusal("no_discordance", _("This patient is adjudicated."), _("The readings stand above."))
    choices = tuple((str(r["reader"]), reader_words(r["reader"], blinded=True)) for r in seen["readings"])
    return Plan(
        title=title,
        intro=_("Endorse the reader whose reading of the whole patient is right. Who they are is not shown."),
        fields={
            "endorses": Tuned(label=_("Endorse"), choices=choices),
            "why": Tuned(label=_("Why"), why=_("What the images show. It stays in the record."), kind="long"),
        },
        consequence=_("The endorsed reading becomes the locked central result, and the site is told its one word: "
                      "confirmed, not confirmed or not evaluable."),
        button=_("Endorse the reading"),
        done=_("The endorsement is recorded."),
        above=("pages/reading/sides.html", _above(seen)),
        back=queue_link(call),
        blocked=settled,
        after=lambda here: here.url("sides"),
    )  # fmt: skip
