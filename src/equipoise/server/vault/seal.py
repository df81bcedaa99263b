"""Whether a key file is the trial's, and proofs made with the key inside the vault, which outlives key files."""

import hashlib
import hmac

from equipoise.server.keys import TrialKey
from equipoise.server.vault.opening import data_key, open_vault

__all__ = ["check_key", "mac"]


def check_key(key: TrialKey) -> None:
    """Raise VaultError where the key does not open the vault of this trial."""
    open_vault(key, {})


def mac(key: TrialKey, text: str) -> str:
    """Prove a text with the key of the vault (HMAC-SHA256, hexadecimal); the proof stays good when key files rotate."""
    inner = hashlib.sha256(b"equipoise mac" + data_key(key)).digest()
    return hmac.digest(inner, text.encode(), "sha256").hex()
