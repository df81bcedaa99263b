"""Events in and out of the table. All appends of a database stand in one queue: the order of the record is total."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from equipoise.ledger import ACCESS, TRIAL, Draft, Event, Link, Stamp, StoredEvent, parse_canonical, seal, store

__all__ = ["append", "chain_end", "lock", "read_events", "read_several", "stored_events"]

_COLUMNS = ", ".join(f'"{name}"' for name in StoredEvent._fields)
_BOOLEAN = StoredEvent._fields.index("clock_drift")
_INSERT = f"INSERT INTO ledger_event ({_COLUMNS}) VALUES ({', '.join(['%s'] * len(StoredEvent._fields))})"  # noqa: S608
_BOOLEANS: dict[Any, bool] = {0: False, 1: True}
_LOCKS = {TRIAL: 5_170_001, ACCESS: 5_170_002}


def lock(chain: str) -> None:
    """Wait until no other transaction appends to a chain; held until this transaction ends.

    SQLite took its write lock when the transaction began.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCKS[chain]])


def chain_end(chain: str) -> Link:
    """Read the last event of a chain."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, hash, at FROM ledger_event WHERE chain = %s ORDER BY seq DESC LIMIT 1", [chain])
        row = cursor.fetchone()
    return Link(*row) if row else Link()


def append(chain: str, drafts: Sequence[Draft], stamp: Stamp) -> list[Event]:
    """Seal drafts and insert them at the end of a chain, inside the caller's transaction, which holds `lock`."""
    end = chain_end(chain)
    stamp = stamp._replace(clock_drift=stamp.at < end.at)
    events: list[Event] = []
    for draft in drafts:
        event = seal(draft, stamp, end, chain=chain)
        end = Link(event.seq, event.hash, event.at)
        events.append(event)
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT, [store(event) for event in events])
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


def read_several(chain: str, conditions: Sequence[str], values: Sequence[Sequence[Any]]) -> Iterator[tuple[int, Event]]:
    """Read events that meet one of several conditions, in order, each with the number of its condition; one query."""
    parts = " UNION ALL ".join(
        f"SELECT {number} AS place, {_columns()} FROM ledger_event WHERE chain = %s AND {condition}"  # noqa: S608
        for number, condition in enumerate(conditions)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{parts} ORDER BY seq", [value for own in values for value in (chain, *own)])
        rows = cursor.fetchall()
    for place, *columns in rows:
        row = _stored(columns)
        yield place, Event(*row[:9], parse_canonical(row.payload), *row[10:])


def _columns() -> str:
    # SQLite's driver would read any number but 1 as False
    return _COLUMNS if connection.vendor != "sqlite" else _COLUMNS.replace('"clock_drift"', '+"clock_drift"')


def _stored(row: Sequence[Any]) -> StoredEvent:
    drift = row[_BOOLEAN]
    return StoredEvent._make((*row[:_BOOLEAN], _BOOLEANS.get(drift, drift), *row[_BOOLEAN + 1 :]))


def read_events(chain: str, where: str = "", values: Sequence[Any] = ()) -> Iterator[Event]:
    """Read events, their payloads parsed."""
    for row in stored_events(chain, where, values):
        yield Event(*row[:9], parse_canonical(row.payload), *row[10:])
