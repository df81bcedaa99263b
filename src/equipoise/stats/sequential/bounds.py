"""Bounds from a rule: shapes with one constant, spending functions, futility by spending of the type II error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from equipoise.stats.errors import StatsError
from equipoise.stats.roots import bracketed_root
from equipoise.stats.sequential.walk import DOWN, UP, Walk, crossing_probabilities

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = [
    "LARGEST_BOUND",
    "Bounds",
    "at_spending_drift",
    "constant_bounds",
    "drift_for_power",
    "spending_bounds",
    "stopping_probabilities",
    "with_beta_spending",
    "with_shaped_futility",
]

LARGEST_BOUND = 38.0
"""Bound beyond which the normal tail is below 1e-300."""
LARGEST_DRIFT = 1e4
"""Largest drift tried: with it every look is crossed."""
LARGEST_CONSTANT = 1e15
"""Largest constant tried: shapes that fall steeply at early looks need large ones."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """Lower and upper bounds of Z at the looks; infinite where the trial cannot stop on that side."""

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    inner: NDArray[np.float64] | None = None
    """With two sides and futility: the trial stops where |Z| is at most this; minus infinity where it cannot."""


def stopping_probabilities(
    information: NDArray[np.float64], theta: float, bounds: Bounds
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Probability of stopping above the upper bound, below the lower one, and between the inner ones, at each look."""
    if bounds.inner is None:
        up, down = crossing_probabilities(information, theta, bounds.lower, bounds.upper)
        return up, down, np.zeros(up.size)
    walk = Walk(information, theta)
    found = np.zeros((3, information.size))
    for k, (low, high, inner) in enumerate(zip(bounds.lower, bounds.upper, bounds.inner, strict=True)):
        within = walk.between(-float(inner), float(inner)) if inner > 0.0 else 0.0
        found[:, k] = walk.probability(float(high), UP), walk.probability(float(low), DOWN), within
        if k < information.size - 1:
            walk.go_on(float(low), float(high), float(inner))
    return found[0], found[1], found[2]


