"""Reports by arm, sealed with the key of the vault; and the letters that stand for the arms in them.

A sealed report is padded to a power of two, so that its size tells next to nothing of what is in it.
"""

from collections.abc import Iterable

from equipoise.conduct.sealing import NONCE_BYTES
from equipoise.ledger import canonical_text
from equipoise.server.keys import TrialKey
from equipoise.server.vault.opening import open_vault
from equipoise.server.vault.seal import mac, mac_key

__all__ = ["letters_of_arms", "seal_report", "unseal_report"]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LEAST = 1 << 12
"""Bytes of the smallest sealed report."""
LENGTH_BYTES = 8


def seal_report(key: TrialKey, plain: bytes, context: str) -> bytes:
    """Seal a report: nonce and ciphertext; the context is authenticated with it."""
    body = len(plain).to_bytes(LENGTH_BYTES, "big") + plain
    size = max(LEAST, 1 << (len(body) - 1).bit_length())
    nonce, sealed = open_vault(key, {}).seal(body.ljust(size, b"\0"), context.encode())
    return nonce + sealed


def unseal_report(key: TrialKey, sealed: bytes, context: str) -> bytes:
    """Open a report.

    Raises
    ------
    VaultError
        The key is another, or report or context were changed.
    """
    body = open_vault(key, {}).open(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())
    length = int.from_bytes(body[:LENGTH_BYTES], "big")
    return body[LENGTH_BYTES : LENGTH_BYTES + length]


def letters_of_arms(key: TrialKey, study_id: str, arms: Iterable[str]) -> dict[str, str]:
    """Give each arm its letter: the same in every look of the trial, known only to who holds the key."""
    secret = mac_key(key)
    drawn = sorted(arms, key=lambda arm: mac(secret, canonical_text(["letter", study_id, arm])))
    return {arm: LETTERS[place] for place, arm in enumerate(drawn)}
