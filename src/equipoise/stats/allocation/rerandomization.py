"""The re-randomization test: the reference distribution is that of the allocation itself.

Outcomes, factors and order of entry are held fixed, the design is run again with fresh uniforms, and the statistic is
compared with its values there. It needs no model, and holds its level under minimization and under any drift in time,
where tests that ignore the allocation do not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from equipoise.stats._kernels.allocation import Plan, simulate_all
from equipoise.stats.allocation.plans import n_arms, n_rows, state_rows
from equipoise.stats.allocation.streams import check_counters
from equipoise.stats.errors import InputProblem, StatsError
from equipoise.stats.result import Result

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Statistic = Callable[["NDArray[np.int8]"], float]
SAME = 1e-12
"""Statistics that differ by less, relative to the larger, are the same: sums in another order."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class RerandomizationTest(Result):
    """Result of a re-randomization test.

    Attributes
    ----------
    statistic
        As observed.
    p_value
        (1 + number of |T*| >= |T|) / (n_draws + 1).
    p_one_sided
        (1 + number of T* <= T) / (n_draws + 1): small where the statistic is low.
    n, n_draws
        Patients, allocations drawn anew.
    method
        In words.
    """

    statistic: float
    p_value: float
    p_one_sided: float
    n: int
    n_draws: int
    method: str


def rerandomization_test(
    plan: Plan,
    arms: ArrayLike,
    scores: ArrayLike | Statistic,
    levels: ArrayLike | None = None,
    *,
    statistic: Literal["mean_difference", "sum"] = "mean_difference",
    n_draws: int = 9999,
    seed: int = 0,
    scenario: int = 0,
) -> RerandomizationTest:
    """Test that the arms do not differ, against all that the design could have allocated.

    Parameters
    ----------
    plan
        The design by which the arms were allocated.
    arms
        Arm of each patient in order of allocation, from 0.
    scores
        One number for each patient: an outcome; or the martingale residuals of the (stratified) null model, whose sum
        over an arm is the log-rank numerator and Cox score. Or a function of the arms that gives the statistic.
    levels
        Level of each factor at allocation, shape (patients, factors).
    statistic
        Of scores: mean in arm 1 less mean in arm 0, or sum in arm 1.
    n_draws, seed, scenario
        Number of draws and their counters.

    Raises
    ------
    StatsError
        Scores and arms of different lengths, scores that are no finite numbers, one arm empty, or scores for more than
        two arms (give a function).

    References
    ----------
    Simon and Simon (2011), Statistics and Probability Letters; Proschan, Brittain, Kammerman (2011), Biometrics.
    """
    check_counters(seed, scenario=scenario, n_draws=n_draws)
    given = np.ascontiguousarray(arms, np.int8)
    _check(plan, given, scores, statistic, n_draws)
    rows = state_rows(plan, np.zeros((given.size, 0), np.int64) if levels is None else levels, given.size)
    if rows.shape[0] != given.size:
        message = f"has {rows.shape[0]} patients where arms has {given.size}"
        raise StatsError([InputProblem(argument="levels", message=message)])
    drawn = np.empty((n_draws, given.size), np.int8)
    simulate_all(plan, rows, n_rows(plan), seed, scenario, 0, drawn)
    if callable(scores):
        observed = float(scores(given))
        values = np.array([scores(one) for one in drawn], np.float64)
        name = "given statistic"
    else:
        numbers = np.ascontiguousarray(scores, np.float64)
        observed = float(_linear(given[None, :], numbers, statistic)[0])
        values = _linear(drawn, numbers, statistic)
        name = statistic.replace("_", " ")
    margin = SAME * max(1.0, abs(observed))
    return RerandomizationTest(
        statistic=observed,
        p_value=float(1 + np.sum(np.abs(values) >= abs(observed) - margin)) / (n_draws + 1),
        p_one_sided=float(1 + np.sum(values <= observed + margin)) / (n_draws + 1),
        n=given.size,
        n_draws=n_draws,
        method=f"re-randomization, {name}",
    )


def _linear(arms: NDArray[np.int8], scores: NDArray[np.float64], statistic: str) -> NDArray[np.float64]:
    """Compute the statistic of each row of arms; nan-free: a draw with an empty arm has statistic 0."""
    in_arm = (arms == 1).astype(np.float64)
    total = in_arm @ scores
    if statistic == "sum":
        out: NDArray[np.float64] = total
        return out
    n1 = in_arm.sum(axis=1)
    n0 = scores.size - n1
    both = (n1 > 0) & (n0 > 0)
    difference = total / np.maximum(n1, 1) - (scores.sum() - total) / np.maximum(n0, 1)
    result: NDArray[np.float64] = np.where(both, difference, 0.0)
    return result


def _check(plan: Plan, arms: NDArray[np.int8], scores: ArrayLike | Statistic, statistic: str, n_draws: int) -> None:
    problems = []
    counts = np.bincount(arms[arms >= 0], minlength=n_arms(plan))
    if (arms < 0).any() or counts.size > n_arms(plan):
        problems.append(InputProblem(argument="arms", message=f"the plan has arms 0 to {n_arms(plan) - 1}"))
    if n_draws < 1:
        problems.append(InputProblem(argument="n_draws", message=f"expected at least one draw, got {n_draws}"))
    if not callable(scores):
        numbers = np.asarray(scores, np.float64)
        if numbers.shape != arms.shape:
            message = f"expected one number for each of {arms.size} patients, got shape {numbers.shape}"
            problems.append(InputProblem(argument="scores", message=message))
        elif not np.isfinite(numbers).all():
            first = int(np.flatnonzero(~np.isfinite(numbers))[0])
            message = "expected finite numbers"
            problems.append(
                InputProblem(argument="scores", message=message, position=first, value=float(numbers[first]))
            )
        if n_arms(plan) != 2:
            message = f"scores compare two arms, the plan has {n_arms(plan)}: give a function of the arms"
            problems.append(InputProblem(argument="scores", message=message))
        elif (counts[:2] == 0).any():
            problems.append(InputProblem(argument="arms", message="one arm has no patients"))
        if statistic not in ("mean_difference", "sum"):
            message = f"expected 'mean_difference' or 'sum', got {statistic!r}"
            problems.append(InputProblem(argument="statistic", message=message))
    if problems:
        raise StatsError(problems)
