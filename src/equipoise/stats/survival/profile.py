"""Profile-likelihood limits of one coefficient of a Cox model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats.tails import chi2_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equipoise.stats.survival.cox_data import CoxData
    from equipoise.stats.survival.cox_fit import CoxFit

MOST_STEPS = 200


def profile_limit(data: CoxData, fit: CoxFit, column: int, conf_level: float, *, upper: bool) -> float:
    """Return the coefficient, above or below the estimate, at which twice the fall of the log-likelihood is the
    chi-square quantile.

    The other coefficients are at their best for each value. Infinite where the likelihood does not fall that far.
    """
    columns = np.sort(np.concatenate([fit.kept, np.fromiter(fit.infinite, np.int64, len(fit.infinite))]))
    at = int(np.searchsorted(columns, column))
    others = np.delete(columns, at)
    target = fit.loglik - chi2_quantile(conf_level, 1.0) / 2.0
    sign = 1.0 if upper else -1.0
    if column in fit.infinite and (fit.infinite[column] > 0) == upper:
        return sign * np.inf
    if column in fit.infinite:
        inside, beta = _far_inside(data, fit, column), np.zeros(others.size)
        width = 1.0
    else:
        position = int(np.flatnonzero(fit.kept == column)[0])
        inside, beta = float(fit.beta[position]), np.delete(fit.beta, position)
        width = 2.0 * float(np.sqrt(fit.vcov[position, position]))
    outside = inside + sign * width
    value, slope, beta = _profile(data, columns, at, outside, beta)
    steps = 0
    while value > target and steps < 60:
        inside, width, steps = outside, width * 1.6, steps + 1
        outside = inside + sign * width
        value, slope, beta = _profile(data, columns, at, outside, beta)
    if not value <= target:
        return sign * np.inf
    root = _solve(data, columns, at, bracket=(inside, outside), target=target, last=(value, slope, beta))
    return root / float(data.scale[column])


def _solve(
    data: CoxData,
    columns: NDArray[np.int64],
    at: int,
    *,
    bracket: tuple[float, float],
    target: float,
    last: tuple[float, float, NDArray[np.float64]],
) -> float:
    """Newton's method on the profile, kept inside the bracket (inside: above the target, outside: at or below it)."""
    inside, outside = bracket
    value, slope, beta = last
    point = outside
    for _ in range(MOST_STEPS):
        step = (target - value) / slope if slope != 0.0 else np.inf
        proposal = point + step
        low, high = min(inside, outside), max(inside, outside)
        if not low < proposal < high:
            proposal = 0.5 * (inside + outside)
        if abs(proposal - point) <= 1e-13 * max(1.0, abs(point)):
            return proposal
        point = proposal
        value, slope, beta = _profile(data, columns, at, point, beta)
        if value > target:
            inside = point
        else:
            outside = point
    return point


def _profile(
    data: CoxData, columns: NDArray[np.int64], at: int, value: float, start: NDArray[np.float64]
) -> tuple[float, float, NDArray[np.float64]]:
    """Return the profile log-likelihood at one value of the coefficient, its slope, and the other coefficients."""
    others = np.delete(columns, at)
    extra = value * data.x[:, columns[at]]
    end = data.maximize(others, start=start, extra=extra)
    full = np.insert(end.beta, at, value)
    slope = data.maximize(columns, start=full, iterations=0).score[at]
    return end.loglik, float(slope), end.beta


def _far_inside(data: CoxData, fit: CoxFit, column: int) -> float:
    """Return a value of an infinite coefficient so far out that the likelihood no longer changes."""
    x = data.x[:, column]
    return fit.infinite[column] * 40.0 / float(np.ptp(x))
