"""Restricted mean survival time: the area under the Kaplan-Meier curve up to tau."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats._kernels.product_limit import count_at_times, product_limit
from equipoise.stats.errors import StatsError
from equipoise.stats.result import Result
from equipoise.stats.survival.grid import time_grid
from equipoise.stats.survival.groups import reference_first
from equipoise.stats.survival.sample import Sample, WeightType, read_sample
from equipoise.stats.tails import normal_lower, normal_quantile, normal_two_sided
from equipoise.stats.validate import InputCheck, Missing

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

NAN = float("nan")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class RestrictedMean(Result):
    """Restricted mean survival time of one sample.

    `estimate` is the mean time to the event up to `tau`, `lost` = tau - estimate the mean time lost. `std_error` is
    that of the estimate, not the spread of the times. Where follow-up ends before `tau` with subjects still free of
    the event, the mean is not known: `status` is "NE" and `reason` says so.
    """

    tau: float
    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    conf_level: float
    lost: float
    n: int
    n_events: int
    method: str
    status: str
    reason: str
    n_times_joined: int
    dropped: dict[str, NDArray[np.int64]]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class RestrictedMeanDifference(Result):
    """Restricted means of two groups compared: the other group less the reference, and over it.

    `means` holds the two `RestrictedMean`, the reference first. `estimate`, `std_error` and the limits are of the
    difference; `p_value` is two-sided, `p_one_sided` is against the alternative that the other group has the longer
    mean, `p_opposite` the other tail. `ratio` has limits from the log scale. `status` is "NE" where a mean is.
    """

    tau: float
    groups: tuple[Any, ...]
    reference: Any
    means: tuple[RestrictedMean, RestrictedMean]
    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    conf_level: float
    p_value: float
    p_one_sided: float
    p_opposite: float
    ratio: float
    ratio_conf_low: float
    ratio_conf_high: float
    ratio_p_value: float
    method: str
    status: str
    reason: str


def rmst(
    time: ArrayLike,
    event: ArrayLike,
    *,
    tau: float | None = None,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    weight_type: WeightType | None = None,
    cluster: ArrayLike | None = None,
    conf_level: float = 0.95,
    missing: Missing = "raise",
) -> RestrictedMean:
    """Estimate the restricted mean survival time of one sample.

    Parameters
    ----------
    time, event, entry, weights, weight_type, cluster
        As in `kaplan_meier`.
    tau
        Time up to which the mean is taken; default the last observed time.
    conf_level
        Confidence level of the normal limits.
    missing
        "raise", or "drop" rows with missing values and list them in `dropped`.

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used, or `tau` is not above 0.

    Notes
    -----
    The variance is the sum over event times of A(t)^2 d / (n (n - d)), A(t) the area under the curve from t to tau;
    with sampling weights or clusters it is the infinitesimal jackknife. See docs/methods/survival-comparisons.md.

    Examples
    --------
    >>> mean = rmst([1, 2, 3, 4], [1, 1, 1, 1], tau=3)
    >>> mean.estimate, round(mean.std_error, 4)
    (2.25, 0.4146)
    """
    check = InputCheck(missing=missing)
    sample = read_sample(check, time, event, entry=entry, weights=weights, weight_type=weight_type, cluster=cluster)
    level = check.open_interval("conf_level", conf_level, 0.0, 1.0)
    if tau is not None:
        check.open_interval("tau", tau, 0.0, float("inf"))
    check.finish()
    return _restricted_mean(sample.kept(check), tau, level, check.dropped)


def rmst_difference(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    tau: float | None = None,
    reference: object | None = None,
    entry: ArrayLike | None = None,
    conf_level: float = 0.95,
    missing: Missing = "raise",
) -> RestrictedMeanDifference:
    """Compare the restricted mean survival times of two groups by difference and ratio.

    Parameters
    ----------
    time, event, entry
        As in `kaplan_meier`.
    group
        (n,) labels of two groups.
    tau
        Time up to which the means are taken; default the smaller of the last observed times of the groups.
    reference
        The group that is subtracted; default the first in sorted order.
    conf_level
        Confidence level of the limits.
    missing
        "raise", or "drop" rows with missing values.

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used, or there are not two groups.

    Examples
    --------
    >>> found = rmst_difference([1, 2, 3, 4, 2, 4, 6, 8], [1] * 8, ["a"] * 4 + ["b"] * 4, tau=4)
    >>> found.estimate, round(found.std_error, 4)
    (1.0, 0.7071)
    """
    check = InputCheck(missing=missing)
    sample = read_sample(check, time, event, entry=entry)
    labels = check.labels("group", group)
    level = check.open_interval("conf_level", conf_level, 0.0, 1.0)
    if tau is not None:
        check.open_interval("tau", tau, 0.0, float("inf"))
    check.finish()
    sample = sample.kept(check)
    groups, codes = reference_first(labels.levels, check.keep(labels.codes)[0], reference)
    if len(groups) != 2:
        raise StatsError(f"group: expected two groups, found {len(groups)}: {', '.join(map(repr, groups))}")
    if tau is None:
        tau = float(min(sample.time[codes == code].max() for code in (0, 1)))
    means = [_restricted_mean(sample.rows(codes == code), tau, level, check.dropped) for code in (0, 1)]
    reasons = [f"group {label!r}: {mean.reason}" for label, mean in zip(groups, means, strict=True) if mean.reason]
    z = normal_quantile(level)
    a, b = (mean.estimate for mean in means)
    se_a, se_b = (mean.std_error for mean in means)
    difference, std_error = b - a, float(np.hypot(se_a, se_b))
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio, log_error = float(np.log(np.divide(b, a))), float(np.hypot(np.divide(se_a, a), np.divide(se_b, b)))
        steps = np.divide([difference, log_ratio], [std_error, log_error])
    return RestrictedMeanDifference(
        tau=float(tau),
        groups=groups,
        reference=groups[0],
        means=(means[0], means[1]),
        estimate=difference,
        std_error=std_error,
        conf_low=difference - z * std_error,
        conf_high=difference + z * std_error,
        conf_level=level,
        p_value=normal_two_sided(steps[0]),
        p_one_sided=normal_lower(-steps[0]),
        p_opposite=normal_lower(steps[0]),
        ratio=float(np.exp(log_ratio)),
        ratio_conf_low=float(np.exp(log_ratio - z * log_error)),
        ratio_conf_high=float(np.exp(log_ratio + z * log_error)),
        ratio_p_value=normal_two_sided(steps[1]),
        method="difference of restricted means, normal limits",
        status="NE" if reasons else "",
        reason="; ".join(reasons),
    )


def _restricted_mean(
    sample: Sample, tau: float | None, conf_level: float, dropped: dict[str, NDArray[np.int64]]
) -> RestrictedMean:
    grid = time_grid(sample.time, sample.entry)
    tau = float(grid.times[-1]) if tau is None else float(tau)
    n_risk, n_events, _ = count_at_times(grid.codes, sample.event, sample.weights, grid.entry, grid.size)
    survival = product_limit(n_risk, n_events)[0]
    estimate = std_error = NAN
    reason = ""
    if tau > grid.times[-1] and survival[-1] > 0.0:
        reason = f"follow-up ends at {grid.times[-1]:g}, before tau = {tau:g}, with subjects free of the event"
    else:
        area, rest = _areas(grid.times, survival, tau)
        estimate = float(area)
        left = n_risk - n_events
        alive = left > 1e-12 * n_risk
        hazard = np.zeros(grid.size)
        hazard[alive] = n_events[alive] / (n_risk[alive] * left[alive])
        if sample.robust:
            infinite = np.where(alive, left, np.inf)
            variance = _jackknife(sample, grid.codes, grid.entry, (grid.times, survival, rest, hazard, infinite), tau)
        else:
            variance = float(np.sum(rest**2 * hazard))
        std_error = float(np.sqrt(variance))
    z = normal_quantile(conf_level)
    return RestrictedMean(
        tau=tau,
        estimate=estimate,
        std_error=std_error,
        conf_low=max(0.0, estimate - z * std_error) if not reason else NAN,
        conf_high=min(tau, estimate + z * std_error) if not reason else NAN,
        conf_level=conf_level,
        lost=tau - estimate,
        n=sample.time.size,
        n_events=int(np.count_nonzero(sample.event)),
        method="area under the Kaplan-Meier curve" + (", robust variance" if sample.robust else ""),
        status="NE" if reason else "",
        reason=reason,
        n_times_joined=grid.n_joined,
        dropped=dropped,
    )


def _areas(times: NDArray[np.float64], survival: NDArray[np.float64], tau: float) -> tuple[float, NDArray[np.float64]]:
    """Return the area up to tau, and from each time to tau (0 from tau on)."""
    edges = np.minimum(np.concatenate([times, [np.inf]]), tau)
    pieces = np.diff(edges) * survival
    rest = np.cumsum(pieces[::-1])[::-1]
    return float(edges[0] + rest[0]), rest


def _jackknife(
    sample: Sample,
    codes: NDArray[np.int64],
    entry: NDArray[np.int64],
    curve: tuple[NDArray[np.float64], ...],
    tau: float,
) -> float:
    """Return the variance from the influence of each row (or cluster) on the area."""
    times, survival, rest, hazard, left = curve
    a = np.cumsum(hazard)
    pieces = np.diff(np.minimum(np.concatenate([times, [np.inf]]), tau)) * survival * a
    before = np.concatenate([[0.0], np.cumsum(pieces)])[:-1]
    leaving = before + a * rest
    influence = np.where(sample.event, rest[codes] / left[codes], 0.0) - leaving[codes]
    if entry.size:
        # what a row that enters late does not take part in: the sums up to its entry
        influence += np.concatenate([[0.0], leaving])[entry]
    if sample.weights.size:
        influence = influence * sample.weights
    return float(np.sum(np.bincount(sample.cluster_codes(), influence) ** 2))
