"""Intervals in which an event happened, read and checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats.errors import InputProblem, StatsError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from equipoise.stats.validate import InputCheck


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """The event of row i lies in (left, right]; at left where both are equal; `right` is infinite if censored."""

    left: NDArray[np.float64]
    right: NDArray[np.float64]


def read_intervals(check: InputCheck, left: ArrayLike, right: ArrayLike) -> Intervals:
    """Read interval ends; a missing or infinite right end is a right-censored row. Problems are noted in `check`."""
    low = check.times("left", left)
    raw = np.asarray(right, dtype=object) if not isinstance(right, np.ndarray) else right
    try:
        ends = raw.astype(np.float64)
    except (TypeError, ValueError):
        return Intervals(low, check.times("right", right))
    censored = np.isnan(ends) | (ends == np.inf)
    high = check.times("right", np.where(censored, 0.0, ends))
    return Intervals(low, np.where(censored, np.inf, high) if high.shape == censored.shape else high)


def check_order(intervals: Intervals) -> None:
    """Raise StatsError where the right end comes before the left."""
    bad = np.flatnonzero(intervals.right < intervals.left)
    if bad.size:
        at = int(bad[0])
        message = f"the right end must not come before the left one, {intervals.left[at]:g}"
        raise StatsError(
            [
                InputProblem(
                    argument="right", message=message, position=at, value=intervals.right[at], count=int(bad.size)
                )
            ]
        )
