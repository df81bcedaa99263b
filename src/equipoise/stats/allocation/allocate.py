"""Patients in order of entry, and two uniforms for each: arms out. Nothing is drawn here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats._kernels.allocation import (
    MINIMIZATION,
    Plan,
    allocate_all,
    minimization_scores,
    simulate_all,
    trace_all,
)
from equipoise.stats.allocation.plans import empty_state, n_arms, n_rows, state_rows
from equipoise.stats.allocation.streams import check_counters
from equipoise.stats.errors import InputProblem, StatsError
from equipoise.stats.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

UNIFORMS_PER_SLOT = 2
"""The first picks the arm, the second the size of a new block; both are set aside for every slot and every method."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class Allocations(Result):
    """Arms of patients in order of entry.

    Attributes
    ----------
    arm
        Arm of each patient, from 0.
    listed
        Listed arm (fake arm) of each patient, from 0.
    probability
        Probability of each arm when the patient's was drawn, (patients, arms).
    state
        State after the last patient: give it to `allocate` to go on.
    """

    arm: NDArray[np.int64]
    listed: NDArray[np.int64]
    probability: NDArray[np.float64]
    state: NDArray[np.int64]

    def _facts(self) -> Mapping[str, object]:
        return {"n": self.arm.size}

    def _columns(self) -> Mapping[str, Sequence[object] | np.ndarray]:
        columns: dict[str, np.ndarray] = {"slot": np.arange(1, self.arm.size + 1), "arm": self.arm}
        for j in range(self.probability.shape[1]):
            columns[f"probability_{j}"] = self.probability[:, j]
        return columns


def allocate(
    plan: Plan, uniforms: ArrayLike, levels: ArrayLike | None = None, *, state: NDArray[np.int64] | None = None
) -> Allocations:
    """Allocate patients in order of entry.

    The arm of patient i depends on the plan, the levels of patients up to i, their uniforms and the state at the start;
    never on later patients. Allocating one patient at a time, handing on the state, gives the same arms.

    Parameters
    ----------
    plan
        How arms are drawn.
    uniforms
        Two numbers on [0, 1) for each patient, shape (patients, 2).
    levels
        Level of each factor, counted from 0, shape (patients, factors); none for a plan without factors.
    state
        State to go on from; it is not changed. Empty unless given.

    Raises
    ------
    StatsError
        Uniforms outside [0, 1) or of another shape; a level that the plan does not have; a state of another plan.

    Examples
    --------
    >>> from equipoise.stats.allocation import allocate, permuted_blocks, philox_uniforms
    >>> plan = permuted_blocks([1, 1], [4])
    >>> allocate(plan, philox_uniforms(2026, 8)).arm.tolist()
    [0, 1, 1, 0, 1, 0, 1, 0]
    """
    draws = _uniforms(uniforms)
    rows = state_rows(plan, np.empty((draws.shape[0], 0), np.int64) if levels is None else levels, draws.shape[0])
    if rows.shape[0] != draws.shape[0]:
        message = f"has {rows.shape[0]} patients where uniforms has {draws.shape[0]}"
        raise StatsError([InputProblem(argument="levels", message=message)])
    after = empty_state(plan) if state is None else np.array(state, np.int64)
    if after.shape != (n_rows(plan), plan.share.size):
        message = f"expected the shape {(n_rows(plan), plan.share.size)} of the plan's state, got {after.shape}"
        raise StatsError([InputProblem(argument="state", message=message)])
    listed = np.empty(draws.shape[0], np.int64)
    probability = np.empty((draws.shape[0], plan.share.size))
    trace_all(plan, after, rows, draws, listed, probability)
    by_arm = np.zeros((draws.shape[0], n_arms(plan)))
    for j, arm in enumerate(plan.arm_of.tolist()):
        by_arm[:, arm] += probability[:, j]
    return Allocations(arm=plan.arm_of[listed], listed=listed, probability=by_arm, state=after)


def allocate_rows(
    plan: Plan, state: NDArray[np.int64], rows: NDArray[np.int64], uniforms: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Allocate patients given as rows of the state, which is changed; give the listed arms.

    This is `allocate` for callers that keep their own map from levels to rows, and may add rows as levels occur.

    Parameters
    ----------
    plan
        How arms are drawn; its numbers of levels are not looked at.
    state
        C-contiguous, shape (rows, listed arms).
    rows
        Rows of each patient: shape (patients, 1), or (patients, factors) for minimization.
    uniforms
        Shape (patients, 2).
    """
    out = np.empty(rows.shape[0], np.int64)
    allocate_all(plan, state, rows, _uniforms(uniforms), out)
    return out


def scores(plan: Plan, state: NDArray[np.int64], levels: Sequence[int]) -> NDArray[np.float64]:
    """Give the imbalance of minimization that would stand with the next patient in each listed arm.

    Parameters
    ----------
    plan
        A plan of `minimization`.
    state
        Counts, shape (levels of all factors together, listed arms).
    levels
        The patient's level of each factor, counted from 0.
    """
    if plan.kind != MINIMIZATION:
        raise StatsError([InputProblem(argument="plan", message="scores exist for minimization only")])
    out = np.empty(plan.share.size)
    rows = state_rows(plan, np.array([levels], np.int64))[0]
    minimization_scores(plan, np.ascontiguousarray(state, np.int64), rows, out)
    return out


def simulate(
    plan: Plan,
    levels: ArrayLike | None = None,
    *,
    n_trials: int,
    seed: int,
    n: int | None = None,
    scenario: int = 0,
    first_trial: int = 0,
) -> NDArray[np.int8]:
    """Allocate the same patients again and again: arms of shape (trials, patients).

    Trial t, counted from `first_trial`, uses `philox_uniforms(seed, n, scenario=scenario, trial=t)`, so trials can be
    split among processes and drawn alone.

    Parameters
    ----------
    plan
        How arms are drawn.
    levels
        Level of each factor, shape (patients, factors); for a plan without factors give `n`.
    n_trials, seed, scenario, first_trial
        Number of trials and their counters.
    n
        Number of patients, where there are no levels.
    """
    check_counters(seed, scenario=scenario, n_trials=n_trials, first_trial=first_trial)
    if levels is None and (n is None or plan.n_levels.size):
        raise StatsError([InputProblem(argument="levels", message="expected the levels, or n for a plan without any")])
    rows = state_rows(plan, np.empty((n or 0, 0), np.int64) if levels is None else levels, n)
    out = np.empty((n_trials, rows.shape[0]), np.int8)
    simulate_all(plan, rows, n_rows(plan), seed, scenario, first_trial, out)
    return out


def _uniforms(uniforms: ArrayLike) -> NDArray[np.float64]:
    array = np.ascontiguousarray(uniforms, np.float64)
    if array.ndim != 2 or array.shape[1] != UNIFORMS_PER_SLOT:
        message = f"expected the shape (patients, {UNIFORMS_PER_SLOT}), got {array.shape}"
        raise StatsError([InputProblem(argument="uniforms", message=message)])
    bad = np.flatnonzero(~((array >= 0.0) & (array < 1.0)).all(axis=1))
    if bad.size:
        first = int(bad[0])
        message = "expected numbers from 0 below 1"
        raise StatsError(
            [
                InputProblem(
                    argument="uniforms",
                    message=message,
                    position=first,
                    value=float(array[first, 0]),
                    count=bad.size,
                )
            ]
        )
    return array
