"""The record of a rehearsal as a database: `equipoise verify` passes it; the twin's tests show it with the fault."""

from pathlib import Path

import pytest
from tests import warm
from tests.rehearsal.rehearsed import lived

from equipoise.cli.failure import ArgumentError
from equipoise.cli.rehearsal_record import write_record
from equipoise.server.place import Place


def written(folder: str) -> None:
    """Write the record of a small trial."""
    trial = lived(small=True, faulty=False)
    place = Place(data=Path(folder) / "data", key_file=Path(folder) / "trial.key")
    write_record(trial.run, place, seed=f"{trial.model.allocation.seed}/0")


def test_a_sound_rehearsal_verifies_completely(tmp_path: Path) -> None:
    pytest.importorskip("django")
    writing = warm.begin(written, str(tmp_path))
    writing.join()
    assert writing.exitcode == 0
    done = warm.command_line(["verify", "--data", tmp_path / "data", "--key", tmp_path / "trial.key"])
    assert done.returncode == 0, done.stdout
    assert "The record is intact.\n" in done.stdout
    assert f"trial chain: {len(lived(small=True, faulty=False).run.events)} events" in done.stdout


def test_a_real_trial_is_never_written_this_way(tmp_path: Path) -> None:
    pytest.importorskip("django")
    run = lived(small=True).run
    trial = run.protocol.trial.model_copy(update={"synthetic": False})
    run = type(run)(run.protocol.model_copy(update={"trial": trial}), run.vault)
    with pytest.raises(ArgumentError, match="no synthetic trial"):
        write_record(run, Place(data=tmp_path / "data", key_file=tmp_path / "trial.key"), seed="1/0")
    assert not list(tmp_path.iterdir())


def test_the_server_cannot_load_the_fault() -> None:
    """No module of the server knows of rehearsals' vaults or models."""
    source = Path(__file__).parents[2] / "src" / "equipoise" / "server"
    named = [path.name for path in source.rglob("*.py") if "equipoise.rehearsal" in path.read_text(encoding="utf-8")]
    assert named == []
