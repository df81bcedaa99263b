"""A trial on a server whose secrets are inputs: which arm each patient gets, and what each kit holds.

All else is the same for two of them: clock, drawn bytes (a stream for every request, named after it), request numbers,
key file. Ciphers are replaced by ideal ones: what is sealed shows its length and nothing else, and the stream of
allocation has nothing to do with its published commitment. So every byte that differs between two trials, down to
hashes and files, has come from an arm. Rules, views, tables and formats are those of the product.
"""

import datetime as dt
import hashlib
import json
import logging
import math
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import django.utils.crypto
import django.utils.timezone
from django.conf import settings
from django.test import Client
from tests.conduct.made_up import protocol_of, protocol_text
from tests.server.configured import file_place, use
from tests.server.server_trial import ServerTrial

from equipoise.conduct.allocation_stage import Allocator, StageDesign
from equipoise.conduct.entropy import SealedSeed, SeededEntropy
from equipoise.conduct.kits import KitStore
from equipoise.conduct.sealing import VaultKey
from equipoise.server.keys import make_key
from equipoise.server.sources import Sources, replaced

FIRST, LAST = 0, math.lcm(*range(1, 31)) - 1
"""Drawn as a random index: the first of up to thirty, the last of up to thirty."""


@dataclass(frozen=True)
class Secret:
    """What nobody who is blinded may learn."""

    name: str
    arms: tuple[str, ...]
    """Arm of each patient in the order of randomization."""
    kits: Mapping[str, tuple[str, ...]]
    """Site -> contents of its kits in the order of their numbers."""
    stream: SealedSeed = field(repr=False)
    """Gives the uniforms from which these arms follow by the declared method."""


def secret_with(
    name: str, patients: Sequence[tuple[str, str]], wanted: Mapping[int, str], served: Mapping[str, Sequence[int]]
) -> Secret:
    """Find a stream of allocation in which some patients get given arms, and the kits that fit it.

    Parameters
    ----------
    name
        Name of the trial; two names give two streams.
    patients
        Site and stratum of each patient in the order of randomization.
    wanted
        Patient -> arm.
    served
        Site -> patients in the order in which they are given kits; the kits are in the order of their numbers.
    """
    design = StageDesign.of(protocol_of(protocol_text()))
    names = design.cohorts[None].factors
    for attempt in range(100_000):
        digest = hashlib.sha512(f"{name} {attempt}".encode()).digest()
        stream, allocator = SealedSeed(digest[:32], digest[32:48]), Allocator(design.cohorts[None])
        arms = tuple(
            allocator.allocate(dict.fromkeys(names, stratum), stream.uniforms(1, slot))
            for slot, (_, stratum) in enumerate(patients, 1)
        )
        if all(arms[i] == arm for i, arm in wanted.items()):
            kits = {site: _contents(design.cohorts[None].arms, [arms[i] for i in s]) for site, s in served.items()}
            return Secret(name, arms, kits, stream)
    raise AssertionError("no stream gives these arms")


SETS = 14


def _contents(arms: Sequence[str], first: Sequence[str]) -> tuple[str, ...]:
    rest = [arm for arm in arms for _ in range(SETS - list(first).count(arm))]
    assert len(first) + len(rest) == SETS * len(arms)
    return (*first, *rest)


