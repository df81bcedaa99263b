"""How the model of each scale was fitted, and how many subjects improved, stayed or worsened."""

from collections.abc import Sequence

from equipoise.report.cells import Column, Line, Number, Part, Table
from equipoise.report.entries import NOTHING, Source, by_statistic, group_by_level
from equipoise.report.questionnaires import Course, questionnaire, scale_facts
from equipoise.report.rows import Row
from equipoise.report.tables.footnotes import footnotes, level_text
from equipoise.report.tables.patient_reported import LONG, scale_notes

__all__ = ["changes_table", "fit_table"]

Pair = tuple[str | None, str | None]

_CHANGES = ("improved", "stable", "worsened")


def fit_table(source: Source, course: Course, *, name: str) -> Table:
    """One line for each scale: covariance used, degrees of freedom, subjects and scores, what was left out and why."""
    lines = []
    for code in course.scales:
        about = by_statistic(course.of(code, "model"))
        covariance = about.get("covariance")
        tried = about.get("attempts")
        failed = [part for part in (tried.text or "").split("; ") if not part.endswith(": used")] if tried else []
        left_out = [
            about[key].text or "" for key in ("arms_left_out", "visits_left_out", "columns_left_out") if key in about
        ]
        cells: tuple[Part, ...] = (
            _text(covariance, missing="none fitted"),
            _text(about.get("df_method")),
            source.count(about.get("n_subjects"), absent=NOTHING),
            source.count(about.get("n_rows"), absent=NOTHING),
            source.count(about.get("n_parameters"), absent=NOTHING),
            "; ".join([*failed, *left_out, *_outside(course.of(code, "model_subjects"))]) or "none",
        )
        lines.append(Line(scale_facts(source.facts, course.instrument, code).label, cells))
    label = str(questionnaire(source.facts, course.instrument).get("label") or course.instrument)
    heads = ("Covariance", "Degrees of freedom", "Subjects", "Scores", "Covariance parameters", "Not used, and why")
    return Table(
        name=name,
        title=f"{label}: models as fitted",
        stub="Scale",
        columns=tuple(Column(head=head, numeric=head in heads[2:5]) for head in heads),
        lines=tuple(lines),
        footnotes=footnotes(source, [], "The first covariance structure that reaches a proper optimum is used."),
        empty="Models will stand here once questionnaires are scored.",
    )


def _text(row: Row | None, *, missing: str = NOTHING) -> Part:
    if row is None:
        return NOTHING
    known = row.status in (None, "ok")
    return Number((row.text or missing) if known else f"{missing}: {row.text or 'not estimable'}", (row.row_id,))


def _outside(rows: list[Row]) -> list[str]:
    """Subjects out of the model, all arms together, by reason."""
    counts: dict[str, int] = {}
    for row in rows:
        if row.statistic == "n" and row.variable_level not in (None, "in the model"):
            counts[str(row.variable_level)] = counts.get(str(row.variable_level), 0) + round(row.value or 0)
    told = []
    for text, n in counts.items():
        who = f"{n} subject{'' if n == 1 else 's'}"
        told += [f"{who} with {text}" if text.startswith(("no ", "scores")) else f"{who}: {text}"] if n else []
    return told


def changes_table(source: Source, course: Course, *, name: str) -> Table:
    """Improved, stable and worsened by the important difference, by scale, visit and arm, with the comparison."""
    rows = [row for row in course.rows if row.variable_level in (*_CHANGES, "with_change")]
    arms = source.arms_of(row for row in rows if row.reference_level is None)
    pairs = list(dict.fromkeys((row.group_level, row.reference_level) for row in rows if row.reference_level))
    level = level_text(next((row.conf_level for row in rows if row.conf_level), None))
    columns = [Column(head=f"{arm.label}, n (%)", arm=arm.id) for arm in arms]
    columns += [
        Column(head=f"{source.facts.arm_label(first)} minus {source.facts.arm_label(second)}, % ({level} CI)")
        for first, second in pairs
    ]
    lines: list[Line] = []
    for code in course.scales:
        own = [row for row in rows if row.variable == code]
        if not own:
            continue
        scale = scale_facts(source.facts, course.instrument, code)
        lines.append(Line(f"{scale.label}{_threshold(scale.worse_by, scale.better_by)}", head=True))
        for visit in dict.fromkeys(row.visit for row in own):
            at = [row for row in own if row.visit == visit]
            counts = group_by_level(r for r in at if r.variable_level == "with_change")
            whole: list[Part] = [source.count(counts.get(arm.id, {}).get("n")) for arm in arms]
            lines.append(Line(f"{visit}, subjects", (*whole, *("" for _ in pairs)), 1))
            lines += [_change_line(source, at, change, [arm.id for arm in arms], pairs) for change in _CHANGES]
    label = str(questionnaire(source.facts, course.instrument).get("label") or course.instrument)
    differences = [row for row in rows if row.measure == "risk_difference"]
    return Table(
        name=name,
        title=f"{label}: improved, stable and worsened by the important difference",
        stub="Scale and visit",
        columns=tuple(columns),
        lines=tuple(lines),
        footnotes=footnotes(
            source,
            differences,
            "Percentages are of the subjects with a score at baseline and at the visit; a missing score is neither "
            "improved nor worsened. Differences are in percentage points.",
            *(note for note in scale_notes(source, course) if not note.startswith("Estimand")),
        ),
        empty="Shares of subjects who improved or worsened will stand here once the protocol names a difference that "
        "matters.",
        collapsed=len(lines) > LONG,
    )


def _change_line(source: Source, rows: list[Row], change: str, arms: list[str], pairs: Sequence[Pair]) -> Line:
    own = group_by_level(row for row in rows if row.variable_level == change and row.reference_level is None)
    cells: list[Part] = [source.count_percent(own.get(arm, {})) for arm in arms]
    cells += ["" if change == "stable" else source.share(_compared(rows, change, pair)) for pair in pairs]
    return Line(change.capitalize(), tuple(cells), 2)


def _compared(rows: list[Row], change: str, pair: Pair) -> dict[str, Row]:
    return by_statistic(
        row
        for row in rows
        if row.variable_level == change
        and row.measure == "risk_difference"
        and (row.group_level, row.reference_level) == pair
    )


def _threshold(worse_by: float | None, better_by: float | None) -> str:
    if worse_by == better_by and worse_by is not None:
        return f", by {worse_by:g} points or more"
    parts = [f"{points:g} points {word}" for points, word in ((worse_by, "worse"), (better_by, "better")) if points]
    return f", by {' or '.join(parts)}" if parts else ""
