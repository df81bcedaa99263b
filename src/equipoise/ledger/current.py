"""What is known now, or was known at a data cut: corrections applied, old values kept.

A record is named by its kind, what it belongs to (subject, site or trial) and the values of its kind's key. The first
event of that name makes it; a later one of the same kind and name replaces its values; ``corrected`` changes fields;
``retracted`` ends it.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from equipoise.ledger.errors import LedgerError
from equipoise.ledger.event import Event
from equipoise.ledger.kind import Kind, kinds

__all__ = ["Change", "LedgerCut", "Record", "current"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerCut:
    """What a data cut lets through."""

    snapshot: int | None = None
    """Last sequence number of the trial chain that is seen; None for all."""
    cutoff: dt.date | None = None
    """Last clinical date that counts; None for all."""


class Change(NamedTuple):
    """A value that no longer holds."""

    seq: int
    """Event that replaced it."""
    at: str
    actor: str
    field: str
    old: Any
    new: Any
    reason: str | None


class Record(NamedTuple):
    """A record with its latest values."""

    kind: str
    noun: str
    site: str | None
    subject: str | None
    key: tuple[Any, ...]
    values: dict[str, Any]
    seq: int
    """Event that made the record."""
    last_seq: int
    """Event that changed it last."""
    at: str
    actor: str
    role: str
    version: str
    changes: tuple[Change, ...]
    retracted: bool = False


def current(events: Iterable[Event], cut: LedgerCut | None = None, *, retracted: bool = False) -> list[Record]:
    """Apply corrections and return one row per record, in the order in which the records were made.

    Parameters
    ----------
    events
        Events of the trial chain in order.
    cut
        Events after its snapshot are not seen; records whose clinical date, as corrected, lies after its cut-off are
        left out.
    retracted
        Whether records that were entered in error are returned too.

    Raises
    ------
    LedgerError
        For a correction of a record that does not exist.
    """
    chosen = cut or LedgerCut()
    declared = kinds()
    records: dict[tuple[Any, ...], Record] = {}
    for event in events:
        if chosen.snapshot is not None and event.seq > chosen.snapshot:
            break
        kind = declared.get(event.kind)
        if kind is None:
            raise LedgerError(f"event {event.seq}: kind {event.kind!r} is not known")
        if kind.change is None:
            _add(records, event, kind)
        else:
            _change(records, event, kind)
    return [
        record
        for record in records.values()
        if (retracted or not record.retracted) and _counts(record, declared[record.kind], chosen.cutoff)
    ]


def _owner(kind: Kind, event: Event) -> str | None:
    return {"subject": event.subject, "site": event.site}.get(kind.scope)


def _frozen(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in values)


def _add(records: dict[tuple[Any, ...], Record], event: Event, kind: Kind) -> None:
    key = _frozen(kind.record_key(event.payload))
    name = (kind.name, _owner(kind, event), key)
    old = records.get(name)
    if old is None:
        records[name] = Record(
            *(kind.name, kind.noun, event.site, event.subject, key, dict(event.payload), event.seq, event.seq),
            *(event.at, event.actor, event.role, event.version, ()),
        )
        return
    fields = [f for f in {**old.values, **event.payload} if old.values.get(f) != event.payload.get(f)]
    changes = [_made(event, f, old.values.get(f), event.payload.get(f)) for f in fields]
    records[name] = old._replace(
        values=dict(event.payload), last_seq=event.seq, changes=(*old.changes, *changes), retracted=False
    )


def _change(records: dict[tuple[Any, ...], Record], event: Event, kind: Kind) -> None:
    of = kinds().get(event.payload["of"])
    key = _frozen(event.payload["key"])
    name = (event.payload["of"], _owner(of, event) if of else None, key)
    old = records.get(name)
    if old is None:
        raise LedgerError(f"event {event.seq} changes {event.payload['of']} {list(key)}, which was never recorded")
    if kind.change == "retracted":
        records[name] = old._replace(last_seq=event.seq, retracted=True)
        return
    changes = [_made(event, f, old.values.get(f), change["new"]) for f, change in event.payload["changes"].items()]
    values = {**old.values, **{change.field: change.new for change in changes}}
    records[name] = old._replace(values=values, last_seq=event.seq, changes=(*old.changes, *changes))


def _made(event: Event, name: str, old: Any, new: Any) -> Change:
    return Change(event.seq, event.at, event.actor, name, old, new, event.reason)


def _counts(record: Record, kind: Kind, cutoff: dt.date | None) -> bool:
    if cutoff is None or kind.date is None:
        return True
    day = record.values.get(kind.date)
    return day is None or str(day) <= cutoff.isoformat()
