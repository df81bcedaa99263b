"""A patient's own scores over time, as pictures with a table: where the points lie on a small page."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from equipoise.server.pages.dates import day
from equipoise.server.pages.words import translated as _

__all__ = ["HEIGHT", "WIDTH", "Chart", "charts_of"]

WIDTH, HEIGHT = 340, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 16, 14, 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One scale of a questionnaire."""

    title: str
    label: str
    better: str
    summary: str
    line: str
    """Points of the line, as SVG writes them."""
    dots: tuple[dict[str, Any], ...]
    grid: tuple[dict[str, Any], ...]
    rows: tuple[tuple[str, str], ...]
    """Date and score."""
    box: str = f"0 0 {WIDTH} {HEIGHT}"
    right: int = WIDTH - _RIGHT
    left: int = _LEFT
    foot: int = HEIGHT - 6


def charts_of(lines: Iterable[Mapping[str, Any]]) -> list[Chart]:
    """Draw each line of a trend; ``title`` is the name of its questionnaire."""
    return [_chart(line) for line in lines]


def _chart(line: Mapping[str, Any]) -> Chart:
    points, low, high = line["points"], float(line["low"]), float(line["high"])
    days = [dt.date.fromisoformat(str(point["date"])).toordinal() for point in points]
    first, span = min(days), max(1, max(days) - min(days))
    dots = []
    for number, (at, point) in enumerate(zip(days, points, strict=True)):
        x = (_LEFT + WIDTH - _RIGHT) / 2 if len(points) == 1 else _LEFT + (at - first) / span * (WIDTH - _RIGHT - _LEFT)
        ends = number in (0, len(points) - 1)
        y = _height(point["score"], low, high)
        dots.append({"x": f"{x:.1f}", "y": f"{y:.1f}", "text": _plain(point["score"]) if ends else "",
                     "above": f"{max(10.0, y - 8):.1f}", "day": day(point["date"]) if ends else "",
                     "anchor": "middle" if len(points) == 1 else "start" if not number else "end"})  # fmt: skip
    rows = tuple((day(point["date"]), _plain(point["score"])) for point in points)
    told = {"first": rows[0][1], "on": rows[0][0], "last": rows[-1][1], "then": rows[-1][0]}
    summary = (
        _("%(first)s on %(on)s.") % told
        if len(rows) == 1
        else _("From %(first)s on %(on)s to %(last)s on %(then)s.") % told
    )
    grid = tuple({"y": f"{_height(v, low, high):.1f}", "text": _plain(v)} for v in (low, (low + high) / 2, high))
    return Chart(
        title=line["title"],
        label=_(line["label"]),
        better=_("Higher is better.") if line["better"] == "high" else _("Lower is better."),
        summary=summary,
        line=" ".join(f"{dot['x']},{dot['y']}" for dot in dots),
        dots=tuple(dots),
        grid=grid,
        rows=rows,
    )


def _height(score: float, low: float, high: float) -> float:
    return HEIGHT - _BOTTOM - (score - low) / (high - low) * (HEIGHT - _BOTTOM - _TOP)


def _plain(score: float) -> str:
    return f"{score:.0f}" if abs(score - round(score)) < 0.05 else f"{score:.1f}"
