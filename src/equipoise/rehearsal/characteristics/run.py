"""Blocks of trials on local processes or a cluster; what was rehearsed is kept, so that a run can go on later."""

import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import polars as pl

from equipoise import __version__
from equipoise.design.cluster import finished_on_cluster
from equipoise.protocol import Problem, parse_protocol
from equipoise.rehearsal.characteristics.measure import COLUMNS, measure_trials
from equipoise.rehearsal.characteristics.scenarios import SCENARIOS, scenario
from equipoise.rehearsal.errors import RehearsalError
from equipoise.rehearsal.model.loading import parse_model
from equipoise.rehearsal.processes import finished_on_processes
from equipoise.results import write_parquet

__all__ = ["BLOCK", "Block", "Rehearsed", "rehearse_block", "rehearse_trials"]

BLOCK = 50
"""Trials of a block: what one process rehearses at once, in about 2 GB for trials of 171 patients."""


class Block(NamedTuple):
    """What one process is given: texts, so that it needs no files."""

    protocol: str
    model: str
    scenario: str
    first: int
    trials: int


@dataclass(frozen=True, slots=True, eq=False)
class Rehearsed:
    """Rows of every scenario, a row for each trial (`measure.COLUMNS`)."""

    rows: dict[str, pl.DataFrame]


def rehearse_block(block: Block) -> pl.DataFrame:
    """Rehearse one block; the same rows on every machine of one architecture."""
    protocol = parse_protocol(block.protocol)
    model = scenario(block.scenario, protocol, parse_model(block.model, protocol))
    return measure_trials(protocol, model, range(block.first, block.first + block.trials))


def rehearse_trials(
    protocol: str,
    model: str,
    trials: int,
    *,
    scenarios: Sequence[str] = tuple(SCENARIOS),
    workers: int | None = None,
    cluster: str | None = None,
    kept: Path | None = None,
    told: Callable[[int, int], None] = lambda _done, _all: None,
) -> Rehearsed:
    """Rehearse trials 1 to ``trials`` in each scenario.

    Parameters
    ----------
    protocol, model
        Texts of the files.
    trials
        Trials of each scenario.
    scenarios
        Names of `SCENARIOS`.
    workers
        Processes on this computer; as many as it has processors unless given.
    cluster
        Address of a Dask scheduler in place of local processes.
    kept
        Folder in which finished blocks are kept; those that are there already are not rehearsed again.
    told
        Is called with the blocks done and all blocks.

    Returns
    -------
    Rehearsed
        Equal for any number of processes, and whether or not the run was interrupted.

    Raises
    ------
    RehearsalError
        A scenario is unknown, no trial is asked for, the files are wrong, or the processes cannot go on.
    DesignError
        The cluster does not answer.
    """
    _check(trials, scenarios)
    parse_model(model, parse_protocol(protocol))
    blocks = [
        Block(protocol, model, name, first, min(BLOCK, trials + 1 - first))
        for name in scenarios
        for first in range(1, trials + 1, BLOCK)
    ]
    done = {block: rows for block in blocks if (rows := _found(kept, block)) is not None}
    left = [block for block in blocks if block not in done]
    told(len(done), len(blocks))
    for block, rows in _all(left, workers or os.cpu_count() or 1, cluster):
        done[block] = rows
        _keep(kept, block, rows)
        told(len(done), len(blocks))
    return Rehearsed(
        {name: pl.concat([done[block] for block in blocks if block.scenario == name]) for name in scenarios}
    )


def _all(blocks: Sequence[Block], workers: int, cluster: str | None) -> Iterator[tuple[Block, pl.DataFrame]]:
    if cluster is not None:
        yield from finished_on_cluster(cluster, rehearse_block, blocks)
        return
    if workers == 1 or len(blocks) < 2:
        yield from ((block, rehearse_block(block)) for block in blocks)
        return
    packed = [_packed(block) for block in blocks]
    yield from ((blocks[place], rows) for place, rows in finished_on_processes(_rehearse_packed, packed, workers))


def _packed(block: Block) -> bytes:
    """Write a block in few bytes: what waits for a process must fit in a pipe, or a process lost blocks the others."""
    return zlib.compress(json.dumps(block).encode())


def _rehearse_packed(packed: bytes) -> pl.DataFrame:
    return rehearse_block(Block(*json.loads(zlib.decompress(packed))))


def _check(trials: int, scenarios: Sequence[str]) -> None:
    problems = []
    if trials < 1:
        problems.append(Problem(file="rehearsal", message="no trials", seen=str(trials), expected="1 or more"))
    known = ", ".join(SCENARIOS)
    problems += [
        Problem(file="rehearsal", message="unknown scenario", seen=name, expected=f"one of {known}")
        for name in scenarios
        if name not in SCENARIOS
    ]
    if problems:
        raise RehearsalError(tuple(problems))


def _place(kept: Path, block: Block) -> Path:
    digest = hashlib.sha256("\0".join((__version__, block.protocol, block.model)).encode()).hexdigest()[:16]
    return kept / f"{digest}-{block.scenario}-{block.first:06d}-{block.trials}.parquet"


def _found(kept: Path | None, block: Block) -> pl.DataFrame | None:
    """Rows of a block that was finished before; None where there are none that can be read whole."""
    if kept is None or not _place(kept, block).exists():
        return None
    try:
        rows = pl.read_parquet(_place(kept, block))
    except (OSError, pl.exceptions.PolarsError):
        return None
    return rows if rows.schema == pl.Schema(COLUMNS) and rows.height == block.trials else None


def _keep(kept: Path | None, block: Block, rows: pl.DataFrame) -> None:
    """Keep a block whole or not at all.

    Raises
    ------
    RehearsalError
        It cannot be written.
    """
    if kept is None:
        return
    place = _place(kept, block)
    half = place.with_suffix(".part")
    try:
        kept.mkdir(parents=True, exist_ok=True)
        write_parquet(rows, half)
        half.replace(place)
    except OSError as error:
        half.unlink(missing_ok=True)
        problem = Problem(file=str(place), message=f"finished trials cannot be kept: {error.strerror or error}")
        raise RehearsalError((problem,)) from error
