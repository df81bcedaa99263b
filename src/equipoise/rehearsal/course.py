"""What happens to each patient: treatment and its end, scans, what opens the gate, crossover, death, follow-up.

Convention: days are counted from randomization; `FAR` is a day that never comes. What would happen is drawn first
(`planned_course`), readers read the scans that would take place, and the central review decides which of them do
(`lived_course`). Nothing that comes later changes what came before.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from equipoise.protocol import Protocol
from equipoise.rehearsal.model.course import Hazard
from equipoise.rehearsal.model.part import Span
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.patients import MONTH, working
from equipoise.rehearsal.reading import Scans
from equipoise.rehearsal.review import NO_VISIT, ReviewCourse
from equipoise.rehearsal.streams import Draws, Slot
from equipoise.rehearsal.tumors import FAR, Disease, Exposure

__all__ = ["LEVELS", "Course", "Plan", "add_working", "lived_course", "planned_course", "planned_scans", "span_of"]

LEVELS = ("drug", "scans", "visits", "survival", "data")
"""How far patients leave: the drug, scans too, then the levels of withdrawal."""
SCANS, VISITS, SURVIVAL, DATA = 1, 2, 3, 4
MOST_ASSESSMENTS = 40
YEAR = 365.25

_DEATH = Slot("disease", 300)
_CAUSE_OF_DEATH = Slot("disease", 301)
_LOST = Slot("disease", 302)
_DROPOUT = Slot("disease", 310, 20)
_LEVEL = Slot("disease", 340)
_START = Slot("disease", 341)
_NEVER = Slot("disease", 342)
_LAST = Slot("disease", 343)
_TAKES = Slot("disease", 344)
_OPEN_START = Slot("disease", 345)
_OPEN_STOP = Slot("disease", 346)
_BY_TREATMENT = Slot("disease", 347)
_SCAN = Slot("disease", 400, MOST_ASSESSMENTS)
_LATE = Slot("disease", 450, MOST_ASSESSMENTS)
_MISSED = Slot("disease", 500, MOST_ASSESSMENTS)
_BASELINE_SCAN = Slot("disease", 399)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Words = NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What would happen to each patient if progression were never confirmed."""

    day: Integers
    """Randomization, days since 1970-01-01."""
    arm: Words
    dose: Integers
    """First dose; `FAR` for patients never treated."""
    death: Integers
    death_threshold: Floats
    """Cumulative hazard at which the patient dies."""
    leaves: Integers
    """Day on which the patient leaves treatment or more."""
    cause: Integers
    """Place of the cause for which the patient leaves."""
    level: Integers
    """How far, a place in `LEVELS`."""
    lost: Integers
    """Last day on which the patient can be reached; `FAR` without loss."""
    last: Integers
    """Day of the last contact that the trial plans."""

    @property
    def seen(self) -> Integers:
        """Day up to which the patient can be seen at all."""
        gone = np.where(self.level >= SURVIVAL, self.leaves, FAR)
        found: Integers = np.minimum(np.minimum(self.death, self.lost), np.minimum(self.last, gone))
        return found

    @property
    def scanned(self) -> Integers:
        """Day before which scans can take place."""
        stop = np.where(self.level >= SCANS, self.leaves, FAR)
        found: Integers = np.minimum(np.minimum(self.seen, stop), np.int64(self.last))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What happened to each patient."""

    plan: Plan
    death: Integers
    """Death, whether known to the trial or not."""
    seen: Integers
    """Last day on which anything can be recorded of the patient."""
    unblind: Integers
    blinded_end: Integers
    """Last day of blinded treatment; `FAR` for patients never treated."""
    why: Words
    """Why it ended, as it is recorded; `unblinded` after unblinding, none for patients never treated."""
    open_start: Integers
    open_end: Integers
    open_why: Words
    clinical: Integers
    """Day on which the physician ended treatment for clinical progression."""


def piecewise(hazard: Hazard, arms: Words, needed: Floats) -> Floats:
    """Months until the cumulative hazard of the patient's arm reaches what is needed; infinite where it never does."""
    edges = np.concatenate([[0.0], np.asarray(hazard.months, dtype=float)])
    month = np.full(len(arms), np.inf)
    for arm, rates in hazard.rates.items():
        here = np.flatnonzero(arms == arm)
        left = needed[here].copy()
        found = np.full(len(here), np.inf)
        for period, rate in enumerate(rates):
            width = edges[period + 1] - edges[period] if period + 1 < len(edges) else np.inf
            inside = np.isinf(found) & (left <= rate * width) & (rate > 0)
            found[inside] = edges[period] + left[inside] / max(rate, 1e-300)
            left = left - rate * width if np.isfinite(width) else left
        month[here] = found
    return month


def cumulative(hazard: Hazard, arms: Words, month: Floats) -> Floats:
    """Cumulative hazard of each patient's arm at a month."""
    edges = np.concatenate([[0.0], np.asarray(hazard.months, dtype=float), [np.inf]])
    total = np.zeros(len(arms))
    for arm, rates in hazard.rates.items():
        here = arms == arm
        for period, rate in enumerate(rates):
            total[here] += rate * (np.clip(month[here], edges[period], edges[period + 1]) - edges[period])
    return total


