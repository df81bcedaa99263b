"""Inference in a group sequential trial: repeated p-values and limits at any look, final ones after a stop."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats.errors import InputProblem, StatsError
from equipoise.stats.result import Result
from equipoise.stats.roots import bracketed_root, widen_bracket
from equipoise.stats.sequential.arguments import numbers
from equipoise.stats.sequential.bounds import Bounds
from equipoise.stats.sequential.efficacy import at_level, efficacy_bounds, least_error
from equipoise.stats.sequential.walk import DOWN, UP, Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    from equipoise.stats.sequential.group_sequential import GroupSequential

__all__ = ["FinalInference", "RepeatedInference", "final_inference", "repeated_inference"]

SMALLEST_P = 1e-12
"""Repeated p-values below this are given as this."""
LEAST_SLACK = 1e-9
"""Room above the error that fixed interim bounds spend, so that a last bound exists."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class RepeatedInference(Result):
    """P-values and limits that hold at every look, whatever is then decided. Arrays have one entry a look so far."""

    z: NDArray[np.float64]
    information: NDArray[np.float64]
    estimate: NDArray[np.float64]
    """z / sqrt(information): of a log-rank test, minus the log hazard ratio."""
    conf_low: NDArray[np.float64]
    conf_high: NDArray[np.float64]
    conf_level: float
    p_value: NDArray[np.float64]
    """Smallest alpha (one- or two-sided, as the design) at which the design, whose futility bounds may be overruled,
    would have crossed at this look."""

    def _columns(self) -> Mapping[str, NDArray[np.float64]]:
        return {n: getattr(self, n) for n in ("z", "information", "estimate", "conf_low", "conf_high", "p_value")}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class FinalInference(Result):
    """Inference after a stop, in the stage-wise ordering of outcomes."""

    look: int
    """Look of the stop, from 1."""
    z: float
    estimate: float
    """Median-unbiased estimate of the effect (mean of Z over sqrt(information))."""
    conf_low: float
    conf_high: float
    conf_level: float
    p_one_sided: float
    """P(an outcome at least as much in favor), no effect."""
    p_value: float
    """Twice the smaller tail."""
    method: str = "stage-wise ordering"


def repeated_inference(design: GroupSequential, z: ArrayLike, information: ArrayLike) -> RepeatedInference:
    """Repeated confidence intervals and p-values (Jennison and Turnbull).

    Parameters
    ----------
    design
        The design; its efficacy bounds, at the planned fractions of information, are those of the looks. Binding
        futility bounds are left out, so that limits and p-values hold if one is overruled.
    z
        Statistics at the looks so far, positive in favor of the experimental arm.
    information
        Information at these looks on the scale of the effect: for a log hazard ratio, events x p (1 - p) with p the
        share of the experimental arm.

    Raises
    ------
    StatsError
        More looks than planned, arrays of different length, values that are no numbers.

    References
    ----------
    C. Jennison, B. W. Turnbull (1989). Journal of the Royal Statistical Society B 51:305.
    """
    statistics, amounts = _looks(design, z, information)
    k = statistics.size
    root = np.sqrt(amounts)
    bounds = efficacy_bounds(at_level(design, design.alpha)) if design.binding else design.upper
    half = bounds[:k] / root
    estimate = statistics / root
    p_value = np.array([_repeated_p(design, i, float(statistics[i])) for i in range(k)])
    return RepeatedInference(
        z=statistics,
        information=amounts,
        estimate=estimate,
        conf_low=estimate - half,
        conf_high=estimate + half,
        conf_level=1.0 - design.alpha * (2 if design.sided == 1 else 1),
        p_value=p_value,
    )


def _repeated_p(design: GroupSequential, look: int, z: float) -> float:
    """Smallest alpha whose bound at this look is reached."""
    reached = abs(z) if design.sided == 2 else z

    def short_of(alpha: float) -> float:
        return float(efficacy_bounds(at_level(design, alpha))[look]) - reached

    least = least_error(at_level(design, design.alpha)) * (1.0 + LEAST_SLACK) + SMALLEST_P
    if short_of(least) <= 0.0:
        return least
    if short_of(1.0 - SMALLEST_P) > 0.0:
        return 1.0
    return bracketed_root(short_of, least, 1.0 - SMALLEST_P)


