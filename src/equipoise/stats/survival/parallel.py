"""More than one thread, where asked for.

Work on many rows is cut into blocks at places that depend on the data alone, and what the blocks give is added in their
order. Threads only decide who does a block, so results are equal to the last bit for any number of them. Kernels let
go of Python's lock while they run.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

from equipoise.stats.errors import StatsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Item = TypeVar("Item")
Value = TypeVar("Value")

BLOCK_ROWS = 65_536
"""Rows of a block. Samples up to this size are one block and never worth a second thread."""

_pool: ContextVar[ThreadPoolExecutor | None] = ContextVar("equipoise_threads", default=None)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let the statistics called inside a `with` block use `count` threads; outside of it they use one.

    Cox models of more than 65,536 rows gain; those with delayed entry or exact ties share only the reading of the
    covariates. Curves and tests keep to one thread. The numbers are the same to the last bit for every `count`. The
    setting holds for the calling thread (or asynchronous task) only.

    Raises
    ------
    StatsError
        If `count` is not a whole number from 1 on.

    Examples
    --------
    >>> from equipoise.stats import cox_ph, threads
    >>> with threads(2):
    ...     model = cox_ph([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 0], [0, 1, 0, 1, 0, 1])
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise StatsError(f"threads: expected a whole number from 1 on, got {count!r}")
    if count == 1:
        token = _pool.set(None)
        try:
            yield
        finally:
            _pool.reset(token)
        return
    with ThreadPoolExecutor(count, "equipoise") as pool:
        token = _pool.set(pool)
        try:
            yield
        finally:
            _pool.reset(token)


def each(function: Callable[[Item], Value], items: Iterable[Item]) -> list[Value]:
    """Call `function` on every item, on the threads asked for; give the values in the order of the items."""
    pool = _pool.get()
    if pool is None:
        return [function(item) for item in items]
    return list(pool.map(function, items))


def row_blocks(n: int) -> list[slice]:
    """Cut `n` rows into blocks."""
    return [slice(first, min(first + BLOCK_ROWS, n)) for first in range(0, n, BLOCK_ROWS)]
