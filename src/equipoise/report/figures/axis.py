"""Axes: ticks a reader expects, and where a value falls on the paper."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Scale", "count_ticks", "labeled", "month_step", "ratio_limit", "ratio_ticks"]

_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 36, 48, 60, 120)
_RATIOS = (2.0, 4.0, 8.0, 16.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """Linear or logarithmic map of [low, high] to [start, end]."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Coordinate of a value."""
        low, high = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        at = math.log(value) if self.log else value
        return self.start + (at - low) / (high - low) * (self.end - self.start)


def month_step(last_month: float, most_intervals: int) -> int:
    """Months between ticks: the least of 1, 2, 3, 6, 12, 24, ... that gives at most ``most_intervals`` intervals."""
    for step in _MONTH_STEPS:
        if math.ceil(last_month / step - 1e-9) <= most_intervals:
            return step
    return 120 * math.ceil(last_month / (120 * most_intervals))


def count_ticks(highest: float, most_intervals: int = 6) -> list[int]:
    """Whole-number ticks 0, step, ... up to or just past ``highest``, with steps 1, 2, 5, 10, 20, 50, ..."""
    highest = max(1, math.ceil(highest))
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if math.ceil(highest / step) <= most_intervals:
                return [step * i for i in range(math.ceil(highest / step) + 1)]
        power *= 10


def ratio_limit(estimates: list[float], limits: list[float]) -> float:
    """Reach r of a ratio axis from 1/r to r.

    The least of 2, 4, 8, 16 that holds every estimate and nine tenths of the limits of the intervals, or as many as 16
    does; intervals that go further get arrows.
    """

    def reach(ratio: float) -> float:
        return max(ratio, 1 / ratio) if ratio > 0 else math.inf

    reached = [sum(reach(x) <= limit for x in limits) for limit in _RATIOS]
    for limit, inside in zip(_RATIOS, reached, strict=True):
        if all(reach(x) <= limit * 0.97 for x in estimates) and inside >= min(0.9 * len(limits), reached[-1]):
            return limit
    return _RATIOS[-1]


def labeled(ticks: Sequence[float], gap: float, widest: float) -> list[float]:
    """Ticks whose numbers have room: all, or those at equal steps from the middle outward, or the ends and the middle.

    ``gap`` is the distance between ticks on paper and ``widest`` the width of the widest number.
    """
    middle = len(ticks) // 2
    for step in range(1, middle + 1):
        if middle % step == 0 and gap * step >= widest + 4:
            return [tick for i, tick in enumerate(ticks) if (i - middle) % step == 0]
    return [ticks[0], ticks[middle], ticks[-1]]


def ratio_ticks(limit: float) -> list[float]:
    """Ticks symmetric around 1: powers of two, of four where twos would crowd."""
    base = 4.0 if limit >= 16 else 2.0
    steps = round(math.log(limit, base))
    return [base**i for i in range(-steps, steps + 1)]
