"""Difference of two proportions, in one table or over strata."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from equipoise.stats.counts.arguments import Arguments
from equipoise.stats.counts.binomial import wilson
from equipoise.stats.counts.score import TwoProportions, score_limits
from equipoise.stats.result import Result
from equipoise.stats.tails import normal_quantile

__all__ = ["RiskDifference", "risk_difference"]

METHODS = ("newcombe", "miettinen-nurminen", "wald", "wald-cc", "mantel-haenszel")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class RiskDifference(Result):
    """Difference of two proportions, group 1 less group 2.

    Attributes
    ----------
    estimate
        p1 - p2; over strata the mean of the differences weighted by n1 n2 / (n1 + n2). nan when a group is empty.
    conf_low, conf_high
        Limits at `conf_level`; nan where the method gives none.
    conf_level
        Confidence level.
    n_events_1, n_1, n_events_2, n_2
        Counts used, summed over the strata with information.
    n_strata
        Strata used; 1 for a single table.
    strata_without_information
        Positions (from 0) of strata in which a group has no subject; they are left out.
    method
        Kind of interval.
    status, reason
        Empty, or "NE" and why.
    """

    estimate: float
    conf_low: float
    conf_high: float
    conf_level: float
    n_events_1: int
    n_1: int
    n_events_2: int
    n_2: int
    n_strata: int
    strata_without_information: tuple[int, ...]
    method: str
    status: str
    reason: str


def risk_difference(
    x1: Any, n1: Any, x2: Any, n2: Any, *, method: str = "newcombe", conf_level: float = 0.95
) -> RiskDifference:
    """Give p1 - p2 and its two-sided confidence interval; with sequences, a common difference over strata.

    Parameters
    ----------
    x1, n1, x2, n2
        Events and subjects of group 1 and group 2: four whole numbers, or four sequences with one entry per stratum.
    method
        "newcombe" (square-and-add of Wilson limits; Yan and Su over strata), "miettinen-nurminen" (score test inverted,
        constrained maximum likelihood, factor N / (N - 1)), "wald", "wald-cc" (with continuity correction (1/n1 + 1/n2)
        / 2, at most |p1 - p2|, as R's prop.test; one table only), "mantel-haenszel" (Wald with Sato's variance, valid
        in sparse strata).
    conf_level
        Confidence level.

    Returns
    -------
    RiskDifference
        Estimate and limits within [-1, 1].

    Raises
    ------
    StatsError
        For counts that are no whole numbers, negative or x > n, sequences of unequal length, an unknown method.

    References
    ----------
    O. Miettinen, M. Nurminen (1985). Comparative analysis of two rates. Statistics in Medicine 4.
    R. G. Newcombe (1998). Interval estimation for the difference between proportions. Statistics in Medicine 17.
    X. Yan, X. G. Su (2010). Stratified Wilson and Newcombe intervals. Statistics in Biopharmaceutical Research 2.
    T. Sato (1989). On the variance estimator for the Mantel-Haenszel risk difference. Biometrics 45.

    Examples
    --------
    >>> d = risk_difference(7, 89, 0, 72)
    >>> round(d.estimate, 3), round(d.conf_low, 3), round(d.conf_high, 3)
    (0.079, 0.014, 0.154)
    """
    check = Arguments()
    strata = _strata(check, {"x1": x1, "n1": n1, "x2": x2, "n2": n2})
    method = check.choice("method", method, METHODS)
    level = check.conf_level(conf_level)
    if method == "wald-cc" and len(strata) > 1:
        check.add(
            "method",
            "'wald-cc' is for one table; over strata use 'miettinen-nurminen', 'newcombe' or 'mantel-haenszel'",
        )
    check.done()
    used = [TwoProportions(*s) for s in strata if s[1] and s[3]]
    estimate, (low, high), reason = math.nan, (math.nan, math.nan), ""
    if used:
        total = math.fsum(s.weight for s in used)
        estimate = math.fsum(s.weight / total * s.difference for s in used)
        low, high = _limits(used, method, normal_quantile(level), estimate)
    else:
        empty = "first" if not sum(s[1] for s in strata) else "second"
        reason = f"no subjects in the {empty} group" if len(strata) == 1 else "no stratum with subjects in both groups"
    return RiskDifference(
        estimate=estimate,
        conf_low=max(-1.0, low) if used else low,
        conf_high=min(1.0, high) if used else high,
        conf_level=level,
        n_events_1=sum(s.x1 for s in used),
        n_1=sum(s.n1 for s in used),
        n_events_2=sum(s.x2 for s in used),
        n_2=sum(s.n2 for s in used),
        n_strata=len(used),
        strata_without_information=tuple(i for i, s in enumerate(strata) if not (s[1] and s[3])),
        method=method,
        status="" if used else "NE",
        reason=reason,
    )


def _strata(check: Arguments, given: dict[str, Any]) -> list[tuple[int, int, int, int]]:
    """Check the counts and return one tuple (x1, n1, x2, n2) per stratum."""
    lengths = {name: None if np.ndim(value) == 0 else len(value) for name, value in given.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name}: {'a single number' if n is None else n}" for name, n in lengths.items())
        check.fail("x1, n1, x2, n2", f"expected four numbers or four sequences of one length, got {said}")
    rows = list(zip(*([v] if lengths[k] is None else list(v) for k, v in given.items()), strict=True))
    if not rows:
        check.fail("x1, n1, x2, n2", "no strata: the sequences are empty")
    out = []
    for i, (x1, n1, x2, n2) in enumerate(rows):
        at = None if lengths["x1"] is None else i
        out.append((*check.events(("x1", x1), ("n1", n1), at), *check.events(("x2", x2), ("n2", n2), at)))
    return out


def _limits(strata: Sequence[TwoProportions], method: str, z: float, estimate: float) -> tuple[float, float]:
    if method == "miettinen-nurminen":
        return score_limits(strata, z)
    if method == "newcombe":
        return _newcombe(strata, z, estimate)
    if method == "mantel-haenszel":
        half = z * math.sqrt(_sato_variance(strata, estimate))
    else:
        half = z * math.sqrt(_wald_variance(strata))
        if method == "wald-cc":
            half += min(0.5 * (1.0 / strata[0].n1 + 1.0 / strata[0].n2), abs(estimate))
    return estimate - half, estimate + half


def _wald_variance(strata: Sequence[TwoProportions]) -> float:
    total = math.fsum(s.weight for s in strata)
    return math.fsum(
        (s.weight / total) ** 2 * (s.x1 / s.n1 * (1 - s.x1 / s.n1) / s.n1 + s.x2 / s.n2 * (1 - s.x2 / s.n2) / s.n2)
        for s in strata
    )


def _sato_variance(strata: Sequence[TwoProportions], estimate: float) -> float:
    total = math.fsum(s.weight for s in strata)
    p = math.fsum(
        (s.n1**2 * s.x2 - s.n2**2 * s.x1 + s.n1 * s.n2 * (s.n2 - s.n1) / 2.0) / (s.n1 + s.n2) ** 2 for s in strata
    )
    q = math.fsum((s.x1 * (s.n2 - s.x2) + s.x2 * (s.n1 - s.x1)) / (2.0 * (s.n1 + s.n2)) for s in strata)
    return max(0.0, estimate * p + q) / total**2


def _newcombe(strata: Sequence[TwoProportions], z: float, estimate: float) -> tuple[float, float]:
    """Square and add: distances of the Wilson limits from the proportions, or their stratified form."""
    total = math.fsum(s.weight for s in strata)
    weights = [s.weight / total for s in strata]
    l1, u1 = _stratified_wilson([(s.x1, s.n1) for s in strata], weights, z)
    l2, u2 = _stratified_wilson([(s.x2, s.n2) for s in strata], weights, z)
    spread1 = math.fsum(w * w / s.n1 for w, s in zip(weights, strata, strict=True))
    spread2 = math.fsum(w * w / s.n2 for w, s in zip(weights, strata, strict=True))
    low = z * math.sqrt(spread1 * l1 * (1.0 - l1) + spread2 * u2 * (1.0 - u2))
    high = z * math.sqrt(spread1 * u1 * (1.0 - u1) + spread2 * l2 * (1.0 - l2))
    return estimate - low, estimate + high


def _stratified_wilson(groups: Sequence[tuple[int, int]], weights: Sequence[float], z: float) -> tuple[float, float]:
    """Return the mean Wilson limits at a quantile lowered so that the mean has the wanted confidence."""
    variances = [x / n * (1.0 - x / n) / n for x, n in groups]
    if not any(variances):
        variances = [1.0 / n for _, n in groups]
    root = math.sqrt(math.fsum(w * w * v for w, v in zip(weights, variances, strict=True)))
    lowered = z * root / math.fsum(w * math.sqrt(v) for w, v in zip(weights, variances, strict=True))
    limits = [wilson(x, n, lowered) for x, n in groups]
    return tuple(math.fsum(w * limit[side] for w, limit in zip(weights, limits, strict=True)) for side in (0, 1))  # type: ignore[return-value]
