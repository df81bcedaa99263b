"""Bootstrap of patients through a whole procedure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["resample"]


def resample(
    experimental: NDArray[np.bool_],
    estimate: Callable[[NDArray[np.int64]], tuple[float, ...]],
    *,
    samples: int,
    seed: int,
) -> NDArray[np.float64]:
    """Estimates of samples drawn with replacement within each arm: one row a sample, nan where there is none.

    Every sample has a random stream of its own, so that sample k can be drawn again alone.
    """
    arms = [np.flatnonzero(experimental), np.flatnonzero(~experimental)]
    rows = []
    for k in range(samples):
        generator = np.random.Generator(np.random.Philox(key=[seed, k]))
        drawn = np.concatenate([arm[generator.integers(arm.size, size=arm.size)] for arm in arms])
        rows.append(estimate(drawn))
    return np.array(rows)
