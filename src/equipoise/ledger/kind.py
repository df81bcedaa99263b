"""What kinds of events there are and what each may hold.

A kind says the noun it is about, the fields of its payload with their types, and which of them name the record among
those of the same subject (or site, or trial). The kinds themselves stand in `equipoise.ledger.kinds`, a file per noun.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from equipoise.ledger.canonical import LARGEST_INTEGER, sound
from equipoise.ledger.errors import LedgerError
from equipoise.ledger.event import CHAINS, TRIAL

__all__ = ["FIELD_TYPES", "Kind", "check_payload", "kinds", "register"]

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HASH = re.compile(r"[0-9a-f]{64}")


def _is_date(value: Any) -> bool:
    return type(value) is str and len(value) == 10 and _in_calendar(value)


@lru_cache(maxsize=16_384)
def _in_calendar(text: str) -> bool:
    if _DATE.fullmatch(text) is None:
        return False
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


FIELD_TYPES: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "integer": lambda value: type(value) is int,
    "boolean": lambda value: type(value) is bool,
    "decimal": lambda value: type(value) is str and _DECIMAL.fullmatch(value) is not None,
    "date": _is_date,
    "hash": lambda value: type(value) is str and _HASH.fullmatch(value) is not None,
    "list": lambda value: type(value) in (list, tuple),
    "map": lambda value: type(value) is dict,
    "any": lambda _: True,
}
"""Type of a field -> whether a value is of it: ``date`` a calendar date, ``decimal`` plain digits as text."""


def _is_safe(value: int) -> bool:
    return -LARGEST_INTEGER <= value <= LARGEST_INTEGER


_JSON: frozenset[type] = frozenset({str, int, bool, type(None), list, tuple, dict})
_CLASSES: dict[str, tuple[frozenset[type], Callable[[Any], bool] | None]] = {
    "text": (frozenset({str}), None),
    "integer": (frozenset({int}), _is_safe),
    "boolean": (frozenset({bool}), None),
    "decimal": (frozenset({str}), FIELD_TYPES["decimal"]),
    "date": (frozenset({str}), _in_calendar),
    "hash": (frozenset({str}), FIELD_TYPES["hash"]),
    "list": (frozenset({list, tuple}), sound),
    "map": (frozenset({dict}), sound),
    "any": (_JSON, sound),
}
"""Type of a field -> classes of values, and what is asked besides: enough to see that a value is of it and sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of event."""

    name: str
    """What happened, in the past tense: ``dose_logged``."""
    noun: str
    """What it is about: ``dose``."""
    fields: Mapping[str, str]
    """Field of the payload -> its type, one of `FIELD_TYPES`; a ``?`` at the end allows null and leaving out."""
    key: tuple[str, ...] = ()
    """Fields that name the record among those of its subject; none where there is one record."""
    date: str | None = None
    """Field with the clinical date, which a data cut looks at."""
    scope: str = "subject"
    """``subject``, ``site`` or ``trial``: what the record belongs to."""
    chain: str = TRIAL
    change: str | None = None
    """How the event acts on earlier records: None (a record of its own), ``corrected`` or ``retracted``."""
    text: str = ""
    """What the kind means, for the reference."""
    sealed: bool = False
    """Only those who may know the subject's treatment learn of it: it tells the arm by being there."""
    sealed_fields: tuple[str, ...] = ()
    """Fields that blinded roles never see."""
    _types: Mapping[str, tuple[Callable[[Any], bool], bool]] = field(init=False, repr=False, compare=False)
    _required: frozenset[str] = field(init=False, repr=False, compare=False)
    _classes: Mapping[str, tuple[frozenset[type], Callable[[Any], bool] | None]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Check the declaration and prepare what is asked of every event."""
        problems = [f"{name}: {kind}" for name, kind in self.fields.items() if kind.rstrip("?") not in FIELD_TYPES]
        if problems:
            raise LedgerError(f"kind {self.name}: types not known: {', '.join(problems)}")
        missing = [name for name in (*self.key, *([self.date] if self.date else [])) if name not in self.fields]
        if missing or self.chain not in CHAINS or self.change not in (None, "corrected", "retracted"):
            raise LedgerError(f"kind {self.name}: key, date, chain or change does not fit ({', '.join(missing)})")
        types = {name: (FIELD_TYPES[kind.rstrip("?")], kind.endswith("?")) for name, kind in self.fields.items()}
        classes = {name: _classes(kind) for name, kind in self.fields.items()}
        object.__setattr__(self, "_classes", classes)
        object.__setattr__(self, "_types", types)
        object.__setattr__(self, "_required", frozenset(name for name, (_, free) in types.items() if not free))

    def fits(self, payload: Mapping[str, Any]) -> bool:
        """Tell at once whether a payload fits and is sound; where it seems not to be, `problems` has the word."""
        if type(payload) is not dict:
            return False
        classes = self._classes
        for name, value in payload.items():
            known = classes.get(name)
            if known is None or type(value) not in known[0]:
                return False
            if known[1] is not None and value is not None and not known[1](value):
                return False
        return len(payload) == len(classes) or self._required <= payload.keys()

    def problems(self, payload: Mapping[str, Any]) -> list[str]:
        """Say everything by which a payload does not fit."""
        if self._required <= payload.keys():
            found = []
        else:
            found = [f"{name}: is missing" for name in sorted(self._required - payload.keys())]
        types = self._types
        for name, value in payload.items():
            known = types.get(name)
            if known is None:
                found.append(f"{name}: is not a field; the fields are {', '.join(self.fields)}")
            elif not known[0](value) and not (known[1] and value is None):
                found.append(f"{name}: {value!r} is not {self.fields[name].rstrip('?')}")
        return found

    def record_key(self, payload: Mapping[str, Any]) -> tuple[Any, ...]:
        """Read the values that name the record."""
        return tuple(map(payload.get, self.key))


def _classes(kind: str) -> tuple[frozenset[type], Callable[[Any], bool] | None]:
    known, asked = _CLASSES[kind.rstrip("?")]
    return (known | {type(None)} if kind.endswith("?") else known), asked


_KINDS: dict[str, Kind] = {}


def register(*declared: Kind) -> None:
    """Declare kinds; a name is declared once.

    Raises
    ------
    LedgerError
        For a name that is taken by another declaration.
    """
    for kind in declared:
        if _KINDS.setdefault(kind.name, kind) != kind:
            raise LedgerError(f"kind {kind.name} is declared twice")


def kinds() -> Mapping[str, Kind]:
    """All kinds by name."""
    return _KINDS


def check_payload(name: str, payload: Mapping[str, Any], chain: str = TRIAL) -> None:
    """Raise LedgerError with every problem where a payload does not fit its kind."""
    found = _kind_in(name, chain).problems(payload)
    if found:
        raise LedgerError(f"{name}: " + "; ".join(found))


def fits_kind(name: str, payload: Mapping[str, Any], chain: str = TRIAL) -> bool:
    """Tell at once whether a payload fits its kind and everything in it but its text has a canonical form.

    Raises
    ------
    LedgerError
        Where the chain has no such kind.
    """
    return _kind_in(name, chain).fits(payload)


def _kind_in(name: str, chain: str) -> Kind:
    kind = _KINDS.get(name)
    if kind is None:
        raise LedgerError(f"event kind {name!r} is not known")
    if kind.chain != chain:
        raise LedgerError(f"event kind {name!r} belongs to the {kind.chain} chain")
    return kind
