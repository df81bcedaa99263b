"""One panel of a figure of trajectories: means by arm at their true days, bars, band, numbers under the axis."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from equipoise.report.figures.axis import Scale
from equipoise.report.figures.labels import Box
from equipoise.report.figures.metrics import CAP_HEIGHT, text_width, wrap
from equipoise.report.figures.scene import Circle, Path, Scene, Text, hline, polygon, rect, vline
from equipoise.report.figures.style import INK, LINE, MUTED, PAPER, ArmStyle
from equipoise.report.figures.trajectories_data import ArmCourse, Panel, Point, Trajectories
from equipoise.report.figures.trajectories_text import difference_lines
from equipoise.report.numbers import format_number

__all__ = ["Frame", "draw_panel", "level_ticks", "mark", "panel_height", "shown_days"]

_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_CAP = 1.8


@dataclass(frozen=True, kw_only=True)
class _Plot:
    """Where a plot lies and how days and levels fall into it."""

    box: Box
    x: Scale
    y: Scale


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What all panels of a drawing share: sizes, time axis, span of the levels."""

    size: float
    left: float
    """Space left of the plot."""
    width: float
    """Width of a panel, its left space included."""
    height: float
    """Height of the plot."""
    low_day: float
    high_day: float
    ticks: tuple[float, ...]
    span: float
    """Points from the bottom of a plot to its top."""
    step: float
    """Points between ticks."""
    head: int
    """Lines above a plot, besides the name of the scale."""
    styles: Mapping[str, ArmStyle]
    number_style: str


def level_ticks(span: float, most: int) -> float:
    """Distance of ticks: the least of 1, 2, 5, 10, ... that gives at most ``most`` intervals."""
    return next((float(step) for step in _STEPS if span / step <= most + 1e-9), span / most)


def panel_height(frame: Frame, arms: int) -> float:
    """Height of a panel with its words and numbers."""
    line = 1.25 * frame.size
    return (1.3 + frame.head) * line + 4 + frame.height + 4 + 2.3 * line + (arms + 0.4) * line


def shown_days(days: Sequence[float], x: Scale, room: float) -> list[float]:
    """Days whose labels have room: the first and the last, and those between that do not touch their neighbors."""
    if not days:
        return []
    shown = [days[0]]
    for day in days[1:-1]:
        if x(day) - x(shown[-1]) >= room and x(days[-1]) - x(day) >= room:
            shown.append(day)
    return [*shown, days[-1]] if len(days) > 1 else shown


def weeks(day: float) -> float:
    """Weeks since day 1; the baseline is week 0."""
    return max(0.0, (day - 1) / 7)


def draw_panel(
    scene: Scene, data: Trajectories, panel: Panel, frame: Frame, at: tuple[float, float]
) -> dict[str, object]:
    """Draw a panel with its upper left corner at a point; gives the coordinates of what it shows."""
    left, top = at
    line = 1.25 * frame.size
    y = top + line
    scene.add(Text(x=left, y=y, text=panel.scale.label, size=frame.size, bold=True, part="panel-title"))
    _better(scene, panel, frame, left + frame.width - 8, y)
    for words in difference_lines(panel, frame.number_style, frame.width - 4, frame.size - 1):
        y += line
        scene.add(replace(words, x=left, y=y))
    box_top = top + (1.3 + frame.head) * line + 4
    box = Box(left + frame.left, box_top, left + frame.width - 8, box_top + frame.height)
    x = Scale(frame.low_day, frame.high_day, box.left + 7, box.right - 7)
    levels = _levels(panel, frame, change=data.change)
    scale = Scale(levels[0], levels[1], box.bottom, box.top)
    if panel.obstacle or not panel.days:
        _empty(scene, panel, frame, box)
        return {"plot": box, "points": {}}
    _band(scene, panel, box, scale)
    plot = _Plot(box=box, x=x, y=scale)
    _axes(scene, data, frame, plot)
    points = {arm.arm.id: _course(scene, panel, frame, plot, place) for place, arm in enumerate(panel.arms)}
    counts = _counts(scene, panel, frame, box, x)
    return {"plot": box, "x": x, "y": scale, "points": points, "counts": counts}


