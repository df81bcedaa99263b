"""Waterfall plot: the best change of the sum of diameters of every patient, from worst to best."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from equipoise.report.facts import Facts
from equipoise.report.figures.axis import Scale
from equipoise.report.figures.courses import Course, Courses, course_note, read_courses
from equipoise.report.figures.figure import Drawing, Figure
from equipoise.report.figures.metrics import text_width
from equipoise.report.figures.panels import (
    Panel,
    by_arm,
    change_axis,
    change_label,
    drawn_words,
    head,
    head_width,
    note_lines,
    response_rule,
    signed,
)
from equipoise.report.figures.scene import Path, Scene, Text, rect
from equipoise.report.figures.style import INK, NARROW, WIDE, ArmStyle, arm_styles, background, synthetic_band
from equipoise.results import Results

__all__ = ["waterfall_figure"]

LIMIT = 100.0
RUGS = (("responder", "CR or PR"), ("new_lesion", "New lesion"))
RUG = 8.0


def waterfall_figure(results: Results, analysis_id: str) -> Figure | None:
    """Waterfall plot of an analysis of response; None where no change of tumors is known.

    One bar for each patient with a sum of diameters after baseline, by arm, the largest growth first. Bars end at +100%
    with a star. Strips under the bars mark a best response of CR or PR, and new lesions.

    Raises
    ------
    FigureError
        If the bars are not as many as the statistics count.
    """
    courses = read_courses(results, analysis_id)
    if courses is None or not courses.measured:
        return None
    facts = Facts.of(results)
    names = {f"waterfall_{analysis_id}": WIDE, f"waterfall_{analysis_id}_narrow": NARROW}
    wide, narrow = (_draw(courses, facts, name, width) for name, width in names.items())
    label = facts.analysis_name(analysis_id, courses.endpoint)
    caption = f"{label}: best change of the sum of diameters from baseline. {_note(courses, facts)}"
    return Figure(name=f"waterfall_{analysis_id}", caption=caption, wide=wide, narrow=narrow)


def sorted_bars(courses: Courses, arm: str) -> list[Course]:
    """Patients with a change, the largest growth first."""
    shown = [course for course in courses.patients[arm] if course.best_change is not None]
    return sorted(shown, key=lambda course: (-(course.best_change or 0.0), course.subject))


def _draw(courses: Courses, facts: Facts, name: str, width: float) -> Drawing:
    wide = width > 1.5 * NARROW
    size = 8.0 if wide else 7.5
    title = f"{facts.analysis_name(courses.analysis, courses.endpoint)}, waterfall plot"
    scene = Scene(name=name, width=width, height=0.0, title=title, description=_summary(courses, facts))
    top = synthetic_band(scene) if facts.synthetic else 4.0
    left = max(
        2 + 2 * size + text_width("+100", size) + 8, 4 + max(text_width(words, size - 1) for _, words in RUGS) + 3
    )
    bars = {arm.id: sorted_bars(courses, arm.id) for arm in courses.arms}
    sizes = [float(len(bars[arm.id])) for arm in courses.arms]
    height = 170.0 if wide else 135.0
    strips = RUG * len(RUGS) + 8
    between = (2.3 if wide else 2.0) * size
    heads = [head_width(arm, drawn_words(courses, arm), size) for arm in courses.arms]
    room = {"width": width, "left": left, "top": top, "height": height + strips, "between": between}
    plots = by_arm(courses.arms, sizes, heads=heads, deeper=1.2 * size, **room)
    styles = arm_styles(facts.arms)
    geometry: dict[str, Any] = {"bars": {}, "panels": {}}
    inner = [Panel(p.arm, replace(p.box, bottom=p.box.bottom - strips), first=p.first) for p in plots]
    for panel in inner:
        y = Scale(-LIMIT, LIMIT, panel.box.bottom, panel.box.top)
        words = drawn_words(courses, panel.arm)
        head(scene, panel, courses, styles[panel.arm.id], words=words, size=size)
        drawn = _bars(scene, panel, y, bars[panel.arm.id], courses, style=styles[panel.arm.id])
        change_axis(scene, panel, y, size=size)
        _rugs(scene, panel, bars[panel.arm.id], size=size - 1)
        geometry["bars"][panel.arm.id] = drawn
        geometry["panels"][panel.arm.id] = (panel.box, y)
    change_label(scene, inner, "Best change from baseline (%)", size=size)
    scene.height = note_lines(scene, _note(courses, facts), plots[-1].box.bottom, size - 1.2)
    background(scene)
    return Drawing(scene, geometry)


def _bars(
    scene: Scene, panel: Panel, y: Scale, bars: Sequence[Course], courses: Courses, *, style: ArmStyle
) -> list[dict[str, Any]]:
    box, drawn = panel.box, []
    step = _step(panel, len(bars))
    gap = min(0.25 * step, 1.0)
    for i, course in enumerate(bars):
        change = course.best_change or 0.0
        x = box.left + 2 + i * step
        end, wide = y(min(change, LIMIT)), step - gap
        top, height = min(end, y(0)), abs(end - y(0))
        label = f"{course.subject}: {signed(change)}, {course.best_response or 'no response'}"
        shape = rect(x, top, wide, max(height, 0.5), fill=style.color, part="bar")
        scene.add(replace(shape, rows=courses.rows_of(course), label=label))
        cut = change > LIMIT
        if cut:
            _star(scene, x + wide / 2, box.top - 4, min(2.2, max(1.1, 0.45 * step)))
        drawn.append({"subject": course.subject, "x": x, "width": wide, "end": end, "change": change, "cut": cut})
    return drawn


def _step(panel: Panel, n: int) -> float:
    return min(14.0, (panel.box.right - panel.box.left - 2) / max(n, 1))


def _star(scene: Scene, x: float, y: float, r: float) -> None:
    """Three short lines through a point: the value is beyond the plot."""
    wide, low = 0.87 * r, r / 2
    spokes = (((0.0, -r), (0.0, r)), ((-wide, -low), (wide, low)), ((-wide, low), (wide, -low)))
    lines = tuple(tuple((x + dx, y + dy) for dx, dy in spoke) for spoke in spokes)
    scene.add(Path(subpaths=lines, stroke=INK, width=0.6, part="cut"))


def _rugs(scene: Scene, panel: Panel, bars: Sequence[Course], *, size: float) -> None:
    """Strips under the bars: a tick where the property holds."""
    step = _step(panel, len(bars))
    wide = min(max(0.55 * step, 0.6), 2.5)
    for line, (name, words) in enumerate(RUGS):
        top = panel.box.bottom + 7 + line * RUG
        bottom = top + RUG - 2.5
        if panel.first:
            at = Text(x=panel.box.left - 4, y=bottom, text=words, size=size, anchor="end", part="rug-label")
            scene.add(at)
        middles = [
            panel.box.left + 2 + (i + 0.44) * step
            for i, course in enumerate(bars)
            if (course.responder if name == "responder" else course.new_lesion is not None)
        ]
        if middles:
            boxes = tuple(
                ((x - wide / 2, top), (x + wide / 2, top), (x + wide / 2, bottom), (x - wide / 2, bottom))
                for x in middles
            )
            scene.add(Path(subpaths=boxes, closed=True, fill=INK, part=name))


def _note(courses: Courses, facts: Facts) -> str:
    bars = [course for arm in courses.arms for course in sorted_bars(courses, arm.id)]
    cut = [course.best_change or 0.0 for course in bars if (course.best_change or 0.0) > LIMIT]
    hidden = [f"{count} {reason}" for reason, count in courses.reasons.items() if count]
    count = sum(courses.reasons.values())
    return course_note(
        courses,
        facts,
        response_rule(facts, courses),
        "assessments up to progression, new anticancer therapy or crossover",
        "strips: best response CR or PR, and a new lesion",
        "dashed lines: +20% and \N{MINUS SIGN}30%",
        f"* cut at +100%, the largest is +{max(cut):.0f}%" if cut else "",
        f"not shown: {count} ({'; '.join(hidden)})" if hidden else "",
    )


def _summary(courses: Courses, facts: Facts) -> str:
    sentences = [f"{facts.analysis_name(courses.analysis, courses.endpoint)}: best change of the sum of diameters."]
    for arm in courses.arms:
        changes = [course.best_change or 0.0 for course in sorted_bars(courses, arm.id)]
        n = len(courses.patients[arm.id])
        if not changes:
            sentences.append(f"{arm.label}: none of {n} subjects has a measurement after baseline.")
            continue
        fell, rose = sum(change <= -30 for change in changes), sum(change >= 20 for change in changes)
        shrank = sum(change < 0 for change in changes)
        sentences.append(
            f"{arm.label}: {len(changes)} of {n} subjects shown, {shrank} with any decrease, {fell} with a decrease of "
            f"30% or more, {rose} with an increase of 20% or more; "
            f"from {signed(max(changes))} to {signed(min(changes))}."
        )
    return " ".join(sentences)
