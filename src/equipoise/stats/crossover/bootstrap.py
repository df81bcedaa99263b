"""Bootstrap of patients through a whole procedure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats.survival.parallel import each

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["percentile_limits", "resample"]


def resample(
    experimental: NDArray[np.bool_],
    estimate: Callable[[NDArray[np.int64]], tuple[float, ...]],
    *,
    samples: int,
    seed: int,
) -> NDArray[np.float64]:
    """Estimates of samples drawn with replacement within each arm: one row a sample, nan where there is none.

    Every sample has a random stream of its own, so that sample k can be drawn again alone, and threads
    (`equipoise.stats.threads`) change no bit.
    """
    arms = [np.flatnonzero(experimental), np.flatnonzero(~experimental)]

    def one(k: int) -> tuple[float, ...]:
        generator = np.random.Generator(np.random.Philox(key=[seed, k]))
        return estimate(np.concatenate([arm[generator.integers(arm.size, size=arm.size)] for arm in arms]))

    return np.array(each(one, range(samples)))


def percentile_limits(logs: NDArray[np.float64], conf_level: float) -> tuple[float, float, str]:
    """Percentile limits of a ratio from the logarithms of its samples, and in words how they were made.

    Samples without an estimate are left out; fewer than two estimates give no limits.
    """
    found = logs[np.isfinite(logs)]
    if found.size < 2:
        return math.nan, math.nan, "NE"
    tail = 0.5 * (1.0 - conf_level)
    low, high = np.exp(np.quantile(found, [tail, 1.0 - tail]))
    return float(low), float(high), f"bootstrap percentiles, {found.size} samples"
