"""Damped Newton steps with the exact Hessian."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equipoise.stats.mixed.likelihood import PatternLikelihood, Slopes, Value
    from equipoise.stats.mixed.points import PointLikelihood

    Likelihood = PatternLikelihood | PointLikelihood

MOST_STEPS = 60
QUADRATIC = 1e-7
"""Newton decrement g'H^-1 g below which full steps converge quadratically and the function cannot tell them apart."""
CONVERGED = 1e-18
BOUNDARY = 0.7
"""Largest part of the way to a singular matrix that one step goes: leaps end at optima that are none."""
LOST = 1e-9
"""Smallest eigenvalue of a correlation matrix at which the likelihood is taken to rise without bound."""
FLATTEST = 1e-10
"""Smallest eigenvalue of the Hessian, relative to the largest and in units of the parameters, that counts as curved."""


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """Where the steps ended; `trouble` is empty at a proper optimum."""

    value: Value
    slopes: Slopes
    iterations: int
    decrement: float
    theta_vcov: NDArray[np.float64]
    trouble: str


def minimize(likelihood: Likelihood, start: NDArray[np.float64]) -> Optimum:
    """Minimize from a starting point at which the function exists."""
    at = likelihood.value(start)
    if at is None:
        raise ValueError("the function does not exist at the starting point")
    best = np.inf
    for iteration in range(MOST_STEPS):
        slopes = likelihood.slopes(at)
        if likelihood.weakest(at.theta) < LOST:
            return _ended(likelihood, at, slopes, iteration, np.inf, "the covariance matrix becomes singular")
        step, decrement, curved = _newton_step(slopes, likelihood.scales(at.theta))
        if curved and (decrement < CONVERGED or (decrement < QUADRATIC and decrement >= 0.25 * best)):
            return _ended(likelihood, at, slopes, iteration, decrement, "")
        best = decrement if curved else np.inf
        moved = _full_step(likelihood, at, step) if curved and decrement < QUADRATIC else None
        moved = moved or _search(likelihood, at, slopes, step)
        if moved is None:
            trouble = "" if curved and decrement < QUADRATIC else "no step raises the likelihood any more"
            return _ended(likelihood, at, slopes, iteration, decrement, trouble)
        at = moved
    return _ended(likelihood, at, likelihood.slopes(at), MOST_STEPS, decrement, f"no optimum in {MOST_STEPS} steps")


def _newton_step(slopes: Slopes, scales: NDArray[np.float64]) -> tuple[NDArray[np.float64], float, bool]:
    """Return step, decrement, and whether the function is convex here; elsewhere eigenvalues count by their size."""
    gradient = slopes.gradient * scales
    hessian = slopes.hessian * scales[:, None] * scales
    values, vectors = np.linalg.eigh(hessian)
    curved = bool(values[0] > FLATTEST * values[-1])
    size = np.maximum(np.abs(values), FLATTEST * max(float(np.abs(values).max()), 1e-300))
    along = vectors.T @ gradient
    step = -(vectors @ (along / size)) * scales
    return step, float(along @ (along / size)), curved


def _full_step(likelihood: Likelihood, at: Value, step: NDArray[np.float64]) -> Value | None:
    return likelihood.value(at.theta + step)


def _search(likelihood: Likelihood, at: Value, slopes: Slopes, step: NDArray[np.float64]) -> Value | None:
    """Halve the step until the function falls as its slope promises."""
    slope = float(slopes.gradient @ step)
    size = min(1.0, BOUNDARY * likelihood.room(at.theta, step))
    for _ in range(40):
        trial = likelihood.value(at.theta + size * step)
        if trial is not None and trial.objective <= at.objective + 1e-4 * size * slope:
            return trial
        size /= 2.0
    return None


def _ended(  # noqa: PLR0917 - one place builds the record
    likelihood: Likelihood, at: Value, slopes: Slopes, iterations: int, decrement: float, trouble: str
) -> Optimum:
    scales = likelihood.scales(at.theta)
    values, vectors = np.linalg.eigh(slopes.hessian * scales[:, None] * scales)
    if values[0] <= FLATTEST * values[-1]:
        k = scales.size
        return Optimum(at, slopes, iterations, decrement, np.full((k, k), np.nan), trouble or _flat(values))
    turned = vectors * scales[:, None]
    return Optimum(at, slopes, iterations, decrement, (turned / values) @ turned.T, trouble)


def _flat(values: NDArray[np.float64]) -> str:
    shape = "flat" if values[0] > -FLATTEST * values[-1] else "not convex"
    return f"the likelihood is {shape} in some direction of the covariance parameters"
