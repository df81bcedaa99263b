"""Whether a key file is the trial's, and proofs made with the key inside the vault, which outlives key files."""

import hashlib
import hmac

from equipoise.server.keys import TrialKey
from equipoise.server.vault.models import Seal
from equipoise.server.vault.opening import data_key, open_vault

__all__ = ["check_key", "mac", "mac_key"]


def check_key(key: TrialKey) -> None:
    """Raise VaultError where the key does not open the vault of this trial."""
    open_vault(key, {})


def mac_key(key: TrialKey, last: Seal | None = None) -> bytes:
    """Give the key of proofs: it belongs to the vault, so that proofs stay good when key files rotate."""
    return hashlib.sha256(b"equipoise mac" + data_key(key, last)).digest()


def mac(key: bytes, text: str) -> str:
    """Prove a text with the key that `mac_key` gave (HMAC-SHA256, hexadecimal)."""
    return hmac.digest(key, text.encode(), "sha256").hex()
