"""How well central readers agree, over all patients, arms together: for the core laboratory."""

from typing import Any

import polars as pl

from equipoise.conduct import Subject, apply_all
from equipoise.conduct.context import Context
from equipoise.conduct.nouns.central_review import REVIEW_KINDS
from equipoise.conduct.state import State
from equipoise.criteria import PatientReview, central_results, current_person, reader_agreement
from equipoise.criteria.review_state import adjudication_stands, locked_through, reading_of
from equipoise.ledger import TRIAL
from equipoise.server.ledger.store import read_events

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
    central = context.rules.protocol.review.central
    reviews = {} if central is None else _reviews()
    readings, endorsed = [], []
    for name, review in sorted(reviews.items()):
        through = locked_through(review)
        if through is None:
            continue
        readings += [_reading(name, review, reader, through) for reader in range(1, review.readers + 1)]
        stands = adjudication_stands(review, through)
        if stands is not None:
            endorsed.append({"USUBJID": name, "ENDORSED": str(stands.endorses)})
    if not readings:
        return {"patients": 0, "differing": 0, "adjudicated": 0, "rate": None, "triggers": {}, "readers": [],
                "progression": [], "best_response": []}  # fmt: skip
    frame = pl.DataFrame(readings, schema=_SCHEMA)
    chosen = pl.DataFrame(endorsed, schema={"USUBJID": pl.String, "ENDORSED": pl.String})
    charter = next(iter(reviews.values())).charter
    readers = tuple(str(n) for n in range(1, max(r.readers for r in reviews.values()) + 1))
    found = reader_agreement(central_results(frame, chosen, charter, readers=readers), person="PERSON")
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


def _reading(subject: str, review: PatientReview, reader: int, through: int) -> dict[str, Any]:
    found = reading_of(review, reader, through)
    return {
        "USUBJID": subject,
        "READER": str(reader),
        "PERSON": current_person(review, reader),
        "PDVISIT": found.progression_visit,
        "PDDAY": found.progression_day,
        "BOR": None if found.best_response is None else str(found.best_response),
        "RESPVISIT": found.response_visit,
    }


def _cross(table: pl.DataFrame) -> list[dict[str, Any]]:
    rows = table.select("FIRST", "SECOND", "N").rows()
    return [{"first": first, "second": second, "patients": n} for first, second, n in rows]


def _reviews() -> dict[str, PatientReview]:
    """Central review of every patient, folded from the events of the review alone."""
    wanted = REVIEW_KINDS | {"scan_accepted"}
    events = read_events(TRIAL, f"kind IN ({', '.join(['%s'] * len(wanted))})", sorted(wanted))
    subjects: dict[str, Subject] = dict(apply_all(State(), events).subjects)
    return {name: subject.review for name, subject in subjects.items() if subject.review is not None}
