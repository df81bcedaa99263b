"""Chance of success in the rest of a trial, given the statistic so far."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats.errors import InputProblem, StatsError
from equipoise.stats.result import Result
from equipoise.stats.sequential.arguments import is_number, numbers
from equipoise.stats.sequential.walk import crossing_probabilities

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

__all__ = ["ConditionalPower", "conditional_power", "predictive_power"]

HERMITE_NODES = 80


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class ConditionalPower(Result):
    """Chance of crossing at the looks to come. Arrays have one entry a look to come."""

    z: float
    effect: float
    """Effect assumed; the mean of the predictive distribution for predictive power."""
    information: NDArray[np.float64]
    upper: NDArray[np.float64]
    """Probability of stopping for efficacy at each look to come."""
    lower: NDArray[np.float64]
    """Probability of stopping below at each look to come, the last one included."""
    power: float
    """Probability of success at any of them."""

    def _columns(self) -> Mapping[str, NDArray[np.float64]]:
        return {n: getattr(self, n) for n in ("information", "upper", "lower")}


def conditional_power(
    z: float,
    *,
    now: float,
    information: ArrayLike,
    upper: ArrayLike,
    effect: float | None = None,
    lower: ArrayLike | None = None,
) -> ConditionalPower:
    """Chance of success given Z now, under one effect.

    Parameters
    ----------
    z
        Statistic now, positive in favor of the experimental arm.
    now
        Information now; of a log-rank test events x p (1 - p), with effects as minus the log hazard ratio.
    information
        Information at the looks to come, rising, above `now`.
    upper, lower
        Bounds of Z at these looks, infinite where the trial cannot stop; without `lower` nobody stops for futility.
    effect
        Effect for the rest of the trial; the estimate z / sqrt(now) unless given.

    Raises
    ------
    StatsError
        Information that does not rise from `now` on, arrays of different length, values that are no numbers.

    Notes
    -----
    With one look to come: 1 - Phi((b sqrt(I) - z sqrt(I_now)) / sqrt(I - I_now) - effect sqrt(I - I_now)). Fractions
    are those of the information that was there, not of the plan.
    """
    amounts, low, high = _remaining(z, now, information, upper, lower)
    assumed = z / math.sqrt(now) if effect is None else float(effect)
    up, down = _rest(z, now, amounts, lower=low, upper=high, effect=assumed)
    return ConditionalPower(z=z, effect=assumed, information=amounts, upper=up, lower=down, power=float(up.sum()))


def predictive_power(
    z: float,
    *,
    now: float,
    information: ArrayLike,
    upper: ArrayLike,
    lower: ArrayLike | None = None,
    prior_mean: float = 0.0,
    prior_sd: float = math.inf,
) -> ConditionalPower:
    """Conditional power averaged over what is known of the effect now.

    The effect has a normal prior, flat unless `prior_sd` is given; its posterior given Z has precision
    now + 1 / prior_sd^2. Parameters and errors as in `conditional_power`; also a `prior_sd` that is not positive.
    """
    amounts, low, high = _remaining(z, now, information, upper, lower)
    if not prior_sd > 0.0:
        raise StatsError(f"prior_sd: expected a number above 0, got {prior_sd!r}")
    precision = now + prior_sd**-2
    mean = (z * math.sqrt(now) + prior_mean * prior_sd**-2) / precision
    nodes, weights = np.polynomial.hermite_e.hermegauss(HERMITE_NODES)
    up, down = np.zeros(amounts.size), np.zeros(amounts.size)
    for node, weight in zip(nodes / math.sqrt(precision), weights / weights.sum(), strict=True):
        here = _rest(z, now, amounts, lower=low, upper=high, effect=mean + float(node))
        up, down = up + weight * here[0], down + weight * here[1]
    return ConditionalPower(z=z, effect=mean, information=amounts, upper=up, lower=down, power=float(up.sum()))


def _rest(
    z: float,
    now: float,
    information: NDArray[np.float64],
    *,
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    effect: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Crossing probabilities of the process of what is still to come."""
    more = information - now
    root = np.sqrt(more)
    start = z * math.sqrt(now)
    bounds = [(bound * np.sqrt(information) - start) / root for bound in (lower, upper)]
    return crossing_probabilities(more, effect, bounds[0], bounds[1])


def _remaining(
    z: float, now: float, information: ArrayLike, upper: ArrayLike, lower: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    problems: list[InputProblem] = []
    amounts = numbers(information, "information", problems)
    high = numbers(upper, "upper", problems, endless=math.inf)
    low = None if lower is None else numbers(lower, "lower", problems, endless=-math.inf)
    if not (is_number(z) and math.isfinite(z)):
        problems.append(InputProblem(argument="z", message=f"expected a finite number, got {z!r}"))
    if not (is_number(now) and now > 0.0 and math.isfinite(now)):
        problems.append(InputProblem(argument="now", message=f"expected a number above 0, got {now!r}"))
        raise StatsError(problems)
    for name, array in (("upper", high), ("lower", low)):
        if array is not None and amounts is not None and array.size != amounts.size:
            message = f"expected as many values as information, {amounts.size}, got {array.size}"
            problems.append(InputProblem(argument=name, message=message))
    if amounts is not None and (np.diff(np.append(now, amounts)) <= 0.0).any():
        at = int(np.flatnonzero(np.diff(np.append(now, amounts)) <= 0.0)[0])
        message = f"expected information above {now!r} that rises from look to look"
        problems.append(InputProblem(argument="information", message=message, position=at, value=float(amounts[at])))
    if problems or amounts is None or high is None:
        raise StatsError(problems)
    if low is None:
        low = np.full(amounts.size, -math.inf)
        low[-1] = high[-1]
    return amounts, np.minimum(low, high), high
