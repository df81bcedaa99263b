"""Fisher's exact test of a 2 x 2 table."""

import math
from dataclasses import dataclass
from typing import Any

from equipoise.stats.counts.arguments import Arguments
from equipoise.stats.counts.conditional import conditional_table
from equipoise.stats.result import Result

__all__ = ["FisherExact", "fisher_exact"]

ALTERNATIVES = ("two-sided", "greater", "less")
LIMITS = ("exact", "mid-p")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class FisherExact(Result):
    """Fisher's exact test with the conditional odds ratio.

    Attributes
    ----------
    n
        Total of the table.
    p_value
        P-value against `alternative`; nan when a row of the table is empty.
    p_mid
        The same less half the probability of the observed table.
    p_greater, p_less
        One-sided p-values: odds ratio above 1, below 1.
    odds_ratio
        Conditional maximum likelihood estimate; 0 or infinity when a cell forces it.
    conf_low, conf_high
        Limits of the odds ratio, solved to the last digits.
    conf_level
        Confidence level.
    alternative
        "two-sided", "greater" or "less".
    method
        How the p-value and the limits were computed.
    status, reason
        Empty, or "NE" when the odds ratio has no finite positive estimate, and why; the p-value stands unless nan.
    """

    n: int
    p_value: float
    p_mid: float
    p_greater: float
    p_less: float
    odds_ratio: float
    conf_low: float
    conf_high: float
    conf_level: float
    alternative: str
    method: str
    status: str
    reason: str


def fisher_exact(
    table: Any, *, alternative: str = "two-sided", limits: str = "exact", conf_level: float = 0.95
) -> FisherExact:
    """Test independence in a 2 x 2 table, conditioning on both margins.

    The two-sided p-value is the probability of all tables no more probable than the observed one, within a factor 1 +
    1e-7 (the rule of R and SAS). Two-sided limits of the odds ratio have half of 1 - conf_level in each tail, as in R;
    the two rules can disagree about an odds ratio of 1.

    Parameters
    ----------
    table
        [[events 1, non-events 1], [events 2, non-events 2]]: rows are groups.
    alternative
        "two-sided", "greater" (odds ratio above 1) or "less"; one-sided alternatives give one-sided limits.
    limits
        "exact", or "mid-p" for limits that count half the probability of the observed table.
    conf_level
        Confidence level of the odds ratio.

    Returns
    -------
    FisherExact
        P-values, conditional odds ratio and its limits.

    Raises
    ------
    StatsError
        For anything but four whole numbers of 0 or more in two rows, or an unknown setting.

    References
    ----------
    R. A. Fisher (1935). The logic of inductive inference. Journal of the Royal Statistical Society 98.
    A. Agresti (2013). Categorical Data Analysis, sections 3.5 and 16.6.

    Examples
    --------
    >>> round(fisher_exact([[7, 82], [0, 72]]).p_value, 4)
    0.0172
    """
    check = Arguments()
    a, b, c, d = check.two_by_two("table", table)
    alternative = check.choice("alternative", alternative, ALTERNATIVES)
    limits = check.choice("limits", limits, LIMITS)
    level = check.conf_level(conf_level)
    check.done()
    distribution = conditional_table(a, b, c, d)
    less, greater, observed = distribution.tails(a)
    p_value = {"two-sided": distribution.two_sided(a), "greater": greater, "less": less}[alternative]
    tail = (1.0 - level) / 2.0 if alternative == "two-sided" else 1.0 - level
    estimable = distribution.support.size > 1
    low, high = 0.0, math.inf
    if estimable and alternative != "less":
        low = distribution.lower_limit(a, tail, mid=limits == "mid-p")
    if estimable and alternative != "greater":
        high = distribution.upper_limit(a, tail, mid=limits == "mid-p")
    empty = a + b == 0 or c + d == 0
    odds_ratio = distribution.odds_ratio(a)
    reason = _reason(a, b, c, d, odds_ratio)
    return FisherExact(
        n=a + b + c + d,
        p_value=math.nan if empty else p_value,
        p_mid=math.nan if empty else p_value - observed / 2.0,
        p_greater=math.nan if empty else greater,
        p_less=math.nan if empty else less,
        odds_ratio=odds_ratio,
        conf_low=low,
        conf_high=high,
        conf_level=level,
        alternative=alternative,
        method=f"Fisher exact, conditional odds ratio with {limits} limits",
        status="NE" if reason else "",
        reason=reason,
    )


def _reason(a: int, b: int, c: int, d: int, odds_ratio: float) -> str:
    """Say why the odds ratio has no finite positive estimate."""
    if a + b == 0 or c + d == 0:
        return "no subjects in the " + ("first" if a + b == 0 else "second") + " group: nothing can be tested"
    if a + c == 0 or b + d == 0:
        return "no events in either group" if a + c == 0 else "every subject of both groups has the event"
    if odds_ratio == 0.0:
        return "no events in the first group" if a == 0 else "every subject of the second group has the event"
    if math.isinf(odds_ratio):
        return "no events in the second group" if c == 0 else "every subject of the first group has the event"
    return ""
