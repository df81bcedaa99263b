"""Long frames in blocks of whole patients, on several threads: the answer is that of one pass over all rows."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from equipoise.criteria.lesions import codes_of

__all__ = ["BLOCK_ROWS", "in_blocks"]

T = TypeVar("T")

BLOCK_ROWS = 2**18
"""Rows of a block, about: what is made of them stays in little memory."""
_MOST_THREADS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Rows of a frame by block: ``order`` lists them, or is none where they lie in blocks already."""

    frame: pl.DataFrame
    order: npt.NDArray[np.int64] | None
    starts: list[int]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def block(self, number: int) -> pl.DataFrame:
        """Rows of one block in the order in which they are in the frame."""
        begin, end = self.starts[number], self.starts[number + 1]
        if self.order is None:
            return self.frame.slice(begin, end - begin)
        return self.frame[self.order[begin:end]]


def in_blocks(
    frame: pl.DataFrame, keys: Sequence[str], work: Callable[[pl.DataFrame], T], threads: int | None
) -> list[T]:
    """Do the work on blocks of rows whose keys are in rising order from block to block; results in that order."""
    if frame.height <= 2 * BLOCK_ROWS or not keys:
        return [work(frame)]
    blocks = _split(frame, keys[0])

    def part(number: int) -> list[T]:
        return in_blocks(blocks.block(number), keys[1:], work, 1)

    n = min(threads or os.cpu_count() or 1, _MOST_THREADS, len(blocks))
    if n <= 1:
        parts = [part(number) for number in range(len(blocks))]
    else:
        with ThreadPoolExecutor(n) as pool:
            parts = list(pool.map(part, range(len(blocks))))
    return [result for results in parts for result in results]


def _split(frame: pl.DataFrame, key: str) -> Blocks:
    """Blocks of whole values of a key, each of about ``BLOCK_ROWS`` rows or one value."""
    distinct, codes = codes_of(frame[key])
    before = np.cumsum(np.bincount(codes, minlength=len(distinct))) - 1
    number = (before // BLOCK_ROWS)[codes]
    if len(distinct) <= 1 or number.max() == number.min():
        return Blocks(frame, None, [0, frame.height])
    sizes = np.bincount(number)
    starts = [0, *np.cumsum(sizes[sizes > 0]).tolist()]
    if np.all(number[1:] >= number[:-1]):
        return Blocks(frame, None, starts)
    return Blocks(frame, np.argsort(number.astype(np.uint16), kind="stable"), starts)
