"""A synthetic trial from first to last day, twice: the same facts, other arms.

What people did and recorded is the same to the second, since facts are inputs here; arms are swapped for everybody
whose treatment nobody ever learns. Ciphers are the ideal ones of `twin`, so that every byte that differs has come from
an arm.
"""

import datetime as dt
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
from django.test import Client
from numpy.typing import NDArray
from tests.rehearsal.rehearsed import protocol_of, protocol_text
from tests.server.configured import use
from tests.server.noninterference import browse
from tests.server.noninterference.observe import Asker, Look, Seen
from tests.server.noninterference.twin import Secret, Twin, _key_file, _Lines, _open, _seal

from equipoise.cdisc import write_dataset
from equipoise.conduct.allocation_stage import Allocator, CohortDesign
from equipoise.conduct.entropy import SealedSeed
from equipoise.conduct.memory_vault import MemoryVault
from equipoise.conduct.roles import BLINDED, Role
from equipoise.conduct.sealing import VaultKey
from equipoise.derive.sdtm import sdtm_from_ledger
from equipoise.ledger import Event
from equipoise.rehearsal.facts import Facts
from equipoise.rehearsal.memory import Rehearsed, carry_out, commands_of
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.vault import RequestEntropy
from equipoise.rehearsal.wishes import CENTRAL, STAFF

LEARNED = frozenset({"unblinded", "code_broken", "safety_unblinded"})
"""Kinds of events after which somebody who is otherwise blinded knows the arm of a patient."""
SEED = "twins"


@dataclass(frozen=True)
class Pair:
    """Two records of the same facts."""

    one: "RehearsedTwin"
    other: "RehearsedTwin"
    swapped: frozenset[str]
    """Patients who have the one arm here and the other there."""
    opened: tuple[str, ...]
    """Patients whose arm was learned."""


class _GivenArms(Allocator):
    """Gives the next patient the next arm."""

    __slots__ = ("_given",)

    def __init__(self, design: CohortDesign, arms: list[str]) -> None:
        super().__init__(design)
        self._given = iter(arms)

    def allocate(self, factors: Mapping[str, str], uniforms: NDArray[np.float64]) -> str:
        del factors, uniforms
        return next(self._given)


class _GivenVault(MemoryVault):
    """A vault that gives arms in the order of the slots, whatever its seed says."""

    def __init__(self, entropy: RequestEntropy, arms: list[str]) -> None:
        super().__init__(entropy, protocol_of())
        self._allocators = {(1, name): _GivenArms(design, arms) for name, design in self._stages[0].cohorts.items()}


@dataclass(frozen=True)
class Made:
    """A record, and what is secret in it."""

    record: Rehearsed
    arms: dict[str, str]
    sealed: dict[tuple[bytes, bytes, bytes], bytes]


def recorded(model: PatientModel, facts: Facts, arms: list[str], until: str = "~") -> Made:
    """Give all commands of some facts to a vault with these arms, under ideal ciphers."""
    sealed: dict[tuple[bytes, bytes, bytes], bytes] = {}
    with patch.object(VaultKey, "seal", _seal(sealed)), patch.object(VaultKey, "open", _open(sealed)):
        entropy = RequestEntropy(SEED)
        vault = _GivenVault(entropy, arms)
        found = Rehearsed(protocol_of(), vault)
        commands = commands_of(protocol_of(), protocol_text(), model, facts, commitment=vault.commitment)
        carry_out(found, [command for command in commands if command.at < until], entropy)
        return Made(found, found.arms(), sealed)


def arms_of(facts: Facts) -> list[tuple[str, str]]:
    """Subject and arm, in the order of the slots."""
    given = facts.patients.filter(TRIAL=0).drop_nulls("ARM").sort("SLOT")
    rows: list[tuple[str, str]] = given.select("SUBJECT", "ARM").rows()
    return rows


def swapped_but(arms: list[tuple[str, str]], kept: frozenset[str]) -> list[str]:
    """The other arm for everybody but some."""
    first, second = protocol_of().arms
    other = {first: second, second: first}
    return [arm if subject in kept else other[arm] for subject, arm in arms]


