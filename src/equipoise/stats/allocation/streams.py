"""Reproducible uniforms for simulation: a pure function of seed, scenario, trial and slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats._kernels.allocation import ALLOCATION_STREAM
from equipoise.stats._kernels.philox import fill_uniforms
from equipoise.stats.errors import InputProblem, StatsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORD = 2**32
SEEDS = 2**63
"""Seeds are below this, so that compiled loops take them as whole numbers."""


def philox_uniforms(
    seed: int, n_slots: int, *, scenario: int = 0, trial: int = 0, stream: int = ALLOCATION_STREAM
) -> NDArray[np.float64]:
    """Give two uniforms on [0, 1) for each slot, shape (n_slots, 2), by Philox4x32-10.

    Slot i of trial t is the same whatever else is drawn, in whatever order and by however many threads.

    Parameters
    ----------
    seed
        Key of the generator, from 0 below 2^63.
    n_slots
        Number of slots.
    scenario, trial, stream
        Further counters, each from 0 below 2^32. Stream 0 allocates.

    Raises
    ------
    StatsError
        A number outside its range.

    References
    ----------
    Salmon, Moraes, Dror, Shaw (2011), Parallel random numbers: as easy as 1, 2, 3.
    """
    check_counters(seed, scenario=scenario, trial=trial, stream=stream, n_slots=n_slots)
    out = np.empty((n_slots, 2))
    fill_uniforms(seed, scenario, trial, stream, out)
    return out


def check_counters(seed: int, **counters: int) -> None:
    """Raise what is wrong with a seed and counters."""
    limits = {"seed": (seed, SEEDS), **{name: (value, WORD) for name, value in counters.items()}}
    problems = [
        InputProblem(argument=name, message=f"expected a whole number from 0 below {limit}, got {value!r}")
        for name, (value, limit) in limits.items()
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or not 0 <= value < limit
    ]
    if problems:
        raise StatsError(problems)
