"""How well central readers agree, over all patients, arms together: for the core laboratory.

What each patient's readers found so far stands in the list of reads, kept in the transaction of the event and compared
by verification; the page adds these up and folds no events.
"""

import json
from typing import Any

import polars as pl

from equipoise.conduct.context import Context
from equipoise.criteria import central_results, reader_agreement
from equipoise.server.reading.found import FOUND
from equipoise.server.subjects.models import ReadingRow

__all__ = ["agreement"]


def agreement(context: Context) -> dict[str, Any]:
    """Count how often central readers differ (right: ``see_reader_agreement``).

    Returns
    -------
    dict
        patients (read by more than one reader); differing; adjudicated; rate (differing among patients; none without
        any); triggers (in what they differ -> patients); readers, for each person: person, patients, adjudicated,
        endorsed, against; progression and best_response: cross tables of the first two readers as a list of first,
        second and patients.
    """
    rows = ReadingRow.objects.filter(assessment=FOUND).order_by("subject").values_list("subject", "triggers")
    kept = {subject: json.loads(text) for subject, text in rows}
    readings = [_reading(name, n, each) for name, one in kept.items() for n, each in enumerate(one["readings"], 1)]
    endorsed = [
        {"USUBJID": name, "ENDORSED": str(one["endorsed"])} for name, one in kept.items() if one["endorsed"] is not None
    ]
    if not readings:
        return {"patients": 0, "differing": 0, "adjudicated": 0, "rate": None, "triggers": {}, "readers": [],
                "progression": [], "best_response": []}  # fmt: skip
    frame = pl.DataFrame(readings, schema=_SCHEMA)
    chosen = pl.DataFrame(endorsed, schema={"USUBJID": pl.String, "ENDORSED": pl.String})
    readers = tuple(str(n) for n in range(1, max(len(one["readings"]) for one in kept.values()) + 1))
    found = reader_agreement(central_results(frame, chosen, context.rules.charter, readers=readers), person="PERSON")
    people = found.readers.select("PERSON", "NREAD", "NADJUDICATED", "NENDORSED", "NAGAINST").rows()
    named = ("person", "patients", "adjudicated", "endorsed", "against")
    return {
        "patients": found.n,
        "differing": found.n_triggered,
        "adjudicated": found.n_adjudicated,
        "rate": found.adjudication_rate if found.n else None,
        "triggers": dict(found.triggers.select("TRIGGERS", "N").rows()),
        "readers": [dict(zip(named, row, strict=True)) for row in people],
        "progression": _cross(found.progression),
        "best_response": _cross(found.best_response),
    }


_SCHEMA = {
    "USUBJID": pl.String,
    "READER": pl.String,
    "PERSON": pl.String,
    "PDVISIT": pl.Int64,
    "PDDAY": pl.Int64,
    "BOR": pl.String,
    "RESPVISIT": pl.Int64,
}


def _reading(subject: str, number: int, found: list[Any]) -> dict[str, Any]:
    return dict(zip(_SCHEMA, (subject, str(number), *found), strict=True))


def _cross(table: pl.DataFrame) -> list[dict[str, Any]]:
    rows = table.select("FIRST", "SECOND", "N").rows()
    return [{"first": first, "second": second, "patients": n} for first, second, n in rows]