def in_days(month: Floats) -> Integers:
    """Whole days of months; `FAR` where infinite."""
    found: Integers = np.minimum(np.ceil(np.minimum(month * MONTH, FAR)), FAR).astype(np.int64)
    return found


def span_of(span: Span, uniform: Floats) -> Integers:
    """Days of a span."""
    found: Integers = span.least + np.floor(uniform * (span.most - span.least + 1)).astype(np.int64)
    return found


def add_working(day: Integers, days: Integers) -> Integers:
    """Add working days (Monday to Friday) to days since 1970-01-01."""
    start = day.astype("datetime64[D]")
    found: Integers = np.busday_offset(start, days, roll="backward").astype(np.int64)
    return np.where(days == 0, day, found)


def planned_course(model: PatientModel, disease: Disease, day: Integers, arms: Words, draws: Draws) -> Plan:
    """Draw what would happen to each patient.

    Parameters
    ----------
    model
        Treatment, dropout, deaths, follow-up.
    disease
        Latent disease; fast growth goes with early death.
    day
        Days of randomization, since 1970-01-01.
    arms
        Arm of each patient.
    draws
        Random numbers of the patients.
    """
    n = len(draws)
    threshold = draws.exponential(_DEATH) / disease.relative**model.deaths.growth_power
    death = np.maximum(in_days(piecewise(model.deaths.hazard, arms, threshold)), 1)
    never = draws.uniform(_NEVER) < np.array([model.treatment.never.get(arm, 0.0) for arm in arms])
    start = span_of(model.treatment.start, draws.uniform(_START))
    start = working(day + start) - day
    leaves, cause = np.full(n, FAR, np.int64), np.zeros(n, np.int64)
    waits = draws.exponential(_DROPOUT)
    causes = list(model.dropout.causes.values())
    for place, given in enumerate(causes):
        when = in_days(piecewise(given.hazard, arms, waits[:, place]))
        cause = np.where(when < leaves, place, cause)
        leaves = np.minimum(when, leaves)
    own_wish = next((i for i, given in enumerate(causes) if given.why == "withdrawal by patient"), 0)
    leaves, cause = np.where(never, start + 7, leaves), np.where(never, own_wish, cause)
    leaves = np.where(leaves >= FAR, FAR, working(day + np.maximum(leaves, start + 1)) - day)
    level = np.zeros(n, np.int64)
    uniform = draws.uniform(_LEVEL)
    for place, given in enumerate(causes):
        shares = np.cumsum([given.then.get(name, 0.0) for name in LEVELS])  # type: ignore[call-overload]
        found = np.searchsorted(shares / shares[-1], uniform, side="right")
        level = np.where(cause == place, np.minimum(found, len(LEVELS) - 1), level)
    lost = in_days(piecewise(model.dropout.lost, arms, draws.exponential(_LOST)))
    low, high = model.follow_up.last_months
    last = np.round((low + (high - low) * draws.uniform(_LAST) ** model.follow_up.last_early) * MONTH).astype(np.int64)
    last = working(day + last) - day
    lost = np.where(lost < FAR, np.maximum(working(day + lost) - day, 14), FAR)
    dead_before = death <= start
    dose = np.where(never | dead_before | (lost <= start), FAR, start)
    return Plan(day, arms, dose, death, threshold, leaves, cause, level, np.where(lost < last, lost, FAR), last)


