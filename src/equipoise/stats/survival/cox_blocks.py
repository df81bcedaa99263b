"""The Cox likelihood of many rows, in blocks that threads can share.

A block is a run of whole groups (rows of one time in one stratum). Risk sums run backward in time and the cumulative
hazard forward, so a block needs from the others only the sums of the rows of its last stratum that come later, and the
hazard of its first stratum before it. Those are added between three passes over the blocks, always in one order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats._kernels.cox import cox_sums
from equipoise.stats._kernels.cox_blocks import block_information, block_risk
from equipoise.stats._kernels.newton import AGAIN, next_trial
from equipoise.stats._kernels.risk_sets import center_and_scale, center_block, gather_block
from equipoise.stats.survival.parallel import BLOCK_ROWS, each, row_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

NO_ENTRY = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Rows, their groups and strata counted from the start of the block.

    `head` rows belong to its first stratum. `continues` where the stratum of its last group goes on in the next block.
    """

    rows: slice
    groups: slice
    group_start: Integers
    stratum_group: Integers
    head: int
    continues: bool


def cut_blocks(group_start: Integers, stratum_group: Integers) -> list[Block]:
    """Cut sorted rows into blocks of about `BLOCK_ROWS` rows, each of whole groups."""
    n = int(group_start[-1])
    edges = np.unique(np.searchsorted(group_start, np.append(np.arange(0, n, BLOCK_ROWS), n)))
    blocks = []
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        first = int(np.searchsorted(stratum_group, low, side="right")) - 1
        last = int(np.searchsorted(stratum_group, high, side="left"))
        strata = np.clip(stratum_group[first : last + 1], low, high) - low
        start = int(group_start[low])
        places = group_start[low : high + 1] - start
        blocks.append(
            Block(
                rows=slice(start, int(group_start[high])),
                groups=slice(low, high),
                group_start=places,
                stratum_group=strata,
                head=int(places[strata[1]]),
                continues=bool(stratum_group[last] > high),
            )
        )
    return blocks


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BlockLikelihood:
    """The log-likelihood, score and information of a Cox model without delayed entry.

    `hazard` and `hazard_own` are room for the steps of the hazard per group, filled anew by every evaluation.
    """

    x: Floats
    event: NDArray[np.bool_]
    weights: Floats
    offset: Floats
    blocks: list[Block]
    hazard: Floats
    hazard_own: Floats
    efron: bool
    frequency: bool

    def evaluate(self, beta: Floats) -> tuple[float, Floats, Floats]:
        """Return the log-likelihood, its score and its information at `beta`."""
        p = self.x.shape[1]
        blocks = self.blocks
        risks = each(
            lambda b: block_risk(self.x[b.rows], self.offset[b.rows], self.weights[b.rows], beta, b.head), blocks
        )
        later = [np.zeros(p + 1) for _ in blocks]
        for i in range(len(blocks) - 2, -1, -1):
            if blocks[i].continues:
                later[i] = risks[i + 1][2] + (later[i + 1] if blocks[i + 1].stratum_group.size == 2 else 0.0)
        sums = each(self._sweep, zip(blocks, risks, later, strict=True))
        before = [0.0 for _ in blocks]
        for i in range(1, len(blocks)):
            if blocks[i - 1].continues:
                block = blocks[i - 1]
                gone = float(np.sum(self.hazard[block.groups][block.stratum_group[-2] :]))
                before[i] = gone + (before[i - 1] if block.stratum_group.size == 2 else 0.0)
        moments = each(self._moment, zip(blocks, risks, before, strict=True))
        loglik, score, information = 0.0, np.zeros(p), np.zeros((p, p))
        for (part, gradient, outer), moment in zip(sums, moments, strict=True):
            loglik += part
            score += gradient
            information += moment - outer
        lower = np.tril(information)
        return loglik, score, lower + np.tril(information, -1).T

    def _sweep(self, task: tuple[Block, tuple[Floats, Floats, Floats], Floats]) -> tuple[float, Floats, Floats]:
        block, (eta, risk, _), later = task
        p = self.x.shape[1]
        score, outer = np.empty(p), np.empty((p, p))
        loglik = cox_sums(
            self.x[block.rows],
            self.event[block.rows],
            self.weights[block.rows],
            eta,
            risk,
            block.group_start,
            block.stratum_group,
            NO_ENTRY,
            NO_ENTRY,
            self.efron,
            self.frequency,
            later,
            self.hazard[block.groups],
            self.hazard_own[block.groups],
            score,
            outer,
        )
        return loglik, score, outer

    def _moment(self, task: tuple[Block, tuple[Floats, Floats, Floats], float]) -> Floats:
        block, (_, risk, _), before = task
        return block_information(
            self.x[block.rows],
            self.event[block.rows],
            risk,
            block.group_start,
            block.stratum_group,
            NO_ENTRY,
            self.hazard[block.groups],
            self.hazard_own[block.groups],
            before,
        )


def gather_in_blocks(x: Floats, order: Integers, starts: Integers, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Do as the kernel `gather_centered` does, block by block."""
    out, origin = np.empty((order.size, x.shape[1])), x[order[starts[:-1]]]
    weight, sums, squares = np.zeros(starts.size - 1), np.zeros_like(origin), np.zeros_like(origin)
    blocks = row_blocks(order.size)
    parts = each(lambda rows: gather_block(x, order, starts, weights, rows.start, rows.stop, out), blocks)
    for first, *found in parts:
        strata = slice(first, first + found[0].size)
        for whole, part in zip((weight, sums, squares), found, strict=True):
            whole[strata] += part
    shift, means, scale, factor = center_and_scale(origin, weight, sums, squares)
    each(lambda rows: center_block(starts, rows.start, rows.stop, shift, factor, out), blocks)
    return out, means, scale


def newton_in_blocks(
    likelihood: BlockLikelihood, start: Floats, max_iterations: int
) -> tuple[Floats, float, Floats, Floats, Floats, int, int, float, Floats, Floats]:
    """Maximize as the kernel `newton` does, and return the same."""
    p = start.size
    beta, trial, step = start.copy(), start.copy(), np.zeros(p)
    factor, memory = np.zeros((p, p)), np.zeros(4)
    at_start = value, score, information = likelihood.evaluate(trial)
    while (ending := next_trial(value, score, information, beta, trial, step, factor, memory, max_iterations)) == AGAIN:
        value, score, information = likelihood.evaluate(trial)
    return beta, float(memory[0]), score, information, step, int(memory[3]), ending, *at_start
