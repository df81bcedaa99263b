"""Questionnaires: compliance, declared differences, model means, how each model was fitted, improved and worsened."""

from collections.abc import Mapping, Sequence

from equipoise.report.cells import Column, Line, Model, Number, Part, Table
from equipoise.report.entries import LIMITS, NOTHING, Source, by_statistic, group_by_level
from equipoise.report.facts import Arm
from equipoise.report.questionnaires import COMPLIANCE, Course, points_text, questionnaire, scale_facts
from equipoise.report.rows import ALL, Row, row_ids
from equipoise.report.tables.footnotes import footnotes, level_text

__all__ = [
    "compliance_instruments",
    "compliance_table",
    "declared_differences",
    "differences_table",
    "means_table",
    "missing_forms_table",
    "scale_notes",
]

Pair = tuple[str, str]
LONG = 36
"""Lines from which a table is folded on the screen."""


def compliance_instruments(source: Source) -> list[str]:
    """Questionnaires with planned forms."""
    return list(dict.fromkeys(row.parent_level for row in source.rows.analysis(COMPLIANCE) if row.parent_level))


def compliance_table(source: Source, instrument: str, *, name: str) -> Table:
    """Forms expected and completed by visit and arm, with both denominators."""
    rows = [row for row in source.rows.analysis(COMPLIANCE) if row.parent_level == instrument]
    arms = source.arms_of(rows)
    population = rows[0].population if rows else None
    columns: list[Column] = []
    for column in source.arm_columns(population, arms):
        heads = ("Alive", "Expected", "Completed (% of expected)", "% of all")
        spans = [Column(head=head, span=column.head, span_row_ids=column.row_ids) for head in heads]
        columns += [Column(head=heads[0], span=column.head, span_row_ids=column.row_ids, arm=column.arm), *spans[1:]]
    lines = []
    for visit in dict.fromkeys(row.visit for row in rows):
        cells: list[Part] = []
        for arm in arms:
            own = [row for row in rows if row.visit == visit and row.group_level == arm.id]
            found = {(row.variable, row.statistic): row for row in own}
            done = {name: row for (variable, name), row in found.items() if variable == "form_completed"}
            cells += [
                source.count(found.get(("alive", "n"))),
                source.count(found.get(("expected", "n"))),
                source.count_percent(done),
                source.value(found.get(("available", "percent")), 1),
            ]
        lines.append(Line(visit or "", tuple(cells)))
    return Table(
        name=name,
        title=f"{_label(source, instrument)}: forms expected and completed",
        stub="Visit",
        columns=tuple(columns),
        lines=tuple(lines),
        footnotes=footnotes(
            source,
            [],
            f"Population: {source.facts.population_label(population)}.",
            f"Alive: at the target day. Expected: alive, {_followed(source, instrument)}, due by the cut-off, "
            "neither crossed over nor unblinded; or received.",
            "Completed: a form with at least one score, among those expected (variable denominator). % of all: of the "
            "whole arm (fixed denominator).",
        ),
        empty="Forms expected and completed will stand here once questionnaires are due.",
    )


def _followed(source: Source, instrument: str) -> str:
    """How long forms are expected of a subject, in words."""
    items = source.facts.protocol.get("instruments") or ()
    declared = next((item for item in items if isinstance(item, Mapping) and item.get("name") == instrument), {})
    return "on treatment" if declared.get("expected_until") == "end_of_treatment" else "in the study"


def missing_forms_table(source: Source, instrument: str, *, name: str) -> Table:
    """Reasons of missing forms and of forms not expected, by visit and arm."""
    rows = [row for row in source.rows.analysis(COMPLIANCE) if row.parent_level == instrument]
    arms = source.arms_of(rows)
    groups = [*(arm.id for arm in arms), ALL]
    members = {r.group_level: r for r in source.rows.where("populations", "members", population=_population(rows))}
    lines: list[Line] = []
    for visit in dict.fromkeys(row.visit for row in rows):
        own = [row for row in rows if row.visit == visit and row.statistic == "n"]
        part = []
        for variable, words in (("missing", "Expected, not completed"), ("not_expected", "Not expected")):
            counts = {row.group_level: row for row in own if row.variable == variable}
            if not any(row.value for row in counts.values()):
                continue
            part.append(Line(words, tuple(source.count(counts.get(group)) for group in groups), 1))
            reasons = [row for row in own if row.variable == f"{variable}_reason"]
            for reason in dict.fromkeys(row.variable_level for row in reasons):
                counts = {row.group_level: row for row in reasons if row.variable_level == reason}
                text = (reason or "").strip("()").capitalize()
                part.append(Line(text, tuple(source.count(counts.get(group)) for group in groups), 2))
        lines += [Line(visit or "", head=True), *part] if part else []
    return Table(
        name=name,
        title=f"{_label(source, instrument)}: why forms are missing",
        stub="Visit and reason",
        columns=tuple(source.columns(arms, members, total=True)),
        lines=tuple(lines),
        footnotes=footnotes(source, [], "Numbers of subjects; each is counted under one reason."),
        empty="No form is missing.",
        collapsed=len(lines) > LONG,
    )


