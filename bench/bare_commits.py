"""How many chained entries a second the machine makes durable: the ceiling of any writer of one record.

An entry: take the lock under which all writers stand in a queue, read the end of the chain, hash the entry with it,
insert it, commit with everything flushed to the disk. Nothing else: no web, no rights, no rules, no vault, no read
models. ``one`` is a single writer who never waits for another; ``many`` are processes that want to write all the time,
as the processes of the server do.

Usage: python bench/bare_commits.py DATABASE N
    (a writer of ``many``: DATABASE is a file of SQLite or the URL of PostgreSQL; N entries after a line on its input)
"""

import contextlib
import fcntl
import hashlib
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

try:
    import psycopg
except ImportError:  # without it there is no PostgreSQL to measure
    psycopg = None  # type: ignore[assignment]

WRITERS = 8
_END = "SELECT seq, hash FROM bare_event ORDER BY seq DESC LIMIT 1"


def bare_commits(database: str, n: int = 400) -> tuple[float, float]:
    """Entries a second of one writer, and of eight writers at once."""
    _create(database)
    with _writer(database) as write:
        began = time.perf_counter()
        for _ in range(n):
            write()
        one = n / (time.perf_counter() - began)
    command = [sys.executable, __file__, database, str(n // WRITERS)]
    writers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(WRITERS)
    ]
    for writer in writers:
        assert writer.stdout is not None  # noqa: S101 - a pipe, as asked for
        writer.stdout.readline()
    began = time.perf_counter()
    for writer in writers:
        writer.communicate("go\n")
    return one, n // WRITERS * WRITERS / (time.perf_counter() - began)


def _create(database: str) -> None:
    statement = "CREATE TABLE bare_event (seq bigint PRIMARY KEY, prev_hash text UNIQUE, hash text, payload text)"
    if database.startswith("postgresql"):
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(statement)
    else:
        with contextlib.closing(_sqlite(database)) as plain:
            plain.execute(statement)


def _sqlite(database: str) -> sqlite3.Connection:
    connection = sqlite3.connect(database, isolation_level=None, timeout=30)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _next(end: tuple[int, str] | None) -> tuple[int, str, str, str]:
    seq, before = end or (0, "0" * 64)
    payload = f'{{"record":"BARE-{seq + 1}"}}'
    return seq + 1, before, hashlib.sha256(f"{seq + 1}{before}{payload}".encode()).hexdigest(), payload


@contextlib.contextmanager
def _writer(database: str) -> Iterator[Callable[[], None]]:
    """One entry each time it is called."""
    if database.startswith("postgresql"):
        with psycopg.connect(database) as connection, connection.cursor() as cursor:

            def write_there() -> None:
                with connection.pipeline():
                    cursor.execute("SELECT pg_advisory_xact_lock(1)")
                    cursor.execute(_END)
                cursor.execute("INSERT INTO bare_event VALUES (%s, %s, %s, %s)", _next(cursor.fetchone()))
                connection.commit()

            yield write_there
        return
    with contextlib.closing(_sqlite(database)) as plain, Path(f"{database}.queue").open("w") as queue:

        def write_here() -> None:
            fcntl.flock(queue, fcntl.LOCK_EX)
            plain.execute("BEGIN IMMEDIATE")
            plain.execute("INSERT INTO bare_event VALUES (?, ?, ?, ?)", _next(plain.execute(_END).fetchone()))
            plain.execute("COMMIT")
            fcntl.flock(queue, fcntl.LOCK_UN)

        yield write_here


if __name__ == "__main__":
    with _writer(sys.argv[1]) as write_one:
        os.write(1, b"ready\n")
        sys.stdin.readline()
        for _ in range(int(sys.argv[2])):
            write_one()