class RehearsedTwin(Twin):
    """A recorded trial as a server holds it, with what `Look` asks of a trial."""

    def __init__(self, folder: Path, made: Made, *, write: bool = True) -> None:
        super().__init__(folder, Secret(folder.name, (), {}, SealedSeed(b"0" * 32, b"0" * 16)), begin=False)
        self.made = made
        self.sealed = dict(made.sealed)
        self.chain = SimpleNamespace(events=[])  # type: ignore[assignment]
        self.now = dt.datetime.fromisoformat(made.record.events[-1].at) + dt.timedelta(hours=12)
        self.client = Client(headers={"host": "localhost"}, raise_request_exception=False)
        if write:
            self._write()

    def _write(self) -> None:
        from equipoise.cli.rehearsal_record import write_record

        self.place.data.mkdir(parents=True, exist_ok=True)
        (self.place.data / "session-secret").write_text("the same in both", encoding="ascii")
        assert self.place.key_file is not None
        self.place.key_file.parent.mkdir(exist_ok=True)
        with self.living(), patch.dict(os.environ), patch("equipoise.server.keys.make_key", self._same_key):
            write_record(self.made.record, self.place, seed=SEED)

    def _same_key(self, path: Path, **_: object) -> Any:
        from equipoise.server.keys import load_key

        shutil.copyfile(_key_file(self.folder.parent), path)
        path.chmod(0o600)
        return load_key(path)

    def copied(self, folder: Path) -> "RehearsedTwin":
        """The same trial in another folder, for what would change it."""
        from django.db import connection

        self.heads_flushed()
        connection.close()
        shutil.copytree(self.folder, folder)
        other = RehearsedTwin(folder, self.made, write=False)
        other.sealed = dict(self.sealed)
        other.tokens = dict(self.tokens)
        return other

    @contextmanager
    def living(self) -> Iterator["RehearsedTwin"]:
        """Serve this trial under ideal ciphers, and keep what it logs."""
        import logging

        use(self.place)
        with (
            patch.object(VaultKey, "seal", _seal(self.sealed)),
            patch.object(VaultKey, "open", _open(self.sealed)),
            patch.object(logging.getLogger(), "handlers", [_Lines(self)]),
            self.fixed(),
        ):
            yield self
            self.heads_flushed()  # a folder that is thrown away must have nothing left to be written

    def heads_flushed(self) -> None:
        from equipoise.server.trial import flush_heads

        flush_heads()


def people(sites: tuple[str, ...], patients: tuple[str, ...]) -> list[Asker]:
    """One person for each blinded role, at each of some sites where it is held there; and some patients."""
    central = [Asker(who, Role(role)) for who, role in CENTRAL.items() if Role(role) in BLINDED]
    local = [Asker(f"{who}@{site}", Role(role), site) for who, role in STAFF.items() for site in sites]
    found = [*central, Asker("administrator", Role.ADMINISTRATOR), *local]
    return [*found, *(Asker(subject, Role.PATIENT) for subject in patients)]


class TwinLook(Look):
    """A look at what is asked of some patients."""

    subjects: tuple[str, ...] = ()

    def _filled(self, asker: Asker, path: str) -> Iterator[str]:
        if "{subject}" not in path:
            yield from super()._filled(asker, path)
            return
        for subject in (*self.subjects, *(("SYN01-999",) if self.whole else ())):
            yield path.replace("{subject}", subject)


def seen_of(
    twin: RehearsedTwin, folder: Path, askers: list[Asker], subjects: tuple[str, ...], *, browsers: int, full: bool
) -> Seen:
    """Look at everything that is read: addresses, pages, logs, verification without the key, blinded SDTM, files."""
    site = subjects[0].partition("-")[0]
    with twin.copied(folder).living() as copy:
        look = TwinLook(copy, (), full)
        look.subjects = subjects
        look.seen.update(verified(copy))
        for asker in askers:
            look.read(asker)
        with patch.dict(browse.PARTS, {"site": (site, "SYN99")}):
            for asker in askers[:browsers]:
                look.browse(asker, subjects if full else subjects[:1])
        look.seen["server", "log"] = "\n".join([*twin.lines, *copy.lines]).encode()
        look.seen.update(exported(copy.made.record.events, folder / "sdtm"))
        look.seen.update(files_of(copy, folder / "backup"))
    use(twin.place)
    shutil.rmtree(folder)
    return look.seen


def verified(twin: RehearsedTwin) -> Seen:
    """What `equipoise verify` says to somebody who has not the key."""
    from equipoise.server.verification.run import verify_trial

    twin.heads_flushed()
    use(replace(twin.place, key_file=None))
    try:
        report = verify_trial()
    finally:
        use(twin.place)
    return {("verify", check.name): f"{check.ok} {check.text}".encode() for check in report.checks}


def exported(events: list[Event], folder: Path, arms: Mapping[str, str] | None = None) -> Seen:
    """SDTM as files of every format; blinded unless arms are given."""
    found: Seen = {}
    folder.mkdir()
    for name, frame in sdtm_from_ledger(protocol_of(), events, arms=arms).datasets.items():
        for ending in ("csv", "json", "parquet", "xpt"):
            path = folder / f"{name.lower()}.{ending}"
            write_dataset(frame, path, name=name, label=name, created=dt.date(2024, 6, 1))
            found["sdtm", path.name] = path.read_bytes()
    return found


def files_of(twin: RehearsedTwin, folder: Path) -> Seen:
    """Files of a backup as they lie there, by name."""
    from equipoise.server.backup import make_backup

    twin.heads_flushed()
    made = make_backup(twin.place, folder, "trial")
    return {("backup", path.name): path.read_bytes() for path in made.iterdir()}


def pair_of(model: PatientModel, facts: Facts, memory: Path) -> Pair:
    """Record facts with their arms, and with the other arm for everybody whose treatment nobody learns."""
    arms = arms_of(facts)
    first = recorded(model, facts, [arm for _, arm in arms])
    learned = frozenset(e.subject for e in first.record.events if e.kind in LEARNED and e.subject is not None)
    second = recorded(model, facts, swapped_but(arms, learned))
    one, other = RehearsedTwin(memory / "twin-one", first), RehearsedTwin(memory / "twin-other", second)
    return Pair(one, other, frozenset(s for s, _ in arms) - learned, tuple(sorted(learned)))
