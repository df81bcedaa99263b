"""Orders of rows by small integer keys, and the rule that joins nearly equal times."""

import numpy as np
from numpy.typing import NDArray

from equipoise.stats._kernels.decorator import compiled


@compiled
def counting_order(keys: NDArray[np.int64], k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the stable order of rows by keys 0 .. k-1, and the k + 1 places where each key starts."""
    starts = np.zeros(k + 1, np.int64)
    for i in range(keys.shape[0]):
        starts[keys[i] + 1] += 1
    for j in range(k):
        starts[j + 1] += starts[j]
    place = starts[:-1].copy()
    order = np.empty(keys.shape[0], np.int64)
    for i in range(keys.shape[0]):
        key = keys[i]
        order[place[key]] = i
        place[key] += 1
    return order, starts


@compiled
def join_times(distinct: NDArray[np.float64], tolerance: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Join sorted distinct times that follow within the tolerance, absolute or relative to the mean; the lowest
    stands for all.

    Returns the times left and for each time given the index of the one that stands for it.
    """
    n = distinct.shape[0]
    scale = np.mean(np.abs(distinct))
    kept = np.empty(n)
    index = np.empty(n, np.int64)
    last = -1
    for i in range(n):
        gap = distinct[i] - distinct[i - 1] if i > 0 else np.inf
        if i == 0 or (gap > tolerance and (scale == 0.0 or gap / scale > tolerance)):
            last += 1
            kept[last] = distinct[i]
        index[i] = last
    return kept[: last + 1].copy(), index


@compiled
def nested_order(
    outer: NDArray[np.int64], n_outer: int, inner: NDArray[np.int64], n_inner: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the stable order by `outer`, then `inner`, and the n_outer + 1 places where each outer key starts."""
    return order_within(outer, n_outer, counting_order(inner, n_inner)[0])


@compiled
def order_within(
    outer: NDArray[np.int64], n_outer: int, by_inner: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Do the same for rows whose order by the inner key is known."""
    if n_outer == 1:
        return by_inner, np.array([0, by_inner.shape[0]])
    starts = np.zeros(n_outer + 1, np.int64)
    for i in range(outer.shape[0]):
        starts[outer[i] + 1] += 1
    for j in range(n_outer):
        starts[j + 1] += starts[j]
    place = starts[:-1].copy()
    order = np.empty(outer.shape[0], np.int64)
    for position in range(outer.shape[0]):
        i = by_inner[position]
        order[place[outer[i]]] = i
        place[outer[i]] += 1
    return order, starts


@compiled
def radix_order(bits: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the stable order of non-negative integers, 11 bits at a time; digits that all share are passed over.

    The bits of non-negative floats, read as integers, sort as the floats do.
    """
    n = bits.shape[0]
    order, next_order = np.arange(n), np.empty(n, np.int64)
    keys, next_keys = bits.copy(), np.empty(n, np.int64)
    for shift in range(0, 66, 11):
        starts = np.zeros(2049, np.int64)
        for i in range(n):
            starts[((keys[i] >> shift) & 2047) + 1] += 1
        if starts.max() == n:
            continue
        for j in range(2048):
            starts[j + 1] += starts[j]
        for i in range(n):
            digit = (keys[i] >> shift) & 2047
            place = starts[digit]
            next_order[place], next_keys[place] = order[i], keys[i]
            starts[digit] = place + 1
        order, next_order = next_order, order
        keys, next_keys = next_keys, keys
    return order


@compiled
def distinct_codes(
    values: NDArray[np.float64], order: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the sorted distinct values and each row's index among them; `order` sorts the values."""
    n = values.shape[0]
    distinct, codes = np.empty(n), np.empty(n, np.int64)
    last = -1
    for i in range(n):
        row = order[i]
        if last < 0 or values[row] != distinct[last]:
            last += 1
            distinct[last] = values[row]
        codes[row] = last
    return distinct[: last + 1].copy(), codes
