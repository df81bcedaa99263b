"""Charts of a design: bounds, power, events over time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from equipoise.report.figures.axis import Scale
from equipoise.report.figures.metrics import text_width
from equipoise.report.figures.scene import Circle, Scene, Text, hline, line, vline
from equipoise.report.figures.style import INK, LINE, MUTED, NARROW, WIDE, background
from equipoise.report.figures.svg import render_svg

__all__ = ["Chart", "Curve", "bounds_chart", "chart_of", "effect_chart", "events_chart", "power_chart", "ticks"]

FIRST, SECOND, THIRD = "#0072B2", "#D55E00", MUTED
SIZE = 8.5


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A line of a chart with its words."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    color: str
    dash: tuple[float, ...] = ()
    marks: bool = False


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A drawing for wide and narrow screens with its caption."""

    name: str
    caption: str
    wide: str
    narrow: str


def chart_of(
    name: str,
    caption: str,
    curves: Sequence[Curve],
    *,
    x_ticks: Sequence[float],
    y_ticks: Sequence[float],
    x_label: str,
    y_label: str,
    tick: Callable[[float], str] = "{:g}".format,
) -> Chart:
    drawn = []
    for width, suffix in ((WIDE, ""), (NARROW, "-narrow")):
        scene = Scene(name=name + suffix, width=width, height=0.0, title=y_label, description=caption)
        _draw(scene, curves, x_ticks=x_ticks, y_ticks=y_ticks, x_label=x_label, y_label=y_label, tick=tick)
        drawn.append(render_svg(scene))
    return Chart(name=name, caption=caption, wide=drawn[0], narrow=drawn[1])


