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
def recode(values: NDArray[np.int64], low: int, table: NDArray[np.int64]) -> NDArray[np.int64]:
    """Replace every value by `table[value - low]`."""
    out = np.empty(values.shape[0], np.int64)
    for i in range(values.shape[0]):
        out[i] = table[values[i] - low]
    return out
