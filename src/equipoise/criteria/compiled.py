"""Loops compiled on first use by a compiler that is loaded on first use, machine code kept on disk.

All kernels that call each other stand in one file: numba looks at that file alone to see whether kept code is out of
date.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from importlib import import_module
from threading import Lock
from typing import Generic, ParamSpec, TypeVar, cast

__all__ = ["compiled"]

P = ParamSpec("P")
R = TypeVar("R")

_COMPILING = Lock()


class Kernel(Generic[P, R]):
    """A loop that compiles itself, and the kernels of its file, when it is first called."""

    def __init__(self, function: Callable[P, R]) -> None:
        self.function = function
        self.dispatcher: Callable[P, R] | None = None
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the compiled loop."""
        if self.dispatcher is None:
            with _COMPILING:
                if self.dispatcher is None:
                    self._compile()
        return cast("Callable[P, R]", self.dispatcher)(*args, **kwargs)

    def _compile(self) -> None:
        njit = import_module("numba").njit
        names = self.function.__globals__
        found = {name: item for name, item in names.items() if isinstance(item, Kernel)}
        made = {name: njit(cache=True, nogil=True, error_model="numpy")(item.function) for name, item in found.items()}
        names.update(made)
        for name, item in found.items():
            item.dispatcher = made[name]
        self.dispatcher = self.dispatcher or njit(cache=True, nogil=True)(self.function)


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Make a kernel of a function."""
    return cast("Callable[P, R]", Kernel(function))
