"""An immutable map that is cheap to extend: the next version shares all but the last few entries with this one.

A state keeps every record by kind and identifier, and the next state has one more. Copying a plain dictionary for each
would take time with the square of its length. Here entries lie in full blocks, which all versions share, and a last
one, which alone is copied. Nothing is ever changed in place, so that any number of threads may read any version.
"""

from collections.abc import Iterator, Mapping, ValuesView
from itertools import chain
from typing import Any, Generic, TypeVar

__all__ = ["Growing"]

BLOCK = 24
"""Entries of a full block."""

_MISSING = object()
Value = TypeVar("Value")


class _Values(ValuesView[Value], Generic[Value]):
    """Values of a map, gone through block by block rather than looked up one by one."""

    _mapping: "Growing[Value]"

    def __iter__(self) -> Iterator[Value]:
        """Go through the values."""
        full, last = self._mapping._full, self._mapping._last
        return chain(*map(dict.values, full), last.values()) if full else iter(last.values())


class Growing(Mapping[str, Value], Generic[Value]):
    """A map from text, in the order in which names were first added.

    Parameters
    ----------
    entries
        Where it begins; copied.
    """

    __slots__ = ("_full", "_last")

    def __init__(self, entries: Mapping[str, Value] | None = None) -> None:
        self._full: tuple[dict[str, Value], ...] = ()
        self._last: dict[str, Value] = dict(entries or {})

    def with_entry(self, name: str, value: Value) -> "Growing[Value]":
        """Give the map with an entry more, or with another value for an entry it has."""
        new: Growing[Value] = object.__new__(Growing)
        full, last = self._full, self._last
        for place, block in enumerate(full):
            if name in block:
                new._full = (*full[:place], {**block, name: value}, *full[place + 1 :])
                new._last = last
                return new
        if len(last) < BLOCK or name in last:
            new._full, new._last = full, {**last, name: value}
        else:
            new._full, new._last = (*full, last), {name: value}
        return new

    def __getitem__(self, name: str) -> Value:
        """Look an entry up."""
        if name in self._last:
            return self._last[name]
        for block in self._full:
            if name in block:
                return block[name]
        raise KeyError(name)

    def get(self, name: Any, default: Any = None) -> Any:
        """Look an entry up; the default where there is none."""
        if name in self._last:
            return self._last[name]
        for block in self._full:
            if name in block:
                return block[name]
        return default

    def values(self) -> ValuesView[Value]:
        """Values in the order of the names."""
        return _Values(self)

    def __contains__(self, name: object) -> bool:
        """Tell whether there is an entry of a name."""
        return self.get(name, _MISSING) is not _MISSING

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return chain(*self._full, self._last)

    def __len__(self) -> int:
        """Count the entries."""
        return sum(map(len, self._full)) + len(self._last)

    def __reversed__(self) -> Iterator[str]:
        """Go through the names from the last."""
        return chain(reversed(self._last), *(reversed(block) for block in reversed(self._full)))

    def __repr__(self) -> str:
        """Write it as a dictionary."""
        return repr(dict(self))
