"""Rules of the central review of one patient: blinded readers, locked sequential reads, adjudication, locked results.

Convention: a reader locks the choice of lesions at baseline (visit 0) first, then the visits one by one in order. A
locked read is never changed: a correction, a re-read, a late scan and a change of reader ask for new versions of the
visit and of every later visit of the reader, with the reason, and the old versions stay. A result is locked as soon as
every reader has locked the visits up to one and, where they differ, an adjudicator has endorsed one reader. An
endorsement holds for the whole patient until a read it was based on is to be read anew or the endorsed reader's
progression moves. The first result that confirms progression opens the gate for good; the last one is analyzed.

``review_refusal`` says why an action is not allowed, ``review_after`` gives the review after an allowed action; both
are pure. Days are integers on one scale.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Literal

from equipoise.criteria.adjudication import CentralResult, answer_of
from equipoise.criteria.charter import Charter
from equipoise.criteria.errors import CriteriaError
from equipoise.criteria.review_actions import (
    Adjudicate,
    Adjudication,
    Assignment,
    AssignReader,
    CloseReading,
    LockedRead,
    LockVisit,
    OpenVisit,
    PatientReview,
    ReceiveScan,
    RecordDeath,
    Reopening,
    ReopenVisit,
    ReviewAction,
    Scan,
    ViewReads,
)
from equipoise.criteria.review_refusals import Refusal, review_refusal
from equipoise.criteria.review_state import (
    adjudication_stands,
    current_person,
    current_read,
    discordance,
    locked_through,
    reading_of,
    scan_day,
    visits_received,
    wanted_version,
)

__all__ = ["MOST_READERS", "review_after", "review_attempt", "start_review"]

MOST_READERS = 5
"""Largest number of readers of one patient, the adjudicator not counted."""


def start_review(
    subject: str,
    charter: Charter | None = None,
    *,
    readers: int = 2,
    confirmed: bool = False,
    barred: Iterable[str] = (),
) -> PatientReview:
    """Begin the central review of a patient.

    Parameters
    ----------
    subject
        Identifier of the patient.
    charter
        What is compared (``adjudicate``), who is reported when readers agree (``agreed_reader``), and the rules of
        best response; the defaults of :class:`Charter` unless given.
    readers
        Number of readers, 1 to 5, the adjudicator not counted.
    confirmed
        Whether best responses are compared as confirmed.
    barred
        Persons who may neither read nor adjudicate the patient, because they treat it.

    Returns
    -------
    PatientReview
        A review without readers and scans.

    Raises
    ------
    CriteriaError
        The number of readers is not 1 to 5, or the reader named for agreement is none of them.
    """
    charter = charter or Charter()
    problems = []
    if not 1 <= readers <= MOST_READERS:
        problems.append(f"{readers} readers: expected 1 to {MOST_READERS}")
    if not 1 <= charter.agreed_reader <= readers:
        problems.append(f"agreed_reader {charter.agreed_reader}: expected 1 to {readers}")
    if problems:
        raise CriteriaError(problems)
    return PatientReview(
        subject=subject, charter=charter, readers=readers, confirmed=confirmed, barred=frozenset(barred)
    )


def review_after(review: PatientReview, action: ReviewAction) -> PatientReview:
    """Give the review after an action.

    Parameters
    ----------
    review
        Review of the patient so far; it stays as it is.
    action
        What somebody does.

    Returns
    -------
    PatientReview
        The new state. A result is added where the action completes one.

    Raises
    ------
    CriteriaError
        The action is not allowed; :func:`review_refusal` says the same without raising.

    Examples
    --------
    >>> review = review_after(start_review("01"), AssignReader(reader=1, person="Ada"))
    >>> review_refusal(review, OpenVisit(person="Ada", visit=1)).code
    'baseline-missing'
    """
    after = review_attempt(review, action)
    if isinstance(after, Refusal):
        raise CriteriaError([f"subject {review.subject}: {after.message}"])
    return after


def review_attempt(review: PatientReview, action: ReviewAction) -> PatientReview | Refusal:
    """Give the review after an action, or say why it is not allowed.

    What was found for an action is kept for a moment: who decides about an action makes it happen next.

    Parameters
    ----------
    review
        Review of the patient so far; it stays as it is.
    action
        What somebody does.
    """
    for before, did, found in tuple(_LATEST):
        if before is review and did == action:
            return found
    refused = review_refusal(review, action)
    if refused is not None:
        return refused
    after = _CHANGES[type(action)](review, action)
    _LATEST.append((review, action, after))
    return after


def _assigned(review: PatientReview, action: AssignReader) -> PatientReview:
    before = current_person(review, action.reader)
    given = Assignment(action.reader, action.person, action.reason.strip())
    review = review.but(assignments=(*review.assignments, given))
    if before is None:
        return review
    return _reopened(review, [action.reader], 0, "reader replaced", given.reason)


def _received(review: PatientReview, action: ReceiveScan) -> PatientReview:
    scan = Scan(action.visit, action.scan_day)
    review = review.but(scans=(*review.scans, scan), closed=False)
    readers = list(range(1, review.readers + 1))
    return _reopened(review, readers, action.visit, "late scan", f"scan of day {action.scan_day} came late")


def _opened(review: PatientReview, action: OpenVisit) -> PatientReview:
    return review.but(opened=(*review.opened, (_reader(review, action.person), action.visit)))


def _reader(review: PatientReview, person: str) -> int:
    return next(n for n in range(1, review.readers + 1) if current_person(review, n) == person)


def _locked(review: PatientReview, action: LockVisit) -> PatientReview:
    reader = _reader(review, action.person)
    again = [a for a in review.reopenings if (a.reader, a.visit) == (reader, action.visit)]
    read = LockedRead(
        reader=reader,
        person=action.person,
        visit=action.visit,
        version=wanted_version(review, reader, action.visit),
        day=scan_day(review, action.visit),
        locked_on=action.on,
        response=action.response,
        progression_visit=action.progression_visit,
        progression_day=action.progression_day,
        measurements=action.measurements,
        reason=f"{again[-1].kind}: {again[-1].reason}" if again else "",
    )
    opened = tuple(place for place in review.opened if place != (reader, action.visit))
    return _with_result(review.but(reads=(*review.reads, read), opened=opened), action.on)


def _reopened(
    review: PatientReview,
    readers: list[int],
    visit: int,
    kind: Literal["late scan", "correction", "re-read", "reader replaced"],
    reason: str,
) -> PatientReview:
    """Ask for new versions of the locked reads of a visit and all later ones; put aside what is being read there."""
    later = [v for v in visits_received(review) if v >= visit]
    again = [
        Reopening(reader, v, kind, reason)
        for reader in readers
        for v in later
        if current_read(review, reader, v) is not None
    ]
    opened = tuple((reader, v) for reader, v in review.opened if reader not in readers or v < visit)
    if again:
        review = review.but(reopenings=(*review.reopenings, *again))
    return review if opened == review.opened else review.but(opened=opened)


def _adjudicated(review: PatientReview, action: Adjudicate) -> PatientReview:
    through = locked_through(review) or 0
    basis = [
        (reader, visit, wanted_version(review, reader, visit))
        for reader in range(1, review.readers + 1)
        for visit in visits_received(review)
        if visit <= through
    ]
    choice = Adjudication(
        person=action.person,
        endorses=action.endorses,
        reason=action.reason.strip(),
        locked_on=action.on,
        through_visit=through,
        triggers=discordance(review, through),
        basis=tuple(basis),
        progression_visit=reading_of(review, action.endorses, through).progression_visit,
    )
    return _with_result(review.but(adjudications=(*review.adjudications, choice)), action.on)


def _closed(review: PatientReview, action: CloseReading) -> PatientReview:
    return _with_result(review.but(closed=True), action.on)


def _died(review: PatientReview, action: RecordDeath) -> PatientReview:
    return review.but(death_day=action.day)


def _asked(review: PatientReview, action: ReopenVisit) -> PatientReview:
    return _reopened(review, [action.reader], action.visit, action.kind, action.reason.strip())


def _viewed(review: PatientReview, action: ViewReads) -> PatientReview:  # noqa: ARG001
    return review


def _with_result(review: PatientReview, on: int) -> PatientReview:
    """Lock a result where the readers have read as far as the last one and nothing is left to settle."""
    through = locked_through(review)
    last = review.results[-1] if review.results else None
    if through is None or (last is not None and through < last.through_visit):
        return review
    triggers, choice = discordance(review, through), adjudication_stands(review, through)
    if triggers and choice is None:
        return review
    reader = review.charter.agreed_reader if choice is None else choice.endorses
    reading = reading_of(review, reader, through)
    result = CentralResult(
        version=len(review.results) + 1,
        locked_on=on,
        through_visit=through,
        reader=reader,
        adjudicated=choice is not None,
        triggers=triggers,
        progression_visit=reading.progression_visit,
        progression_day=reading.progression_day,
        best_response=reading.best_response,
        answer=answer_of(reading),
    )
    if last is not None and replace(result, version=last.version, locked_on=last.locked_on) == last:
        return review
    return review.but(results=(*review.results, result))


_LATEST: deque[tuple[PatientReview, ReviewAction, PatientReview]] = deque(maxlen=8)
"""Reviews, what was done, and the reviews after it: the latest that were worked out."""

_CHANGES: dict[type[ReviewAction], Callable[[PatientReview, Any], PatientReview]] = {
    AssignReader: _assigned,
    ReceiveScan: _received,
    OpenVisit: _opened,
    LockVisit: _locked,
    ReopenVisit: _asked,
    ViewReads: _viewed,
    Adjudicate: _adjudicated,
    CloseReading: _closed,
    RecordDeath: _died,
}
