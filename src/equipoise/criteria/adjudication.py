"""What a reader's whole reading of a patient amounts to, when two readers differ, and what central review answers.

Convention: progressions are compared by visit, never by scan day, so that two readers who see the same progression on
two scans of one visit agree. An adjudicator endorses one reader's reading of the whole patient: there is never a third
result. Days are integers on one scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from equipoise.criteria.best_response import ResponseRules, TimePoint, best_overall_response, first_response
from equipoise.criteria.charter import Charter
from equipoise.terms import Response

__all__ = [
    "Answer",
    "CentralResult",
    "GateDecision",
    "ReaderSummary",
    "ResultDifference",
    "Trigger",
    "VisitRead",
    "adjudication_triggers",
    "crossover_gate",
    "progression_or_death",
    "result_differences",
    "summarize_reader",
]

Trigger = Literal["progression_date", "best_response", "response"]
Answer = Literal["pending", "confirmed", "not confirmed", "not evaluable"]


class VisitRead(NamedTuple):
    """What one reader says of one visit after the baseline."""

    visit: int
    """Number of the visit; the same for all readers."""
    day: int
    """Day of the response: a scan day of the visit."""
    response: Response
    """Overall response."""
    progression_visit: int | None = None
    """Visit to which a progression is dated back (an equivocal new lesion confirmed); else the visit itself."""
    progression_day: int | None = None
    """Scan day of the progression; else the day of the response."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReaderSummary:
    """One reader's reading of the whole patient."""

    progression_visit: int | None = None
    """Visit of the progression; none without."""
    progression_day: int | None = None
    """Scan day of the progression."""
    best_response: Response | None = None
    """Best overall response; none without a visit."""
    response_visit: int | None = None
    """Visit of the first CR or PR; none without."""
    last_response: Response | None = None
    """Overall response of the last visit read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CentralResult:
    """A locked result of central review; later ones are new versions, none is changed."""

    version: int
    """1 for the first result of the patient."""
    locked_on: int
    """Day on which the last read or the adjudication it rests on was locked."""
    through_visit: int
    """Last visit that every reader has read."""
    reader: int
    """Reader whose reading is the result: the one endorsed, else the one named for agreement."""
    adjudicated: bool
    """Whether an adjudicator chose the reader."""
    triggers: tuple[Trigger, ...]
    """In what the readers differ, of what the charter compares."""
    progression_visit: int | None
    """Visit of the progression."""
    progression_day: int | None
    """Scan day of the progression."""
    best_response: Response | None
    """Best overall response."""
    answer: Answer
    """The one word that a site is told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GateDecision:
    """Whether a patient may be unblinded for crossover, and why."""

    allowed: bool
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultDifference:
    """One thing that the final result says otherwise than the one on which the gate was opened."""

    what: Literal["progression", "progression_visit", "progression_day", "best_response", "reader"]
    first: str | int | None
    """As in the result that opened the gate."""
    final: str | int | None
    """As in the final locked result, which the analysis uses."""


def summarize_reader(reads: Sequence[VisitRead], charter: Charter, *, confirmed: bool = False) -> ReaderSummary:
    """Find progression, best response and first response in one reader's visits.

    Parameters
    ----------
    reads
        Visits after baseline in order, one each.
    charter
        Minimum duration of stable disease, confirmation and the reference day.
    confirmed
        Whether best response asks for confirmation.

    Returns
    -------
    ReaderSummary
        Visits after the first progression count for nothing; a progression dated back ends the count at its visit.
    """
    if not reads:
        return ReaderSummary()
    known = next((read for read in reads if read.response is Response.PD), None)
    visit = day = None
    counted = list(reads)
    if known is not None:
        visit = known.visit if known.progression_visit is None else known.progression_visit
        day = known.day if known.progression_day is None else known.progression_day
        counted = [read for read in reads if read.visit <= visit]
    points = [
        TimePoint(read.day - charter.reference_day, Response.PD if read.visit == visit else read.response)
        for read in counted
    ]
    rules = _response_rules(charter, confirmed)
    response = first_response(points, rules)
    return ReaderSummary(
        progression_visit=visit,
        progression_day=day,
        best_response=best_overall_response(points, rules).response,
        response_visit=None if response is None else counted[response].visit,
        last_response=reads[-1].response,
    )


