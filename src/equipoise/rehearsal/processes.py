"""Processes that rehearse beside each other: one thread of data frames in each, and memory that is used again."""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from types import MappingProxyType

__all__ = ["ENVIRONMENT", "lean", "process_pool"]

ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {"POLARS_MAX_THREADS": "1", "_RJEM_MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1"}
)
"""What processes read when they start: threads of polars, which would compete with the other processes, and that its
memory is not given back to the system between blocks of trials of equal size, which costs a tenth of the time."""


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


def process_pool(workers: int) -> ProcessPoolExecutor:
    """Give processes that start when work is submitted: submit inside `lean`."""
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
