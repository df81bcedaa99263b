"""The section on patient-reported outcomes: sentences, compliance, trajectories, tables of each questionnaire."""

from collections.abc import Mapping

from equipoise.report.cells import Block, Model, Notice, Number, Paragraph, Part, Section
from equipoise.report.entries import LIMITS, Source
from equipoise.report.numbers import format_number, format_p, format_percent
from equipoise.report.questionnaires import COMPLIANCE, Course, courses, questionnaire, scale_facts
from equipoise.report.rows import Row, row_ids
from equipoise.report.tables.patient_reported import (
    compliance_instruments,
    compliance_table,
    declared_differences,
    differences_table,
    means_table,
    missing_forms_table,
)
from equipoise.report.tables.patient_reported_fit import changes_table, fit_table

__all__ = ["declared_scale_text", "patient_reported_section"]

_MOST = 4
"""Scales up to which every declared difference is told."""


def patient_reported_section(source: Source, pictures: Mapping[str, Block]) -> Section | None:
    """The section; None for a trial without questionnaires."""
    if not source.facts.protocol.get("instruments"):
        return None
    found = courses(source.rows, source.facts)
    parts = [_part(source, pictures, course) for course in found]
    analyzed = {course.instrument for course in found}
    for instrument in compliance_instruments(source):
        if instrument not in analyzed:
            blocks: list[Block] = _compliance(source, instrument, instrument)
            parts.append(Section(name=f"pro-{_slug(instrument)}", title=_label(source, instrument), blocks=blocks))
    empty = Notice(("Scores of the questionnaires that the protocol declares will stand here once forms are in.",))
    return Section(
        name="patient-reported",
        title="Patient-reported outcomes",
        blocks=[] if parts else [empty],
        sections=parts,
    )


def declared_scale_text(source: Source, analysis: str) -> list[Block]:
    """The result of a declared analysis of a scale in sentences, for the outcomes; its tables stand in the section."""
    own = [course for course in courses(source.rows, source.facts) if course.analysis_id == analysis]
    blocks = [block for course in own for block in _model_text(source, course)]
    if blocks:
        return [*blocks, Paragraph(("Figure and tables: see Patient-reported outcomes. ",))]
    reasons = dict.fromkeys(row.text for row in source.rows.analysis(analysis) if row.text)
    return [Notice((f"Not analyzed: {'; '.join(reasons) or 'the results hold no scores'}.",))]


def _part(source: Source, pictures: Mapping[str, Block], course: Course) -> Section:
    name = f"pro-{course.name.replace('_', '-')}"
    blocks: list[Block] = [
        *_compliance_text(source, course.instrument),
        *_model_text(source, course),
        *_methods_text(course),
    ]
    picture = pictures.get(f"trajectories_{course.name}")
    if picture is not None:
        blocks.append(picture)
    blocks.append(differences_table(source, course, name=f"{name}-differences"))
    blocks += _compliance(source, course.instrument, course.name)
    blocks.append(means_table(source, course, name=f"{name}-means"))
    if any(row.variable_level == "with_change" for row in course.rows):
        blocks.append(changes_table(source, course, name=f"{name}-changes"))
    blocks.append(fit_table(source, course, name=f"{name}-models"))
    title = _label(source, course.instrument)
    if course.analysis_id != "patient_reported":
        title = f"{title}: {source.facts.analysis_label(course.analysis_id)}"
    return Section(name=name, title=title, blocks=blocks)


def _compliance(source: Source, instrument: str, name: str) -> list[Block]:
    if instrument not in compliance_instruments(source):
        return []
    anchor = f"pro-{_slug(name)}"
    return [
        compliance_table(source, instrument, name=f"{anchor}-compliance"),
        missing_forms_table(source, instrument, name=f"{anchor}-missing"),
    ]


def _compliance_text(source: Source, instrument: str) -> list[Block]:
    """Completion at the first and the last visit at which forms were expected, by arm."""
    rows = [r for r in source.rows.analysis(COMPLIANCE, "form_completed") if r.parent_level == instrument]
    counts = [row for row in rows if row.statistic == "n" and row.n]
    arms = source.arms_of(counts)
    visits = list(dict.fromkeys(row.visit for row in counts if row.group_level in {arm.id for arm in arms}))
    parts: list[Part] = []
    for visit in dict.fromkeys([*visits[:1], *visits[-1:]]):
        parts.append(f"At {_inside(visit)}, forms were completed by ")
        told = [(arm, next((r for r in counts if r.visit == visit and r.group_level == arm.id), None)) for arm in arms]
        pieces: list[Part] = []
        for arm, row in told:
            if row is None or row.n is None:
                continue
            share = format_percent(round(row.value or 0), row.n, source.style)
            joint = ", " if pieces else ""
            pieces += [joint, Number(f"{round(row.value or 0)} of {row.n} expected ({share})", (row.row_id,))]
            pieces.append(f" in {arm.label}")
        parts += [*pieces, ". "]
    return [Paragraph(tuple(parts))] if parts else []


def _model_text(source: Source, course: Course) -> list[Block]:
    """The declared differences in sentences: all of few scales, of many those whose interval excludes zero."""
    pairs = list(
        dict.fromkeys((str(r.group_level), r.reference_level) for r in course.rows if r.declared and r.reference_level)
    )
    sentences: list[Part] = []
    for first, second in pairs:
        found = {code: declared_differences(course, code, (first, second)) for code in course.scales}
        known = {code: rows for code, rows in found.items() if "estimate" in rows and rows["estimate"].known}
        arms = f"{source.facts.arm_label(first)} and {source.facts.arm_label(second)}"
        if not known:
            reasons = dict.fromkeys(row.text or "" for rows in found.values() for row in rows.values() if row.text)
            why = "; ".join(reason for reason in reasons if reason)
            sentences.append(f"No difference between {arms} could be estimated{f': {why}' if why else ''}. ")
            continue
        if len(known) <= _MOST:
            for code, rows in known.items():
                sentences += _sentence(source, course, code, rows, arms)
        else:
            sentences += _listed(source, course, known, arms)
    return [Paragraph(tuple(sentences))] if sentences else []


