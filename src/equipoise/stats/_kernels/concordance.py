"""Concordant and discordant pairs of a marker and a time, by two sweeps over a Fenwick tree of the marker's ranks."""

import numpy as np
from numpy.typing import NDArray

from equipoise.stats._kernels.decorator import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@compiled
def tree_add(tree: Floats, rank: int, weight: float) -> None:
    """Add weight at a rank (from 0)."""
    i = rank + 1
    while i < tree.shape[0]:
        tree[i] += weight
        i += i & -i


@compiled
def tree_sum(tree: Floats, rank: int) -> float:
    """Sum the weights of the ranks below `rank`."""
    total = 0.0
    i = rank
    while i > 0:
        total += tree[i]
        i -= i & -i
    return total


@compiled
def split(tree: Floats, at: Floats, rank: int, total: float) -> tuple[float, float, float]:
    """Return the weight below, at and above a rank."""
    below = tree_sum(tree, rank)
    return below, at[rank], total - below - at[rank]


@compiled
def concordance_sums(
    rank: Integers,
    n_ranks: int,
    event: NDArray[np.bool_],
    weights: Floats,
    group_start: Integers,
    stratum_group: Integers,
    first_group: Integers,
    removal: Integers,
    timing: Floats,
) -> tuple[Floats, Floats]:
    """Count pairs of a death and a row still at risk after it, rows sorted by stratum and time.

    Returns the sums concordant (the one who dies has the higher marker), discordant, tied marker, tied time, tied
    both, each pair weighted by both weights and by timing[group of the death]; and per row the first three sums over
    its pairs, less its own weight.
    """
    n = rank.shape[0]
    sums, influence, tied = np.zeros(5), np.zeros((n, 3)), np.zeros(n_ranks)
    delayed = first_group.shape[0] > 0
    last = n - 1
    for s in range(stratum_group.shape[0] - 2, -1, -1):
        tree, at, total = np.zeros(n_ranks + 1), np.zeros(n_ranks), 0.0
        while delayed and last >= 0 and first_group[removal[last]] >= stratum_group[s + 1]:
            last -= 1
        for g in range(stratum_group[s + 1] - 1, stratum_group[s] - 1, -1):
            for i in range(group_start[g], group_start[g + 1]):
                if not event[i]:
                    tree_add(tree, rank[i], weights[i])
                    at[rank[i]] += weights[i]
                    total += weights[i]
            while delayed and last >= 0 and first_group[removal[last]] > g:
                i = removal[last]
                tree_add(tree, rank[i], -weights[i])
                at[rank[i]] -= weights[i]
                total -= weights[i]
                last -= 1
            dying = 0.0
            for i in range(group_start[g], group_start[g + 1]):
                if event[i]:
                    below, same, above = split(tree, at, rank[i], total)
                    influence[i, 0] = timing[g] * below
                    influence[i, 1] = timing[g] * above
                    influence[i, 2] = timing[g] * same
                    for k in range(3):
                        sums[k] += weights[i] * influence[i, k]
                    sums[3] += timing[g] * weights[i] * dying
                    dying += weights[i]
            for i in range(group_start[g], group_start[g + 1]):
                if event[i]:
                    sums[4] += timing[g] * weights[i] * tied[rank[i]]
                    tied[rank[i]] += weights[i]
            for i in range(group_start[g], group_start[g + 1]):
                if event[i]:
                    tied[rank[i]] = 0.0
                    tree_add(tree, rank[i], weights[i])
                    at[rank[i]] += weights[i]
                    total += weights[i]
    sums[3] -= sums[4]
    add_survivors(rank, n_ranks, event, weights, group_start, stratum_group, first_group, removal, timing, influence)
    return sums, influence


@compiled
def add_survivors(
    rank: Integers,
    n_ranks: int,
    event: NDArray[np.bool_],
    weights: Floats,
    group_start: Integers,
    stratum_group: Integers,
    first_group: Integers,
    removal: Integers,
    timing: Floats,
    influence: Floats,
) -> None:
    """Add to each row its pairs with deaths that it survived, forward in time; deaths come before censorings."""
    n = rank.shape[0]
    delayed = first_group.shape[0] > 0
    entered = 0
    for s in range(stratum_group.shape[0] - 1):
        tree, at, total = np.zeros(n_ranks + 1), np.zeros(n_ranks), 0.0
        for g in range(stratum_group[s], stratum_group[s + 1]):
            while delayed and entered < n and first_group[removal[entered]] <= g:
                i = removal[entered]
                below, same, above = split(tree, at, rank[i], total)
                influence[i, 0] -= above
                influence[i, 1] -= below
                influence[i, 2] -= same
                entered += 1
            for dies in (True, False):
                for i in range(group_start[g], group_start[g + 1]):
                    if event[i] == dies:
                        below, same, above = split(tree, at, rank[i], total)
                        influence[i, 0] += above
                        influence[i, 1] += below
                        influence[i, 2] += same
                if dies:
                    for i in range(group_start[g], group_start[g + 1]):
                        if event[i]:
                            weight = timing[g] * weights[i]
                            tree_add(tree, rank[i], weight)
                            at[rank[i]] += weight
                            total += weight
