"""Spider plot: the sum of diameters of every patient over time, as change from baseline."""

from collections.abc import Sequence
from typing import Any

from equipoise.report.facts import Facts
from equipoise.report.figures.axis import Scale, month_step
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
from equipoise.report.figures.scene import Path, Point, Scene, Text, hline, line, vline
from equipoise.report.figures.style import INK, NARROW, PAPER, WIDE, ArmStyle, arm_styles, background, synthetic_band
from equipoise.results import Results

__all__ = ["spider_figure"]

LIMIT = 100.0
MARK = 1.7


def spider_figure(results: Results, analysis_id: str) -> Figure | None:
    """Spider plot of an analysis of response; None where no change of tumors is known.

    One line for each patient with a sum of diameters after baseline, by arm, from 0% at randomization to the last
    assessment that counts. Lines of patients with a best response of CR or PR are heavier; a diamond is the first new
    lesion. A line that passes +100% ends there.

    Raises
    ------
    FigureError
        If the lines are not as many as the statistics count.
    """
    courses = read_courses(results, analysis_id)
    if courses is None or not courses.measured:
        return None
    facts = Facts.of(results)
    names = {f"spider_{analysis_id}": WIDE, f"spider_{analysis_id}_narrow": NARROW}
    wide, narrow = (_draw(courses, facts, name, width) for name, width in names.items())
    label = facts.analysis_name(analysis_id, courses.endpoint)
    caption = f"{label}: change of the sum of diameters over time. {_note(courses, facts)}"
    return Figure(name=f"spider_{analysis_id}", caption=caption, wide=wide, narrow=narrow)


def _draw(courses: Courses, facts: Facts, name: str, width: float) -> Drawing:
    wide = width > 1.5 * NARROW
    size = 8.0 if wide else 7.5
    title = f"{facts.analysis_name(courses.analysis, courses.endpoint)}, spider plot"
    scene = Scene(name=name, width=width, height=0.0, title=title, description=_summary(courses, facts))
    top = synthetic_band(scene) if facts.synthetic else 4.0
    left = 2 + 2 * size + text_width("+100", size) + 8
    height = 190.0 if wide else 150.0
    between, below = (2.3 if wide else 2.0) * size, 2.2 * size
    one = [1.0] * len(courses.arms)
    heads = [head_width(arm, drawn_words(courses, arm), size) for arm in courses.arms]
    room = {"width": width, "left": left, "top": top, "height": height + below, "between": between}
    plots = by_arm(courses.arms, one, heads=heads, deeper=1.2 * size, **room)
    days = facts.month_days(courses.endpoint)
    last = max((day for c in _all(courses) for day in _days(c)), default=days) / days
    styles = arm_styles(facts.arms)
    geometry: dict[str, Any] = {"lines": {}, "panels": {}}
    for plot in plots:
        box = plot.box
        panel = Panel(plot.arm, type(box)(box.left, box.top, box.right, box.bottom - below), first=plot.first)
        x, ticks = _months(panel, last, size)
        y = Scale(-LIMIT, LIMIT, panel.box.bottom, panel.box.top)
        words = drawn_words(courses, panel.arm)
        head(scene, panel, courses, styles[panel.arm.id], words=words, size=size)
        change_axis(scene, panel, y, size=size)
        _time_axis(scene, panel, x, ticks, size=size)
        drawn = _lines(scene, courses, panel, (x, y), style=styles[panel.arm.id], month=days)
        geometry["lines"][panel.arm.id] = drawn
        geometry["panels"][panel.arm.id] = (panel.box, x, y)
    change_label(scene, plots, "Change from baseline (%)", size=size)
    base = plots[-1].box.bottom + 0.4 * size
    middle = (left + width) / 2
    words = "Months from randomization"
    scene.add(Text(x=middle, y=base + size * 0.4, text=words, size=size, anchor="middle", part="x-label"))
    scene.height = note_lines(scene, _note(courses, facts), base + size * 0.6, size - 1.2)
    background(scene)
    return Drawing(scene, geometry)


def _all(courses: Courses) -> list[Course]:
    return [course for arm in courses.arms for course in courses.patients[arm.id] if course.best_change is not None]


def _days(course: Course) -> list[float]:
    return [day for day, _ in course.changes] + ([course.new_lesion] if course.new_lesion is not None else [])


