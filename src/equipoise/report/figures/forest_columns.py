"""Text columns of a forest plot: subgroup, events of subjects per arm, hazard ratio, P for interaction."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from equipoise.report.figures.forest_data import Forest, ForestRow
from equipoise.report.figures.metrics import CAP_HEIGHT, text_width, wrap
from equipoise.report.figures.scene import Anchor, Scene, Text, hline
from equipoise.report.figures.style import INK, MUTED, ArmStyle
from equipoise.report.numbers import Style, format_estimate, format_p
from equipoise.report.rows import Row, row_ids

__all__ = ["Column", "columns_of", "draw_heads", "draw_line", "line_height", "ratio_text"]

GAP = 9.0
INDENT = 8.0
GRAPH, NARROW_GRAPH = 120.0, 66.0
"""Least width of the graph."""
SMALLER = 0.7
"""By how much counts under a label are smaller than it."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column with its place; the graph is one too."""

    kind: str
    """``label``, ``count`` (of an arm), ``graph``, ``ratio`` or ``p``."""
    head: tuple[str, ...]
    left: float
    right: float
    arm: int = 0
    color: str = INK
    anchor: Anchor = "start"

    @property
    def at(self) -> float:
        """Where its texts are anchored."""
        return {"start": self.left, "middle": (self.left + self.right) / 2, "end": self.right}[self.anchor]

    @property
    def width(self) -> float:
        """Room for text."""
        return self.right - self.left


def count_text(row: ForestRow, arm: int) -> str:
    """Events of subjects of one arm."""
    events, subjects = row.counts[arm]
    return f"{int(events.value or 0) if events else 0}/{int(subjects.value or 0) if subjects else 0}"


def ratio_text(row: ForestRow, style: Style) -> str:
    """Hazard ratio with its interval, NE where there is none."""
    values = [r.value if r is not None and r.known else None for r in (row.ratio, row.low, row.high)]
    return format_estimate(values[0], values[1], values[2], style) if row.estimable else "NE"


def columns_of(
    forest: Forest, style: Style, styles: Mapping[str, ArmStyle], *, width: float, size: float, wide: bool
) -> list[Column]:
    """Lay the columns out for a width; the graph takes what texts leave, labels wrap where it would be small."""
    shown = [row for row in forest.rows if row.kind != "factor"]
    level = f"({100 * forest.conf_level:g}% CI)"
    ratio = max(text_width(text, size) for text in (*(ratio_text(row, style) for row in shown), f"HR {level}"))
    counts = _counts(forest, shown, styles, size) if wide else []
    p = text_width("interaction", size, bold=True) if wide else 0.0
    least = max(text_width(_counts_text(row), size - SMALLER) for row in shown) + INDENT if not wide else 46.0
    fixed = 4 + sum(column.width + GAP for column in counts) + (p + GAP if wide else 0) + ratio + 1.5 * GAP
    spare = width - fixed - (GRAPH if wide else NARROW_GRAPH)
    names = max(least, min(_natural(forest, size), (0.30 if wide else 0.34) * width, spare))
    columns = [Column(kind="label", head=("Subgroup",) if wide else ("Subgroup", "events/n"), left=2, right=2 + names)]
    x = columns[0].right + GAP
    for column in counts:
        columns.append(replace(column, left=x, right=x + column.width))
        x += column.width + GAP
    right = width - 2
    tail = []
    if wide:
        tail.append(Column(kind="p", head=("P for", "interaction"), left=right - p, right=right, anchor="end"))
        right -= p + GAP
    tail.append(Column(kind="ratio", head=(f"HR {level}",), left=right - ratio, right=right, anchor="end"))
    right -= ratio + GAP / 2
    return [*columns, Column(kind="graph", head=(), left=x, right=right), *reversed(tail)]


def _natural(forest: Forest, size: float) -> float:
    """Width of the widest label on one line."""
    return max(
        text_width(row.label, size, bold=row.kind != "level") + (INDENT if row.kind == "level" else 0)
        for row in forest.rows
        if row.kind != "factor"
    )