def final_inference(
    design: GroupSequential, z: ArrayLike, information: ArrayLike, *, conf_level: float = 0.95
) -> FinalInference:
    """P-value, limits and median-unbiased estimate after a stop.

    Outcomes are ordered by the look of the stop and the side first, by Z at it second (Tsiatis, Rosner, Mehta). Only
    the bounds before the stop enter. Where futility bounds of a two-sided design are binding, outcomes of the two signs
    lie on the two sides of the trials that they stopped. Parameters as in `repeated_inference`; the last look is that
    of the stop.

    Raises
    ------
    StatsError
        As `repeated_inference`; also when an earlier statistic lies beyond a bound, or the last one beyond none
        although looks are left; a stop for futility between binding bounds of a two-sided design.

    References
    ----------
    A. A. Tsiatis, G. L. Rosner, C. R. Mehta (1984). Biometrics 40:797.
    """
    statistics, amounts = _looks(design, z, information)
    k = statistics.size
    if not 0.0 < conf_level < 1.0:
        raise StatsError(f"conf_level: expected a number between 0 and 1, got {conf_level!r}")
    bounds = _stopping_bounds(design, k)
    _check_stop(design, bounds, statistics)
    last = float(statistics[-1])
    mirrored = design.sided == 2 and last < 0.0

    def above(effect: float) -> float:
        if mirrored:
            return 1.0 - _at_least(amounts, -effect, bounds, -last)
        return _at_least(amounts, effect, bounds, last)

    tail = 0.5 * (1.0 - conf_level)
    start = float(statistics[-1] / math.sqrt(amounts[-1]))
    step = 1.0 / math.sqrt(amounts[-1])
    limits = [_effect_where(above, share, start, step) for share in (tail, 0.5, 1.0 - tail)]
    p = above(0.0)
    return FinalInference(
        look=k,
        z=float(statistics[-1]),
        estimate=limits[1],
        conf_low=limits[0],
        conf_high=limits[2],
        conf_level=conf_level,
        p_one_sided=p,
        p_value=min(1.0, 2.0 * min(p, 1.0 - p)),
    )


def _effect_where(above: Callable[[float], float], share: float, start: float, step: float) -> float:
    """Effect under which `above`, which rises with it, is `share`."""

    def excess(effect: float) -> float:
        return above(effect) - share

    return bracketed_root(excess, *widen_bracket(excess, start, step=step, limit=1e3 * step))


def _stopping_bounds(design: GroupSequential, looks: int) -> Bounds:
    """Bounds of the looks so far that end the trial: futility bounds if they are binding."""
    upper, endless = design.upper[:looks], np.full(looks, -math.inf)
    if design.sided == 2:
        inner = design.inner[:looks] if design.binding and design.inner is not None else endless
        return Bounds(lower=-upper, upper=upper, inner=inner)
    return Bounds(lower=design.lower[:looks] if design.binding else endless, upper=upper, inner=endless)


def _check_stop(design: GroupSequential, bounds: Bounds, statistics: NDArray[np.float64]) -> None:
    """Refuse an earlier stop, no stop, and a stop that the ordering has no place for."""
    k, inner = statistics.size, bounds.inner
    before = statistics[:-1]
    near = np.zeros(k - 1, dtype=bool) if inner is None else np.abs(before) <= inner[:-1]
    passed = np.flatnonzero((before >= bounds.upper[:-1]) | (before <= bounds.lower[:-1]) | near)
    if passed.size:
        at = int(passed[0])
        bound = bounds.upper[at] if before[at] >= bounds.upper[at] else bounds.lower[at]
        place = "at or below the futility bound of |Z|" if near[at] else f"beyond a bound ({bound:.4f})"
        message = f"lies {place}: the trial ended at look {at + 1}"
        raise StatsError([InputProblem(argument="z", message=message, position=at, value=float(before[at]))])
    if k == design.information.size:
        return
    last = float(statistics[-1])
    futile = design.inner is not None and abs(last) <= design.inner[k - 1]
    message = ""
    if futile and design.binding:
        message = (
            f"look {k} ended the trial between binding futility bounds, for which the stage-wise ordering has no "
            "place; use repeated_inference"
        )
    elif not futile and design.lower[k - 1] < last < design.upper[k - 1]:
        message = f"lies between the bounds of look {k} of {design.information.size}: the trial goes on"
    if message:
        raise StatsError([InputProblem(argument="z", message=message, position=k - 1, value=last)])


def _at_least(information: NDArray[np.float64], effect: float, bounds: Bounds, z: float) -> float:
    """P(an outcome at least as much in favor as stopping at the last look with z)."""
    walk = Walk(information, effect)
    lower, upper = bounds.lower, bounds.upper
    inner = np.full(upper.size, -math.inf) if bounds.inner is None else bounds.inner
    total = 0.0
    for k in range(information.size - 1):
        total += walk.probability(float(upper[k]), UP)
        walk.go_on(float(lower[k]), float(upper[k]), float(inner[k]))
    if z <= lower[-1]:  # stopped low at this look: everything above, at this look and by going on
        reached = walk.probability(-math.inf, UP) if information.size > 1 else 1.0
        return total + reached - walk.probability(z, DOWN)
    return total + walk.probability(z, UP)


def _looks(
    design: GroupSequential, z: ArrayLike, information: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    problems: list[InputProblem] = []
    statistics = numbers(z, "z", problems)
    amounts = numbers(information, "information", problems)
    if statistics is not None and amounts is not None:
        if statistics.size != amounts.size:
            message = f"expected as many values as z, {statistics.size}, got {amounts.size}"
            problems.append(InputProblem(argument="information", message=message))
        elif statistics.size > design.information.size:
            message = f"expected at most the {design.information.size} planned looks, got {statistics.size}"
            problems.append(InputProblem(argument="z", message=message))
        elif (np.diff(np.append(0.0, amounts)) <= 0.0).any():
            at = int(np.flatnonzero(np.diff(np.append(0.0, amounts)) <= 0.0)[0])
            message = "expected information above 0 that rises from look to look"
            problems.append(
                InputProblem(argument="information", message=message, position=at, value=float(amounts[at]))
            )
    if problems or statistics is None or amounts is None:
        raise StatsError(problems)
    return statistics, amounts
