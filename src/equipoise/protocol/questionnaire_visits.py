"""Planned forms of a questionnaire: target days and windows.

Days are study days of the instrument's anchor, which is day 1. Visit 0 is the baseline. Windows are contiguous: the
first begins after the baseline, each ends half-way to the next target (the middle day belongs to the earlier one), and
the last ends as far after its target as it begins before it, or never. Windows of your own replace them.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from equipoise.protocol.conduct import Instrument, Visit

__all__ = ["PlannedForm", "planned_forms"]


@dataclass(frozen=True, slots=True)
class PlannedForm:
    """One planned form after baseline, or the baseline itself (target None)."""

    visit: str
    """Identifier of the visit, ``week_12`` for weeks."""
    label: str
    target: int | None
    """Study day; None for the baseline, which is any day up to the first dose."""
    first: int | None
    """First study day of the window."""
    last: int | None
    """Last study day of the window; None for ever."""


def planned_forms(instrument: Instrument, schedule: Mapping[str, Visit], last_day: int) -> list[PlannedForm]:
    """Plan the forms of a questionnaire, the baseline first.

    Parameters
    ----------
    schedule
        Named visits of the protocol (``visits.schedule``).
    last_day
        Study day up to which forms without a declared end are planned.
    """
    named = [(name, schedule[name]) for name in instrument.at if name in schedule]
    targets = {day: place for day, place in _targets(instrument, named, last_day) if day > 1}
    days = sorted(targets)
    baseline = PlannedForm("baseline", "Baseline", None, None, 1)
    if not days:
        return [baseline]
    if isinstance(instrument.windows, dict):
        own = instrument.windows
        later = [
            PlannedForm(*targets[day], day, own[targets[day][0]].first, own[targets[day][0]].last)
            for day in days
            if targets[day][0] in own
        ]
        return [baseline, *later]
    ends = [(a + b) // 2 for a, b in itertools.pairwise(days)]
    starts = [2, *(end + 1 for end in ends)]
    before_last = (days[-1] - days[-2]) // 2 if len(days) > 1 else days[-1] - 2
    last = None if instrument.last_window == "open" else days[-1] + before_last
    lasts = [*ends, last]
    return [
        baseline,
        *(PlannedForm(*targets[day], day, first, last) for day, first, last in zip(days, starts, lasts, strict=True)),
    ]


def _targets(
    instrument: Instrument, named: list[tuple[str, Visit]], last_day: int
) -> list[tuple[int, tuple[str, str]]]:
    """Target days with identifier and label; a named visit stands before a week of the same day."""
    found: list[tuple[int, tuple[str, str]]] = []
    if instrument.every_weeks is not None:
        end = last_day if instrument.until_week is None else 1 + round(7 * instrument.until_week)
        for number in itertools.count(1):
            weeks = number * instrument.every_weeks
            if 1 + round(7 * weeks) > end:
                break
            found.append((1 + round(7 * weeks), (f"week_{weeks:g}".replace(".", "_"), f"Week {weeks:g}")))
    for name, visit in named:
        label = visit.label or name.replace("_", " ").capitalize()
        found.append((visit.day, (name, label)))
        if visit.repeats_every_days is not None and visit.day > 1:
            days = range(visit.day + visit.repeats_every_days, last_day + 1, visit.repeats_every_days)
            found += [(day, (f"{name}_{n}", f"{label} {n}")) for n, day in enumerate(days, start=2)]
    return found
