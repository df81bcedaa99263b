"""Rows of a Cox model, checked, sorted once and centered; every sweep works on these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats._kernels.newton import newton
from equipoise.stats._kernels.order import counting_order, nested_order, order_within
from equipoise.stats._kernels.risk_sets import gather_centered, group_rows
from equipoise.stats.survival.cox_blocks import BlockLikelihood, cut_blocks, gather_in_blocks, newton_in_blocks
from equipoise.stats.survival.grid import time_grid
from equipoise.stats.survival.groups import present_levels
from equipoise.stats.survival.parallel import BLOCK_ROWS
from equipoise.stats.survival.sample import read_sample

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from equipoise.stats.survival.grid import TimeGrid
    from equipoise.stats.survival.sample import Sample
    from equipoise.stats.validate import InputCheck

TIES = {"breslow": 0, "efron": 1, "exact": 2}


@dataclass(frozen=True, slots=True, eq=False)
class NewtonEnd:
    """Where Newton's method ended, in the scaled covariates."""

    beta: NDArray[np.float64]
    loglik: float
    score: NDArray[np.float64]
    information: NDArray[np.float64]
    step: NDArray[np.float64]
    iterations: int
    ending: int
    loglik_start: float
    score_start: NDArray[np.float64]
    information_start: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class CoxData:
    """Rows sorted by stratum, then time. `order` gives the row of the arguments (after dropping) behind each sorted
    row.

    `x` is centered within strata at `means` and divided by `scale`; columns of scale 0 do not vary within strata and
    are zero.
    """

    x: NDArray[np.float64]
    means: NDArray[np.float64]
    scale: NDArray[np.float64]
    event: NDArray[np.bool_]
    weights: NDArray[np.float64]
    offset: NDArray[np.float64]
    grid: TimeGrid
    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    group_start: NDArray[np.int64]
    stratum_group: NDArray[np.int64]
    row_group: NDArray[np.int64]
    first_group: NDArray[np.int64]
    removal: NDArray[np.int64]
    strata: tuple[Any, ...]
    sample: Sample
    rows: NDArray[np.int64]
    names: tuple[str, ...]
    ties: str

    @property
    def frequency(self) -> bool:
        """Tell whether a weight stands for that many identical subjects."""
        return self.sample.weight_type == "frequency"

    @property
    def n_columns(self) -> int:
        """Count the covariates."""
        return int(self.x.shape[1])

    @property
    def total_events(self) -> float:
        """Sum the weights of the rows with events."""
        return float(self.weights[self.event].sum())

    def strata_of_rows(self) -> NDArray[np.int64]:
        """Give the stratum of every sorted row."""
        return np.repeat(np.arange(self.starts.size - 1), np.diff(self.starts))

    def maximize(
        self,
        columns: NDArray[np.int64] | None = None,
        *,
        start: NDArray[np.float64] | None = None,
        extra: NDArray[np.float64] | None = None,
        iterations: int = 50,
    ) -> NewtonEnd:
        """Maximize over some columns from `start` (default 0), with `extra` added to the offset."""
        whole = columns is None or columns.size == self.n_columns
        x = self.x if whole else np.ascontiguousarray(self.x[:, columns])
        offset = self.offset if extra is None else self.offset + extra
        first = np.zeros(x.shape[1]) if start is None else start
        if self.event.size > BLOCK_ROWS and not self.first_group.size and self.ties != "exact":
            likelihood = BlockLikelihood(
                x=x,
                event=self.event,
                weights=self.weights,
                offset=offset,
                blocks=cut_blocks(self.group_start, self.stratum_group),
                hazard=np.empty(self.group_start.size - 1),
                hazard_own=np.empty(self.group_start.size - 1),
                efron=self.ties == "efron",
                frequency=self.frequency,
            )
            return NewtonEnd(*newton_in_blocks(likelihood, first, iterations))
        return NewtonEnd(
            *newton(
                x,
                self.event,
                self.weights,
                offset,
                self.group_start,
                self.stratum_group,
                self.first_group,
                self.removal,
                TIES[self.ties],
                self.frequency,
                first,
                iterations,
            )
        )


def read_cox(
    check: InputCheck,
    time: ArrayLike,
    event: ArrayLike,
    x: object,
    *,
    entry: ArrayLike | None,
    strata: object | None,
    weights: ArrayLike | None,
    weight_type: str | None,
    offset: ArrayLike | None,
    cluster: ArrayLike | None,
    ties: str,
) -> CoxData:
    """Check the arguments, sort and center; raise StatsError with everything that is wrong."""
    sample = read_sample(check, time, event, entry=entry, weights=weights, weight_type=weight_type, cluster=cluster)
    matrix, names = check.matrix("x", x)
    blocks = None if strata is None else check.strata("strata", strata)
    offsets = None if offset is None else check.numbers("offset", offset)
    check.choice("ties", ties, tuple(TIES))
    if ties == "exact" and (weights is not None or cluster is not None):
        check.problem("ties", "exact ties cannot be combined with weights or clusters: use 'efron' or 'breslow'")
    check.finish()
    sample, rows = sample.kept(check), check.kept_rows()
    (matrix,) = check.keep(matrix)
    levels, block = ((), np.zeros(0, np.int64))
    if blocks is not None:
        levels, block = present_levels(blocks.levels, check.keep(blocks.codes)[0])
    grid = time_grid(sample.time, sample.entry)
    n_strata = max(len(levels), 1)
    if grid.order.size:
        order, starts = order_within(block, n_strata, grid.order)
    else:
        order, starts = nested_order(block, n_strata, grid.codes, grid.size)
    group_start, stratum_group, row_group, first_group = group_rows(order, starts, grid.codes, grid.entry)
    removal = counting_order(first_group, group_start.size)[0] if first_group.size else first_group
    sorted_weights = sample.weights[order] if sample.weights.size else np.ones(order.size)
    gather = gather_in_blocks if order.size > BLOCK_ROWS else gather_centered
    centered, means, scale = gather(matrix, order, starts, sorted_weights)
    return CoxData(
        x=centered,
        means=means,
        scale=scale,
        event=sample.event[order],
        weights=sorted_weights,
        offset=np.zeros(order.size) if offsets is None else check.keep(offsets)[0][order],
        grid=grid,
        order=order,
        starts=starts,
        group_start=group_start,
        stratum_group=stratum_group,
        row_group=row_group,
        first_group=first_group,
        removal=removal,
        strata=levels,
        sample=sample,
        rows=rows,
        names=names,
        ties=ties,
    )
