"""Signed heads: the end of a chain, kept outside the database, so that a tail that was cut off is missed.

A head says ``chain seq hash at`` and is signed with Ed25519. The public key stands in the chain itself (the event that
adopts the protocol, the event that opens the access chain, every rotation of keys), so that heads are checked without
any secret. The file holds one line per chain; it is replaced as a whole, after the commit, and flushed to the disk.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from equipoise.ledger.canonical import canonical_text
from equipoise.ledger.chain import Link
from equipoise.ledger.errors import LedgerError

__all__ = ["Head", "HeadFile", "check_head", "public_text", "sign_head"]


class Head(NamedTuple):
    """The signed end of a chain."""

    chain: str
    seq: int
    hash: str
    at: str
    signature: str

    def message(self) -> bytes:
        """What is signed."""
        return canonical_text(["equipoise head", self.chain, self.seq, self.hash, self.at]).encode()


def sign_head(key: Ed25519PrivateKey, chain: str, end: Link) -> Head:
    """Sign the end of a chain."""
    head = Head(chain, end.seq, end.hash, end.at, "")
    return head._replace(signature=key.sign(head.message()).hex())


def check_head(head: Head, public_key: str) -> bool:
    """Tell whether a head was signed with the key whose public part is given in hexadecimal."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(
            bytes.fromhex(head.signature), head.message()
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def public_text(key: Ed25519PrivateKey) -> str:
    """Write the public part of a key in hexadecimal."""
    return key.public_key().public_bytes_raw().hex()


def _well_formed(head: Head) -> bool:
    texts = (head.chain, head.hash, head.at, head.signature)
    return type(head.seq) is int and all(isinstance(text, str) and text.isascii() for text in texts)


class HeadFile:
    """The file of heads. Several processes may write it: a head never goes back."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Mapping[str, Head]:
        """Read the heads by chain; none where the file does not exist yet.

        Raises
        ------
        LedgerError
            Where the file is not one of heads.
        """
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return {}
        except UnicodeDecodeError as error:
            raise LedgerError(f"{self.path}: not a file of heads") from error
        try:
            heads = [Head(**json.loads(line)) for line in lines]
        except (ValueError, TypeError, RecursionError) as error:
            raise LedgerError(f"{self.path}: not a file of heads") from error
        if not all(_well_formed(head) for head in heads):
            raise LedgerError(f"{self.path}: not a file of heads")
        return {head.chain: head for head in heads}

    def write(self, *heads: Head) -> None:
        """Replace the heads of the given chains that are further than those in the file; flushed when this returns."""
        with self._alone():
            known = dict(self.read())
            newer = [head for head in heads if head.chain not in known or known[head.chain].seq < head.seq]
            if not newer:
                return
            known.update({head.chain: head for head in newer})
            text = "".join(canonical_text(known[chain]._asdict()) + "\n" for chain in sorted(known))
            fresh = self.path.with_suffix(".new")
            with fresh.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path)
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
