"""How a design behaves: how well it balances, and how much of it a reader of the records can guess."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats._kernels.allocation import BLOCKS, MINIMIZATION, Plan
from equipoise.stats._kernels.allocation_walk import behavior, walk_blocks, walk_counts
from equipoise.stats._kernels.balance import block_predictive
from equipoise.stats.allocation.balance import cumulative_frequencies, whole_ratio
from equipoise.stats.allocation.plans import n_rows, state_rows
from equipoise.stats.allocation.streams import check_counters
from equipoise.stats.errors import InputProblem, StatsError
from equipoise.stats.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class ExactCharacteristics(Result):
    """Exact behavior of a design for two equal arms in one stratum; D is the difference of the arms' counts.

    Attributes
    ----------
    n
        Patients.
    correct_guess
        Expected share of right guesses by one who always guesses the arm that is behind, and tosses a coin at D = 0.
    forced
        Expected share of patients whose arm is certain from what went before and the design.
    mean_abs_imbalance, var_imbalance, mean_max_imbalance
        Mean of |D|, mean of D squared, mean of the largest |D| on the way.
    p_balance
        Probability of D = 0 at the end.
    """

    n: int
    correct_guess: float
    forced: float
    mean_abs_imbalance: float
    var_imbalance: float
    mean_max_imbalance: float
    p_balance: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class AllocationCharacteristics(Result):
    """Simulated behavior of a design.

    The imbalance of a margin is the range of the arms' counts, each divided by the arm's share: |nA - nB| for 1:1.

    Attributes
    ----------
    n, n_trials
        Patients of a trial, simulated trials.
    mean_imbalance, p95_imbalance
        Of the trial at its end.
    factor_imbalance
        Mean imbalance at the end of each factor's levels.
    guessable
        Share of arms guessed right by a reader who knows the method and all earlier records, but no block sizes drawn;
        for fake arms also which of them were used, so that it is an upper bound.
    guessable_std_error
        Its Monte Carlo standard error.
    forced
        Share of arms of which that reader is certain.
    """

    n: int
    n_trials: int
    mean_imbalance: float
    p95_imbalance: float
    factor_imbalance: NDArray[np.float64]
    guessable: float
    guessable_std_error: float
    forced: float

    def _columns(self) -> Mapping[str, Sequence[object] | np.ndarray]:
        names = ["overall", *(f"factor {f}" for f in range(self.factor_imbalance.size))]
        return {"margin": names, "mean_imbalance": [self.mean_imbalance, *self.factor_imbalance.tolist()]}


def exact_characteristics(plan: Plan, n: int) -> ExactCharacteristics:
    """Compute the behavior of a design for two equal arms in one stratum, by forward recursion over the imbalance.

    Parameters
    ----------
    plan
        Blocks, coin or urn with ratio 1:1 and without factors.
    n
        Patients.

    Raises
    ------
    StatsError
        Another ratio, factors, or minimization.
    """
    if plan.share.size != 2 or plan.share[0] != plan.share[1] or plan.kind == MINIMIZATION or plan.n_levels.size:
        message = "exact behavior is for two equal arms in one stratum, by blocks, coin or urn: simulate others"
        raise StatsError([InputProblem(argument="plan", message=message)])
    if n < 1:
        raise StatsError([InputProblem(argument="n", message=f"expected a number of patients from 1 on, got {n}")])
    steps = np.zeros(2)
    if plan.kind == BLOCKS:
        weights = walk_blocks(plan, n, steps)
        side = round(weights.shape[0] ** 0.5)
        difference = np.arange(weights.shape[0]) % side - np.arange(weights.shape[0]) // side
    else:
        weights = walk_counts(plan, n, steps)
        difference = 2 * np.arange(n + 1) - n
    at_end = weights.sum(axis=1)
    return ExactCharacteristics(
        n=n,
        correct_guess=float(steps[0] / n),
        forced=float(steps[1] / n),
        mean_abs_imbalance=float(at_end @ np.abs(difference)),
        var_imbalance=float(at_end @ difference**2),
        mean_max_imbalance=float(weights.sum(axis=0) @ np.arange(weights.shape[1])),
        p_balance=float(at_end[difference == 0].sum()),
    )


def operating_characteristics(
    plan: Plan,
    n: int,
    *,
    frequencies: Sequence[Sequence[float]] | None = None,
    n_trials: int = 10_000,
    seed: int = 0,
    scenario: int = 0,
) -> AllocationCharacteristics:
    """Simulate how well a design balances, and how much of it can be guessed.

    Parameters
    ----------
    plan
        How arms are drawn.
    n
        Patients of a trial.
    frequencies
        Frequencies of the levels of each factor in the population, independent of each other; equal unless given.
    n_trials, seed, scenario
        Number of trials and their counters.

    Raises
    ------
    StatsError
        Frequencies that do not fit the plan, or numbers out of range.
    """
    check_counters(seed, scenario=scenario, n_trials=n_trials, n=n)
    cumulative = cumulative_frequencies(plan, frequencies)
    overall, guessed, forced = np.empty(n_trials), np.empty(n_trials), np.empty(n_trials)
    by_factor = np.zeros((n_trials, plan.n_levels.size))
    ratio = whole_ratio(plan)
    trials = np.arange(n_trials)
    out = (overall, by_factor, guessed, forced)
    padded = cumulative if cumulative.shape[0] else np.ones((0, 1))
    behavior(plan, padded, ratio, n_rows(plan), seed, scenario, trials, n, *out)
    return AllocationCharacteristics(
        n=n,
        n_trials=n_trials,
        mean_imbalance=float(overall.mean()),
        p95_imbalance=float(np.quantile(overall, 0.95, method="inverted_cdf")),
        factor_imbalance=by_factor.mean(axis=0),
        guessable=float(guessed.mean()),
        guessable_std_error=float(guessed.std(ddof=1) / n_trials**0.5) if n_trials > 1 else float("nan"),
        forced=float(forced.mean()),
    )


def block_guess(plan: Plan, arms: ArrayLike, levels: ArrayLike | None = None) -> NDArray[np.float64]:
    """Give the probability of each arm for each patient, given the arms of all earlier ones; block sizes unknown.

    Parameters
    ----------
    plan
        A plan of `permuted_blocks`.
    arms
        Arm of each patient in order of allocation.
    levels
        Level of each factor, shape (patients, factors).

    Returns
    -------
    ndarray
        Shape (patients, arms); rows after an arm that the blocks do not allow are nan.
    """
    if plan.kind != BLOCKS:
        raise StatsError([InputProblem(argument="plan", message="expected a plan of permuted_blocks")])
    given = np.ascontiguousarray(arms, np.int64)
    cells = state_rows(plan, np.zeros((given.size, 0), np.int64) if levels is None else levels, given.size)[:, 0]
    out = np.full((given.size, plan.share.size), np.nan)
    block_predictive(given, np.ascontiguousarray(cells), n_rows(plan), plan.share, plan.sizes, out)
    return out
