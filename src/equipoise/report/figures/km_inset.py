"""The small table inside a survival plot: events, medians, hazard ratios and P values."""

from collections.abc import Mapping
from dataclasses import dataclass

from equipoise.report.figures.km_data import SurvivalData
from equipoise.report.figures.km_text import Line, comparison_lines, inset_cells
from equipoise.report.figures.labels import Box
from equipoise.report.figures.metrics import CAP_HEIGHT, text_width, wrap
from equipoise.report.figures.scene import Path, Scene, Text, hline
from equipoise.report.figures.style import INK, MUTED, ArmStyle
from equipoise.report.numbers import Style

__all__ = ["Inset", "draw_inset", "inset_of"]

KEY = 20.0


@dataclass(frozen=True, slots=True)
class _ArmLine:
    """One arm of the table; a long name has several lines."""

    names: tuple[str, ...]
    style: ArmStyle
    events: Line
    median: Line


@dataclass(frozen=True, kw_only=True)
class Inset:
    """Lines of the table, measured before they are placed."""

    size: float
    arms: tuple[_ArmLine, ...]
    heads: tuple[tuple[str, ...], tuple[str, ...]]
    lines: tuple[Line, ...]
    columns: tuple[float, float, float]
    """Widths: names with key, events, median."""
    beside: bool = False
    """Whether the lines stand right of the table instead of below it."""

    @property
    def width(self) -> float:
        """Width of everything."""
        if self.beside:
            return self.table_width + 3 * self.gap + self.lines_width
        return max(self.table_width, self.lines_width)

    @property
    def table_width(self) -> float:
        """Width of the part with columns."""
        return sum(self.columns) + 2 * self.gap

    @property
    def lines_width(self) -> float:
        """Width of the lines without columns."""
        return max((text_width(line.text, self.size, bold=not line.rows) for line in self.lines), default=0.0)

    @property
    def gap(self) -> float:
        """Space between columns."""
        return 1.2 * self.size

    @property
    def step(self) -> float:
        """Height of a line."""
        return 1.35 * self.size

    @property
    def height(self) -> float:
        """Height of all lines."""
        table = self.step * (max(map(len, self.heads)) + sum(len(arm.names) for arm in self.arms))
        lines = self.step * len(self.lines) + sum(map(self.space_above, range(len(self.lines))))
        if self.beside:
            return max(table, lines)
        return table + lines + (4 if self.lines else 0)

    def space_above(self, i: int) -> float:
        """Space before a line that names the next comparison."""
        return 0.35 * self.size if i and not self.lines[i].rows and self.lines[i - 1].rows else 0.0


def inset_of(data: SurvivalData, style: Style, styles: Mapping[str, ArmStyle], *, size: float, most: float) -> Inset:
    """Measure the table for a width of at most ``most``; the column of names always leaves room for the key."""
    cells = inset_cells(data, style)
    level = f"({100 * data.conf_level:g}% CI)"
    lines = tuple(
        Line(words, line.rows)
        for line in comparison_lines(data, style)
        for words in wrap(line.text, most, size, bold=not line.rows)
    )

    def measured(median_head: tuple[str, ...], name_width: float) -> Inset:
        arms = tuple(
            _ArmLine(tuple(wrap(label, name_width - KEY, size, bold=True)), styles[arm], events, median)
            for arm, label, events, median in cells
        )
        names = KEY + max(text_width(words, size, bold=True) for arm in arms for words in arm.names)
        events = max(text_width(text, size) for text in ("Events/N", *(arm.events.text for arm in arms)))
        median = max(text_width(text, size) for text in (*median_head, *(arm.median.text for arm in arms)))
        heads = (("Events/N",), median_head)
        return Inset(size=size, arms=arms, heads=heads, lines=lines, columns=(names, events, median))

    inset = measured((f"Median, months {level}",), 0.5 * most)
    return inset if inset.width <= most else measured(("Median, months", level), 0.36 * most)


def draw_inset(scene: Scene, inset: Inset, place: Box, *, keys: bool) -> list[Text]:
    """Draw the table at its place; ``keys`` adds a sample of each line where the curves bear no names."""
    size = inset.size
    events = place.left + inset.columns[0] + inset.gap + inset.columns[1]
    median = events + inset.gap + inset.columns[2]
    y = place.top - 0.4 * size
    drawn = []
    depth = max(map(len, inset.heads))
    for x, head in zip((events, median), inset.heads, strict=True):
        for i, words in enumerate(head, start=depth - len(head) + 1):
            at = y + i * inset.step
            drawn.append(Text(x=x, y=at, text=words, size=size, color=MUTED, anchor="end", part="inset-head"))
    y += depth * inset.step
    scene.add(hline(place.left, median, y + 0.35 * size, color=MUTED, width=0.4, part="inset-rule"))
    for arm in inset.arms:
        for i, words in enumerate(arm.names):
            y += inset.step
            if not i:
                drawn += _arm_cells(scene, inset, arm, (place.left, events, median), y, keys=keys)
            at = place.left + (KEY if keys else 0)
            drawn.append(Text(x=at, y=y, text=words, size=size, bold=True, color=arm.style.color, part="inset-arm"))
    x, y = (median + 3 * inset.gap, place.top - 0.4 * size) if inset.beside else (place.left, y + 4)
    for i, line in enumerate(inset.lines):
        y += inset.step + inset.space_above(i)
        part = "inset-comparison"
        drawn.append(
            Text(x=x, y=y, text=line.text, size=size, bold=not line.rows, color=INK, rows=line.rows, part=part)
        )
    scene.add(*drawn)
    return drawn


def _arm_cells(
    scene: Scene, inset: Inset, arm: _ArmLine, at: tuple[float, float, float], y: float, *, keys: bool
) -> list[Text]:
    left, events, median = at
    size = inset.size
    if keys:
        level = y - size * CAP_HEIGHT / 2
        sample = ((left, level), (left + KEY - 4, level))
        scene.add(Path(subpaths=(sample,), stroke=arm.style.color, width=1.5, dash=arm.style.dash, part="key"))
    return [
        Text(x=x, y=y, text=cell.text, size=size, color=INK, anchor="end", rows=cell.rows, part=f"inset-{part}")
        for x, cell, part in ((events, arm.events, "events"), (median, arm.median, "median"))
    ]