def planned_scans(protocol: Protocol, model: PatientModel, plan: Plan, draws: Draws) -> Scans:
    """Scans that would take place, baseline first.

    Parameters
    ----------
    protocol
        Planned days of assessments.
    model
        How far patients come early or late, and what is missed.
    plan
        What would happen.
    draws
        Random numbers of the patients.
    """
    timing, schedule = model.visits, protocol.visits.tumor_assessment
    before = span_of(timing.baseline_scan, draws.uniform(_BASELINE_SCAN))
    baseline = np.minimum(working(plan.day - before) - plan.day, 0)
    limit = int(plan.last.max(initial=0))
    nominal = np.array(schedule.days(limit)[:MOST_ASSESSMENTS] if schedule else [], dtype=np.int64) - 1
    anchor = plan.dose if schedule and schedule.anchor == "first_dose" else np.zeros_like(plan.dose)
    count = len(nominal)
    spread = timing.spread_days * draws.normal(_SCAN)[:, :count]
    late = draws.uniform(_LATE)[:, :count]
    put_off = np.where(
        late < timing.late, -timing.late_days * np.log(np.maximum(late / max(timing.late, 1e-9), 1e-9)), 0
    )
    gaps = np.diff(np.concatenate([[0], nominal])) if count else nominal
    off = np.clip(np.round(spread + put_off), -(gaps // 4), gaps // 2).astype(np.int64)
    planned = anchor[:, None] + nominal[None, :] + off
    day = working(plan.day[:, None] + planned) - plan.day[:, None]
    takes = (draws.uniform(_MISSED)[:, :count] >= timing.missed) & (day < plan.scanned[:, None]) & (planned < FAR)
    days = np.concatenate([baseline[:, None], day], axis=1)
    there = np.concatenate([np.ones((len(baseline), 1), np.bool_), takes], axis=1)
    row, number = np.nonzero(there)
    return Scans(row.astype(np.int64), number.astype(np.int64), days[row, number])


def planned_exposure(plan: Plan) -> Exposure:
    """Blinded treatment as it would be given."""
    never = np.full(len(plan.day), FAR, np.int64)
    return Exposure(plan.dose, np.minimum(plan.leaves, plan.death), never, never)


def lived_course(
    model: PatientModel, plan: Plan, scans: Scans, review: ReviewCourse, *,
    told: Integers, clinical: Integers, crosses: Booleans, window: int | None, draws: Draws,
) -> Course:  # fmt: skip
    """Find what happened to each patient after the central review.

    Parameters
    ----------
    model
        Crossover, deaths.
    plan
        What would happen.
    scans
        Scans that could take place.
    review
        Which did, and what was answered.
    told
        Day on which the investigator unblinds, if the patient is there; `FAR` where the gate stayed closed.
    clinical
        Day on which treatment ends for clinical progression.
    crosses
        Whether the arm may cross over.
    window
        Days for which a scan serves as the new baseline.
    draws
        Random numbers of the patients.
    """
    n = len(plan.day)
    there = (told < plan.seen) & (told < np.where(plan.level >= VISITS, plan.leaves, FAR)) & (plan.dose < FAR)
    unblind = np.where(there, told, FAR)
    plan = replace(plan, leaves=np.where(plan.leaves < unblind, plan.leaves, FAR))
    seen = plan.seen
    open_start = np.full(n, FAR, np.int64)
    stop = np.full(n, FAR, np.int64)
    given = model.crossover
    if given is not None:
        takes = crosses & there & (draws.uniform(_TAKES) < given.takes)
        wishes = np.array([cause.why == "withdrawal by patient" for cause in model.dropout.causes.values()])
        takes &= ~(wishes[plan.cause] & (plan.leaves < FAR))
        begin = (
            working(plan.day + np.minimum(unblind, FAR) + span_of(given.start, draws.uniform(_OPEN_START))) - plan.day
        )
        last = np.where(review.gate == NO_VISIT, 0, scans.day[np.maximum(review.gate, 0)])
        if window is not None:
            begin = np.minimum(begin, last + window)
        takes &= (begin > unblind) & (begin < seen)
        open_start = np.where(takes, begin, FAR)
        wait = in_days(piecewise(given.stops, plan.arm, draws.exponential(_OPEN_STOP)))
        stop = np.where(takes, np.minimum(open_start + wait, FAR), FAR)
    death = _death_after(model, plan, open_start)
    seen = np.where(open_start < FAR, np.minimum(np.minimum(death, plan.lost), plan.last), seen)
    blinded_end, why = _blinded_end(model, plan, unblind, clinical, seen=seen, death=death)
    open_end, open_why = _open_end(open_start, stop, seen, death)
    return Course(plan, death, seen, unblind, blinded_end, why, open_start, open_end, open_why, clinical)


def _death_after(model: PatientModel, plan: Plan, open_start: Integers) -> Integers:
    """Day of death, with another hazard after crossover."""
    if model.deaths.after_crossover == 1:
        return plan.death
    hazard, arms = model.deaths.hazard, plan.arm
    crossed = open_start < FAR
    before = cumulative(hazard, arms, np.where(crossed, open_start, 0) / MONTH)
    needed = before + (plan.death_threshold - before) / model.deaths.after_crossover
    changed = in_days(piecewise(hazard, arms, np.maximum(needed, 0)))
    return np.where(crossed, np.maximum(changed, np.minimum(open_start, FAR - 1) + 1), plan.death)


def _blinded_end(
    model: PatientModel, plan: Plan, unblind: Integers, clinical: Integers, *, seen: Integers, death: Integers
) -> tuple[Integers, Words]:
    """Last day of blinded treatment and why it ended: whatever comes first."""
    reasons = np.array([cause.why for cause in model.dropout.causes.values()], dtype=object)
    days = np.column_stack([unblind, np.where(plan.leaves <= seen, plan.leaves, FAR), clinical, seen])
    first = np.argmin(days, axis=1)
    end = days[np.arange(len(first)), first]
    ended = np.where(seen == death, "death", np.where(seen == plan.lost, "other", "completed"))
    left = reasons[plan.cause] if len(reasons) else np.full(len(first), "other", dtype=object)
    words = np.array(["unblinded", "", "clinical progression", ""], dtype=object)[first]
    words = np.where(first == 1, left, np.where(first == 3, ended, words)).astype(object)
    never = plan.dose >= FAR
    words[never] = None
    return np.where(never, FAR, np.maximum(end, np.where(never, 0, plan.dose))), words


def _open_end(open_start: Integers, stop: Integers, seen: Integers, death: Integers) -> tuple[Integers, Words]:
    end = np.minimum(stop, seen)
    words = np.where(stop <= seen, "adverse event", np.where(seen == death, "death", "completed")).astype(object)
    words[open_start >= FAR] = None
    return np.where(open_start < FAR, end, FAR), words
