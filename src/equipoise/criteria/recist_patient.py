"""Tumor response of one patient as one reader measured it, without a data frame: for reading while scans arrive."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from equipoise.criteria import recist_kernel as k
from equipoise.criteria.charter import Charter
from equipoise.criteria.errors import CriteriaError
from equipoise.criteria.lesion_rows import resolve_repeats, settings, settle
from equipoise.criteria.lesions import KINDS, STATES
from equipoise.criteria.response_words import causes, new_lesion_words, response_words
from equipoise.terms import Text, said

__all__ = ["Measurement", "PatientResponse", "VisitResponse", "patient_response"]

_NEVER = 2**31


class Measurement(NamedTuple):
    """One lesion on one scan; words as for :func:`recist_responses`."""

    day: int
    """Study day of the scan."""
    lesion: str
    """Identifier of the lesion."""
    kind: str
    """TARGET, NON-TARGET or NEW."""
    diameter: float | None = None
    """mm; longest diameter, short axis of nodes; none when not measured."""
    state: str | None = None
    """What was seen, where it is not a diameter."""
    nodal: bool = False
    """Whether the lesion is a lymph node."""
    visit: float | None = None
    """Joins scans of several days; each day is a visit where no measurement has one."""
    scheduled_day: int | None = None
    """Scheduled day of the visit."""
    part: str = ""
    """Part of a split lesion."""
    baseline: bool | None = None
    """Whether the scan is of the baseline; by its day where no measurement says so."""


class VisitResponse(NamedTuple):
    """Response at a visit; sums in mm."""

    visit: float | None
    """Visit as given."""
    day: int
    """Date of the response."""
    total: float | None
    """Sum of diameters; none when a target was not measured."""
    measured: float | None
    """Sum of the targets measured."""
    nadir: float | None
    """Smallest complete sum before the visit."""
    target: str | None
    """Response of the target lesions."""
    non_target: str | None
    """Response of the non-target lesions."""
    new_lesion: str
    """N, EQUIVOCAL or Y."""
    overall: str
    """Overall response as known at the visit."""
    final: str
    """The same, an equivocal new lesion that was confirmed dated back."""
    after_progression: bool
    """Whether the visit comes after the progression."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PatientResponse:
    """What the visits of a patient amount to."""

    visits: tuple[VisitResponse, ...]
    """Visits after baseline in order."""
    baseline: float | None
    """Baseline sum, mm."""
    best: str | None
    """Best overall response; none without visits."""
    best_day: int | None
    """Its day."""
    confirmed: str | None
    """Best overall response, CR and PR confirmed."""
    confirmed_day: int | None
    """Its day."""
    response_day: int | None
    """Day of the first response."""
    confirmed_response_day: int | None
    """Day of the first response that was confirmed later."""
    progression_day: int | None
    """Day of progression; under iRECIST of the first unconfirmed one that was confirmed."""
    progression_cause: str | None
    """TARGET, NON-TARGET, NEW LESION, joined by +."""
    progression_known_day: int | None
    """Day of the visit at which the progression was known."""
    unconfirmed_day: int | None
    """Under iRECIST, day of the visit of the first unconfirmed progression."""


def patient_response(
    measurements: Iterable[Measurement], charter: Charter | None = None, *, new_therapy_day: int | None = None
) -> PatientResponse:
    """Find responses, sums, best response and progression of one patient as one reader measured it.

    The rules and the answers are those of :func:`recist_responses`; measurements it would not use are refused.

    Parameters
    ----------
    measurements
        Lesions on scans, in any order.
    charter
        Decisions of the reading charter; the defaults of :class:`Charter` unless given.
    new_therapy_day
        Start of new anticancer therapy: later visits do not count for the best response.

    Returns
    -------
    PatientResponse
        Visits in order, and what they amount to.

    Raises
    ------
    CriteriaError
        Measurements that cannot be used, all at once.

    Examples
    --------
    >>> days = ((1, 50.0), (57, 30.0), (113, 40.0))
    >>> rows = [Measurement(day=d, lesion="T1", kind="TARGET", diameter=mm) for d, mm in days]
    >>> patient_response(rows).progression_day
    113
    """
    charter = charter or Charter()
    given = list(measurements)
    problems = [problem for m in given if not _usable(m) for problem in _problems(m)]
    if problems:
        raise CriteriaError(problems)
    baseline, early = _baseline(given, charter)
    places = _places(given, baseline)
    keys = [(place, m.day) for place, m in zip(places, given, strict=True)]
    order = sorted(range(len(given)), key=keys.__getitem__)
    rows, n_visits = _rows(given, places, order)
    settle(rows, charter)
    conflicting: list[int] = []
    if len(set(places)) < len(places):
        rows, order, conflicting = _without_repeats(rows, order, places)
    found = np.zeros((n_visits, k.N_VISIT), dtype=np.int64)
    best = np.zeros(k.N_BEST, dtype=np.int64)
    k.assess(rows, _NEVER if new_therapy_day is None else new_therapy_day, settings(charter), found, best)
    flags: list[int] = rows[:, k.R_FLAG].tolist()
    if early or conflicting or any(flags):
        _refuse_unused(given, early, conflicting, list(zip(order, flags, strict=True)))
    visits = [given[order[row]].visit for row in found[:, k.V_ROW].tolist()]
    return _answer(visits, found.tolist(), best.tolist(), charter)


