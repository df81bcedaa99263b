"""A trial on a server for each test: copied from one that is made once, with patients on both sides of every gate."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("django", reason="needs the extra 'server'")

from tests.server.configured import file_place, set_up_django, use

set_up_django()

from tests.server.server_trial import ServerTrial


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ServerTrial]:
    """Folder of a trial with two sites: a patient in screening, some randomized, one unblinded, one code broken."""
    folder = tmp_path_factory.mktemp("course")
    trial = ServerTrial(file_place(folder)).set_up()
    trial.screened("01")
    for site in ("01", "02", "01"):
        subject = trial.randomized(site)
        trial.do("assign_kit", f"coordinator@{site}", {"date": trial.today}, subject=subject)
    kit = trial.chain.events[-1].payload["kit"]
    trial.do("dispense", "coordinator@01", {"kit": kit, "date": trial.today, "quantity": 1}, subject=subject)
    trial.do("break_code", "investigator@01", subject=subject)
    opened = trial.progressed("02")
    trial.do("unblind", "investigator@02", subject=opened)
    answer = trial.post(f"subjects/{subject}/arm", "investigator@01", {"role": "investigator", "site": "01"})
    assert answer.status_code == 200, answer.content
    trial.heads()
    _settle(folder)
    return folder, trial


def _settle(folder: Path) -> None:
    from django.db import connection

    connection.close()
    database = folder / "data" / "trial.sqlite3"
    with sqlite3.connect(database) as closing:
        closing.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.fixture
def trial(course: tuple[Path, ServerTrial], tmp_path: Path) -> Iterator[ServerTrial]:
    """A copy of the course for one test."""
    template, original = course
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    copy = ServerTrial(file_place(tmp_path), begin=False)
    copy.now, copy.requests = original.now, original.requests + 1000
    copy.chain.events = list(original.chain.events)
    yield copy
    from django.db import connection

    connection.close()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[ServerTrial]:
    """An empty trial for one test."""
    made = ServerTrial(file_place(tmp_path))
    yield made
    use(made.place)
    from django.db import connection

    connection.close()
