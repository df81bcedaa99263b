"""Event rates per observation time: one rate, and the ratio and difference of two."""

import math
from dataclasses import dataclass
from typing import Any

from scipy.special import gammainc, gammaincc, gammainccinv, gammaincinv, gammaln

from equipoise.stats.counts.arguments import Arguments
from equipoise.stats.result import Result
from equipoise.stats.tails import normal_quantile

__all__ = ["Rate", "rate_ci"]

METHODS = ("exact", "byar", "score")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class Rate(Result):
    """A rate of events per observation time.

    Attributes
    ----------
    n_events, time
        Events and observation time, in the unit given.
    per
        Amount of observation time that the rate refers to.
    estimate, conf_low, conf_high
        Rate per `per` units of time and its limits.
    conf_level
        Confidence level.
    method
        Kind of interval.
    status, reason
        Empty, or "NE" and why.
    """

    n_events: int
    time: float
    per: float
    estimate: float
    conf_low: float
    conf_high: float
    conf_level: float
    method: str
    status: str
    reason: str


def rate_ci(events: Any, time: Any, *, per: float = 1.0, method: str = "exact", conf_level: float = 0.95) -> Rate:
    """Give the rate of events per observation time and its two-sided confidence interval.

    For an exposure-adjusted incidence rate, events are subjects with a first event and the time runs, for each subject,
    to that event or to the end of observation.

    Parameters
    ----------
    events
        Number of events, Poisson distributed.
    time
        Total observation time, any unit; with 0 the result has status "NE".
    per
        Amount of time the rate refers to: with days, `per=36525` gives a rate per 100 person-years.
    method
        "exact" (Garwood), "byar" (approximation by the cube root) or "score".
    conf_level
        Confidence level.

    Returns
    -------
    Rate
        Rate and limits; with no events the lower limit is 0.

    Raises
    ------
    StatsError
        For events that are no whole number of 0 or more, a negative time, or an unknown setting.

    References
    ----------
    F. Garwood (1936). Fiducial limits for the Poisson distribution. Biometrika 28.

    Examples
    --------
    >>> rate = rate_ci(0, 10)
    >>> round(rate.conf_high, 4)
    0.3689
    """
    check = Arguments()
    count, total = check.count("events", events), check.exposure("time", time)
    unit = check.positive("per", per)
    level = check.conf_level(conf_level)
    method = check.choice("method", method, METHODS)
    if count and total == 0.0:
        check.add("time", f"{count} events in an observation time of 0")
    check.done()
    low = high = math.nan
    if total > 0.0:
        low, high = (limit / total * unit for limit in poisson_limits(count, method, (1.0 - level) / 2.0))
    return Rate(
        n_events=count,
        time=total,
        per=unit,
        estimate=count / total * unit if total > 0.0 else math.nan,
        conf_low=low,
        conf_high=high,
        conf_level=level,
        method=method,
        status="" if total > 0.0 else "NE",
        reason="" if total > 0.0 else "no observation time",
    )


def poisson_limits(count: int, method: str, tail: float) -> tuple[float, float]:
    """Return the limits of a Poisson mean, each with probability `tail` outside."""
    if method == "exact":
        low = gamma_quantile(count, tail) if count else 0.0
        return low, gamma_quantile(count + 1, tail, upper=True)
    z = normal_quantile(1.0 - 2.0 * tail)
    if method == "score":
        half = z * math.sqrt(count + z * z / 4.0)
        return (count + z * z / 2.0 - half if count else 0.0), count + z * z / 2.0 + half
    more = count + 1
    low = count * (1.0 - 1.0 / (9.0 * count) - z / (3.0 * math.sqrt(count))) ** 3 if count else 0.0
    return max(0.0, low), more * (1.0 - 1.0 / (9.0 * more) + z / (3.0 * math.sqrt(more))) ** 3


def gamma_quantile(shape: float, tail: float, *, upper: bool = False) -> float:
    """Return the point below (or above) which a unit gamma variable lies with probability `tail`."""
    inverse, forward, sign = (gammainccinv, gammaincc, 1.0) if upper else (gammaincinv, gammainc, -1.0)
    x = float(inverse(shape, tail))
    density = math.exp((shape - 1.0) * math.log(x) - x - float(gammaln(shape)))
    return x + sign * (float(forward(shape, x)) - tail) / density if density > 0.0 else x
