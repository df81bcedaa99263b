"""Where a step function of one variable crosses a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["Jump", "jumps_through"]

BISECTIONS = 80


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class Jump(Result):
    """A place where the estimating function changes sides: neighboring values of psi and the function at both."""

    jump_low: float
    jump_high: float
    z_low: float
    z_high: float

    @property
    def psi(self) -> float:
        """Middle of the jump."""
        return 0.5 * (self.jump_low + self.jump_high)


def jumps_through(
    function: Callable[[float], float], grid: NDArray[np.float64], values: NDArray[np.float64], target: float
) -> list[Jump]:
    """Jumps of a function through a value, between neighbors of a grid on which its values are known.

    Each is bisected to neighboring numbers. Two jumps between one pair of neighbors cancel and are not seen.
    """
    above = values > target
    known = np.isfinite(values)
    places = np.flatnonzero((above[1:] != above[:-1]) & known[1:] & known[:-1])
    return [_bisect(function, target, (grid[i], grid[i + 1]), (values[i], values[i + 1])) for i in places]


def _bisect(
    function: Callable[[float], float], target: float, ends: tuple[float, float], values: tuple[float, float]
) -> Jump:
    (low, high), (z_low, z_high) = ends, values
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        z = function(middle)
        if (z > target) == (z_low > target):
            low, z_low = middle, z
        else:
            high, z_high = middle, z
    return Jump(jump_low=float(low), jump_high=float(high), z_low=float(z_low), z_high=float(z_high))
