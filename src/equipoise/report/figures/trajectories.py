"""Trajectories of questionnaire scores: model means by arm over time, one panel for each scale.

All panels of a figure share the time axis and the number of points from bottom to top, so that slopes can be compared.
"""

import math
from collections.abc import Mapping

import polars as pl

from equipoise.report.facts import Facts
from equipoise.report.figures.figure import Drawing, Figure
from equipoise.report.figures.metrics import text_width, wrap
from equipoise.report.figures.scene import Scene, Text, line
from equipoise.report.figures.style import MUTED, NARROW, WIDE, ArmStyle, arm_styles, background, synthetic_band
from equipoise.report.figures.trajectories_data import Trajectories, read_trajectories
from equipoise.report.figures.trajectories_panel import Frame, draw_panel, level_ticks, mark, panel_height
from equipoise.report.figures.trajectories_text import caption, difference_lines, note, summary
from equipoise.report.questionnaires import courses
from equipoise.report.rows import Rows
from equipoise.results import Results

__all__ = ["trajectories_figure", "trajectory_names"]

_GAP = 10.0
_MOST_COLUMNS = 3
_LEAST_PANEL = 128.0


def trajectory_names(results: Results) -> list[str]:
    """Names of the figures of all questionnaires with a model, in the order of the analyses.

    ``trajectories_<questionnaire>``; a declared analysis has ``trajectories_<analysis>_<questionnaire>`` of its own.
    """
    return list(_readable(results))


def trajectories_figure(results: Results, name: str) -> Figure | None:
    """Means of every scale of a questionnaire over time, by arm; None where the results do not hold the figure.

    Parameters
    ----------
    results
        Results folder in memory.
    name
        One of ``trajectory_names``.
    """
    data, facts = _readable(results).get(name), Facts.of(results)
    if data is None:
        return None
    wide, narrow = (_draw(data, facts, n, w) for n, w in ((name, WIDE), (f"{name}_narrow", NARROW)))
    return Figure(name=name, caption=caption(facts, data), wide=wide, narrow=narrow)


def _readable(results: Results) -> dict[str, Trajectories]:
    facts = Facts.of(results)
    if not facts.trial.get("questionnaires"):
        return {}
    own = results.statistics.filter(pl.col("parent_level").is_in(list(facts.trial["questionnaires"])))
    read = {course.name: read_trajectories(course, facts) for course in courses(Rows.of(own), facts)}
    return {f"trajectories_{name}": data for name, data in read.items() if data is not None}


def _draw(data: Trajectories, facts: Facts, name: str, width: float) -> Drawing:
    size = 8.0 if width > 1.5 * NARROW else 7.5
    styles = arm_styles(facts.arms)
    scene = Scene(
        name=name, width=width, height=0.0, title=f"{data.label}, trajectories", description=summary(facts, data)
    )
    top = synthetic_band(scene) if facts.synthetic else 4.0
    top = _key(scene, data, styles, top, size)
    columns = _columns(data, width, size)
    frame = _frame(data, facts, styles, (width + _GAP) / columns - _GAP, size, alone=columns == 1)
    what = "Change from baseline (points)" if data.change else "Score (points)"
    scene.add(Text(x=2, y=top + size, text=what, size=size, color=MUTED, part="y-label"))
    top += 1.7 * size
    height = panel_height(frame, len(data.arms)) + 8
    geometry = {}
    for place, panel in enumerate(data.panels):
        at = ((place % columns) * (frame.width + _GAP) + 2, top + (place // columns) * height)
        geometry[panel.scale.code] = draw_panel(scene, data, panel, frame, at)
    y = top + math.ceil(len(data.panels) / columns) * height
    for words in wrap(note(facts, data), width - 4, size - 1):
        scene.add(Text(x=2, y=y, text=words, size=size - 1, color=MUTED, part="note"))
        y += 1.25 * (size - 1)
    scene.height = y + 1
    background(scene)
    return Drawing(scene, {"panels": geometry, "columns": columns, "frame": frame})


def _key(scene: Scene, data: Trajectories, styles: Mapping[str, ArmStyle], top: float, size: float) -> float:
    """Names of the arms with their signs, in as many lines as they need; gives the space below."""
    x, y = 2.0, top + 1.1 * size
    for place, arm in enumerate(data.arms):
        style = styles[arm.id]
        needed = 26 + text_width(arm.label, size, bold=True) + 14
        if x > 2.0 and x + needed - 14 > scene.width - 2:
            x, y = 2.0, y + 1.5 * size
        middle = y - 0.33 * size
        scene.add(line([(x, middle), (x + 20, middle)], color=style.color, width=1.1, dash=style.dash, part="key"))
        scene.add(*mark(x + 10, middle, place, style.color))
        scene.add(Text(x=x + 25, y=y, text=arm.label, size=size, bold=True, color=style.color, part="key"))
        x += needed
    return y + 0.9 * size


def _columns(data: Trajectories, width: float, size: float) -> int:
    """Columns of panels: as many as leave every second number under the axis its room."""
    numbers = max(3, math.ceil(len(data.days) / 2)) * (text_width("888", size) + 4) + 40
    most = int((width + _GAP) / (max(_LEAST_PANEL, numbers) + _GAP))
    return max(1, min(_MOST_COLUMNS, most, len(data.panels)))


def _frame(
    data: Trajectories, facts: Facts, styles: Mapping[str, ArmStyle], width: float, size: float, *, alone: bool
) -> Frame:
    reaches = [reach for panel in data.panels if (reach := panel.reach()) is not None and not panel.obstacle]
    needed = max((high - low for low, high in reaches), default=1.0) or 1.0
    step = level_ticks(needed * 1.04, 6 if alone else 5)
    span = step * (math.ceil(needed * 1.04 / step) + (1 if len(reaches) > 0 else 0))
    days = tuple(data.days) or (0.0, 1.0)
    low, high = days[0], max(days[-1], days[0] + 1)
    numbers = [
        text_width("\N{MINUS SIGN}888" if step >= 1 else "\N{MINUS SIGN}88.8", size - 0.5),
        text_width("No.", size, bold=True) + 10,
    ]
    head = max((len(difference_lines(p, facts.style, width - 4, size - 1)) for p in data.panels), default=0)
    return Frame(
        size=size,
        left=max(numbers) + 7,
        width=width,
        height=min(0.4 * width, 200.0) if alone and width > 1.5 * NARROW else (0.5 if alone else 0.62) * width,
        low_day=low,
        high_day=high,
        ticks=days,
        span=span,
        step=step,
        head=head,
        styles=styles,
        number_style=facts.style,
    )
