"""CSV: UTF-8 text with a header line, fields parted by comma, semicolon or tab.

Text that is not UTF-8 is refused, because the code page cannot be told from the bytes and a wrong guess turns names and
sites into other words. No type is guessed from values either: every field is text here, and ``columns.py`` makes
numbers of the variables that the CDISC standards define as numbers.
"""

import csv
import io
from pathlib import Path

import polars as pl

from equipoise.cdisc.errors import CdiscError
from equipoise.cdisc.formats.names import refuse_repeated

__all__ = ["read_csv"]

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_csv(path: Path, encoding: str = "utf-8") -> pl.DataFrame:
    """Read a CSV file with every column as text. Raises CdiscError for other encodings, ragged rows or no header."""
    text = _decoded(path, encoding)
    header_line = text.partition("\n")[0]
    separator = max(",;\t", key=lambda mark: (header_line.count(mark), mark == ","))
    if separator in header_line:
        text = text.rstrip("\r\n") + "\n"  # blank lines at the end are no rows
    header = _check_shape(path, text, separator)
    try:
        frame = pl.read_csv(
            io.BytesIO(text.encode()),
            separator=separator,
            has_header=False,
            skip_rows=1,
            new_columns=header,
            infer_schema=False,
            raise_if_empty=False,
        )
    except pl.exceptions.PolarsError as error:
        raise CdiscError(
            f"{path}: cannot be read as CSV ({str(error).splitlines()[0]}); write it again as CSV UTF-8"
        ) from error
    return frame if frame.width else pl.DataFrame(schema=dict.fromkeys(header, pl.String))


def _decoded(path: Path, encoding: str) -> str:
    data = path.read_bytes()
    if data.startswith(_UTF16) or b"\0" in data[:4096]:
        raise CdiscError(f"{path}: is UTF-16 or binary, expected text in UTF-8; save it as 'CSV UTF-8'")
    if not data.strip():
        raise CdiscError(
            f"{path}: {len(data)} bytes and no header line, expected one with the variable names; write the file again"
        )
    try:
        return data.decode("utf-8-sig" if encoding.lower().replace("_", "-") == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        begin = max(data.rfind(b"\n", 0, error.start) + 1, error.start - 20)
        seen = data[begin : error.start + 20].split(b"\n")[0]
        likely = seen.decode("cp1252", errors="replace").strip()
        raise CdiscError(
            f"{path}: line {line}: byte 0x{data[error.start]:02X} is not {encoding.upper()}; "
            f"in Windows-1252 or Latin-1 it would read {likely!r}. "
            f"Save the file as 'CSV UTF-8', or convert it: iconv -f WINDOWS-1252 -t UTF-8 {path.name} > new.csv"
        ) from error


def _check_shape(path: Path, text: str, separator: str) -> list[str]:
    """Names of the header; every row must have as many fields (a reader that fills up short rows hides a cut file)."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        header = next(rows)
        if '"' not in text:
            lines = pl.Series(text.replace("\r\n", "\n").rstrip("\n").split("\n"))
            counts = lines.str.count_matches(separator, literal=True) + 1
            wrong = (counts != len(header)).arg_true()
            short = (int(wrong[0]) + 1, int(counts[int(wrong[0])])) if len(wrong) else None
        else:
            short = next(((rows.line_num, len(row)) for row in rows if len(row) != len(header)), None)
    except csv.Error as error:
        raise CdiscError(f"{path}: line {rows.line_num}: {error}; the file may be cut off, write it again") from error
    if short:
        line, fields = short
        raise CdiscError(
            f"{path}: line {line} has {fields} fields, the header has {len(header)}; the file may be cut off, or "
            f"a text with {separator!r} stands without quotes: write it again"
        )
    refuse_repeated(path, header)
    return header
