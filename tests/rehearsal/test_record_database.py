"""The record of a rehearsal as a database: `equipoise verify` passes all but a faulty allocation."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.rehearsal.rehearsed import lived

from equipoise.cli.failure import ArgumentError
from equipoise.cli.rehearsal_record import write_record
from equipoise.server.place import Place

_WRITE = """
import sys
from pathlib import Path
from tests.rehearsal.rehearsed import lived
from equipoise.cli.rehearsal_record import write_record
from equipoise.server.place import Place
out, faulty = Path(sys.argv[1]), sys.argv[2] == "faulty"
trial = lived(faulty=faulty)
place = Place(data=out / "data", key_file=out / "trial.key")
write_record(trial.run, place, seed=f"{trial.model.allocation.seed}/0")
"""


def verified(folder: Path, which: str) -> tuple[int, dict[str, tuple[str, str]], str]:
    """Write the record in a process of its own and verify it in another."""
    subprocess.run([sys.executable, "-c", _WRITE, folder, which], check=True, cwd=Path(__file__).parents[2])
    program = "from equipoise.cli import main; main()"
    verify = [sys.executable, "-c", program, "verify", "--data", folder / "data", "--key", folder / "trial.key"]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    lines = [line.split(None, 1) for line in done.stdout.splitlines() if ": " in line[:60]]
    checks = {rest.split(": ", 1)[0]: (word, rest.split(": ", 1)[1]) for word, rest in lines if word in ("ok", "WRONG")}
    return done.returncode, checks, done.stdout


def test_a_sound_rehearsal_verifies_completely(tmp_path: Path) -> None:
    pytest.importorskip("django")
    code, checks, said = verified(tmp_path, "sound")
    assert code == 0, said
    assert "The record is intact.\n" in said
    assert checks["trial chain"][1].startswith(f"{len(lived(faulty=False).run.events)} events")


def test_the_fault_is_named_and_nothing_else_is_wrong(tmp_path: Path) -> None:
    pytest.importorskip("django")
    code, checks, said = verified(tmp_path, "faulty")
    assert code == 4, said
    assert {name for name, (word, _) in checks.items() if word == "WRONG"} == {"allocations", "balance"}
    first = lived().run.vault.replay().first_wrong
    assert first is not None
    assert checks["allocations"][1].startswith(f"slot {first.number} of stage 1 (subject ")
    assert {"trial chain", "access chain", "trial head", "access head", "list of patients"} <= set(checks)


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
