"""One pass over an argument: what is wrong with it, and whether it is made of whole numbers."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.stats._kernels.decorator import compiled


class NumberScan(NamedTuple):
    """Counts and first positions (-1: none) of bad values; range of the finite ones, and whether they are whole."""

    n_nan: int
    first_nan: int
    n_inf: int
    first_inf: int
    n_negative: int
    first_negative: int
    n_zero: int
    first_zero: int
    low: float
    high: float
    whole: bool


def scan_numbers(values: NDArray[np.float64]) -> NumberScan:
    """Find missing, infinite, negative and zero values of `values`."""
    return NumberScan(*scan(values))


@compiled
def scan(values: NDArray[np.float64]) -> tuple[int, int, int, int, int, int, int, int, float, float, bool]:
    """Give the fields of a `NumberScan`, as a plain tuple: numba is slow to hand out a named one."""
    n_nan = n_inf = n_negative = n_zero = 0
    first_nan = first_inf = first_negative = first_zero = -1
    low, high = np.inf, -np.inf
    whole = True
    for i in range(values.shape[0]):
        v = values[i]
        if np.isnan(v):
            n_nan += 1
            if n_nan == 1:
                first_nan = i
        elif np.isinf(v):
            n_inf += 1
            if n_inf == 1:
                first_inf = i
        else:
            low, high = min(low, v), max(high, v)
            if v < 0.0:
                n_negative += 1
                if n_negative == 1:
                    first_negative = i
            elif v == 0.0:
                n_zero += 1
                if n_zero == 1:
                    first_zero = i
            if whole and v != np.floor(v):
                whole = False
    return n_nan, first_nan, n_inf, first_inf, n_negative, first_negative, n_zero, first_zero, low, high, whole


@compiled
def scan_codes(values: NDArray[np.int64], low: int, span: int) -> NDArray[np.int64]:
    """Count how often each of the integers `low .. low + span - 1` occurs in `values`."""
    counts = np.zeros(span, np.int64)
    for i in range(values.shape[0]):
        counts[values[i] - low] += 1
    return counts


@compiled
def code_by_counting(values: NDArray[np.int64], low: int, span: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the sorted distinct values among `low .. low + span - 1`, and each row's index among them."""
    rank = np.zeros(span, np.int64)
    for i in range(values.shape[0]):
        rank[values[i] - low] = 1
    distinct = np.empty(span, np.int64)
    k = 0
    for j in range(span):
        if rank[j] > 0:
            distinct[k] = low + j
            rank[j] = k
            k += 1
    if low == 0 and k == span:
        return distinct, values
    codes = np.empty(values.shape[0], np.int64)
    for i in range(values.shape[0]):
        codes[i] = rank[values[i] - low]
    return distinct[:k], codes


@compiled
def read_events(values: NDArray[np.float64]) -> tuple[NDArray[np.bool_], int]:
    """Tell where 1 stands, and count what is neither 0 nor 1, missing values included."""
    flags = np.empty(values.shape[0], np.bool_)
    n_bad = 0
    for i in range(values.shape[0]):
        flags[i] = values[i] == 1.0
        if values[i] != 1.0 and values[i] != 0.0:
            n_bad += 1
    return flags, n_bad


@compiled
def extremes(values: NDArray[np.int64]) -> tuple[int, int]:
    """Give the least and the largest of integers."""
    low = high = values[0]
    for i in range(values.shape[0]):
        low, high = min(low, values[i]), max(high, values[i])
    return low, high
