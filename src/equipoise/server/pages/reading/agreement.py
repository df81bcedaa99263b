"""How well the central readers agree, for who runs the review; arms together, from all patients."""

from typing import Any

from django.http import HttpResponse

from equipoise.server.pages.page import Call
from equipoise.server.pages.reading.shown import trigger_words
from equipoise.server.pages.setup.known import called
from equipoise.server.pages.words import translated as _
from equipoise.server.reading.agreement import agreement

__all__ = ["agreement_page"]


def agreement_page(call: Call) -> HttpResponse:
    """Show how often readers differ, in what, and whom the adjudicator endorses."""
    found = agreement(call.context)
    names = called(r["person"] for r in found["readers"])
    triggers = [
        {"what": trigger_words(name.split("; ")), "patients": count}
        for name, count in sorted(found["triggers"].items(), key=lambda each: (-each[1], each[0]))
    ]
    return call.render(
        "pages/reading/agreement.html",
        found=found,
        rate=None if found["rate"] is None else f"{100 * found['rate']:.0f}",
        triggers=triggers,
        readers=[{**row, "name": names[row["person"]]} for row in found["readers"]],
        progression=_square(found["progression"]),
        best_response=_square(found["best_response"]),
    )


def _square(cells: list[dict[str, Any]]) -> dict[str, Any] | None:
    """A cross table: first reader in rows, second in columns."""
    if not cells:
        return None
    named = {"Y": _("yes"), "N": _("no")}
    counts = {(named.get(c["first"], c["first"]), named.get(c["second"], c["second"])): c["patients"] for c in cells}
    heads = sorted({name for pair in counts for name in pair}, key=lambda name: (name is None, str(name)))
    rows = [
        {"head": first, "cells": [{"n": counts.get((first, second), 0), "same": first == second} for second in heads]}
        for first in heads
    ]
    return {"heads": heads, "rows": rows}
