"""Where chance comes from: the operating system in a live trial, a seed in a rehearsal; the sealed seed of allocation.

The uniforms of slot i of stage s are 16 bytes of AES-256 in counter mode under the sealed seed, at counter block
(s, i): two numbers of 53 bits on [0, 1). Who knows all past allocations, even all past uniforms, knows nothing of the
next unless AES is broken. The **commitment**, SHA-256 of a label, nonce and seed, is published before the first
patient; opening it at the end proves that the seed was not chosen afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest
from secrets import token_bytes
from typing import TYPE_CHECKING, NoReturn

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeVar

    from numpy.typing import NDArray

    T = TypeVar("T")

__all__ = ["Entropy", "SealedSeed", "SeededEntropy", "random_index", "shuffled", "system_entropy"]

SEED_BYTES = 32
NONCE_BYTES = 16
_LABEL = b"equipoise allocation seed 1\0"
_WIDE = 16
"""Bytes for one random index: always as many, so that no choice shows in what is drawn after it."""


Entropy = Callable[[int], bytes]
"""A source of random bytes: gives the next n."""


def system_entropy(n: int) -> bytes:
    """Give `n` bytes of the operating system's: for live trials."""
    return token_bytes(n)


class SeededEntropy:
    """A stream that the seed determines: for rehearsals and tests, never for a live trial."""

    __slots__ = ("_stream",)

    def __init__(self, seed: int | str | bytes) -> None:
        text = seed if isinstance(seed, bytes) else str(seed).encode()
        key = sha256(b"equipoise rehearsal entropy 1\0" + text).digest()
        self._stream = Cipher(AES(key), CTR(bytes(16))).encryptor()

    def __call__(self, n: int) -> bytes:
        """Give the next `n` bytes."""
        return self._stream.update(bytes(n))

    def __repr__(self) -> str:
        """Name the source, not the seed."""
        return "SeededEntropy()"


class SealedSeed:
    """The seed of a trial's allocations. It shows itself nowhere: not in repr, copies, pickles or comparisons."""

    __slots__ = ("_nonce", "_seed")

    def __init__(self, seed: bytes, nonce: bytes) -> None:
        problem = "" if len(seed) == SEED_BYTES and len(nonce) == NONCE_BYTES else "wrong"
        if problem:
            del seed, nonce
            raise ValueError(f"a sealed seed has {SEED_BYTES} bytes and a nonce of {NONCE_BYTES}")
        self._seed = seed
        self._nonce = nonce

    @classmethod
    def new(cls, entropy: Entropy) -> SealedSeed:
        """Make a seed of 256 bits and its nonce."""
        return cls(entropy(SEED_BYTES), entropy(NONCE_BYTES))

    @classmethod
    def unsealed(cls, secret: bytes) -> SealedSeed:
        """Take a seed and its nonce as `secret` gave them."""
        return cls(secret[:SEED_BYTES], secret[SEED_BYTES:])

    def secret(self) -> bytes:
        """Give seed and nonce: to be stored encrypted, or published after the trial to open the commitment."""
        return self._seed + self._nonce

    @property
    def commitment(self) -> str:
        """SHA-256 of label, nonce and seed, in hexadecimal: published before the first patient."""
        return sha256(_LABEL + self._nonce + self._seed).hexdigest()

    def opens(self, commitment: str) -> bool:
        """Tell whether a published commitment is this seed's."""
        return compare_digest(self.commitment, commitment.lower())

    def uniforms(self, stage: int, first: int, count: int = 1) -> NDArray[np.float64]:
        """Give the two uniforms of `count` slots of a stage, from number `first` on: shape (count, 2)."""
        if not (0 < stage < 2**32 and first > 0 and first + count < 2**64):
            raise ValueError(f"expected a stage and a number from 1 on, got stage {stage}, number {first}")
        block = stage.to_bytes(4, "big") + bytes(4) + first.to_bytes(8, "big")
        stream = Cipher(AES(self._seed), CTR(block)).encryptor().update(bytes(16 * count))
        words = np.frombuffer(stream, ">u8").astype(np.uint64)
        uniforms: NDArray[np.float64] = ((words >> np.uint64(11)).astype(np.float64) * 2.0**-53).reshape(count, 2)
        return uniforms

    def __repr__(self) -> str:
        """Say what it is."""
        return "SealedSeed(...)"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError("a sealed seed is not pickled or copied: store secret() encrypted")


def random_index(entropy: Entropy, n: int) -> int:
    """Draw one of 0 to n - 1; the bytes taken do not depend on `n`, the bias is below n / 2^128."""
    if n < 1:
        raise ValueError(f"expected something to choose from, got {n}")
    return int.from_bytes(entropy(_WIDE), "big") % n


def shuffled(entropy: Entropy, items: Sequence[T]) -> list[T]:
    """Give the items in random order (Fisher and Yates)."""
    out = list(items)
    for i in range(len(out) - 1, 0, -1):
        j = random_index(entropy, i + 1)
        out[i], out[j] = out[j], out[i]
    return out