class Twin(ServerTrial):
    """A trial whose people give their commands over HTTP; `living` puts its secrets and clock in place."""

    def __init__(self, folder: Path, secret: Secret, *, begin: bool = True) -> None:
        self.secret = secret
        self.folder = folder
        self.sealed: dict[tuple[bytes, bytes, bytes], bytes] = {}
        self.label = "begin"
        self.index = FIRST
        self.lines: list[str] = []
        place = file_place(folder)
        if begin:
            place.data.mkdir(parents=True, exist_ok=True)
            (place.data / "session-secret").write_text("the same in both", encoding="ascii")
            assert place.key_file is not None
            place.key_file.parent.mkdir(exist_ok=True)
            shutil.copyfile(_key_file(folder.parent), place.key_file)
            place.key_file.chmod(0o600)
        super().__init__(place, api=True, begin=False)
        self.client = Client(headers={"host": "localhost"}, raise_request_exception=False)
        if begin:
            with self.living():
                self._begin()

    def copied(self, folder: Path) -> "Twin":
        """The same trial in another folder, for what would change it."""
        from django.db import connection

        self.heads_flushed()
        connection.close()
        shutil.copytree(self.folder, folder)
        other = Twin(folder, self.secret, begin=False)
        other.now, other.requests, other.tokens = self.now, self.requests, dict(self.tokens)
        other.sealed, other.chain = dict(self.sealed), SimpleNamespace(events=list(self.chain.events))  # type: ignore[assignment]
        other.text, other.version = self.text, self.version
        return other

    def sources(self) -> Sources:
        stream = SeededEntropy(f"{self.label}")

        def draw(n: int) -> bytes:
            if n == 16 and self.label.startswith("assign_kit "):
                return self.index.to_bytes(16, "big")
            return stream(n)

        return Sources(clock=lambda: self.now, entropy=draw)

    def post(self, path: str, who: str, body: dict[str, Any]) -> Any:
        self.label = f"{path.rpartition('/')[2]} {body.get('request_id', path)} {who}"
        token = self.account(who)
        self.label = f"{path.rpartition('/')[2]} {body.get('request_id', path)} {who}"
        with self.fixed():
            return self.client.post(
                f"/api/{path}",
                json.dumps(body),
                content_type="application/json",
                headers={"authorization": f"Bearer {token}"},
            )

    def account(self, who: str) -> str:
        if who not in self.tokens:
            self.label = f"account {who}"
        return super().account(who)

    def stock(self, site: str, sets: int = SETS) -> None:
        self.label = f"stock {site}"
        super().stock(site, sets)

    @contextmanager
    def fixed(self) -> Iterator[None]:
        """Clock, drawn bytes and random letters of this trial for one request."""
        letters = SeededEntropy(f"letters {self.label}")
        chance = SimpleNamespace(
            choice=lambda items: items[int.from_bytes(letters(8), "big") % len(items)],
            compare_digest=secrets.compare_digest,
        )
        now = self.now

        class Clock(dt.datetime):
            @classmethod
            def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
                return now.astimezone(tz)

        with (
            replaced(self.sources()),
            patch.object(django.utils.crypto, "secrets", chance),
            patch.object(django.utils.timezone, "datetime", Clock),
        ):
            yield

    @contextmanager
    def living(self) -> Iterator["Twin"]:
        """Serve this trial, with its secrets and ideal ciphers, and keep what it logs."""
        use(self.place)
        handler = _Lines(self)
        root = logging.getLogger()
        with ExitStack() as stack:
            stack.enter_context(patch.object(SealedSeed, "uniforms", _uniforms(self.secret)))
            stack.enter_context(patch.object(VaultKey, "seal", _seal(self.sealed)))
            stack.enter_context(patch.object(VaultKey, "open", _open(self.sealed)))
            stack.enter_context(patch.object(KitStore, "deliver", _deliver(self.secret)))
            stack.enter_context(patch.object(root, "handlers", [handler]))
            stack.enter_context(self.fixed())
            yield self
            self.heads_flushed()  # a folder that is thrown away must have nothing left to be written

    def heads_flushed(self) -> None:
        from equipoise.server.trial import heads

        writer = heads()
        if writer is not None:
            writer.flush()


class _Lines(logging.Handler):
    """Keeps log lines as the settings format them, stamped by the clock of the trial."""

    def __init__(self, twin: Twin) -> None:
        super().__init__(logging.getLevelName(settings.LOGGING["root"]["level"]))
        self.twin = twin
        form = settings.LOGGING["formatters"]["line"]
        self.setFormatter(logging.Formatter(form["format"], style=form["style"]))

    def emit(self, record: logging.LogRecord) -> None:
        record.created = self.twin.now.timestamp()
        record.msecs = 0
        self.twin.lines.append(self.format(record))


@cache
def _key_file(folder: Path) -> Path:
    path = folder / "one.key"
    make_key(path)
    return path


def _uniforms(secret: Secret) -> Any:
    real = SealedSeed.uniforms

    def uniforms(seed: SealedSeed, stage: int, first: int, count: int = 1) -> Any:
        del seed
        return real(secret.stream, stage, first, count)

    return uniforms


def _seal(sealed: dict[tuple[bytes, bytes, bytes], bytes]) -> Any:
    def seal(_key: VaultKey, nonce: bytes, plain: bytes, context: bytes) -> bytes:
        shown = hashlib.shake_256(nonce + context).digest(len(plain) + 16)
        sealed[nonce, shown, context] = plain
        return shown

    return seal


def _open(sealed: dict[tuple[bytes, bytes, bytes], bytes]) -> Any:
    def unseal(_key: VaultKey, nonce: bytes, shown: bytes, context: bytes) -> bytes | None:
        return sealed.get((bytes(nonce), bytes(shown), context))

    return unseal


def _deliver(secret: Secret) -> Any:
    real = KitStore.deliver

    def deliver(store: KitStore, lot: str, expiry: dt.date, sets: int) -> Any:
        made = real(store, lot, expiry, sets)
        site = lot.removeprefix("LOT")[:2]
        store._contents.update(zip([kit.number for kit in made], secret.kits[site], strict=True))
        return made

    return deliver
