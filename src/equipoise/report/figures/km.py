"""Kaplan-Meier figure: curves with censor marks and bands, numbers in the plot, the table of subjects at risk."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

import numpy as np

from equipoise.report.facts import Facts
from equipoise.report.figures.axis import Scale, month_step
from equipoise.report.figures.figure import Drawing, Figure
from equipoise.report.figures.km_data import ArmCurve, SurvivalData, read_survival
from equipoise.report.figures.km_inset import draw_inset, inset_of
from equipoise.report.figures.km_table import draw_table, table_left
from equipoise.report.figures.km_text import caption, note, probability_label, summary, time_label
from equipoise.report.figures.labels import Box, Boxes, Wanted, free_corner, place_names
from equipoise.report.figures.metrics import CAP_HEIGHT, text_width, wrap
from equipoise.report.figures.scene import Path, Scene, Text, hline, steps, vline
from equipoise.report.figures.style import INK, MUTED, NARROW, WIDE, ArmStyle, arm_styles, background, synthetic_band
from equipoise.report.numbers import Style
from equipoise.results import Results

__all__ = ["AtRisk", "draw_survival", "km_figure"]

BAND_OPACITY = 0.18
CENSOR_HEIGHT = 5.0

AtRisk = Literal["extended", "only"]


def km_figure(
    results: Results,
    analysis_id: str,
    *,
    rule_set: str | None = None,
    last_month: float | None = None,
    at_risk: AtRisk = "extended",
) -> Figure | None:
    """Survival figure of an analysis.

    Parameters
    ----------
    results
        Results with ``curves`` of the analysis.
    analysis_id
        Analysis of the protocol.
    rule_set
        Rule set of the endpoint; the primary one unless given.
    last_month
        End of the time axis where several figures share one; the last observed time unless given.
    at_risk
        Table under the axis: subjects at risk, censored and with an event (``extended``), or at risk only (``only``).

    Returns
    -------
    Figure or None
        None where the analysis has no curve.

    Raises
    ------
    FigureError
        Curves that contradict the counts of their arms.
    """
    data = read_survival(results, analysis_id, rule_set=rule_set)
    if data is None:
        return None
    facts = Facts.of(results)
    name = f"km_{analysis_id}" + (f"_{rule_set}" if rule_set else "")
    last = max(data.last_month, last_month or 0.0)
    wide, narrow = (
        draw_survival(data, facts, name=n, width=w, last_month=last, at_risk=at_risk)
        for n, w in ((name, WIDE), (f"{name}_narrow", NARROW))
    )
    return Figure(name=name, caption=caption(facts, data), wide=wide, narrow=narrow)


@dataclass(frozen=True)
class _Plot:
    """Where the plot lies and how values fall into it."""

    box: Box
    x: Scale
    y: Scale
    ticks: tuple[float, ...]

    def lower(self, by: float) -> "_Plot":
        """The plot further down."""
        box = replace(self.box, top=self.box.top + by, bottom=self.box.bottom + by)
        return replace(self, box=box, y=replace(self.y, start=box.bottom, end=box.top))


def draw_survival(
    data: SurvivalData,
    facts: Facts,
    *,
    name: str,
    width: float,
    last_month: float,
    at_risk: AtRisk,
    styles: Mapping[str, ArmStyle] | None = None,
) -> Drawing:
    """Draw curves, numbers and the table at risk; each arm in its style, that of the trial unless given."""
    size = 8.5 if width > 1.5 * NARROW else 8.0
    extended = at_risk == "extended"
    styles = styles or arm_styles(facts.arms)
    title = f"{facts.endpoint_label(data.endpoint)}, Kaplan-Meier curves"
    scene = Scene(name=name, width=width, height=0.0, title=title, description=summary(facts, data, facts.style))
    top = synthetic_band(scene) if facts.synthetic else 6.0
    inset = inset_of(data, cast("Style", facts.style), styles, size=size - 0.5, most=width - 4)
    label = wrap(probability_label(facts, data.endpoint), _height(width), size)
    left = max(table_left(data, size - 0.5, extended=extended), _axis_width(label, size))
    plot = _plot(data, box=Box(left, top, width - 2.0 * size, top + _height(width)), size=size, last_month=last_month)
    place = free_corner(plot.box, inset.width, inset.height, _obstacles(data, plot))
    if place is None:
        beside = replace(inset, beside=True)
        inset = beside if beside.width <= width - 4 else inset
        at = max(2.0, min(left, width - 2 - inset.width))
        place = Box(at, top, at + inset.width, top + inset.height)
        plot = plot.lower(inset.height + 8)
    _axes(scene, facts, data, plot, label=label, size=size)
    geometry: dict[str, Any] = {"plot": plot.box, "x": plot.x, "y": plot.y, "ticks": plot.ticks}
    geometry["curves"] = _curves(scene, data, plot, styles)
    geometry["names"] = _names(scene, data, plot, place, size=size, styles=styles)
    geometry["inset"] = draw_inset(scene, inset, place, keys=geometry["names"] is None)
    below = plot.box.bottom + 4.2 * size
    y, geometry["at_risk"] = draw_table(
        scene, data, styles, plot.x, plot.ticks, left=2.0, top=below, size=size - 0.5, extended=extended
    )
    scene.height = _note(scene, note(facts, data), y, size - 1.5) + 3
    background(scene)
    return Drawing(scene, geometry)


def _height(width: float) -> float:
    """Height of the plot."""
    return min(0.42 * width + 30, 235.0) if width > 1.5 * NARROW else 0.75 * width


def _axis_width(label: list[str], size: float) -> float:
    """Space left of the axis for its label and its numbers."""
    return 2 + 0.8 * size + 1.15 * size * (len(label) - 1) + 8 + text_width("100", size)


def _plot(data: SurvivalData, *, box: Box, size: float, last_month: float) -> _Plot:
    widest = max(text_width("8888", size), *(text_width(str(curve.n), size) for curve in data.arms))
    most = max(2, min(10, int((box.right - box.left) / (widest + 12))))
    step = month_step(last_month, most)
    last = max(1, int(np.ceil(last_month / step - 1e-9)))
    ticks = tuple(float(step * i) for i in range(last + 1))
    return _Plot(box, Scale(0.0, ticks[-1], box.left, box.right), Scale(0.0, 1.0, box.bottom, box.top), ticks)


def _runs(curve: ArmCurve, plot: _Plot, data: SurvivalData, *, band: bool) -> Boxes:
    """Horizontal runs of a curve, or the areas of its band, as boxes."""
    n = curve.shown(data.minimum_at_risk)
    x = np.array([plot.x(d / data.month_days) for d in curve.days[:n]])
    upper, lower = (curve.high[:n], curve.low[:n]) if band else (curve.estimate[:n], curve.estimate[:n])
    upper, lower = (np.where(np.isnan(v), curve.estimate[:n], v) for v in (upper, lower))
    tops, bottoms = (np.array([plot.y(v) for v in values]) for values in (upper, lower))
    ends = np.append(x[1:], x[-1])
    joined = np.maximum(bottoms, np.append(tops[1:], bottoms[-1])) if not band else bottoms
    return np.column_stack([x, tops - 0.5, ends + 0.5, joined + 0.5])


def _obstacles(data: SurvivalData, plot: _Plot) -> Boxes:
    return np.vstack([_runs(curve, plot, data, band=_bands(data)) for curve in data.arms])


def _bands(data: SurvivalData) -> bool:
    return len(data.arms) <= 2


def _axes(scene: Scene, facts: Facts, data: SurvivalData, plot: _Plot, *, label: list[str], size: float) -> None:
    box, base = plot.box, plot.box.bottom
    scene.add(
        vline(box.left, box.top, base, color=INK, part="axis"), hline(box.left, box.right, base, color=INK, part="axis")
    )
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = plot.y(share)
        scene.add(hline(box.left - 3, box.left, y, color=INK, part="tick"))
        scene.add(
            Text(
                x=box.left - 5,
                y=y + size * CAP_HEIGHT / 2,
                text=f"{100 * share:.0f}",
                size=size,
                anchor="end",
                part="y-tick",
            )
        )
    for month in plot.ticks:
        x = plot.x(month)
        scene.add(vline(x, base, base + 3, color=INK, part="tick"))
        scene.add(Text(x=x, y=base + 4 + size, text=f"{month:g}", size=size, anchor="middle", part="x-tick"))
    middle = (box.left + box.right) / 2
    scene.add(
        Text(
            x=middle,
            y=base + 5 + 2.2 * size,
            text=time_label(facts, data.endpoint),
            size=size,
            anchor="middle",
            part="x-label",
        )
    )
    at = box.left - 8 - text_width("100", size) - 1.15 * size * (len(label) - 1)
    for i, words in enumerate(label):
        x = at + 1.15 * size * i
        scene.add(
            Text(x=x, y=(box.top + base) / 2, text=words, size=size, anchor="middle", turned=True, part="y-label")
        )


def _curves(scene: Scene, data: SurvivalData, plot: _Plot, styles: Mapping[str, ArmStyle]) -> dict[str, dict[str, Any]]:
    geometry = {}
    if _bands(data):
        for curve in data.arms:
            _band(scene, curve, plot, data, styles[curve.arm.id])
    for curve in reversed(data.arms):
        n = curve.shown(data.minimum_at_risk)
        points = steps([plot.x(d / data.month_days) for d in curve.days[:n]], [plot.y(v) for v in curve.estimate[:n]])
        style = styles[curve.arm.id]
        label = f"{curve.arm.label}: {curve.total_events} of {curve.n} with an event"
        scene.add(
            Path(
                subpaths=(tuple(points),),
                stroke=style.color,
                width=1.5,
                dash=style.dash,
                rows=curve.rows,
                label=label,
                part="curve",
            )
        )
        marks = [
            (plot.x(curve.days[i] / data.month_days), plot.y(float(curve.estimate[i])))
            for i in range(n)
            if curve.n_censored[i] > 0
        ]
        if marks:
            half = CENSOR_HEIGHT / 2
            ticks = tuple(((x, y - half), (x, y + half)) for x, y in marks)
            rows = (curve.censored.row_id,) if curve.censored else ()
            words = f"{curve.arm.label}: {int(curve.n_censored.sum())} censored"
            scene.add(Path(subpaths=ticks, stroke=style.color, width=0.8, rows=rows, label=words, part="censored"))
        geometry[curve.arm.id] = {"points": points, "censored": marks}
    return geometry


def _band(scene: Scene, curve: ArmCurve, plot: _Plot, data: SurvivalData, style: ArmStyle) -> None:
    n = curve.shown(data.minimum_at_risk)
    unknown = np.flatnonzero(np.isnan(curve.low[:n]) | np.isnan(curve.high[:n]))
    stop = int(unknown[0]) if unknown.size else n
    if stop < 2:
        return
    x = [plot.x(d / data.month_days) for d in curve.days[:stop]]
    if stop < n:
        x.append(plot.x(curve.days[stop] / data.month_days))
    edges = []
    for limit in (curve.high, curve.low):
        y = [plot.y(float(v)) for v in limit[:stop]]
        edges.append(steps(x, y + [y[-1]] * (len(x) - len(y))))
    outline = tuple(edges[0] + edges[1][::-1])
    scene.add(Path(subpaths=(outline,), closed=True, fill=style.color, opacity=BAND_OPACITY, part="band"))


def _names(
    scene: Scene, data: SurvivalData, plot: _Plot, inset: Box, *, size: float, styles: Mapping[str, ArmStyle]
) -> dict[str, Box] | None:
    """Names beside the curves, or None where they would collide."""
    if len(data.arms) < 2:
        return {}
    runs = [_runs(curve, plot, data, band=False) for curve in data.arms]
    wanted = [
        Wanted(text_width(curve.arm.label, size, bold=True), size * 0.95, run)
        for curve, run in zip(data.arms, runs, strict=True)
    ]
    inner = Box(plot.box.left + 3, plot.box.top, plot.box.right, plot.box.bottom - 2)
    places = place_names(inner, wanted, np.vstack(runs), [inset.grown(3)])
    if places is None:
        return None
    for curve, box in zip(data.arms, places, strict=True):
        color = styles[curve.arm.id].color
        scene.add(
            Text(
                x=box.left,
                y=box.bottom - size * 0.22,
                text=curve.arm.label,
                size=size,
                bold=True,
                color=color,
                rows=curve.rows,
                part="name",
            )
        )
    return {curve.arm.id: box for curve, box in zip(data.arms, places, strict=True)}


def _note(scene: Scene, words: str, y: float, size: float) -> float:
    y += 4
    for words_line in wrap(words, scene.width - 4, size):
        y += 1.25 * size
        scene.add(Text(x=2, y=y, text=words_line, size=size, color=MUTED, part="note"))
    return y