def _months(panel: Panel, last: float, size: float) -> tuple[Scale, list[int]]:
    room = panel.box.right - panel.box.left
    step = month_step(last, max(2, int(room / (text_width("888", size) + 8))))
    count = max(1, int(-(-last // step)))
    return Scale(0.0, float(step * count), panel.box.left, panel.box.right), [step * i for i in range(count + 1)]


def _time_axis(scene: Scene, panel: Panel, x: Scale, ticks: Sequence[int], *, size: float) -> None:
    base = panel.box.bottom
    scene.add(hline(panel.box.left, panel.box.right, base, color=INK, part="axis"))
    for tick in ticks:
        scene.add(vline(x(tick), base, base + 3, color=INK, part="tick"))
        scene.add(Text(x=x(tick), y=base + 4 + size, text=str(tick), size=size, anchor="middle", part="x-tick"))


def points_of(course: Course, x: Scale, y: Scale, month: float) -> tuple[list[Point], bool]:
    """Line of a patient on paper, from no change at day 0; it ends where it passes +100%, and whether it does."""
    points, before = [(x(0.0), y(0.0))], (0.0, 0.0)
    for day, change in course.changes:
        if change > LIMIT:
            share = (LIMIT - before[1]) / (change - before[1])
            points.append((x((before[0] + share * (day - before[0])) / month), y(LIMIT)))
            return points, True
        points.append((x(day / month), y(change)))
        before = (day, change)
    return points, False


def _lines(
    scene: Scene, courses: Courses, panel: Panel, scales: tuple[Scale, Scale], *, style: ArmStyle, month: float
) -> list[dict[str, Any]]:
    x, y = scales
    shown = [course for course in courses.patients[panel.arm.id] if course.best_change is not None]
    shown.sort(key=lambda course: (course.responder, course.subject))
    thin = 0.7 if len(shown) <= 60 else 0.5 if len(shown) <= 150 else 0.35
    drawn, diamonds = [], []
    for course in shown:
        points, cut = points_of(course, x, y, month)
        best = signed(course.best_change or 0.0)
        label = f"{course.subject}: best {best}, {course.best_response or 'no response'}"
        scene.add(
            Path(
                subpaths=(tuple(points),),
                stroke=style.color,
                width=1.4 if course.responder else thin,
                rows=courses.rows_of(course),
                label=label,
                part="line",
            )
        )
        at = _new_lesion(course, points, cut, (x, y), month)
        if at is not None:
            diamonds.append(at)
            if at[0] > points[-1][0]:
                scene.add(line([points[-1], at], color=style.color, width=thin, dash=(1.5, 1.5), part="not_measured"))
        drawn.append({"subject": course.subject, "points": points, "cut": cut, "responder": course.responder})
    if diamonds:
        r = MARK if len(shown) <= 150 else 0.75 * MARK
        shapes = tuple(((a, b - r), (a + r, b), (a, b + r), (a - r, b)) for a, b in diamonds)
        scene.add(Path(subpaths=shapes, closed=True, fill=PAPER, stroke=INK, width=0.6, part="new_lesion"))
    return drawn


def _new_lesion(
    course: Course, points: list[Point], cut: bool, scales: tuple[Scale, Scale], month: float
) -> Point | None:
    """Place of the first new lesion: on the line, or level with its end where nothing was measured that day."""
    if course.new_lesion is None:
        return None
    x, y = scales
    known = [change for when, change in course.changes if when <= course.new_lesion]
    at = (x(course.new_lesion / month), y(known[-1] if known else 0.0))
    return None if cut and at[0] > points[-1][0] else at


def _note(courses: Courses, facts: Facts) -> str:
    beyond = sum(any(change > LIMIT for _, change in course.changes) for course in _all(courses))
    hidden = [f"{count} {reason}" for reason, count in courses.reasons.items() if count]
    count = sum(courses.reasons.values())
    return course_note(
        courses,
        facts,
        response_rule(facts, courses),
        "heavy lines: best response CR or PR; diamonds: first new lesion",
        "assessments up to progression, new anticancer therapy or crossover",
        "dashed lines: +20% and \N{MINUS SIGN}30% of baseline",
        f"{beyond} {'line ends' if beyond == 1 else 'lines end'} at +100%" if beyond else "",
        f"not shown: {count} ({'; '.join(hidden)})" if hidden else "",
    )


def _summary(courses: Courses, facts: Facts) -> str:
    name = facts.analysis_name(courses.analysis, courses.endpoint)
    sentences = [f"{name}: change of the sum of diameters over time."]
    for arm in courses.arms:
        shown = [course for course in courses.patients[arm.id] if course.best_change is not None]
        n = len(courses.patients[arm.id])
        if not shown:
            sentences.append(f"{arm.label}: none of {n} subjects has a measurement after baseline.")
            continue
        below = sum(course.changes[-1][1] < 0 for course in shown)
        new = sum(course.new_lesion is not None for course in shown)
        sentences.append(
            f"{arm.label}: {len(shown)} of {n} subjects shown; at the last assessment {below} are below their "
            f"baseline; {new} have a new lesion."
        )
    return " ".join(sentences)
