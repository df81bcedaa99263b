"""Scheduled assessments: nominal days with a window around each, and what was missed.

Days are integers on one scale; ``nominal`` are days after the anchor (randomization or first dose), so that day 85 of
a schedule that counts the anchor as day 1 is 84.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Schedule"]

Days = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Nominal days after the anchor in rising order, and the days of window before and after each."""

    nominal: tuple[int, ...]
    window: int = 7

    @classmethod
    def from_study_days(cls, days: Sequence[int], window: int) -> "Schedule":
        """Take nominal study days, day 1 being the anchor."""
        return cls(tuple(day - 1 for day in days), window)

    def _days(self) -> Days:
        return np.asarray(self.nominal, dtype=np.int64)

    def missed_between(self, last: Days, event: Days, anchor: Days) -> Days:
        """Count visits whose whole window lies strictly between the last adequate assessment and the event."""
        nominal = self._days()
        closed = np.searchsorted(nominal, event - anchor - self.window, side="left")
        seen = np.searchsorted(nominal, last - anchor + self.window, side="right")
        missed: Days = np.maximum(closed - seen, 0)
        return missed

    def allowed_gap(self, last: Days, anchor: Days, visits: int) -> Days:
        """Days without adequate assessment that ``visits`` missed visits allow: their intervals and two windows.

        The interval is the one in force at the last adequate assessment.
        """
        nominal = np.concatenate([[0], self._days()])
        if len(nominal) < 2:
            return np.full(len(last), np.iinfo(np.int64).max // 4)
        place = np.clip(np.searchsorted(nominal, last - anchor, side="right"), 1, len(nominal) - 1)
        interval: Days = nominal[place] - nominal[place - 1]
        return visits * interval + 2 * self.window

    def next_visit(self, day: Days, anchor: Days) -> Days:
        """Nominal day of the visit in whose window a day lies, else of the next visit.

        The day itself after the last visit.
        """
        nominal = self._days()
        place = np.searchsorted(nominal, day - anchor - self.window, side="left")
        found = place < len(nominal)
        padded = np.append(nominal, 0)
        return np.where(found, padded[np.minimum(place, len(nominal))] + anchor, day)

    def own_visit(self, day: Days, anchor: Days) -> Days:
        """Nominal day of the visit in whose window a day lies, else the day itself (an unscheduled assessment)."""
        visit = self.next_visit(day, anchor)
        return np.where(np.abs(visit - day) <= self.window, visit, day)

    def before_second_visit(self, day: Days, anchor: Days) -> NDArray[np.bool_]:
        """Whether a day lies before the second nominal day; every day where fewer than two visits are planned."""
        if len(self.nominal) < 2:
            return np.ones(len(day), dtype=np.bool_)
        return (day - anchor) < self.nominal[1]
