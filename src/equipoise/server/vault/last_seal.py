"""The seal that holds: the row of the vault that the key file of today opens. Nothing in it tells anything without."""

from collections.abc import Sequence
from typing import Any

from equipoise.conduct.vault import VaultError, VaultErrorCode
from equipoise.server.ledger.round_trip import Statement, ask
from equipoise.server.vault.models import Seal

__all__ = ["SEALING", "last_seal"]

SEALING = Statement("SELECT number, key_id, wrapped, seed, commitment FROM vault_seal ORDER BY number DESC LIMIT 1")
"""Asks for the seal that holds."""


def last_seal(rows: Sequence[Sequence[Any]] | None = None) -> Seal:
    """Give the seal that holds, from the rows that `SEALING` gave unless it is to be asked now."""
    if rows is None:
        (rows,) = ask(SEALING)
    if not rows:
        raise VaultError(VaultErrorCode.KEY_WRONG, "the vault was never sealed: the trial has not been set up")
    return Seal(*rows[0])
