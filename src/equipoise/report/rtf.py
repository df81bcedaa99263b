"""Tables as RTF files through rtflite, one file per table.

rtflite needs about a millisecond per cell. It is therefore given the frame of a table and one row of each kind (first,
last, each indent and weight between), whose cells hold marks; the rows of the table are these rows with the marks
replaced. Head rows carry the RTF word that repeats them on every page: the word processor breaks the pages.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl

from equipoise.report.cells import Line, Part, Table
from equipoise.report.facts import Facts

__all__ = ["escape_rtf", "table_rtf", "write_tables"]

ROW = re.compile(r"\\trowd.*?\\intbl\\row\\pard", re.DOTALL)
MARK = re.compile(r"Qq(\d+)qQ")
PORTRAIT_COLUMNS = 4
SMALL_TYPE_COLUMNS = 8
ENDLESS = 10**6
INDENT = 180


def write_tables(tables: Sequence[Table], folder: Path, facts: Facts) -> list[Path]:
    """Write each table as ``<name>.rtf`` into a folder; the same tables give the same bytes.

    The names of a synthetic trial's tables end in ``-SYNTHETIC``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, table in enumerate(tables, start=1):
        path = folder / f"{table.name}{facts.file_mark}.rtf"
        path.write_text(table_rtf(table, facts, number), encoding="ascii")
        paths.append(path)
    return paths


def escape_rtf(text: str) -> str:
    """Text as ASCII RTF: control signs escaped, other characters as UTF-16 units with ``?`` for old readers."""
    out = []
    for sign in text:
        code = ord(sign)
        if sign in "\\{}":
            out.append(f"\\'{code:02x}")
        elif sign == "\n":
            out.append("\\line ")
        elif 32 <= code < 127:
            out.append(sign)
        elif code >= 127:
            units = sign.encode("utf-16-le", "surrogatepass")
            words = (int.from_bytes(units[i : i + 2], "little", signed=True) for i in range(0, len(units), 2))
            out += [f"\\u{word}?" for word in words]
    return "".join(out)


def table_rtf(table: Table, facts: Facts, number: int) -> str:
    """RTF text of a table with lines."""
    lines = [_full(line, table) for line in table.lines]
    patterns = {_style(line): line for line in lines[1:-1]}
    sample = [lines[0], *patterns.values(), *lines[1:][-1:]]
    frame = _encode(sample, table, facts, number)
    found = list(ROW.finditer(frame))
    heads, bodies = found[: -len(sample)], [match[0] for match in found[-len(sample) :]]
    by_style = dict(zip(patterns, bodies[1:], strict=False))
    rows = [_fill(bodies[0], lines[0])]
    rows += [_fill(by_style[_style(line)], line) for line in lines[1:-1]]
    rows += [_fill(bodies[-1], line) for line in lines[1:][-1:]]
    start, end = found[-len(sample)].start(), found[-1].end()
    before = frame[:start]
    for head in reversed(heads):
        before = before[: head.start()] + head[0].replace("\\trowd", "\\trowd\\trhdr", 1) + before[head.end() :]
    return before + "\n".join(rows) + frame[end:]


def _full(line: Line, table: Table) -> Line:
    return line if line.cells else Line(line.label, ("",) * len(table.columns), line.level, line.head)


def _style(line: Line) -> tuple[int, bool]:
    return line.level, line.head


def _text(part: Part) -> str:
    return part if isinstance(part, str) else part.text


def _fill(pattern: str, line: Line) -> str:
    texts = [line.label, *map(_text, line.cells)]
    return MARK.sub(lambda match: escape_rtf(texts[int(match[1])]), pattern)


