"""The Kaplan-Meier curve, its quantiles and its values at landmark times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats._kernels.product_limit import count_at_times, product_limit
from equipoise.stats.result import Result
from equipoise.stats.survival.grid import time_grid
from equipoise.stats.survival.jackknife import robust_hazard_variance
from equipoise.stats.survival.limits import CONF_TYPES, ConfType, crossing_time, survival_limits
from equipoise.stats.survival.sample import WeightType, read_sample
from equipoise.stats.validate import InputCheck, Missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class SurvivalQuantile(Result):
    """Time by which a proportion `p` of the subjects has had the event, with Brookmeyer-Crowley limits.

    `status` is "NR" (not reached) where `estimate` is nan, else empty; `conf_low_status` and `conf_high_status` say
    the same of the limits. `rule` is "midpoint" or "first".
    """

    p: float
    estimate: float
    conf_low: float
    conf_high: float
    conf_level: float
    method: str
    rule: str
    status: str
    conf_low_status: str
    conf_high_status: str


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class SurvivalAt(Result):
    """A survival curve read at given times.

    `n_risk` counts the subjects at risk at the first observed time from `time` on; `n_events` and `n_censored` count
    from 0 up to and with `time`. After the last observed time the curve is carried forward and `beyond_follow_up` is
    True.
    """

    time: NDArray[np.float64]
    n_risk: NDArray[Any]
    n_events: NDArray[Any]
    n_censored: NDArray[Any]
    estimate: NDArray[np.float64]
    std_error: NDArray[np.float64]
    conf_low: NDArray[np.float64]
    conf_high: NDArray[np.float64]
    beyond_follow_up: NDArray[np.bool_]
    conf_level: float
    method: str

    def _facts(self) -> Mapping[str, object]:
        return {"conf_level": self.conf_level, "method": self.method}

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        names = ("time", *_STEP, "beyond_follow_up")
        return {name: getattr(self, name) for name in names}


_STEP = ("n_risk", "n_events", "n_censored", "estimate", "std_error", "conf_low", "conf_high")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class SurvivalCurve(Result):
    """A Kaplan-Meier curve: one entry per distinct time, those where subjects are only censored included.

    `n_risk` counts subjects at risk at the time (entry < t <= time), `std_error` is that of the survival probability;
    it and the limits are nan from the time on at which the curve is 0, and the limits of log-log, logit and arcsine
    also while it is 1. `n` counts rows, `total_events` and `total_censored` sum their weights. `dropped` gives the
    rows left out, by reason.
    """

    time: NDArray[np.float64]
    n_risk: NDArray[Any]
    n_events: NDArray[Any]
    n_censored: NDArray[Any]
    estimate: NDArray[np.float64]
    std_error: NDArray[np.float64]
    conf_low: NDArray[np.float64]
    conf_high: NDArray[np.float64]
    n: int
    total_events: float
    total_censored: float
    conf_type: str
    conf_level: float
    reverse: bool
    method: str
    weight_type: str
    n_times_joined: int
    dropped: dict[str, NDArray[np.int64]]
    std_error_log: NDArray[np.float64]

    def quantile(self, p: float, *, rule: str = "midpoint") -> SurvivalQuantile:
        """Return the time by which a proportion `p` has had the event; `p=0.5` is the median.

        With `rule="midpoint"` a curve that is exactly at 1 - p over an interval gives the middle of the interval (as
        R and SAS do); with `rule="first"` its first time. The limits are the times at which the pointwise limits of
        the curve, of the type `conf_type`, fall to 1 - p (Brookmeyer and Crowley 1982), read by the same rule.

        Raises
        ------
        StatsError
            If `p` does not lie between 0 and 1, or `rule` is neither "midpoint" nor "first".
        """
        check = InputCheck()
        level = 1.0 - check.open_interval("p", p, 0.0, 1.0)
        check.choice("rule", rule, ("midpoint", "first"))
        check.finish()
        found = [
            crossing_time(self.time, curve, level, midpoint=rule == "midpoint")
            for curve in (self.estimate, self.conf_low, self.conf_high)
        ]
        status = ["NR" if np.isnan(value) else "" for value in found]
        return SurvivalQuantile(
            p=float(p),
            estimate=found[0],
            conf_low=found[1],
            conf_high=found[2],
            conf_level=self.conf_level,
            method=f"{self.method}, Brookmeyer-Crowley limits ({self.conf_type})",
            rule=rule,
            status=status[0],
            conf_low_status=status[1],
            conf_high_status=status[2],
        )

    @property
    def median(self) -> SurvivalQuantile:
        """Return `quantile(0.5)`."""
        return self.quantile(0.5)

    def at(self, times: ArrayLike) -> SurvivalAt:
        """Read the curve at `times`, a number or an array, in any order.

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
            return np.concatenate([np.array([start], values.dtype), values])[before]

        return SurvivalAt(
            time=when,
            n_risk=np.concatenate([self.n_risk, np.zeros(1, self.n_risk.dtype)])[coming],
            n_events=step(np.cumsum(self.n_events), 0),
            n_censored=step(np.cumsum(self.n_censored), 0),
            estimate=step(self.estimate, 1.0),
            std_error=step(self.std_error, 0.0),
            conf_low=step(self.conf_low, 1.0),
            conf_high=step(self.conf_high, 1.0),
            beyond_follow_up=when > self.time[-1],
            conf_level=self.conf_level,
            method=self.method,
        )

    def _title(self) -> str:
        return f"{self.method}, {self.conf_level:.0%} limits ({self.conf_type})"

    def _facts(self) -> Mapping[str, object]:
        median = self.median
        return {
            "n": self.n,
            "events": self.total_events,
            "median": median.status or median.estimate,
            "conf_low": median.conf_low_status or median.conf_low,
            "conf_high": median.conf_high_status or median.conf_high,
        }

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        return {name: getattr(self, name) for name in ("time", *_STEP)}


