"""Accrual: subjects randomized so far by month, against the number planned, and per month below."""

import math
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from equipoise.report.facts import Facts
from equipoise.report.figures.axis import Scale, count_ticks
from equipoise.report.figures.figure import Drawing, Figure, FigureError
from equipoise.report.figures.metrics import CAP_HEIGHT, text_width, wrap
from equipoise.report.figures.scene import Scene, Text, hline, line, rect, steps, vline
from equipoise.report.figures.style import INK, MUTED, NARROW, WIDE, background, synthetic_band
from equipoise.report.rows import ALL, Rows
from equipoise.results import Results

__all__ = ["accrual_figure"]

_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STEPS = (1, 2, 3, 6, 12, 24, 60)


@dataclass(frozen=True, slots=True)
class _Month:
    """One month: its number since year 0, subjects in it and up to its end, the rows."""

    number: int
    randomized: int
    cumulative: int
    rows: tuple[int, ...]

    @property
    def name(self) -> str:
        return f"{_NAMES[self.number % 12]} {self.number // 12}"


def accrual_figure(results: Results) -> Figure | None:
    """Accrual over time; None where the results hold none.

    Raises
    ------
    FigureError
        Monthly numbers that do not add up to the cumulative ones.
    """
    facts = Facts.of(results)
    months = _months(Rows.of(results.statistics.filter(pl.col("analysis_id") == "accrual")))
    if not months:
        return None
    plan = (facts.protocol.get("randomization") or {}).get("planned_subjects")
    planned = int(plan) if plan else None
    sizes = {"accrual": WIDE, "accrual_narrow": NARROW}
    wide, narrow = (_draw(months, planned, facts, name, width) for name, width in sizes.items())
    caption = f"Accrual: subjects randomized up to the end of each month, and per month. Data cut: {facts.data_cut}."
    return Figure(name="accrual", caption=caption, wide=wide, narrow=narrow)


def _months(rows: Rows) -> list[_Month]:
    def by_month(variable: str) -> dict[int, Any]:
        found = rows.where("accrual", variable, statistic="n", group_level=ALL)
        return {_month_number(row.visit): row for row in found if row.visit}

    single, total = by_month("randomized"), by_month("randomized_cumulative")
    if not total:
        return []
    months, so_far = [], 0
    for number in range(min(total), max(total) + 1):
        now = int(single[number].value or 0) if number in single else 0
        so_far += now
        row = total.get(number)
        if row is not None and int(row.value or 0) != so_far:
            raise FigureError(
                f"accrual up to {row.visit}: {row.value:g} in the rows, {so_far} by adding months; "
                "run 'equipoise analyze' again"
            )
        ids = tuple(r.row_id for r in (row, single.get(number)) if r is not None)
        months.append(_Month(number, now, so_far, ids))
    return months


def _month_number(visit: str) -> int:
    year, month = visit.split("-")
    return 12 * int(year) + int(month) - 1


