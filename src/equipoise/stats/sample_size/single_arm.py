"""Single-arm phase II trials: exact binomial tests, Simon's two stages, inference after them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import bdtr, bdtrc

from equipoise.stats._kernels.two_stage import best_two_stage
from equipoise.stats.result import Result
from equipoise.stats.roots import bracketed_root
from equipoise.stats.sample_size.arguments import Check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = [
    "SingleArmSize",
    "TwoStageDesign",
    "TwoStageInference",
    "sample_size_single_arm",
    "simon_two_stage",
    "two_stage_inference",
]

SEARCHED_AHEAD = 200
"""Sizes looked at beyond the first one, to see whether the power holds."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class SingleArmSize(Result):
    """Size of a single-arm trial with an exact binomial test: more than `most_responses` responses are a success."""

    n: int
    most_responses: int
    """Responses at which the treatment is still given up."""
    alpha: float
    """Exact type I error."""
    power: float
    """Exact power."""
    n_from_which_power_holds: int
    """Size from which on no larger one has less power than asked for (the power is a saw)."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class TwoStageDesign(Result):
    """A two-stage design: give up after n1 patients with at most r1 responses, after n with at most r."""

    kind: str
    r1: int
    n1: int
    r: int
    n: int
    expected_n: float
    """Expected size under the null proportion."""
    stop_early: float
    """Probability of stopping after the first stage under the null proportion."""
    alpha: float
    """Exact type I error."""
    power: float
    """Exact power."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class TwoStageInference(Result):
    """Inference after a two-stage trial, in the stage-wise ordering of outcomes."""

    responses: int
    n: int
    proportion: float
    """Responses over patients: biased."""
    estimate: float
    """Uniformly minimum variance unbiased estimate."""
    p_value: float
    """One-sided, against the null proportion."""
    conf_low: float
    conf_high: float
    conf_level: float

    def _columns(self) -> Mapping[str, list[object]]:
        return {
            "estimate": [self.estimate],
            "conf_low": [self.conf_low],
            "conf_high": [self.conf_high],
            "p_value": [self.p_value],
        }


def _two_proportions(null: float, alternative: float, alpha: float, power: float) -> Check:
    check = Check()
    check.inside(null=null, alternative=alternative, alpha=alpha, power=power)
    if not check.problems and alternative <= null:
        check.problem("alternative", f"expected more than the null proportion {null!r}, got {alternative!r}")
    return check


def sample_size_single_arm(
    null: float, alternative: float, *, alpha: float = 0.05, power: float = 0.8, smallest: int = 1
) -> SingleArmSize:
    """Smallest single-arm trial whose exact binomial test keeps alpha and has the power.

    Parameters
    ----------
    null, alternative
        Proportions of responses that are not worth while, and that are.
    smallest
        Size from which on the trial is looked for: one more than an earlier answer gives the next size that has the
        power.

    Raises
    ------
    StatsError
        Lists everything that is wrong, an alternative that is not above the null proportion among it.
    """
    check = _two_proportions(null, alternative, alpha, power)
    if not (isinstance(smallest, int) and smallest >= 1):
        check.problem("smallest", f"expected a whole number of at least 1, got {smallest!r}")
    check.finish()
    found: tuple[int, int] | None = None
    holds = 0
    n = smallest - 1
    while found is None or n < found[0] + SEARCHED_AHEAD:
        n += 1
        r = _critical(n, null, alpha)
        if float(bdtrc(r, n, alternative)) >= power if r < n else False:
            found = found or (n, r)
            holds = holds or n
        else:
            holds = 0
    size, most = found
    return SingleArmSize(
        n=size,
        most_responses=most,
        alpha=float(bdtrc(most, size, null)),
        power=float(bdtrc(most, size, alternative)),
        n_from_which_power_holds=holds,
    )


def _critical(n: int, null: float, alpha: float) -> int:
    """Fewest responses that may be exceeded with probability at most alpha."""
    r = np.arange(n + 1)
    tails = np.append(bdtrc(r[:-1], n, null), 0.0)
    return int(np.flatnonzero(tails <= alpha)[0])


def simon_two_stage(
    null: float, alternative: float, *, alpha: float = 0.05, power: float = 0.8, largest: int = 100
) -> list[TwoStageDesign]:
    """Simon's two-stage designs: the optimal, the minimax, and those between that are admissible.

    Parameters
    ----------
    null, alternative
        Proportions of responses that are not worth while, and that are.
    largest
        Largest total size searched.

    Returns
    -------
    list of TwoStageDesign
        Rising n: first the minimax (least n, then least expected n), last the optimal (least expected n under the null
        proportion); between them the designs that are best for some weight of n against expected n.

    Raises
    ------
    StatsError
        Lists everything that is wrong; no design up to `largest` (says so).

    References
    ----------
    R. Simon (1989). Controlled Clinical Trials 10:1. S.-H. Jung et al. (2004). Statistics in Medicine 23:561.
    """
    check = _two_proportions(null, alternative, alpha, power)
    if not (isinstance(largest, int) and 2 <= largest <= 500):
        check.problem("largest", f"expected a whole number from 2 to 500, got {largest!r}")
    check.finish()
    rows = best_two_stage(largest, null, alternative, alpha, 1.0 - power)
    rows = rows[rows[:, 0] >= 0]
    if not rows.size:
        check.problem("largest", f"no two-stage design of at most {largest} patients has this alpha and power")
        check.finish()
    optimal = int(np.argmin(rows[:, 4]))
    chosen = _hull(rows[: optimal + 1, 3], rows[: optimal + 1, 4])
    return [
        _design(rows[i], null, alternative, "optimal" if i == optimal else "minimax" if i == 0 else "admissible")
        for i in chosen
    ]


