"""Layout of SAS transport files, version 5 (SAS Technical Support document TS-140).

Records of 80 bytes: library header, member header, one description of 140 bytes per variable (``NAMESTR``), then the
observations one after the other without gaps, filled up with blanks to a whole record. Numbers are IBM System/360
hexadecimal floating point, big-endian, cut to 2 to 8 bytes; missing is ``.`` (also ``_``, ``A`` to ``Z``) followed by
zeros. Nothing in the file says how many observations it holds: a reader must prove that the bytes end where an
observation and a record end.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BLOCK",
    "DESCRIPTOR",
    "LIBRARY",
    "MEMBER",
    "NAMESTR",
    "NAMESTR_SIZE",
    "OBSERVATIONS",
    "SAS_DAYS",
    "SAS_EPOCH_DAYS",
    "ibm_from_ieee",
    "ieee_from_ibm",
]

BLOCK = 80
LIBRARY = b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!"
MEMBER = b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!"
DESCRIPTOR = b"HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!"
NAMESTR = b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!"
OBSERVATIONS = b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!"
NAMESTR_SIZE = 140
SAS_DAYS = (-138061, 2936547)  # 1582-01-01 and 9999-12-31, the calendar of SAS, in days from 1960-01-01
SAS_EPOCH_DAYS = 3653  # days from 1960-01-01 (SAS) to 1970-01-01

_MISSING = np.uint64(ord(".") << 56)


def ieee_from_ibm(words: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Numbers of IBM hexadecimal words; missing values become nan.

    Exact up to 53 significant bits, else rounded to nearest.
    """
    mantissa = words & np.uint64(0x00FFFFFFFFFFFFFF)
    exponent = ((words >> np.uint64(56)) & np.uint64(0x7F)).astype(np.int64)
    value = np.ldexp(mantissa.astype(np.float64), 4 * (exponent - 64) - 56)
    value = np.where(words >> np.uint64(63) == 1, -value, value)
    first = (words >> np.uint64(56)).astype(np.uint8)
    letter = (first == ord(".")) | (first == ord("_")) | ((first >= ord("A")) & (first <= ord("Z")))
    return np.where((mantissa == 0) & letter, np.nan, value)


def ibm_from_ieee(values: NDArray[np.float64]) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """IBM hexadecimal words of numbers, exact; nan becomes missing.

    The second array is true where a number is infinite, too large or too small for the format.
    """
    fraction, exponent = np.frexp(np.where(np.isfinite(values), values, 0.0))
    hexadecimal = -(-exponent // 4)
    mantissa = np.ldexp(np.abs(fraction), 53).astype(np.uint64)
    mantissa <<= (3 - (4 * hexadecimal - exponent)).astype(np.uint64)
    biased = hexadecimal.astype(np.int64) + 64
    beyond = np.isinf(values) | ((fraction != 0) & ((biased < 0) | (biased > 127)))
    words = mantissa | (np.clip(biased, 0, 127).astype(np.uint64) << np.uint64(56))
    words |= (fraction < 0).astype(np.uint64) << np.uint64(63)
    words = np.where(fraction == 0, np.uint64(0), words)
    return np.where(np.isnan(values), _MISSING, words), beyond
