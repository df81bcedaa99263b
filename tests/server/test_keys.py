"""The key file: made once, for its owner alone, apart from what it protects; every way to get it wrong is explained."""

import hashlib
import json
import os
import shutil
import stat
from pathlib import Path

import pytest
from tests.server.configured import use
from tests.server.server_trial import ServerTrial

from equipoise.conduct.vault import VaultError
from equipoise.server.backup import make_backup, restore_backup
from equipoise.server.errors import ServerError
from equipoise.server.keys import load_key, make_key
from equipoise.server.place import Place, database_settings
from equipoise.server.vault.seal import check_key
from equipoise.server.verification.run import verify_trial
from equipoise.server.write import UnavailableError


def test_a_new_key_is_the_owners_alone_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "trial.key"
    key = make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key(path) == key
    assert key.secret.hex() not in repr(key)
    with pytest.raises(ServerError, match="never written over"):
        make_key(path)
    assert make_key(tmp_path / "other.key").secret != key.secret


def test_what_is_wrong_with_a_key_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "trial.key"
    with pytest.raises(ServerError, match=r"is missing\. Bring it back"):
        load_key(path)
    make_key(path)
    path.chmod(0o640)
    with pytest.raises(ServerError, match=r"mode 0640, expected 0600"):
        load_key(path)
    path.chmod(0o600)
    with pytest.raises(ServerError, match="beside what it protects"):
        load_key(path, apart_from=[tmp_path])
    with pytest.raises(ServerError, match="beside what it protects"):
        make_key(tmp_path / "data" / "x.key", apart_from=[tmp_path / "data"])
    text = path.read_text()
    for wrong in ("", text.replace("secret ", "secret A"), text.replace("id ", "id 0"), "x" * 200, text + "more\n"):
        path.write_text(wrong)
        with pytest.raises(ServerError, match="is not a key file"):
            load_key(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ServerError, match="is not a key file"):
        load_key(path)
    (tmp_path / "folder").mkdir(mode=0o700)
    with pytest.raises(ServerError, match="is not a file"):
        load_key(tmp_path / "folder")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_key_of_another_user_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trial.key"
    make_key(path)
    os.chown(path, 12345, -1)
    with pytest.raises(ServerError, match="belongs to another user"):
        load_key(path)


def test_without_the_key_nothing_is_recorded_and_everything_is_read(trial: ServerTrial) -> None:
    before = trial.events()
    use(Place(data=trial.place.data, heads=trial.place.head_file))
    with pytest.raises(UnavailableError, match="EQUIPOISE_KEY_FILE is not set"):
        trial.screen("01")
    assert trial.events() == before
    assert trial.state.subjects["02-001"].site == "02"


def test_the_key_of_another_trial_opens_nothing(trial: ServerTrial, tmp_path: Path) -> None:
    other = make_key(tmp_path / "k" / "other.key")
    with pytest.raises(VaultError, match="the vault is sealed for"):
        check_key(other)
    subject = trial.screened("01")
    use(Place(data=trial.place.data, heads=trial.place.head_file, key_file=tmp_path / "k" / "other.key"))
    before = trial.events()
    assert trial.code("randomize", "coordinator@01", subject=subject) == "vault_closed"
    assert trial.events() == before


def test_rotation_keeps_every_receipt(trial: ServerTrial, tmp_path: Path) -> None:
    from equipoise.server.rotation import rotate

    arms = {s: trial.vault._arm(s) for s in ("01-002", "02-001")}
    fresh = tmp_path / "fresh" / "trial.key"
    old = trial.key
    rotate(old, make_key(fresh))
    with pytest.raises(VaultError, match="the vault is sealed for"):
        check_key(old)
    trial.place = Place(data=trial.place.data, heads=trial.place.head_file, key_file=fresh)
    use(trial.place)
    subject = trial.screened("01")
    trial.do("randomize", "coordinator@01", subject=subject)
    assert {s: trial.vault._arm(s) for s in arms} == arms
    report = verify_trial()
    assert report.intact, report.first
    assert report.complete


def test_a_backup_holds_no_key_and_restores_to_equal_hashes(trial: ServerTrial, tmp_path: Path) -> None:
    folder = make_backup(trial.place, tmp_path / "backups", "made-up")
    secret = trial.key.secret
    for path in folder.rglob("*"):
        content = path.read_bytes()
        assert secret not in content
        assert secret.hex().encode() not in content
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    hashes = [event.hash for event in trial.events()]
    blind = Place(data=tmp_path / "restored")
    restore_backup(folder, blind)
    restored = ServerTrial(blind, begin=False)
    assert [event.hash for event in restored.events()] == hashes
    report = verify_trial()
    assert report.intact, report.first
    assert not report.complete
    with pytest.raises(ServerError, match="is not empty"):
        restore_backup(folder, blind)


