"""Read SAS transport files, version 5, and prove that nothing is missing. The layout is told in ``xpt_layout.py``."""

import itertools
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.cdisc.errors import CdiscError
from equipoise.cdisc.formats.names import refuse_repeated
from equipoise.cdisc.formats.xpt_layout import (
    BLOCK,
    DESCRIPTOR,
    LIBRARY,
    MEMBER,
    NAMESTR,
    NAMESTR_SIZE,
    OBSERVATIONS,
    SAS_DAYS,
    SAS_EPOCH_DAYS,
    ieee_from_ibm,
)

__all__ = ["read_xpt"]

_REMEDY = "export the data set again as SAS transport version 5, or copy the file again"
_DATE_FORMATS = re.compile(
    r"^(DATE|YYMMDD[A-Z]?|MMDDYY[A-Z]?|DDMMYY[A-Z]?|E8601DA|B8601DA|IS8601DA|WEEKDATE|WORDDATE)$"
)
_DATETIME_FORMATS = re.compile(r"^(DATETIME|E8601DT|B8601DT|IS8601DT|DATEAMPM)$")


@dataclass(frozen=True)
class _Variable:
    name: str
    numeric: bool
    length: int
    position: int
    format: str


def read_xpt(path: Path, encoding: str = "utf-8") -> pl.DataFrame:
    """Read a transport file of one data set.

    Numbers with a SAS date format become Date, with a datetime format Datetime. Raises CdiscError with the bytes seen
    and expected where the file is cut, is of another format or version, or holds text of another encoding.
    """
    data = path.read_bytes()
    variables, start = _header(path, data)
    rows = _observations(path, data, start, sum(v.length for v in variables))
    return pl.DataFrame([_column(path, rows, variable, encoding) for variable in variables])


