"""Several statements in one journey to the database: what a request waits for is the way, not the work."""

import select
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

__all__ = ["Statement", "ask", "commit_with"]


class Statement(NamedTuple):
    """A statement of SQL with ``%s`` for each value."""

    text: str
    values: Sequence[Any] = ()


def ask(*statements: Statement) -> list[list[tuple[Any, ...]]]:
    """Run statements one after the other and give the rows of each; an empty list for one that gives no rows.

    On PostgreSQL they travel together: each sees what was committed before it began, so that what is read after a lock
    is what the lock protects.
    """
    if connection.vendor == "postgresql":
        return _together(statements)
    found = []
    with connection.cursor() as cursor:
        for text, values in statements:
            cursor.execute(text, values)
            found.append(cursor.fetchall() if cursor.description else [])
    return found


def commit_with(*statements: Statement) -> None:
    """Run the last statements of a transaction and make it durable; on PostgreSQL the commit travels with them.

    There the commit gives the lock of the chain to the next writer at once, and the disk is waited for after it, as
    part of the same journey: several writers then wait for one flush. When this returns the transaction is on the disk,
    and so is everything before it. Inside another transaction, and on SQLite, the transaction ends as ever.
    """
    if connection.vendor == "postgresql" and not connection.savepoint_ids:
        _together((_LATER, *statements, _COMMIT, _FLUSH))  # when the block ends, the driver finds nothing to commit
    else:
        ask(*statements)


_LATER, _COMMIT = Statement("SET LOCAL synchronous_commit = off"), Statement("COMMIT")
_FLUSH = Statement("SELECT pg_logical_emit_message(true, 'equipoise', '')")
"""A transaction of its own that writes nothing but a mark, which is on the disk when it is over: the log is flushed in
order, so that what was committed before is there too."""


def _together(statements: Sequence[Statement]) -> list[list[tuple[Any, ...]]]:
    _skip_greeting()
    text = ";\n".join(statement.text for statement in statements)
    values = [value for statement in statements for value in statement.values]
    found = []
    with connection.cursor() as wrapped, connection.wrap_database_errors:
        cursor = wrapped.cursor
        cursor.execute(text, values)
        while True:
            found.append(cursor.fetchall() if cursor.pgresult.nfields else [])
            if not cursor.nextset():
                return found


def _skip_greeting() -> None:
    """Spare the question whether the server still answers, where nothing says that it does not.

    A server that ended the connection has said so on its socket; one that goes down right now would not be
    found out by asking.
    """
    raw = connection.connection
    if raw is not None and not connection.health_check_done and not raw.closed:
        connection.health_check_done = not select.select([raw.fileno()], [], [], 0)[0]
