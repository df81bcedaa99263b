"""Time and chance, each from one place: the clock and the entropy of the operating system.

Tests put others in their place, so that two servers can be compared byte for byte; nothing else does.
"""

import datetime as dt
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

__all__ = ["Sources", "entropy", "now", "replaced"]


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class Sources:
    """A clock and a source of random bytes."""

    clock: Callable[[], dt.datetime] = _utc_now
    entropy: Callable[[int], bytes] = secrets.token_bytes


_current = [Sources()]


def now() -> dt.datetime:
    """Read the clock: a moment in UTC."""
    return _current[-1].clock()


def entropy(n: int) -> bytes:
    """Draw random bytes."""
    return _current[-1].entropy(n)


@contextmanager
def replaced(sources: Sources) -> Iterator[None]:
    """Use another clock and another source of bytes while the block runs."""
    _current.append(sources)
    try:
        yield
    finally:
        _current.pop()