def test_heads_of_before_are_kept_however_often_a_backup_is_restored(trial: ServerTrial, tmp_path: Path) -> None:
    """They tell how far the record had gone; a second restore does not write over those of the first."""
    folder = make_backup(trial.place, tmp_path / "backups", "made-up")
    place = Place(data=tmp_path / "restored")
    place.head_file.write_text("far ahead\n")
    for number, name in enumerate(("restored.heads.before-restore", "restored.heads.before-restore-2")):
        shutil.rmtree(place.data, ignore_errors=True)
        later, note = restore_backup(folder, place)
        assert "is not in this backup" in later
        assert name in note
        assert ((tmp_path / name).read_text() == "far ahead\n") is (number == 0)
    assert (tmp_path / "restored.heads.before-restore").read_text() == "far ahead\n"


@pytest.mark.parametrize(
    "manifest",
    [
        "[]",
        '{"files": ["trial.sqlite3"]}',
        '{"files": {"trial.sqlite3": "FITS"}}',
        '{"files": {"trial.sqlite3": "FITS", "session-secret": "0"}}',
        '{"files": {"trial.sqlite3": "FITS", "session-secret": "FITS", "../key/trial.key": "FITS"}}',
    ],
)
def test_a_manifest_made_by_hand_is_refused_and_changes_nothing(
    trial: ServerTrial, tmp_path: Path, manifest: str
) -> None:
    folder = make_backup(trial.place, tmp_path / "backups", "made-up")
    for name in ("trial.sqlite3", "session-secret", "../key/trial.key"):
        path = folder / name
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "0"
        manifest = manifest.replace(f'"{name}": "FITS"', f'"{name}": "{digest}"')
    (folder / "manifest.json").write_text(manifest)
    place = Place(data=tmp_path / "restored")
    place.head_file.write_text("of before\n")
    with pytest.raises(ServerError, match=r"not a backup|missing or damaged"):
        restore_backup(folder, place)
    assert place.head_file.read_text() == "of before\n"
    assert not place.data.exists()


def test_what_is_no_database_is_not_restored(trial: ServerTrial, tmp_path: Path) -> None:
    """The manifest fits; the heads of before stay, and the place stays empty."""
    folder = make_backup(trial.place, tmp_path / "backups", "made-up")
    made = json.loads((folder / "manifest.json").read_text())
    (folder / "trial.sqlite3").write_bytes(b"nothing of a database")
    made["files"]["trial.sqlite3"] = hashlib.sha256(b"nothing of a database").hexdigest()
    (folder / "manifest.json").write_text(json.dumps(made))
    place = Place(data=tmp_path / "restored")
    place.head_file.write_text("of before\n")
    with pytest.raises(ServerError, match="cannot be copied"):
        restore_backup(folder, place)
    assert place.head_file.read_text() == "of before\n"
    assert not list(place.data.iterdir())


def test_a_damaged_backup_is_refused(trial: ServerTrial, tmp_path: Path) -> None:
    folder = make_backup(trial.place, tmp_path / "backups", "made-up")
    database = folder / "trial.sqlite3"
    data = bytearray(database.read_bytes())
    data[len(data) // 2] ^= 1
    database.write_bytes(bytes(data))
    with pytest.raises(ServerError, match="is missing or damaged"):
        restore_backup(folder, Place(data=tmp_path / "restored"))
    with pytest.raises(ServerError, match="is not a backup"):
        restore_backup(tmp_path / "nothing", Place(data=tmp_path / "restored"))
    with pytest.raises(ServerError, match="lies in the folder of backups"):
        make_backup(trial.place, trial.place.data.parent, "made-up")


def test_a_password_of_the_database_is_no_argument_of_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arguments of programs can be read by everybody on the machine."""
    (tmp_path / "pg_dump").write_text('#!/bin/sh\necho "$* with $PGPASSWORD" >&2\nexit 1\n')
    (tmp_path / "pg_dump").chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    place = Place(data=tmp_path / "data", database="postgresql://app:s%40cret@db:5433/trial?sslmode=require")
    place.data.mkdir()
    (place.data / "session-secret").write_text("x")
    with pytest.raises(ServerError, match="pg_dump") as refused:
        make_backup(place, tmp_path / "backups", "made-up")
    said, _, secret = str(refused.value).rpartition(" with ")
    assert "--dbname=postgresql://app@db:5433/trial?sslmode=require" in said
    assert "cret" not in said
    assert secret == "s@cret"  # noqa: S105 - of no database


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql://host", "nonsense"])
def test_a_database_that_is_none_is_said_so(tmp_path: Path, url: str) -> None:
    with pytest.raises(ServerError, match="expected postgresql://"):
        database_settings(Place(data=tmp_path, database=url))
