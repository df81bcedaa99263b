"""Tables change and change back under a filled record: every event, every trigger and every right is still there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.exceptions import IrreversibleError
from tests.server.configured import file_place, use
from tests.server.postgres import missing_postgres, new_database, postgres
from tests.server.server_trial import ServerTrial

from equipoise.server.grants import grants
from equipoise.server.insert_only import INSERT_ONLY, expected, kept_through, present
from equipoise.server.place import Place
from equipoise.server.verification.run import verify_trial

LATER = {"ledger": "tests.server.later"}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    reason = missing_postgres()
    if reason is not None:
        pytest.skip(reason)
    with postgres() as url:
        yield url
        connection.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerTrial]:
    """A trial with patients on either database."""
    place = file_place(tmp_path)
    if request.param == "postgresql":
        url = new_database(request.getfixturevalue("server"), tmp_path.name.replace("-", "_"))
        place = Place(data=place.data, key_file=place.key_file, database=url)
    trial = ServerTrial(place).set_up("01")
    for _ in range(3):
        trial.randomized("01")
    trial.heads()
    yield trial
    connection.close()


def moved(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MIGRATION_MODULES", LATER, raising=False)
    with kept_through():
        call_command("migrate", "ledger", target, verbosity=0, interactive=False)


def refused(statement: str) -> None:
    with pytest.raises(DatabaseError, match=r"insert only|follow the last"), transaction.atomic():
        connection.cursor().execute(statement)


def kept(trial: ServerTrial, before: list[Any]) -> None:
    assert trial.events() == before
    assert present() == set(expected())
    for table in ("ledger_event", "ledger_request"):
        refused(f"DELETE FROM {table}")  # noqa: S608
        refused(f"UPDATE {table} SET actor = 'x'")  # noqa: S608
    report = verify_trial()
    assert report.intact, report.first


def test_an_upgrade_and_its_rollback_keep_events_and_triggers(
    filled: ServerTrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = filled.events()
    moved("0004", monkeypatch)
    kept(filled, before)
    filled.screen("01")
    assert len(filled.events()) == len(before) + 1
    after = filled.events()
    moved("0003", monkeypatch)
    kept(filled, after)
    filled.randomized("01")
    filled.heads()
    assert verify_trial().intact


def test_sqlite_would_lose_its_triggers(filled: ServerTrial, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the block that keeps them is for; and that it puts back no trigger that somebody dropped before."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER vault_seal_no_UPDATE")
        else:
            cursor.execute("ALTER TABLE vault_seal DISABLE TRIGGER vault_seal_no_change")
    moved("0004", monkeypatch)
    (missing,) = set(expected()) - present()
    assert missing.startswith("vault_seal_no_")
    assert verify_trial().first.startswith(f"triggers: {missing}")


@pytest.mark.parametrize("app", ["ledger", "vault", "monitoring"])
def test_the_record_is_not_rolled_back_to_nothing(filled: ServerTrial, app: str) -> None:
    before = filled.events()
    with pytest.raises(IrreversibleError):
        call_command("migrate", app, "zero", verbosity=0, interactive=False)
    assert filled.events() == before
    assert verify_trial().intact


def test_the_role_of_the_server_can_only_add_to_the_record(server: str, tmp_path: Path) -> None:
    import psycopg
    from psycopg.errors import InsufficientPrivilege

    url = new_database(server, "roles")
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("CREATE ROLE trial_app LOGIN")
    place = Place(data=tmp_path / "data", key_file=tmp_path / "key" / "trial.key", database=url)
    trial = ServerTrial(place).set_up("01")
    trial.randomized("01")
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(grants("trial_app"))  # type: ignore[arg-type]

    as_app = url.replace("equipoise@", "trial_app@")
    use(Place(data=place.data, key_file=place.key_file, database=as_app))
    from equipoise.server.setup import migrate

    migrate()
    subject = trial.randomized("01")
    trial.do("assign_kit", "coordinator@01", {"date": trial.today}, subject=subject)
    trial.api = True
    trial.randomized("01")
    trial.heads()
    assert verify_trial().intact
    with psycopg.connect(as_app, autocommit=True) as app:
        for table in INSERT_ONLY:
            described = app.execute(f"SELECT * FROM {table} LIMIT 0").description  # type: ignore[arg-type]  # noqa: S608
            assert described is not None
            column = described[0].name
            for statement in (
                f"UPDATE {table} SET {column} = {column}",  # noqa: S608
                f"DELETE FROM {table}",  # noqa: S608
                f"TRUNCATE {table}",
                f"ALTER TABLE {table} DISABLE TRIGGER ALL",
                f"ALTER TABLE {table} ADD COLUMN x integer",
                f"DROP TABLE {table}",
                f"CREATE TRIGGER x BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_insert_only()",
                f"CREATE OR REPLACE FUNCTION {table}_insert_only() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RETURN NEW; END $$",
            ):
                with pytest.raises(InsufficientPrivilege):
                    app.execute(statement)  # type: ignore[arg-type]
        with pytest.raises(InsufficientPrivilege):
            app.execute("SET session_replication_role = replica")
    use(place)


def test_a_role_with_a_strange_name_is_refused() -> None:
    from equipoise.server.errors import ServerError

    with pytest.raises(ServerError, match="expected lower-case letters"):
        grants("app; DROP TABLE ledger_event")
