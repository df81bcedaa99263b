"""Ratio of two proportions (relative risk)."""

import math
from dataclasses import dataclass
from typing import Any

from equipoise.stats.counts.arguments import Arguments
from equipoise.stats.counts.score import TwoProportions
from equipoise.stats.result import Result
from equipoise.stats.roots import bracketed_root
from equipoise.stats.tails import normal_quantile

__all__ = ["RiskRatio", "risk_ratio"]

METHODS = ("miettinen-nurminen", "log")
FARTHEST = 700.0
"""Greatest distance of a log ratio from 0 at which a limit is looked for; beyond it exp overflows."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class RiskRatio(Result):
    """Ratio of two proportions, group 1 over group 2.

    Attributes
    ----------
    estimate
        p1 / p2; 0 or infinity when a group has no events, nan when neither has.
    conf_low, conf_high, conf_level
        Limits; 0 and infinity where the data set none, nan where the method gives none.
    n_events_1, n_1, n_events_2, n_2
        Counts.
    method
        Kind of interval.
    status, reason
        Empty, or "NE" when the ratio has no finite positive estimate, and why.
    """

    estimate: float
    conf_low: float
    conf_high: float
    conf_level: float
    n_events_1: int
    n_1: int
    n_events_2: int
    n_2: int
    method: str
    status: str
    reason: str


def risk_ratio(
    x1: Any, n1: Any, x2: Any, n2: Any, *, method: str = "miettinen-nurminen", conf_level: float = 0.95
) -> RiskRatio:
    """Give p1 / p2 and its two-sided confidence interval.

    Parameters
    ----------
    x1, n1, x2, n2
        Events and subjects of group 1 and group 2.
    method
        "miettinen-nurminen" (score test inverted, constrained maximum likelihood, factor N / (N - 1)) or "log" (normal
        limits of the log ratio; none when a group has no events).
    conf_level
        Confidence level.

    Returns
    -------
    RiskRatio
        Estimate and limits.

    Raises
    ------
    StatsError
        For counts that are no whole numbers, negative or x > n, or an unknown method.

    References
    ----------
    O. Miettinen, M. Nurminen (1985). Comparative analysis of two rates. Statistics in Medicine 4.
    D. Katz and others (1978). Obtaining confidence intervals for the risk ratio in cohort studies. Biometrics 34.

    Examples
    --------
    >>> ratio = risk_ratio(12, 40, 5, 41, method="log")
    >>> round(ratio.estimate, 2), round(ratio.conf_low, 3), round(ratio.conf_high, 3)
    (2.46, 0.953, 6.348)
    """
    check = Arguments()
    events_1, subjects_1 = check.events(("x1", x1), ("n1", n1))
    events_2, subjects_2 = check.events(("x2", x2), ("n2", n2))
    method = check.choice("method", method, METHODS)
    level = check.conf_level(conf_level)
    check.done()
    estimate, low, high = math.nan, math.nan, math.nan
    if subjects_1 and subjects_2:
        pair = TwoProportions(events_1, subjects_1, events_2, subjects_2)
        if events_1 or events_2:
            estimate = math.inf if not events_2 else (events_1 / subjects_1) / (events_2 / subjects_2)
        low, high = _limits(pair, method, normal_quantile(level))
    reason = _reason(events_1, subjects_1, events_2, subjects_2)
    return RiskRatio(
        estimate=estimate,
        conf_low=low,
        conf_high=high,
        conf_level=level,
        n_events_1=events_1,
        n_1=subjects_1,
        n_events_2=events_2,
        n_2=subjects_2,
        method=method,
        status="NE" if reason else "",
        reason=reason,
    )


def _limits(pair: TwoProportions, method: str, z: float) -> tuple[float, float]:
    if method == "miettinen-nurminen":
        low = _score_limit(pair, z) if pair.x1 else 0.0
        high = 1.0 / _score_limit(TwoProportions(pair.x2, pair.n2, pair.x1, pair.n1), z) if pair.x2 else math.inf
        return low, high
    if not (pair.x1 and pair.x2):
        return math.nan, math.nan
    center = math.log(pair.x1 / pair.n1 / (pair.x2 / pair.n2))
    half = z * math.sqrt(1 / pair.x1 - 1 / pair.n1 + 1 / pair.x2 - 1 / pair.n2)
    return math.exp(center - half), math.exp(center + half)


def proportions_in_ratio(pair: TwoProportions, ratio: float) -> tuple[float, float]:
    """Return the maximum likelihood p1 and p2 subject to p1 = ratio p2, by the root of a quadratic equation."""
    a = (pair.n1 + pair.n2) * ratio
    b = pair.n1 * ratio + pair.x1 + pair.n2 + pair.x2 * ratio
    c = pair.x1 + pair.x2
    root = math.sqrt(max(0.0, b * b - 4.0 * a * c))
    p2 = min(1.0, 2.0 * c / (b + root))
    return min(1.0, ratio * p2), p2


def _score_limit(pair: TwoProportions, z: float) -> float:
    """Return the ratio below the observed one that the score test at z just does not reject."""
    p1, p2 = pair.x1 / pair.n1, pair.x2 / pair.n2
    n = pair.n1 + pair.n2

    def distance(log_ratio: float) -> float:
        ratio = math.exp(log_ratio)
        q1, q2 = proportions_in_ratio(pair, ratio)
        variance = (q1 * (1.0 - q1) / pair.n1 + ratio * ratio * q2 * (1.0 - q2) / pair.n2) * n / (n - 1)
        return p1 - ratio * p2 - z * math.sqrt(variance)

    high = math.log(p1 / p2) if p2 > 0.0 else FARTHEST / 2.0
    if distance(high) > -1e-300:
        high -= 2.0**-30
        if distance(high) >= 0.0:
            return math.exp(high)
    low = high - 1.0
    while distance(low) < 0.0 and low > -FARTHEST:
        low -= 2.0 * (high - low)
    return math.exp(bracketed_root(distance, low, high)) if distance(low) >= 0.0 else 0.0


def _reason(x1: int, n1: int, x2: int, n2: int) -> str:
    if not (n1 and n2):
        return f"no subjects in the {'second' if n1 else 'first'} group"
    if not (x1 or x2):
        return "no events in either group"
    return "" if x1 and x2 else f"no events in the {'second' if x1 else 'first'} group"
