"""The open vault: keys, seed, allocations and kits as the rows hold them. Only the vault's own modules import this."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from equipoise.conduct.allocation_stage import Allocator, StageDesign
from equipoise.conduct.entropy import SealedSeed
from equipoise.conduct.sealing import KEY_BYTES, NONCE_BYTES, SealedRow, VaultKey
from equipoise.conduct.vault import Slot, VaultError, VaultErrorCode
from equipoise.server.keys import TrialKey
from equipoise.server.ledger.round_trip import Statement, ask
from equipoise.server.sources import entropy
from equipoise.server.vault.last_seal import last_seal
from equipoise.server.vault.models import Allocation, Seal

__all__ = [
    "ALLOCATION",
    "COUNTS_EVERY",
    "OpenVault",
    "allocations_between",
    "data_key",
    "make_seal",
    "open_vault",
    "rotate_seal",
    "row_of",
    "sealed_row",
]

COUNTS_EVERY = 16
"""Slots after which the counts are kept."""


@dataclass(frozen=True, repr=False)
class OpenVault:
    """Data key and seed in the clear, and the designs of the allocation stages."""

    key: VaultKey
    seed: SealedSeed
    stages: Mapping[int, StageDesign]

    def arm(self, row: SealedRow) -> str:
        """Open an allocation."""
        number = row.arm_number(self.key)
        if number is None:
            raise VaultError(VaultErrorCode.DAMAGED, f"the row of slot {row.slot.number} does not open")
        return self.stages[row.slot.stage].cohorts[row.cohort].arms[number]

    def seal(self, plain: bytes, context: bytes) -> tuple[bytes, bytes]:
        """Seal bytes under a fresh nonce."""
        nonce = entropy(NONCE_BYTES)
        return nonce, self.key.seal(nonce, plain, context)

    def open(self, nonce: bytes, sealed: bytes, context: bytes) -> bytes:
        """Open bytes."""
        plain = self.key.open(bytes(nonce), bytes(sealed), context)
        if plain is None:
            raise VaultError(VaultErrorCode.DAMAGED, "a row of the vault does not open")
        return plain

    def allocator(self, stage: int, cohort: str | None, before: int, *, kept: bool = True) -> Allocator:
        """Bring an allocator to where it stood before a slot, from the last counts kept unless told not to."""
        allocator = Allocator(self.stages[stage].cohorts[cohort])
        done = 0
        last = _counts(stage, cohort, before) if kept else None
        if last is not None:
            done, nonce, sealed = last
            allocator.restore(self.open(nonce, sealed, counts_context(stage, cohort, done)))
        self.go_on(allocator, cohort, allocations_between(stage, done, before))
        return allocator

    def go_on(self, allocator: Allocator, cohort: str | None, rows: Sequence[SealedRow]) -> None:
        """Allocate again those of a cohort among rows that follow one another in a stage."""
        if not rows:
            return
        first = rows[0].slot
        uniforms = self.seed.uniforms(first.stage, first.number, rows[-1].slot.number - first.number + 1)
        for row in rows:
            if row.cohort == cohort:
                allocator.allocate(row.factors, uniforms[row.slot.number - first.number])

    @cached_property
    def arms(self) -> tuple[str, ...]:
        """Arms of all stages, in the order of the protocol."""
        return tuple({arm: None for stage in self.stages.values() for c in stage.cohorts.values() for arm in c.arms})


def sealed_row(row: Allocation) -> SealedRow:
    """Read an allocation from its row."""
    return SealedRow(
        slot=Slot(row.stage, row.number),
        subject=row.subject,
        stratum=row.stratum,
        factors=json.loads(row.factors),
        cohort=row.cohort,
        nonce=bytes(row.nonce),
        ciphertext=bytes(row.ciphertext),
        version=row.version,
    )


ALLOCATION = "stage, number, subject, stratum, factors, cohort, nonce, ciphertext, version"


def row_of(values: Sequence[Any]) -> SealedRow:
    """Read an allocation from the columns of `ALLOCATION`."""
    return sealed_row(Allocation(**dict(zip(ALLOCATION.split(", "), values, strict=True))))


def allocations_between(stage: int, after: int, before: int) -> list[SealedRow]:
    """Read the allocations of a stage between two slots, without these."""
    text = f"SELECT {ALLOCATION} FROM vault_allocation WHERE stage = %s AND number > %s AND number < %s ORDER BY number"  # noqa: S608
    (rows,) = ask(Statement(text, [stage, after, before]))
    return [row_of(row) for row in rows]


def _counts(stage: int, cohort: str | None, before: int) -> tuple[int, bytes, bytes] | None:
    text = (
        "SELECT number, nonce, ciphertext FROM vault_counts WHERE stage = %s AND cohort = %s AND number < %s "
        "ORDER BY number DESC LIMIT 1"
    )
    (rows,) = ask(Statement(text, [stage, cohort or "", before]))
    return (rows[0][0], bytes(rows[0][1]), bytes(rows[0][2])) if rows else None


def counts_context(stage: int, cohort: str | None, number: int) -> bytes:
    """What is authenticated with kept counts."""
    return json.dumps(["counts", stage, cohort, number]).encode()


def make_seal(key: TrialKey) -> Seal:
    """Make data key and seed of a new trial, and keep them sealed."""
    if Seal.objects.exists():
        raise VaultError(VaultErrorCode.SLOT_TAKEN, "the vault is sealed already")
    inner = entropy(KEY_BYTES)
    seed = SealedSeed.new(entropy)
    nonce = entropy(NONCE_BYTES)
    sealed = nonce + AESGCM(inner).encrypt(nonce, seed.secret(), b"equipoise seed")
    made = Seal(number=1, key_id=key.id, wrapped=_wrapped(key, inner), seed=sealed, commitment=seed.commitment)
    made.save(force_insert=True)
    return made


def rotate_seal(old: TrialKey, new: TrialKey) -> Seal:
    """Seal the data key for another key file; seed, allocations and receipts stay as they are."""
    last = last_seal()
    made = Seal(
        number=last.number + 1,
        key_id=new.id,
        wrapped=_wrapped(new, _data_key(old, last)),
        seed=bytes(last.seed),
        commitment=last.commitment,
    )
    made.save(force_insert=True)
    return made


def open_vault(key: TrialKey, stages: Mapping[int, StageDesign], last: Seal | None = None) -> OpenVault:
    """Open the vault with the key file; ``last`` is the seal that holds, read unless given.

    Raises
    ------
    VaultError
        The key is another trial's or was replaced; or the seal was damaged.
    """
    last = last or last_seal()
    inner, secret = _opened(key.secret, last.key_id, bytes(last.wrapped), bytes(last.seed))
    return OpenVault(VaultKey(inner), SealedSeed.unsealed(secret), stages)


def data_key(key: TrialKey, last: Seal | None = None) -> bytes:
    """Open the data key."""
    last = last or last_seal()
    return _opened(key.secret, last.key_id, bytes(last.wrapped), bytes(last.seed))[0]


@lru_cache(maxsize=4)
def _opened(secret: bytes, sealed_for: str, wrapped: bytes, sealed: bytes) -> tuple[bytes, bytes]:
    inner = _unwrapped(TrialKey(secret), sealed_for, wrapped)
    try:
        seed = AESGCM(inner).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], b"equipoise seed")
    except InvalidTag as error:
        raise VaultError(VaultErrorCode.DAMAGED, "the sealed seed does not open: it was changed") from error
    return inner, seed


def _wrapped(key: TrialKey, inner: bytes) -> bytes:
    nonce = entropy(NONCE_BYTES)
    return nonce + AESGCM(key.wrap).encrypt(nonce, inner, b"equipoise data key")


def _data_key(key: TrialKey, seal: Seal) -> bytes:
    return _unwrapped(key, seal.key_id, bytes(seal.wrapped))


def _unwrapped(key: TrialKey, sealed_for: str, wrapped: bytes) -> bytes:
    try:
        return AESGCM(key.wrap).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], b"equipoise data key")
    except InvalidTag as error:
        message = f"the key file is {key.id}; the vault is sealed for {sealed_for}"
        raise VaultError(VaultErrorCode.KEY_WRONG, message) from error


def kit_context(number: str, lot: str, expiry: str) -> bytes:
    """What is authenticated with the contents of a kit."""
    return json.dumps(["kit", number, lot, expiry]).encode()


def contents(vault: OpenVault, rows: Iterable[Sequence[object]]) -> dict[str, str]:
    """Open kits given as (number, lot, expiry, nonce, ciphertext)."""
    found = {}
    for number, lot, expiry, nonce, sealed in rows:
        plain = vault.open(nonce, sealed, kit_context(str(number), str(lot), str(expiry)))  # type: ignore[arg-type]
        found[str(number)] = vault.arms[int.from_bytes(plain, "big")]
    return found


def day_of(text: str) -> dt.date:
    """Read a calendar date."""
    return dt.date.fromisoformat(text)
