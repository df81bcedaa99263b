"""Digests of rows of the vault that have no receipt in the trial chain: they stand in the access chain."""

import hashlib

from equipoise.ledger import canonical_text
from equipoise.server.vault.models import KitRow, Seal

__all__ = ["kits_digest", "seal_digest"]


def seal_digest(seal: Seal) -> str:
    """SHA-256 of a seal."""
    return _digest([seal.number, seal.key_id, bytes(seal.wrapped).hex(), bytes(seal.seed).hex(), seal.commitment])


def kits_digest(lot: str) -> str:
    """SHA-256 of the kits of a lot, in order of their numbers."""
    rows = KitRow.objects.filter(lot=lot).order_by("number")
    return _digest([[k.number, k.lot, k.expiry, bytes(k.nonce).hex(), bytes(k.ciphertext).hex()] for k in rows])


def _digest(parts: list[object]) -> str:
    return hashlib.sha256(canonical_text(parts).encode()).hexdigest()