def _methods_text(course: Course) -> list[Block]:
    """How the scores were modeled, with the covariance structures that were used."""
    used: dict[str, list[int]] = {}
    for row in course.rows:
        if row.measure == "model" and row.statistic == "covariance" and row.status in (None, "ok") and row.text:
            used.setdefault(row.text, []).append(row.row_id)
    method = next((row.method for row in course.rows if row.measure == "model" and row.method), None)
    if not used or method is None:
        return []
    named = [part for part in method.split(", ") if not part.endswith(("covariance", "covariance by arm"))]
    parts: list[Part] = [f"Scores were compared by a {', '.join(named)}. The covariance of the visits was "]
    for place, (name, rows) in enumerate(used.items()):
        scales = f" for {len(rows)} of {sum(map(len, used.values()))} scales" if len(used) > 1 else ""
        joint = " and " if place == len(used) - 1 else ", "
        parts += [joint if place else "", Number(f"{name}{scales}", tuple(rows))]
    return [Paragraph((*parts, ". Death was not imputed; scores after crossover or unblinding were left out. "))]


def _listed(source: Source, course: Course, known: Mapping[str, Mapping[str, Row]], arms: str) -> list[Part]:
    """Of many scales those whose interval excludes zero, in one sentence."""
    told = {code: rows for code, rows in known.items() if _excludes_zero(rows)}
    first = next(iter(known.values()))["estimate"]
    what = "difference in change from baseline" if _of_change(source, course, first) else "difference"
    at = f"at {_inside(first.visit)}" if first.visit else "on average over the visits"
    head = (
        f"Between {arms} the interval of the {what} {at} excluded zero for {len(told) or 'none'} of {len(known)} scales"
    )
    parts: list[Part] = [head]
    for place, (code, rows) in enumerate(told.items()):
        scale = scale_facts(source.facts, course.instrument, code)
        parts.append(f"{', ' if place else ': '}{_inside(scale.label)} (")
        model = Model.of(rows["estimate"])
        parts.append(Number(_interval(source, rows), row_ids(*(rows.get(name) for name in LIMITS)), "effect", model))
        if "p_value" in rows and rows["p_value"].known:
            test = Number(format_p(rows["p_value"].value, source.style), (rows["p_value"].row_id,), "test", model)
            parts += ["; ", test]
        favors = _favored(scale.better, rows["estimate"])
        parts.append(f"; in favor of {source.facts.arm_label(favors)})" if favors else ")")
    return [*parts, "; not adjusted for the number of scales. "]


def _of_change(source: Source, course: Course, row: Row) -> bool:
    """Whether an estimate is of changes from baseline."""
    declared = questionnaire(source.facts, course.instrument)
    changes = declared.get("baseline") == "covariate" and declared.get("response") == "change"
    return bool(changes) or row.measure == "model_change_difference"


def _favored(better: str | None, row: Row) -> str | None:
    """Arm that a difference favors; None where the direction of the scale is not known."""
    if better is None or row.value is None:
        return None
    return row.group_level if (row.value > 0) == (better == "high") else row.reference_level


def _sentence(source: Source, course: Course, code: str, rows: Mapping[str, Row], arms: str) -> list[Part]:
    scale = scale_facts(source.facts, course.instrument, code)
    row = rows["estimate"]
    estimate = row.value or 0.0
    model = Model.of(row)
    favored = _favored(scale.better, row)
    favors = favored if _excludes_zero(rows) else None
    matter = scale.worse_by if favored == row.reference_level else scale.better_by
    what = "in change from baseline " if _of_change(source, course, row) else ""
    at = f"at {_inside(row.visit)}" if row.visit else "on average over the visits"
    parts: list[Part] = [f"{scale.label}: the difference between {arms} {what}{at} was "]
    parts.append(Number(_interval(source, rows), row_ids(*(rows.get(name) for name in LIMITS)), "effect", model))
    if "p_value" in rows and rows["p_value"].known:
        parts += ["; ", Number(format_p(rows["p_value"].value, source.style), (rows["p_value"].row_id,), "test", model)]
    parts.append(f", in favor of {source.facts.arm_label(favors)}" if favors else "")
    if matter:
        reached = "at least" if abs(estimate) >= matter - 1e-9 else "below"
        parts.append(f", {reached} the important difference of {matter:g} points")
    return [*parts, ". "]


def _interval(source: Source, rows: Mapping[str, Row]) -> str:
    style = source.style
    values = [rows[name].value if name in rows else None for name in LIMITS]
    level = next((rows[name].conf_level for name in LIMITS[1:] if name in rows and rows[name].conf_level), 0.95) or 0.95
    low, high = (format_number(value, 1, style) for value in values[1:])
    return f"{format_number(values[0], 1, style)} points [{100 * level:g}% CI, {low} to {high}]"


def _inside(visit: str | None) -> str:
    """Name of a visit inside a sentence."""
    text = visit or ""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _excludes_zero(rows: Mapping[str, Row]) -> bool:
    low, high = (rows[name].value if name in rows else None for name in LIMITS[1:])
    return low is not None and high is not None and (low > 0 or high < 0)


def _label(source: Source, instrument: str) -> str:
    return str(questionnaire(source.facts, instrument).get("label") or instrument)


def _slug(text: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in text.lower()).strip("-")
