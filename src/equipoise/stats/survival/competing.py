"""Cumulative incidence of competing causes (Aalen-Johansen)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats._kernels.competing import count_causes, cumulative_incidence
from equipoise.stats.errors import StatsError
from equipoise.stats.result import Result
from equipoise.stats.survival.causes import read_causes
from equipoise.stats.survival.grid import time_grid
from equipoise.stats.survival.limits import CONF_TYPES, ConfType, survival_limits
from equipoise.stats.validate import InputCheck, Missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class CumulativeIncidence(Result):
    """Cumulative incidence of each cause: one row per distinct time, one column per cause in the order of `causes`.

    `estimate`, `std_error`, `conf_low` and `conf_high` are (times, causes); limits are nan where the incidence is 0,
    and while it has no variance. `survival` is the probability of being free of all causes. `beyond_follow_up` is True
    where the curve was read, by `at`, after the last observed time and carried forward.
    """

    time: NDArray[np.float64]
    causes: tuple[Any, ...]
    n_risk: NDArray[np.int64]
    n_events: NDArray[np.int64]
    n_censored: NDArray[np.int64]
    estimate: NDArray[np.float64]
    std_error: NDArray[np.float64]
    conf_low: NDArray[np.float64]
    conf_high: NDArray[np.float64]
    survival: NDArray[np.float64]
    survival_std_error: NDArray[np.float64]
    beyond_follow_up: NDArray[np.bool_]
    n: int
    conf_type: str
    conf_level: float
    method: str
    n_times_joined: int
    dropped: dict[str, NDArray[np.int64]]

    def at(self, times: ArrayLike) -> CumulativeIncidence:
        """Read the curves at `times`, a number or an array, in any order.

        `n_risk` counts the subjects at risk at the first observed time from each on; `n_events` and `n_censored` count
        from 0 up to and with it.

        Raises
        ------
        StatsError
            If a time is negative, missing or infinite.
        """
        check = InputCheck()
        when = check.times("times", np.atleast_1d(np.asarray(times)))
        check.finish()
        before = np.searchsorted(self.time, when, side="right")
        coming = np.searchsorted(self.time, when, side="left")

        def step(values: NDArray[Any], start: float) -> NDArray[Any]:
            return np.concatenate([np.full((1, *values.shape[1:]), start, values.dtype), values])[before]

        return CumulativeIncidence(
            time=when,
            causes=self.causes,
            n_risk=np.concatenate([self.n_risk, np.zeros(1, np.int64)])[coming],
            n_events=step(np.cumsum(self.n_events, axis=0), 0),
            n_censored=step(np.cumsum(self.n_censored), 0),
            estimate=step(self.estimate, 0.0),
            std_error=step(self.std_error, 0.0),
            conf_low=step(self.conf_low, np.nan),
            conf_high=step(self.conf_high, np.nan),
            survival=step(self.survival, 1.0),
            survival_std_error=step(self.survival_std_error, 0.0),
            beyond_follow_up=when > self.time[-1],
            n=self.n,
            conf_type=self.conf_type,
            conf_level=self.conf_level,
            method=self.method,
            n_times_joined=self.n_times_joined,
            dropped=self.dropped,
        )

    def _title(self) -> str:
        return f"{self.method}, {self.conf_level:.0%} limits ({self.conf_type})"

    def _facts(self) -> Mapping[str, object]:
        totals = self.n_events.sum(axis=0) if self.time.size else np.zeros(len(self.causes))
        counts = ", ".join(f"{cause}: {total}" for cause, total in zip(self.causes, totals, strict=True))
        return {"n": self.n, "events": counts}

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        rows, columns = self.estimate.shape
        long = {"cause": [str(cause) for cause in self.causes for _ in range(rows)]}
        steps = {name: np.tile(getattr(self, name), columns) for name in ("time", "n_risk", "n_censored")}
        names = ("n_events", "estimate", "std_error", "conf_low", "conf_high")
        return {**long, **steps, **{name: getattr(self, name).T.ravel() for name in names}}


def aalen_johansen(
    time: ArrayLike,
    cause: ArrayLike,
    *,
    censored: object = 0,
    entry: ArrayLike | None = None,
    conf_type: ConfType = "log-log",
    conf_level: float = 0.95,
    missing: Missing = "raise",
) -> CumulativeIncidence:
    """Estimate the cumulative incidence of each of several causes of which the first ends observation.

    Ties are taken as they are: events of all causes at one time have one risk set, and come before censorings.

    Parameters
    ----------
    time
        (n,) days from the origin to the event or to censoring.
    cause
        (n,) label of the cause of the event, or `censored`.
    censored
        Label of rows without an event.
    entry
        (n,) days at which the row came under observation, before `time`.
    conf_type
        Limits on the scale "log-log", "log", "plain", "logit" or "arcsine" of the incidence.
    conf_level
        Confidence level.
    missing
        "raise", or "drop" rows with missing values and list them in `dropped`.

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used, or no row has an event.

    Notes
    -----
    The variance is that of the multinomial shares of the events in each risk set, carried through the product (for
    right-censored data it equals the infinitesimal jackknife). See docs/methods/competing-risks.md.

    References
    ----------
    O. O. Aalen, S. Johansen (1978). An empirical transition matrix. Scandinavian Journal of Statistics 5.

    Examples
    --------
    >>> curve = aalen_johansen([1, 2, 3, 4], ["relapse", "death", "censored", "relapse"], censored="censored")
    >>> curve.causes, curve.estimate[-1].tolist()
    (('death', 'relapse'), [0.25, 0.75])
    """
    check = InputCheck(missing=missing)
    sample = read_causes(check, time, cause, censored=censored, entry=entry)
    check.choice("conf_type", conf_type, CONF_TYPES)
    level = check.open_interval("conf_level", conf_level, 0.0, 1.0)
    check.finish()
    sample = sample.kept(check)
    if not sample.cause.any():
        raise StatsError("cause: no events are left after rows with missing values were dropped")
    grid = time_grid(sample.time, sample.entry)
    n_risk, leaving = count_causes(grid.codes, sample.cause, grid.entry, grid.size, len(sample.causes))
    survival, survival_variance, estimate, variance = cumulative_incidence(n_risk, leaving[:, 1:].copy())
    std_error = np.sqrt(np.maximum(variance, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(variance > 0.0, std_error / estimate, np.nan)
    low, high = survival_limits(estimate, relative, conf_type, level)
    return CumulativeIncidence(
        time=grid.times,
        causes=sample.causes,
        n_risk=n_risk,
        n_events=leaving[:, 1:],
        n_censored=leaving[:, 0],
        estimate=estimate,
        std_error=std_error,
        conf_low=low,
        conf_high=high,
        survival=survival,
        survival_std_error=np.sqrt(np.maximum(survival_variance, 0.0)),
        beyond_follow_up=np.zeros(grid.size, np.bool_),
        n=sample.time.size,
        conf_type="arcsine" if conf_type == "arcsin" else conf_type,
        conf_level=level,
        method="Aalen-Johansen cumulative incidence",
        n_times_joined=grid.n_joined,
        dropped=check.dropped,
    )
