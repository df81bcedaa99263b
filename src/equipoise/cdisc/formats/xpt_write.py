"""Write SAS transport files, version 5. The layout is told in ``xpt_layout.py``.

The same frame and date give the same bytes: the creation times in the headers are the date that is given, not the
clock.
"""

import datetime as dt
import re
import struct
from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.cdisc.errors import CdiscError
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
    ibm_from_ieee,
)

__all__ = ["xpt_bytes"]

_NAME = re.compile(r"^[A-Z_][A-Z0-9_]{0,7}$")
_LABEL_BYTES = 40
_TEXT_BYTES = 200
_EXACT = 2**53
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_SYSTEM = b"6.06    " + b"PYTHON  "  # version of the layout, operating system


def xpt_bytes(frame: pl.DataFrame, *, name: str, label: str, labels: Mapping[str, str], created: dt.date) -> bytes:
    """Return a data set as a SAS transport file of version 5.

    Parameters
    ----------
    frame
        Text, numbers, dates (written as SAS dates with format DATE9.), times (DATETIME20.), booleans (Y or N).
    name, label
        Data set name (8 characters) and label (40 bytes).
    labels
        Variable -> label (40 bytes).
    created
        Written as creation time.

    Raises
    ------
    CdiscError
        With every name, label, text or number that the format cannot hold.
    """
    columns = [_column(series) for series in frame.get_columns()]
    problems = _name_problems(frame, name, label, labels) + [problem for c in columns for problem in c.problems]
    block = np.empty((0, 0), np.uint8) if problems else np.concatenate([c.block for c in columns], axis=1)
    if not problems and _ends_in_blanks(block):
        problems.append("the last row is empty text in every variable, which transport files cannot hold")
    if problems:
        raise CdiscError([f"{name} as SAS transport file: {problem}" for problem in problems])
    stamp = f"{created.day:02}{_MONTHS[created.month - 1]}{created.year % 100:02}:00:00:00".encode()
    head = _headers(name.encode(), label.encode(), len(columns), stamp)
    return head + _namestrs(columns, labels) + _padded(OBSERVATIONS + b"0" * 30) + _padded(block.tobytes())


class _Column:
    """One variable as bytes: a row of ``block`` per observation."""

    def __init__(self, name: str, *, numeric: bool, block: NDArray[np.uint8], form: str = "", width: int = 0) -> None:
        self.name, self.numeric, self.block, self.form, self.width = name, numeric, block, form, width
        self.problems: list[str] = []


def _column(series: pl.Series) -> _Column:
    kind = series.dtype
    if kind == pl.Date:
        days = series.cast(pl.Int32).cast(pl.Float64) + SAS_EPOCH_DAYS
        return _numbers(days.alias(series.name), "DATE", 9)
    if kind == pl.Datetime:
        seconds = series.dt.epoch("us").cast(pl.Float64) / 1e6 + SAS_EPOCH_DAYS * 86400
        return _numbers(seconds.alias(series.name), "DATETIME", 20)
    if kind == pl.Boolean:
        return _texts(series.replace_strict({True: "Y", False: "N"}, return_dtype=pl.String))
    if kind.is_numeric():
        return _numbers(series)
    if kind in (pl.String, pl.Categorical, pl.Enum, pl.Null):
        return _texts(series.cast(pl.String))
    column = _Column(series.name, numeric=False, block=np.empty((len(series), 1), np.uint8))
    column.problems.append(f"{series.name} holds {kind}, expected text, numbers or dates")
    return column


