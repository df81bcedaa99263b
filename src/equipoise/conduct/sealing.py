"""Rows of the vault: sealed when written, opened only to replay or reveal, proven by receipts in between.

A sealed allocation is AES-256-GCM over two bytes, the number of the arm among the arms of the cohort in the order of
the protocol: as many bytes for every arm. Slot, subject, stratum, factors, cohort and allocator version are
authenticated with it, so that a row moved to another patient or slot does not open. The receipt is SHA-256 over the
slot (stage in 4 bytes, number in 8, big-endian), the nonce (12 bytes) and the ciphertext (18 bytes).
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from json import dumps
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from equipoise.conduct.vault import Slot, VaultError, VaultErrorCode

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ALLOCATOR_VERSION", "KEY_BYTES", "SealedRow", "VaultKey", "receipt_of", "seal_allocation"]

ALLOCATOR_VERSION = 1
"""Version of the allocator; a change that gives other arms for the same uniforms raises it and keeps the old one."""
KEY_BYTES = 32
NONCE_BYTES = 12


class VaultKey:
    """The key that seals rows; it shows itself nowhere."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            del key
            raise VaultError(VaultErrorCode.KEY_WRONG, f"the key of the vault has {KEY_BYTES} bytes")
        self._cipher = AESGCM(key)

    def seal(self, nonce: bytes, plain: bytes, context: bytes) -> bytes:
        """Encrypt, and authenticate the context with it."""
        return self._cipher.encrypt(nonce, plain, context)

    def open(self, nonce: bytes, sealed: bytes, context: bytes) -> bytes | None:
        """Decrypt; None where the key is another, or anything was changed."""
        try:
            return self._cipher.decrypt(nonce, sealed, context)
        except InvalidTag:
            return None

    def __repr__(self) -> str:
        """Say what it is."""
        return "VaultKey(...)"

    def __reduce__(self) -> str:
        """Refuse to be pickled or copied."""
        raise TypeError("a vault key is not pickled or copied")


@dataclass(frozen=True, kw_only=True, slots=True)
class SealedRow:
    """One allocation as it is stored. Nothing in it tells the arm without the key."""

    slot: Slot
    subject: str
    stratum: str
    factors: Mapping[str, str]
    cohort: str | None
    nonce: bytes
    ciphertext: bytes
    version: int

    @property
    def receipt(self) -> str:
        """SHA-256 of slot, nonce and ciphertext, in hexadecimal."""
        return receipt_of(self.slot, self.nonce, self.ciphertext)

    def arm_number(self, key: VaultKey) -> int | None:
        """Give the number of the arm among the cohort's; None where the row does not open."""
        plain = key.open(self.nonce, self.ciphertext, self._context())
        return None if plain is None else int.from_bytes(plain, "big")

    def _context(self) -> bytes:
        about: list[object] = [self.subject, self.stratum, sorted(self.factors.items()), self.cohort]
        return _context(self.slot, about, self.version)

    def __repr__(self) -> str:
        """Name the slot."""
        return f"SealedRow({self.slot.stage}, {self.slot.number})"


def receipt_of(slot: Slot, nonce: bytes, ciphertext: bytes) -> str:
    """Give the receipt of a sealed row: what the record keeps of it."""
    return sha256(slot.stage.to_bytes(4, "big") + slot.number.to_bytes(8, "big") + nonce + ciphertext).hexdigest()


def seal_allocation(
    key: VaultKey,
    nonce: bytes,
    number: int,
    *,
    slot: Slot,
    subject: str,
    stratum: str,
    factors: Mapping[str, str],
    cohort: str | None,
) -> SealedRow:
    """Seal the arm `number` of a slot."""
    context = _context(slot, [subject, stratum, sorted(factors.items()), cohort], ALLOCATOR_VERSION)
    return SealedRow(
        slot=slot,
        subject=subject,
        stratum=stratum,
        factors=dict(factors),
        cohort=cohort,
        nonce=nonce,
        ciphertext=key.seal(nonce, number.to_bytes(2, "big"), context),
        version=ALLOCATOR_VERSION,
    )


def _context(slot: Slot, about: list[object], version: int) -> bytes:
    content = [version, slot.stage, slot.number, *about]
    return dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
