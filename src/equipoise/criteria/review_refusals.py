"""Why something may not happen in the central review of a patient."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from equipoise.criteria.review_actions import (
    Adjudicate,
    AssignReader,
    CloseReading,
    LockVisit,
    OpenVisit,
    PatientReview,
    ReceiveScan,
    RecordDeath,
    ReopenVisit,
    ReviewAction,
    ViewReads,
)
from equipoise.criteria.review_state import (
    adjudication_stands,
    current_person,
    current_read,
    discordance,
    ever_reader,
    locked_through,
    next_visit,
    reader_of,
    scan_day,
    visits_received,
)
from equipoise.terms import Response, said

__all__ = ["Refusal", "review_refusal"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an action is refused."""

    code: str
    """Short name of the rule, for the log."""
    message: str
    """What was seen and what is expected."""


Refusals = Iterator[Refusal]
"""Broken rules in the order in which they are looked at."""


def review_refusal(review: PatientReview, action: ReviewAction) -> Refusal | None:
    """Say why an action is not allowed in a review.

    Parameters
    ----------
    review
        Review of the patient so far.
    action
        What somebody wants to do.

    Returns
    -------
    Refusal or None
        The first rule that is broken; none where the action is allowed.
    """
    return next(iter(_CHECKS[type(action)](review, action)), None)


def _no_such_reader(review: PatientReview, reader: int) -> Refusals:
    if not 1 <= reader <= review.readers:
        yield Refusal(
            "no-such-reader", said("reader {reader}: expected 1 to {readers}", reader=reader, readers=review.readers)
        )


def _barred(review: PatientReview, person: str) -> Refusals:
    if not person.strip():
        yield Refusal("person-missing", "nobody is named: expected a person")
    if person in review.barred:
        yield Refusal("own-patient", said("{person} treats the patient: expected somebody who does not", person=person))


def _assign(review: PatientReview, action: AssignReader) -> Refusals:
    yield from _no_such_reader(review, action.reader)
    yield from _barred(review, action.person)
    if any(given.person == action.person for given in review.adjudications):
        yield Refusal(
            "adjudicator-reads",
            said("{person} has adjudicated the patient: expected somebody else", person=action.person),
        )
    if ever_reader(review, action.person):
        text = said(
            "{person} is or was a reader of the patient: expected somebody who has not read it", person=action.person
        )
        yield Refusal("reads-already", text)
    if current_person(review, action.reader) is not None and not action.reason.strip():
        yield Refusal("reason-missing", said("reader {reader} is replaced: expected a reason", reader=action.reader))


def _scan(review: PatientReview, action: ReceiveScan) -> Refusals:
    if action.visit < 0:
        yield Refusal("no-such-visit", said("visit {visit}: expected 0 for the baseline or more", visit=action.visit))
    if review.death_day is not None and action.scan_day > review.death_day:
        yield Refusal(
            "scan-after-death",
            said(
                "scan of day {scan_day}: expected day {death_day} or earlier",
                scan_day=action.scan_day,
                death_day=review.death_day,
            ),
        )
    for scan in review.scans:
        if (scan.visit - action.visit) * (scan.day - action.scan_day) < 0:
            text = said(
                "visit {visit} on day {scan_day}, visit {other} on day {day}",
                visit=action.visit,
                scan_day=action.scan_day,
                other=scan.visit,
                day=scan.day,
            )
            yield Refusal("scans-out-of-order", said("{text}: expected days in the order of visits", text=text))


def _open(review: PatientReview, action: OpenVisit) -> Refusals:
    reader = reader_of(review, action.person)
    if reader is None:
        yield Refusal("not-a-reader", said("{person} does not read the patient", person=action.person))
        return
    visits = visits_received(review)
    if 0 not in visits:
        yield Refusal("baseline-missing", "no baseline scan has come: expected it first")
    if action.visit not in visits:
        yield Refusal("scan-missing", said("no scan of visit {visit} has come", visit=action.visit))
    if current_read(review, reader, action.visit) is not None:
        yield Refusal(
            "read-locked", said("visit {visit} is locked: ask for a correction with a reason", visit=action.visit)
        )
    first = next_visit(review, reader)
    if first != action.visit:
        text = said(
            "visit {visit} before visit {first} is locked: visits are read one by one in order",
            visit=action.visit,
            first=first,
        )
        yield Refusal("earlier-visit-open", text)
    if (reader, action.visit) in review.opened:
        yield Refusal("already-open", said("visit {visit} is open already", visit=action.visit))


