"""What the readers of a patient have found so far, as it is kept beside the record for the monitor of agreement."""

import json

from equipoise.conduct import Subject
from equipoise.criteria import PatientReview, current_person
from equipoise.criteria.review_state import adjudication_stands, locked_through, reading_of

__all__ = ["FOUND", "found_text"]

FOUND = -1
"""Number of the assessment under which it stands in the list of reads."""


def found_text(subject: Subject) -> str | None:
    """Write what each reader of a patient has found, up to the last assessment that all have read.

    Returns
    -------
    str or None
        JSON: readings (for each reader in order: person, assessment and day of progression, best response, assessment
        of the first response; days are ordinals of the calendar) and endorsed (number of the reader whom an
        adjudication that stands endorses, or null). None before every reader has locked an assessment.
    """
    review = subject.review
    through = None if review is None else locked_through(review)
    if review is None or through is None:
        return None
    stands = adjudication_stands(review, through)
    readings = [_reading(review, reader, through) for reader in range(1, review.readers + 1)]
    endorsed = None if stands is None else stands.endorses
    return json.dumps({"readings": readings, "endorsed": endorsed}, separators=(",", ":"))


def _reading(review: PatientReview, reader: int, through: int) -> list[str | int | None]:
    found = reading_of(review, reader, through)
    return [
        current_person(review, reader),
        found.progression_visit,
        found.progression_day,
        None if found.best_response is None else str(found.best_response),
        found.response_visit,
    ]
