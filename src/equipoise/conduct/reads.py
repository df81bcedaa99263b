"""What somebody who reads scans may look at: the patient's scans one by one, and no reads but the own ones."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from equipoise.conduct.command import refuse
from equipoise.conduct.context import Context
from equipoise.conduct.nouns.central_review import allow, check_person, review_of
from equipoise.conduct.nouns.tumors import measurements
from equipoise.conduct.roles import READER_NUMBER
from equipoise.conduct.state import Subject
from equipoise.criteria import (
    AssignReader,
    PatientResponse,
    PatientReview,
    ViewReads,
    adjudication_due,
    current_person,
    current_read,
    patient_response,
)

__all__ = ["check_adjudicator", "check_reader", "current_lesions", "read_response"]


def check_reader(c: Context) -> tuple[PatientReview, int]:
    """Let a central reader look at a patient, or refuse.

    Returns
    -------
    tuple
        The patient's review, and the number of the reader.

    Raises
    ------
    Refused
        There is no review, somebody else reads the patient, or the person may not: works at the patient's site, has
        read the patient as the other reader, or has adjudicated.
    """
    review, person, reader = review_of(c), c.command.actor, READER_NUMBER[c.command.role]
    check_person(c, person, c.command.role)
    reads = current_person(review, reader)
    if reads is None:
        allow(review, AssignReader(reader=reader, person=person))
    elif reads != person:
        refuse("not_a_reader", "Somebody else reads this patient.", "The core laboratory assigns readers.")
    return review, reader


def check_adjudicator(c: Context) -> PatientReview:
    """Let an adjudicator compare the readers of a patient, or refuse.

    Raises
    ------
    Refused
        There is no review, the readers do not differ, or the person works at the patient's site or has read the
        patient. Who has adjudicated the patient may look again.
    """
    review, person = review_of(c), c.command.actor
    check_person(c, person, c.command.role)
    for reader in range(1, review.readers + 1):
        allow(review, ViewReads(person=person, reader=reader))
    own = any(given.person == person for given in review.adjudications)
    if not adjudication_due(review) and not own:
        refuse("no_discordance", "There is nothing to adjudicate.", "The adjudicator is called when readers differ.")
    return review


def current_lesions(subject: Subject, reader: int) -> dict[int, Sequence[Mapping[str, Any]]]:
    """Lesions of a reader's reads that count, by assessment."""
    review, found = subject.review, dict[int, Sequence[Mapping[str, Any]]]()
    for record in subject.records.get("read_locked", {}).values():
        read = record.values
        if review is not None and read["reader"] == reader:
            locked = current_read(review, reader, read["assessment"])
            if locked is not None and locked.version == read["version"]:
                found[read["assessment"]] = read["lesions"]
    return found


def read_response(
    subject: Subject, reader: int, *more: tuple[int, str, Sequence[Mapping[str, Any]]]
) -> PatientResponse | None:
    """Sums and responses of a central reader's own measurements by the reading charter; none before a baseline.

    Parameters
    ----------
    subject
        The patient.
    reader
        Number of the reader.
    more
        Assessment, date and lesions that are not locked yet: what is being typed.

    Raises
    ------
    CriteriaError
        Measurements that cannot be used, all at once.
    """
    review = subject.review
    if review is None:
        return None
    known = current_lesions(subject, reader)
    days = {n: str(r["day"]) for r in _reads(subject, reader) if (n := r["assessment"]) in known}
    typed = {assessment for assessment, _, _ in more}
    rows = [row for n, lesions in known.items() if n not in typed for row in measurements(n, days[n], lesions)]
    rows += [row for each in more for row in measurements(*each)]
    if not any(row.baseline for row in rows):
        return None
    start = max(row.day for row in rows if row.baseline)
    reference = review.charter.reference_day
    return patient_response(rows, replace(review.charter, reference_day=max(reference or start, start)))


def _reads(subject: Subject, reader: int) -> list[Mapping[str, Any]]:
    found = subject.records.get("read_locked", {}).values()
    return [record.values for record in found if record.values["reader"] == reader]