def _usable(m: Measurement) -> bool:
    """Tell at once of most measurements that nothing is wrong with them."""
    if m.state is None:
        return m.kind in KINDS and (m.diameter is None or 0 <= m.diameter < math.inf)
    return m.diameter is None and m.kind in KINDS and m.state in STATES


def _problems(m: Measurement) -> list[str]:
    found: list[str] = []
    if m.kind not in KINDS:
        found.append(_about(m, "kind {seen}: expected one of {words}", seen=repr(m.kind), words=list(KINDS)))
    if m.state is not None and m.state not in STATES:
        found.append(_about(m, "state {seen}: expected one of {words}", seen=repr(m.state), words=list(STATES)))
    if m.diameter is not None and not (math.isfinite(m.diameter) and m.diameter >= 0):
        found.append(_about(m, _NO_SIZE, seen=m.diameter))
    contradicts = m.diameter is not None and m.diameter > 0 and STATES.get(m.state or "") in (k.ABSENT, k.NOT_EVALUABLE)
    if contradicts and m.kind == "TARGET":
        found.append(_about(m, _BOTH, state=m.state, seen=m.diameter))
    return found


def _about(m: Measurement, what: str, **values: object) -> Text:
    return said("lesion {lesion} on day {day}: {what}", lesion=m.lesion, day=m.day, what=Text(what, values))


_NO_SIZE = "diameter {seen}: expected 0 mm or more, or none when not measured"
_BOTH = "{state} with a diameter of {seen}: expected one of the two"


Place = tuple[bool, int, float, int, str, str]
"""Whether after baseline, first day and number of the visit, kind, lesion and part: the order of rows, then by day."""


def _baseline(given: list[Measurement], charter: Charter) -> tuple[list[bool], list[int]]:
    """Which measurements are of the baseline, and places of those that come before it."""
    oldest = charter.reference_day - charter.baseline_window_days
    if any(m.baseline is not None for m in given):
        baseline = [bool(m.baseline) for m in given]
        last = max((m.day for m in given if m.baseline), default=k.NO_DAY)
        return baseline, [i for i, m in enumerate(given) if not m.baseline and m.day <= last]
    baseline = [m.day <= charter.reference_day for m in given]
    recent = any(early and m.day >= oldest for m, early in zip(given, baseline, strict=True))
    return baseline, [i for i, m in enumerate(given) if baseline[i] and m.day < oldest] if recent else []


def _places(given: list[Measurement], baseline: list[bool]) -> list[Place]:
    """Where each measurement belongs; visits without a number come before others of their day."""
    visits = [-math.inf if m.visit is None else m.visit for m in given]
    if all(m.visit is None for m in given):
        first_days = [m.day for m in given]
    else:
        first: dict[float, int] = {}
        for m, visit, early in zip(given, visits, baseline, strict=True):
            if not early:
                first[visit] = min(m.day, first.get(visit, m.day))
        first_days = [first.get(visit, 0) for visit in visits]
    return [
        (False, 0, 0.0, KINDS[m.kind], m.lesion, m.part) if early else (True, day, at, KINDS[m.kind], m.lesion, m.part)
        for m, early, day, at in zip(given, baseline, first_days, visits, strict=True)
    ]


