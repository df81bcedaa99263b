"""Two trials that differ in arms alone: what a blinded person can read of them must be the same, byte for byte.

One script of commands (two sites, ten patients, all roles, from set-up to crossover) runs on two servers with the same
clock, the same drawn bytes and the same request numbers. Arms and contents of kits differ, and who crosses over.
Everything that a blinded person can lay hands on is then compared: status, headers and body of every address in every
format, logs, mail, blinded SDTM, the files of a backup. Nothing is masked before it is compared.
"""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytest.importorskip("django", reason="needs the extra 'server'")

from tests.server.configured import set_up_django, use

set_up_django()

from tests.server.noninterference.observe import Seen, everything, subjects_of_trial
from tests.server.noninterference.script import UNBLINDED, live, secrets
from tests.server.noninterference.twin import Twin

BLINDED_STILL = "before the first unblinding"
LOOKS = (BLINDED_STILL, "after crossover", "end")
WHOLE = LOOKS[:2]
"""At full size everything is tried at these moments, with every command for two patients; at all others a part."""
PROBED = {"set up": (), BLINDED_STILL: (4, 5), "end": ()}
"""Patients for whom things are tried: before unblinding those whose kits come next at their sites, later the first."""


@dataclass
class Lived:
    """A trial that was lived through, what was seen at each moment, and copies of its folder."""

    twin: Twin
    seen: dict[str, Seen] = field(default_factory=dict)
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    kept: dict[str, Twin] = field(default_factory=dict)
    arms: tuple[str, ...] = ()


@pytest.fixture(scope="session")
def memory() -> Iterator[Path]:
    """A folder that needs no disk: durability is not what is tested here."""
    shared = Path("/dev/shm")  # noqa: S108 - where the system has it
    folder = Path(tempfile.mkdtemp(prefix="equipoise-", dir=shared if shared.is_dir() else None))
    yield folder
    from django.db import connection

    connection.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def twins(memory: Path, full: bool) -> tuple[Lived, Lived]:
    """Both trials, lived through and looked at."""
    one, other = (_lived(Twin(memory / secret.name, secret), memory, full=full) for secret in secrets())
    return one, other


def _lived(twin: Twin, memory: Path, *, full: bool) -> Lived:
    lived = Lived(twin)
    subjects = subjects_of_trial()
    opened: tuple[str, ...] = ()
    with twin.living():
        for number, moment in enumerate(live(twin)):
            if moment.startswith("after unblinding"):
                opened = (*opened, subjects[UNBLINDED[len(opened)]])
            if moment in ("set up", "randomized", BLINDED_STILL):
                lived.files[moment] = backup_of(twin, memory / f"{twin.secret.name}-backup-{number}")
            if moment in (BLINDED_STILL, "end"):
                lived.kept[moment] = twin.copied(memory / f"{twin.secret.name}-kept-{number}")
            if full or moment in LOOKS:
                whole = full and moment in WHOLE
                places = PROBED.get(moment, UNBLINDED)[: None if whole else 1]
                tried = tuple(subjects[i] for i in places)
                folder = memory / f"{twin.secret.name}-look-{number}"
                lived.seen[moment] = everything(twin, folder, opened, probes=tried, full=whole)
                shutil.rmtree(folder)
            use(twin.place)
        lived.arms = tuple(twin.arm(subject) for subject in subjects)
    return lived


def backup_of(twin: Twin, folder: Path) -> dict[str, bytes]:
    """Files of a backup as they lie there, by name."""
    from equipoise.server.backup import make_backup

    twin.heads_flushed()
    with twin.fixed():
        made = make_backup(twin.place, folder, "trial")
    return {path.name: path.read_bytes() for path in made.iterdir()}
