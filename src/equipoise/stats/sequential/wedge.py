"""Futility of a two-sided design: the trial stops where |Z| is small, by spending of the type II error."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats.roots import bracketed_root
from equipoise.stats.sequential.bounds import LARGEST_BOUND, Bounds, at_spending_drift
from equipoise.stats.sequential.walk import DOWN, Walk

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["with_wedge_spending"]


def with_wedge_spending(
    information: NDArray[np.float64],
    upper: NDArray[np.float64],
    beta_spent: NDArray[np.float64],
    *,
    alpha_spent: NDArray[np.float64] | None,
) -> tuple[Bounds, float]:
    """Inner bounds of |Z| that spend the type II error, and the drift at which all of it is spent.

    Up to each look the trial has stopped without success, within the inner bounds or beyond the bound of the other
    side, with the probability that is to be spent. The inner bound of the last look is its efficacy bound.

    Parameters
    ----------
    upper
        Efficacy bounds, both sides, where futility stops nobody.
    alpha_spent
        Type I error of both sides to be spent up to each look, where the inner bounds are binding; None where not.
    """
    return at_spending_drift(
        lambda theta: _wedge_at(information, upper, beta_spent, alpha_spent, theta), float(upper[-1]), beta_spent[-1]
    )


def _wedge_at(
    information: NDArray[np.float64],
    upper: NDArray[np.float64],
    beta_spent: NDArray[np.float64],
    alpha_spent: NDArray[np.float64] | None,
    theta: float,
) -> tuple[Bounds, float]:
    """Bounds under one drift, and by how much the type II error then exceeds what may be spent."""
    walk, null = Walk(information, theta), Walk(information)
    inner = np.full(information.size, -math.inf)
    upper = upper.copy()
    last = information.size - 1
    missed = 0.0
    for k in range(last + 1):
        if alpha_spent is not None:
            upper[k] = null.bound((alpha_spent[k] - (alpha_spent[k - 1] if k else 0.0)) / 2.0)
        missed += walk.probability(-upper[k], DOWN)
        inner[k] = upper[k] if k == last else _inner_bound(walk, beta_spent[k] - missed, float(upper[k]))
        if inner[k] > 0.0:
            missed += walk.between(-inner[k], inner[k])
        if k < last:
            walk.go_on(-upper[k], upper[k], inner[k])
            if alpha_spent is not None:
                null.go_on(-upper[k], upper[k], inner[k])
    return Bounds(lower=-upper, upper=upper, inner=inner), missed - beta_spent[last]


def _inner_bound(walk: Walk, probability: float, most: float) -> float:
    """Bound of |Z| within which trials end with this probability; at most the efficacy bound, none for nothing."""
    if probability <= 0.0:
        return -math.inf
    most = min(most, LARGEST_BOUND)
    if walk.between(-most, most) <= probability:
        return most
    return bracketed_root(lambda c: walk.between(-c, c) - probability, 0.0, most)
