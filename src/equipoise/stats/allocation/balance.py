"""The balance alarm: running imbalance against its simulated distribution under the design, after every patient.

Statistic: after each patient, the largest imbalance of the margins that he belongs to (the trial, his level of each
factor), each over its root mean square under the design at that number of patients. Limit: an order statistic of the
running maximum over simulated trials, chosen so that the chance of any false alarm up to patient `n` is at most
`alpha`. Beside it, exact: an arm that the design does not allow after the arms before it raises the alarm at once:
one that no composition of the declared blocks holds, or that has probability 0 by big stick or minimization with p = 1.

The limits hold nothing secret. They depend on the number of levels and on their frequencies very little, because each
margin is measured against the scale of its own size.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, inf
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats._kernels.allocation import BLOCKS, Plan
from equipoise.stats._kernels.balance import (
    block_predictive,
    draw_faulty,
    first_impossible,
    reference_maxima,
    reference_squares,
    running_imbalance,
)
from equipoise.stats.allocation.plans import n_arms, n_rows, state_rows
from equipoise.stats.errors import InputProblem, StatsError
from equipoise.stats.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

SCALE_TRIALS = 4000
"""Simulated trials behind the scales."""
FEWEST = 400
"""A scale for a number of patients that fewer simulated margins had is that of the next smaller number."""
LEAST_SCALE = 0.25
"""Smallest scale, in patients: where a design allows hardly any imbalance."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class BalanceLimits(Result):
    """When the balance of a trial raises an alarm.

    Attributes
    ----------
    limit
        The alarm is raised when the statistic is above it.
    scale
        Root mean square imbalance, in patients, of the trial (row 0) and of each factor's margins, by patients in it.
    alpha, n, n_trials
        Chance of any false alarm up to patient `n` is at most `alpha`; simulated trials behind `limit`.
    factors
        Numbers of the factors whose margins are watched.
    """

    limit: float
    alpha: float
    n: int
    n_trials: int
    scale: NDArray[np.float64]
    factors: tuple[int, ...]
    plan: Plan

    def _facts(self) -> Mapping[str, object]:
        return {"limit": self.limit, "alpha": self.alpha, "n": self.n, "n_trials": self.n_trials}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class BalanceWatch(Result):
    """The alarm along one trial.

    Attributes
    ----------
    statistic
        After each patient.
    limit
        See `BalanceLimits`.
    first_alarm
        First patient, from 1, at whom the alarm is raised; None where it is not.
    reason
        "imbalance", or "impossible" where the design does not allow the arm after the arms before it.
    """

    statistic: NDArray[np.float64]
    limit: float
    first_alarm: int | None
    reason: str | None

    @property
    def alarm(self) -> bool:
        """True from the first alarm on."""
        return self.first_alarm is not None

    def _columns(self) -> Mapping[str, Sequence[object] | np.ndarray]:
        return {"patient": np.arange(1, self.statistic.size + 1), "statistic": self.statistic}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class DetectionDelay(Result):
    """After how many patients a fault raises the alarm, over simulated trials.

    Attributes
    ----------
    first_alarm
        Patient of the alarm in each trial, from 1; 0 where none was raised.
    detected
        Share of trials with an alarm up to patient `n`.
    """

    first_alarm: NDArray[np.int64]
    detected: float
    n: int
    n_trials: int

    def quantile(self, p: float) -> float:
        """Give the patient by whom a share p of the trials raised the alarm; infinite where fewer did."""
        ordered = np.sort(np.where(self.first_alarm > 0, self.first_alarm.astype(np.float64), inf))
        return float(ordered[max(0, int(np.ceil(p * ordered.size)) - 1)])

    def _columns(self) -> Mapping[str, Sequence[object] | np.ndarray]:
        shares = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
        return {"share_of_trials": shares, "patients": [self.quantile(p) for p in shares]}


