"""The arguments of tests that compare groups within strata, and the sums that all of them start from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats._kernels.inputs import scan_codes
from equipoise.stats._kernels.logrank import count_cells, logrank_sums
from equipoise.stats._kernels.order import nested_order
from equipoise.stats._kernels.risk_sets import group_rows
from equipoise.stats.errors import StatsError
from equipoise.stats.survival.grid import time_grid
from equipoise.stats.survival.sample import read_sample
from equipoise.stats.validate import InputCheck, Missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from equipoise.stats.survival.grid import TimeGrid

DENSE = 2
"""Cells of stratum and time per row up to which all of them are kept, whether rows fall into them or not."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupSums:
    """Observed and expected events per weight and group, their covariance, and what the data were."""

    levels: tuple[Any, ...]
    n: NDArray[np.int64]
    observed: NDArray[np.float64]
    expected: NDArray[np.float64]
    covariance: NDArray[np.float64]
    strata: tuple[Any, ...]
    strata_without_information: tuple[Any, ...]
    n_events: int
    n_times_joined: int
    dropped: dict[str, NDArray[np.int64]]


@dataclass(frozen=True, slots=True, eq=False)
class GroupCells:
    """Deaths, rows that leave and rows that enter per cell and group; cells run over strata, then times."""

    levels: tuple[Any, ...]
    n: NDArray[np.int64]
    starts: NDArray[np.int64]
    """First cell of each stratum, and the number of cells."""
    time: NDArray[np.float64]
    deaths: NDArray[np.float64]
    leaving: NDArray[np.float64]
    entering: NDArray[np.float64]
    strata: tuple[Any, ...]
    n_events: int
    n_times_joined: int
    dropped: dict[str, NDArray[np.int64]]


def group_cells(
    check: InputCheck,
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    strata: object | None,
    entry: ArrayLike | None,
    reference: object | None,
) -> GroupCells:
    """Check the arguments and count; the reference group comes first, the others in sorted order."""
    sample = read_sample(check, time, event, entry=entry)
    groups = check.labels("group", group)
    blocks = None if strata is None else check.strata("strata", strata)
    check.finish()
    sample = sample.kept(check)
    levels, codes = reference_first(groups.levels, check.keep(groups.codes)[0], reference)
    block_levels: tuple[Any, ...] = ()
    n_blocks, block = 1, np.zeros(0, np.int64)
    if blocks is not None:
        block_levels, block = present_levels(blocks.levels, check.keep(blocks.codes)[0])
        n_blocks = len(block_levels)
    grid = time_grid(sample.time, sample.entry)
    starts, cell, entry_cell = _cells(block, n_blocks, grid)
    deaths, leaving, entering = count_cells(cell, int(starts[-1]), sample.event, codes, len(levels), entry_cell)
    times = np.zeros(int(starts[-1]))
    times[cell] = grid.times[grid.codes]
    return GroupCells(
        levels=levels,
        n=scan_codes(codes, 0, len(levels)),
        starts=starts,
        time=times,
        deaths=deaths,
        leaving=leaving,
        entering=entering,
        strata=block_levels,
        n_events=int(np.count_nonzero(sample.event)),
        n_times_joined=grid.n_joined,
        dropped=check.dropped,
    )


def group_sums(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    strata: object | None,
    entry: ArrayLike | None,
    reference: object | None,
    weights: Sequence[tuple[float, float]],
    missing: Missing,
) -> GroupSums:
    """Check the arguments and sweep; the reference group comes first, the others in sorted order."""
    check = InputCheck(missing=missing)
    _check_weights(check, weights)
    cells = group_cells(check, time, event, group, strata=strata, entry=entry, reference=reference)
    rho, gamma = (np.array([pair[k] for pair in weights], float) for k in (0, 1))
    counts = cells.deaths, cells.leaving, cells.entering
    observed, expected, covariance, information = logrank_sums(cells.starts, *counts, rho, gamma)
    silent = tuple(label for label, value in zip(cells.strata, information, strict=False) if value <= 0.0)
    return GroupSums(
        levels=cells.levels,
        n=cells.n,
        observed=observed,
        expected=expected,
        covariance=covariance,
        strata=cells.strata,
        strata_without_information=silent,
        n_events=cells.n_events,
        n_times_joined=cells.n_times_joined,
        dropped=cells.dropped,
    )


def _cells(
    block: NDArray[np.int64], n_blocks: int, grid: TimeGrid
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Number the pairs of stratum and time; return where strata start, each row's cell, and the first at which it is
    at risk.

    All pairs where they are few, as with integer days; else those that occur, by sorting.
    """
    k = grid.size
    if n_blocks == 1:
        return np.array([0, k]), grid.codes, grid.entry
    if n_blocks * k <= DENSE * grid.codes.size + 1024:
        first = block * k
        return np.arange(n_blocks + 1) * k, first + grid.codes, first + grid.entry if grid.entry.size else grid.entry
    order, rows = nested_order(block, n_blocks, grid.codes, k)
    _, starts, row_group, first_group = group_rows(order, rows, grid.codes, grid.entry)
    cell, entry_cell = np.empty_like(row_group), np.empty_like(first_group)
    cell[order] = row_group
    if first_group.size:
        entry_cell[order] = first_group
    return starts, cell, entry_cell


def why_no_information(sums: GroupSums | GroupCells) -> str:
    """Say why the groups cannot be compared."""
    if sums.n_events == 0:
        return "no events"
    within = " of a stratum" if sums.strata else ""
    return f"at every event time all subjects at risk{within} belong to one group, or all have the event"


def _check_weights(check: InputCheck, weights: Sequence[tuple[float, float]]) -> None:
    for pair in weights:
        for name, value in zip(("rho", "gamma"), pair, strict=True):
            if not np.isfinite(value) or value < 0:
                check.problem(name, f"expected a number from 0 on, got {value!r}")


def reference_first(
    levels: tuple[Any, ...], codes: NDArray[np.int64], reference: object | None
) -> tuple[tuple[Any, ...], NDArray[np.int64]]:
    """Put the reference level first; levels without rows left stay out."""
    levels, codes = present_levels(levels, codes)
    if len(levels) < 2:
        seen = f"only {levels[0]!r}" if levels else "none"
        raise StatsError(f"group: expected at least two groups, found {seen}")
    if reference is None:
        return levels, codes
    if reference not in levels:
        known = ", ".join(map(repr, levels))
        raise StatsError(f"reference: {reference!r} is not a group; the groups are {known}")
    at = levels.index(reference)
    rank = np.array([0 if i == at else i + 1 if i < at else i for i in range(len(levels))])
    return (levels[at], *levels[:at], *levels[at + 1 :]), rank[codes]


def present_levels(levels: tuple[Any, ...], codes: NDArray[np.int64]) -> tuple[tuple[Any, ...], NDArray[np.int64]]:
    """Leave out levels that no row has."""
    counts = scan_codes(codes, 0, len(levels))
    if (counts > 0).all():
        return levels, codes
    kept = np.flatnonzero(counts)
    rank = np.cumsum(counts > 0) - 1
    return tuple(levels[i] for i in kept), rank[codes]
