"""From histories of assessments to one event or one censoring date, for many subjects at once.

Convention: days are integers on one scale (days since any fixed date). "Last adequate" is the latest adequate
assessment not after the day in question, or the day of origin where there is none. Order of the rules with a
baseline, new therapy and missed visits (A, B, C): no baseline, end of observation (new therapy, or stop of treatment
where the protocol says so), missed visits, event, no event. On one day progression comes before the end of
observation, and gives the label when death falls on the same day.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from equipoise.criteria.rule_sets import CensorReason, Rules
from equipoise.criteria.schedule import Schedule

__all__ = ["NEVER", "Cause", "CensorOptions", "Histories", "Outcomes", "Reading", "censor", "progression_interval"]

Days = NDArray[np.int64]
Flags = NDArray[np.bool_]

NEVER = np.iinfo(np.int64).max // 4
"""The day of something that did not happen."""


class Reading(IntEnum):
    """What one assessment says about progression."""

    NOT_ADEQUATE = 0
    ADEQUATE = 1
    PROGRESSION = 2


class Cause(IntEnum):
    """What the decisive day is: an event, or where a subject without event is censored."""

    PROGRESSION = 1
    CLINICAL_PROGRESSION = 2
    OTHER = 3
    NEW_THERAPY = 4
    DEATH = 5
    LAST_ASSESSMENT = 6
    ORIGIN = 7


_EVENT_ORDER = (Cause.PROGRESSION, Cause.CLINICAL_PROGRESSION, Cause.OTHER, Cause.NEW_THERAPY, Cause.DEATH)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Histories:
    """Histories of n subjects and their m assessments.

    ``reading_subject`` holds the position (0 to n - 1) of the subject of each assessment; order does not matter.
    Days of things that did not happen are ``NEVER``. Assessments before the day of origin are left out by ``censor``.
    """

    origin: Days
    """Day on which time begins (n)."""
    anchor: Days
    """Day from which the schedule counts (n)."""
    has_baseline: Flags
    """Whether there is an adequate baseline assessment (n)."""
    reading_subject: NDArray[np.int64]
    reading_day: Days
    reading: NDArray[np.int64]
    """``Reading`` of each assessment (m)."""
    death: Days
    new_therapy: Days
    """Start of the first new anticancer therapy (n)."""
    clinical_progression: Days
    """First progression claimed without imaging (n)."""
    treatment_stop: Days
    """Stop of treatment for toxicity or another reason than progression (n)."""
    other_event: Days
    """Any further event of the endpoint, under every rule set (n)."""
    left_study: Flags
    """Whether the subject withdrew or was lost before the data cut-off (n)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CensorOptions:
    """Choices that a protocol makes beside the rule set."""

    missed_rule: Literal["count", "gap"] = "count"
    missed_count: int = 2
    stop_for_toxicity: Literal["continue", "censor"] = "continue"
    early_death: Literal["event", "censor"] = "event"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Outcomes:
    """One event or one censoring day for each of n subjects."""

    event: Flags
    day: Days
    """Day of the event or of censoring."""
    reason: NDArray[np.int64]
    """``CensorReason``; 0 for an event."""
    cause: NDArray[np.int64]
    """``Cause`` of the event or place of censoring."""
    source_day: Days
    """Day on which the deciding fact was recorded; differs from ``day`` where dates are nominal."""


def censor(histories: Histories, rules: Rules, schedule: Schedule, options: CensorOptions | None = None) -> Outcomes:
    """Apply a rule set to histories.

    Parameters
    ----------
    histories
        What is known of each subject, in integer days.
    rules
        The rule set, one of ``RULES``.
    schedule
        Planned assessments; needed for missed visits and nominal dates.
    options
        Choices of the protocol beside the rule set.

    Returns
    -------
    Outcomes
        Exactly one event or one censoring day per subject, with its reason.

    References
    ----------
    FDA (2018), Clinical Trial Endpoints for the Approval of Cancer Drugs and Biologics, appendix 3.
    """
    options = options or CensorOptions()
    h = histories
    event_day, cause = _first_event(h, rules)
    last = _last_adequate(h, event_day)
    any_adequate = _last_adequate(h, np.full(len(h.origin), NEVER)) > h.origin
    happened = event_day < NEVER

    no_baseline = np.zeros(len(h.origin), dtype=np.bool_)
    stopped = np.full(len(h.origin), NEVER)
    missed = np.zeros(len(h.origin), dtype=np.bool_)
    if rules.needs_baseline:
        no_baseline = ~h.has_baseline & ~_early_death(h, cause, any_adequate, schedule, options)
    if rules.new_therapy == "censor":
        stopped = h.new_therapy
        if options.stop_for_toxicity == "censor":
            stopped = np.minimum(stopped, h.treatment_stop)
    ended = stopped < event_day
    if rules.missed_visits:
        missed = happened & ~ended & _too_many_missed(h, last, event_day, schedule, options)
    event = happened & ~no_baseline & ~ended & ~missed

    censor_day = np.where(ended, _last_adequate(h, stopped), last)
    censor_day = np.where(no_baseline, h.origin, censor_day)
    source_day = np.where(event, event_day, censor_day)
    reason = _reason(
        h,
        event=event,
        no_baseline=no_baseline | (~h.has_baseline & ~any_adequate),
        any_adequate=any_adequate,
        ended=ended,
        missed=missed,
        stopped=stopped,
    )
    place = np.where(censor_day > h.origin, Cause.LAST_ASSESSMENT, Cause.ORIGIN)
    day = _nominal(h, event, source_day, cause, schedule) if rules.nominal_dates else source_day
    return Outcomes(event=event, day=day, reason=reason, cause=np.where(event, cause, place), source_day=source_day)


