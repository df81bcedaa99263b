"""Size of the planned test of responses or means under the allocator, with and without a drift in time."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit, gammaln, logit, ndtr, ndtri, stdtr

from equipoise.design.comparisons import FISHER
from equipoise.stats.allocation import size_of_test

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equipoise.design.allocator import Allocator
    from equipoise.design.comparisons import Comparison

__all__ = ["comparison_sizes"]

ODDS = math.log(2.0)
"""Log odds ratio of the last patient against the first."""


def comparison_sizes(plan: Comparison, allocator: Allocator, trials: int) -> list[dict[str, Any]]:
    """Simulate the size of the planned test."""
    if plan.patients is None or plan.control is None:
        return []
    places = {name: k for k, name in enumerate(allocator.arms)}
    first, second = places[plan.experimental], places[plan.control]
    response = plan.declared.response
    base = response.control if response is not None and response.control is not None else None
    words = "the odds of a response double" if base is not None else "outcomes rise by one standard deviation"
    up = True if response is None or base is None else response.experimental > base

    def p_value(arms: NDArray[np.int8], _levels: NDArray[np.int64], outcome: Any) -> float:
        one, other = outcome[arms == first], outcome[arms == second]
        if not one.size or not other.size:
            return 1.0
        if base is None:
            return _t_p(one, other)
        counts = int(one.sum()), one.size, int(other.sum()), other.size
        if not up:
            counts = one.size - counts[0], one.size, other.size - counts[2], other.size
        return _fisher_p(*counts) if plan.method == FISHER else _score_p(*counts)

    found = []
    scenarios = (("no drift", 0.0), (f"{words} from the first to the last patient", 1.0))
    for name, drift in scenarios:

        def outcome(
            _levels: NDArray[np.int64], entry: NDArray[np.float64], uniforms: NDArray[np.float64], drift: float = drift
        ) -> Any:
            if base is None:
                return ndtri(uniforms[:, 0]) + drift * entry
            return uniforms[:, 0] < expit(logit(base) + drift * ODDS * entry)

        size = size_of_test(
            allocator.plan,
            plan.patients,
            p_value,
            outcome,
            alpha=plan.level,
            frequencies=[factor.shares for factor in allocator.factors] or None,
            n_trials=trials,
            seed=plan.declared.seed,
        )
        row = {"scenario": name, "nominal": plan.level, "size": size.size, "std_error": size.std_error}
        found.append(row | {"trials": trials})
    return found


def _t_p(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """One-sided P of the t test with pooled variance."""
    df = one.size + other.size - 2
    if df < 1:
        return 1.0
    squares = ((one - one.mean()) ** 2).sum() + ((other - other.mean()) ** 2).sum()
    error = math.sqrt(squares / df * (1.0 / one.size + 1.0 / other.size))
    return float(stdtr(df, -(one.mean() - other.mean()) / error)) if error > 0.0 else 1.0


def _score_p(x1: int, n1: int, x2: int, n2: int) -> float:
    """One-sided P of the score test."""
    pooled = (x1 + x2) / (n1 + n2)
    error = math.sqrt(pooled * (1.0 - pooled) * (1.0 / n1 + 1.0 / n2))
    return float(ndtr(-(x1 / n1 - x2 / n2) / error)) if error > 0.0 else 1.0


@lru_cache(maxsize=100_000)
def _fisher_p(x1: int, n1: int, x2: int, n2: int) -> float:
    """One-sided P of Fisher's test: the hypergeometric tail."""
    total = x1 + x2
    k = np.arange(x1, min(n1, total) + 1)

    def choose(n: int, r: Any) -> Any:
        return gammaln(n + 1) - gammaln(r + 1) - gammaln(n - r + 1)

    tail = np.exp(choose(n1, k) + choose(n2, total - k) - choose(n1 + n2, total))
    return float(min(1.0, math.fsum(tail)))
