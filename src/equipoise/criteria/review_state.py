"""Questions that the central review of one patient answers at any moment."""

from collections.abc import Sequence

from equipoise.criteria.adjudication import (
    Answer,
    CentralResult,
    GateDecision,
    ReaderSummary,
    Trigger,
    VisitRead,
    adjudication_triggers,
    crossover_gate,
    summarize_reader,
)
from equipoise.criteria.review_actions import Adjudication, LockedRead, PatientReview
from equipoise.terms import Response

__all__ = [
    "adjudication_due",
    "adjudication_stands",
    "central_result",
    "current_person",
    "current_read",
    "discordance",
    "ever_reader",
    "gate_day",
    "locked_through",
    "next_visit",
    "reader_of",
    "reading_of",
    "reads_due",
    "review_answer",
    "review_gate",
    "scan_day",
    "visits_received",
    "wanted_version",
]


def current_person(review: PatientReview, reader: int) -> str | None:
    """Who reads as this reader now."""
    return review.persons.get(reader)


def reader_of(review: PatientReview, person: str) -> int | None:
    """As which reader a person reads now; none where the person does not."""
    return next((n for n in range(1, review.readers + 1) if current_person(review, n) == person), None)


def ever_reader(review: PatientReview, person: str) -> set[int]:
    """As which readers a person has been named for the patient."""
    return {given.reader for given in review.assignments if given.person == person}


def visits_received(review: PatientReview) -> list[int]:
    """Visits of which a scan is there, in order."""
    return list(review.received)


def scan_day(review: PatientReview, visit: int) -> int:
    """Day of the last scan of a visit."""
    return max(scan.day for scan in review.scans if scan.visit == visit)


def wanted_version(review: PatientReview, reader: int, visit: int) -> int:
    """Version of a reader's read of a visit that counts once it is locked."""
    return 1 + review.renewals.get((reader, visit), 0)


def current_read(review: PatientReview, reader: int, visit: int) -> LockedRead | None:
    """A reader's locked read of a visit; none while it is still to be read or read anew."""
    return review.current.get((reader, visit))


def next_visit(review: PatientReview, reader: int) -> int | None:
    """Find the only visit that a reader may read now.

    Parameters
    ----------
    review
        Review of the patient.
    reader
        Number of the reader.

    Returns
    -------
    int or None
        First visit with a scan and without a locked read; none where everything that has come is read, or the baseline
        has not come.
    """
    visits = review.received
    if not visits or visits[0] != 0:
        return None
    return next((visit for visit in visits if (reader, visit) not in review.current), None)


def reads_due(review: PatientReview) -> tuple[tuple[int, int], ...]:
    """List the reads that are still to be locked.

    Parameters
    ----------
    review
        Review of the patient.

    Returns
    -------
    tuple
        Reader and visit of every scan that has come and is not read, or is to be read anew, in order of visits. Empty
        when every scan is read: what a primary analysis asks for.
    """
    readers = range(1, review.readers + 1)
    return tuple((reader, v) for v in review.received for reader in readers if (reader, v) not in review.current)


def locked_through(review: PatientReview) -> int | None:
    """Last visit up to which every reader has locked every visit received; none before the first after baseline."""
    return review.through


def reading_of(review: PatientReview, reader: int, through: int) -> ReaderSummary:
    """What a reader's locked reads up to a visit amount to."""
    current = review.current
    found = [current.get((reader, visit)) for visit in review.received if 0 < visit <= through]
    reads = tuple(read for read in found if read is not None)
    known = review.summaries.get((reader, through))
    if known is None or known[0] != reads:
        known = review.summaries[reader, through] = reads, _summary(review, reads)
    return known[1]


def _summary(review: PatientReview, reads: Sequence[LockedRead]) -> ReaderSummary:
    visits = [
        VisitRead(
            visit=read.visit,
            day=read.day,
            response=Response(read.response),
            progression_visit=read.progression_visit,
            progression_day=read.progression_day,
        )
        for read in reads
        if read.response is not None
    ]
    return summarize_reader(visits, review.charter, confirmed=review.confirmed)


def discordance(review: PatientReview, through: int) -> tuple[Trigger, ...]:
    """In what the readers differ up to a visit, of what the charter compares by then."""
    readings = [reading_of(review, reader, through) for reader in range(1, review.readers + 1)]
    settled = review.closed and through == review.received[-1]
    return adjudication_triggers(readings, review.charter.adjudicate, settled=settled)


def adjudication_stands(review: PatientReview, through: int) -> Adjudication | None:
    """The last endorsement, if its reads and the progression of the reader endorsed are as they were."""
    if not review.adjudications:
        return None
    last = review.adjudications[-1]
    if any(wanted_version(review, reader, visit) != version for reader, visit, version in last.basis):
        return None
    same = reading_of(review, last.endorses, through).progression_visit == last.progression_visit
    return last if same else None


def adjudication_due(review: PatientReview) -> tuple[Trigger, ...]:
    """Find what an adjudicator has to settle now.

    Parameters
    ----------
    review
        Review of the patient.

    Returns
    -------
    tuple
        Triggers; empty where the readers agree, have not both read, or an endorsement stands.
    """
    through = locked_through(review)
    if through is None or adjudication_stands(review, through) is not None:
        return ()
    return discordance(review, through)


def central_result(review: PatientReview) -> CentralResult | None:
    """Give the final locked result, which the analysis uses; none before the first."""
    return review.results[-1] if review.results else None


def gate_day(review: PatientReview) -> int | None:
    """Day on which the first result that confirms progression was locked; unblinding is possible only from this day."""
    return next((result.locked_on for result in review.results if result.answer == "confirmed"), None)


def review_answer(review: PatientReview, *, asked: int | None = None) -> Answer:
    """Give the one word that a site is told now.

    Parameters
    ----------
    review
        Review of the patient.
    asked
        Visit about which the site asks, that of its own progression: a result that does not reach it answers nothing.

    Returns
    -------
    str
        ``confirmed`` once a result has confirmed progression, for good; ``pending`` while a scan that has come is
        unread, a read is to be made anew or an adjudication is due, whatever an earlier result said; else the last
        answer.
    """
    if any(result.answer == "confirmed" for result in review.results):
        return "confirmed"
    visits = review.received
    current = bool(review.results) and review.results[-1].through_visit == visits[-1] == locked_through(review)
    reaches = asked is None or (bool(visits) and asked <= visits[-1])
    return review.results[-1].answer if current and reaches and not adjudication_due(review) else "pending"


def review_gate(review: PatientReview, *, local_progression: bool = True) -> GateDecision:
    """Decide whether a patient may be unblinded to cross over.

    Parameters
    ----------
    review
        Review of the patient.
    local_progression
        Whether the site has called progression, where the trial asks for that too.

    Returns
    -------
    GateDecision
        What :func:`crossover_gate` makes of :func:`review_answer`.
    """
    return crossover_gate([review_answer(review)], local_progression=local_progression)
