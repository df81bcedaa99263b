"""Running imbalance of a trial, its reference under the design, and what a reader of the records can know of blocks.

Margins: row 0 is the trial, then one row for each level of each factor. The imbalance of a margin is kept whole:
max over arms of |n_arm R - n r_arm|, R the sum of the ratio; divided by R it is in patients.
"""

from __future__ import annotations

import numpy as np

from equipoise.stats._kernels.allocation import (
    ALLOCATION_STREAM,
    MINIMIZATION,
    Plan,
    arm_probabilities,
    count_arm,
    next_arm,
)
from equipoise.stats._kernels.decorator import compiled, inlined
from equipoise.stats._kernels.philox import uniform_pair

LEVEL_STREAM = 1
"""Philox stream of the first two factors' levels; the next two have the next stream."""
FAULT_STREAM = 1000
"""Philox stream of a faulty allocator."""


@compiled
def draw_levels(cumulative: np.ndarray, seed: int, scenario: int, trial: int, slot: int, out: np.ndarray) -> None:
    """Draw one patient's level of each factor: cumulative probabilities (factors, levels), the last level 1."""
    u, v = 0.0, 0.0
    for f in range(cumulative.shape[0]):
        if f % 2 == 0:
            u, v = uniform_pair(seed, scenario, trial, slot, LEVEL_STREAM + f // 2)
        x = u if f % 2 == 0 else v
        level = 0
        while level < cumulative.shape[1] - 1 and x >= cumulative[f, level]:
            level += 1
        out[f] = level


@compiled
def rows_of_levels(plan: Plan, levels: np.ndarray, out: np.ndarray) -> None:
    """Turn the levels of one patient into rows of the state."""
    if plan.kind == MINIMIZATION:
        first = 0
        for f in range(plan.n_levels.size):
            out[f] = first + levels[f]
            first += plan.n_levels[f]
    else:
        cell = 0
        for f in range(plan.n_levels.size):
            cell = cell * plan.n_levels[f] + levels[f]
        out[0] = cell


@inlined
def margin_imbalance(counts: np.ndarray, row: int, ratio: np.ndarray) -> int:
    """Measure one margin."""
    n, total, worst = 0, 0, 0
    for j in range(ratio.size):
        n += counts[row, j]
        total += ratio[j]
    for j in range(ratio.size):
        worst = max(worst, abs(counts[row, j] * total - n * ratio[j]))
    return worst


@compiled
def enter(
    counts: np.ndarray,
    sizes: np.ndarray,
    first: np.ndarray,
    levels: np.ndarray,
    arm: int,
    ratio: np.ndarray,
    scale: np.ndarray,
) -> float:
    """Enter a patient and give the largest imbalance, over its scale, of the margins that he belongs to.

    `first[f]` is the row of the first level of factor f, -1 where the factor has no margins. `scale` (1 + factors, n)
    holds the scale of the trial and of each factor's margins by their number of patients.
    """
    counts[0, arm] += 1
    sizes[0] += 1
    worst = float(margin_imbalance(counts, 0, ratio) / scale[0, min(sizes[0], scale.shape[1]) - 1])
    for f in range(first.size):
        if first[f] >= 0:
            row = first[f] + levels[f]
            counts[row, arm] += 1
            sizes[row] += 1
            here = float(margin_imbalance(counts, row, ratio) / scale[1 + f, min(sizes[row], scale.shape[1]) - 1])
            worst = max(worst, here)
    return worst


@compiled
def running_imbalance(
    arms: np.ndarray,
    levels: np.ndarray,
    first: np.ndarray,
    n_margins: int,
    ratio: np.ndarray,
    scale: np.ndarray,
    out: np.ndarray,
) -> None:
    """Write the statistic after each patient of one trial."""
    counts = np.zeros((n_margins, ratio.size), np.int64)
    sizes = np.zeros(n_margins, np.int64)
    for i in range(arms.size):
        out[i] = enter(counts, sizes, first, levels[i], arms[i], ratio, scale)


@compiled
def reference_squares(
    plan: Plan,
    cumulative: np.ndarray,
    first: np.ndarray,
    n_margins: int,
    ratio: np.ndarray,
    n_rows: int,
    seed: int,
    trials: np.ndarray,
    square: np.ndarray,
    number: np.ndarray,
) -> None:
    """Add up, over simulated trials, squared imbalances by number of patients in the margin: (1 + factors, n)."""
    k, n_factors, n = plan.share.size, cumulative.shape[0], square.shape[1]
    scratch, state = np.empty(k), np.zeros((n_rows, k), np.int64)
    levels = np.zeros(max(1, n_factors), np.int64)
    rows = np.zeros(n_factors if plan.kind == MINIMIZATION else 1, np.int64)
    counts = np.zeros((n_margins, ratio.size), np.int64)
    sizes = np.zeros(n_margins, np.int64)
    for trial in trials:
        state[:] = 0
        counts[:] = 0
        sizes[:] = 0
        for i in range(n):
            draw_levels(cumulative, seed, 0, trial, i, levels)
            rows_of_levels(plan, levels, rows)
            u_arm, u_size = uniform_pair(seed, 0, trial, i, ALLOCATION_STREAM)
            arm = plan.arm_of[next_arm(plan, state, rows, u_arm, u_size, scratch)]
            for f in range(-1, n_factors):
                if f < 0 or first[f] >= 0:
                    row = 0 if f < 0 else first[f] + levels[f]
                    counts[row, arm] += 1
                    sizes[row] += 1
                    worst = float(margin_imbalance(counts, row, ratio))
                    square[1 + f, sizes[row] - 1] += worst * worst
                    number[1 + f, sizes[row] - 1] += 1


@compiled
def reference_maxima(
    plan: Plan,
    cumulative: np.ndarray,
    first: np.ndarray,
    n_margins: int,
    ratio: np.ndarray,
    n_rows: int,
    seed: int,
    trials: np.ndarray,
    n: int,
    scale: np.ndarray,
    out: np.ndarray,
) -> None:
    """Write the largest statistic of each simulated trial of n patients."""
    k, n_factors = plan.share.size, cumulative.shape[0]
    scratch, state = np.empty(k), np.zeros((n_rows, k), np.int64)
    levels = np.zeros(max(1, n_factors), np.int64)
    rows = np.zeros(n_factors if plan.kind == MINIMIZATION else 1, np.int64)
    counts = np.zeros((n_margins, ratio.size), np.int64)
    sizes = np.zeros(n_margins, np.int64)
    for t in range(trials.size):
        state[:] = 0
        counts[:] = 0
        sizes[:] = 0
        worst = 0.0
        for i in range(n):
            draw_levels(cumulative, seed, 0, trials[t], i, levels)
            rows_of_levels(plan, levels, rows)
            u_arm, u_size = uniform_pair(seed, 0, trials[t], i, ALLOCATION_STREAM)
            arm = plan.arm_of[next_arm(plan, state, rows, u_arm, u_size, scratch)]
            worst = max(worst, enter(counts, sizes, first, levels, arm, ratio, scale))
        out[t] = worst


@compiled
def draw_faulty(
    cumulative: np.ndarray, probability: np.ndarray, seed: int, trial: int, arms: np.ndarray, levels: np.ndarray
) -> None:
    """Draw the patients of a trial whose allocator ignores its design: every arm with its own probability."""
    for i in range(arms.size):
        draw_levels(cumulative, seed, 0, trial, i, levels[i])
        u, _ = uniform_pair(seed, 0, trial, i, FAULT_STREAM)
        arm, total = 0, probability[0]
        while u >= total and arm < probability.size - 1:
            arm += 1
            total += probability[arm]
        arms[i] = arm


@compiled
def first_impossible(plan: Plan, n_rows: int, rows: np.ndarray, arms: np.ndarray) -> int:
    """Give the first patient whose arm had probability 0 given all earlier arms, or -1: for plans without fake arms."""
    state, scratch = np.zeros((n_rows, plan.share.size), np.int64), np.empty(plan.share.size)
    for i in range(arms.size):
        arm_probabilities(plan, state, rows[i], 0.0, scratch)
        if scratch[arms[i]] <= 0.0:
            return i
        count_arm(plan, state, rows[i], arms[i])
    return -1


@compiled
def _partial_chance(count: np.ndarray, before: np.ndarray, size: int, ratio: np.ndarray, total: int) -> float:
    """Give the probability that a block of a size begins with one given order of the arms since its start."""
    chance, taken = 1.0, 0
    for j in range(ratio.size):
        have = size // total * ratio[j]
        for i in range(count[j] - before[j]):
            chance *= (have - i) / (size - taken)
            taken += 1
        if count[j] - before[j] > have:
            return 0.0
    return chance


@compiled
def block_predictive(
    arms: np.ndarray, cells: np.ndarray, n_cells: int, ratio: np.ndarray, sizes: np.ndarray, out: np.ndarray
) -> int:
    """Write, for each patient, the probability of each arm given all earlier arms of the stratum; sizes unknown.

    Filter over where the open block began and its size. `weight[cell, t % (Z + 1)]` is the (scaled) probability of the
    arms up to the t-th patient together with a block ending there, Z the largest size. Gives the first patient whose
    arm no composition of blocks allows, or -1; nothing is written from him on.
    """
    k, largest, total = ratio.size, 0, 0
    for s in sizes:
        largest = max(largest, s)
    for j in range(k):
        total += ratio[j]
    ring = largest + 1
    weight = np.zeros((n_cells, ring))
    past = np.zeros((n_cells, ring, k), np.int64)
    seen = np.zeros(n_cells, np.int64)
    weight[:, 0] = 1.0
    for i in range(arms.size):
        c = cells[i]
        t = seen[c]
        now = past[c, t % ring]
        out[i] = 0.0
        mass = 0.0
        for size in sizes:
            for length in range(min(size, t + 1)):
                start = (t - length) % ring
                if weight[c, start] > 0.0:
                    chance = weight[c, start] * _partial_chance(now, past[c, start], size, ratio, total)
                    mass += chance
                    for j in range(k):
                        left = size // total * ratio[j] - (now[j] - past[c, start, j])
                        out[i, j] += chance * left / (size - length)
        for j in range(k):
            out[i, j] /= mass
        if out[i, arms[i]] <= 0.0:
            return i
        following = (t + 1) % ring
        past[c, following] = now
        past[c, following, arms[i]] += 1
        seen[c] = t + 1
        ended = 0.0
        for size in sizes:
            if size <= t + 1:
                start = (t + 1 - size) % ring
                if weight[c, start] > 0.0:
                    ended += (
                        weight[c, start]
                        * _partial_chance(past[c, following], past[c, start], size, ratio, total)
                        / sizes.size
                    )
        weight[c, following] = ended
        biggest = 0.0
        for r in range(ring):
            biggest = max(biggest, weight[c, r])
        for r in range(ring):
            weight[c, r] /= biggest
    return -1
