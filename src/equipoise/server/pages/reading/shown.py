"""Reads as tables: what pages of the central review have in common."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from equipoise.server.pages.page import Call
from equipoise.server.pages.words import translated as _
from equipoise.server.pages.words_of_record import lesion_state_words

__all__ = ["assessment_words", "lesion_rows", "queue_link", "reader_words", "trigger_words"]

_TRIGGERS = {
    "progression": "whether there is progression",
    "progression_date": "the day of progression",
    "progression_visit": "the assessment of progression",
    "best_response": "the best response",
    "response": "the best response",
    "response_date": "the day of the response",
}


def queue_link(call: Call) -> tuple[str, str]:
    """Words and address of the queue."""
    return _("Reading queue"), call.url("review_queue")


def assessment_words(number: int) -> str:
    """Name an assessment."""
    return _("Baseline") if number == 0 else _("Assessment %(n)s") % {"n": number}


def reader_words(number: int, *, blinded: bool) -> str:
    """Name a reader: by letter for the adjudicator, who does not know who is who; 0 is the adjudicator."""
    if number == 0:
        return _("Adjudicator")
    name = chr(ord("A") + number - 1) if blinded else str(number)
    return _("Reader %(name)s") % {"name": name}


def trigger_words(triggers: Iterable[str]) -> str:
    """Say in what readers differ."""
    return ", ".join(_(_TRIGGERS.get(name, name.replace("_", " "))) for name in triggers)


def lesion_rows(columns: Sequence[tuple[int, str, Sequence[Mapping[str, Any]]]]) -> dict[str, Any]:
    """Lesions by assessment, for a table: number, day and lesions of each column."""
    names = list(dict.fromkeys(str(lesion["lesion"]) for _n, _d, lesions in columns for lesion in lesions))
    return {
        "columns": [{"assessment": number, "date": day} for number, day, _lesions in columns],
        "lesions": [{"lesion": name, "cells": [_cell(lesions, name) for _n, _d, lesions in columns]} for name in names],
    }


def _cell(lesions: Sequence[Mapping[str, Any]], name: str) -> str:
    texts = []
    for lesion in lesions:
        if lesion.get("lesion") == name:
            size, state = lesion.get("diameter"), lesion.get("state")
            texts.append(f"{size / 100:g}" if size is not None else lesion_state_words(state) if state else "")
    return ", ".join(filter(None, texts))
