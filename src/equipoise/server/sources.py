"""Time and chance, each from one place: the clock and the entropy of the operating system.

Tests put others in their place, so that two servers can be compared byte for byte; so does a demonstration, whose day
is that of its record; nothing else does.
"""

import datetime as dt
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

__all__ = ["Sources", "device_now", "entropy", "now", "replaced", "use"]


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class Sources:
    """A clock and a source of random bytes."""

    clock: Callable[[], dt.datetime] = _utc_now
    entropy: Callable[[int], bytes] = secrets.token_bytes
    device: Callable[[], dt.datetime] | None = None
    """Clock of the devices that show codes; the same clock unless given."""


_current = [Sources()]


def now() -> dt.datetime:
    """Read the clock: a moment in UTC."""
    return _current[-1].clock()


def device_now() -> dt.datetime:
    """Read the clock of the devices that show codes of second factors."""
    current = _current[-1]
    return (current.device or current.clock)()


def entropy(n: int) -> bytes:
    """Draw random bytes."""
    return _current[-1].entropy(n)


def use(sources: Sources) -> None:
    """Use another clock and another source of bytes from now on, in this process."""
    _current[0] = sources


@contextmanager
def replaced(sources: Sources) -> Iterator[None]:
    """Use another clock and another source of bytes while the block runs."""
    _current.append(sources)
    try:
        yield
    finally:
        _current.pop()