def adjudication_triggers(
    readings: Sequence[ReaderSummary], adjudicate: Sequence[Trigger], *, settled: bool = True
) -> tuple[Trigger, ...]:
    """Find in what readings of one patient differ, of what the charter compares.

    Parameters
    ----------
    readings
        One for each reader.
    adjudicate
        What is compared: ``progression_date`` (whether, and at which visit, the disease progressed), ``best_response``,
        ``response`` (whether, and at which visit, there was a first CR or PR).
    settled
        Whether reading is complete. Until then best response and response can still change and are compared only once
        a reader has seen progression.

    Returns
    -------
    tuple
        Triggers in the order given; empty where the readers agree or one reader reads alone.
    """
    final = settled or any(reading.progression_visit is not None for reading in readings)
    differs: dict[Trigger, bool] = {
        "progression_date": len({reading.progression_visit for reading in readings}) > 1,
        "best_response": final and len({reading.best_response for reading in readings}) > 1,
        "response": final and len({reading.response_visit for reading in readings}) > 1,
    }
    return tuple(trigger for trigger in adjudicate if differs[trigger])


def answer_of(reading: ReaderSummary) -> Answer:
    """Give the one word that a site is told of a reading."""
    if reading.progression_visit is not None:
        return "confirmed"
    return "not evaluable" if reading.last_response in (None, Response.NE) else "not confirmed"


def crossover_gate(answers: Sequence[Answer], *, local_progression: bool = True) -> GateDecision:
    """Decide whether a patient may be unblinded to cross over.

    A locked, where the readers differ adjudicated, central progression opens the gate for good: later results that move
    or take back the progression do not close it.

    Parameters
    ----------
    answers
        Answers of the locked results so far, in order; ``pending`` where there is none yet.
    local_progression
        Whether the site has called progression, where the trial asks for that too.

    Returns
    -------
    GateDecision
        Allowed or refused, with the reason in words.

    Examples
    --------
    >>> crossover_gate(["not confirmed", "confirmed", "not confirmed"]).allowed
    True
    >>> crossover_gate(["pending"]).reason
    'central review is pending'
    """
    if not local_progression:
        return GateDecision(allowed=False, reason="the site has not called progression")
    if "confirmed" in answers:
        return GateDecision(allowed=True, reason="progression is confirmed centrally")
    last = answers[-1] if answers else "pending"
    words = {
        "pending": "central review is pending",
        "not confirmed": "central review has not confirmed progression",
        "not evaluable": "central review could not evaluate the scans",
    }
    return GateDecision(allowed=False, reason=words[last])


def result_differences(results: Sequence[CentralResult]) -> tuple[ResultDifference, ...]:
    """List what the final result says otherwise than the result that opened the gate.

    Parameters
    ----------
    results
        Locked results of one patient in order.

    Returns
    -------
    tuple
        Empty where no result opened the gate or nothing differs.
    """
    opening = next((result for result in results if result.answer == "confirmed"), None)
    if opening is None:
        return ()
    final = results[-1]
    pairs: list[ResultDifference] = []
    if final.answer != opening.answer:
        pairs.append(ResultDifference(what="progression", first=opening.answer, final=final.answer))
    names: tuple[Literal["progression_visit", "progression_day", "best_response", "reader"], ...]
    names = ("progression_visit", "progression_day", "best_response", "reader")
    for name in names:
        first, last = getattr(opening, name), getattr(final, name)
        if first != last:
            pairs.append(ResultDifference(what=name, first=first, final=last))
    return tuple(pairs)


def progression_or_death(
    progression_day: int | None, death_day: int | None
) -> tuple[int | None, Literal["progression", "death"] | None]:
    """Give day and kind of the first of central progression and death.

    Scans of a patient who has died are still read: if they show progression, the event is the progression on its scan
    day, else the death. On one day the progression gives the kind.

    Parameters
    ----------
    progression_day
        Scan day of the progression of the final locked result; none without.
    death_day
        Day of death; none while alive.

    Returns
    -------
    tuple
        Day and ``progression`` or ``death``; both none without an event.
    """
    if progression_day is not None and (death_day is None or progression_day <= death_day):
        return progression_day, "progression"
    return (None, None) if death_day is None else (death_day, "death")


def _response_rules(charter: Charter, confirmed: bool) -> ResponseRules:
    return ResponseRules(
        confirmed=confirmed,
        confirmation_days=charter.confirmation_days,
        ne_allowed=charter.confirmation_ne_allowed,
        sd_allowed=charter.confirmation_sd_allowed,
        minimum_sd_days=charter.minimum_sd_days,
    )