def _counts(forest: Forest, shown: list[ForestRow], styles: Mapping[str, ArmStyle], size: float) -> list[Column]:
    """Columns of events and subjects, not yet in their place."""
    columns = []
    for i, arm in enumerate(forest.arms):
        head = wrap(arm.label, 76.0, size, bold=True)
        texts = [count_text(row, i) for row in shown]
        room = max(text_width(text, size, bold=True) for text in (*head, "events/n", *texts))
        color = styles[arm.id].color
        columns.append(
            Column(kind="count", head=(*head, "events/n"), left=0, right=room, arm=i, color=color, anchor="middle")
        )
    return columns


def _counts_text(row: ForestRow) -> str:
    return " v ".join(count_text(row, i) for i in range(len(row.counts)))


def draw_heads(scene: Scene, columns: list[Column], y: float, size: float) -> float:
    """Draw the heads, bottom aligned, with a rule; gives the top of the first line."""
    depth = max(len(column.head) for column in columns)
    step = 1.25 * size
    for column in columns:
        for i, words in enumerate(column.head, start=depth - len(column.head) + 1):
            last = words == "events/n"
            scene.add(
                Text(
                    x=column.at,
                    y=y + i * step,
                    text=words,
                    size=size,
                    bold=not last,
                    color=MUTED if last else column.color,
                    anchor=column.anchor,
                    part="head",
                )
            )
    rule = y + depth * step + 0.45 * size
    scene.add(hline(2, scene.width - 2, rule, color=INK, part="rule"))
    return rule + 3


def _labels(row: ForestRow, columns: list[Column], size: float) -> list[str]:
    indent = INDENT if row.kind == "level" else 0.0
    room = columns[0].width - indent
    if row.kind == "factor":
        room = next(column for column in columns if column.kind == "graph").left - 4
    return wrap(row.label, room + 0.01, size, bold=row.kind != "level")


def line_height(row: ForestRow, columns: list[Column], size: float, *, wide: bool) -> float:
    """Height of a line of the plot."""
    lines = len(_labels(row, columns, size)) + (0 if wide or row.kind == "factor" else 1)
    return lines * 1.2 * size + (0.75 if row.kind == "level" else 0.9) * size * (1 if wide else 0.8)


def draw_line(
    scene: Scene, row: ForestRow, columns: list[Column], y: float, *, size: float, style: Style, wide: bool
) -> float:
    """Write the texts of a line; gives the height of its mark."""
    labels = _labels(row, columns, size)
    pad = 0.35 * size + (0.15 * size if row.kind != "level" else 0)
    first = y + pad + size * 0.9
    indent = INDENT if row.kind == "level" else 0.0
    counted = [r for pair in row.counts for r in pair]
    for i, words in enumerate(labels):
        scene.add(
            Text(
                x=columns[0].left + indent, y=first + i * 1.2 * size, text=words, size=size, bold=row.kind != "level",
                rows=row_ids(*counted), part=f"label-{row.kind}",
            )
        )  # fmt: skip
    last = first + (len(labels) - 1) * 1.2 * size
    if not wide and row.kind != "factor":
        last += 1.2 * size
        words = _counts_text(row)
        scene.add(
            Text(
                x=columns[0].left + indent,
                y=last,
                text=words,
                size=size - SMALLER,
                color=MUTED,
                rows=row_ids(*counted),
                part="count",
            )
        )
    baseline = (first + last) / 2
    for column in columns[1:]:
        cell = _cell(row, column, style, wide=wide)
        if cell is not None:
            text, rows = cell
            scene.add(
                Text(x=column.at, y=baseline, text=text, size=size, anchor=column.anchor, rows=rows, part=column.kind)
            )
    return baseline - size * CAP_HEIGHT / 2


def _cell(row: ForestRow, column: Column, style: Style, *, wide: bool) -> tuple[str, tuple[int, ...]] | None:
    interaction: Row | None = row.interaction
    if column.kind == "count" and row.kind != "factor":
        return count_text(row, column.arm), row_ids(*row.counts[column.arm])
    if column.kind == "ratio" and row.kind != "factor":
        return ratio_text(row, style), row_ids(row.ratio, row.low, row.high)
    if interaction is not None and column.kind == ("p" if wide else "ratio"):
        p = interaction.value if interaction.known else None
        text = format_p(p, style, label=False) if wide else f"interaction {format_p(p, style)}"
        return text, row_ids(interaction)
    return None
