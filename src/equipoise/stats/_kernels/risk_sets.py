"""Groups of rows with one time within a stratum, and from which group on each row is at risk."""

import numpy as np
from numpy.typing import NDArray

from equipoise.stats._kernels.decorator import compiled

Floats = NDArray[np.float64]
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
def gather_block(
    x: Floats, order: Integers, starts: Integers, weights: Floats, low: int, high: int, out: Floats
) -> tuple[int, Floats, Floats, Floats]:
    """Bring the covariates of the sorted rows low .. high into `out`, less those of the first row of the stratum.

    Returns the first stratum met, and from it on the sums per stratum of the weights, of what stands in `out`, and of
    its squares.
    """
    p = x.shape[1]
    first: int = np.searchsorted(starts, low, side="right") - 1  # type: ignore[assignment]
    n_strata = np.searchsorted(starts, high, side="left") - first
    weight, sums, squares = np.zeros(n_strata), np.zeros((n_strata, p)), np.zeros((n_strata, p))
    for s in range(n_strata):
        origin = order[starts[first + s]]
        for i in range(max(low, starts[first + s]), min(high, starts[first + s + 1])):
            w, row = weights[i], order[i]
            weight[s] += w
            for j in range(p):
                value = x[row, j] - x[origin, j]
                out[i, j] = value
                sums[s, j] += w * value
                squares[s, j] += w * value * value
    return first, weight, sums, squares


@compiled
def center_and_scale(
    origin: Floats, weight: Floats, sums: Floats, squares: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Turn sums per stratum into shifts and means (stratum x column), the pooled spread of each column (0 where it does
    not vary), and the factors that bring the spread to 1."""
    n_strata, p = sums.shape
    shift, means = np.empty((n_strata, p)), np.empty((n_strata, p))
    spread, size, total = np.zeros(p), np.zeros(p), 0.0
    for s in range(n_strata):
        total += weight[s]
        for j in range(p):
            size[j] = max(size[j], abs(origin[s, j]))
            spread[j] += max(squares[s, j] - sums[s, j] * sums[s, j] / weight[s], 0.0)
            shift[s, j] = sums[s, j] / weight[s]
            means[s, j] = origin[s, j] + shift[s, j]
    scale = np.sqrt(spread / total)
    for j in range(p):
        if scale[j] <= 1e-12 * size[j]:
            scale[j] = 0.0
    return shift, means, scale, np.where(scale > 0.0, 1.0 / scale, 0.0)


@compiled
def center_block(starts: Integers, low: int, high: int, shift: Floats, factor: Floats, out: Floats) -> None:
    """Center and scale the rows low .. high."""
    first = np.searchsorted(starts, low, side="right") - 1
    last = np.searchsorted(starts, high, side="left")
    for s in range(first, last):
        for i in range(max(low, starts[s]), min(high, starts[s + 1])):
            for j in range(out.shape[1]):
                out[i, j] = (out[i, j] - shift[s, j]) * factor[j]


@compiled
def gather_centered(x: Floats, order: Integers, starts: Integers, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Bring covariates into the sorted order, centered at the weighted mean of the stratum and scaled by the pooled
    spread.

    Returns the matrix, the means (stratum x column) and the scale of each column; a column without spread has scale 0
    and stays zero.
    """
    n = x.shape[0]
    out, origin = np.empty((n, x.shape[1])), x[order[starts[:-1]]]
    _, weight, sums, squares = gather_block(x, order, starts, weights, 0, n, out)
    shift, means, scale, factor = center_and_scale(origin, weight, sums, squares)
    center_block(starts, 0, n, shift, factor, out)
    return out, means, scale