def _levels(panel: Panel, frame: Frame, *, change: bool) -> tuple[float, float]:
    """Lowest and highest level of the plot: the span that all panels share, around what this one shows."""
    reach = panel.reach() or (0.0, frame.span)
    middle = (reach[0] + reach[1]) / 2
    low = frame.step * round((middle - frame.span / 2) / frame.step)
    high = low + frame.span
    for _ in range(3):  # rounding to a tick may cut an end off
        if low > reach[0]:
            low, high = low - frame.step, high - frame.step
        elif high < reach[1]:
            low, high = low + frame.step, high + frame.step
    bounds = (None, None) if change else (panel.scale.low, panel.scale.high)
    if bounds[0] is not None and low < bounds[0]:
        low, high = bounds[0], bounds[0] + frame.span
    if bounds[1] is not None and high > bounds[1]:
        low, high = max(bounds[1] - frame.span, bounds[0] if bounds[0] is not None else -math.inf), bounds[1]
    return low, high


def _band(scene: Scene, panel: Panel, box: Box, y: Scale) -> None:
    if panel.band is not None:
        top, bottom = max(y(panel.band[1]), box.top), min(y(panel.band[0]), box.bottom)
        if bottom > top:
            band = rect(box.left, top, box.right - box.left, bottom - top, fill=LINE, part="important-band")
            scene.add(replace(band, opacity=0.45))
    if panel.base is not None:
        level = y(panel.base)
        if box.top <= level <= box.bottom:
            scene.add(hline(box.left, box.right, level, color=MUTED, width=0.5, dash=(1.5, 2), part="base"))


def _axes(scene: Scene, data: Trajectories, frame: Frame, plot: _Plot) -> None:
    box, x, y = plot.box, plot.x, plot.y
    size = frame.size - 0.5
    scene.add(vline(box.left, box.top, box.bottom, color=INK, part="axis"))
    scene.add(hline(box.left, box.right, box.bottom, color=INK, part="axis"))
    count = round((y.high - y.low) / frame.step)
    for k in range(count + 1):
        level = y.low + k * frame.step
        at = y(level)
        scene.add(hline(box.left - 2.5, box.left, at, color=INK, part="tick"))
        words = format_number(level, 0 if frame.step >= 1 else 1 if frame.step >= 0.1 else 2)
        scene.add(
            Text(x=box.left - 4.5, y=at + size * CAP_HEIGHT / 2, text=words, size=size, anchor="end", part="y-tick")
        )
    for day in frame.ticks:
        scene.add(vline(x(day), box.bottom, box.bottom + 2.5, color=INK, part="tick"))
    for day in shown_days(frame.ticks, x, text_width("888", size) + 3):
        words = f"{weeks(day):.0f}"
        scene.add(Text(x=x(day), y=box.bottom + 3.5 + size, text=words, size=size, anchor="middle", part="x-tick"))
    label = f"Weeks since {data.anchor}"
    middle = (box.left + box.right) / 2
    scene.add(
        Text(
            x=middle, y=box.bottom + 4 + 2.2 * size, text=label, size=size, color=MUTED, anchor="middle", part="x-label"
        )
    )


def _better(scene: Scene, panel: Panel, frame: Frame, right: float, y: float) -> None:
    """An arrow towards the end that is good for the subject, with its word, at the right of the name of the scale."""
    if panel.scale.better is None:
        return
    size = frame.size - 1
    x = right - text_width("better", size)
    up = panel.scale.better == "high"
    middle, half = y - 0.34 * size, 0.55 * size
    tip, tail = (middle - half, middle + half) if up else (middle + half, middle - half)
    neck = tip + (3.2 if up else -3.2)
    arrow = x - 5
    scene.add(vline(arrow, tail, neck, color=MUTED, width=0.9, part="better"))
    scene.add(polygon([(arrow - 2.2, neck), (arrow + 2.2, neck), (arrow, tip)], fill=MUTED, part="better"))
    scene.add(Text(x=x, y=y, text="better", size=size, color=MUTED, part="better"))


def _dodge(frame: Frame, x: Scale, place: int, arms: int) -> float:
    """Shift of an arm, so that bars stand apart: 4% of the least gap, up to an eighth of it where that is narrow."""
    days = frame.ticks
    gaps = [x(b) - x(a) for a, b in itertools.pairwise(days)] or [40.0]
    step = max(0.04 * min(gaps), min(3.2, 0.125 * min(gaps)))
    return (place - (arms - 1) / 2) * step


