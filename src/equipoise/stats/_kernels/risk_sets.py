"""Groups of rows with one time within a stratum, and from which group on each row is at risk."""

import numpy as np
from numpy.typing import NDArray

from equipoise.stats._kernels.decorator import compiled

Integers = NDArray[np.int64]


@compiled
def group_rows(
    order: Integers, starts: Integers, codes: Integers, entry: Integers
) -> tuple[Integers, Integers, Integers, Integers]:
    """Group rows sorted by stratum and time.

    Returns the places where each group starts (G + 1), the groups where each stratum starts (S + 1), and, in the
    sorted order, the group of every row and the first group at which it is at risk (empty without delayed entry).
    """
    n, n_strata = order.shape[0], starts.shape[0] - 1
    row_group = np.empty(n, np.int64)
    group_start = np.empty(n + 1, np.int64)
    stratum_group = np.zeros(n_strata + 1, np.int64)
    g = -1
    for s in range(n_strata):
        stratum_group[s] = g + 1
        for i in range(starts[s], starts[s + 1]):
            if i == starts[s] or codes[order[i]] != codes[order[i - 1]]:
                g += 1
                group_start[g] = i
            row_group[i] = g
    stratum_group[n_strata] = g + 1
    group_start[g + 1] = n
    first_group = np.empty(n if entry.shape[0] > 0 else 0, np.int64)
    if entry.shape[0] > 0:
        for s in range(n_strata):
            for i in range(starts[s], starts[s + 1]):
                low, high = stratum_group[s], stratum_group[s + 1]
                while low < high:
                    middle = (low + high) // 2
                    if codes[order[group_start[middle]]] < entry[order[i]]:
                        low = middle + 1
                    else:
                        high = middle
                first_group[i] = low
    return group_start[: g + 2].copy(), stratum_group, row_group, first_group


@compiled
def gather_centered(
    x: NDArray[np.float64], order: Integers, starts: Integers, weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Bring covariates into the sorted order, centered at the weighted mean of the stratum and scaled by the pooled
    spread.

    Returns the matrix, the means (stratum x column) and the scale of each column; a column without spread has scale 0
    and stays zero.
    """
    n, p = x.shape[0], x.shape[1]
    n_strata = starts.shape[0] - 1
    out = np.empty((n, p))
    means = np.zeros((n_strata, p))
    spread, size, total = np.zeros(p), np.zeros(p), 0.0
    first, sums, squares = np.zeros(p), np.zeros(p), np.zeros(p)
    for s in range(n_strata):
        weight = 0.0
        sums[:] = 0.0
        squares[:] = 0.0
        first[:] = x[order[starts[s]], :]
        for i in range(starts[s], starts[s + 1]):
            w, row = weights[i], order[i]
            weight += w
            for j in range(p):
                value = x[row, j] - first[j]
                out[i, j] = value
                sums[j] += w * value
                squares[j] += w * value * value
        total += weight
        for j in range(p):
            size[j] = max(size[j], abs(first[j]))
            spread[j] += max(squares[j] - sums[j] * sums[j] / weight, 0.0)
            sums[j] /= weight
            means[s, j] = first[j] + sums[j]
        for i in range(starts[s], starts[s + 1]):
            for j in range(p):
                out[i, j] -= sums[j]
    scale = np.sqrt(spread / total)
    for j in range(p):
        if scale[j] <= 1e-12 * size[j]:
            scale[j] = 0.0
    factor = np.where(scale > 0.0, 1.0 / scale, 0.0)
    for i in range(n):
        for j in range(p):
            out[i, j] *= factor[j]
    return out, means, scale
