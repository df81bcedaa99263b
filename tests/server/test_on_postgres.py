"""What PostgreSQL does by itself: triggers that refuse every change, the same record as SQLite, backup and restore."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from tests.server.configured import file_place
from tests.server.postgres import missing_postgres, new_database, postgres
from tests.server.server_trial import ServerTrial
from tests.server.test_write import bare, script

psycopg = pytest.importorskip("psycopg", reason="needs the extra 'postgres'")

from equipoise.server.backup import make_backup, restore_backup
from equipoise.server.errors import ServerError
from equipoise.server.place import Place
from equipoise.server.verification.run import verify_trial


@pytest.fixture
def server() -> Iterator[str]:
    reason = missing_postgres()
    if reason is not None:
        pytest.skip(reason)
    with postgres() as url:
        yield url
        connection.close()


def test_what_was_answered_outlives_a_crash_of_the_database(server: str, tmp_path: Path) -> None:
    """The commit lets the next writer in before the disk is waited for; the answer comes after the disk."""
    here = file_place(tmp_path)
    trial = ServerTrial(Place(data=here.data, key_file=here.key_file, database=new_database(server, "crashed")))
    trial.set_up("01")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as other:
        other.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")  # nobody else brings the log to the disk meanwhile
        other.execute("SELECT pg_reload_conf()")
    subject = trial.randomized("01")
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    trial.consent(trial.screen("01"))
    events = [event.hash for event in trial.events()]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as other:
        os.kill(backend, signal.SIGKILL)  # the database throws its memory away and reads its log again
        _wait_for_end(other)
    connection.close()
    _wait_for(server)
    assert [event.hash for event in trial.events()] == events
    assert trial.state.subjects[subject].has("randomized")
    trial.heads()
    report = verify_trial()
    assert report.intact, report.first


def _wait_for_end(other: Any) -> None:
    """Wait until the database has noticed, which ends every connection."""
    for _ in range(3000):
        try:
            other.execute("SELECT 1")
        except psycopg.OperationalError:
            return
        time.sleep(0.1)
    pytest.fail("the database did not notice")


def _wait_for(server: str) -> None:
    for _ in range(3000):
        try:
            with psycopg.connect(f"{server}/crashed"):
                return
        except psycopg.OperationalError:
            time.sleep(0.1)
    pytest.fail("the database did not come back")


def test_the_record_on_postgresql(server: str, tmp_path: Path) -> None:
    here = file_place(tmp_path / "postgresql")
    place = Place(data=here.data, key_file=here.key_file, database=new_database(server, "trial"))
    trial = ServerTrial(place)
    script(trial)
    trial.heads()
    for table in ("ledger_event", "ledger_request", "vault_seal", "vault_allocation", "vault_kit", "vault_shipment"):
        for statement in (f"DELETE FROM {table}", f"TRUNCATE {table}"):  # noqa: S608
            with pytest.raises(DatabaseError, match="insert only"), transaction.atomic():
                connection.cursor().execute(statement)
    for statement in (
        "UPDATE ledger_event SET reason = 'x' WHERE seq = 3",
        "UPDATE vault_allocation SET subject = 'x'",
        "INSERT INTO ledger_event SELECT chain, seq + 100000, at, actor, role, site, subject, kind, version, payload, "
        "reason, request_id, clock_drift, hash, hash FROM ledger_event WHERE seq = 3",
    ):
        with pytest.raises(DatabaseError, match=r"insert only|follow the last"), transaction.atomic():
            connection.cursor().execute(statement)
    report = verify_trial()
    assert report.intact, report.first
    recorded = [bare(event) for event in trial.events()]

    folder = make_backup(place, tmp_path / "backups", "made-up")
    with pytest.raises(ServerError, match="holds a trial"):
        restore_backup(folder, Place(data=tmp_path / "other", database=place.database))
    restored = Place(data=tmp_path / "restored", key_file=place.key_file, database=new_database(server, "restored"))
    restore_backup(folder, restored)
    assert [event.hash for event in ServerTrial(restored, begin=False).events()] == [e.hash for e in trial.events()]
    assert verify_trial().intact
    with transaction.atomic():
        connection.cursor().execute("ALTER TABLE ledger_event DISABLE TRIGGER ALL")
        connection.cursor().execute("UPDATE ledger_event SET reason = 'x' WHERE seq = 40 AND chain = 'trial'")
    assert "trial chain, event 40" in verify_trial().first

    sqlite = ServerTrial(file_place(tmp_path / "sqlite"))
    script(sqlite)
    assert [bare(event) for event in sqlite.events()] == recorded
