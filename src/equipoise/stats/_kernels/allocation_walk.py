"""Exact forward recursion over the imbalance of two arms, and the simulated behavior of any design."""

from __future__ import annotations

import numpy as np

from equipoise.stats._kernels.allocation import (
    ALLOCATION_STREAM,
    BLOCKS,
    MINIMIZATION,
    Plan,
    arm_probabilities,
    count_arm,
    pick_arm,
)
from equipoise.stats._kernels.balance import block_predictive, draw_levels, rows_of_levels
from equipoise.stats._kernels.decorator import compiled
from equipoise.stats._kernels.philox import uniform_pair


@compiled
def _spread_step(
    now: np.ndarray, following: np.ndarray, state: int, to_a: int, to_b: int, d: int, p: float, out: np.ndarray
) -> None:
    """Pass the weight of one state, split by the largest imbalance so far, on to its two followers; count guesses."""
    guess = 0.5 if d == 0 else (p if d < 0 else 1.0 - p)
    for m in range(now.shape[1]):
        w = now[state, m]
        if w > 0.0:
            out[0] += w * guess
            if p in (0.0, 1.0):
                out[1] += w
            if p > 0.0:
                following[to_a, max(m, abs(d + 1))] += w * p
            if p < 1.0:
                following[to_b, max(m, abs(d - 1))] += w * (1.0 - p)


@compiled
def walk_counts(plan: Plan, n: int, out: np.ndarray) -> np.ndarray:
    """Walk a coin or urn of two listed arms: weights by patients in the first arm and largest imbalance so far.

    Adds expected correct guesses (of the arm behind) and forced steps to out[0] and out[1].
    """
    now = np.zeros((n + 1, n + 1))
    now[0, 0] = 1.0
    state, rows, prob = np.zeros((1, 2), np.int64), np.zeros(1, np.int64), np.empty(2)
    for i in range(n):
        following = np.zeros((n + 1, n + 1))
        for a in range(i + 1):
            state[0, 0], state[0, 1] = a, i - a
            arm_probabilities(plan, state, rows, 0.0, prob)
            _spread_step(now, following, a, a + 1, a, 2 * a - i, prob[0], out)
        now = following
    return now


@compiled
def walk_blocks(plan: Plan, n: int, out: np.ndarray) -> np.ndarray:
    """Walk permuted blocks of two equal arms: weights by what is left of the block and largest imbalance so far.

    State a * (h + 1) + b: a and b patients of the arms are left in the block, h half the largest size.
    """
    half = plan.sizes.max() // 2
    side = half + 1
    now = np.zeros((side * side, half + 1))
    now[0, 0] = 1.0
    for _ in range(n):
        opened = now.copy()
        opened[0] = 0.0
        for size in plan.sizes:
            opened[size // 2 * side + size // 2] += now[0] / plan.sizes.size
        now = np.zeros_like(opened)
        for a in range(side):
            for b in range(side):
                if a + b > 0:
                    s = a * side + b
                    _spread_step(opened, now, s, s - side, s - 1, b - a, a / (a + b), out)
    return now


@compiled
def _imbalance(counts: np.ndarray, row: int, ratio: np.ndarray) -> float:
    high, low = -np.inf, np.inf
    for j in range(ratio.size):
        v = counts[row, j] / ratio[j]
        high, low = max(high, v), min(low, v)
    return high - low


@compiled
def behavior(
    plan: Plan,
    cumulative: np.ndarray,
    ratio: np.ndarray,
    n_rows: int,
    seed: int,
    scenario: int,
    trials: np.ndarray,
    n: int,
    overall: np.ndarray,
    by_factor: np.ndarray,
    guessed: np.ndarray,
    forced: np.ndarray,
) -> None:
    """Simulate trials of n patients; write the imbalance at the end of each and what a reader of all records guesses.

    overall (trials,); by_factor (trials, factors): mean over levels; guessed, forced (trials,): shares of patients.
    """
    k, n_factors, n_arms = plan.share.size, cumulative.shape[0], ratio.size
    scratch, state = np.empty(k), np.zeros((n_rows, k), np.int64)
    levels = np.zeros((n, max(1, n_factors)), np.int64)
    rows = np.zeros(n_factors if plan.kind == MINIMIZATION else 1, np.int64)
    arms, cells = np.empty(n, np.int64), np.empty(n, np.int64)
    known = np.zeros((n, n_arms))
    counts = np.zeros((cumulative.shape[1], n_arms), np.int64)
    for t in range(trials.size):
        state[:] = 0
        for i in range(n):
            draw_levels(cumulative, seed, scenario, trials[t], i, levels[i])
            rows_of_levels(plan, levels[i], rows)
            u_arm, u_size = uniform_pair(seed, scenario, trials[t], i, ALLOCATION_STREAM)
            arm_probabilities(plan, state, rows, u_size, scratch)
            listed = pick_arm(scratch, u_arm)
            count_arm(plan, state, rows, listed)
            arms[i], cells[i] = plan.arm_of[listed], rows[0]
            known[i] = 0.0
            for j in range(k):
                known[i, plan.arm_of[j]] += scratch[j]
        if plan.kind == BLOCKS:
            block_predictive(arms, cells, n_rows, plan.share, plan.sizes, known)
        right, sure = 0.0, 0
        for i in range(n):
            best = 0.0
            for j in range(n_arms):
                best = max(best, known[i, j])
            right += best
            sure += 1 if best > 1.0 - 1e-12 else 0
        guessed[t], forced[t] = right / n, sure / n
        counts[:] = 0
        for i in range(n):
            counts[0, arms[i]] += 1
        overall[t] = _imbalance(counts, 0, ratio)
        for f in range(n_factors):
            counts[:] = 0
            for i in range(n):
                counts[levels[i, f], arms[i]] += 1
            total = 0.0
            for level in range(plan.n_levels[f]):
                total += _imbalance(counts, level, ratio)
            by_factor[t, f] = total / plan.n_levels[f]
