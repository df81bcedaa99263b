"""After a restore, and where signed events are missing, nobody is allocated before somebody has looked into it."""

import shutil
import time
from pathlib import Path

import pytest
from tests.server.configured import use
from tests.server.pages_client import Visitor
from tests.server.server_trial import ServerTrial

from equipoise.ledger import ACCESS
from equipoise.server.backup import make_backup, restore_backup
from equipoise.server.errors import ServerError
from equipoise.server.heads import INTERVAL
from equipoise.server.ledger.store import read_events
from equipoise.server.write import UnavailableError


@pytest.fixture
def screened(trial: ServerTrial) -> tuple[ServerTrial, list[str]]:
    """A trial with two patients who could be randomized."""
    return trial, [trial.screened("01"), trial.screened("01")]


def flushed(trial: ServerTrial) -> None:
    from django.db import connection

    from equipoise.server.trial import flush_heads

    flush_heads()
    connection.close()


def backup_before(trial: ServerTrial, subject: str, folder: Path) -> Path:
    """Make a backup, then randomize somebody."""
    flushed(trial)
    made = make_backup(trial.place, folder / "backups", "made-up")
    trial.do("randomize", "coordinator@01", subject=subject)
    flushed(trial)
    return made


def test_a_restored_record_waits_and_says_what_it_lacks(
    screened: tuple[ServerTrial, list[str]], tmp_path: Path
) -> None:
    from equipoise.server.holding import go_on
    from equipoise.server.verification.run import verify_trial

    trial, (one, other) = screened
    folder = backup_before(trial, one, tmp_path)
    lost = trial.vault._arm(one), trial.state.subjects[one].last("randomized")["slot"]
    trial.place.data.rename(tmp_path / "broken")
    notes = restore_backup(folder, trial.place)
    assert any(note.startswith("EVENTS ARE MISSING") for note in notes)
    use(trial.place)
    for kind, subject, more in (("randomize", one, {}), ("assign_kit", "01-003", {"date": trial.today})):
        with pytest.raises(UnavailableError, match=r"restored from the backup of .* lacks some of them"):
            trial.do(kind, "coordinator@01", more, subject=subject)
    page = Visitor(trial, "coordinator@01").send(one, "randomize", {})
    assert page.status_code == 503
    assert "Nobody is randomized" in page.content.decode()
    seen = {"date": trial.today, "how": "visit", "status": "alive"}
    trial.do("record_contact", "coordinator@01", seen, subject="01-002")
    with pytest.raises(ServerError, match="give the reason"):
        go_on(" ")
    go_on("The disk of the old server cannot be read; one patient is entered again first.")
    (event,) = read_events(ACCESS, "kind = %s", ["restored_record_continued"])
    assert event.payload["known"] > event.payload["have"]
    assert event.reason is not None
    trial.do("randomize", "coordinator@01", subject=one)
    assert (trial.vault._arm(one), trial.state.subjects[one].last("randomized")["slot"]) == lost, "as before the loss"
    trial.do("randomize", "coordinator@01", subject=other)
    with pytest.raises(ServerError, match="was not restored"):
        go_on("twice")
    flushed(trial)
    report = verify_trial()
    assert report.intact, report.first


def test_an_older_copy_under_the_same_heads_allocates_nobody(
    screened: tuple[ServerTrial, list[str]], tmp_path: Path
) -> None:
    trial, (one, other) = screened
    folder = backup_before(trial, one, tmp_path)
    file = trial.place.sqlite_file
    assert file is not None
    for path in trial.place.data.glob("trial.sqlite3*"):
        path.unlink()
    shutil.copyfile(folder / "trial.sqlite3", file)
    use(trial.place)
    time.sleep(INTERVAL)
    with pytest.raises(UnavailableError, match="no longer holds event"):
        trial.do("randomize", "coordinator@01", subject=other)


def test_a_damaged_note_of_a_restore_still_holds(screened: tuple[ServerTrial, list[str]]) -> None:
    trial, (one, _other) = screened
    for text in ("", "[]", '{"made": 1}', '{"made": "x", "known": "y", "have": null}', "\x00"):
        (trial.place.data / "restored.json").write_text(text)
        with pytest.raises(UnavailableError, match="was restored from the backup"):
            trial.do("randomize", "coordinator@01", subject=one)
