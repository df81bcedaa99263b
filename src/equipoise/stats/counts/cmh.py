"""Cochran-Mantel-Haenszel test of 2 x 2 tables over strata."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from equipoise.stats.counts.arguments import Arguments
from equipoise.stats.counts.conditional import conditional_tables
from equipoise.stats.result import Result
from equipoise.stats.tails import chi2_upper, normal_lower, normal_quantile

__all__ = ["MantelHaenszelTest", "cmh_test"]

Table = tuple[int, int, int, int]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class MantelHaenszelTest(Result):
    """Cochran-Mantel-Haenszel test with the common odds ratio.

    Attributes
    ----------
    statistic, df, p_value
        Chi-square with 1 degree of freedom; with `exact` the statistic is the sum of the first cells and the p-value
        that of the exact conditional test.
    z
        Signed root of the statistic: above 0 when group 1 has more events than expected; nan with `exact`.
    p_greater, p_less
        One-sided p-values: common odds ratio above 1, below 1.
    odds_ratio
        Mantel-Haenszel estimate, or with `exact` the conditional maximum likelihood estimate.
    conf_low, conf_high, conf_level
        Limits of the odds ratio: Robins, Breslow and Greenland, or exact.
    n, n_strata
        Subjects and strata used.
    strata_without_information
        Positions (from 0) of strata with an empty row or column: they add nothing and are left out.
    method
        How the numbers were computed.
    status, reason
        Empty, or "NE" when the odds ratio has no finite positive estimate or nothing can be tested, and why.
    """

    statistic: float
    df: int
    p_value: float
    z: float
    p_greater: float
    p_less: float
    odds_ratio: float
    conf_low: float
    conf_high: float
    conf_level: float
    n: int
    n_strata: int
    strata_without_information: tuple[int, ...]
    method: str
    status: str
    reason: str


def cmh_test(
    tables: Any, *, correction: bool = False, exact: bool = False, conf_level: float = 0.95
) -> MantelHaenszelTest:
    """Test association of group and event over strata.

    Parameters
    ----------
    tables
        One 2 x 2 table per stratum, [[events 1, non-events 1], [events 2, non-events 2]]; shape (strata, 2, 2).
    correction
        Continuity correction: |sum of observed - expected| is lowered by one half, not below 0.
    exact
        Exact conditional test and limits instead of the chi-square approximation.
    conf_level
        Confidence level of the odds ratio.

    Returns
    -------
    MantelHaenszelTest
        Test and common odds ratio; one-sided p-values beside the two-sided one.

    Raises
    ------
    StatsError
        For anything but 2 x 2 tables of whole numbers of 0 or more, or with both `correction` and `exact`.

    References
    ----------
    N. Mantel, W. Haenszel (1959). Statistical aspects of the analysis of data from retrospective studies. JNCI 22.
    J. Robins, N. Breslow, S. Greenland (1986). Estimators of the Mantel-Haenszel variance. Biometrics 42.

    Examples
    --------
    >>> test = cmh_test([[[5, 1], [40, 33]], [[3, 2], [49, 38]]])
    >>> round(test.p_value, 4), round(test.odds_ratio, 4)
    (0.2716, 2.1175)
    """
    check = Arguments()
    if not hasattr(tables, "__len__") or isinstance(tables, str) or not len(tables):
        check.fail("tables", "expected one 2 x 2 table per stratum, got none")
    strata: list[Table] = [check.two_by_two(f"tables[{k}]", table) for k, table in enumerate(tables)]
    level = check.conf_level(conf_level)
    if correction and exact:
        check.add("correction", "an exact test has no continuity correction; choose one of `correction` and `exact`")
    check.done()
    used = [s for s in strata if _informs(s)]
    numbers = _exact(used, level) if exact else _approximate(used, level, correction)
    reason = _reason(used, numbers["odds_ratio"])
    return MantelHaenszelTest(
        df=1 if used else 0,
        conf_level=level,
        n=sum(sum(s) for s in used),
        n_strata=len(used),
        strata_without_information=tuple(k for k, s in enumerate(strata) if not _informs(s)),
        method=_method(correction, exact),
        status="NE" if reason else "",
        reason=reason,
        **numbers,
    )


def _method(correction: bool, exact: bool) -> str:
    if exact:
        return "exact conditional test over strata"
    return "Cochran-Mantel-Haenszel" + (" with continuity correction" if correction else "")


def _informs(table: Table) -> bool:
    a, b, c, d = table
    return min(a + b, c + d, a + c, b + d) > 0


def _approximate(strata: Sequence[Table], level: float, correction: bool) -> dict[str, float]:
    names = ("statistic", "p_value", "z", "p_greater", "p_less", "odds_ratio", "conf_low", "conf_high")
    if not strata:
        return dict.fromkeys(names, math.nan)
    excess = math.fsum(a - (a + b) * (a + c) / (a + b + c + d) for a, b, c, d in strata)
    variance = math.fsum(
        (a + b) * (c + d) * (a + c) * (b + d) / ((a + b + c + d) ** 2 * (a + b + c + d - 1)) for a, b, c, d in strata
    )
    distance = abs(excess) - (min(0.5, abs(excess)) if correction else 0.0)
    z = math.copysign(distance, excess) / math.sqrt(variance)
    values = (z * z, chi2_upper(z * z, 1), z, normal_lower(-z), normal_lower(z), *_common_odds_ratio(strata, level))
    return dict(zip(names, values, strict=True))


def _common_odds_ratio(strata: Sequence[Table], level: float) -> tuple[float, float, float]:
    """Return the Mantel-Haenszel odds ratio and the limits of Robins, Breslow and Greenland."""
    r = [a * d / (a + b + c + d) for a, b, c, d in strata]
    s = [b * c / (a + b + c + d) for a, b, c, d in strata]
    p = [(a + d) / (a + b + c + d) for a, b, c, d in strata]
    r_sum, s_sum = math.fsum(r), math.fsum(s)
    if r_sum == 0.0 or s_sum == 0.0:
        estimate = math.nan if r_sum == s_sum else 0.0 if r_sum == 0.0 else math.inf
        return estimate, math.nan, math.nan
    rows = list(zip(r, s, p, strict=True))
    variance = (
        math.fsum(pi * ri for ri, _, pi in rows) / (2.0 * r_sum**2)
        + math.fsum(pi * si + (1.0 - pi) * ri for ri, si, pi in rows) / (2.0 * r_sum * s_sum)
        + math.fsum((1.0 - pi) * si for _, si, pi in rows) / (2.0 * s_sum**2)
    )
    center, half = math.log(r_sum / s_sum), normal_quantile(level) * math.sqrt(variance)
    return r_sum / s_sum, math.exp(center - half), math.exp(center + half)


def _exact(strata: Sequence[Table], level: float) -> dict[str, float]:
    x = sum(s[0] for s in strata)
    if not strata:
        nothing = dict.fromkeys(("p_value", "z", "p_greater", "p_less", "odds_ratio"), math.nan)
        return {"statistic": math.nan, **nothing, "conf_low": 0.0, "conf_high": math.inf}
    r = math.fsum((a + 0.5) * (d + 0.5) / (a + b + c + d) for a, b, c, d in strata)
    s = math.fsum((b + 0.5) * (c + 0.5) / (a + b + c + d) for a, b, c, d in strata)
    distribution = conditional_tables(strata, math.log(r / s))
    less, greater, _ = distribution.tails(x)
    tail = (1.0 - level) / 2.0
    return {
        "statistic": float(x),
        "p_value": distribution.two_sided(x),
        "z": math.nan,
        "p_greater": greater,
        "p_less": less,
        "odds_ratio": distribution.odds_ratio(x),
        "conf_low": distribution.lower_limit(x, tail),
        "conf_high": distribution.upper_limit(x, tail),
    }


def _reason(strata: Sequence[Table], odds_ratio: float) -> str:
    if not strata:
        return "no stratum has both groups, events and non-events: nothing can be tested"
    if math.isnan(odds_ratio):
        return "no stratum tells odds ratios apart"
    if odds_ratio == 0.0 or math.isinf(odds_ratio):
        return f"a cell is empty in every stratum: the common odds ratio is {'0' if odds_ratio == 0.0 else 'unbounded'}"
    return ""
