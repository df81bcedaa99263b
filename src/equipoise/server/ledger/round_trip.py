"""Several statements in one journey to the database: what a request waits for is the way, not the work."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

try:
    from psycopg import Cursor
except ImportError:  # the driver of PostgreSQL is an extra
    Cursor = None

__all__ = ["Statement", "ask"]


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


def _together(statements: Sequence[Statement]) -> list[list[tuple[Any, ...]]]:
    connection.ensure_connection()
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    raw = connection.connection
    with connection.wrap_database_errors:
        if len(statements) == 1:
            cursors = [_sent(raw, statements[0])]
        else:
            with raw.pipeline():
                cursors = [_sent(raw, statement) for statement in statements]
        return [cursor.fetchall() if cursor.description else [] for cursor in cursors]


def _sent(raw: Any, statement: Statement) -> Any:
    cursor = Cursor(raw)
    cursor.execute(statement.text, statement.values, prepare=True)
    return cursor