def _rows(given: list[Measurement], places: list[Place], order: list[int]) -> tuple[npt.NDArray[np.int32], int]:
    """Write measurements in order as rows of the kernel; count the visits after baseline."""
    lesions = {lesion: code for code, lesion in enumerate(sorted({m.lesion for m in given}))}
    visits: dict[tuple[object, ...], int] = {}
    values: list[int] = []
    for i in order:
        m, place = given[i], places[i]
        visit = visits.setdefault(place[:3], len(visits) + 1) if place[0] else 0
        state = k.NOT_STATED if m.state is None else STATES[m.state]
        seen = state != k.NOT_EVALUABLE or m.kind != "TARGET"
        size = _hundredths(m.diameter) if seen and m.diameter is not None else k.NOT_MEASURED
        scheduled = k.NO_DAY if m.scheduled_day is None else m.scheduled_day
        values += (visit, place[3], lesions[m.lesion], m.nodal, size, state, m.day, scheduled, 0)
    return np.array(values, dtype=np.int32).reshape(-1, k.N_ROW), len(visits)


def _without_repeats(
    rows: npt.NDArray[np.int32], order: list[int], places: list[Place]
) -> tuple[npt.NDArray[np.int32], list[int], list[int]]:
    """Keep one row for each lesion or part at a visit; give places of those that disagree with another, too."""
    known = {place: number for number, place in enumerate(dict.fromkeys(places[i] for i in order))}
    numbers = np.array([known[places[i]] for i in order], dtype=np.int64)
    keep, repeats = resolve_repeats(rows, np.zeros_like(numbers), numbers, np.array(order, dtype=np.int64))
    return rows[keep], [i for i, kept in zip(order, keep.tolist(), strict=True) if kept], repeats[1].tolist()


def _hundredths(diameter: float) -> int:
    return (round(diameter * 1000) + 5) // 10


def _refuse_unused(
    given: list[Measurement], early: list[int], conflicting: list[int], flagged: list[tuple[int, int]]
) -> None:
    reasons = (
        (early, "before the baseline: leave it out"),
        (conflicting, "another measurement of the same day disagrees: keep one"),
        (
            [i for i, flag in flagged if flag == k.NOT_AT_BASELINE],
            "not recorded at baseline: record it there, or as a new lesion",
        ),
        (
            [i for i, flag in flagged if flag == k.BASELINE_NOT_MEASURED],
            "a target lesion without a diameter at baseline",
        ),
    )
    problems = [_about(given[i], reason) for places, reason in reasons for i in places]
    if problems:
        raise CriteriaError(problems)


def _answer(numbers: list[float | None], found: list[list[int]], best: list[int], charter: Charter) -> PatientResponse:
    words, measurable = response_words(charter), best[k.B_TARGETS] > 0
    visits = []
    for number, row in zip(numbers, found, strict=True):
        visit = VisitResponse(
            visit=number,
            day=row[k.V_DAY],
            total=row[k.V_SUM] / 100 if measurable and row[k.V_COMPLETE] else None,
            measured=row[k.V_SUM] / 100 if measurable else None,
            nadir=row[k.V_NADIR] / 100 if measurable else None,
            target=words[row[k.V_TARGET]],
            non_target=words[row[k.V_NON_TARGET]],
            new_lesion=new_lesion_words[row[k.V_NEW]],
            overall=str(words[row[k.V_OVERALL]]),
            final=str(words[row[k.V_FINAL]]),
            after_progression=row[k.V_AFTER_PD] == 1,
        )
        visits.append(visit)
    days = [visit.day for visit in visits]

    def day(column: int) -> int | None:
        return None if best[column] < 0 else days[best[column]]

    progressed = best[k.B_PD_VISIT] >= 0
    return PatientResponse(
        visits=tuple(visits),
        baseline=best[k.B_BASELINE] / 100 if measurable else None,
        best=words[best[k.B_BEST]],
        best_day=day(k.B_BEST_VISIT),
        confirmed=words[best[k.B_CONFIRMED]],
        confirmed_day=day(k.B_CONFIRMED_VISIT),
        response_day=day(k.B_RESPONSE_VISIT),
        confirmed_response_day=day(k.B_CONFIRMED_RESPONSE_VISIT),
        progression_day=best[k.B_PD_DAY] if progressed else None,
        progression_cause=causes[best[k.B_PD_REASON]] if progressed else None,
        progression_known_day=day(k.B_KNOWN_VISIT),
        unconfirmed_day=day(k.B_FIRST_UNCONFIRMED_VISIT),
    )
