"""Many draws at once, in loops that a processor runs several rows at a time; the same streams as `philox`."""

import numpy as np
from numpy.typing import NDArray

from equipoise.stats._kernels.decorator import compiled

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_DROP = np.uint64(11)
_SCALE = 2.0**-53

_MANTISSA = np.int64(52)
_ROOT_HALF = np.int64(0x3FE6A09E667F3BCD)
"""Bits of the square root of one half."""
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_L1, _L2, _L3 = 6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01
_L4, _L5, _L6 = 2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01
_L7 = 1.479819860511658591e-01


@compiled
def fill_pairs(
    seed: int,
    scenario: int,
    trial: int,
    stream: int,
    n: int,
    first: NDArray[np.float64],
    second: NDArray[np.float64],
) -> None:
    """Write the two uniforms of slots 0 to n - 1 of one trial, as `philox.uniform_pair` gives them."""
    key = np.uint64(seed)
    t, s, r = np.uint64(trial) & _LOW, np.uint64(scenario) & _LOW, np.uint64(stream) & _LOW
    for i in range(n):
        c0, c1, c2, c3 = np.uint64(i) & _LOW, t, s, r
        k0, k1 = key & _LOW, key >> _HALF
        for _ in range(10):
            p0 = _M0 * c0
            p1 = _M1 * c2
            c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ k0, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ k1, p0 & _LOW
            k0 = (k0 + _W0) & _LOW
            k1 = (k1 + _W1) & _LOW
        first[i] = np.float64(((c0 << _HALF) | c1) >> _DROP) * _SCALE
        second[i] = np.float64(((c2 << _HALF) | c3) >> _DROP) * _SCALE


@compiled
def exponentials(u: NDArray[np.float64], n: int, work: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Write -log(1 - u) of the first n uniforms, to within 1 in the last place.

    1 - u is exact for multiples of 2^-53. The logarithm is that of fdlibm (Sun Microsystems 1993), by arithmetic alone,
    so that every computer gives the same bits. `work` is as long as `out`.
    """
    for i in range(n):
        out[i] = 1.0 - u[i]
    bits, reduced = out.view(np.int64), work.view(np.int64)
    for i in range(n):
        power = (bits[i] - _ROOT_HALF) >> _MANTISSA
        reduced[i] = bits[i] - (power << _MANTISSA)
        bits[i] = power
    for i in range(n):
        k = np.float64(bits[i])
        f = work[i] - 1.0
        s = f / (2.0 + f)
        z = s * s
        w = z * z
        high = z * (_L1 + w * (_L3 + w * (_L5 + w * _L7)))
        low = w * (_L2 + w * (_L4 + w * _L6))
        half = 0.5 * f * f
        out[i] = ((half - (s * (half + (low + high)) + k * _LN2_LOW)) - f) - k * _LN2_HIGH