def _draw(
    scene: Scene,
    curves: Sequence[Curve],
    *,
    x_ticks: Sequence[float],
    y_ticks: Sequence[float],
    x_label: str,
    y_label: str,
    tick: Callable[[float], str],
) -> None:
    left = 14 + SIZE + max(text_width(tick(t), SIZE) for t in y_ticks)
    top, base = 6 + SIZE, 6 + SIZE + min(0.42 * scene.width, 190.0)
    x = Scale(x_ticks[0], x_ticks[-1], left, scene.width - 12)
    y = Scale(y_ticks[0], y_ticks[-1], base, top)
    for at in y_ticks:
        scene.add(hline(x.start, x.end, y(at), color=LINE, part="grid"))
        scene.add(Text(x=left - 5, y=y(at) + 3, text=tick(at), size=SIZE, anchor="end", part="y-tick"))
    for at in x_ticks:
        scene.add(vline(x(at), base, base + 3, color=INK, part="tick"))
        scene.add(Text(x=x(at), y=base + 4 + SIZE, text=f"{at:g}", size=SIZE, anchor="middle", part="x-tick"))
    scene.add(hline(x.start, x.end, base, color=INK, part="axis"), vline(left, top, base, color=INK, part="axis"))
    for curve in curves:
        points = [(x(a), y(b)) for a, b in zip(curve.x, curve.y, strict=True) if y_ticks[0] <= b <= y_ticks[-1]]
        if len(points) > 1:
            scene.add(line(points, color=curve.color, width=1.5, dash=curve.dash, part="curve"))
        if curve.marks:
            scene.add(*(Circle(x=a, y=b, radius=2.5, fill=curve.color, part="mark") for a, b in points))
    scene.add(Text(x=(x.start + x.end) / 2, y=base + 8 + 2 * SIZE, text=x_label, size=SIZE, anchor="middle"))
    scene.add(Text(x=SIZE, y=(top + base) / 2, text=y_label, size=SIZE, anchor="middle", turned=True))
    foot = base + 14 + 3 * SIZE
    for curve in curves:
        scene.add(hline(left, left + 24, foot - 3, color=curve.color, width=1.5, dash=curve.dash, part="key"))
        scene.add(Text(x=left + 30, y=foot, text=curve.label, size=SIZE, color=INK, part="key"))
        foot += 1.4 * SIZE
    scene.height = foot
    background(scene)


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round ticks that hold low and high."""
    step = 10.0**-3
    while True:
        for factor in (1, 2, 5):
            size = step * factor
            first, last = int(low / size // 1), -int(-high / size // 1)
            if last - first <= most:
                return [round(k * size, 6) for k in range(first, last + 1)]
        step *= 10


def bounds_chart(name: str, design: Mapping[str, Any]) -> Chart:
    """Bounds of Z by events."""
    s = design["sequential"]
    two, inner = design["sided"] == 2, s.get("inner")
    futility = "Futility bound" + (", binding" if s["binding"] else ", not binding")
    lines: list[tuple[str, list[float | None], str, tuple[float, ...]]] = [("Efficacy bound", s["upper"], FIRST, ())]
    if two:
        lines.append(("Efficacy bound, other side", s["lower"], FIRST, ()))
    if inner is not None:
        lines.append((futility, inner, SECOND, (5, 2.5)))
        lines.append((f"{futility}, other side", [None if b is None else -b for b in inner], SECOND, (5, 2.5)))
    elif s["futility"]:
        lines.append((futility, s["lower"], SECOND, (5, 2.5)))
    curves = []
    for words, bounds, color, dash in lines:
        known = [(e, b) for e, b in zip(s["events"], bounds, strict=True) if b is not None]
        xs, ys = zip(*known, strict=True)
        curves.append(Curve(label=words, x=xs, y=ys, color=color, dash=dash, marks=True))
    values = [value for curve in curves for value in curve.y]
    return chart_of(
        name,
        "Bounds of Z by events; Z above 0 is in favor of the experimental arm.",
        curves,
        x_ticks=ticks(0, max(s["events"])),
        y_ticks=ticks(min(0.0, *values), max(values) + 0.2),
        x_label="Events",
        y_label="Z",
    )


def power_chart(name: str, design: Mapping[str, Any]) -> Chart:
    """Power by hazard ratio, with the looks and without."""
    c = design["power_curve"]
    curves = [
        Curve(label="With the looks planned", x=c["hazard_ratio"], y=c["power"], color=FIRST),
        Curve(
            label="Same events without interim looks",
            x=c["hazard_ratio"],
            y=c["power_without_looks"],
            color=SECOND,
            dash=(5, 2.5),
        ),
    ]
    low, high = c["hazard_ratio"][0], c["hazard_ratio"][-1]
    return chart_of(
        name,
        f"Power by true hazard ratio at {design['sequential']['total_events']:.0f} events.",
        curves,
        x_ticks=ticks(low, high),
        y_ticks=[0, 0.2, 0.4, 0.6, 0.8, 1.0],
        x_label="Hazard ratio, experimental over control",
        y_label="Power",
    )


def events_chart(name: str, design: Mapping[str, Any]) -> Chart | None:
    """Patients and events expected by calendar month."""
    c = design["event_curve"]
    if not c:
        return None
    curves = [
        Curve(label="Patients", x=c["months"], y=c["patients"], color=THIRD, dash=(1.5, 1.8)),
        Curve(label="Events under the effect planned", x=c["months"], y=c["events"], color=FIRST),
        Curve(
            label="Events without an effect", x=c["months"], y=c["events_without_effect"], color=SECOND, dash=(5, 2.5)
        ),
    ]
    return chart_of(
        name,
        "Patients and events expected by months since the first patient.",
        curves,
        x_ticks=ticks(0, c["months"][-1]),
        y_ticks=ticks(0, max(c["patients"])),
        x_label="Months since the first patient",
        y_label="Number",
    )


def effect_chart(name: str, design: Mapping[str, Any]) -> Chart:
    """Power by the true share of responses, or the true difference of means."""
    c = design["power_curve"]
    pairs = sorted(zip(c["effect"], c["power"], strict=True))
    xs, ys = zip(*pairs, strict=True)
    size = design["sequential"]["total_patients"] if design["sequential"] else design["planned"]["patients"]
    return chart_of(
        name,
        f"Power at {size:.0f} patients, without interim looks.",
        [Curve(label="Power", x=xs, y=ys, color=FIRST)],
        x_ticks=ticks(xs[0], xs[-1]),
        y_ticks=[0, 0.2, 0.4, 0.6, 0.8, 1.0],
        x_label=c["label"],
        y_label="Power",
    )
