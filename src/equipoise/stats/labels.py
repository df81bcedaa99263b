"""Categorical arguments: the sorted levels, and for each row the index of its level."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats._kernels.inputs import code_by_counting, extremes, scan_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FEW_LEVELS = 65_536
"""Integer labels in a range up to this wide are coded by counting instead of sorting."""


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """A categorical argument: its sorted levels and for each row the index of its level (-1: missing)."""

    levels: tuple[Any, ...]
    codes: NDArray[np.int64]


def cross(parts: Sequence[Labels]) -> Labels:
    """Combine several factors into one whose levels are the combinations that occur, as tuples, in sorted order."""
    code = parts[0].codes
    missing = code < 0
    for part in parts[1:]:
        missing = missing | (part.codes < 0)
        code = code * len(part.levels) + part.codes
    present, codes = np.unique(np.where(missing, -1, code), return_inverse=True)
    if missing.any():
        present, codes = present[1:], codes - 1
    levels = []
    for combined in present.tolist():
        label: list[Any] = []
        rest = combined
        for part in reversed(parts):
            rest, index = divmod(rest, len(part.levels))
            label.append(part.levels[index])
        levels.append(tuple(reversed(label)))
    return Labels(tuple(levels), codes.astype(np.int64))


def code_integers(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the sorted distinct values and each row's index among them; by counting where the range allows."""
    low, high = extremes(values)
    span = high - low + 1
    if span <= max(FEW_LEVELS, 4 * values.size):
        return code_by_counting(values, low, span)
    distinct, codes = np.unique(values, return_inverse=True)
    return distinct, codes.astype(np.int64)


def code_labels(raw: NDArray[Any]) -> Labels:
    """Code one array of any kind; missing labels get -1."""
    if raw.size == 0:
        return Labels((), np.empty(0, np.int64))
    kind = raw.dtype.kind
    if kind in "iub":
        distinct, codes = code_integers(np.ascontiguousarray(raw, np.int64))
        levels = distinct.astype(np.bool_).tolist() if kind == "b" else distinct.tolist()
        return Labels(tuple(levels), codes)
    if kind == "f":
        return _float_labels(raw)
    if kind in "US":
        distinct, inverse = np.unique(raw, return_inverse=True)
        return Labels(tuple(distinct.tolist()), inverse.astype(np.int64))
    return _object_labels(raw)


def _float_labels(raw: NDArray[Any]) -> Labels:
    scan = scan_numbers(np.ascontiguousarray(raw, np.float64))
    if scan.whole and not scan.n_nan and not scan.n_inf and max(-scan.low, scan.high) < 2.0**53:
        distinct, codes = code_integers(raw.astype(np.int64))
        return Labels(tuple(distinct.tolist()), codes)
    missing = np.isnan(raw)
    distinct, inverse = np.unique(raw[~missing], return_inverse=True)
    codes = np.full(raw.size, -1, np.int64)
    codes[~missing] = inverse
    return Labels(tuple(int(v) if v.is_integer() else v for v in distinct.tolist()), codes)


def _object_labels(raw: NDArray[Any]) -> Labels:
    seen: dict[Any, int] = {}
    first = np.array([-1 if is_missing(v) else seen.setdefault(v, len(seen)) for v in raw.tolist()], np.int64)
    try:
        levels = sorted(seen)
    except TypeError:
        levels = sorted(seen, key=lambda v: (type(v).__name__, str(v)))
    rank = np.full(len(seen) + 1, -1, np.int64)
    for index, level in enumerate(levels):
        rank[seen[level]] = index
    return Labels(tuple(levels), rank[first])


def is_missing(value: object) -> bool:
    """Tell whether one object stands for a missing value: None, nan, NA, NaT."""
    if isinstance(value, float):
        return isnan(value)
    return value is None or type(value).__name__ in ("NAType", "NaTType")
