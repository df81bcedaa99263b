"""The path of a group sequential statistic, look by look."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats._kernels.sequential import advance, beyond, bound_of, crossings

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DOWN", "UP", "Walk", "crossing_probabilities"]

UP, DOWN = 1.0, -1.0
ORDER = 16
"""Nodes of a Gauss-Legendre panel; with panels of three standard deviations the rule is exact to rounding."""

NODES, WEIGHTS = np.polynomial.legendre.leggauss(ORDER)


class Walk:
    """Trials that are still going on at the next look, under one drift.

    Parameters
    ----------
    information
        Information at the looks, rising; Z at information I has mean `theta` * sqrt(I).
    """

    def __init__(self, information: NDArray[np.float64], theta: float = 0.0) -> None:
        self.information = information
        self.theta = theta
        self.look = 0
        self._z = np.empty(0)
        self._mass = np.empty(0)

    @property
    def _now(self) -> tuple[float, float]:
        before = self.information[self.look - 1] if self.look else 0.0
        return float(before), float(self.information[self.look])

    def probability(self, bound: float, side: float = UP) -> float:
        """P(reach this look and lie beyond the bound)."""
        if self._nobody():
            return 0.0
        return float(beyond(self._z, self._mass, *self._now, self.theta, bound, side))

    def bound(self, probability: float, side: float = UP) -> float:
        """Bound beyond which this probability lies; infinite where there is none."""
        if self._nobody():
            return math.inf * side
        return float(bound_of(self._z, self._mass, *self._now, self.theta, probability, side))

    def between(self, low: float, high: float) -> float:
        """P(reach this look and lie between two points)."""
        return self.probability(low) - self.probability(high)

    def go_on(self, lower: float, upper: float, inner: float = -math.inf) -> None:
        """Move to the next look, of trials between the bounds and, where `inner` is not negative, |Z| above it."""
        before, now = self._now
        if not self._nobody():
            after = float(self.information[self.look + 1])
            stretches = ((lower, upper),) if inner < 0.0 else ((lower, -inner), (inner, upper))
            parts = [
                advance(self._z, self._mass, before, now, after, self.theta, low, high, NODES, WEIGHTS)
                for low, high in stretches
            ]
            self._z, self._mass = (np.concatenate(pieces) for pieces in zip(*parts, strict=True))
        self.look += 1

    def _nobody(self) -> bool:
        return self.look > 0 and self._z.size == 0


def crossing_probabilities(
    information: NDArray[np.float64], theta: float, lower: NDArray[np.float64], upper: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Probability of first crossing the upper, and the lower, bound at each look."""
    up, down = crossings(information, theta, lower, upper, NODES, WEIGHTS)
    return up, down
