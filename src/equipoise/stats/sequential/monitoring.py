"""Bounds at the information that a trial really had at its looks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from equipoise.stats.errors import InputProblem, StatsError
from equipoise.stats.result import Result
from equipoise.stats.sequential.arguments import numbers
from equipoise.stats.sequential.bounds import spending_bounds
from equipoise.stats.sequential.spending import SPENDING, spent
from equipoise.stats.sequential.walk import crossing_probabilities

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from equipoise.stats.sequential.group_sequential import GroupSequential

__all__ = ["MonitoringBounds", "monitoring_bounds"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class MonitoringBounds(Result):
    """Efficacy bounds at the looks so far. Arrays have one entry a look."""

    boundary: str
    sided: int
    alpha: float
    planned: float
    """Information planned for the last look."""
    final: bool
    """Whether the last of these looks is the last of the trial."""
    information: NDArray[np.float64]
    """Information at the looks, in the unit of `planned`."""
    fraction: NDArray[np.float64]
    """Fraction of the planned information at which the error was spent."""
    upper: NDArray[np.float64]
    alpha_spent: NDArray[np.float64]
    p_value: NDArray[np.float64]
    """One-sided p-value that reaches the bound."""

    def _columns(self) -> Mapping[str, NDArray[np.float64]]:
        return {n: getattr(self, n) for n in ("information", "fraction", "upper", "p_value", "alpha_spent")}


def monitoring_bounds(
    design: GroupSequential, information: ArrayLike, *, planned: float, final: bool = False
) -> MonitoringBounds:
    """Spend the error of a design at the information that was there.

    Parameters
    ----------
    design
        The design. A boundary that is no spending function spends its error on straight lines between the looks
        planned; the interim bound of Haybittle and Peto stays. Futility bounds are taken as not binding.
    information
        Information (events) at the looks up to now, rising.
    planned
        Information planned for the last look; the error spent depends on the fraction of it, at most 1.
    final
        Whether no look follows: all error that is left is spent, whatever the fraction.

    Raises
    ------
    StatsError
        Information that does not rise or is not positive; a look after all error is spent.

    References
    ----------
    K. K. G. Lan, D. L. DeMets (1983). Biometrika 70:659.
    """
    problems: list[InputProblem] = []
    looks = numbers(information, "information", problems)
    if not (planned > 0.0 and math.isfinite(planned)):
        problems.append(InputProblem(argument="planned", message=f"expected a positive number, got {planned!r}"))
    if looks is not None and (np.diff(np.append(0.0, looks)) <= 0.0).any():
        at = int(np.flatnonzero(np.diff(np.append(0.0, looks)) <= 0.0)[0])
        message = "expected information above 0 that rises from look to look: a look repeated tells nothing new"
        problems.append(InputProblem(argument="information", message=message, position=at, value=float(looks[at])))
    if problems or looks is None:
        raise StatsError(problems)
    fraction = np.minimum(looks / planned, 1.0)
    if (fraction[:-1] >= 1.0).any():
        at = int(np.flatnonzero(fraction[:-1] >= 1.0)[0])
        message = f"all error is spent at this look of {float(looks[at])!r} of {planned!r}; the look after it has none"
        after = float(looks[at + 1])
        raise StatsError([InputProblem(argument="information", message=message, position=at + 1, value=after)])
    cumulative = _spending_at(design, fraction, looks)
    if final:
        cumulative[-1] = design.alpha
    upper = spending_bounds(looks / looks[-1], cumulative, sided=design.sided)
    return MonitoringBounds(
        boundary=design.boundary,
        sided=design.sided,
        alpha=design.alpha,
        planned=float(planned),
        final=final,
        information=looks,
        fraction=fraction,
        upper=upper,
        alpha_spent=cumulative,
        p_value=ndtr(-upper),
    )


def _spending_at(
    design: GroupSequential, fraction: NDArray[np.float64], looks: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Error spent at the fractions.

    Of a spending given look by look, and of bounds with a shape, on straight lines between the looks planned; of
    Haybittle and Peto what the fixed bound spends at these looks.
    """
    if design.boundary in SPENDING:
        return spent(design.boundary, fraction, design.alpha, parameter=design.boundary_parameter, sided=design.sided)
    if design.boundary == "final_only":
        return np.where(fraction >= 1.0, design.alpha, 0.0)
    if design.boundary == "haybittle_peto" and design.information.size > 1:
        upper = np.full(looks.size, design.upper[0])
        lower = -upper if design.sided == 2 else np.full(looks.size, -math.inf)
        up, down = crossing_probabilities(looks / looks[-1], 0.0, lower, upper)
        total = np.minimum(np.cumsum(up + (down if design.sided == 2 else 0.0)), design.alpha)
        return np.where(fraction >= 1.0, design.alpha, total)
    known = np.append(0.0, _spent_by_plan(design))
    known[-1] = design.alpha
    return np.asarray(np.interp(fraction, np.append(0.0, design.information), known))


def _spent_by_plan(design: GroupSequential) -> NDArray[np.float64]:
    """Error spent up to the looks planned when futility bounds are overruled."""
    lower = -design.upper if design.sided == 2 else np.full(design.upper.size, -math.inf)
    up, down = crossing_probabilities(design.information, 0.0, lower, design.upper)
    return np.cumsum(up + (down if design.sided == 2 else 0.0))
