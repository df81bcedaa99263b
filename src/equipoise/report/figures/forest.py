"""Forest plot: effects in subgroups on a logarithmic axis, squares sized by events."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from equipoise.report.facts import Facts
from equipoise.report.figures.axis import Scale, labeled, ratio_limit, ratio_ticks
from equipoise.report.figures.figure import Drawing, Figure
from equipoise.report.figures.forest_columns import columns_of, draw_heads, draw_line, line_height, ratio_text
from equipoise.report.figures.forest_data import Forest, ForestRow, read_forest
from equipoise.report.figures.metrics import text_width, wrap
from equipoise.report.figures.scene import Path, Point, Scene, Text, hline, polygon, vline
from equipoise.report.figures.style import INK, LINE, MUTED, NARROW, WIDE, arm_styles, background, synthetic_band
from equipoise.report.numbers import Style, format_estimate, format_number, format_p
from equipoise.report.rows import row_ids
from equipoise.report.rules import has_rule_set, rule_line
from equipoise.report.words import STRATIFIED
from equipoise.results import Results

__all__ = ["forest_figure"]

LARGEST = 8.5
"""Side of the square of the level with most events, in points."""


def forest_figure(results: Results, analysis_id: str, *, pair: tuple[str, str] | None = None) -> Figure | None:
    """Forest plot of an analysis.

    Parameters
    ----------
    results
        Results with rows of ``<analysis_id>_subgroups``.
    analysis_id
        Analysis of the protocol.
    pair
        Experimental and reference arm; the first comparison unless given.

    Returns
    -------
    Figure or None
        None where no subgroup was analyzed.

    Raises
    ------
    FigureError
        Levels that do not add up to all subjects.
    """
    forest = read_forest(results, analysis_id, pair)
    if forest is None:
        return None
    facts = Facts.of(results)
    name = f"forest_{analysis_id}" + (f"_{pair[0]}_{pair[1]}" if pair else "")
    wide, narrow = (_draw(forest, facts, name=n, width=w) for n, w in ((name, WIDE), (f"{name}_narrow", NARROW)))
    return Figure(name=name, caption=_caption(forest, facts), wide=wide, narrow=narrow)


@dataclass(frozen=True)
class _Graph:
    """The part with the axis."""

    x: Scale
    top: float
    bottom: float
    limit: float
    most_events: int


def _draw(forest: Forest, facts: Facts, *, name: str, width: float) -> Drawing:
    wide = width > 1.5 * NARROW
    size = 8.0 if wide else 7.5
    style = cast("Style", facts.style)
    title = f"{facts.endpoint_label(forest.endpoint)}, effect in subgroups"
    scene = Scene(name=name, width=width, height=0.0, title=title, description=_summary(forest, facts, style))
    columns = columns_of(forest, style, arm_styles(facts.arms), width=width, size=size, wide=wide)
    y = synthetic_band(scene) if facts.synthetic else 4.0
    top = draw_heads(scene, columns, y, size)
    graph_column = next(column for column in columns if column.kind == "graph")
    estimable = [row for row in forest.rows if row.estimable]
    ratios = [_values(row) for row in estimable]
    limit = ratio_limit([r[0] for r in ratios], [x for r in ratios for x in r[1:]])
    heights = [line_height(row, columns, size, wide=wide) for row in forest.rows]
    bottom = top + sum(heights) + 3
    x = Scale(1 / limit, limit, graph_column.left + 6, graph_column.right - 6, log=True)
    levels = [row.n_events for row in forest.rows if row.kind == "level" and row.estimable]
    graph = _Graph(x, top, bottom, limit, max(levels, default=1))
    _reference_lines(scene, forest, graph)
    drawn: list[dict[str, Any]] = []
    y = top
    for row, height in zip(forest.rows, heights, strict=True):
        middle = draw_line(scene, row, columns, y, size=size, style=style, wide=wide)
        drawn.append({"row": row, "y": middle, **_mark(scene, row, graph, middle, words=ratio_text(row, style))})
        y += height
    y = _axis(scene, forest, graph, size=size, style=style)
    y = _note(scene, _note_text(forest, facts), y, size - 1.2)
    scene.height = y + 3
    background(scene)
    geometry = {
        "x": graph.x,
        "ticks": ratio_ticks(limit),
        "rows": drawn,
        "columns": columns,
        "top": top,
        "bottom": bottom,
    }
    return Drawing(scene, geometry)


def _values(row: ForestRow) -> tuple[float, float, float]:
    ratio, low, high = (float(r.value or 0) for r in (row.ratio, row.low, row.high) if r is not None)
    return ratio, low, high


def _reference_lines(scene: Scene, forest: Forest, graph: _Graph) -> None:
    scene.add(vline(graph.x(1), graph.top, graph.bottom, color=INK, width=0.6, part="no-effect"))
    whole = next((row for row in forest.rows if row.kind == "all" and row.estimable), None)
    if whole is not None and 1 / graph.limit <= _values(whole)[0] <= graph.limit:
        at = graph.x(_values(whole)[0])
        scene.add(vline(at, graph.top, graph.bottom, color=MUTED, width=0.6, dash=(2.5, 2), part="overall"))


def _mark(scene: Scene, row: ForestRow, graph: _Graph, y: float, *, words: str) -> dict[str, Any]:
    """Square or diamond with its interval; arrows where the interval leaves the axis."""
    if not row.estimable:
        return {"mark": None}
    ratio, low, high = _values(row)
    rows = row_ids(row.ratio, row.low, row.high)
    left, right = graph.x(max(low, 1 / graph.limit)), graph.x(min(high, graph.limit))
    clipped = (low < 1 / graph.limit, high > graph.limit)
    inside = 1 / graph.limit <= ratio <= graph.limit
    label = f"{row.label}: HR {words}, {row.n_events} events in {row.n}"
    if row.kind == "all" and inside and not any(clipped):
        half, middle = 4.2, graph.x(ratio)
        corners = [(left, y), (middle, y - half), (right, y), (middle, y + half)]
        diamond = polygon(corners, fill=INK, part="diamond")
        scene.add(_with_rows(diamond, rows, label))
        return {"mark": "diamond", "left": left, "right": right, "x": middle, "clipped": clipped}
    scene.add(hline(left, right, y, color=INK, width=0.9, part="interval"))
    arrows = [_arrow(scene, x, y, sign) for x, sign, cut in ((left, -1, clipped[0]), (right, 1, clipped[1])) if cut]
    side = LARGEST * math.sqrt(min(1.0, row.n_events / graph.most_events))
    if inside:
        middle = graph.x(ratio)
        half = side / 2
        corners = [
            (middle - half, y - half),
            (middle + half, y - half),
            (middle + half, y + half),
            (middle - half, y + half),
        ]
        scene.add(_with_rows(polygon(corners, fill=INK, part="square"), rows, label))
    return {
        "mark": "square" if inside else "arrow",
        "left": left,
        "right": right,
        "x": graph.x(ratio) if inside else None,
        "side": side,
        "clipped": clipped,
        "arrows": arrows,
    }


def _with_rows(path: Path, rows: tuple[int, ...], label: str) -> Path:
    return Path(subpaths=path.subpaths, closed=True, fill=path.fill, rows=rows, label=label, part=path.part)


def _arrow(scene: Scene, x: float, y: float, sign: int) -> list[Point]:
    points = [(x + 4.5 * sign, y), (x, y - 2.4), (x, y + 2.4)]
    scene.add(polygon(points, fill=INK, part="arrow"))
    return points


def _axis(scene: Scene, forest: Forest, graph: _Graph, *, size: float, style: Style) -> float:
    x, y = graph.x, graph.bottom
    scene.add(hline(x.start, x.end, y, color=INK, part="axis"))
    ticks = ratio_ticks(graph.limit)
    numbers = {tick: format_number(tick, len(f"{tick:g}".partition(".")[2]), style) for tick in ticks}
    widest = max(text_width(number, size) for number in numbers.values())
    numbered = labeled(ticks, x(ticks[1]) - x(ticks[0]), widest)
    for tick in ticks:
        at = x(tick)
        scene.add(vline(at, y, y + 3, color=INK, part="tick"))
        if tick in numbered:
            scene.add(Text(x=at, y=y + 4 + size, text=numbers[tick], size=size, anchor="middle", part="x-tick"))
    y += 4 + 2.4 * size
    scene.add(
        Text(x=x(1), y=y, text="Hazard ratio (log scale)", size=size, anchor="middle", color=MUTED, part="x-label")
    )
    return _favors(scene, forest, x, y + 0.6 * size, size)


def _favors(scene: Scene, forest: Forest, x: Scale, y: float, size: float) -> float:
    """Arrows to both sides of no effect with the arm that each side favors."""
    lowest = y
    for arm, sign in zip(forest.arms, (-1, 1), strict=True):
        start, end = x(1) + 5 * sign, x(1) + (x.end - x.start) / 2 * sign
        at = y + 4
        scene.add(hline(start, end - 4 * sign, at, color=INK, width=0.75, part="favors-arrow"))
        scene.add(
            polygon([(end, at), (end - 5 * sign, at - 2.2), (end - 5 * sign, at + 2.2)], fill=INK, part="favors-arrow")
        )
        room = min(150.0, (start - 2) if sign < 0 else scene.width - 2 - start)
        for i, words in enumerate(wrap(f"Favors {arm.label}", max(room, text_width("Favors", size)), size)):
            below = at + 3 + (i + 1) * 1.2 * size
            anchor = "end" if sign < 0 else "start"
            scene.add(Text(x=start, y=below, text=words, size=size, anchor=cast("Any", anchor), part="favors"))
            lowest = max(lowest, below)
    return lowest


def _note_text(forest: Forest, facts: Facts) -> str:
    parts = [f"Population: {facts.population_label(forest.population)}"]
    if forest.rule_set and has_rule_set(facts, forest.endpoint):
        parts.append(f"rule set {forest.rule_set}")
    parts.append(f"data cut: {facts.data_cut}")
    parts += forest.methods
    parts.append("area of squares in proportion to events; diamond and dashed line: all subjects")
    if any(row.kind != "factor" and not row.estimable for row in forest.rows):
        parts.append("NE: not estimable")
    return "; ".join(parts) + "."


def _note(scene: Scene, words: str, y: float, size: float) -> float:
    y += 5
    scene.add(hline(2, scene.width - 2, y, color=LINE, part="rule"))
    for line in wrap(words, scene.width - 4, size):
        y += 1.25 * size
        scene.add(Text(x=2, y=y, text=line, size=size, color=MUTED, part="note"))
    return y


def _caption(forest: Forest, facts: Facts) -> str:
    first, second = forest.arms
    name, rule = rule_line(facts, forest.endpoint, forest.rule_set)
    rules = f" {name}{' ' if name == 'Rule set' else ': '}{rule}." if rule else ""
    whom = facts.analysis_name(forest.analysis_id, forest.endpoint)
    what = f"{whom} in subgroups, {first.label} v {second.label}."
    return f"{what} {_note_text(forest, facts)}{rules}{_stratification(forest, facts)}"


def _stratification(forest: Forest, facts: Facts) -> str:
    """Says so where all subjects are shown with other strata than the declared effect has."""
    shown = next((row.ratio.strata or "none" for row in forest.rows if row.kind == "all" and row.ratio), None)
    effect = facts.analyses.get(forest.analysis_id, {}).get("effect")
    model = effect.get("cox") if isinstance(effect, Mapping) else None
    declared = str(model.get("strata") or "none") if isinstance(model, Mapping) else None
    if shown is None or declared is None or shown == declared:
        return ""
    words = [STRATIFIED.get(kind, kind) for kind in (shown, declared)]
    name = facts.analysis_name(forest.analysis_id, forest.endpoint)
    return f" All subjects: {words[0]}; the declared effect is {words[1]} and stands in the table {name}."


def _summary(forest: Forest, facts: Facts, style: Style) -> str:
    name = facts.analysis_name(forest.analysis_id, forest.endpoint)
    sentences = [f"Hazard ratios for {name}, {forest.arms[0].label} v {forest.arms[1].label}."]
    for row in forest.rows:
        if row.kind == "factor":
            p = row.interaction.value if row.interaction else None
            test = f", interaction {format_p(p, style)}" if p is not None else ""
            sentences.append(f"{row.label}{test}.")
            continue
        effect = "not estimable"
        if row.estimable:
            effect = format_estimate(*_values(row), style)
        sentences.append(f"{row.label}: {effect}, {row.n_events} events in {row.n} subjects.")
    return " ".join(sentences)
