"""One thread for the linear algebra library while a model is fitted.

With several threads the last bits of a matrix product depend on how many there are, and the small products here lose
more than they gain by sharing them. The number of threads is that of the whole process: it is put back afterwards.
"""

from __future__ import annotations

from functools import cache, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from threadpoolctl import ThreadpoolController

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")


def single_threaded(function: Callable[P, R]) -> Callable[P, R]:
    """Run a function with one thread of linear algebra, so that its result is the same to the last bit everywhere."""

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with _controller().limit(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited


@cache
def _controller() -> Any:
    """Find the loaded libraries once: NumPy's and SciPy's are loaded with this package."""
    return ThreadpoolController()
