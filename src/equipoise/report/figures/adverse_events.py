"""Adverse events by term: share of subjects per arm, any grade and grade 3 or higher, on one line per term."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from equipoise.report.facts import Arm, Facts
from equipoise.report.figures.axis import Scale, count_ticks
from equipoise.report.figures.figure import Drawing, Figure
from equipoise.report.figures.metrics import CAP_HEIGHT, text_width, wrap
from equipoise.report.figures.scene import Circle, Path, Point, Scene, Shape, Text, hline, vline
from equipoise.report.figures.style import (
    INK,
    LINE,
    MUTED,
    NARROW,
    PAPER,
    WIDE,
    ArmStyle,
    arm_styles,
    background,
    synthetic_band,
)
from equipoise.report.numbers import format_count_percent
from equipoise.report.rows import Row, Rows
from equipoise.report.words import sentence_case
from equipoise.results import Results
from equipoise.terms import ArmRole

__all__ = ["adverse_events_figure"]

SHARE = 10.0
"""Terms with this percentage in any arm are shown."""
FEWEST, MOST = 6, 25
RADIUS = 3.0
DODGE = 3.4
"""Between the marks of two arms, downward, so that equal shares do not hide each other."""


@dataclass(frozen=True, slots=True)
class _Cell:
    """Subjects of an arm with a term: any grade and grade 3 or higher."""

    any_grade: int
    grade3: int
    n: int
    rows: tuple[tuple[int, ...], tuple[int, ...]]

    def percent(self, *, severe: bool) -> float:
        return 100 * (self.grade3 if severe else self.any_grade) / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class _Term:
    label: str
    cells: tuple[_Cell, ...]

    @property
    def highest(self) -> float:
        return max(cell.percent(severe=False) for cell in self.cells)


@dataclass(frozen=True, slots=True)
class _Data:
    arms: tuple[Arm, ...]
    terms: tuple[_Term, ...]
    chosen: str
    severe: str
    population: str


def adverse_events_figure(results: Results) -> Figure | None:
    """Dot plot of the frequent adverse events of the first period; None where no term was counted.

    Terms with 10% or more in any arm are shown, at least 6 and at most 25 of the most frequent, in falling order of the
    experimental arms. A filled mark is any grade, an open one grade 3 or higher; each arm has its shape and color.
    """
    facts = Facts.of(results)
    data = _read(facts, Rows.of(results.statistics.filter(pl.col("analysis_id") == "safety_terms")))
    if data is None:
        return None
    sizes = {"adverse_events": WIDE, "adverse_events_narrow": NARROW}
    wide, narrow = (_draw(data, facts, name, width) for name, width in sizes.items())
    return Figure(
        name="adverse_events", caption=f"Adverse events by term. {_note(data, facts)}", wide=wide, narrow=narrow
    )


def _read(facts: Facts, rows: Rows) -> _Data | None:
    found: dict[tuple[str, str], dict[tuple[str, str], Row]] = {}
    for row in rows:
        if row.variable in ("any_grade", "grade3") and row.statistic == "n" and row.variable_level and row.group_level:
            term = found.setdefault((row.parent_level or "", row.variable_level), {})
            term[row.group_level, row.variable] = row
    shown = {arm for term in found.values() for arm, _ in term}
    arms = tuple(arm for arm in facts.arms if arm.id in shown)
    terms = [_term(level, cells, arms) for (_, level), cells in found.items()]
    terms = [term for term in terms if term.highest > 0]
    if not terms:
        return None
    frequent = sorted(terms, key=lambda term: -term.highest)
    over = [term for term in frequent if term.highest >= SHARE]
    kept = over[:MOST] if len(over) >= FEWEST else frequent[:FEWEST]
    chosen = f"terms with {SHARE:g}% or more in any arm" if kept == over else f"the {len(kept)} most frequent terms"
    experimental = [i for i, arm in enumerate(arms) if arm.role == ArmRole.EXPERIMENTAL] or list(range(len(arms)))
    kept.sort(key=lambda term: (-max(term.cells[i].percent(severe=False) for i in experimental), term.label))
    severe = "severe" if facts.safety.get("grade_variable") == "AESEV" else "grade 3 or higher"
    population = next((row.population for row in rows if row.population), None)
    return _Data(arms, tuple(kept), chosen, severe, facts.population_label(population) if population else "")


def _term(level: str, cells: dict[tuple[str, str], Row], arms: Sequence[Arm]) -> _Term:
    def cell(arm: Arm) -> _Cell:
        both = [cells.get((arm.id, variable)) for variable in ("any_grade", "grade3")]
        counts = [int(row.value or 0) if row else 0 for row in both]
        n = next((row.n for row in both if row and row.n), 0)
        ids = [(row.row_id,) if row else () for row in both]
        return _Cell(counts[0], counts[1], n, (ids[0], ids[1]))

    return _Term(sentence_case(level), tuple(cell(arm) for arm in arms))


def _note(data: _Data, facts: Facts) -> str:
    dictionary = facts.safety.get("dictionary")
    parts = [
        f"Population: {data.population}" if data.population else "",
        data.chosen,
        f"counts and filled marks: any grade, open marks: {data.severe}",
        f"{dictionary}" if dictionary else "",
        f"data cut: {facts.data_cut}",
    ]
    return "; ".join(part for part in parts if part) + "."


def _draw(data: _Data, facts: Facts, name: str, width: float) -> Drawing:
    wide = width > 1.5 * NARROW
    size = 8.0 if wide else 7.5
    scene = Scene(name=name, width=width, height=0.0, title="Adverse events by term", description=_summary(data))
    top = synthetic_band(scene) if facts.synthetic else 4.0
    texts = [[format_count_percent(cell.any_grade, cell.n) for cell in term.cells] for term in data.terms]
    columns = _columns(data, texts, width=width, size=size) if wide else []
    names = max(text_width(term.label, size) for term in data.terms)
    names = min(names, (0.3 if wide else 0.38) * width)
    left = 2 + names + 10
    right = (columns[0][0] - columns[0][1] / 2 - 14) if columns else width - 2 - text_width("100", size) / 2
    top = _heads(scene, data, facts, columns, top=top, size=size)
    ticks = count_ticks(max(term.highest for term in data.terms), 5)
    ticks = [tick for tick in ticks if tick <= 100]
    x = Scale(0, max(ticks[-1], *(term.highest for term in data.terms)), left, right)
    labels = [wrap(term.label, names + 0.01, size) for term in data.terms]
    marks: list[dict[str, Any]] = []
    styles = arm_styles(facts.arms)
    y = top
    for term, words, cells in zip(data.terms, labels, texts, strict=True):
        height = max((1.2 * len(words) + 0.7) * size, DODGE * len(data.arms) + 8)
        middle = y + height / 2
        scene.add(hline(left, right, middle, color=LINE, width=0.4, part="guide"))
        first = middle - 0.6 * size * (len(words) - 1) + size * CAP_HEIGHT / 2
        for i, line in enumerate(words):
            scene.add(Text(x=2, y=first + 1.2 * size * i, text=line, size=size, part="term"))
        for (at, _), text, cell in zip(columns, cells, term.cells, strict=False):
            base = middle + size * CAP_HEIGHT / 2
            scene.add(Text(x=at, y=base, text=text, size=size, anchor="middle", rows=cell.rows[0], part="count"))
        marks += _marks(scene, term, data, styles, at=(x, middle))
        y += height
    y = _axis(scene, x, ticks, y + 2, size)
    for line in wrap(_note(data, facts), width - 4, size - 1.2):
        y += 1.25 * (size - 1.2)
        scene.add(Text(x=2, y=y, text=line, size=size - 1.2, color=MUTED, part="note"))
    scene.height = y + 4
    background(scene)
    return Drawing(scene, {"x": x, "ticks": ticks, "marks": marks})


def _columns(data: _Data, texts: list[list[str]], *, width: float, size: float) -> list[tuple[float, float]]:
    """Middle and width of the column of each arm, from the right edge leftward."""
    columns: list[tuple[float, float]] = []
    right = width - 2
    for i in reversed(range(len(data.arms))):
        head = wrap(data.arms[i].label, 64.0, size, bold=True)
        room = max(
            [text_width(row[i], size) for row in texts]
            + [text_width(words, size, bold=True) for words in (*head, "n (%)")]
        )
        columns.insert(0, (right - room / 2, room))
        right -= room + 10
    return columns


def _heads(
    scene: Scene, data: _Data, facts: Facts, columns: list[tuple[float, float]], *, top: float, size: float
) -> float:
    """Key of the marks, heads of the columns and a rule."""
    styles = arm_styles(facts.arms)
    step = 1.25 * size
    heads = [wrap(arm.label, 64.0, size, bold=True) for arm in data.arms]
    depth = max(map(len, heads)) + 1 if columns else 0
    for (at, _), arm, words in zip(columns, data.arms, heads, strict=False):
        lines = [*words, "n (%)"]
        for i, line in enumerate(lines, start=depth - len(lines) + 1):
            last = line == "n (%)"
            color = MUTED if last else styles[arm.id].color
            y = top + i * step
            scene.add(Text(x=at, y=y, text=line, size=size, bold=not last, color=color, anchor="middle", part="head"))
    limit = (columns[0][0] - columns[0][1] / 2 - 10) if columns else scene.width - 2
    x, y = 2.0, top + step
    for i, arm in enumerate(data.arms):
        wide = 14 + text_width(arm.label, size, bold=True)
        if x > 2 and x + wide > limit:
            x, y = 2.0, y + step
        scene.add(_mark(i, (x + 4, y - size * CAP_HEIGHT / 2), styles[arm.id].color, filled=True))
        scene.add(Text(x=x + 11, y=y, text=arm.label, size=size, bold=True, color=styles[arm.id].color, part="key"))
        x += wide + 8
    rule = max(top + depth * step, y) + 0.5 * size
    scene.add(hline(2, scene.width - 2, rule, color=INK, part="rule"))
    return rule + 2


def _marks(
    scene: Scene, term: _Term, data: _Data, styles: Mapping[str, ArmStyle], *, at: tuple[Scale, float]
) -> list[dict[str, Any]]:
    x, middle = at
    drawn: list[dict[str, Any]] = []
    for severe in (True, False):
        for i, (arm, cell) in enumerate(zip(data.arms, term.cells, strict=True)):
            if severe and not cell.grade3:
                continue
            percent = cell.percent(severe=severe)
            words = f"{term.label}, {arm.label}, {data.severe if severe else 'any grade'}: {percent:.1f}% of {cell.n}"
            place = (x(percent), middle + (i - (len(data.arms) - 1) / 2) * DODGE)
            scene.add(_mark(i, place, styles[arm.id].color, filled=not severe, rows=cell.rows[severe], label=words))
            drawn.append({"term": term.label, "arm": arm.id, "severe": severe, "place": place, "percent": percent})
    return drawn


def _mark(i: int, at: Point, color: str, *, filled: bool, rows: tuple[int, ...] = (), label: str = "") -> Shape:
    """Circle, square, triangle, diamond, triangle down, cross bar by position of the arm."""
    x, y = at
    fill, stroke, r = color if filled else PAPER, color, RADIUS if filled else RADIUS - 0.4
    part = "key-mark" if not label else "mark"
    if i % 6 == 0:
        return Circle(x=x, y=y, radius=r, fill=fill, stroke=stroke, width=1.0, rows=rows, label=label, part=part)
    corners: dict[int, list[Point]] = {
        1: [(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)],
        2: [(x, y - r * 1.2), (x + r * 1.15, y + r), (x - r * 1.15, y + r)],
        3: [(x, y - r * 1.3), (x + r * 1.3, y), (x, y + r * 1.3), (x - r * 1.3, y)],
        4: [(x, y + r * 1.2), (x + r * 1.15, y - r), (x - r * 1.15, y - r)],
        5: [
            (x - r * 0.6, y - r * 1.3),
            (x + r * 0.6, y - r * 1.3),
            (x + r * 0.6, y + r * 1.3),
            (x - 0.6 * r, y + r * 1.3),
        ],
    }
    points = tuple(corners[i % 6])
    return Path(subpaths=(points,), closed=True, fill=fill, stroke=stroke, width=1.0, rows=rows, label=label, part=part)


def _axis(scene: Scene, x: Scale, ticks: list[int], y: float, size: float) -> float:
    scene.add(hline(x.start, x.end, y, color=INK, part="axis"))
    for tick in ticks:
        at = x(tick)
        scene.add(vline(at, y, y + 3, color=INK, part="tick"))
        scene.add(Text(x=at, y=y + 4 + size, text=str(tick), size=size, anchor="middle", part="x-tick"))
    y += 4 + 2.3 * size
    middle = (x.start + x.end) / 2
    scene.add(Text(x=middle, y=y, text="Subjects (%)", size=size, anchor="middle", part="x-label"))
    return y + 4


def _summary(data: _Data) -> str:
    sentences = [f"Adverse events, {data.chosen}."]
    for term in data.terms:
        counts = [
            f"{arm.label} {cell.any_grade} of {cell.n}, {cell.grade3} {data.severe}"
            for arm, cell in zip(data.arms, term.cells, strict=True)
        ]
        sentences.append(f"{term.label}: {'; '.join(counts)}.")
    return " ".join(sentences)
