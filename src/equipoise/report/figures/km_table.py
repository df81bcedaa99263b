"""Table under a survival plot: per arm the subjects at risk, censored and with an event before each tick."""

from collections.abc import Mapping, Sequence

from equipoise.report.figures.axis import Scale
from equipoise.report.figures.km_data import ArmCurve, SurvivalData
from equipoise.report.figures.metrics import text_width, wrap
from equipoise.report.figures.scene import Scene, Text
from equipoise.report.figures.style import INK, MUTED, ArmStyle

__all__ = ["Cell", "draw_table", "table_left"]

Cell = tuple[str, str, float, int, Text]
"""Arm, kind (at_risk, censored, events), tick in months, number, drawn text."""

_KINDS = (("at_risk", "At risk"), ("censored", "Censored"), ("events", "Events"))


def table_left(data: SurvivalData, size: float, *, extended: bool) -> float:
    """Space that the labels of the table need left of the time axis."""
    first = max(text_width(str(curve.n), size) for curve in data.arms) / 2
    if extended:
        labels = 8 + max(text_width(label, size) for _, label in _KINDS)
    else:
        labels = min(100.0, max(text_width(curve.arm.label, size, bold=True) for curve in data.arms))
    return 2 + labels + first + 6


def draw_table(
    scene: Scene,
    data: SurvivalData,
    styles: Mapping[str, ArmStyle],
    x: Scale,
    ticks: Sequence[float],
    *,
    left: float,
    top: float,
    size: float,
    extended: bool,
) -> tuple[float, list[Cell]]:
    """Draw the table; gives the baseline of its last line and its cells."""
    step = 1.3 * size
    head = "No. of subjects" if extended else "No. at risk"
    y = top
    scene.add(Text(x=left, y=y, text=head, size=size, bold=True, color=INK, part="at-risk-head"))
    cells: list[Cell] = []
    days = {month: month * data.month_days for month in ticks}
    for curve in data.arms:
        color = styles[curve.arm.id].color
        for words in wrap(curve.arm.label, scene.width - left if extended else 100.0, size, bold=True):
            y += step
            scene.add(Text(x=left, y=y, text=words, size=size, bold=True, color=color, part="at-risk-arm"))
        for kind, label in _KINDS if extended else _KINDS[:1]:
            if extended:
                y += step
                scene.add(
                    Text(
                        x=left + 8,
                        y=y,
                        text=label,
                        size=size,
                        color=MUTED if kind != "at_risk" else color,
                        part="at-risk-label",
                    )
                )
            cells += _line(curve, kind, x, days, y=y, size=size, color=color)
        y += 0.25 * step
    scene.add(*(cell[-1] for cell in cells))
    return y, cells


def _line(
    curve: ArmCurve, kind: str, x: Scale, at: Mapping[float, float], *, y: float, size: float, color: str
) -> list[Cell]:
    row = {"at_risk": curve.subjects, "censored": curve.censored, "events": curve.events}[kind]
    rows = (row.row_id,) if row else ()
    cells = []
    for month, days in at.items():
        number = getattr(curve.at(days), kind)
        words = f"{curve.arm.label}, {number} {kind.replace('_', ' ')} at month {month:g}"
        text = Text(
            x=x(month),
            y=y,
            text=str(number),
            size=size,
            color=color if kind == "at_risk" else MUTED,
            anchor="middle",
            rows=rows,
            label=words,
            part=f"at-risk-{kind.replace('_', '-')}",
        )
        cells.append((curve.arm.id, kind, month, number, text))
    return cells