def _course(scene: Scene, panel: Panel, frame: Frame, plot: _Plot, place: int) -> list[tuple[float, float]]:
    """Line, bars and signs of an arm; gives the coordinates of its means."""
    arm, x, y = panel.arms[place], plot.x, plot.y
    shift = _dodge(frame, x, place, len(panel.arms))
    style = frame.styles[arm.arm.id]
    at = [(x(point.day) + shift, y(point.mean)) for point in arm.points]
    if len(at) > 1:
        scene.add(Path(subpaths=(tuple(at),), stroke=style.color, width=1.1, dash=style.dash, part="course"))
    bars = []
    for point, (px, _) in zip(arm.points, at, strict=True):
        if point.low is not None and point.high is not None:
            low, high = (y(min(max(limit, y.low), y.high)) for limit in (point.low, point.high))
            bars.append(((px, low), (px, high)))
            whole = [end for end, limit in ((low, point.low), (high, point.high)) if y.low <= limit <= y.high]
            bars += [((px - _CAP, end), (px + _CAP, end)) for end in whole]
    if bars:
        scene.add(Path(subpaths=tuple(bars), stroke=style.color, width=0.8, part="bar"))
    for point, (px, py) in zip(arm.points, at, strict=True):
        words = _words(panel, arm, point)
        scene.add(*mark(px, py, place, style.color, filled=point.modeled, rows=point.rows, label=words))
    return at


def _words(panel: Panel, arm: ArmCourse, point: Point) -> str:
    kind = "model mean" if point.modeled else "observed mean"
    limits = f" ({point.low:.1f} to {point.high:.1f})" if point.low is not None and point.high is not None else ""
    return f"{panel.scale.label}, {arm.arm.label}, {point.label}: {kind} {point.mean:.1f}{limits}"


def mark(
    x: float,
    y: float,
    place: int,
    color: str,
    *,
    filled: bool = True,
    rows: tuple[int, ...] = (),
    label: str = "",
    radius: float = 2.3,
) -> list[Circle | Path]:
    """Sign of an arm: disk, square, triangle, diamond; hollow where the mean is observed."""
    fill, edge = (color if filled else PAPER), 0.9
    if place % 4 == 0:
        return [
            Circle(x=x, y=y, radius=radius, stroke=color, width=edge, fill=fill, rows=rows, label=label, part="mean")
        ]
    r = radius
    corners = {
        1: [(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)],
        2: [(x, y - 1.25 * r), (x + 1.15 * r, y + 0.85 * r), (x - 1.15 * r, y + 0.85 * r)],
        3: [(x, y - 1.35 * r), (x + 1.35 * r, y), (x, y + 1.35 * r), (x - 1.35 * r, y)],
    }[place % 4]
    shape = polygon(corners, fill=fill, stroke=color, width=edge, part="mean")
    return [replace(shape, rows=rows, label=label)]


def _counts(scene: Scene, panel: Panel, frame: Frame, box: Box, x: Scale) -> list[tuple[str, float, int, Text]]:
    """Numbers of subjects under the axis, a line for each arm behind its sign."""
    size = frame.size - 0.5
    line = 1.25 * frame.size
    y = box.bottom + 4 + 3.6 * size
    scene.add(Text(x=box.left - frame.left, y=y, text="No.", size=size, bold=True, part="count-head"))
    widest = max((text_width(str(n), size) for arm in panel.arms for n, _ in arm.counts.values()), default=6.0)
    shown = shown_days(frame.ticks, x, widest + 3)
    drawn = []
    for place, arm in enumerate(panel.arms):
        y += line if place else 0.0
        color = frame.styles[arm.arm.id].color
        scene.add(*mark(box.left - 8 - widest / 2, y - size * CAP_HEIGHT / 2, place, color, radius=2.0))
        for day in shown:
            if day not in arm.counts:
                continue
            n, row = arm.counts[day]
            words = f"{arm.arm.label}, week {weeks(day):.0f}: {n} with a score"
            text = Text(
                x=x(day),
                y=y,
                text=str(n),
                size=size,
                color=color,
                anchor="middle",
                rows=(row,),
                label=words,
                part="count",
            )
            scene.add(text)
            drawn.append((arm.arm.id, day, n, text))
    return drawn


def _empty(scene: Scene, panel: Panel, frame: Frame, box: Box) -> None:
    """Say in the panel why there is nothing."""
    scene.add(rect(box.left, box.top, box.right - box.left, box.bottom - box.top, fill=None, stroke=LINE, part="empty"))
    words = f"Not estimable: {panel.obstacle}" if panel.obstacle else "No scores"
    y = box.top + 6
    for part in wrap(words, box.right - box.left - 12, frame.size - 1)[:8]:
        y += 1.25 * frame.size
        scene.add(Text(x=box.left + 6, y=y, text=part, size=frame.size - 1, color=MUTED, part="empty"))
