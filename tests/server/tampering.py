"""Changing a database as somebody who owns the file can: around triggers, which are there again afterwards."""

import sqlite3
from typing import Any

from django.db import connection
from tests.server.server_trial import ServerTrial

__all__ = ["flipped", "tamper"]


def tamper(trial: ServerTrial, *statements: tuple[str, tuple[Any, ...]]) -> None:
    """Run statements without triggers."""
    connection.close()
    assert trial.place.sqlite_file is not None
    with sqlite3.connect(trial.place.sqlite_file) as raw:
        triggers = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            raw.execute(f"DROP TRIGGER {name}")
        for statement, values in statements:
            assert raw.execute(statement, values).rowcount != 0, statement
        for _, sql in triggers:
            raw.execute(sql)


def flipped(value: Any) -> Any:
    """Flip a bit of a byte in the middle; a number or nothing becomes another."""
    if value is None or value == "":
        return "x"
    if isinstance(value, int):
        return value ^ 1024 if value > 1 else 1 - value
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1])
    middle = len(value) // 2
    return value[:middle] + chr(ord(value[middle]) ^ 1) + value[middle + 1 :]
