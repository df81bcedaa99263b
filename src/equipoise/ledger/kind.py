"""What kinds of events there are and what each may hold.

A kind says the noun it is about, the fields of its payload with their types, and which of them name the record among
those of the same subject (or site, or trial). The kinds themselves stand in `equipoise.ledger.kinds`, a file per noun.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from equipoise.ledger.errors import LedgerError
from equipoise.ledger.event import CHAINS, TRIAL

__all__ = ["FIELD_TYPES", "Kind", "check_payload", "kinds", "register"]

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HASH = re.compile(r"[0-9a-f]{64}")


def _is_date(value: Any) -> bool:
    if type(value) is not str or _DATE.fullmatch(value) is None:
        return False
    try:
        dt.date.fromisoformat(value)
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

    def __post_init__(self) -> None:
        """Check the declaration and prepare what is asked of every event."""
        problems = [f"{name}: {kind}" for name, kind in self.fields.items() if kind.rstrip("?") not in FIELD_TYPES]
        if problems:
            raise LedgerError(f"kind {self.name}: types not known: {', '.join(problems)}")
        missing = [name for name in (*self.key, *([self.date] if self.date else [])) if name not in self.fields]
        if missing or self.chain not in CHAINS or self.change not in (None, "corrected", "retracted"):
            raise LedgerError(f"kind {self.name}: key, date, chain or change does not fit ({', '.join(missing)})")
        types = {name: (FIELD_TYPES[kind.rstrip("?")], kind.endswith("?")) for name, kind in self.fields.items()}
        object.__setattr__(self, "_types", types)
        object.__setattr__(self, "_required", frozenset(name for name, (_, free) in types.items() if not free))

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
        return tuple(payload.get(name) for name in self.key)


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
    kind = _KINDS.get(name)
    if kind is None:
        raise LedgerError(f"event kind {name!r} is not known")
    if kind.chain != chain:
        raise LedgerError(f"event kind {name!r} belongs to the {kind.chain} chain")
    found = kind.problems(payload)
    if found:
        raise LedgerError(f"{name}: " + "; ".join(found))