def _draw(months: list[_Month], planned: int | None, facts: Facts, name: str, width: float) -> Drawing:
    size = 8.5 if width > 1.5 * NARROW else 8.0
    scene = Scene(name=name, width=width, height=0.0, title="Accrual", description=_summary(months, planned))
    top = (synthetic_band(scene) if facts.synthetic else 4.0) + size
    most = max(months[-1].cumulative, planned or 0)
    ticks, bar_ticks = count_ticks(most), count_ticks(max(m.randomized for m in months), 2)
    left = 2 + size + 10 + text_width(str(ticks[-1]), size)
    right = width - 2 - max(size, text_width("May 2000", size) / 2)
    base = top + min(0.32 * width, 150.0)
    x = Scale(months[0].number, months[-1].number + 1, left, right)
    y = Scale(0, ticks[-1], base, top)
    _frame(scene, x, y, ticks=ticks, label="Subjects randomized", size=size)
    ends = [x(months[0].number), *(x(month.number + 1) for month in months)]
    points = steps(ends, [y(0), *(y(month.cumulative) for month in months)])
    if planned:
        _plan(scene, planned, x, y, size)
    scene.add(line(points, color=INK, width=1.5, part="cumulative"))
    bars_top, bars_base = base + 1.4 * size, base + 1.4 * size + 40
    bars = Scale(0, bar_ticks[-1], bars_base, bars_top)
    _frame(scene, x, bars, ticks=bar_ticks, label="Per month", size=size)
    drawn = _bars(scene, months, x, bars)
    shown = _dates(scene, months, x, bars_base, size)
    y_note = bars_base + 4 + 2.4 * size
    for words in wrap(f"All arms together. Data cut: {facts.data_cut}.", width - 4, size - 1.5):
        scene.add(Text(x=2, y=y_note + 3, text=words, size=size - 1.5, color=MUTED, part="note"))
        y_note += 1.25 * (size - 1.5)
    scene.height = y_note + 4
    background(scene)
    return Drawing(scene, {"x": x, "y": y, "points": points, "bars": drawn, "ticks": ticks, "dates": shown})


def _words(month: _Month) -> str:
    return f"{month.name}: {month.randomized} randomized, {month.cumulative} so far"


def _frame(scene: Scene, x: Scale, y: Scale, *, ticks: list[int], label: str, size: float) -> None:
    scene.add(
        vline(x.start, y.end, y.start, color=INK, part="axis"), hline(x.start, x.end, y.start, color=INK, part="axis")
    )
    for tick in ticks:
        at = y(tick)
        scene.add(hline(x.start - 3, x.start, at, color=INK, part="tick"))
        scene.add(
            Text(x=x.start - 5, y=at + size * CAP_HEIGHT / 2, text=str(tick), size=size, anchor="end", part="y-tick")
        )
    middle = (y.start + y.end) / 2
    scene.add(Text(x=2 + size * 0.8, y=middle, text=label, size=size, anchor="middle", turned=True, part="y-label"))


def _plan(scene: Scene, planned: int, x: Scale, y: Scale, size: float) -> None:
    at = y(planned)
    scene.add(hline(x.start, x.end, at, color=MUTED, width=0.75, dash=(3, 2), part="planned"))
    scene.add(Text(x=x.start + 4, y=at - 3, text=f"Planned: {planned}", size=size, color=MUTED, part="planned"))


def _bars(scene: Scene, months: list[_Month], x: Scale, y: Scale) -> list[tuple[int, float, float, float]]:
    drawn = []
    for month in months:
        left, right = x(month.number + 0.12), x(month.number + 0.88)
        height = y(0) - y(month.randomized)
        if height:
            bar = rect(left, y(month.randomized), right - left, height, fill=MUTED, part="month")
            words = _words(month)
            scene.add(replace(bar, opacity=0.5, rows=month.rows, label=words))
        drawn.append((month.randomized, left, right, height))
    return drawn


def _dates(scene: Scene, months: list[_Month], x: Scale, base: float, size: float) -> list[tuple[str, float]]:
    room = text_width("May 2000", size) + 8
    step = next((s for s in _STEPS if x(months[0].number + s) - x.start >= room), _STEPS[-1])
    shown = []
    first = step * math.ceil(months[0].number / step) if step > 1 else months[0].number
    for number in range(first, months[-1].number + 2, step):
        at = x(number)
        scene.add(vline(at, base, base + 3, color=INK, part="tick"))
        name = f"{_NAMES[number % 12]} {number // 12}"
        scene.add(Text(x=at, y=base + 4 + size, text=name, size=size, anchor="middle", part="x-tick"))
        shown.append((name, at))
    return shown


def _summary(months: list[_Month], planned: int | None) -> str:
    plan = f" of {planned} planned" if planned else ""
    return f"{months[-1].cumulative} subjects{plan} were randomized from {months[0].name} to {months[-1].name}."