def balance_limits(
    plan: Plan,
    n: int,
    *,
    frequencies: Sequence[Sequence[float]] | None = None,
    factors: Sequence[int] | None = None,
    alpha: float = 0.001,
    n_trials: int = 40_000,
    seed: int = 0,
) -> BalanceLimits:
    """Find the limits of the balance alarm for a design.

    The limit is the m-th largest running maximum of `n_trials` simulated trials, m = floor(alpha / 2 (n_trials + 1)): a
    trial run by the design, at these frequencies, exceeds it with probability m / (n_trials + 1). The other half of
    alpha is set aside for the error of the simulation and for other frequencies.

    Parameters
    ----------
    plan
        The declared design.
    n
        Patients over which the chance of any false alarm is kept; later patients are watched with the same limit.
    frequencies
        Frequencies of the levels of each factor in the population; equal unless given.
    factors
        Factors whose margins are watched, from 0; all unless given.
    alpha
        Chance of any false alarm.
    n_trials
        Simulated trials, at least 2 / alpha.
    seed
        Key of the random numbers.

    Raises
    ------
    StatsError
        Too few trials for alpha, or frequencies that do not fit the plan.
    """
    problems = []
    rank = floor(alpha / 2 * (n_trials + 1)) if 0 < alpha < 1 else 0
    if rank < 1:
        message = f"{n_trials} trials cannot give a limit at alpha {alpha!r}: expected at least 2 / alpha"
        problems.append(InputProblem(argument="n_trials", message=message))
    if n < 1:
        problems.append(InputProblem(argument="n", message=f"expected a number of patients from 1 on, got {n}"))
    if problems:
        raise StatsError(problems)
    cumulative = cumulative_frequencies(plan, frequencies)
    watched = tuple(range(plan.n_levels.size)) if factors is None else tuple(factors)
    first, n_margins = _margins(plan, watched)
    ratio = whole_ratio(plan)
    trials = np.arange(SCALE_TRIALS + n_trials)
    square = np.zeros((1 + plan.n_levels.size, n))
    number = np.zeros_like(square)
    head = (plan, cumulative, first, n_margins, ratio, n_rows(plan), seed)
    reference_squares(*head, trials[:SCALE_TRIALS], square, number)
    scale = _scale(square, number, int(ratio.sum()))
    maxima = np.empty(n_trials)
    reference_maxima(*head, trials[SCALE_TRIALS:], n, scale, maxima)
    limit = float(np.sort(maxima)[-rank])
    return BalanceLimits(
        limit=limit,
        alpha=alpha,
        n=n,
        n_trials=n_trials,
        scale=scale / ratio.sum(),
        factors=watched,
        plan=plan,
    )


def watch_balance(limits: BalanceLimits, arms: ArrayLike, levels: ArrayLike | None = None) -> BalanceWatch:
    """Follow the arms of one trial and say whether and when the alarm is raised.

    Parameters
    ----------
    limits
        Of the declared design.
    arms
        Arm of each patient in order of allocation, from 0.
    levels
        Level of each factor, shape (patients, factors); none for a design without factors.

    Raises
    ------
    StatsError
        An arm or a level that the design does not have.
    """
    plan = limits.plan
    given = np.ascontiguousarray(arms, np.int64)
    bad = np.flatnonzero((given < 0) | (given >= n_arms(plan)))
    if bad.size:
        first_bad = int(bad[0])
        message = f"the design has arms 0 to {n_arms(plan) - 1}"
        raise StatsError(
            [InputProblem(argument="arms", message=message, position=first_bad, value=int(given[first_bad]))]
        )
    known = np.zeros((given.size, 0), np.int64) if levels is None else np.ascontiguousarray(levels, np.int64)
    rows = state_rows(plan, known, given.size)
    return _watch(limits, given, known, rows)


def detection_delay(
    limits: BalanceLimits,
    probability: Sequence[float],
    *,
    n: int | None = None,
    frequencies: Sequence[Sequence[float]] | None = None,
    n_trials: int = 2000,
    seed: int = 1,
) -> DetectionDelay:
    """Simulate an allocator that ignores its design, and say after how many patients the alarm is raised.

    Parameters
    ----------
    limits
        Of the declared design.
    probability
        Probability of each arm under the fault, for example (0.57, 0.43).
    n
        Patients of a trial; those of the limits unless given.
    frequencies, n_trials, seed
        As for `balance_limits`.
    """
    plan = limits.plan
    chances = np.array(probability, np.float64)
    if chances.size != n_arms(plan) or abs(chances.sum() - 1.0) > 1e-9 or chances.min() < 0:
        message = f"expected {n_arms(plan)} probabilities that sum to 1, got {list(probability)!r}"
        raise StatsError([InputProblem(argument="probability", message=message)])
    patients = limits.n if n is None else n
    cumulative = cumulative_frequencies(plan, frequencies)
    arms = np.empty(patients, np.int64)
    levels = np.zeros((patients, max(1, plan.n_levels.size)), np.int64)
    found = np.zeros(n_trials, np.int64)
    for trial in range(n_trials):
        draw_faulty(cumulative, chances, seed, trial, arms, levels)
        known = levels[:, : plan.n_levels.size]
        watch = _watch(limits, arms, known, state_rows(plan, known, patients))
        found[trial] = watch.first_alarm or 0
    return DetectionDelay(first_alarm=found, detected=float(np.mean(found > 0)), n=patients, n_trials=n_trials)