def _header(path: Path, data: bytes) -> tuple[list[_Variable], int]:
    """Variables of the only member, and where its observations begin."""
    if not data.startswith(LIBRARY):
        raise CdiscError(_wrong_start(path, data))
    for offset, mark, what in ((240, MEMBER, "member"), (320, DESCRIPTOR, "descriptor"), (560, NAMESTR, "variables")):
        _expect(path, data, offset, mark, what)
    size = _integer(path, data[240 + 74 : 240 + 78], "length of a variable description", 240 + 74)
    count = _integer(path, data[560 + 54 : 560 + 58], "number of variables", 560 + 54)
    if size not in {136, NAMESTR_SIZE}:
        raise CdiscError(f"{path}: variable descriptions of {size} bytes, expected 140 (or 136); {_REMEDY}")
    end = 640 + -(-count * size // BLOCK) * BLOCK
    _expect(path, data, end, OBSERVATIONS, "observations")
    variables = [_variable(path, data[640 + i * size : 640 + (i + 1) * size]) for i in range(count)]
    refuse_repeated(path, [v.name for v in variables])
    places = sorted((v.position, v.length) for v in variables)
    if not variables or any(p + n != q for (p, n), (q, _) in itertools.pairwise(places)) or places[0][0] != 0:
        raise CdiscError(f"{path}: the {count} variables do not fill an observation without gaps; {_REMEDY}")
    return variables, end + BLOCK


def _wrong_start(path: Path, data: bytes) -> str:
    if data.startswith(b"HEADER RECORD*******LIBV8"):
        return f"{path}: SAS transport version 8, expected version 5; export it as version 5 (or as parquet)"
    if data.startswith(b"**COMPRESSED**"):
        return f"{path}: made by PROC CPORT, expected the XPORT engine; export it with 'libname out xport' as version 5"
    return (
        f"{path}: begins with {data[:24]!r}, expected {LIBRARY[:24]!r} (SAS transport file, "
        f"{len(data):,} bytes seen); {_REMEDY}"
    )


def _expect(path: Path, data: bytes, offset: int, mark: bytes, what: str) -> None:
    seen = data[offset : offset + len(mark)]
    if len(data) < offset + BLOCK:
        raise CdiscError(
            f"{path}: cut off: {len(data):,} bytes seen, the {what} header ends at byte {offset + BLOCK:,}; {_REMEDY}"
        )
    if seen != mark:
        raise CdiscError(
            f"{path}: byte {offset}: {seen[:28]!r}, expected {mark[:28]!r} (header of the {what}); {_REMEDY}"
        )


def _integer(path: Path, digits: bytes, what: str, offset: int) -> int:
    if not digits.strip().isdigit():
        raise CdiscError(f"{path}: byte {offset}: {digits!r} where the {what} stands as digits; {_REMEDY}")
    return int(digits)


def _variable(path: Path, record: bytes) -> _Variable:
    kind, _, length, _, name, _, form = struct.unpack(">hhhh8s40s8s", record[:64])
    (position,) = struct.unpack(">i", record[84:88])
    text = name.decode("latin-1").rstrip("\0 ")
    if kind not in {1, 2} or not text or length < 1 or (kind == 1 and not 2 <= length <= 8):
        raise CdiscError(
            f"{path}: variable {text!r} has type {kind} and length {length}, "
            f"expected type 1 (number, 2 to 8 bytes) or 2 (text); {_REMEDY}"
        )
    return _Variable(text, kind == 1, length, position, form.decode("latin-1").rstrip("\0 ").upper())


def _observations(path: Path, data: bytes, start: int, width: int) -> NDArray[np.uint8]:
    """Bytes of all observations, one row each; blanks that fill the last record are no observations."""
    if MEMBER in data[start:]:
        raise CdiscError(f"{path}: holds several data sets, expected one; export each data set to a file of its own")
    if len(data) % BLOCK:
        raise CdiscError(
            f"{path}: cut off: {len(data):,} bytes seen, expected a multiple of {BLOCK} "
            f"({len(data) // BLOCK * BLOCK + BLOCK:,} or more); {_REMEDY}"
        )
    size = len(data) - start
    count, rest = divmod(size, width)
    if rest >= BLOCK or data[len(data) - rest :].strip(b" "):
        raise CdiscError(
            f"{path}: cut off within observation {count + 1:,}: {size:,} bytes seen, {width} for each, "
            f"expected {(count + 1) * width:,} or more; {_REMEDY}"
        )
    rows = np.frombuffer(data, dtype=np.uint8, count=count * width, offset=start).reshape(count, width)
    while count and rest + width < BLOCK and not (rows[count - 1] != ord(" ")).any():
        count, rest = count - 1, rest + width
    return rows[:count]


def _column(path: Path, rows: NDArray[np.uint8], variable: _Variable, encoding: str) -> pl.Series:
    block = np.ascontiguousarray(rows[:, variable.position : variable.position + variable.length])
    return _numbers(path, block, variable) if variable.numeric else _texts(path, block, variable, encoding)


def _numbers(path: Path, block: NDArray[np.uint8], variable: _Variable) -> pl.Series:
    padded = np.zeros((len(block), 8), dtype=np.uint8)
    padded[:, : variable.length] = block
    values = ieee_from_ibm(padded.view(">u8").astype(np.uint64).reshape(-1))
    series = pl.Series(variable.name, values, nan_to_null=True)
    if _DATE_FORMATS.match(variable.format):
        _refuse_beyond(path, variable, values)
        return (series.floor() - SAS_EPOCH_DAYS).cast(pl.Int32).cast(pl.Date)
    if _DATETIME_FORMATS.match(variable.format):
        _refuse_beyond(path, variable, values / 86400)
        return ((series - SAS_EPOCH_DAYS * 86400) * 1e6).round().cast(pl.Int64).cast(pl.Datetime("us"))
    return series


def _refuse_beyond(path: Path, variable: _Variable, days: NDArray[np.float64]) -> None:
    beyond = np.flatnonzero((days < SAS_DAYS[0]) | (days >= SAS_DAYS[1] + 1))
    if len(beyond):
        raise CdiscError(
            f"{path}: {variable.name}, observation {beyond[0] + 1:,}: day {float(days[beyond[0]])!r} is no SAS date "
            f"(1582 to 9999), though the format is {variable.format}; correct the value or the format"
        )


def _texts(path: Path, block: NDArray[np.uint8], variable: _Variable, encoding: str) -> pl.Series:
    width, count = variable.length, len(block)
    raw = block.tobytes()
    if raw.isascii():
        return pl.Series(variable.name, block.reshape(-1).view(f"S{width}"), dtype=pl.Binary).cast(pl.String)
    values: list[str] = []
    for row in range(count):
        field = raw[row * width : (row + 1) * width]
        try:
            values.append(field.decode(encoding))
        except UnicodeDecodeError as error:
            likely = field.decode("cp1252", errors="replace").strip()
            raise CdiscError(
                f"{path}: {variable.name}, observation {row + 1:,}: byte 0x{field[error.start]:02X} is not "
                f"{encoding.upper()}; in Windows-1252 or Latin-1 the value would read {likely!r}. "
                "Export the data set in UTF-8 (SAS: a session with encoding=utf8)"
            ) from error
    return pl.Series(variable.name, values, dtype=pl.String)
