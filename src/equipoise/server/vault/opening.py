"""The open vault: keys, seed, allocations and kits as the rows hold them. Only the vault's own modules import this."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection

from equipoise.conduct.allocation_stage import Allocator, StageDesign
from equipoise.conduct.entropy import SealedSeed
from equipoise.conduct.sealing import KEY_BYTES, NONCE_BYTES, SealedRow, VaultKey
from equipoise.conduct.vault import Slot, VaultError, VaultErrorCode
from equipoise.server.keys import TrialKey
from equipoise.server.sources import entropy
from equipoise.server.vault.models import Allocation, Counts, Seal

__all__ = ["COUNTS_EVERY", "OpenVault", "data_key", "make_seal", "open_vault", "rotate_seal", "sealed_row"]

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
        rows = Counts.objects.filter(stage=stage, cohort=cohort or "", number__lt=before).order_by("-number")
        last = rows.first() if kept else None
        if last is not None:
            allocator.restore(self.open(last.nonce, last.ciphertext, counts_context(stage, cohort, last.number)))
            done = last.number
        later = Allocation.objects.filter(stage=stage, number__gt=done, number__lt=before).order_by("number")
        sealed = [sealed_row(row) for row in later]
        if sealed:
            first = sealed[0].slot.number
            uniforms = self.seed.uniforms(stage, first, before - first)
            for row in sealed:
                if row.cohort == cohort:
                    allocator.allocate(row.factors, uniforms[row.slot.number - first])
        return allocator

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
    last = _last()
    made = Seal(
        number=last.number + 1,
        key_id=new.id,
        wrapped=_wrapped(new, _data_key(old, last)),
        seed=bytes(last.seed),
        commitment=last.commitment,
    )
    made.save(force_insert=True)
    return made


def open_vault(key: TrialKey, stages: Mapping[int, StageDesign]) -> OpenVault:
    """Open the vault with the key file.

    Raises
    ------
    VaultError
        The key is another trial's or was replaced; or the seal was damaged.
    """
    last = _last()
    inner, secret = _opened(key.secret, last.key_id, bytes(last.wrapped), bytes(last.seed))
    return OpenVault(VaultKey(inner), SealedSeed.unsealed(secret), stages)


def data_key(key: TrialKey) -> bytes:
    """Open the data key."""
    last = _last()
    return _opened(key.secret, last.key_id, bytes(last.wrapped), bytes(last.seed))[0]


@lru_cache(maxsize=4)
def _opened(secret: bytes, sealed_for: str, wrapped: bytes, sealed: bytes) -> tuple[bytes, bytes]:
    inner = _unwrapped(TrialKey(secret), sealed_for, wrapped)
    try:
        seed = AESGCM(inner).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], b"equipoise seed")
    except InvalidTag as error:
        raise VaultError(VaultErrorCode.DAMAGED, "the sealed seed does not open: it was changed") from error
    return inner, seed


def _last() -> Seal:
    with connection.cursor() as cursor:  # asked twice in every command: the object mapper would take longer
        cursor.execute("SELECT number, key_id, wrapped, seed, commitment FROM vault_seal ORDER BY number DESC LIMIT 1")
        row = cursor.fetchone()
    if row is None:
        raise VaultError(VaultErrorCode.KEY_WRONG, "the vault was never sealed: the trial has not been set up")
    return Seal(*row)


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