def differences_table(source: Source, course: Course, *, name: str) -> Table:
    """The declared comparison of every scale, one line for each."""
    pairs = _pairs(course)
    arms = source.arms_of(row for row in course.rows if row.reference_level is None)
    change = _by_change(course)
    declared = questionnaire(source.facts, course.instrument)
    of_change = change or (declared.get("baseline") == "covariate" and declared.get("response") == "change")
    columns = [Column(head="Better", numeric=False)]
    columns += [Column(head=f"{arm.label}, {'change' if of_change else 'mean'} (SE)", arm=arm.id) for arm in arms]
    for first, second in pairs:
        span = f"{source.facts.arm_label(first)} v {source.facts.arm_label(second)}"
        columns += [Column(head="Difference (CI)", span=span), Column(head="P", span=span)]
    lines, shown = [], []
    for code in course.scales:
        scale = scale_facts(source.facts, course.instrument, code)
        found = {pair: declared_differences(course, code, pair) for pair in pairs}
        at = next((rows["estimate"] for rows in found.values() if "estimate" in rows), None)
        at = at or next((row for row in course.of(code, "model_mean") if row.visit is None), None)
        means = _means_at(course, code, at, change=change)
        cells: list[Part] = [scale.better or "not known", *(_mean(source, means.get(arm.id, {})) for arm in arms)]
        for pair in pairs:
            cells += [_difference(source, found[pair]), source.p(found[pair].get("p_value"))]
            shown += list(found[pair].values())
        lines.append(Line(scale.label, tuple(cells)))
    when = next((f"at {row.visit}" if row.visit else "averaged over the visits after baseline" for row in shown), "")
    what = "change from baseline" if of_change else "mean score"
    return Table(
        name=name,
        title=f"{_label(source, course.instrument)}: differences between arms in {what} {when}".rstrip(),
        stub="Scale",
        columns=tuple(columns),
        lines=tuple(lines),
        footnotes=footnotes(
            source,
            shown,
            *scale_notes(source, course),
            "SE: standard error. P values and intervals are not adjusted for the number of scales.",
        ),
        empty="Differences between arms will stand here once arms can be compared.",
    )


def means_table(source: Source, course: Course, *, name: str) -> Table:
    """Model means by scale, visit and arm, with the differences at each visit and on average."""
    pairs, change = _pairs(course), _by_change(course)
    arms = source.arms_of(row for row in course.rows if row.reference_level is None)
    level = level_text(next((row.conf_level for row in course.rows if row.conf_level), None))
    columns: list[Column] = []
    for arm in arms:
        columns += [
            Column(head="n", span=arm.label, arm=arm.id),
            Column(head=f"Mean ({level} CI)", span=arm.label),
        ]
    for first, second in pairs:
        span = f"{source.facts.arm_label(first)} v {source.facts.arm_label(second)}"
        columns += [Column(head=f"Difference ({level} CI)", span=span), Column(head="P", span=span)]
    lines: list[Line] = []
    for code in course.scales:
        scale = scale_facts(source.facts, course.instrument, code)
        lines.append(Line(f"{scale.label}{f', {scale.direction}' if scale.direction else ''}", head=True))
        lines += _visit_lines(source, course, code, arms, pairs)
    shown = [row for row in course.rows if row.measure in ("model_mean", "model_difference", "model_change_difference")]
    what = "differences of changes from baseline" if change else "differences of means"
    return Table(
        name=name,
        title=f"{_label(source, course.instrument)}: model means by visit",
        stub="Scale and visit",
        columns=tuple(columns),
        lines=tuple(lines),
        footnotes=footnotes(
            source,
            [row for row in shown if row.statistic in (*LIMITS, "p_value")],
            f"Differences: {what}. n: subjects with a score in the model at the visit; on average, at any visit.",
            *(note for note in scale_notes(source, course) if not note.startswith("Estimand")),
        ),
        empty="Model means will stand here once questionnaires are scored.",
        collapsed=len(lines) > LONG,
    )


