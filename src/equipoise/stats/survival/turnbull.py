"""The distribution of a time known only to lie in intervals (Turnbull's estimate)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats.result import Result
from equipoise.stats.survival.intervals import Intervals, check_order, read_intervals
from equipoise.stats.survival.turnbull_fit import Overlap, fit_masses
from equipoise.stats.validate import InputCheck, Missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class TurnbullQuantile(Result):
    """Interval in which a proportion `p` has had the event; `status` is "NR" where follow-up ends before."""

    p: float
    low: float
    high: float
    status: str


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class TurnbullCurve(Result):
    """The nonparametric maximum likelihood curve: one entry per interval that holds probability.

    The event falls in (`left`, `right`], at `left` where both are equal, with probability `mass`; where in it, the data
    do not tell. `estimate` is the survival probability from `right` on; between `left` and `right` it is not
    determined. The last interval is open to the right (infinite) where subjects were not followed to the event.
    `gradient_error` is how far the likelihood equations are from being met (0 at the maximum).
    """

    left: NDArray[np.float64]
    right: NDArray[np.float64]
    mass: NDArray[np.float64]
    estimate: NDArray[np.float64]
    loglik: float
    n: int
    n_exact: int
    n_intervals: int
    n_right_censored: int
    iterations: int
    converged: bool
    gradient_error: float
    dropped: dict[str, NDArray[np.int64]]
    method: str

    def at(self, times: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the least and the greatest survival probability at each time that the estimate allows.

        They are equal outside the intervals that hold probability.

        Raises
        ------
        StatsError
            If a time is negative, missing or infinite.
        """
        check = InputCheck()
        when = check.times("times", np.atleast_1d(np.asarray(times)))
        check.finish()
        steps = np.concatenate([[1.0], self.estimate])
        exact = self.left == self.right
        surely = np.searchsorted(self.right, when, side="right")
        begun = np.searchsorted(np.where(exact, self.left, np.nextafter(self.left, np.inf)), when, side="right")
        return steps[np.maximum(begun, surely)], steps[surely]

    def quantile(self, p: float) -> TurnbullQuantile:
        """Return the interval in which a proportion `p` has had the event; `p=0.5` gives the median.

        Raises
        ------
        StatsError
            If `p` does not lie between 0 and 1.
        """
        check = InputCheck()
        level = check.open_interval("p", p, 0.0, 1.0)
        check.finish()
        at = int(np.flatnonzero(self.estimate <= 1.0 - level + 1e-9)[0])
        reached = bool(np.isfinite(self.right[at]))
        return TurnbullQuantile(
            p=level,
            low=float(self.left[at]),
            high=float(self.right[at]) if reached else float("nan"),
            status="" if reached else "NR",
        )

    def _facts(self) -> Mapping[str, object]:
        names = ("n", "n_exact", "n_intervals", "n_right_censored", "loglik", "converged")
        return {name: getattr(self, name) for name in names}

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        return {name: getattr(self, name) for name in ("left", "right", "mass", "estimate")}


def turnbull(left: ArrayLike, right: ArrayLike, *, missing: Missing = "raise") -> TurnbullCurve:
    """Estimate the survival function from intervals that hold the events.

    Parameters
    ----------
    left
        (n,) last time at which the row was free of the event; 0 if it never was seen so.
    right
        (n,) first time at which the event had happened; infinite or missing if it had not, equal to `left` where the
        time is known exactly.
    missing
        "raise", or "drop" rows without `left` and list them in `dropped`.

    Returns
    -------
    TurnbullCurve
        Intervals, their probabilities, and the survival curve after each.

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used, or a right end comes before the left one.

    Notes
    -----
    Probability can only lie in the innermost intervals: from a left end to the next end, if that is a right one. The
    masses are found by self-consistency steps and Newton's method on those that stay above 0, until the likelihood
    equations hold to 1e-10. See docs/methods/interval-censoring.md.

    References
    ----------
    R. Peto (1973). Experimental survival curves for interval-censored data. Applied Statistics 22.
    B. W. Turnbull (1976). The empirical distribution function with arbitrarily grouped, censored and truncated data.
    JRSS B 38.

    Examples
    --------
    >>> curve = turnbull([0, 0, 2, 4], [2, 4, 4, None])
    >>> curve.left.tolist(), curve.mass.round(4).tolist()
    ([0.0, 2.0, 4.0], [0.375, 0.375, 0.25])
    """
    check = InputCheck(missing=missing)
    found = read_intervals(check, left, right)
    check.finish()
    check_order(found)
    low, high = check.keep(found.left, found.right)
    start, end = innermost(Intervals(low, high))
    overlap = _overlap(Intervals(low, high), start, end)
    fit = fit_masses(overlap, start.size)
    kept = fit.mass > 0.0
    mass = fit.mass[kept]
    estimate = np.maximum(np.cumsum(mass[::-1])[::-1] - mass, 0.0)
    estimate[-1] = 0.0
    exact, censored = low == high, ~np.isfinite(high)
    return TurnbullCurve(
        left=start[kept],
        right=end[kept],
        mass=mass,
        estimate=estimate,
        loglik=fit.loglik,
        n=low.size,
        n_exact=int(np.count_nonzero(exact)),
        n_intervals=int(np.count_nonzero(~exact & ~censored)),
        n_right_censored=int(np.count_nonzero(censored)),
        iterations=fit.iterations,
        converged=fit.converged,
        gradient_error=fit.gradient_error,
        dropped=check.dropped,
        method="Turnbull's nonparametric maximum likelihood estimate",
    )


def innermost(intervals: Intervals) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the intervals that can hold probability, from the least on.

    Ends are ordered by time; at one time a closed left end (of an exact time) comes first, then right ends, then open
    left ends, because (a, b] begins after a.
    """
    low, high = intervals.left, intervals.right
    exact = low == high
    time = np.concatenate([low, high])
    rank = np.concatenate([np.where(exact, 0, 2), np.ones(high.size, np.int64)])
    order = np.lexsort((rank, time))
    is_left = (order < low.size).astype(bool)
    pairs = np.flatnonzero(is_left[:-1] & ~is_left[1:])
    return time[order][pairs], time[order][pairs + 1]


def _overlap(intervals: Intervals, start: NDArray[np.float64], end: NDArray[np.float64]) -> Overlap:
    """Find the run of innermost intervals inside each row's interval, and count rows that have the same run."""
    exact = intervals.left == intervals.right
    # an innermost interval lies within (a, b] if it starts at or after a and ends by b; an exact one must start after
    key = np.where(start == end, start, np.nextafter(start, np.inf))
    first = np.where(
        exact,
        np.searchsorted(key, intervals.left, side="left"),
        np.searchsorted(key, intervals.left, side="right"),
    )
    last = np.searchsorted(end, intervals.right, side="right")
    runs, counts = np.unique(np.column_stack([first, last]), axis=0, return_counts=True)
    return Overlap(runs[:, 0].copy(), runs[:, 1].copy(), counts.astype(np.float64))
