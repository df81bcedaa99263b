"""Ratio and difference of the event rates of two groups."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from equipoise.stats.counts.arguments import Arguments
from equipoise.stats.counts.binomial import clopper_pearson
from equipoise.stats.counts.conditional import ConditionalTable
from equipoise.stats.counts.rates import poisson_limits
from equipoise.stats.result import Result
from equipoise.stats.roots import bracketed_root
from equipoise.stats.tails import normal_quantile

__all__ = ["RateDifference", "RateRatio", "rate_difference", "rate_ratio"]

DIFFERENCE_METHODS = ("score", "mover", "wald")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class RateRatio(Result):
    """Ratio of two rates, group 1 over group 2.

    Attributes
    ----------
    estimate
        Ratio of the rates; 0 or infinity when a group has no events, nan when neither has.
    conf_low, conf_high, conf_level
        Exact limits, given the total number of events.
    p_value, p_greater, p_less
        Exact conditional p-values: two-sided, ratio above 1, ratio below 1.
    n_events_1, time_1, n_events_2, time_2
        Events and observation time.
    method
        How the numbers were computed.
    status, reason
        Empty, or "NE" when the ratio has no finite positive estimate, and why.
    """

    estimate: float
    conf_low: float
    conf_high: float
    conf_level: float
    p_value: float
    p_greater: float
    p_less: float
    n_events_1: int
    time_1: float
    n_events_2: int
    time_2: float
    method: str
    status: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class RateDifference(Result):
    """Difference of two rates, group 1 less group 2.

    Attributes
    ----------
    estimate, conf_low, conf_high, conf_level
        Difference of the rates per `per` units of time, and its limits.
    per
        Amount of observation time that the rates refer to.
    n_events_1, time_1, n_events_2, time_2
        Events and observation time.
    method
        Kind of interval.
    status, reason
        Empty, or "NE" and why.
    """

    estimate: float
    conf_low: float
    conf_high: float
    conf_level: float
    per: float
    n_events_1: int
    time_1: float
    n_events_2: int
    time_2: float
    method: str
    status: str
    reason: str


def rate_ratio(events_1: Any, time_1: Any, events_2: Any, time_2: Any, *, conf_level: float = 0.95) -> RateRatio:
    """Give the ratio of two Poisson rates with exact limits and p-values.

    Given the total of events, those of group 1 are binomial; the two-sided p-value sums the outcomes no more probable
    than the observed one, within a factor 1 + 1e-7 (the rule of R's poisson.test).

    Parameters
    ----------
    events_1, time_1, events_2, time_2
        Events and observation time of group 1 and group 2, both times in one unit.
    conf_level
        Confidence level.

    Returns
    -------
    RateRatio
        Ratio, limits and p-values.

    Raises
    ------
    StatsError
        For events that are no whole numbers of 0 or more, negative times, or events without observation time.

    References
    ----------
    J. Przyborowski, H. Wilenski (1940). Homogeneity of results in testing samples from Poisson series. Biometrika 31.

    Examples
    --------
    >>> ratio = rate_ratio(51, 51.0, 70, 85.0)
    >>> round(ratio.estimate, 3), round(ratio.p_value, 3)
    (1.214, 0.302)
    """
    check = Arguments()
    x1, t1, x2, t2 = _rates(check, events_1, time_1, events_2, time_2)
    level = check.conf_level(conf_level)
    check.done()
    estimate, low, high = math.nan, 0.0, math.inf
    p_value = p_greater = p_less = math.nan
    if t1 and t2 and x1 + x2:
        estimate = (x1 / t1) / (x2 / t2) if x2 else math.inf
        share_low, share_high = clopper_pearson(x1, x1 + x2, (1.0 - level) / 2.0)
        low = share_low / (1.0 - share_low) * t2 / t1
        high = share_high / (1.0 - share_high) * t2 / t1 if share_high < 1.0 else math.inf
        distribution = _binomial(x1 + x2, t1 / t2)
        p_value = distribution.two_sided(x1)
        p_less, p_greater, _ = distribution.tails(x1)
    reason = _reason(x1, t1, x2, t2)
    return RateRatio(
        estimate=estimate,
        conf_low=low,
        conf_high=high,
        conf_level=level,
        p_value=p_value,
        p_greater=p_greater,
        p_less=p_less,
        n_events_1=x1,
        time_1=t1,
        n_events_2=x2,
        time_2=t2,
        method="exact, given the total of events",
        status="NE" if reason else "",
        reason=reason,
    )


def rate_difference(
    events_1: Any,
    time_1: Any,
    events_2: Any,
    time_2: Any,
    *,
    per: float = 1.0,
    method: str = "score",
    conf_level: float = 0.95,
) -> RateDifference:
    """Give the difference of two Poisson rates and its two-sided confidence interval.

    Parameters
    ----------
    events_1, time_1, events_2, time_2
        Events and observation time of group 1 and group 2, both times in one unit.
    per
        Amount of time the rates refer to.
    method
        "score" (Miettinen and Nurminen: score test inverted, constrained maximum likelihood), "mover" (square-and-add
        of exact limits) or "wald".
    conf_level
        Confidence level.

    Returns
    -------
    RateDifference
        Difference and limits.

    Raises
    ------
    StatsError
        For events that are no whole numbers of 0 or more, negative times, or events without observation time.

    References
    ----------
    O. Miettinen, M. Nurminen (1985). Comparative analysis of two rates. Statistics in Medicine 4.

    Examples
    --------
    >>> difference = rate_difference(0, 12.0, 5, 14.0)
    >>> round(difference.conf_low, 3), round(difference.conf_high, 3)
    (-0.836, -0.037)
    """
    check = Arguments()
    x1, t1, x2, t2 = _rates(check, events_1, time_1, events_2, time_2)
    unit = check.positive("per", per)
    level = check.conf_level(conf_level)
    method = check.choice("method", method, DIFFERENCE_METHODS)
    check.done()
    estimate = low = high = math.nan
    reason = ""
    if t1 and t2:
        estimate = x1 / t1 - x2 / t2
        low, high = _difference_limits((x1, t1), (x2, t2), method, level)
    else:
        reason = f"no observation time in the {'second' if t1 else 'first'} group"
    return RateDifference(
        estimate=estimate * unit,
        conf_low=low * unit,
        conf_high=high * unit,
        conf_level=level,
        per=unit,
        n_events_1=x1,
        time_1=t1,
        n_events_2=x2,
        time_2=t2,
        method=method,
        status="NE" if reason else "",
        reason=reason,
    )


def _rates(check: Arguments, *given: Any) -> tuple[int, float, int, float]:
    numbers: list[Any] = []
    for group in (1, 2):
        events, time = given[2 * group - 2 : 2 * group]
        count, total = check.count(f"events_{group}", events), check.exposure(f"time_{group}", time)
        if count and total == 0.0:
            check.add(f"time_{group}", f"{count} events in an observation time of 0")
        numbers += [count, total]
    return numbers[0], numbers[1], numbers[2], numbers[3]


def _binomial(n: int, odds: float) -> ConditionalTable:
    """Return the distribution of 0..n with these odds at a rate ratio of 1."""
    k = np.arange(n, dtype=np.float64)
    log_ratio = np.log(n - k) - np.log(k + 1.0) + math.log(odds)
    return ConditionalTable.from_ratios(0, log_ratio)


def _difference_limits(
    one: tuple[int, float], two: tuple[int, float], method: str, level: float
) -> tuple[float, float]:
    (x1, t1), (x2, t2) = one, two
    estimate, z = x1 / t1 - x2 / t2, normal_quantile(level)
    if method == "wald":
        half = z * math.sqrt(x1 / t1**2 + x2 / t2**2)
        return estimate - half, estimate + half
    if method == "mover":
        l1, u1 = (limit / t1 for limit in poisson_limits(x1, "exact", (1.0 - level) / 2.0))
        l2, u2 = (limit / t2 for limit in poisson_limits(x2, "exact", (1.0 - level) / 2.0))
        p1, p2 = x1 / t1, x2 / t2
        return estimate - math.hypot(p1 - l1, u2 - p2), estimate + math.hypot(u1 - p1, p2 - l2)
    return -_score_upper(two, one, z), _score_upper(one, two, z)


def _score_upper(one: tuple[int, float], two: tuple[int, float], z: float) -> float:
    """Return the difference above the observed one that the score test at z just does not reject."""
    (x1, t1), (x2, t2) = one, two
    estimate = x1 / t1 - x2 / t2

    def distance(delta: float) -> float:
        rate1, rate2 = constrained_rates(one, two, delta)
        return delta - estimate - z * math.sqrt(rate1 / t1 + rate2 / t2)

    step = z * z / t1 + z * z / t2 + z * math.sqrt(x1 / t1**2 + x2 / t2**2)
    high = estimate + step
    while distance(high) < 0.0:
        step *= 2.0
        high = estimate + step
    low = estimate + step * 2.0**-40
    return bracketed_root(distance, low, high) if distance(low) < 0.0 else estimate


def constrained_rates(one: tuple[int, float], two: tuple[int, float], delta: float) -> tuple[float, float]:
    """Return the maximum likelihood rates of two groups whose difference is delta."""
    if delta < 0.0:
        second, first = constrained_rates(two, one, -delta)
        return first, second
    (x1, t1), (x2, t2) = one, two
    total = t1 + t2
    b = total * delta - x1 - x2
    root = math.sqrt(b * b + 4.0 * total * x2 * delta)
    rate2 = (root - b) / (2.0 * total) if b <= 0.0 else 2.0 * x2 * delta / (b + root)
    return rate2 + delta, rate2


def _reason(x1: int, t1: float, x2: int, t2: float) -> str:
    if not (t1 and t2):
        return f"no observation time in the {'second' if t1 else 'first'} group"
    if not x1 and not x2:
        return "no events in either group"
    return "" if x1 and x2 else f"no events in the {'second' if x1 else 'first'} group"
