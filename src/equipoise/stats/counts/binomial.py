"""Confidence interval of one proportion."""

import math
from dataclasses import dataclass
from typing import Any

from scipy.special import betainc, betaincc, betainccinv, betaincinv, betaln

from equipoise.stats.counts.arguments import Arguments
from equipoise.stats.result import Result
from equipoise.stats.tails import normal_quantile

__all__ = ["Proportion", "binomial_ci"]

METHODS = ("clopper-pearson", "wilson", "wilson-cc", "agresti-coull", "jeffreys", "wald")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class Proportion(Result):
    """A proportion with its confidence interval.

    Attributes
    ----------
    n_events, n
        Subjects with the event, and all subjects.
    estimate
        n_events / n; nan when there are no subjects.
    conf_low, conf_high
        Limits at `conf_level`.
    conf_level
        Confidence level.
    method
        Kind of interval.
    status, reason
        Empty, or "NE" (not estimable) and why.
    """

    n_events: int
    n: int
    estimate: float
    conf_low: float
    conf_high: float
    conf_level: float
    method: str
    status: str
    reason: str


def binomial_ci(x: Any, n: Any, method: str = "clopper-pearson", *, conf_level: float = 0.95) -> Proportion:
    """Give the proportion x / n and its two-sided confidence interval.

    Parameters
    ----------
    x
        Subjects with the event.
    n
        All subjects; with 0 the result has status "NE".
    method
        "clopper-pearson" (exact), "wilson" (score), "wilson-cc" (score with continuity correction), "agresti-coull",
        "jeffreys" (equal tails, with 0 and 1 as limits at x = 0 and x = n) or "wald".
    conf_level
        Confidence level.

    Returns
    -------
    Proportion
        Estimate and limits, all within [0, 1].

    Raises
    ------
    StatsError
        For counts that are no whole numbers, negative, or x > n; for an unknown method or confidence level.

    References
    ----------
    L. D. Brown, T. T. Cai, A. DasGupta (2001). Interval estimation for a binomial proportion. Statistical Science 16.
    R. G. Newcombe (1998). Two-sided confidence intervals for the single proportion. Statistics in Medicine 17.

    Examples
    --------
    >>> ci = binomial_ci(0, 74)
    >>> round(ci.conf_high, 4)
    0.0486
    """
    check = Arguments()
    events, subjects = check.events(("x", x), ("n", n))
    level = check.conf_level(conf_level)
    method = check.choice("method", method, METHODS)
    check.done()
    low = high = estimate = math.nan
    if subjects:
        estimate = events / subjects
        low, high = interval(events, subjects, method, level)
    return Proportion(
        n_events=events,
        n=subjects,
        estimate=estimate,
        conf_low=low,
        conf_high=high,
        conf_level=level,
        method=method,
        status="" if subjects else "NE",
        reason="" if subjects else "no subjects",
    )


def interval(x: int, n: int, method: str, conf_level: float) -> tuple[float, float]:
    """Return the limits of a proportion for checked counts with n > 0."""
    tail = (1.0 - conf_level) / 2.0
    z = normal_quantile(conf_level)
    if method == "clopper-pearson":
        return clopper_pearson(x, n, tail)
    if method == "jeffreys":
        low = beta_quantile(x + 0.5, n - x + 0.5, tail) if x > 0 else 0.0
        return low, beta_quantile(x + 0.5, n - x + 0.5, tail, upper=True) if x < n else 1.0
    if method == "agresti-coull":
        center, size = (x + z * z / 2.0) / (n + z * z), n + z * z
        half = z * math.sqrt(center * (1.0 - center) / size)
        return max(0.0, center - half), min(1.0, center + half)
    if method == "wald":
        p = x / n
        half = z * math.sqrt(p * (1.0 - p) / n)
        return max(0.0, p - half), min(1.0, p + half)
    return wilson(x, n, z, 0.5 if method == "wilson-cc" else 0.0)


def clopper_pearson(x: int, n: int, tail: float) -> tuple[float, float]:
    """Return the exact limits, each with probability `tail` outside."""
    low = beta_quantile(x, n - x + 1, tail) if x > 0 else 0.0
    high = beta_quantile(x + 1, n - x, tail, upper=True) if x < n else 1.0
    return low, high


def beta_quantile(a: float, b: float, tail: float, *, upper: bool = False) -> float:
    """Return the point below (or above) which a beta variable lies with probability `tail`.

    scipy's inverse can leave 1e-11 of the point; one Newton step takes it to the last digits.
    """
    inverse, forward, sign = (betainccinv, betaincc, 1.0) if upper else (betaincinv, betainc, -1.0)
    p = float(inverse(a, b, tail))
    if not 0.0 < p < 1.0:
        return p
    density = math.exp((a - 1.0) * math.log(p) + (b - 1.0) * math.log1p(-p) - float(betaln(a, b)))
    return p + sign * (float(forward(a, b, p)) - tail) / density


def wilson(x: int, n: int, z: float, correction: float = 0.0) -> tuple[float, float]:
    """Return the score limits; `correction` is 0.5 with continuity correction."""
    low = 0.0 if x == 0 else _score_limit(x - correction, n, z, -1.0)
    high = 1.0 if x == n else _score_limit(x + correction, n, z, 1.0)
    return low, high


def _score_limit(x: float, n: int, z: float, sign: float) -> float:
    p, half = x / n, z * z / (2.0 * n)
    root = sign * z * math.sqrt(p * (1.0 - p) / n + half / (2.0 * n))
    return (p + half + root) / (1.0 + 2.0 * half)
