"""Writers of SQLite in a queue: each waits for its turn asleep, instead of asking the database again and again."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from equipoise.server import trial

__all__ = ["turn"]


@contextmanager
def turn() -> Iterator[None]:
    """Wait for the turn of this writer; inside a transaction, and on PostgreSQL, which queues by itself, at once."""
    database = trial.place().sqlite_file
    if database is None or connection.in_atomic_block:
        yield
        return
    number = os.open(database.with_suffix(".queue"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)