def _numbers(series: pl.Series, form: str = "", width: int = 0) -> _Column:
    whole = series.dtype.is_integer()
    values = series.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    words, beyond = ibm_from_ieee(values)
    column = _Column(
        series.name, numeric=True, block=words.astype(">u8").view(np.uint8).reshape(-1, 8), form=form, width=width
    )
    if whole and bool((series.cast(pl.Int64).abs() > _EXACT).any()):
        column.problems.append(f"{series.name} holds whole numbers beyond 2**53, which lose digits; write them as text")
    days = values / 86400 if form == "DATETIME" else values
    if form and bool(((days < SAS_DAYS[0]) | (days >= SAS_DAYS[1] + 1)).any()):
        column.problems.append(f"{series.name} holds dates outside the calendar of SAS, 1582 to 9999")
    if beyond.any():
        row = int(np.flatnonzero(beyond)[0])
        column.problems.append(
            f"{series.name}, row {row + 1}: {float(values[row])!r} is beyond the numbers of the format (1e-78 to 7e75)"
        )
    return column


def _texts(series: pl.Series) -> _Column:
    filled = series.fill_null("")
    lengths = filled.str.len_bytes()
    width = max(int(lengths.max() or 0), 1)  # type: ignore[arg-type]
    if width > _TEXT_BYTES:
        row = int(lengths.arg_max() or 0)
        column = _Column(series.name, numeric=False, block=np.empty((len(series), 1), np.uint8))
        column.problems.append(
            f"{series.name}, row {row + 1}: {width} bytes of text, at most {_TEXT_BYTES} fit; write parquet or JSON"
        )
        return column
    raw = b"".join(value.encode().ljust(width) for value in filled)
    return _Column(series.name, numeric=False, block=np.frombuffer(raw, np.uint8).reshape(-1, width))


def _name_problems(frame: pl.DataFrame, name: str, label: str, labels: Mapping[str, str]) -> list[str]:
    problems = [] if frame.width else ["no variables"]
    names = {name: "data set", **dict.fromkeys(frame.columns, "variable")}
    problems += [
        f"{what} name {n!r}, expected 1 to 8 upper-case letters, digits or underscores, not beginning with a digit"
        for n, what in names.items()
        if not _NAME.match(n)
    ]
    texts = {name: label} | {n: labels.get(n, n) for n in frame.columns}
    problems += [
        f"label of {n} has {len(text.encode())} bytes, at most {_LABEL_BYTES} fit: {text!r}"
        for n, text in texts.items()
        if len(text.encode()) > _LABEL_BYTES
    ]
    return problems


def _ends_in_blanks(block: NDArray[np.uint8]) -> bool:
    """Whether the last observation could be taken for the blanks that fill up the last record."""
    return len(block) > 0 and block.shape[1] < BLOCK and not (block[-1] != ord(" ")).any()


def _headers(name: bytes, label: bytes, count: int, stamp: bytes) -> bytes:
    zeros = b"0" * 30
    return b"".join(
        [
            _padded(LIBRARY + zeros),
            b"SAS     SAS     SASLIB  " + _SYSTEM + b" " * 24 + stamp,
            _padded(stamp),
            _padded(MEMBER + b"0" * 17 + b"1600000000140"),
            _padded(DESCRIPTOR + zeros),
            b"SAS     " + name.ljust(8) + b"SASDATA " + _SYSTEM + b" " * 24 + stamp,
            stamp + b" " * 16 + label.ljust(_LABEL_BYTES) + b" " * 8,
            _padded(NAMESTR + b"000000" + f"{count:04d}".encode() + b"0" * 20),
        ]
    )


def _namestrs(columns: list[_Column], labels: Mapping[str, str]) -> bytes:
    records, position = [], 0
    for number, column in enumerate(columns, start=1):
        length = column.block.shape[1]
        records.append(
            struct.pack(
                ">hhhh8s40s8shhh2s8shhl52s",
                1 if column.numeric else 2,
                0,
                length,
                number,
                column.name.encode().ljust(8),
                labels.get(column.name, column.name).encode().ljust(_LABEL_BYTES),
                column.form.encode().ljust(8),
                column.width,
                0,
                0,
                b"\0\0",
                b" " * 8,
                0,
                0,
                position,
                b"\0" * 52,
            )
        )
        position += length
    assert all(len(record) == NAMESTR_SIZE for record in records)  # noqa: S101 - the layout itself
    return _padded(b"".join(records))


def _padded(data: bytes) -> bytes:
    return data + b" " * (-len(data) % BLOCK)
