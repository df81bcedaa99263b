"""The queue of central reads: everything that has come and is not read, whatever the site says of the patient.

A read asked for because the site has called progression stands in it like any other: nothing in the queue, nor its
order, tells the two apart. An empty queue is what a primary analysis waits for.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from equipoise.conduct.rights import Stage
from equipoise.conduct.state import Subject
from equipoise.criteria import PatientReview, adjudication_due, current_person, next_visit, reads_due

__all__ = ["AdjudicationDue", "ReadDue", "adjudication_queue", "reading_queue", "unchecked_scans"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDue:
    """One read to be made; entries are in the order of their scans."""

    scanned: str
    """Day of the last scan of the assessment."""
    received: str
    """Day, in UTC, on which the core laboratory let the last scan of the assessment be read."""
    subject: str
    """Patient."""
    assessment: int
    """Number of the assessment; 0 for the baseline."""
    reader: int
    """Number of the reader."""
    person: str | None = None
    """Who reads the patient as that reader; none before somebody does."""
    ready: bool = True
    """Whether it is the next one that the reader may open; earlier assessments are read first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjudicationDue:
    """A patient whose readers differ; entries are in the order in which that came to light."""

    since: str
    """Day, in UTC, since when the adjudicator is called."""
    subject: str
    """Patient."""
    through: int
    """Assessment up to which both readers have read."""
    triggers: tuple[str, ...]
    """In what the readers differ."""


def reading_queue(subjects: Iterable[Subject], *, reader: int | None = None) -> tuple[ReadDue, ...]:
    """List the central reads of randomized patients that are still to be made.

    Parameters
    ----------
    subjects
        Patients; those who are not randomized have no central review and no place in the queue, nor has somebody who
        has withdrawn the use of data.
    reader
        Number of the reader whose reads are wanted; of all readers unless given.

    Returns
    -------
    tuple of ReadDue
        By the day of the scan, then patient, assessment and reader.
    """
    found = []
    for subject in subjects:
        review = _under_review(subject)
        if review is None:
            continue
        received = _received(subject)
        for number, assessment in reads_due(review):
            if reader in (None, number):
                last = max(scan.day for scan in review.scans if scan.visit == assessment)
                entry = ReadDue(
                    scanned=dt.date.fromordinal(last).isoformat(),
                    received=received[assessment],
                    subject=subject.id,
                    assessment=assessment,
                    reader=number,
                    person=current_person(review, number),
                    ready=next_visit(review, number) == assessment,
                )
                found.append(entry)
    return tuple(sorted(found, key=lambda e: (e.scanned, e.subject, e.assessment, e.reader)))


def adjudication_queue(subjects: Iterable[Subject]) -> tuple[AdjudicationDue, ...]:
    """List the patients whose readers differ and for whom no endorsement stands.

    Returns
    -------
    tuple of AdjudicationDue
        By the day since when the adjudicator is called, then patient.
    """
    found = []
    for subject in subjects:
        review = _under_review(subject)
        triggers = () if review is None else adjudication_due(review)
        asked = [*subject.records.get("adjudication_requested", {}).values()]
        if triggers and asked:
            through = int(asked[-1].values["through"])
            entry = AdjudicationDue(since=asked[-1].at[:10], subject=subject.id, through=through, triggers=triggers)
            found.append(entry)
    return tuple(sorted(found, key=lambda e: (e.since, e.subject)))


def unchecked_scans(subject: Subject) -> list[str]:
    """Scans whose quality nobody has checked yet: of a patient under central review, and of one still in screening."""
    if _under_review(subject) is None and subject.stage is not Stage.SCREENING:
        return []
    checked = {scan["scan"] for kind in ("scan_accepted", "scan_rejected") for scan in subject.live(kind)}
    return [str(scan["record"]) for scan in subject.live("scan_submitted") if scan["record"] not in checked]


def _under_review(subject: Subject) -> PatientReview | None:
    return None if subject.stage is Stage.WITHDRAWN else subject.review


def _received(subject: Subject) -> dict[int, str]:
    found: dict[int, str] = {}
    for record in subject.records.get("scan_accepted", {}).values():
        assessment = int(record.values["assessment"])
        found[assessment] = max(found.get(assessment, ""), record.at[:10])
    return found
