"""Size of the planned test under the design that allocates, with and without a drift in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats._kernels.allocation import Plan
from equipoise.stats._kernels.balance import draw_levels
from equipoise.stats.allocation.allocate import simulate
from equipoise.stats.allocation.balance import cumulative_frequencies
from equipoise.stats.allocation.streams import check_counters, philox_uniforms
from equipoise.stats.errors import InputProblem, StatsError
from equipoise.stats.result import Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

OUTCOME_STREAM = 500
"""Philox stream of the outcomes."""

Outcome = Callable[["NDArray[np.int64]", "NDArray[np.float64]", "NDArray[np.float64]"], Any]
"""Levels (n, factors), entry (n,) from 0 to 1, uniforms (n, 2) -> outcomes, in any form that the test takes."""
PValue = Callable[["NDArray[np.int8]", "NDArray[np.int64]", Any], float]
"""Arms (n,), levels (n, factors), outcomes -> p value."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class SizeOfTest(Result):
    """How often a test rejects where the arms do not differ.

    Attributes
    ----------
    size
        Share of trials with p <= alpha.
    std_error
        Its Monte Carlo standard error.
    alpha, n, n_trials
        Level of the test, patients of a trial, simulated trials.
    """

    size: float
    std_error: float
    alpha: float
    n: int
    n_trials: int


def size_of_test(
    plan: Plan,
    n: int,
    p_value: PValue,
    outcome: Outcome,
    *,
    alpha: float = 0.05,
    frequencies: Sequence[Sequence[float]] | None = None,
    n_trials: int = 1000,
    seed: int = 0,
    scenario: int = 0,
) -> SizeOfTest:
    """Simulate the size of a test under a design: outcomes do not depend on the arm.

    The patients and outcomes of trial t are the same for every plan and test (common random numbers).

    Parameters
    ----------
    plan
        How arms are drawn.
    n
        Patients of a trial.
    p_value
        The planned test: arms, levels, outcomes -> p value.
    outcome
        Levels, entry and uniforms -> outcomes. Entry runs from 0 for the first patient to 1 for the last: let outcomes
        depend on it for a drift in time. See `exponential_outcome`.
    alpha
        Level of the test.
    frequencies
        Frequencies of the levels of each factor; equal unless given.
    n_trials, seed, scenario
        Number of trials and their counters.

    Raises
    ------
    StatsError
        Numbers out of range, or frequencies that do not fit the plan.
    """
    check_counters(seed, scenario=scenario, n_trials=n_trials, n=n)
    if not 0 < alpha < 1 or n < 2 or n_trials < 1:
        message = f"expected alpha in (0, 1), n from 2 on and trials, got {alpha!r}, {n} and {n_trials}"
        raise StatsError([InputProblem(argument="alpha", message=message)])
    cumulative = cumulative_frequencies(plan, frequencies)
    entry = np.arange(n) / (n - 1)
    levels = np.zeros((n, plan.n_levels.size), np.int64)
    rejected = 0
    for trial in range(n_trials):
        for i in range(n if plan.n_levels.size else 0):
            draw_levels(cumulative, seed, scenario, trial, i, levels[i])
        uniforms = philox_uniforms(seed, n, scenario=scenario, trial=trial, stream=OUTCOME_STREAM)
        outcomes = outcome(levels.copy(), entry, uniforms)
        given = levels if plan.n_levels.size else None
        arms = simulate(plan, given, n=n, n_trials=1, seed=seed, scenario=scenario, first_trial=trial)[0]
        rejected += p_value(arms, levels.copy(), outcomes) <= alpha
    size = rejected / n_trials
    return SizeOfTest(size=size, std_error=(size * (1 - size) / n_trials) ** 0.5, alpha=alpha, n=n, n_trials=n_trials)


def exponential_outcome(
    median: float,
    *,
    log_hazard_ratios: Sequence[float] = (),
    drift: float = 0.0,
    accrual: float = 0.0,
    follow_up: float = np.inf,
) -> Outcome:
    """Make exponential event times in whole days, censored at the end of the trial, for `size_of_test`.

    Parameters
    ----------
    median
        Median in days of patients at level 0 of every factor who enter first.
    log_hazard_ratios
        Log hazard ratio of one level up, for each factor.
    drift
        Log hazard ratio of the last patient against the first.
    accrual, follow_up
        Days from the first to the last entry, and from there to the end; the default is no censoring.

    Returns
    -------
    function
        Gives times (days, from 1) and events, both of shape (n,).
    """
    slopes = np.array(log_hazard_ratios, np.float64)

    def draw(
        levels: NDArray[np.int64], entry: NDArray[np.float64], uniforms: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        hazard = np.log(2) / median * np.exp(levels[:, : slopes.size] @ slopes + drift * entry)
        time = np.ceil(-np.log1p(-uniforms[:, 0]) / hazard)
        end = np.floor(accrual * (1 - entry) + follow_up)
        return np.maximum(1.0, np.minimum(time, end)), time <= end

    return draw
