"""Panels side by side or below each other, one for each arm: the frame of the figures of single patients."""

from collections.abc import Sequence
from dataclasses import dataclass

from equipoise.report.facts import Arm, Facts
from equipoise.report.figures.axis import Scale
from equipoise.report.figures.courses import Courses
from equipoise.report.figures.labels import Box
from equipoise.report.figures.metrics import CAP_HEIGHT, text_width, wrap
from equipoise.report.figures.scene import Scene, Text, hline, vline
from equipoise.report.figures.style import INK, LINE, MUTED, NARROW, ArmStyle

__all__ = [
    "Panel",
    "by_arm",
    "change_axis",
    "change_label",
    "drawn_words",
    "head",
    "head_width",
    "legend_height",
    "note_lines",
    "response_rule",
    "signed",
]

MOST_BESIDE = 3
CHANGE_TICKS = (-100, -50, 0, 50, 100)
GROWTH, SHRINKAGE = 20, -30


@dataclass(frozen=True, slots=True)
class Panel:
    """The plot of an arm; ``first`` where it stands at the left and bears the axis."""

    arm: Arm
    box: Box
    first: bool


def by_arm(
    arms: Sequence[Arm],
    sizes: Sequence[float],
    *,
    width: float,
    left: float,
    top: float,
    height: float,
    between: float,
    heads: Sequence[float] = (),
    deeper: float = 0.0,
) -> list[Panel]:
    """Place a panel for each arm: beside each other in a wide drawing, else below each other.

    Parameters
    ----------
    arms, sizes
        Arms, and what the widths of panels beside each other are in proportion to.
    width, left, top
        Of the drawing; space at the left for the axis; upper edge of the first head.
    height, between
        Of the plot; space above each plot for its head.
    heads, deeper
        Width of the head of each panel on one line, and the space that is added above where one does not fit.
    """
    gap, right = 14.0, 8.0
    beside = width > 1.5 * NARROW and len(arms) <= MOST_BESIDE
    panels = []
    if beside:
        room = width - left - right - gap * (len(arms) - 1)
        least = 0.6 * room / len(arms)
        shares = [max(size, 1e-9) for size in sizes]
        widths = [max(least, room * share / sum(shares)) for share in shares]
        widths = [room * w / sum(widths) for w in widths]
        if any(head > wide for head, wide in zip(heads, widths, strict=False)):
            between += deeper
        x = left
        for i, (arm, wide) in enumerate(zip(arms, widths, strict=True)):
            panels.append(Panel(arm, Box(x, top + between, x + wide, top + between + height), first=i == 0))
            x += wide + gap
        return panels
    if any(head > width - right - left for head in heads):
        between += deeper
    y = top
    for arm in arms:
        panels.append(Panel(arm, Box(left, y + between, width - right, y + between + height), first=True))
        y += between + height + 10
    return panels


def head_width(arm: Arm, words: str, size: float) -> float:
    """Width of the head of a panel on one line."""
    return text_width(arm.label, size, bold=True) + 6 + text_width(words, size)


def head(scene: Scene, panel: Panel, courses: Courses, style: ArmStyle, *, words: str, size: float) -> None:
    """Name the arm and say how many patients are drawn, above the plot: on one line, or on two."""
    row = courses.counted.get(panel.arm.id)
    rows = (row.row_id,) if row else ()
    box = panel.box
    name = panel.arm.label
    single = head_width(panel.arm, words, size) <= box.right - box.left
    y = box.top - 0.9 * size - (0 if single else 1.15 * size)
    scene.add(Text(x=box.left, y=y, text=name, size=size, bold=True, color=style.color, rows=rows, part="name"))
    at = box.left + text_width(name, size, bold=True) + 6
    if single:
        scene.add(Text(x=at, y=y, text=words, size=size, color=MUTED, rows=rows, part="count"))
        return
    scene.add(Text(x=box.left, y=y + 1.15 * size, text=words, size=size - 0.5, color=MUTED, rows=rows, part="count"))


def change_axis(scene: Scene, panel: Panel, y: Scale, *, size: float) -> None:
    """Draw the axis of change, the line of no change, and the limits of +20% and -30%."""
    box = panel.box
    for tick in CHANGE_TICKS:
        at = y(tick)
        if panel.first:
            words = f"{tick:+d}".replace("-", "\N{MINUS SIGN}") if tick else "0"
            scene.add(hline(box.left - 3, box.left, at, color=INK, part="tick"))
            base = at + size * CAP_HEIGHT / 2
            scene.add(Text(x=box.left - 5, y=base, text=words, size=size, anchor="end", part="y-tick"))
    scene.add(vline(box.left, box.top, box.bottom, color=INK if panel.first else LINE, part="axis"))
    scene.add(hline(box.left, box.right, y(0), color=INK, part="zero"))
    for limit in (GROWTH, SHRINKAGE):
        scene.add(hline(box.left, box.right, y(limit), color=MUTED, width=0.6, dash=(3, 2), part="limit"))


def change_label(scene: Scene, panels: Sequence[Panel], label: str, *, size: float) -> None:
    """Run the name of the axis of change upward, beside each plot at the left."""
    for panel in panels:
        if panel.first:
            lines = wrap(label, panel.box.bottom - panel.box.top, size)
            at = 2 + 0.8 * size
            middle = (panel.box.top + panel.box.bottom) / 2
            for i, words in enumerate(lines):
                x = at + 1.15 * size * i
                scene.add(Text(x=x, y=middle, text=words, size=size, anchor="middle", turned=True, part="y-label"))


def legend_height(entries: Sequence[str], width: float, size: float, mark: float = 12.0) -> list[tuple[float, int]]:
    """Place of each entry of a legend: where it starts, and its line from 0."""
    x, line, found = 2.0, 0, []
    for words in entries:
        wide = mark + text_width(words, size) + 10
        if x > 2 and x + wide > width:
            x, line = 2.0, line + 1
        found.append((x, line))
        x += wide
    return found


def note_lines(scene: Scene, words: str, y: float, size: float) -> float:
    """Write the note under a figure; gives its lower edge."""
    y += 3
    for line in wrap(words, scene.width - 4, size):
        y += 1.25 * size
        scene.add(Text(x=2, y=y, text=line, size=size, color=MUTED, part="note"))
    return y + 4


def drawn_words(courses: Courses, arm: Arm) -> str:
    """How many patients of an arm have a change: "77 of 90 shown"."""
    row = courses.counted.get(arm.id)
    n = len(courses.patients[arm.id])
    return f"{round(row.value or 0)} of {n} shown" if row else f"{n} subjects"


def response_rule(facts: Facts, courses: Courses) -> str:
    """Whose reading is drawn, and whether responses are confirmed."""
    declared = facts.endpoint(courses.endpoint)
    reading = {"central": "central review", "local": "investigator's reading"}.get(str(declared.get("assessor")), "")
    confirmed = "responses confirmed" if declared.get("confirmed", True) else "responses need no confirmation"
    return "; ".join(part for part in (reading, confirmed) if part)


def signed(change: float) -> str:
    """A change in whole percent with its sign."""
    return f"{change:+.0f}%".replace("-", "\N{MINUS SIGN}")
