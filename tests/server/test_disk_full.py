"""A full disk: requests are refused with the reason, nothing is half recorded, work goes on when there is room."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from tests.server.configured import use
from tests.server.server_trial import ServerTrial

from equipoise.server.place import Place
from equipoise.server.verification.run import verify_trial
from equipoise.server.write import UnavailableError


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk], check=False, capture_output=True
    )
    if os.geteuid() != 0 or made.returncode != 0:
        pytest.skip("a small disk cannot be made here (needs root and mount)")
    yield disk
    connection.close()
    subprocess.run(["/bin/umount", "-l", disk], check=True)


def test_a_full_disk_is_explained_and_nothing_is_lost(small_disk: Path, tmp_path: Path) -> None:
    trial = ServerTrial(Place(data=small_disk / "data", key_file=tmp_path / "trial.key", heads=tmp_path / "heads"))
    trial.set_up("01")
    ballast = small_disk / "ballast"
    free = os.statvfs(small_disk)
    ballast.write_bytes(bytes(max(0, free.f_bavail * free.f_frsize - 200_000)))
    done, refused = 0, None
    for _ in range(2000):
        try:
            trial.screen("01")
        except UnavailableError as error:
            refused = str(error)
            break
        done += 1
    assert refused is not None
    assert refused.startswith("The disk of the server is full: nothing was recorded.")
    connection.close()
    screened = [event.subject for event in trial.events() if event.kind == "screened"]
    assert len(screened) == len(set(screened)) == done
    ballast.unlink()
    trial.screen("01")
    trial.heads()
    report = verify_trial()
    assert report.intact, report.first
    use(trial.place)