def progression_interval(histories: Histories) -> tuple[Days, Days]:
    """Interval in which progression or death happened: (last day known without, first day known with it].

    For interval-censored analysis under treatment policy; the right end is ``NEVER`` without an event.
    """
    right = np.minimum(_first_progression(histories), histories.death)
    return _last_adequate(histories, right), right


def _first_progression(h: Histories) -> Days:
    first = np.full(len(h.origin), NEVER)
    mask = (h.reading == Reading.PROGRESSION) & (h.reading_day >= h.origin[h.reading_subject])
    np.minimum.at(first, h.reading_subject[mask], h.reading_day[mask])
    return first


def _last_adequate(h: Histories, limit: Days) -> Days:
    """Latest adequate assessment not after a day per subject, else the day of origin."""
    last = h.origin.copy()
    mask = (h.reading == Reading.ADEQUATE) & (h.reading_day <= limit[h.reading_subject])
    np.maximum.at(last, h.reading_subject[mask], h.reading_day[mask])
    return last


def _first_event(h: Histories, rules: Rules) -> tuple[Days, NDArray[np.int64]]:
    """Day and cause of the first event; causes on one day are labeled in the order of ``_EVENT_ORDER``."""
    days = {
        Cause.PROGRESSION: _first_progression(h),
        Cause.CLINICAL_PROGRESSION: h.clinical_progression,
        Cause.OTHER: h.other_event,
        Cause.NEW_THERAPY: h.new_therapy,
        Cause.DEATH: h.death,
    }
    if rules.clinical_progression == "ignore":
        del days[Cause.CLINICAL_PROGRESSION]
    if rules.new_therapy != "event":
        del days[Cause.NEW_THERAPY]
    first = np.minimum.reduce(list(days.values()))
    cause = np.zeros(len(first), dtype=np.int64)
    for kind in reversed(_EVENT_ORDER):
        if kind in days:
            cause[days[kind] == first] = kind
    return first, cause


def _early_death(
    h: Histories, cause: NDArray[np.int64], any_adequate: Flags, schedule: Schedule, options: CensorOptions
) -> Flags:
    """Deaths before the second scheduled visit that count although there is neither baseline nor assessment."""
    if options.early_death == "censor":
        return np.zeros(len(h.origin), dtype=np.bool_)
    early = (h.death < NEVER) & schedule.before_second_visit(h.death, h.anchor)
    counts: Flags = early & (cause == Cause.DEATH) & ~any_adequate
    return counts


def _too_many_missed(h: Histories, last: Days, event_day: Days, schedule: Schedule, options: CensorOptions) -> Flags:
    if options.missed_rule == "gap":
        return (event_day - last) > schedule.allowed_gap(last, h.anchor, options.missed_count)
    return schedule.missed_between(last, event_day, h.anchor) >= options.missed_count


def _nominal(h: Histories, event: Flags, day: Days, cause: NDArray[np.int64], schedule: Schedule) -> Days:
    """Date progression by the schedule but never after death, and censoring by the visit it belongs to."""
    progressed = event & ((cause == Cause.PROGRESSION) | (cause == Cause.CLINICAL_PROGRESSION))
    censored = ~event & (day > h.origin)
    by_schedule = np.minimum(schedule.next_visit(day, h.anchor), h.death)
    return np.where(progressed, by_schedule, np.where(censored, schedule.own_visit(day, h.anchor), day))


def _reason(
    h: Histories,
    *,
    event: Flags,
    no_baseline: Flags,
    any_adequate: Flags,
    ended: Flags,
    missed: Flags,
    stopped: Days,
) -> NDArray[np.int64]:
    """The first reason that holds, in the order in which they are tabulated."""
    by_therapy = ended & (h.new_therapy <= stopped)
    reasons = [
        (event, CensorReason.EVENT),
        (no_baseline, CensorReason.NO_BASELINE),
        (~any_adequate, CensorReason.NO_ASSESSMENT),
        (by_therapy, CensorReason.NEW_THERAPY),
        (missed, CensorReason.MISSED_VISITS),
        (ended | h.left_study, CensorReason.LEFT_STUDY),
    ]
    return np.select(
        [mask for mask, _ in reasons], [int(reason) for _, reason in reasons], default=int(CensorReason.ONGOING)
    )
