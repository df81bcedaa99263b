"""The trial that this process serves: its key, its heads, its protocol versions."""

import threading
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from equipoise.conduct import Rulebook, Rulebooks, Study
from equipoise.conduct.allocation_stage import StageDesign
from equipoise.ledger import CHAINS
from equipoise.protocol import parse_protocol
from equipoise.server.errors import ServerError
from equipoise.server.heads import HeadWriter
from equipoise.server.keys import TrialKey
from equipoise.server.ledger.round_trip import Statement, ask
from equipoise.server.ledger.store import chain_end
from equipoise.server.place import Place
from equipoise.server.vault.database_vault import DatabaseVault

__all__ = ["flush_heads", "hash_of", "heads", "key", "key_problem", "place", "rulebook", "rulebooks", "stages", "vault"]


def place() -> Place:
    """Where the trial lives."""
    found: Place = settings.PLACE
    return found


def key() -> TrialKey | None:
    """The trial's key; None where the server runs without a usable one, and why stands in `key_problem`."""
    return _key(place())[0]


def key_problem() -> str | None:
    """Say why there is no key."""
    return _key(place())[1]


def heads() -> HeadWriter | None:
    """The writer of heads of this process; None without key."""
    opened = key()
    return None if opened is None else _heads(place().head_file, opened.id)


def flush_heads() -> None:
    """Write the heads of both chains now, as the database has them."""
    writer = heads()
    if writer is not None:
        for chain in CHAINS:
            end = chain_end(chain)
            if end.seq:
                writer.note(chain, end)
        writer.flush()


def rulebooks(study: Study) -> Rulebooks:
    """Rules of every protocol version that the record has adopted; a text is parsed once."""
    texts: dict[str, Any] = {
        record.values["version"]: record.values["text"]
        for kind in ("protocol_adopted", "amended")
        for record in study.records.get(kind, {}).values()
    }
    return Rulebooks({version: rulebook(version, text) for version, text in texts.items()})


def rulebook(version: str, text: str) -> Rulebook:
    """Rules of a protocol text; parsed once in a process, however many requests ask for it at once."""
    with _PARSING:
        return _rulebook(version, text)


_PARSING = threading.Lock()


@lru_cache(maxsize=64)
def _rulebook(version: str, text: str) -> Rulebook:
    return Rulebook(parse_protocol(text), version)


@lru_cache(maxsize=8)
def _key(where: Place) -> tuple[TrialKey | None, str | None]:
    try:
        return where.key(), None
    except ServerError as error:
        return None, str(error)


@lru_cache(maxsize=8)
def _heads(path: Path, _key_id: str) -> HeadWriter:
    opened = key()
    if opened is None:
        raise ServerError("heads are signed with the key, which is not there")
    return HeadWriter(path, opened.sign, hash_of)


def hash_of(chain: str, seq: int) -> str | None:
    """Hash of an event as the database has it; None where there is none of that number."""
    (rows,) = ask(Statement("SELECT hash FROM ledger_event WHERE chain = %s AND seq = %s", [chain, seq]))
    return str(rows[0][0]) if rows else None


def stages(study: Study) -> dict[int, StageDesign]:
    """Design of each allocation stage: that of the first protocol version of the stage.

    Crossover is no part of allocation: an amendment that brings it holds for patients of every stage, and one that ends
    it leaves those who have crossed over on their treatment.
    """
    books = rulebooks(study)
    found: dict[int, StageDesign] = {}
    crossing: StageDesign | None = None
    for version in study.versions:
        design = _design(books[version])
        found.setdefault(study.stages[version], design)
        crossing = design if crossing is None or design.crosses_from is not None else crossing
    return {} if crossing is None else {stage: design.crossing_as(crossing) for stage, design in found.items()}


def vault(study: Study, **more: Any) -> DatabaseVault:
    """The vault, opened when it is first asked; ``more`` as `DatabaseVault` takes it."""
    opened = key()
    if opened is None:
        raise ServerError(str(key_problem()))
    return DatabaseVault(opened, _LazyStages(study), **more)


class _LazyStages(Mapping[int, StageDesign]):
    """Designs that are read off the protocol only when the vault is asked for something."""

    def __init__(self, study: Study) -> None:
        self._study = study

    def _all(self) -> dict[int, StageDesign]:
        return stages(self._study)

    def __getitem__(self, stage: int) -> StageDesign:
        return self._all()[stage]

    def __iter__(self) -> Iterator[int]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


@lru_cache(maxsize=64)
def _design(book: Rulebook) -> StageDesign:
    return StageDesign.of(book.protocol)