def spending_bounds(
    information: NDArray[np.float64],
    spent: NDArray[np.float64],
    *,
    sided: int,
    futility: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Upper bounds under which the error spent up to each look is the cumulative `spent`.

    With two sides both bounds of +-b count. `futility` holds binding futility bounds, which end trials: lower bounds
    of Z, with two sides bounds of |Z|.
    """
    walk = Walk(information)
    upper = np.empty(information.size)
    done = 0.0
    for k, total in enumerate(spent):
        upper[k] = walk.bound((total - done) / sided)
        done = max(done, total)
        if k < information.size - 1:
            stop = -math.inf if futility is None else min(futility[k], upper[k])
            walk.go_on(*((-upper[k], upper[k], stop) if sided == 2 else (stop, upper[k])))
    return upper


def constant_bounds(
    information: NDArray[np.float64],
    shape: Callable[[float], NDArray[np.float64]],
    error: float,
    *,
    sided: int,
    futility: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Upper bounds `shape(c)` with the constant c under which the total error is `error`.

    Raises
    ------
    StatsError
        The bounds that do not depend on the constant spend more than `error` (says how much).
    """

    def excess(constant: float) -> float:
        upper = shape(constant)
        stop = np.full(upper.size, -math.inf) if futility is None else np.minimum(futility, upper)
        bounds = Bounds(lower=stop, upper=upper)
        if sided == 2:
            bounds = Bounds(lower=-upper, upper=upper, inner=None if futility is None else stop)
        up, down, _ = stopping_probabilities(information, 0.0, bounds)
        return float(up.sum() + (down.sum() if sided == 2 else 0.0) - error)

    low, high = 0.0, LARGEST_BOUND
    while excess(low) < 0.0:  # errors of one side above a half
        low = 2.0 * low - 1.0
    while excess(high) > 0.0:
        high *= 4.0
        if high > LARGEST_CONSTANT:
            spends = error + excess(high)
            raise StatsError(
                f"boundary: the interim bounds alone spend {spends:.6g}, more than alpha {error!r}; take higher "
                "interim bounds or fewer looks"
            )
    return shape(bracketed_root(excess, low, high))


def drift_for_power(information: NDArray[np.float64], bounds: Bounds, power: float) -> float:
    """Drift (mean of Z at information 1) under which the upper bound is crossed with this probability."""
    return _drift_where(lambda theta: stopping_probabilities(information, theta, bounds)[0].sum(), power)


def _drift_where(power_at: Callable[[float], float], power: float) -> float:
    """Drift under which the rising power is the one asked for."""

    def excess(theta: float) -> float:
        return float(power_at(theta)) - power

    high = 2.0
    while excess(high) < 0.0:
        high *= 1.5
    return bracketed_root(excess, 0.0, high)


def with_shaped_futility(
    information: NDArray[np.float64], upper: NDArray[np.float64], power: float, *, delta: float, sided: int
) -> tuple[Bounds, float]:
    """Futility bounds drift sqrt(I) - c I^(delta - 1/2) that meet the last efficacy bound, and the drift of the power.

    S. Pampallona, A. A. Tsiatis (1994), Journal of Statistical Planning and Inference 42:19. With two sides the bounds
    are of |Z|; negative ones stop nobody.
    """
    curve = information ** (delta - 0.5)

    def bounds(theta: float) -> Bounds:
        stop = np.minimum(theta * np.sqrt(information) - (theta - upper[-1]) * curve, upper)
        stop[-1] = upper[-1]
        if sided == 1:
            return Bounds(lower=stop, upper=upper)
        return Bounds(lower=-upper, upper=upper, inner=np.where(stop < 0.0, -math.inf, stop))

    theta = _drift_where(lambda drift: stopping_probabilities(information, drift, bounds(drift))[0].sum(), power)
    return bounds(theta), theta


def with_beta_spending(
    information: NDArray[np.float64],
    upper: NDArray[np.float64],
    beta_spent: NDArray[np.float64],
    *,
    alpha_spent: NDArray[np.float64] | None,
) -> tuple[Bounds, float]:
    """Futility bounds that spend the type II error, and the drift at which all of it is spent.

    The futility bound of the last look is its efficacy bound. The bounds depend on the drift and the drift on the
    bounds: solved for together.

    Parameters
    ----------
    upper
        Efficacy bounds where futility stops nobody.
    alpha_spent
        Type I error to be spent up to each look, where the futility bounds are binding; None where they are not.
    """

    return at_spending_drift(
        lambda theta: _futility_at(information, upper, beta_spent, alpha_spent, theta), float(upper[-1]), beta_spent[-1]
    )


def at_spending_drift(
    bounds_at: Callable[[float], tuple[Bounds, float]], last: float, beta: float
) -> tuple[Bounds, float]:
    """Bounds under the drift at which all of the type II error is spent, and the drift.

    Parameters
    ----------
    bounds_at
        Bounds under a drift, and by how much the type II error then exceeds what may be spent.
    last
        Efficacy bound of the last look where futility stops nobody.
    beta
        Type II error.

    Raises
    ------
    StatsError
        Futility stops so many that no drift gives the power.
    """
    high = 1.2 * float(max(last, 0.5) - ndtri(beta))
    while bounds_at(high)[1] > 0.0:
        high *= 1.25
        if high > LARGEST_DRIFT:
            raise StatsError(
                "with these futility bounds no effect gives the power: nobody goes on to the last look; let them spend "
                "less at the first looks, or let them not be binding"
            )
    theta = bracketed_root(lambda drift: bounds_at(drift)[1], 1e-3, high)
    return bounds_at(theta)[0], theta


def _futility_at(
    information: NDArray[np.float64],
    upper: NDArray[np.float64],
    beta_spent: NDArray[np.float64],
    alpha_spent: NDArray[np.float64] | None,
    theta: float,
) -> tuple[Bounds, float]:
    """Bounds under one drift, and by how much the type II error then exceeds what may be spent."""
    walk, null = Walk(information, theta), Walk(information)
    lower = np.full(information.size, -math.inf)
    upper = upper.copy()
    last = information.size - 1
    for k in range(last + 1):
        if alpha_spent is not None:
            upper[k] = null.bound(alpha_spent[k] - (alpha_spent[k - 1] if k else 0.0))
        if k == last:
            break
        lower[k] = min(walk.bound(beta_spent[k] - (beta_spent[k - 1] if k else 0.0), DOWN), upper[k])
        walk.go_on(lower[k], upper[k])
        if alpha_spent is not None:
            null.go_on(lower[k], upper[k])
    lower[last] = upper[last]
    missed = walk.probability(upper[last], DOWN) + (beta_spent[last - 1] if last else 0.0)
    return Bounds(lower=lower, upper=upper), missed - beta_spent[last]
