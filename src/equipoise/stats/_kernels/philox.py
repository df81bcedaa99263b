"""Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011): random numbers as a pure function of seed and counter.

The key is the seed (64 bits). The counter is (slot, trial, scenario, stream), 32 bits each, so that any trial, and any
slot of it, can be drawn alone and in any order: nothing depends on the number of threads. One counter gives two
uniforms of 53 bits on [0, 1).
"""

from __future__ import annotations

import numpy as np

from equipoise.stats._kernels.decorator import compiled

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_DROP = np.uint64(11)
_SCALE = 2.0**-53


@compiled
def philox_words(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, seed: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Give the four 32-bit words of one counter."""
    k0 = seed & _LOW
    k1 = seed >> _HALF
    for _ in range(10):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ k0, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ k1, p0 & _LOW
        k0 = (k0 + _W0) & _LOW
        k1 = (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@compiled
def uniform_pair(seed: int, scenario: int, trial: int, slot: int, stream: int) -> tuple[float, float]:
    """Give the two uniforms of one slot of one trial."""
    w0, w1, w2, w3 = philox_words(
        np.uint64(slot) & _LOW,
        np.uint64(trial) & _LOW,
        np.uint64(scenario) & _LOW,
        np.uint64(stream) & _LOW,
        np.uint64(seed),
    )
    first = np.float64(((w0 << _HALF) | w1) >> _DROP) * _SCALE
    second = np.float64(((w2 << _HALF) | w3) >> _DROP) * _SCALE
    return first, second


@compiled
def fill_uniforms(seed: int, scenario: int, trial: int, stream: int, out: np.ndarray) -> None:
    """Fill (n, 2) with the uniforms of slots 0 to n - 1 of one trial."""
    for slot in range(out.shape[0]):
        first, second = uniform_pair(seed, scenario, trial, slot, stream)
        out[slot, 0] = first
        out[slot, 1] = second