def kaplan_meier(
    time: ArrayLike,
    event: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    weight_type: WeightType | None = None,
    cluster: ArrayLike | None = None,
    reverse: bool = False,
    conf_type: ConfType = "log-log",
    conf_level: float = 0.95,
    missing: Missing = "raise",
) -> SurvivalCurve:
    """Estimate the survival function of one sample by the product limit.

    A row is at risk at t if entry < t <= time. The variance is Greenwood's, or, with sampling weights or clusters,
    the infinitesimal jackknife. Times that differ by rounding only are joined (see `n_times_joined`).

    Parameters
    ----------
    time : (n,) days from the origin to event or censoring, 0 or later.
    event : (n,) True or 1 where the event happened, False or 0 where the row is censored.
    entry : (n,) days from the origin at which the row came under observation; default 0, or before.
    weights : (n,) positive numbers.
    weight_type : "frequency" (a row of weight 3 stands for 3 subjects) or "sampling" (a row represents subjects not
        sampled, robust variance). By default whole numbers are frequencies, others sampling weights; the result says
        which.
    cluster : (n,) labels of rows that belong together, for the robust variance.
    reverse : estimate the time to censoring instead, with the events as censored: potential follow-up.
    conf_type : limits on the scale "log-log", "log", "plain", "logit" or "arcsine".
    conf_level : confidence level, between 0 and 1.
    missing : "raise", or "drop" rows with missing values and list them in `dropped`.

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used; all problems are listed with argument, row and value.

    References
    ----------
    Kaplan and Meier (1958) JASA. Brookmeyer and Crowley (1982) Biometrics. Formulas: docs/methods/survival.md.

    Examples
    --------
    >>> curve = kaplan_meier([1, 2, 2, 3, 5, 8], [1, 1, 0, 1, 0, 1])
    >>> curve.estimate.round(4).tolist()
    [0.8333, 0.6667, 0.4444, 0.4444, 0.0]
    >>> curve.quantile(0.5).estimate
    3.0
    """
    check = InputCheck(missing=missing)
    sample = read_sample(check, time, event, entry=entry, weights=weights, weight_type=weight_type, cluster=cluster)
    check.choice("conf_type", conf_type, CONF_TYPES)
    level = check.open_interval("conf_level", conf_level, 0.0, 1.0)
    check.finish()
    sample = sample.kept(check)
    event_now = ~sample.event if reverse else sample.event
    grid = time_grid(sample.time, sample.entry)
    n_risk: NDArray[Any]
    n_events: NDArray[Any]
    n_censored: NDArray[Any]
    n_risk, n_events, n_censored = count_at_times(grid.codes, event_now, sample.weights, grid.entry, grid.size)
    survival, greenwood, _, _ = product_limit(n_risk, n_events)
    if sample.robust:
        left = np.maximum(n_risk - n_events, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            own = np.where(n_events > 0.0, 1.0 / left, 0.0)
            shared = np.where(n_events > 0.0, n_events / (n_risk * left), 0.0)
            greenwood = robust_hazard_variance(grid, event_now, sample, own, shared)
    std_error_log = np.sqrt(np.where(survival > 0.0, greenwood, np.nan))
    low, high = survival_limits(survival, std_error_log, conf_type, level)
    if not sample.weights.size:
        n_risk, n_events, n_censored = (counts.astype(np.int64) for counts in (n_risk, n_events, n_censored))
    return SurvivalCurve(
        time=grid.times,
        n_risk=n_risk,
        n_events=n_events,
        n_censored=n_censored,
        estimate=survival,
        std_error=survival * std_error_log,
        conf_low=low,
        conf_high=high,
        n=sample.time.size,
        total_events=n_events.sum().item(),
        total_censored=n_censored.sum().item(),
        conf_type="arcsine" if conf_type == "arcsin" else conf_type,
        conf_level=level,
        reverse=reverse,
        method="reverse Kaplan-Meier" if reverse else "Kaplan-Meier",
        weight_type=sample.weight_type,
        n_times_joined=grid.n_joined,
        dropped=check.dropped,
        std_error_log=std_error_log,
    )
