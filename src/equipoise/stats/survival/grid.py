"""The distinct times of a sample. The conventions of time stand here, and nowhere else:

* a row is at risk at t if entry < t <= time: a row that enters at t is not at risk at t, a row censored at t still is;
* events at t come before censorings at t;
* times that differ by rounding only are one time. Two neighbors among the distinct values of time and entry are
  joined when they differ by no more than 1.5e-8 (square root of the double precision), absolutely or relative to the
  mean of the values; the lowest stands for all. It is the rule of R's survival (`timefix`). How many values were
  joined is reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats._kernels.inputs import scan_numbers
from equipoise.stats._kernels.order import distinct_codes, join_times, radix_order
from equipoise.stats.errors import InputProblem, StatsError
from equipoise.stats.labels import code_integers

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOLERANCE = float(np.sqrt(np.finfo(np.float64).eps))
EXACT_BELOW = 1.0 / TOLERANCE
"""Whole numbers with a mean below this cannot be joined: their neighbors differ by 1."""

FEW_ROWS = 20_000
"""Rows up to which an ordinary sort is faster than one by digits."""

NO_ENTRY: NDArray[np.int64] = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class TimeGrid:
    """Distinct times, the index of each row's time among them, and where each row enters.

    `entry[i]` counts the distinct times at or before the entry of row i, so row i is at risk at times[entry[i]] ..
    times[codes[i]]; empty without delayed entry. `n_joined` counts values that were joined to another.
    `order` sorts the rows by time where finding the times gave it, else it is empty.
    """

    times: NDArray[np.float64]
    codes: NDArray[np.int64]
    entry: NDArray[np.int64]
    n_joined: int
    order: NDArray[np.int64]

    @property
    def size(self) -> int:
        """Count the distinct times."""
        return self.times.size


def time_grid(time: NDArray[np.float64], entry: NDArray[np.float64] | None = None) -> TimeGrid:
    """Find the distinct times of checked arrays; raise StatsError where entry is not before time."""
    scan = scan_numbers(time)
    if entry is None:
        if scan.whole and scan.high < EXACT_BELOW:
            distinct, codes = code_integers(time.astype(np.int64))
            return TimeGrid(distinct.astype(np.float64), codes, NO_ENTRY, 0, NO_ENTRY)
        times, codes, joined, order = _joined(time)
        return TimeGrid(times, codes, NO_ENTRY, joined, NO_ENTRY if joined else order)
    start = scan_numbers(entry)
    _check_entry(entry >= time, entry, time)
    if scan.whole and start.whole and max(scan.high, start.high) < EXACT_BELOW:
        distinct, codes = code_integers(time.astype(np.int64))
        times = distinct.astype(np.float64)
        return TimeGrid(times, codes, np.searchsorted(times, entry, side="right").astype(np.int64), 0, NO_ENTRY)
    both, index, joined, _ = _joined(np.concatenate([time, entry]))
    _check_entry(index[time.size :] >= index[: time.size], entry, time)
    present = np.zeros(both.size, np.int64)
    present[index[: time.size]] = 1
    rank = np.cumsum(present)
    return TimeGrid(both[present == 1], rank[index[: time.size]] - 1, rank[index[time.size :]], joined, NO_ENTRY)


def _joined(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64], int, NDArray[np.int64]]:
    positive = values + 0.0  # -0.0 becomes 0.0, whose bits sort first
    order = radix_order(positive.view(np.int64)) if values.size > FEW_ROWS else np.argsort(positive, kind="stable")
    distinct, codes = distinct_codes(positive, order)
    times, index = join_times(distinct, TOLERANCE)
    joined = distinct.size - times.size
    return times, index[codes] if joined else codes, joined, order


def _check_entry(bad: NDArray[np.bool_], entry: NDArray[np.float64], time: NDArray[np.float64]) -> None:
    if not bad.any():
        return
    first = int(np.flatnonzero(bad)[0])
    message = f"entry must be before time, which is {time[first]:g} (times that differ by rounding only are equal)"
    count = int(np.count_nonzero(bad))
    raise StatsError([InputProblem(argument="entry", message=message, position=first, value=entry[first], count=count)])