def _lock(review: PatientReview, action: LockVisit) -> Refusals:
    reader = reader_of(review, action.person)
    if reader is None:
        yield Refusal("not-a-reader", said("{person} does not read the patient", person=action.person))
        return
    if current_read(review, reader, action.visit) is not None:
        yield Refusal(
            "read-locked", said("visit {visit} is locked: ask for a correction with a reason", visit=action.visit)
        )
    if (reader, action.visit) not in review.opened:
        yield Refusal(
            "not-open",
            said("visit {visit} is not open for {person}: open it first", visit=action.visit, person=action.person),
        )
    if action.on < scan_day(review, action.visit):
        text = said(
            "locked on day {on}: expected day {day} of the scan or later",
            on=action.on,
            day=scan_day(review, action.visit),
        )
        yield Refusal("locked-before-scan", text)
    yield from _content(review, action)


def _content(review: PatientReview, action: LockVisit) -> Refusals:
    given = (action.response, action.progression_visit, action.progression_day)
    if action.visit == 0 and given != (None, None, None):
        yield Refusal("response-at-baseline", "a response at baseline: expected the choice of lesions alone")
    if action.visit > 0 and action.response is None:
        yield Refusal(
            "response-missing",
            said("visit {visit} without a response: expected NE where no other fits", visit=action.visit),
        )
    dated = action.progression_visit is not None or action.progression_day is not None
    if dated and action.response is not Response.PD:
        yield Refusal(
            "progression-without-pd",
            said("a progression dated with response {response}: expected PD", response=action.response),
        )
    back = action.progression_visit
    if back is not None and (back == 0 or back > action.visit or back not in visits_received(review)):
        yield Refusal(
            "no-such-visit",
            said("progression at visit {back}: expected a visit read, at most {visit}", back=back, visit=action.visit),
        )


def _reopen(review: PatientReview, action: ReopenVisit) -> Refusals:
    yield from _no_such_reader(review, action.reader)
    if not action.reason.strip():
        yield Refusal("reason-missing", "a locked read is read anew: expected a reason")
    if current_read(review, action.reader, action.visit) is None:
        yield Refusal(
            "not-locked",
            said(
                "visit {visit} of reader {reader} is not locked: nothing to reopen",
                visit=action.visit,
                reader=action.reader,
            ),
        )


def _view(review: PatientReview, action: ViewReads) -> Refusals:
    yield from _no_such_reader(review, action.reader)
    yield from _barred(review, action.person)
    own = ever_reader(review, action.person)
    if own and action.reader not in own:
        yield Refusal(
            "blinded", said("{person} reads the patient: another reader's reads stay hidden", person=action.person)
        )


def _adjudicate(review: PatientReview, action: Adjudicate) -> Refusals:
    if action.response is not None or action.progression_day is not None:
        yield Refusal("third-result", "a result of the adjudicator's own: expected the choice of one reader's reading")
    yield from _no_such_reader(review, action.endorses)
    yield from _barred(review, action.person)
    if ever_reader(review, action.person):
        text = said(
            "{person} is or was a reader of the patient: expected somebody who has not read it", person=action.person
        )
        yield Refusal("reader-adjudicates", text)
    if not action.reason.strip():
        yield Refusal("reason-missing", "an endorsement without a reason: expected one in writing")
    through = locked_through(review)
    if through is None:
        yield Refusal("not-read", "the readers have not locked a visit in common: nothing to adjudicate")
        return
    if adjudication_stands(review, through) is not None:
        yield Refusal("already-adjudicated", "an endorsement of these reads is locked")
    if not discordance(review, through):
        yield Refusal("no-discordance", "the readers agree in everything that is compared: nothing to adjudicate")
    if action.on < _last_lock(review, through):
        yield Refusal(
            "adjudicated-before-reads", said("endorsed on day {on}, before the reads were locked", on=action.on)
        )


def _last_lock(review: PatientReview, through: int) -> int:
    """Day on which the last of the reads to be compared was locked."""
    days = []
    for reader in range(1, review.readers + 1):
        reads = (current_read(review, reader, visit) for visit in visits_received(review) if visit <= through)
        days += [read.locked_on for read in reads if read is not None]
    return max(days)


def _death(review: PatientReview, action: RecordDeath) -> Refusals:
    if review.death_day is not None:
        yield Refusal(
            "death-recorded", said("a death on day {death_day} is recorded already", death_day=review.death_day)
        )
    if any(scan.day > action.day for scan in review.scans):
        yield Refusal("scan-after-death", said("death on day {day}, before a scan that has come", day=action.day))


def _close(review: PatientReview, action: CloseReading) -> Refusals:
    if review.closed:
        yield Refusal("already-closed", said("closed again on day {on}: reading is closed already", on=action.on))


_CHECKS: dict[type[ReviewAction], Callable[[PatientReview, Any], Refusals]] = {
    AssignReader: _assign,
    ReceiveScan: _scan,
    OpenVisit: _open,
    LockVisit: _lock,
    ReopenVisit: _reopen,
    ViewReads: _view,
    Adjudicate: _adjudicate,
    CloseReading: _close,
    RecordDeath: _death,
}
