"""Efficacy bounds of a design, by the name of its boundary."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats.sequential.arguments import DesignArguments
from equipoise.stats.sequential.bounds import constant_bounds, spending_bounds
from equipoise.stats.sequential.spending import SPENDING, spent
from equipoise.stats.sequential.walk import crossing_probabilities

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from equipoise.stats.sequential.group_sequential import GroupSequential

__all__ = ["at_level", "efficacy_bounds", "least_error", "spending"]

EARLY_BOUND = 3.0
"""Bound of Haybittle and Peto at the interim looks."""


def spending(a: DesignArguments) -> NDArray[np.float64] | None:
    """Error to be spent up to each look; None where the bounds have a shape of their own."""
    if a.cumulative is not None:
        return a.cumulative
    if a.boundary not in SPENDING:
        return None
    return spent(a.boundary, a.information, a.alpha, parameter=a.boundary_parameter, sided=a.sided)


def efficacy_bounds(a: DesignArguments, futility: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Efficacy bounds, with binding futility bounds where there are any (of |Z| with two sides)."""
    looks = a.information.size
    cumulative = spending(a)
    if cumulative is not None:
        return spending_bounds(a.information, cumulative, sided=a.sided, futility=futility)
    shape: Callable[[float], NDArray[np.float64]]
    if a.boundary in ("haybittle_peto", "final_only"):
        early = math.inf if a.boundary == "final_only" else (a.boundary_parameter or EARLY_BOUND)
        shape = partial(_last_bound, early=early, looks=looks)
    else:
        power = {"obrien_fleming": 0.0, "pocock": 0.5}.get(a.boundary, a.boundary_parameter or 0.0)
        shape = partial(_scaled, curve=a.information ** (power - 0.5))
    return constant_bounds(a.information, shape, a.alpha, sided=a.sided, futility=futility)


def least_error(a: DesignArguments) -> float:
    """Error that the interim bounds spend whatever the level is: that of Haybittle and Peto."""
    if a.boundary != "haybittle_peto" or a.information.size == 1:
        return 0.0
    interims = np.full(a.information.size - 1, a.boundary_parameter or EARLY_BOUND)
    lower = -interims if a.sided == 2 else np.full(interims.size, -math.inf)
    up, down = crossing_probabilities(a.information[:-1], 0.0, lower, interims)
    return float(up.sum() + (down.sum() if a.sided == 2 else 0.0))


def _last_bound(constant: float, *, early: float, looks: int) -> NDArray[np.float64]:
    return np.append(np.full(looks - 1, early), constant)


def _scaled(constant: float, *, curve: NDArray[np.float64]) -> NDArray[np.float64]:
    return constant * curve


def at_level(design: GroupSequential, alpha: float) -> DesignArguments:
    """Describe the efficacy side of a design at another level."""
    cumulative = None
    if design.boundary == "user_spending":
        cumulative = design.alpha_spent * (alpha / design.alpha)
        cumulative[-1] = alpha
    return DesignArguments(
        information=design.information,
        alpha=alpha,
        sided=design.sided,
        power=design.power_planned,
        boundary=design.boundary,
        boundary_parameter=design.boundary_parameter,
        cumulative=cumulative,
        futility=None,
        futility_parameter=None,
        futility_bounds=None,
        binding=False,
    )
