"""Swimmer plot: treatment, response, progression, crossover and death of every patient over time."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from equipoise.report.facts import Facts
from equipoise.report.figures.axis import Scale, month_step
from equipoise.report.figures.courses import Course, Courses, course_note, read_courses
from equipoise.report.figures.figure import Drawing, Figure
from equipoise.report.figures.labels import Box
from equipoise.report.figures.metrics import CAP_HEIGHT, text_width
from equipoise.report.figures.panels import Panel, by_arm, head, head_width, legend_height, note_lines, response_rule
from equipoise.report.figures.scene import Circle, Path, Scene, Shape, Text, hline, rect, vline
from equipoise.report.figures.style import INK, MUTED, NARROW, WIDE, arm_styles, background, synthetic_band
from equipoise.results import Results

__all__ = ["swimmer_figure"]

TALL = {True: 560.0, False: 780.0}
"""Height for all rows of a wide drawing, and of a narrow one with its panels below each other."""
ROW = (1.1, 11.0)
KEYS = (
    ("treatment", "Assigned treatment"),
    ("crossover", "Crossover treatment"),
    ("follow_up", "Alive, off treatment"),
    ("response", "Response"),
    ("progression", "Progression"),
    ("death", "Death"),
    ("ongoing", "On treatment at the cut-off"),
)


def swimmer_figure(results: Results, analysis_id: str) -> Figure | None:
    """Swimmer plot of an analysis of response; None where it tells of no patient.

    One row for each member of the population, by arm, the longest on assigned treatment first. The bar is treatment,
    its continuation after crossover paler; the thin line runs to the last day known to be alive. A heavy line inside
    the bar is response, from its first day to progression or to the last day seen.

    Raises
    ------
    FigureError
        If the rows are not as many as the statistics count.
    """
    courses = read_courses(results, analysis_id)
    if courses is None:
        return None
    facts = Facts.of(results)
    names = {f"swimmer_{analysis_id}": WIDE, f"swimmer_{analysis_id}_narrow": NARROW}
    wide, narrow = (_draw(courses, facts, name, width) for name, width in names.items())
    label = facts.analysis_name(analysis_id, courses.endpoint)
    caption = f"{label}: course of every subject. {_note(courses, facts)}"
    return Figure(name=f"swimmer_{analysis_id}", caption=caption, wide=wide, narrow=narrow)


def sorted_rows(courses: Courses, arm: str) -> list[Course]:
    """Patients of an arm, the longest on assigned treatment first, then the longest followed."""

    def key(course: Course) -> tuple[float, float, str]:
        treated = course.treatment.last or 0.0 if course.treatment else 0.0
        followed = course.follow_up.last or 0.0 if course.follow_up else 0.0
        return -treated, -followed, course.subject

    return sorted(courses.patients[arm], key=key)


def _draw(courses: Courses, facts: Facts, name: str, width: float) -> Drawing:
    wide = width > 1.5 * NARROW
    size = 8.0 if wide else 7.5
    title = f"{facts.analysis_name(courses.analysis, courses.endpoint)}, swimmer plot"
    scene = Scene(name=name, width=width, height=0.0, title=title, description=_summary(courses, facts))
    top = synthetic_band(scene) if facts.synthetic else 4.0
    top = _legend(scene, courses, top, size=size - 0.5)
    rows = {arm.id: sorted_rows(courses, arm.id) for arm in courses.arms}
    most = max(len(part) for part in rows.values())
    beside = wide and len(courses.arms) <= 3
    drawn_rows = most if beside else sum(map(len, rows.values()))
    step = min(ROW[1], max(ROW[0], TALL[wide] / max(drawn_rows, 1)))
    between, below = 1.9 * size, 2.3 * size
    one = [1.0] * len(courses.arms)
    left = 6.0
    geometry: dict[str, Any] = {"rows": {}, "panels": {}, "step": step}
    last = _last_month(courses, facts)
    styles = arm_styles(facts.arms)
    y = top
    plots: list[Panel] = []
    if beside:
        height = most * step + below
        heads = [head_width(arm, f"n = {len(rows[arm.id])}", size) for arm in courses.arms]
        room = {"width": width, "left": left, "top": y, "height": height, "between": between}
        plots = by_arm(courses.arms, one, heads=heads, deeper=1.2 * size, **room)
    else:
        for arm in courses.arms:
            height = len(rows[arm.id]) * step + below
            plots += by_arm([arm], [1.0], width=width, left=left, top=y, height=height, between=between)
            y = plots[-1].box.bottom + 4
    colors = {arm: style.color for arm, style in styles.items()}
    for plot in plots:
        part = rows[plot.arm.id]
        box = replace(plot.box, bottom=plot.box.top + len(part) * step)
        panel = Panel(plot.arm, box, first=plot.first)
        n = len(part)
        head(scene, panel, courses, styles[plot.arm.id], words=f"n = {n}", size=size)
        x, ticks = _months(box, last, size)
        geometry["rows"][plot.arm.id] = [
            _row(scene, course, courses, (x, box.top + (i + 0.5) * step), step=step, colors=colors, facts=facts)
            for i, course in enumerate(part)
        ]
        geometry["panels"][plot.arm.id] = (box, x)
        _time_axis(scene, box, x, ticks, size=size)
    base = plots[-1].box.bottom + 0.5 * size
    words = "Months from randomization"
    scene.add(Text(x=width / 2, y=base + 0.4 * size, text=words, size=size, anchor="middle", part="x-label"))
    scene.height = note_lines(scene, _note(courses, facts), base + 0.7 * size, size - 1.2)
    background(scene)
    return Drawing(scene, geometry)


def _last_month(courses: Courses, facts: Facts) -> float:
    ends = [
        span.last
        for part in courses.patients.values()
        for course in part
        for span in (course.treatment, course.crossover, course.follow_up, course.response)
        if span is not None and span.last is not None
    ]
    return max(ends, default=30.0) / facts.month_days(courses.endpoint)


def _months(box: Box, last: float, size: float) -> tuple[Scale, list[int]]:
    step = month_step(last, max(2, int((box.right - box.left) / (text_width("888", size) + 8))))
    ticks = [step * i for i in range(int(last // step) + 1)]
    return Scale(0.0, max(last * 1.03, float(step)), box.left, box.right), ticks


def _time_axis(scene: Scene, box: Box, x: Scale, ticks: Sequence[int], *, size: float) -> None:
    base = box.bottom + 2
    scene.add(vline(box.left, box.top, base, color=INK, part="axis"))
    scene.add(hline(box.left, box.right, base, color=INK, part="axis"))
    for tick in ticks:
        scene.add(vline(x(tick), base, base + 3, color=INK, part="tick"))
        scene.add(Text(x=x(tick), y=base + 4 + size, text=str(tick), size=size, anchor="middle", part="x-tick"))


def _row(
    scene: Scene,
    course: Course,
    courses: Courses,
    at: tuple[Scale, float],
    *,
    step: float,
    colors: dict[str, str],
    facts: Facts,
) -> dict[str, Any]:
    """Draw a patient: follow-up, treatment, crossover, response, then the marks."""
    days, (x, y) = facts.month_days(courses.endpoint), at
    half, radius = 0.36 * step, _radius(step)
    rows, label = courses.rows_of(course), _label(course, days)

    def to(day: float) -> float:
        return x(max(day - 1, 0.0) / days)

    for start, end in _off_treatment(course):
        thin = hline(to(start), to(end), y, color=MUTED, width=min(0.6, 0.3 * step), part="follow_up")
        scene.add(replace(thin, rows=rows))
    target = str((facts.protocol.get("crossover") or {}).get("to") or course.arm)
    for span, color, opacity, part in (
        (course.treatment, colors[course.arm], 0.75, "treatment"),
        (course.crossover, colors.get(target, colors[course.arm]), 0.45, "crossover"),
    ):
        if span is None or span.last is None:
            continue
        left, right = to(span.first), max(to(span.last), to(span.first) + 0.5)
        bar = rect(left, y - half, right - left, 2 * half, fill=color, part=part)
        scene.add(replace(bar, opacity=opacity, rows=rows, label=label if part == "treatment" else ""))
    if course.response is not None:
        end = to(course.response.last) if course.response.last is not None else to(course.response.first)
        start = to(course.response.first)
        wide = max(0.8, 0.3 * step)
        scene.add(hline(start, max(end, start + 0.5), y, color=INK, width=wide, part="response"))
    if course.progression is not None:
        scene.add(_cross(to(course.progression), y, radius))
    if course.death is not None:
        scene.add(Circle(x=to(course.death), y=y, radius=0.8 * radius, fill=INK, part="death"))
    ongoing = course.treatment is not None and course.treatment.text == "ongoing"
    if ongoing and course.treatment is not None and course.treatment.last is not None:
        scene.add(_arrow(to(course.treatment.last), y, radius))
    return {"subject": course.subject, "y": y, "ongoing": ongoing}


def _off_treatment(course: Course) -> list[tuple[float, float]]:
    """Stretches from day 1 to the last day seen in which no treatment is drawn."""
    last = course.follow_up.last if course.follow_up is not None else None
    if last is None:
        return []
    taken = sorted(
        (s.first, s.last) for s in (course.treatment, course.crossover) if s is not None and s.last is not None
    )
    stretches, at = [], 1.0
    for first, end in taken:
        stretches.append((at, min(first, last)))
        at = max(at, end)
    stretches.append((at, last))
    return [(first, end) for first, end in stretches if end > first]


def _radius(step: float) -> float:
    return min(2.6, max(0.9, 0.42 * step))


def _cross(x: float, y: float, r: float) -> Path:
    lines = (((x - r, y - r), (x + r, y + r)), ((x - r, y + r), (x + r, y - r)))
    return Path(subpaths=lines, stroke=INK, width=min(1.0, 0.45 * r + 0.15), part="progression")


def _arrow(x: float, y: float, r: float) -> Path:
    points = ((x, y - r), (x + 2 * r, y), (x, y + r))
    return Path(subpaths=(points,), closed=True, fill=INK, part="ongoing")


def _label(course: Course, days: float) -> str:
    treated = course.treatment
    if treated is None or treated.last is None:
        return f"{course.subject}: never treated"
    words = f"{course.subject}: {(treated.last - treated.first + 1) / days:.1f} months on treatment"
    return f"{words}, {course.best_response or 'no response'}"


def _present(courses: Courses) -> list[tuple[str, str]]:
    """Entries of the legend that occur."""
    every = [course for arm in courses.arms for course in courses.patients[arm.id]]
    found = {
        name: any(getattr(course, name) is not None for course in every)
        for name in ("treatment", "crossover", "follow_up", "response", "progression", "death")
    }
    found["ongoing"] = any(course.treatment is not None and course.treatment.text == "ongoing" for course in every)
    return [(name, words) for name, words in KEYS if found[name]]


def _legend(scene: Scene, courses: Courses, top: float, *, size: float) -> float:
    entries = _present(courses)
    places = legend_height([words for _, words in entries], scene.width - 4, size, mark=16.0)
    for (name, words), (x, line) in zip(entries, places, strict=True):
        y = top + (line + 1) * 1.4 * size
        scene.add(*_key(name, x, y - size * CAP_HEIGHT / 2))
        scene.add(Text(x=x + 15, y=y, text=words, size=size, part="key"))
    lines = places[-1][1] + 1 if places else 0
    return top + lines * 1.4 * size + 6


def _key(name: str, x: float, y: float) -> list[Shape]:
    """Sample of a mark; bars in gray, since their color is that of the arm."""
    if name in ("treatment", "crossover"):
        bar = rect(x, y - 2.5, 12, 5, fill=MUTED, stroke=None, part="key-mark")
        return [replace(bar, opacity=0.75 if name == "treatment" else 0.35)]
    if name in ("follow_up", "response"):
        ink, wide = (MUTED, 0.6) if name == "follow_up" else (INK, 1.8)
        shapes: list[Shape] = [hline(x, x + 12, y, color=ink, width=wide, part="key-mark")]
        return shapes
    if name == "progression":
        return [replace(_cross(x + 6, y, 2.3), part="key-mark")]
    if name == "death":
        return [Circle(x=x + 6, y=y, radius=2.1, fill=INK, part="key-mark")]
    return [replace(_arrow(x + 4, y, 2.4), part="key-mark")]


def _note(courses: Courses, facts: Facts) -> str:
    return course_note(
        courses,
        facts,
        f"response and progression: {response_rule(facts, courses)}",
        "one row for each subject, the longest on assigned treatment first",
    )


def _summary(courses: Courses, facts: Facts) -> str:
    sentences = [f"{facts.analysis_name(courses.analysis, courses.endpoint)}: course of every subject."]
    for arm in courses.arms:
        part = courses.patients[arm.id]
        counts = {
            "treated": sum(course.treatment is not None for course in part),
            "on treatment at the cut-off": sum(c.treatment is not None and c.treatment.text == "ongoing" for c in part),
            "with a response": sum(course.response is not None for course in part),
            "with progression": sum(course.progression is not None for course in part),
            "crossed over": sum(course.crossover is not None for course in part),
            "dead": sum(course.death is not None for course in part),
        }
        said = ", ".join(f"{count} {words}" for words, count in counts.items())
        sentences.append(f"{arm.label}, {len(part)} subjects: {said}.")
    return " ".join(sentences)
