"""One byte flipped in any field of any table is found and named, or the table is named as no part of the record."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from tests.server.configured import file_place, use
from tests.server.server_trial import ServerTrial
from tests.server.tampering import flipped, tamper

from equipoise.server.diary.wording import keep_wording
from equipoise.server.sources import replaced
from equipoise.server.verification.run import verify_trial
from equipoise.server.verification.tables import COVERED, NOT_COVERED, NOT_COVERED_FIELDS

COLUMNS = sorted(
    (model._meta.db_table, field.column)
    for model in apps.get_models(include_auto_created=True)
    for field in model._meta.concrete_fields
    if getattr(field, "column", None)
    and model._meta.db_table in COVERED
    and field.column not in NOT_COVERED_FIELDS.get(model._meta.db_table, {})
)
ROWS = {"ledger_event": "chain = 'trial' AND seq = 60", "vault_allocation": "number = 2"}
"""Which row is changed; the first unless said."""
NAMED = {
    "account": "account",
    "account_token": "token",
    "agenda": "agenda",
    "diary_link": "diary link",
    "diary_wording": "wording",
    "ledger_checkpoint": "checkpoints",
    "ledger_event": "event 60",
    "ledger_request": "request",
    "mfa_authenticator": "second factor",
    "monitoring_report": "report",
    "reading_list": "reads to be made",
    "subject_list": "patient",
    "vault_allocation": "slot",
    "vault_counts": "counts after slot",
    "vault_grant": "grant",
    "vault_kit": "lot",
    "vault_kit_use": "kit",
    "vault_seal": "seal",
    "vault_shipment": "kit",
}


@pytest.fixture(scope="module")
def template(course: tuple[Path, ServerTrial], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ServerTrial]:
    """Folder of a trial with a row in every table that verification covers."""
    source, original = course
    folder = tmp_path_factory.mktemp("every-table")
    shutil.copytree(source, folder, dirs_exist_ok=True)
    trial = ServerTrial(file_place(folder), begin=False)
    trial.now, trial.requests = original.now, original.requests + 2000
    trial.chain.events = list(original.chain.events)
    for _ in range(16):
        subject = trial.randomized("01")
    trial.scan(subject, 0)
    answer = trial.post(
        f"subjects/{subject}/diary-link", "coordinator@01", {"role": "site_coordinator", "site": "01", "days": 30}
    )
    assert answer.status_code == 200, answer.content
    with replaced(trial.sources()):
        keep_wording("01", "LASA", b'{"instrument": "LASA"}', actor="coordinator@01", role="site_coordinator")
    _look(trial)
    trial.heads()
    connection.close()
    with sqlite3.connect(folder / "data" / "trial.sqlite3") as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder, trial


def _look(trial: ServerTrial) -> None:
    from equipoise.server.monitoring.reports import keep_report

    with replaced(trial.sources()):
        digest = keep_report(trial.key, "open", "primary", 1, b"open report")
    seen = trial.events()[-1]
    look = {"analysis": "primary", "look": 1, "cut": trial.today, "snapshot": seen.seq, "snapshot_hash": seen.hash,
            "data": "0" * 64, "protocol": "0" * 64, "events": 50, "open_report": digest}  # fmt: skip
    trial.do("make_look", "unblinded_statistician", look)


@pytest.fixture
def whole(template: tuple[Path, ServerTrial], tmp_path: Path) -> Iterator[ServerTrial]:
    folder, _ = template
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    copy = ServerTrial(file_place(tmp_path), begin=False)
    yield copy
    use(copy.place)
    connection.close()


def test_nothing_is_wrong_before(whole: ServerTrial) -> None:
    report = verify_trial()
    assert report.intact, report.first
    assert report.complete
    assert set(NAMED) == set(COVERED)


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=[f"{t}.{c}" for t, c in COLUMNS])
def test_one_flipped_field_is_found_and_named(whole: ServerTrial, table: str, column: str) -> None:
    assert whole.place.sqlite_file is not None
    connection.close()
    where = ROWS.get(table, f"rowid = (SELECT MIN(rowid) FROM {table})")  # noqa: S608 - names of its own tables
    with sqlite3.connect(whole.place.sqlite_file) as raw:
        found = raw.execute(f'SELECT rowid, "{column}" FROM {table} WHERE {where}').fetchone()  # noqa: S608
    assert found is not None, f"{table} is empty: the test would prove nothing"
    value: Any = found[1]
    tamper(whole, (f'UPDATE {table} SET "{column}" = ? WHERE rowid = ?', (flipped(value), found[0])))  # noqa: S608
    report = verify_trial()
    assert not report.intact
    assert NAMED[table] in report.first


def test_every_table_of_the_database_is_covered_or_named_with_the_reason(whole: ServerTrial) -> None:
    present = set(connection.introspection.table_names()) | {"sqlite_sequence"}
    assert present == set(COVERED) | set(NOT_COVERED)
    said = {check.name: check.text for check in verify_trial().checks}["tables"]
    for table in set(NOT_COVERED) - {"sqlite_sequence"}:
        assert f"{table} ({NOT_COVERED[table]})" in said
    assert said.startswith(f"{len(COVERED)} tables are the record")
    page = (Path(__file__).parents[2] / "docs" / "reference" / "ledger.md").read_text(encoding="utf-8")
    assert [table for table in NOT_COVERED if f"`{table}`" not in page] == []
    assert [f for fields in NOT_COVERED_FIELDS.values() for f in fields if f"`{f}`" not in page] == []


def test_a_table_of_somebody_else_is_named(whole: ServerTrial) -> None:
    tamper(whole)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE another (x integer)")
    assert "another (not of equipoise)" in {c.name: c.text for c in verify_trial().checks}["tables"]


@pytest.mark.parametrize("name", ["vault_kit_no_update", "ledger_event_chained", "monitoring_report_no_delete"])
def test_a_missing_trigger_is_named(whole: ServerTrial, name: str) -> None:
    from equipoise.server.setup import migrate

    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}")
    assert verify_trial().first.startswith(f"triggers: {name}: the trigger is missing")
    migrate()
    assert not verify_trial().intact, "a trigger that somebody dropped is not put back in silence"


def test_a_trigger_that_was_made_harmless_is_named(whole: ServerTrial) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER vault_kit_no_update")
        cursor.execute(
            "CREATE TRIGGER vault_kit_no_update BEFORE UPDATE ON vault_kit WHEN 0 "
            "BEGIN SELECT RAISE(ABORT, 'vault_kit is insert only'); END"
        )
    assert verify_trial().first.startswith("triggers: vault_kit_no_update: the trigger is missing")


def test_a_second_factor_put_in_place_of_another_is_found(whole: ServerTrial) -> None:
    swap = (
        "UPDATE mfa_authenticator SET data = (SELECT data FROM mfa_authenticator WHERE user_id = ?) WHERE user_id = ?"
    )
    tamper(whole, (swap, ("coordinator@01", "investigator@01")))
    assert "account investigator@01, or a second factor of it" in verify_trial().first
    tamper(whole, ("DELETE FROM mfa_authenticator WHERE user_id = ?", ("coordinator@01",)))
    assert "account coordinator@01, or a second factor of it" in verify_trial().first
