"""Work on local processes: lost ones are replaced, none outlives its parent, each has one thread of data frames."""

import os
import pickle
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from threading import Thread
from types import MappingProxyType
from typing import Any, TypeVar

from equipoise.protocol import Problem
from equipoise.rehearsal.errors import RehearsalError

__all__ = ["ENVIRONMENT", "LOST", "finished_on_processes", "lean"]

ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {"POLARS_MAX_THREADS": "1", "_RJEM_MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1"}
)
"""What processes read when they start: threads of polars, which would compete with the other processes, and that its
memory is not given back to the system between blocks of trials of equal size, which costs a tenth of the time."""
LOST = 3
"""Times that lost processes are replaced."""

Given = TypeVar("Given")
Made = TypeVar("Made")


@contextmanager
def lean() -> Iterator[None]:
    """Let processes that are started inside read `ENVIRONMENT`, where the user has not said otherwise."""
    added = [name for name in ENVIRONMENT if name not in os.environ]
    os.environ.update({name: ENVIRONMENT[name] for name in added})
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def finished_on_processes(
    work: Callable[[Given], Made], items: Sequence[Given], workers: int
) -> Iterator[tuple[int, Made]]:
    """Do work on processes and give what is done as it is finished, each with the place of its item.

    Parameters
    ----------
    work
        What is done with an item; each process gets it once.
    items
        Small each: what waits for a process must fit in a pipe, or a process lost blocks the others.
    workers
        Processes beside each other.

    Raises
    ------
    RehearsalError
        Processes were lost more than `LOST` times.
    """
    waiting, lost = dict(enumerate(items)), 0
    while waiting:
        try:
            for place, made in _finished(work, dict(waiting), workers):
                del waiting[place]
                yield place, made
        except BrokenProcessPool:
            lost += 1
            if lost > LOST:
                message = f"processes ended {lost} times before their work was done: is there enough memory?"
                expected = "fewer --workers; blocks that are finished are kept"
                raise RehearsalError((Problem(file="rehearsal", message=message, expected=expected),)) from None


def _finished(work: Callable[[Given], Made], items: Mapping[int, Given], workers: int) -> Iterator[tuple[int, Made]]:
    packed = zlib.compress(pickle.dumps(work))
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(packed,))
    try:
        with lean():
            given = _submitted(pool, items)
        for future in as_completed(given):
            yield given[future], future.result()
    finally:
        pool.shutdown(cancel_futures=True)  # who stops listening waits for what runs, not for what waits


def _submitted(pool: ProcessPoolExecutor, items: Mapping[int, Any]) -> dict[Future[Any], int]:
    try:
        return {pool.submit(_do, item): place for place, item in items.items()}
    except (OSError, ValueError):  # a process was lost while the next one started, with pipes that were just closed
        pool.submit(int)  # says so where that is the reason
        raise


_WORK: list[Callable[[Any], Any]] = []


def _begin(packed: bytes) -> None:
    """Take the work of this process, and end with the process that gave it."""
    _WORK[:] = [pickle.loads(zlib.decompress(packed))]  # noqa: S301 - written by the parent process
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do(item: Any) -> Any:
    return _WORK[0](item)
