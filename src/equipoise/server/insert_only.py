"""Triggers by which a database refuses to change or delete rows, and to join an event but at the end of its chain."""

from collections.abc import Callable
from typing import Any

__all__ = ["chained", "insert_only"]

Step = Callable[[Any, Any], None]


def insert_only(*tables: str) -> Step:
    """Make a migration step: no row of the tables is ever changed, deleted or replaced."""

    def forwards(_apps: Any, editor: Any) -> None:
        for table in tables:
            for statement in _sqlite(table) if editor.connection.vendor == "sqlite" else _postgresql(table):
                editor.execute(statement)

    return forwards


def chained(table: str) -> Step:
    """Make a migration step: an event follows the last of its chain, by number and by hash."""

    def forwards(_apps: Any, editor: Any) -> None:
        editor.execute(_SQLITE_CHAIN.format(table=table) if editor.connection.vendor == "sqlite" else "SELECT 1")
        if editor.connection.vendor != "sqlite":
            editor.execute(_POSTGRESQL_CHAIN.format(table=table))
            editor.execute(
                f"CREATE TRIGGER {table}_chained BEFORE INSERT ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {table}_chained()"
            )

    return forwards


def _sqlite(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is insert only'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def _postgresql(table: str) -> list[str]:
    return [
        f"CREATE FUNCTION {table}_insert_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is insert only'; END $$",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_insert_only()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_insert_only()",
    ]


_SQLITE_CHAIN = """
CREATE TRIGGER {table}_chained BEFORE INSERT ON {table} BEGIN
    SELECT RAISE(ABORT, 'an event must follow the last of its chain')
    WHERE NEW.seq IS NOT 1 + COALESCE((SELECT MAX(seq) FROM {table} WHERE chain = NEW.chain), 0)
       OR (NEW.seq > 1 AND NEW.prev_hash IS NOT
           (SELECT hash FROM {table} WHERE chain = NEW.chain AND seq = NEW.seq - 1));
END
"""

_POSTGRESQL_CHAIN = """
CREATE FUNCTION {table}_chained() RETURNS trigger LANGUAGE plpgsql AS $$
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
