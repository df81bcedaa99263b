"""Work on local processes: lost ones are replaced, none outlives its parent."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from equipoise.rehearsal.processes import finished_on_processes


def lost_once(mark: Path, number: int) -> int:
    """Square a number; the first process that meets 3 is killed."""
    if number == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number**2


def test_what_a_lost_process_had_is_done_by_another(tmp_path: Path) -> None:
    found = dict(finished_on_processes(partial(lost_once, tmp_path / "mark"), range(6), 2))
    assert (tmp_path / "mark").exists()
    assert found == {number: number**2 for number in range(6)}


def wait(folder: Path, number: int) -> None:
    (folder / str(os.getpid())).touch()
    time.sleep(600 * number)


def wait_for_ever(folder: str) -> None:
    list(finished_on_processes(partial(wait, Path(folder)), [1, 1], 2))


def running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_no_process_outlives_the_one_that_started_it(tmp_path: Path) -> None:
    code = f"from tests.rehearsal.test_processes import wait_for_ever; wait_for_ever({str(tmp_path)!r})"
    root = Path(__file__).parents[2]
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=root)
    until = time.monotonic() + 300
    while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    children = [int(path.name) for path in tmp_path.iterdir()]
    assert len(children) == 2
    until = time.monotonic() + 300
    while any(map(running, children)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(running, children))
