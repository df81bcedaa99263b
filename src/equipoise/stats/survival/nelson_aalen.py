"""The cumulative hazard of one sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from equipoise.stats._kernels.product_limit import count_at_times, product_limit, tie_corrected_hazard
from equipoise.stats.result import Result
from equipoise.stats.survival.grid import time_grid
from equipoise.stats.survival.jackknife import robust_hazard_variance
from equipoise.stats.survival.sample import WeightType, read_sample
from equipoise.stats.tails import normal_quantile
from equipoise.stats.validate import InputCheck, Missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

HazardConfType = Literal["log", "plain"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class CumulativeHazard(Result):
    """A cumulative hazard: one entry per distinct time, those where subjects are only censored included.

    Limits of type "log" are nan before the first event, where the hazard is 0.
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
    conf_type: str
    conf_level: float
    method: str
    weight_type: str
    n_times_joined: int
    dropped: dict[str, NDArray[np.int64]]

    @property
    def survival(self) -> NDArray[np.float64]:
        """Return exp(-hazard), the Breslow (Fleming-Harrington) estimate of survival; its limits are exp(-limits)."""
        survival: NDArray[np.float64] = np.exp(-self.estimate)
        return survival

    def _title(self) -> str:
        return f"{self.method} cumulative hazard, {self.conf_level:.0%} limits ({self.conf_type})"

    def _facts(self) -> Mapping[str, object]:
        return {"n": self.n}

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        shown = ("time", "n_risk", "n_events", "n_censored", "estimate", "std_error", "conf_low", "conf_high")
        return {name: getattr(self, name) for name in shown}


def nelson_aalen(
    time: ArrayLike,
    event: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    weight_type: WeightType | None = None,
    cluster: ArrayLike | None = None,
    correct_ties: bool = False,
    conf_type: HazardConfType = "log",
    conf_level: float = 0.95,
    missing: Missing = "raise",
) -> CumulativeHazard:
    """Estimate the cumulative hazard of one sample.

    d events among n at risk add d/n with variance d/n^2 (Nelson-Aalen). With `correct_ties` tied events are taken one
    after the other, as if time had been rounded: they add 1/n + 1/(n-1) + ... (Fleming and Harrington), with the
    squares as variance. With sampling weights or clusters the variance is the infinitesimal jackknife.

    Parameters
    ----------
    time, event, entry, weights, weight_type, cluster, missing : as in `kaplan_meier`.
    correct_ties : take tied events one after the other.
    conf_type : limits of the hazard on the scale "log" or "plain" (not below 0).
    conf_level : confidence level, between 0 and 1.

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used.

    References ---------- Nelson (1972) Technometrics. Aalen (1978) Ann Stat. Fleming and Harrington (1984) Comm Stat.
    Formulas: docs/methods/survival.md.

    Examples
    --------
    >>> nelson_aalen([1, 2, 2, 3, 5, 8], [1, 1, 0, 1, 0, 1]).estimate.round(4).tolist()
    [0.1667, 0.3667, 0.7, 0.7, 1.7]
    """
    check = InputCheck(missing=missing)
    sample = read_sample(check, time, event, entry=entry, weights=weights, weight_type=weight_type, cluster=cluster)
    check.choice("conf_type", conf_type, ("log", "plain"))
    level = check.open_interval("conf_level", conf_level, 0.0, 1.0)
    check.finish()
    sample = sample.kept(check)
    grid = time_grid(sample.time, sample.entry)
    n_risk: NDArray[Any]
    n_events: NDArray[Any]
    n_censored: NDArray[Any]
    n_risk, n_events, n_censored = count_at_times(grid.codes, sample.event, sample.weights, grid.entry, grid.size)
    if correct_ties:
        rows = np.bincount(grid.codes[sample.event], minlength=grid.size)
        steps = rows if sample.weight_type != "frequency" else n_events.astype(np.int64)
        estimate, variance, own, shared = tie_corrected_hazard(n_risk, n_events, steps)
    else:
        _, _, estimate, variance = product_limit(n_risk, n_events)
        own, shared = 1.0 / np.maximum(n_risk, 1e-300), n_events / np.maximum(n_risk, 1e-300) ** 2
    if sample.robust:
        variance = robust_hazard_variance(grid, sample.event, sample, own, shared)
    std_error = np.sqrt(variance)
    low, high = _limits(estimate, std_error, conf_type, normal_quantile(level))
    if not sample.weights.size:
        n_risk, n_events, n_censored = (counts.astype(np.int64) for counts in (n_risk, n_events, n_censored))
    return CumulativeHazard(
        time=grid.times,
        n_risk=n_risk,
        n_events=n_events,
        n_censored=n_censored,
        estimate=estimate,
        std_error=std_error,
        conf_low=low,
        conf_high=high,
        n=sample.time.size,
        conf_type=conf_type,
        conf_level=level,
        method="Fleming-Harrington (tie-corrected)" if correct_ties else "Nelson-Aalen",
        weight_type=sample.weight_type,
        n_times_joined=grid.n_joined,
        dropped=check.dropped,
    )


def _limits(
    estimate: NDArray[np.float64], std_error: NDArray[np.float64], conf_type: str, z: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if conf_type == "plain":
        return np.maximum(estimate - z * std_error, 0.0), estimate + z * std_error
    hazard = np.where(estimate > 0.0, estimate, np.nan)
    return hazard * np.exp(-z * std_error / hazard), hazard * np.exp(z * std_error / hazard)