def _visit_lines(source: Source, course: Course, code: str, arms: Sequence[Arm], pairs: Sequence[Pair]) -> list[Line]:
    rows = course.of(code)
    kind = "model_change_difference" if _by_change(course) else "model_difference"
    means = [row for row in rows if row.measure == "model_mean"]
    lines = []
    for visit in dict.fromkeys(row.visit for row in means):
        groups = group_by_level(row for row in means if row.visit == visit)
        cells: list[Part] = []
        for arm in arms:
            own = groups.get(arm.id, {})
            first = own.get("estimate")
            size: Part = NOTHING if first is None else Number(str(first.n or 0), (first.row_id,))
            cells += [size, _points(source, own)]
        declared = False
        for pair in pairs:
            found = by_statistic(
                r for r in rows if r.measure == kind and r.visit == visit and (r.group_level, r.reference_level) == pair
            )
            declared |= any(row.declared for row in found.values())
            cells += [_difference(source, found), source.p(found.get("p_value"))] if found else ["", ""]
        label = visit or "Average after baseline"
        lines.append(Line(f"{label}{' (declared)' if declared else ''}", tuple(cells), 1))
    return lines


def declared_differences(course: Course, code: str, pair: Pair) -> dict[str, Row]:
    """Rows of the declared comparison of a scale, by statistic."""
    return by_statistic(
        row for row in course.of(code) if row.declared and (row.group_level, row.reference_level) == pair
    )


def scale_notes(source: Source, course: Course) -> list[str]:
    """What a reader must know of a questionnaire: its variant, directions that mislead, the estimand."""
    notes = list(dict.fromkeys(f"Estimand. {row.text}" for row in course.rows if row.statistic == "estimand"))
    if course.instrument == "QLQ-GINET21":
        original = questionnaire(source.facts, course.instrument).get("scoring") == "original"
        form = "three items, weight gain among them (original form)" if original else "two items (validated form)"
        alone = "" if original else " and weight gain stands alone"
        notes.append(
            f"QLQ-GI.NET21: treatment-related symptoms (TR) have {form}{alone}. Social functioning (SF21) counts "
            "problems: higher is worse, unlike social functioning of QLQ-C30. Item numbers are not checked against the "
            "publisher's scoring sheet."
        )
    return notes


def _pairs(course: Course) -> list[Pair]:
    return list(
        dict.fromkeys(
            (str(row.group_level), row.reference_level)
            for row in course.rows
            if row.reference_level and row.measure in ("model_difference", "model_change_difference")
        )
    )


def _by_change(course: Course) -> bool:
    """Whether the arms are compared by changes that the model gives."""
    return any(row.measure == "model_change_difference" for row in course.rows)


def _means_at(course: Course, code: str, at: Row | None, *, change: bool) -> dict[str | None, dict[str, Row]]:
    if at is None:
        return {}
    kind = "model_change" if change else "model_mean"
    return group_by_level(row for row in course.of(code, kind) if row.visit == at.visit)


def _mean(source: Source, rows: dict[str, Row]) -> Part:
    return source.values([rows.get("estimate"), rows.get("std_error")], 1, "{} ({})")


def _points(source: Source, rows: dict[str, Row]) -> Part:
    row = rows.get("estimate")
    if row is None:
        return NOTHING
    estimate, low, high = (rows[name].value if name in rows else None for name in LIMITS)
    return Number(points_text(estimate, low, high, source.style), row_ids(*(rows.get(name) for name in LIMITS)))


def _difference(source: Source, rows: dict[str, Row]) -> Part:
    cell = _points(source, rows)
    if not isinstance(cell, Number):
        return cell
    if rows["estimate"].status == "not_done":
        return Number(NOTHING, cell.row_ids)
    return Number(cell.text, cell.row_ids, "effect", Model.of(rows["estimate"]))


def _label(source: Source, instrument: str) -> str:
    return str(questionnaire(source.facts, instrument).get("label") or instrument)


def _population(rows: Sequence[Row]) -> str | None:
    return rows[0].population if rows else None
