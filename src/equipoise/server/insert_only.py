"""Triggers by which a database refuses to change or delete rows, and to join an event but at the end of its chain.

Changing a table can cost it its triggers (SQLite makes the table anew): `kept_through` puts back those that were there.
A trigger that was missing before stays missing, so that `equipoise verify` says so.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

__all__ = ["CHAINED", "INSERT_ONLY", "chained", "expected", "insert_only", "kept_through", "not_replaced", "present"]

Step = Callable[[Any, Any], None]
INSERT_ONLY = (
    "ledger_event",
    "ledger_request",
    "monitoring_report",
    "vault_allocation",
    "vault_counts",
    "vault_grant",
    "vault_kit",
    "vault_kit_use",
    "vault_seal",
    "vault_shipment",
)
"""Tables whose rows are never changed, deleted or replaced."""
_UNIQUE: dict[str, tuple[tuple[str, ...], ...]] = {
    "ledger_event": (),  # an event follows the last of its chain: no other can have its number or what it follows
    "ledger_request": (("request_id",),),
    "monitoring_report": (("digest",),),
    "vault_allocation": (("stage", "number"), ("subject",)),
    "vault_counts": (("stage", "cohort", "number"),),
    "vault_grant": (("event",),),
    "vault_kit": (("number",),),
    "vault_kit_use": (("number", "status"), ("subject", "request")),
    "vault_seal": (("number",),),
    "vault_shipment": (("number",),),
}
"""Keys by which SQLite's INSERT OR REPLACE finds a row to throw away, besides the number it gives every row."""
CHAINED = "ledger_event"
"""The table of events: each follows the last of its chain."""


def expected() -> dict[str, list[str]]:
    """Name the triggers that must be there, each with the statements that make it."""
    sqlite = connection.vendor == "sqlite"
    found: dict[str, list[str]] = {}
    for table in INSERT_ONLY:
        statements = _sqlite(table) if sqlite else _postgresql(table)
        if sqlite:
            found |= {f"{table}_no_update": [statements[0]], f"{table}_no_delete": [statements[1]]}
            found |= {f"{table}_no_replace": [_no_replace(table)]}
        else:
            function, change, truncate = statements
            found |= {f"{table}_no_change": [function, change], f"{table}_no_truncate": [function, truncate]}
    return found | {f"{CHAINED}_chained": _chained(CHAINED, sqlite=sqlite)}


def present() -> set[str]:
    """Name the triggers that are there, switched on, and refuse what they are made to refuse."""
    made = expected()
    with connection.cursor() as cursor:
        cursor.execute(_PRESENT[connection.vendor])
        rows = cursor.fetchall()
    if connection.vendor == "sqlite":
        return {name for name, text in rows if name in made and _plain(text) == _plain(made[name][0])}
    return {name for name, body in rows if name in made and _plain(body) == _plain(_body(made[name][0]))}


_PRESENT = {
    "sqlite": "SELECT lower(name), sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT t.tgname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
    "WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgqual IS NULL AND t.tgattr::text = ''",
}


def _plain(text: str) -> str:
    """Leave out of a statement what a database may write in another way: blanks, quotes, letter case."""
    return re.sub(r'[\s";]+|IF NOT EXISTS', "", text, flags=re.IGNORECASE).lower()


def _body(function: str) -> str:
    return function.split("$$")[1]


@contextmanager
def kept_through() -> Iterator[None]:
    """Put back, after the block, the triggers that were there before it."""
    before = present()
    yield
    lost = before - present()
    with connection.cursor() as cursor:
        for name in sorted(lost):
            for statement in expected()[name]:
                cursor.execute(statement)


def insert_only(*tables: str) -> Step:
    """Make a migration step: no row of the tables is ever changed, deleted or replaced."""

    def forwards(_apps: Any, editor: Any) -> None:
        for table in tables:
            for statement in _sqlite(table) if editor.connection.vendor == "sqlite" else _postgresql(table):
                editor.execute(statement)

    return forwards


def not_replaced(*tables: str) -> Step:
    """Make a migration step: SQLite's INSERT OR REPLACE, which deletes past every trigger, is refused."""

    def forwards(_apps: Any, editor: Any) -> None:
        for table in tables if editor.connection.vendor == "sqlite" else ():
            editor.execute(_no_replace(table))

    return forwards


def chained(table: str) -> Step:
    """Make a migration step: an event follows the last of its chain, by number and by hash."""

    def forwards(_apps: Any, editor: Any) -> None:
        for statement in _chained(table, sqlite=editor.connection.vendor == "sqlite"):
            editor.execute(statement)

    return forwards


def _chained(table: str, *, sqlite: bool) -> list[str]:
    if sqlite:
        return [_SQLITE_CHAIN.format(table=table)]
    trigger = (
        f"CREATE OR REPLACE TRIGGER {table}_chained BEFORE INSERT ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_chained()"
    )
    return [_POSTGRESQL_CHAIN.format(table=table), trigger]


def _sqlite(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is insert only'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def _no_replace(table: str) -> str:
    keys = [" AND ".join(f"{name} = NEW.{name}" for name in key) for key in _UNIQUE[table]]
    # a row that names no number of its own comes here with -1
    taken = " OR ".join([*(f"({key})" for key in keys), "(rowid = NEW.rowid AND NEW.rowid <> -1)"])
    found = f"EXISTS (SELECT 1 FROM {table} WHERE {taken})"  # noqa: S608
    refusal = f"BEGIN SELECT RAISE(ABORT, '{table} is insert only'); END"
    return f"CREATE TRIGGER IF NOT EXISTS {table}_no_replace BEFORE INSERT ON {table} WHEN {found} {refusal}"


def _postgresql(table: str) -> list[str]:
    return [
        f"CREATE OR REPLACE FUNCTION {table}_insert_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is insert only'; END $$",
        f"CREATE OR REPLACE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_insert_only()",
        f"CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_insert_only()",
    ]


_SQLITE_CHAIN = """
CREATE TRIGGER IF NOT EXISTS {table}_chained BEFORE INSERT ON {table} BEGIN
    SELECT RAISE(ABORT, 'an event must follow the last of its chain')
    WHERE NEW.seq IS NOT 1 + COALESCE((SELECT MAX(seq) FROM {table} WHERE chain = NEW.chain), 0)
       OR (NEW.seq > 1 AND NEW.prev_hash IS NOT
           (SELECT hash FROM {table} WHERE chain = NEW.chain AND seq = NEW.seq - 1));
END
"""

_POSTGRESQL_CHAIN = """
CREATE OR REPLACE FUNCTION {table}_chained() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_seq bigint;
    last_hash text;
BEGIN
    SELECT seq, hash INTO last_seq, last_hash FROM {table} WHERE chain = NEW.chain ORDER BY seq DESC LIMIT 1;
    IF NEW.seq <> COALESCE(last_seq, 0) + 1 OR (last_seq IS NOT NULL AND NEW.prev_hash <> last_hash) THEN
        RAISE EXCEPTION 'an event must follow the last of its chain';
    END IF;
    RETURN NEW;
END $$
"""