def _encode(sample: Sequence[Line], table: Table, facts: Facts, number: int) -> str:
    import rtflite  # noqa: PLC0415 - 0.7 s to import, and most uses of the package write no table

    width = len(table.columns) + 1
    size = 8 if width <= SMALL_TYPE_COLUMNS else 7
    shares = _shares(table)
    marks = [f"Qq{i}qQ" for i in range(width)]
    body = pl.DataFrame({f"c{i}": [mark] * len(sample) for i, mark in enumerate(marks)})
    plain: dict[str, Any] = {"border_left": [[""]], "border_right": [[""]], "text_convert": [[False]]}
    sides = [["l", *("r" if column.numeric else "l" for column in table.columns)]]
    made_up = "SYNTHETIC DATA - " if facts.file_mark else "SYNTHETIC OR ANONYMIZED DATA - "
    synthetic = made_up if facts.synthetic else ""
    document = rtflite.RTFDocument(
        df=body,
        rtf_page=rtflite.RTFPage(
            orientation="portrait" if width <= PORTRAIT_COLUMNS else "landscape",
            nrow=ENDLESS,
            margin=[0.8, 0.8, 1.0, 0.9, 0.5, 0.5],
            col_width=6.9 if width <= PORTRAIT_COLUMNS else 9.4,
            border_first="single",
            border_last="single",
        ),
        rtf_page_header=rtflite.RTFPageHeader(
            text=[
                f"{escape_rtf(synthetic + facts.study_id)}    Page \\chpgn  of {{\\field{{\\*\\fldinst NUMPAGES }}}}"
            ],
            text_font_size=[size],
        ),
        rtf_title=rtflite.RTFTitle(
            text=[escape_rtf(f"Table {number}. {table.title}")],
            text_convert=[False],
            text_font_size=[10],
            text_justification=["l"],
        ),
        rtf_column_header=_heads(rtflite, table, shares, size),
        rtf_body=rtflite.RTFBody(
            col_rel_width=shares,
            text_justification=sides,
            text_indent_left=[[INDENT * line.level, *(0 for _ in table.columns)] for line in sample],
            text_format=[["b" if line.head else "", *("" for _ in table.columns)] for line in sample],
            text_font_size=[[size]],
            **plain,
        ),
        rtf_footnote=_footnote(rtflite, table, facts, size),
    )
    return str(document.rtf_encode())


def _heads(rtflite: Any, table: Table, shares: Sequence[float], size: int) -> list[Any]:
    common = {
        "border_left": [[""]],
        "border_right": [[""]],
        "text_convert": [[False]],
        "text_font_size": [[size]],
        "text_format": [["b"]],
    }
    heads = []
    if any(column.span for column in table.columns):
        groups = [(span, len(list(group))) for span, group in groupby(table.columns, key=lambda column: column.span)]
        widths, at = [shares[0]], 1
        for _, count in groups:
            widths.append(sum(shares[at : at + count]))
            at += count
        texts = ["", *(escape_rtf(span) for span, _ in groups)]
        heads.append(
            rtflite.RTFColumnHeader(
                text=texts, col_rel_width=widths, text_justification=[["l", *("c" for _ in groups)]], **common
            )
        )
    texts = [escape_rtf(table.stub), *(escape_rtf(column.head) for column in table.columns)]
    sides = [["l", *("r" if column.numeric else "l" for column in table.columns)]]
    heads.append(rtflite.RTFColumnHeader(text=texts, col_rel_width=list(shares), text_justification=sides, **common))
    return heads


def _footnote(rtflite: Any, table: Table, facts: Facts, size: int) -> Any:
    made = f"equipoise {facts.trial.get('equipoise') or ''}".strip()
    notes = [escape_rtf(note) for note in (*table.footnotes, f"Made with {made}.")]
    return rtflite.RTFFootnote(text=notes, as_table=False, text_convert=[[False]], text_font_size=[[size]])


def _shares(table: Table) -> list[float]:
    """Relative widths from the longest text of each column."""
    stub = max((len(line.label) + 2 * line.level for line in table.lines), default=10)
    shares = [float(min(max(stub, 14), 42))]
    for i, column in enumerate(table.columns):
        longest = _longest(line.cells[i] for line in table.lines if line.cells)
        head = max((len(word) for word in column.head.split()), default=0)
        shares.append(float(min(max(longest, head, 6), 30)))
    return shares


def _longest(cells: Iterable[Part]) -> int:
    return max((len(_text(cell)) for cell in cells), default=0)
