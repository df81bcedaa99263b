"""A drawing as data: shapes and texts at coordinates in points (1/72 inch), y downward.

One scene is rendered twice, to SVG and to PDF, so both show the same lines, words and positions. Shapes carry the
identifiers of the results rows they are drawn from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from equipoise.report.figures.metrics import text_width

__all__ = [
    "MM",
    "Anchor",
    "Circle",
    "Path",
    "Point",
    "Scene",
    "Shape",
    "Text",
    "hline",
    "line",
    "polygon",
    "rect",
    "steps",
    "vline",
]

MM = 72 / 25.4
"""Points in a millimeter."""

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """Straight lines through points; several subpaths share one style."""

    subpaths: tuple[tuple[Point, ...], ...]
    closed: bool = False
    stroke: str | None = None
    width: float = 0.75
    dash: tuple[float, ...] = ()
    fill: str | None = None
    opacity: float = 1.0
    """Opacity of the fill."""
    rows: tuple[int, ...] = ()
    label: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """A disk or a ring."""

    x: float
    y: float
    radius: float
    stroke: str | None = None
    width: float = 0.75
    fill: str | None = None
    rows: tuple[int, ...] = ()
    label: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One line of text; ``y`` is its baseline, ``turned`` runs it upward."""

    x: float
    y: float
    text: str
    size: float
    bold: bool = False
    color: str = "#1a1d21"
    anchor: Anchor = "start"
    turned: bool = False
    rows: tuple[int, ...] = ()
    label: str = ""
    part: str = ""

    @property
    def width(self) -> float:
        """Width of the line."""
        return text_width(self.text, self.size, bold=self.bold)

    @property
    def left(self) -> float:
        """Left end of a line that runs to the right."""
        return self.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor] * self.width


Shape = Path | Circle | Text


@dataclass(slots=True, kw_only=True)
class Scene:
    """A drawing: size, text alternative, shapes in drawing order."""

    name: str
    width: float
    height: float
    title: str
    description: str
    shapes: list[Shape] = field(default_factory=list)

    def add(self, *shapes: Shape) -> None:
        """Draw on top of what is there."""
        self.shapes.extend(shapes)

    @property
    def texts(self) -> list[Text]:
        """The lines of text."""
        return [shape for shape in self.shapes if isinstance(shape, Text)]


def line(
    points: Sequence[Point], *, color: str, width: float = 0.75, dash: tuple[float, ...] = (), part: str = ""
) -> Path:
    """Open line through points."""
    return Path(subpaths=(tuple(points),), stroke=color, width=width, dash=dash, part=part)


def hline(
    x1: float, x2: float, y: float, *, color: str, width: float = 0.5, dash: tuple[float, ...] = (), part: str = ""
) -> Path:
    """Horizontal line."""
    return line([(x1, y), (x2, y)], color=color, width=width, dash=dash, part=part)


def vline(
    x: float, y1: float, y2: float, *, color: str, width: float = 0.5, dash: tuple[float, ...] = (), part: str = ""
) -> Path:
    """Vertical line."""
    return line([(x, y1), (x, y2)], color=color, width=width, dash=dash, part=part)


def polygon(
    points: Sequence[Point], *, fill: str | None, stroke: str | None = None, width: float = 0.75, part: str = ""
) -> Path:
    """Closed shape."""
    return Path(subpaths=(tuple(points),), closed=True, fill=fill, stroke=stroke, width=width, part=part)


def rect(
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    fill: str | None,
    stroke: str | None = None,
    line_width: float = 0.75,
    part: str = "",
) -> Path:
    """Upright rectangle with its upper left corner at (x, y)."""
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    return polygon(corners, fill=fill, stroke=stroke, width=line_width, part=part)


def steps(x: Sequence[float], y: Sequence[float]) -> list[Point]:
    """Right-continuous step line: level to the next time, then down; level stretches are not broken."""
    points: list[Point] = [(x[0], y[0])]
    for i in range(1, len(x)):
        if y[i] != y[i - 1]:
            points += [(x[i], y[i - 1]), (x[i], y[i])]
    if points[-1][0] != x[-1]:
        points.append((x[-1], y[-1]))
    return points
