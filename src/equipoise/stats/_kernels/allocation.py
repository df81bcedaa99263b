"""One patient's allocation: the same loop for a live patient, a simulated one and a replayed one.

A `Plan` says how; it never changes. A state is one array of small integers, `state[row, arm]`, all zero before the
first patient; it is the only thing that changes. A patient is `rows`, the rows of the state that he belongs to, and
two uniforms, used or not: the first picks the arm, the second the size of a new block.

* Cell methods (blocks, coin, urn) have one row per stratum and `rows` of length 1. Coin and urn count the arms given in
  the row; blocks keep there what is left of the open block.
* Minimization has one row per level of each factor and `rows` with one entry per factor.

*Listed arms* are the columns of the state: the arms of the trial, or, for an unequal ratio balanced by fake arms, r
equal columns for an arm of share r; `Plan.arm_of` maps columns to arms.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from equipoise.stats._kernels.decorator import compiled, inlined
from equipoise.stats._kernels.philox import uniform_pair

BLOCKS, COIN, MINIMIZATION, URN = 0, 1, 2, 3
RANGE, VARIANCE, SD, CHI_SQUARE = 0, 1, 2, 3
SAME_SCORE = 1e-9
"""Scores this near, relative to the larger one, are the same: sums of equal imbalances differ by rounding alone."""
ALLOCATION_STREAM = 0
"""Philox stream of the uniforms that allocate; others are free for accrual, events and factors."""


class Plan(NamedTuple):
    """How arms are drawn, in a form that compiled loops can read; made by the builders of `stats.allocation`."""

    kind: int
    """BLOCKS, COIN, MINIMIZATION or URN."""
    arm_of: np.ndarray
    """Arm of each listed arm, int64."""
    share: np.ndarray
    """Relative share of each listed arm, int64."""
    sizes: np.ndarray
    """Block sizes, int64; empty for other methods."""
    n_levels: np.ndarray
    """Levels of each factor, int64."""
    weights: np.ndarray
    """Weight of each factor in minimization, float64."""
    measure: int
    """RANGE, VARIANCE, SD or CHI_SQUARE."""
    p: float
    """Probability of the arms that are behind; 0 for none preferred."""
    tolerance: int
    """Largest difference of two listed arms in a stratum; 0 for no limit."""
    alpha: float
    """Balls of each arm in the urn at the start."""
    beta: float
    """Balls added for every other arm at each allocation."""
    power: float
    """Power to which the numbers of balls are raised."""

    def __repr__(self) -> str:
        """Name the method; show no block sizes, which are for few eyes."""
        return f"Plan({('permuted blocks', 'coin', 'minimization', 'urn')[self.kind]})"


@inlined
def _spread(plan: Plan, state: np.ndarray, row: int, candidate: int, n: int) -> float:
    """Measure how the counts of a row with `n` patients would spread with one more in the candidate arm."""
    k = plan.share.size
    if plan.measure == CHI_SQUARE:
        total_share, spread = 0, 0.0
        for j in range(k):
            total_share += plan.share[j]
        for j in range(k):
            m = state[row, j] + (1 if j == candidate else 0)
            e = plan.share[j] / total_share * (n + 1)
            spread += (m - e) * (m - e) / e
        return spread
    high, low, total = -np.inf, np.inf, 0.0
    for j in range(k):
        v = float(state[row, j] + (1 if j == candidate else 0))
        if plan.share[j] != 1:
            v /= plan.share[j]
        high, low = max(high, v), min(low, v)
        total += v
    if plan.measure == RANGE:
        return high - low
    mean, spread = total / k, 0.0
    for j in range(k):
        v = float(state[row, j] + (1 if j == candidate else 0))
        if plan.share[j] != 1:
            v /= plan.share[j]
        spread += (v - mean) * (v - mean)
    spread /= k - 1
    return np.sqrt(spread) if plan.measure == SD else spread


@inlined
def minimization_scores(plan: Plan, state: np.ndarray, rows: np.ndarray, out: np.ndarray) -> None:
    """Write, for each listed arm, the weighted imbalance that would stand if the patient went there."""
    k = plan.share.size
    for c in range(k):
        out[c] = 0.0
    for f in range(rows.size):
        row, n = rows[f], 0
        for j in range(k):
            n += state[row, j]
        for c in range(k):
            out[c] += plan.weights[f] * _spread(plan, state, row, c, n)


@inlined
def prefer_lowest(plan: Plan, out: np.ndarray) -> None:
    """Turn scores into probabilities: the lowest share p by their shares, never less than their shares alone."""
    k = plan.share.size
    low = np.inf
    for j in range(k):
        low = min(low, out[j])
    limit = low + SAME_SCORE * max(1.0, abs(low))
    behind, total = 0, 0
    for j in range(k):
        total += plan.share[j]
        if out[j] <= limit:
            behind += plan.share[j]
    p = max(plan.p, behind / total)
    for j in range(k):
        if behind == total:
            out[j] = plan.share[j] / total
        elif out[j] <= limit:
            out[j] = p * plan.share[j] / behind
        else:
            out[j] = (1.0 - p) * plan.share[j] / (total - behind)


@inlined
def _keep_tolerance(plan: Plan, state: np.ndarray, row: int, out: np.ndarray) -> None:
    """Take the probability of arms that would lead another one by more than the tolerance."""
    k, total = plan.share.size, 0.0
    for j in range(k):
        for i in range(k):
            if i != j and state[row, j] + 1 - state[row, i] > plan.tolerance:
                out[j] = 0.0
        total += out[j]
    for j in range(k):
        out[j] /= total


@inlined
def _urn(plan: Plan, state: np.ndarray, row: int, out: np.ndarray) -> None:
    k = plan.share.size
    n, total = 0, 0.0
    for j in range(k):
        n += state[row, j]
    for j in range(k):
        balls = plan.alpha + plan.beta * (n - state[row, j])
        out[j] = balls if plan.power == 1.0 else balls**plan.power
        total += out[j]
    for j in range(k):
        out[j] = out[j] / total if total > 0.0 else 1.0 / k


@inlined
def open_block(plan: Plan, state: np.ndarray, row: int, u_size: float) -> int:
    """Open a new block, of a size drawn by the uniform, if nothing is left of the last one; give what is left."""
    k, left = plan.share.size, 0
    for j in range(k):
        left += state[row, j]
    if left > 0:
        return left
    total = 0
    for j in range(k):
        total += plan.share[j]
    size = int(plan.sizes[min(int(u_size * plan.sizes.size), plan.sizes.size - 1)])
    for j in range(k):
        state[row, j] = size // total * plan.share[j]
    return size


@inlined
def arm_probabilities(plan: Plan, state: np.ndarray, rows: np.ndarray, u_size: float, out: np.ndarray) -> None:
    """Write the probability of each listed arm for the next patient; opens a block where one is due."""
    k = plan.share.size
    if plan.kind == MINIMIZATION:
        minimization_scores(plan, state, rows, out)
        prefer_lowest(plan, out)
    elif plan.kind == COIN:
        for j in range(k):
            out[j] = float(state[rows[0], j])
        prefer_lowest(plan, out)
        if plan.tolerance > 0:
            _keep_tolerance(plan, state, rows[0], out)
    elif plan.kind == URN:
        _urn(plan, state, rows[0], out)
    else:
        left = open_block(plan, state, rows[0], u_size)
        for j in range(k):
            out[j] = state[rows[0], j] / left


@inlined
def pick_arm(probability: np.ndarray, u_arm: float) -> int:
    """Give the first listed arm whose cumulative probability exceeds the uniform."""
    cumulative, last = 0.0, 0
    for j in range(probability.size):
        if probability[j] > 0.0:
            cumulative += probability[j]
            last = j
            if u_arm < cumulative:
                return j
    return last


@inlined
def count_arm(plan: Plan, state: np.ndarray, rows: np.ndarray, listed: int) -> None:
    """Enter an allocation in the state."""
    if plan.kind == BLOCKS:
        state[rows[0], listed] -= 1
    else:
        for f in range(rows.size):
            state[rows[f], listed] += 1


@inlined
def next_arm(plan: Plan, state: np.ndarray, rows: np.ndarray, u_arm: float, u_size: float, scratch: np.ndarray) -> int:
    """Allocate one patient: change the state and give the listed arm. `scratch`: float64, one cell per listed arm."""
    arm_probabilities(plan, state, rows, u_size, scratch)
    listed = pick_arm(scratch, u_arm)
    count_arm(plan, state, rows, listed)
    return listed


@compiled
def allocate_all(plan: Plan, state: np.ndarray, rows: np.ndarray, uniforms: np.ndarray, out: np.ndarray) -> None:
    """Allocate patients in order of entry: rows (n, m), uniforms (n, 2); writes the listed arms (n,)."""
    scratch = np.empty(plan.share.size)
    for i in range(rows.shape[0]):
        out[i] = next_arm(plan, state, rows[i], uniforms[i, 0], uniforms[i, 1], scratch)


@compiled
def trace_all(
    plan: Plan, state: np.ndarray, rows: np.ndarray, uniforms: np.ndarray, out: np.ndarray, probability: np.ndarray
) -> None:
    """As `allocate_all`, and write the probabilities (n, listed arms) by which each was drawn."""
    for i in range(rows.shape[0]):
        out[i] = next_arm(plan, state, rows[i], uniforms[i, 0], uniforms[i, 1], probability[i])


@compiled
def simulate_all(
    plan: Plan, rows: np.ndarray, n_rows: int, seed: int, scenario: int, first: int, out: np.ndarray
) -> None:
    """Allocate the same patients in trials numbered from `first`: out (trials, n), int8, gets arms of the trial."""
    k = plan.share.size
    scratch = np.empty(k)
    state = np.empty((n_rows, k), np.int64)
    for t in range(out.shape[0]):
        state[:] = 0
        for i in range(rows.shape[0]):
            u_arm, u_size = uniform_pair(seed, scenario, first + t, i, ALLOCATION_STREAM)
            out[t, i] = plan.arm_of[next_arm(plan, state, rows[i], u_arm, u_size, scratch)]
