"""Layout of SAS transport files, version 5 (SAS Technical Support document TS-140).

Records of 80 bytes: library header, member header, one description of 140 bytes per variable (``NAMESTR``), then the
observations one after the other without gaps, filled up with blanks to a whole record. Numbers are IBM System/360
hexadecimal floating point, big-endian, cut to 2 to 8 bytes; missing is ``.`` (also ``_``, ``A`` to ``Z``) followed by
zeros. Nothing in the file says how many observations it holds: a reader must prove that the bytes end where an
observation and a record end.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCK", "DESCRIPTOR", "LIBRARY", "MEMBER", "NAMESTR", "NAMESTR_SIZE", "OBSERVATIONS", "ieee_from_ibm"]

BLOCK = 80
LIBRARY = b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!"
MEMBER = b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!"
DESCRIPTOR = b"HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!"
NAMESTR = b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!"
OBSERVATIONS = b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!"
NAMESTR_SIZE = 140


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
