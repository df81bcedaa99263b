"""Events in and out of the table. All appends of a database stand in one queue: the order of the record is total."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from equipoise.ledger import ACCESS, TRIAL, Draft, Event, Link, Stamp, StoredEvent, parse_canonical, seal, store
from equipoise.server.ledger.round_trip import Statement, ask

__all__ = [
    "append",
    "chain_end",
    "ending",
    "following",
    "inserting",
    "lock",
    "locking",
    "numbered_events",
    "parsed",
    "read_event",
    "read_events",
    "read_kinds",
    "sealed",
    "several",
    "stored_events",
    "trail",
]

_COLUMNS = ", ".join(f'"{name}"' for name in StoredEvent._fields)
_BOOLEAN = StoredEvent._fields.index("clock_drift")
_MARKS = f"({', '.join(['%s'] * len(StoredEvent._fields))})"
_INSERT = f"INSERT INTO ledger_event ({_COLUMNS}) VALUES {_MARKS}"  # noqa: S608
_BOOLEANS: dict[Any, bool] = {0: False, 1: True}
_LOCKS = {TRIAL: 5_170_001, ACCESS: 5_170_002}


def locking(chain: str) -> list[Statement]:
    """Say how to wait until no other transaction appends to a chain; held until the transaction ends.

    SQLite took its write lock when the transaction began.
    """
    if connection.vendor == "postgresql":
        return [Statement("SELECT pg_advisory_xact_lock(%s)", [_LOCKS[chain]])]
    return []


def lock(chain: str) -> None:
    """Wait until no other transaction appends to a chain."""
    ask(*locking(chain))


def ending(chain: str) -> Statement:
    """Say how to ask for the last event of a chain."""
    return Statement("SELECT seq, hash, at FROM ledger_event WHERE chain = %s ORDER BY seq DESC LIMIT 1", [chain])


def chain_end(chain: str) -> Link:
    """Read the last event of a chain."""
    (rows,) = ask(ending(chain))
    return Link(*rows[0]) if rows else Link()


def sealed(chain: str, drafts: Sequence[Draft], stamp: Stamp, end: Link) -> list[Event]:
    """Seal drafts as the events that follow the end of a chain."""
    stamp = stamp._replace(clock_drift=stamp.at < end.at)
    events: list[Event] = []
    for draft in drafts:
        event = seal(draft, stamp, end, chain=chain)
        end = Link(event.seq, event.hash, event.at)
        events.append(event)
    return events


def inserting(events: Sequence[Event]) -> list[Statement]:
    """Say how to insert sealed events, in the transaction that holds the lock of their chain."""
    batches = [events[first : first + _AT_ONCE] for first in range(0, len(events), _AT_ONCE)]
    return [
        Statement(
            f"{_INSERT}{(', ' + _MARKS) * (len(batch) - 1)}", [value for event in batch for value in store(event)]
        )
        for batch in batches
    ]


_AT_ONCE = 50
"""Events in one statement: databases allow so many values."""


def append(chain: str, drafts: Sequence[Draft], stamp: Stamp) -> list[Event]:
    """Seal drafts and insert them at the end of a chain, inside the caller's transaction, which holds `lock`."""
    events = sealed(chain, drafts, stamp, chain_end(chain))
    ask(*inserting(events))
    return events


def stored_events(
    chain: str, where: str = "", values: Sequence[Any] = (), *, batch: int = 5000
) -> Iterator[StoredEvent]:
    """Read rows in order of their numbers, as they stand in the table.

    Parameters
    ----------
    chain
        ``trial`` or ``access``.
    where
        A condition of SQL on the columns, with ``%s`` for each of ``values``.
    values
        Values of the condition.
    batch
        Rows fetched at a time; reading goes on by number, so that a long read holds no lock.
    """
    condition = f"AND ({where})" if where else ""
    query = f"SELECT {_columns()} FROM ledger_event WHERE chain = %s AND seq > %s {condition} ORDER BY seq LIMIT %s"  # noqa: S608
    last = -(2**62)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(query, [chain, last, *values, batch])
            rows = cursor.fetchall()
        for row in rows:
            yield _stored(row)
        if len(rows) < batch:
            return
        last = rows[-1][1]


def following(chain: str, seq: int, most: int) -> Statement:
    """Say how to ask for the events of a chain from a number on."""
    text = f"SELECT {_columns()} FROM ledger_event WHERE chain = %s AND seq >= %s ORDER BY seq LIMIT {most}"  # noqa: S608
    return Statement(text, [chain, seq])


def trail(chain: str, subject: str) -> Statement:
    """Say how to ask for number and kind of a patient's events, in order; the index of patients holds both."""
    text = f"SELECT seq, kind FROM ledger_event WHERE {_chained()} AND subject = %s ORDER BY seq"  # noqa: S608
    return Statement(text, [chain, subject])


def _chained() -> str:
    # SQLite would go through the whole chain by its number instead of by the index of the condition
    return "chain = %s" if connection.vendor != "sqlite" else "+chain = %s"


def several(chain: str, conditions: Sequence[str], values: Sequence[Sequence[Any]]) -> Statement:
    """Say how to ask for events that meet one of several conditions, in order, after the number of its condition."""
    parts = " UNION ALL ".join(
        f"SELECT {number} AS place, {_columns()} FROM ledger_event WHERE {_chained()} AND {condition}"  # noqa: S608
        for number, condition in enumerate(conditions)
    )
    return Statement(f"{parts} ORDER BY seq", [value for own in values for value in (chain, *own)])


def parsed(row: Sequence[Any]) -> Event:
    """Read an event from the columns of a row."""
    return read_event(_stored(row))


def _columns() -> str:
    # SQLite's driver would read any number but 1 as False
    return _COLUMNS if connection.vendor != "sqlite" else _COLUMNS.replace('"clock_drift"', '+"clock_drift"')


def _stored(row: Sequence[Any]) -> StoredEvent:
    drift = row[_BOOLEAN]
    return StoredEvent._make((*row[:_BOOLEAN], _BOOLEANS.get(drift, drift), *row[_BOOLEAN + 1 :]))


def read_events(chain: str, where: str = "", values: Sequence[Any] = ()) -> Iterator[Event]:
    """Read events, their payloads parsed."""
    return map(read_event, stored_events(chain, where, values))


def read_event(row: StoredEvent) -> Event:
    """Read an event from a row, its payload parsed."""
    return Event(*row[:9], parse_canonical(row.payload), *row[10:])


def numbered_events(chain: str, numbers: Sequence[int]) -> list[Event]:
    """Read events by their numbers, in order."""
    return list(read_events(chain, f"seq IN ({', '.join(map(str, numbers))})")) if numbers else []


def read_kinds(chain: str, *kinds: str) -> list[Event]:
    """Read the events of a few rare kinds, in order, each kind by the index of kinds."""
    (rows,) = ask(several(chain, ["kind = %s"] * len(kinds), [[kind] for kind in kinds]))
    return [parsed(columns) for _, *columns in rows]
