"""The queue of central reads: everything that has come and is not read, whatever the site says of the patient.

A read asked for because the site has called progression stands in it like any other: nothing in the queue, nor its
order, tells the two apart. An empty queue is what a primary analysis waits for.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from equipoise.conduct.state import Subject
from equipoise.criteria import current_person, next_visit, reads_due

__all__ = ["ReadDue", "reading_queue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDue:
    """One read to be made; entries are in the order of their scans."""

    scanned: str
    """Day of the last scan of the assessment."""
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


def reading_queue(subjects: Iterable[Subject], *, reader: int | None = None) -> tuple[ReadDue, ...]:
    """List the central reads of randomized patients that are still to be made.

    Parameters
    ----------
    subjects
        Patients; those who are not randomized have no central review and no place in the queue.
    reader
        Number of the reader whose reads are wanted; of all readers unless given.

    Returns
    -------
    tuple of ReadDue
        By the day of the scan, then patient, assessment and reader.
    """
    found = []
    for subject in subjects:
        review = subject.review
        if review is None:
            continue
        for number, assessment in reads_due(review):
            if reader in (None, number):
                last = max(scan.day for scan in review.scans if scan.visit == assessment)
                entry = ReadDue(
                    scanned=dt.date.fromordinal(last).isoformat(),
                    subject=subject.id,
                    assessment=assessment,
                    reader=number,
                    person=current_person(review, number),
                    ready=next_visit(review, number) == assessment,
                )
                found.append(entry)
    return tuple(sorted(found, key=lambda e: (e.scanned, e.subject, e.assessment, e.reader)))
