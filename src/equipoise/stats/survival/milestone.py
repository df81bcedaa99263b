"""Difference of two survival probabilities at one time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats.errors import StatsError
from equipoise.stats.result import Result
from equipoise.stats.survival.groups import reference_first
from equipoise.stats.survival.kaplan_meier import SurvivalAt, kaplan_meier
from equipoise.stats.survival.sample import read_sample
from equipoise.stats.tails import normal_lower, normal_quantile, normal_two_sided
from equipoise.stats.validate import InputCheck, Missing

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

METHODS = ("log-log", "plain")
NAN = float("nan")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class MilestoneDifference(Result):
    """Survival probabilities of two groups at one time compared: the other group less the reference.

    `survival` holds the probability per group, the reference first, `survival_std_error` its standard error. `p_value`
    is two-sided; `p_one_sided` is against the alternative that the other group survives more often, `p_opposite` the
    other tail. `status` is "NE" where a probability, or with `method` "log-log" its transform, cannot be given; the
    difference stands where both probabilities are known.
    """

    time: float
    groups: tuple[Any, ...]
    reference: Any
    survival: NDArray[np.float64]
    survival_std_error: NDArray[np.float64]
    n_risk: NDArray[np.int64]
    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    conf_level: float
    p_value: float
    p_one_sided: float
    p_opposite: float
    method: str
    status: str
    reason: str
    dropped: dict[str, NDArray[np.int64]]


def milestone_difference(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    at: float,
    reference: object | None = None,
    entry: ArrayLike | None = None,
    method: str = "log-log",
    conf_level: float = 0.95,
    missing: Missing = "raise",
) -> MilestoneDifference:
    """Compare the Kaplan-Meier curves of two groups at one time.

    Parameters
    ----------
    time, event, entry
        As in `kaplan_meier`.
    group
        (n,) labels of two groups.
    at
        The time of comparison, above 0.
    reference
        The group that is subtracted; default the first in sorted order.
    method
        "log-log": test on the scale log(-log S), limits by square-and-add of the log-log limits of the two curves;
        "plain": test and limits from the difference and its standard error.
    conf_level
        Confidence level of the limits.
    missing
        "raise", or "drop" rows with missing values.

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used, or there are not two groups.

    References
    ----------
    J. P. Klein, B. Logan, M. Harhoff, P. K. Andersen (2007). Analyzing survival curves at a fixed point in time.
    Statistics in Medicine 26.
    G. Y. Zou, A. Donner (2008). Construction of confidence limits about effect measures. Statistics in Medicine 27.

    Examples
    --------
    >>> found = milestone_difference([1, 2, 3, 4, 2, 4, 6, 8], [1] * 8, ["a"] * 4 + ["b"] * 4, at=3)
    >>> found.survival.tolist(), found.estimate
    ([0.25, 0.75], 0.5)
    """
    check = InputCheck(missing=missing)
    sample = read_sample(check, time, event, entry=entry)
    labels = check.labels("group", group)
    check.open_interval("at", at, 0.0, float("inf"))
    check.choice("method", method, METHODS)
    level = check.open_interval("conf_level", conf_level, 0.0, 1.0)
    check.finish()
    sample = sample.kept(check)
    groups, codes = reference_first(labels.levels, check.keep(labels.codes)[0], reference)
    if len(groups) != 2:
        raise StatsError(f"group: expected two groups, found {len(groups)}: {', '.join(map(repr, groups))}")
    points = []
    for code in (0, 1):
        rows = sample.rows(codes == code)
        curve = kaplan_meier(rows.time, rows.event, entry=rows.entry, conf_type="log-log", conf_level=level)
        points.append(curve.at(float(at)))
    reason = _reason(groups, points, method)
    estimate, std_error, low, high, z = _compare(points[0], points[1], method, level)
    if reason:
        low = high = z = NAN
    known = not any(_unknown(point) for point in points)
    return MilestoneDifference(
        time=float(at),
        groups=groups,
        reference=groups[0],
        survival=np.array([_survival(point) for point in points]),
        survival_std_error=np.array([float(point.std_error[0]) for point in points]),
        n_risk=np.array([int(point.n_risk[0]) for point in points]),
        estimate=estimate if known else NAN,
        std_error=std_error if known else NAN,
        conf_low=low,
        conf_high=high,
        conf_level=level,
        p_value=normal_two_sided(z),
        p_one_sided=normal_lower(-z),
        p_opposite=normal_lower(z),
        method=f"difference of Kaplan-Meier probabilities, {method}",
        status="NE" if reason else "",
        reason=reason,
        dropped=check.dropped,
    )


def _compare(a: SurvivalAt, b: SurvivalAt, method: str, level: float) -> tuple[float, float, float, float, float]:
    """Return the difference b - a, its standard error and limits, and z (above 0: b survives more often)."""
    s_a, s_b = float(a.estimate[0]), float(b.estimate[0])
    se_a, se_b = float(a.std_error[0]), float(b.std_error[0])
    difference, std_error = s_b - s_a, float(np.hypot(se_a, se_b))
    with np.errstate(divide="ignore", invalid="ignore"):
        if method == "plain":
            half = normal_quantile(level) * std_error
            return (
                difference,
                std_error,
                max(-1.0, difference - half),
                min(1.0, difference + half),
                float(np.divide(difference, std_error)),
            )
        low = difference - float(np.hypot(s_b - b.conf_low[0], a.conf_high[0] - s_a))
        high = difference + float(np.hypot(b.conf_high[0] - s_b, s_a - a.conf_low[0]))
        errors = [np.divide(se, s * np.log(s)) for s, se in ((s_a, se_a), (s_b, se_b))]
        scale = float(np.log(np.log(s_a) / np.log(s_b)))
        return difference, std_error, low, high, scale / float(np.hypot(*errors))


def _unknown(point: SurvivalAt) -> bool:
    return bool(point.beyond_follow_up[0]) and float(point.estimate[0]) > 0.0


def _survival(point: SurvivalAt) -> float:
    return NAN if _unknown(point) else float(point.estimate[0])


def _reason(groups: tuple[Any, ...], points: list[SurvivalAt], method: str) -> str:
    """Say what cannot be given: a curve not followed so far, or a probability of 0 or 1 without a standard error."""
    reasons = []
    for label, point in zip(groups, points, strict=True):
        survival = float(point.estimate[0])
        if _unknown(point):
            reasons.append(f"follow-up of group {label!r} ends before {point.time[0]:g}")
        elif survival == 0.0 or (survival == 1.0 and method == "log-log"):
            reasons.append(f"the probability in group {label!r} is {survival:g}, which has no limits")
    if not reasons and all(float(point.std_error[0]) == 0.0 for point in points):
        reasons.append("no events in either group so far: the difference has no standard error")
    return "; ".join(reasons)