def _hull(n: NDArray[np.float64], expected: NDArray[np.float64]) -> list[int]:
    """Corners of the lower convex hull of expected n over n."""
    corners: list[int] = []
    for i in range(n.size):
        if corners and expected[i] >= expected[corners].min():
            continue
        while len(corners) > 1:
            a, b = corners[-2:]
            if (expected[b] - expected[a]) * (n[i] - n[a]) >= (expected[i] - expected[a]) * (n[b] - n[a]):
                corners.pop()
            else:
                break
        corners.append(i)
    return corners


def _design(row: NDArray[np.float64], null: float, alternative: float, kind: str) -> TwoStageDesign:
    r1, n1, r, n = (int(v) for v in row[:4])
    return TwoStageDesign(
        kind=kind,
        r1=r1,
        n1=n1,
        r=r,
        n=n,
        expected_n=float(row[4]),
        stop_early=float(bdtr(r1, n1, null)),
        alpha=_exceeds(r1, n1, r, n, null),
        power=_exceeds(r1, n1, r, n, alternative),
    )


def _exceeds(r1: int, n1: int, r: int, n: int, p: float) -> float:
    """P(more than r1 responses in the first stage and more than r in all)."""
    x = np.arange(r1 + 1, n1 + 1)
    first = _pmf(x, n1, p)
    return float((first * _more_than(r - x, n - n1, p)).sum())


def _pmf(x: NDArray[np.int64], n: int, p: float) -> NDArray[np.float64]:
    below = np.where(x > 0, bdtr(np.maximum(x - 1, 0), n, p), 0.0)
    out: NDArray[np.float64] = bdtr(x, n, p) - below
    return out


def _more_than(r: NDArray[np.int64], n: int, p: float) -> NDArray[np.float64]:
    """P(X > r) for X binomial (n, p), for any whole r."""
    inside = bdtrc(np.clip(r, 0, n), n, p)
    out: NDArray[np.float64] = np.where(r < 0, 1.0, np.where(r >= n, 0.0, inside))
    return out


def two_stage_inference(
    responses: int,
    *,
    r1: int,
    n1: int,
    n: int,
    null: float,
    conf_level: float = 0.9,
    conf_type: Literal["exact", "clinfun"] = "exact",
) -> TwoStageInference:
    """Unbiased estimate, p-value and confidence interval after a two-stage trial.

    Parameters
    ----------
    responses
        Responses in all; at most r1 when the trial stopped after the first stage.
    r1, n1, n
        The design.
    null
        Null proportion.
    conf_type
        ``exact``: under the upper limit an outcome as low or lower has the probability of the tail, so that the
        interval covers at least as often as it says; ``clinfun``: an outcome that is lower, as R's clinfun has it.

    Raises
    ------
    StatsError
        Numbers that are not of a two-stage trial.

    References
    ----------
    S.-H. Jung, K. M. Kim (2004). Statistics in Medicine 23:881.
    C. Jennison, B. W. Turnbull (1983). Technometrics 25:49.
    """
    check = Check()
    check.inside(null=null, conf_level=conf_level)
    check.one_of("conf_type", conf_type, ("exact", "clinfun"))
    if not all(isinstance(count, int | np.integer) for count in (responses, r1, n1, n)):
        check.problem("responses", f"expected whole numbers, got {responses!r}, r1 {r1!r}, n1 {n1!r}, n {n!r}")
    elif not 0 <= r1 < n1 < n:
        check.problem("n", f"expected 0 <= r1 < n1 < n, got r1 {r1!r}, n1 {n1!r}, n {n!r}")
    elif not 0 <= responses <= n:
        check.problem("responses", f"expected 0 to {n}, got {responses!r}")
    check.finish()
    stopped = responses <= r1
    tail = 0.5 * (1.0 - conf_level)

    def at_least(p: float, count: int) -> float:
        if count <= r1 + 1:
            return float(bdtrc(count - 1, n1, p)) if count > 0 else 1.0
        return _exceeds(r1, n1, count - 1, n, p)

    def limit(share: float, count: int) -> float:
        return bracketed_root(lambda p: at_least(p, count) - share, 1e-12, 1.0 - 1e-12)

    low = 0.0 if responses == 0 else limit(tail, responses)
    above = responses + (1 if conf_type == "exact" else 0)
    high = 1.0 if above > n else limit(1.0 - tail, above) if above > 0 else 0.0
    size = n1 if stopped else n
    return TwoStageInference(
        responses=responses,
        n=size,
        proportion=responses / size,
        estimate=responses / n1 if stopped else _unbiased(responses, r1, n1, n),
        p_value=at_least(null, responses),
        conf_low=low,
        conf_high=high,
        conf_level=conf_level,
    )


def _unbiased(responses: int, r1: int, n1: int, n: int) -> float:
    """Mean of the proportion of the first stage given the total."""
    n2 = n - n1
    low, high = max(r1 + 1, responses - n2), min(n1, responses)
    first = range(low, high + 1)
    below = sum(math.comb(n1, x) * math.comb(n2, responses - x) for x in first)
    above = sum(math.comb(n1 - 1, x - 1) * math.comb(n2, responses - x) for x in first if x > 0)
    return above / below
