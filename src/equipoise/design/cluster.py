"""Blocks of trials on a Dask cluster."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from equipoise.design.errors import DesignError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from equipoise.design.simulation import Job, Mapper, Value

__all__ = ["finished_on_cluster", "on_cluster"]

PATIENCE = "30s"


@contextmanager
def on_cluster(address: str) -> Iterator[Mapper]:
    """Give a mapper that works on the Dask cluster at an address.

    Workers need the same version of equipoise. Results are equal to the last bit to those of this computer.

    Raises
    ------
    DesignError
        `distributed` is not installed, or nothing answers at the address.
    """
    with _connected(address) as (_, client):

        def mapper(function: Callable[[Job], Value], items: Sequence[Job]) -> list[Value]:
            futures = client.map(function, list(items), pure=False)
            gathered: list[Value] = client.gather(futures)
            return gathered

        yield mapper


def finished_on_cluster(
    address: str, function: Callable[[Job], Value], items: Sequence[Job]
) -> Iterator[tuple[Job, Value]]:
    """Call a function on every item on the Dask cluster at an address; give item and value as each is finished.

    Raises
    ------
    DesignError
        As `on_cluster`.
    """
    with _connected(address) as (distributed, client):
        given = dict(zip(client.map(function, list(items), pure=False), items, strict=True))
        for future in distributed.as_completed(list(given), loop=client.loop):
            yield given[future], future.result()


@contextmanager
def _connected(address: str) -> Iterator[tuple[Any, Any]]:
    """Dask's module and a client of the cluster."""
    try:
        distributed: Any = import_module("distributed")
    except ImportError as error:
        raise DesignError("a cluster needs Dask, which is not installed: pip install 'equipoise[cluster]'") from error
    try:
        client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise DesignError(
            f"no Dask scheduler answers at {address}: {error}; start one with 'dask scheduler' and workers with "
            "'dask worker ADDRESS', or leave out --cluster"
        ) from error
    try:
        yield distributed, client
    finally:
        client.close()
