"""Blocks of a document as HTML. Every text from results is escaped here and nowhere else."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from markupsafe import Markup, escape

from equipoise.report.cells import Block, Column, FigureBlock, Line, Notice, Number, Paragraph, Part, Table
from equipoise.report.figures.figure import Figure

__all__ = ["BlockWriter", "column_styles", "figure_svg", "number_html", "split_number"]

LONG = 60
WIDE = 9
BRIEF = 12
SHORT = 2
WORDS = 60
"""Longest cell of words that may be as narrow as its column allows."""
NARROW_SIGNS = {
    " ": 0.5,
    ".": 0.5,
    ",": 0.5,
    "\N{MIDDLE DOT}": 0.5,
    "(": 0.65,
    ")": 0.65,
    "[": 0.65,
    "]": 0.65,
    "/": 0.6,
    "t": 0.65,
}
HEAD = re.compile(r"\N{EN DASH}$|[A-Za-z]+|[<>\N{MINUS SIGN}-]*\d*")
TIGHT = (
    ("P = ", "P\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}"),
    ("P < ", "P\N{NO-BREAK SPACE}<\N{NO-BREAK SPACE}"),
    ("% CI", "%\N{NO-BREAK SPACE}CI"),
)


def split_number(text: str) -> tuple[str, str]:
    """Part of a cell left of the alignment point, and the rest: ``11`` and ``.8 (9.8 to 14.6)``."""
    found = HEAD.match(text)
    end = found.end() if found else 0
    return text[:end], text[end:]


def number_html(number: Part, *, split: bool = False, percent: bool = False) -> Markup:
    """A number as a link to its row; plain text where there is no row."""
    text = number if isinstance(number, str) else number.text
    if split:
        head, tail = split_number(text)
        kind = Markup(" class=p") if percent else Markup("")
        inner = escape(head) + Markup("<i{}>{}</i>").format(kind, tail)
    else:
        for loose, tight in TIGHT:
            text = text.replace(loose, tight)
        inner = escape(text)
    if isinstance(number, str) or not number.row_ids:
        return inner
    more = Markup(' data-r="{}"').format(_ranges(number.row_ids)) if len(number.row_ids) > 1 else Markup("")
    return Markup('<a class=num href="#row-{}"{}>{}</a>').format(number.row_ids[0], more, inner)


def _ranges(ids: Sequence[int]) -> str:
    """Row identifiers in order, runs as ``12-14``."""
    runs: list[list[int]] = []
    for row in ids:
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def column_styles(table: Table) -> dict[int, tuple[float, bool]]:
    """Column -> width in digits right of the alignment point, and whether that is a percentage in brackets."""
    styles = {}
    for i, column in enumerate(table.columns):
        if not column.numeric:
            continue
        tails = [split_number(_text(line.cells[i]))[1] for line in table.lines if line.cells]
        tails = [tail for tail in tails if tail]
        if tails:
            width = max(sum(NARROW_SIGNS.get(sign, 1.0) for sign in tail) for tail in tails)
            percent = all(re.fullmatch(r" \([<>]?[\d.,\N{MIDDLE DOT}]+\)", tail) for tail in tails)
            styles[i] = (math.ceil(width * 2 + 0.5) / 2, percent)
    return styles


def _unbroken(head: str) -> str:
    """A head whose "(N = 97)" stays on one line."""
    name, bracket, rest = head.rpartition(" (N = ")
    return f"{name} {(bracket + rest).strip().replace(' ', chr(160))}" if bracket else head


def _table_kind(table: Table) -> Markup:
    kinds = []
    if len(table.columns) > WIDE:
        kinds.append("wide")
    if max(len(line.label) for line in table.lines) <= BRIEF:
        kinds.append("brief")
    return Markup(' class="{}"').format(" ".join(kinds)) if kinds else Markup("")


def _is_word(text: str) -> bool:
    """Whether a cell is a word such as "reference" or "not recorded", which has no alignment point."""
    return len(text) > SHORT and text.replace(" ", "").isalpha()


def _text(cell: Part) -> str:
    return cell if isinstance(cell, str) else cell.text


def figure_svg(svg: str, prefix: str) -> Markup:
    """A drawing for the page: without XML head, its identifiers made unique by a prefix."""
    body = svg[svg.index("<svg") :].strip()
    body = re.sub(r'\b(id|aria-labelledby|aria-describedby)="([^"]*)"', lambda m: _prefixed(m, prefix), body)
    body = re.sub(r'((?:xlink:)?href=")#', rf"\1#{prefix}-", body)
    return Markup(re.sub(r"url\(#", f"url(#{prefix}-", body))  # noqa: S704 - report.figures escapes its texts


def _prefixed(match: "re.Match[str]", prefix: str) -> str:
    return f'{match[1]}="{" ".join(f"{prefix}-{name}" for name in match[2].split())}"'


class BlockWriter:
    """Blocks as HTML, with tables and figures numbered in the order in which they are written."""

    def __init__(self, figures: Mapping[str, Figure], arms: Mapping[str, int], *, file_mark: str = "") -> None:
        self._figures = figures
        self._mark = file_mark
        self._arms = arms
        self._tables = 0
        self._pictures = 0
        self.styles: list[str] = []

    def write(self, block: Block) -> Markup:
        """One block."""
        if isinstance(block, Table):
            return self._table(block)
        if isinstance(block, FigureBlock):
            return self._figure(block)
        if isinstance(block, Notice):
            role = Markup(' role="note"') if block.kind == "warning" else Markup("")
            return Markup('<p class="notice {}"{}>{}</p>').format(block.kind, role, _parts(block.parts))
        return Markup("<p>{}</p>").format(_parts(block.parts)) if isinstance(block, Paragraph) else Markup("")

    def _table(self, table: Table) -> Markup:
        if not table.lines:
            return Markup('<p class="notice empty" id="{}">{}</p>').format(table.name, table.empty)
        self._tables += 1
        styles = column_styles(table)
        for i, (width, _) in styles.items():
            self.styles.append(f"#{table.name} td:nth-child({i + 2}) i{{width:{width:g}ch}}")
        long = len(table.lines) > LONG
        body = Markup("\n").join(self._line(line, table, styles) for line in table.lines)
        notes = Markup("").join(Markup("<li>{}</li>").format(note) for note in table.footnotes)
        caption = Markup('Table {}. <span class="name">{}</span>').format(self._tables, table.title)
        skip = Markup('<a class="skip-table" href="#{0}-end">Skip this table</a>\n').format(table.name) if long else ""
        fold = Markup('<details class="fold">\n<summary>Show the rows ({})</summary>\n').format(len(table.lines))
        return Markup(
            '<figure class="table">\n{skip}<figcaption id="{name}-caption">{caption}</figcaption>\n{fold}'
            '<p class="hint">Scroll the table sideways for more columns.</p>\n'
            '<div class="frame{long}" role="group" aria-labelledby="{name}-caption" tabindex="0">\n'
            '<table id="{name}" aria-labelledby="{name}-caption"{kind}>\n<thead>\n{head}\n</thead>\n'
            "<tbody>\n{body}\n</tbody>\n</table>\n</div>\n{unfold}"
            '{notes}<p class="files" id="{name}-end">File: <a href="tables/{file}.rtf">tables/{file}.rtf</a></p>\n'
            "</figure>"
        ).format(
            skip=skip,
            name=table.name,
            file=f"{table.name}{self._mark}",
            caption=caption,
            fold=fold if table.collapsed else "",
            unfold=Markup("</details>\n") if table.collapsed else "",
            long=Markup(" long") if long else "",
            kind=_table_kind(table),
            head=self._head(table),
            body=body,
            notes=Markup('<ol class="notes">{}</ol>\n').format(notes) if notes else "",
        )

    def _head(self, table: Table) -> Markup:
        spans = any(column.span for column in table.columns)
        rows = [Markup('<th scope="col"{}>{}</th>').format(Markup(' rowspan="2"') if spans else "", table.stub)]
        second: list[Markup] = []
        for span, group in groupby(table.columns, key=lambda column: column.span):
            columns = list(group)
            if not span:
                two = Markup(' rowspan="2"') if spans else Markup("")
                rows += [self._column(column, two, key=True) for column in columns]
                continue
            first = columns[0]
            key = self._key(
                next((column.arm for column in columns if column.arm), None) if first.span_row_ids else None
            )
            head = number_html(Number(_unbroken(span), first.span_row_ids))
            rows.append(
                Markup('<th class="n span" colspan="{}" scope="colgroup">{}{}</th>').format(len(columns), key, head)
            )
            second += [self._column(column, Markup(""), key=not first.span_row_ids) for column in columns]
        lines = [Markup("<tr>{}</tr>").format(Markup("").join(rows))]
        if spans:
            lines.append(Markup("<tr>{}</tr>").format(Markup("").join(second)))
        return Markup("\n").join(lines)

    def _column(self, column: Column, extra: Markup, *, key: bool) -> Markup:
        kind = Markup(' class="n"') if column.numeric else Markup("")
        head = number_html(Number(_unbroken(column.head), column.row_ids))
        mark = self._key(column.arm) if key else Markup("")
        return Markup('<th scope="col"{}{}>{}{}</th>').format(kind, extra, mark, head)

    def _key(self, arm: str | None) -> Markup:
        if arm is None or arm not in self._arms:
            return Markup("")
        return Markup('<span class="key a{}" aria-hidden="true"></span>').format(self._arms[arm])

    def _line(self, line: Line, table: Table, styles: Mapping[int, tuple[float, bool]]) -> Markup:
        level = Markup(' class="l{}"').format(line.level) if line.level else Markup("")
        if line.head and not line.cells:
            return Markup('<tr class="head"><th scope="rowgroup" colspan="{}"{}>{}</th></tr>').format(
                len(table.columns) + 1, level, line.label
            )
        cells = Markup("").join(
            Markup("<td class={}>{}</td>").format(
                "n" if column.numeric else Markup('"t words"') if len(_text(cell)) > WORDS else "t",
                number_html(
                    cell,
                    split=i in styles and bool(_text(cell)) and not _is_word(_text(cell)),
                    percent=i in styles and styles[i][1],
                ),
            )
            for i, (cell, column) in enumerate(zip(line.cells, table.columns, strict=True))
        )
        return Markup('<tr><th scope="row"{}>{}</th>{}</tr>').format(level, line.label, cells)

    def _figure(self, block: FigureBlock) -> Markup:
        figure = self._figures.get(block.name)
        if figure is None:
            return Markup('<p class="notice empty">{}</p>').format(block.empty)
        self._pictures += 1
        caption = block.caption or figure.caption
        anchor = re.sub(r"[^A-Za-z0-9_-]", "-", block.name)
        files = Markup(", ").join(
            Markup('<a href="figures/{0}">figures/{0}</a>').format(f"{block.name}{self._mark}{end}")
            for end in (".svg", ".pdf")
        )
        return Markup(
            '<figure class="picture" id="figure-{name}" aria-labelledby="figure-{name}-caption">\n'
            '<div class="canvas wide">{wide}</div>\n<div class="canvas narrow">{narrow}</div>\n'
            '<figcaption id="figure-{name}-caption">Figure {count}. {caption}</figcaption>\n'
            '<details class="summary"><summary>Figure {count} in words</summary><p>{summary}</p></details>\n'
            '<p class="files">Files: {files}</p>\n</figure>'
        ).format(
            name=anchor,
            wide=figure_svg(figure.svg, f"w-{anchor}"),
            narrow=figure_svg(figure.svg_narrow, f"n-{anchor}"),
            count=self._pictures,
            caption=caption,
            summary=figure.summary,
            files=files,
        )


def _parts(parts: Iterable[Part]) -> Markup:
    return Markup("").join(number_html(part) for part in parts)
