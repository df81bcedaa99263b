"""The one way in which loops are compiled here: on first use, by a compiler that is loaded on first use, once for all
processes.

Importing numba takes a third of a second, so it waits for the first call. Machine code is kept on disk, beside the
source file or, where that place cannot be written, in the user's cache folder. numba looks at the time and size of
the file of a kernel only; a kernel that calls another one from another file would keep the old code of that one. So
every cache is stamped with the text of its own file, of the kernel files that it imports from, and of this one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache, update_wrapper
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any, Generic, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")


class Kernel(Generic[P, R]):
    """A loop that compiles itself when it is first called."""

    def __init__(self, function: Callable[P, R], **options: bool) -> None:
        self.function = function
        self.options = options
        self.dispatcher: Callable[P, R] | None = None
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the compiled loop."""
        dispatcher = self.dispatcher or load(self)
        return dispatcher(*args, **kwargs)


_waiting: list[Kernel[Any, Any]] = []
_homes: set[str] = set()
"""Modules that make kernels; with the modules of `equipoise.stats` they get the compiled ones."""
_lock = Lock()


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Make a kernel of a function."""
    kernel = Kernel(function)
    _waiting.append(kernel)
    return cast("Callable[P, R]", kernel)


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Make a kernel of a function that is put into its callers whole: for small ones, called once a row.

    It makes no arrays: counting who uses the ones it gets, which would cost more than its work, is left out.
    """
    kernel = Kernel(function, forceinline=True, _nrt=False)
    _waiting.append(kernel)
    return cast("Callable[P, R]", kernel)


def load(wanted: Kernel[P, R]) -> Callable[P, R]:
    """Hand every waiting kernel to the compiler, and put the compiled ones in the place of all, in every module that
    makes or knows them.

    Kernels that call others must find them compiled; others are spared a call in between.
    """
    njit = import_module("numba").njit
    with _lock:
        for kernel in _waiting:
            kernel.dispatcher = njit(cache=True, nogil=True, error_model="numpy", **kernel.options)(kernel.function)
            _stamp(kernel.dispatcher, kernel.function.__module__)
            _homes.add(kernel.function.__module__)
        _waiting.clear()
        loaded = list(sys.modules.items())  # another thread may load more meanwhile
        for module in [m for name, m in loaded if name.startswith("equipoise.stats") or name in _homes]:
            names = vars(module)
            ready = {name: item.dispatcher for name, item in names.items() if isinstance(item, Kernel)}
            names.update({name: dispatcher for name, dispatcher in ready.items() if dispatcher is not None})
    return cast("Callable[P, R]", wanted.dispatcher)


@cache
def source_stamp(module: str) -> str:
    """Digest the text of this file, of a kernel file and of all kernel files that it imports from."""
    found, waiting = {module}, [module]
    while waiting:
        for item in vars(sys.modules[waiting.pop()]).values():
            function = getattr(item, "function", None) or getattr(item, "py_func", None)
            name = getattr(function, "__module__", None)
            if name is not None and name not in found:
                found.add(name)
                waiting.append(name)
    digest = sha256(Path(__file__).read_bytes())
    for name in sorted(found):
        digest.update(Path(str(sys.modules[name].__file__)).read_bytes())
    return digest.hexdigest()


def _stamp(dispatcher: Any, module: str) -> None:
    file = dispatcher._cache._cache_file
    file._source_stamp = (file._source_stamp, source_stamp(module))