def whole_ratio(plan: Plan) -> NDArray[np.int64]:
    """Give the share of each arm as whole numbers."""
    weight = np.bincount(plan.arm_of, weights=plan.share.astype(np.float64)).astype(np.int64)
    whole: NDArray[np.int64] = weight // np.gcd.reduce(weight)
    return whole


def cumulative_frequencies(plan: Plan, frequencies: Sequence[Sequence[float]] | None) -> NDArray[np.float64]:
    """Give cumulative frequencies (factors, levels), padded with 1."""
    counts = plan.n_levels.tolist()
    given = [[1.0 / c] * c for c in counts] if frequencies is None else [list(row) for row in frequencies]
    wrong = [f for f, c in enumerate(counts) if f >= len(given) or len(given[f]) != c or min(given[f]) < 0]
    if wrong or len(given) != len(counts) or any(sum(row) <= 0 for row in given):
        message = f"expected one row of non-negative numbers per factor, of lengths {counts}"
        raise StatsError([InputProblem(argument="frequencies", message=message)])
    out = np.ones((len(counts), max(counts, default=1)))
    for f, row in enumerate(given):
        out[f, : len(row)] = np.cumsum(row) / sum(row)
        out[f, len(row) - 1 :] = 1.0
    return out


def _watch(
    limits: BalanceLimits, arms: NDArray[np.int64], levels: NDArray[np.int64], rows: NDArray[np.int64]
) -> BalanceWatch:
    plan = limits.plan
    ratio = whole_ratio(plan)
    first, n_margins = _margins(plan, limits.factors)
    statistic = np.empty(arms.size)
    padded = levels if levels.shape[1] else np.zeros((arms.size, 1), np.int64)
    scale = limits.scale * ratio.sum()
    running_imbalance(arms, np.ascontiguousarray(padded), first, n_margins, ratio, scale, statistic)
    over = np.flatnonzero(statistic > limits.limit)
    alarm, reason = (int(over[0]) + 1, "imbalance") if over.size else (None, None)
    impossible = _first_impossible(plan, rows, arms) + 1
    if impossible and (alarm is None or impossible <= alarm):
        alarm, reason = int(impossible), "impossible"
    return BalanceWatch(statistic=statistic, limit=limits.limit, first_alarm=alarm, reason=reason)


def _first_impossible(plan: Plan, rows: NDArray[np.int64], arms: NDArray[np.int64]) -> int:
    """Find the first arm that the design does not allow; with fake arms it cannot be told from the arms alone."""
    if plan.kind == BLOCKS:
        scratch = np.empty((arms.size, plan.share.size))
        cells = np.ascontiguousarray(rows[:, 0])
        return int(block_predictive(arms, cells, n_rows(plan), plan.share, plan.sizes, scratch))
    if plan.arm_of.size > n_arms(plan):
        return -1
    return int(first_impossible(plan, n_rows(plan), rows, arms))


def _margins(plan: Plan, watched: Sequence[int]) -> tuple[NDArray[np.int64], int]:
    first = np.full(plan.n_levels.size, -1, np.int64)
    row = 1
    for f, count in enumerate(plan.n_levels.tolist()):
        if f in watched:
            first[f] = row
            row += count
    return first, row


def _scale(square: NDArray[np.float64], number: NDArray[np.float64], total: int) -> NDArray[np.float64]:
    """Take roots of mean squares; sizes that few margins had take the value of the next smaller one."""
    out = np.empty_like(square)
    for r in range(square.shape[0]):
        last = LEAST_SCALE * total
        for m in range(square.shape[1]):
            if number[r, m] >= FEWEST:
                last = max(LEAST_SCALE * total, float(np.sqrt(square[r, m] / number[r, m])))
            out[r, m] = last
    return out


__all__ = [
    "BalanceLimits",
    "BalanceWatch",
    "DetectionDelay",
    "balance_limits",
    "detection_delay",
    "watch_balance",
]
