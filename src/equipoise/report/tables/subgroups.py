"""Treatment effect within subgroups with interaction tests; univariate models of prognostic factors."""

from equipoise.report.cells import Column, Line, Part, Table
from equipoise.report.entries import NOTHING, Source, by_statistic
from equipoise.report.rows import ALL, Row
from equipoise.report.tables.footnotes import footnotes
from equipoise.report.words import STRATIFIED

__all__ = ["subgroup_table", "univariate_table"]


def subgroup_table(source: Source, analysis: str, *, name: str) -> Table:
    """Events and subjects by arm and the hazard ratio in each subgroup, the interaction P on the head of its factor."""
    rows = source.rows.analysis(f"{analysis}_subgroups")
    arms = source.arms_of(row for row in rows if row.variable == "subjects")
    found = dict.fromkeys((row.group_level, row.reference_level) for row in rows if row.measure == "hazard_ratio")
    pairs = source.facts.in_protocol_order(analysis, found)
    label = source.facts.arm_label
    columns = [Column(head="Events/n", span=arm.label, arm=arm.id) for arm in arms]
    for a, b in pairs:
        span = f"{label(a)} v {label(b)}" if len(pairs) > 1 else ""
        columns += [Column(head="Hazard ratio (CI)", span=span), Column(head="P, interaction", span=span)]
    lines: list[Line] = []
    for factor in dict.fromkeys(row.subgroup for row in rows):
        part = [row for row in rows if row.subgroup == factor]
        if factor == ALL:
            lines.append(_level_line(source, part, "All subjects", [arm.id for arm in arms], pairs, level=0))
            continue
        cells: list[Part] = ["" for _ in arms]
        for pair in pairs:
            tests = [row for row in part if row.measure == "interaction" and row.statistic == "p_value"]
            same = [row for row in tests if (row.group_level, row.reference_level) == pair] or (
                [row for row in tests if row.reference_level is None] if pair == pairs[0] else []
            )
            cells += ["", source.p(same[0]) if same else NOTHING]
        lines.append(Line(source.facts.subgroup_label(factor), tuple(cells), 0))
        for level in dict.fromkeys(row.subgroup_level for row in part if row.subgroup_level):
            chosen = [row for row in part if row.subgroup_level == level]
            if level == "(missing)" and not any(row.value for row in chosen if row.variable == "subjects"):
                continue
            words = source.facts.subgroup_level(factor, level)
            lines.append(_level_line(source, chosen, words, [arm.id for arm in arms], pairs, level=1))
    return Table(
        name=name,
        title=f"{source.facts.analysis_label(analysis)}: treatment effect within subgroups",
        stub="Subgroup",
        columns=tuple(columns),
        lines=tuple(lines),
        footnotes=footnotes(
            source,
            [row for row in rows if row.measure],
            *_overall(source, analysis, rows),
            "P for interaction is from a likelihood-ratio test in one model per factor.",
            "Intervals are not adjusted for multiplicity.",
        ),
        empty="The effect within subgroups will stand here once the protocol declares subgroups for this analysis.",
    )


def _overall(source: Source, analysis: str, rows: list[Row]) -> list[str]:
    """Says so where the effect in all subjects is stratified otherwise than the declared one."""
    shown = {row.strata or "none" for row in rows if row.measure == "hazard_ratio"}
    declared = [row for row in source.rows.analysis(analysis, "hazard_ratio") if row.declared]
    kinds = list(dict.fromkeys(row.strata or "none" for row in declared))
    if not kinds or shown <= set(kinds):
        return []
    here, there = (" and ".join(STRATIFIED.get(kind, kind) for kind in sorted(part)) for part in (shown, kinds))
    title = source.facts.analysis_label(analysis)
    return [f"Subgroups and all subjects here: {here}; the declared effect is {there} and stands in the table {title}."]


def _level_line(
    source: Source,
    rows: list[Row],
    label: str,
    arms: list[str],
    pairs: list[tuple[str | None, str | None]],
    *,
    level: int,
) -> Line:
    cells: list[Part] = []
    for arm in arms:
        counts = {row.variable: row for row in rows if row.group_level == arm and row.statistic == "n"}
        events, subjects = counts.get("events"), counts.get("subjects")
        cells.append(source.values([events, subjects], 0, "{}/{}") if events else source.count(subjects))
    for pair in pairs:
        effect = by_statistic(
            row for row in rows if row.measure == "hazard_ratio" and (row.group_level, row.reference_level) == pair
        )
        cells += [source.ratio(effect), ""]
    return Line(label, tuple(cells), level)


def univariate_table(source: Source, analysis: str, *, name: str) -> Table:
    """Hazard ratio of each level against the reference level, one model per factor; no arm is in these models."""
    rows = source.rows.analysis(f"{analysis}_univariate")
    lines: list[Line] = []
    for field in dict.fromkeys(row.variable for row in rows):
        lines += _factor_lines(source, [row for row in rows if row.variable == field], field)
    shown = [row for row in rows if row.statistic in ("estimate", "conf_low", "conf_high")]
    return Table(
        name=name,
        title=f"{source.facts.analysis_label(analysis)}: univariate models of baseline factors",
        stub="Factor",
        columns=(Column(head="Events/n"), Column(head="Hazard ratio (CI)"), Column(head="P, likelihood ratio")),
        lines=tuple(lines),
        footnotes=footnotes(
            source,
            shown,
            "One model per factor, arms together: not effects of treatment. Above 1: more events than the reference.",
        ),
        empty="Univariate models will stand here once the protocol marks baseline fields as univariate.",
    )


def _factor_lines(source: Source, rows: list[Row], field: str | None) -> list[Line]:
    """Head with the test, then the levels in the order of the file, missing last."""
    test = next((r for r in rows if r.measure == "likelihood_ratio" and r.statistic == "p_value"), None)
    effects = [row for row in rows if row.measure == "hazard_ratio"]
    counts = {row.variable_level: row for row in rows if row.measure is None and row.statistic == "n"}
    references = list(dict.fromkeys(row.reference_level for row in effects if row.reference_level))
    uncounted = [level for level in references if level not in counts]
    lines = [Line(source.facts.field_label(field), ("", "", source.p(test)))]
    lines += [Line(source.facts.level_label(field, level), ("", "reference", ""), 1) for level in uncounted]
    for level in dict.fromkeys([*counts, *(row.variable_level for row in effects)]):
        ratio = source.ratio(by_statistic(row for row in effects if row.variable_level == level))
        count = counts.get(level)
        missing = level == "(missing)"
        if missing and (count is None or not count.value):
            continue
        events = source.events_of(count) if count else ""
        if level is None:
            unit = next((row.unit for row in effects if row.unit), "unit")
            lines.append(Line(f"Per {_one(unit)}", ("", ratio, ""), 1))
        elif level in references:
            lines.append(Line(source.facts.level_label(field, level), (events, "reference", ""), 1))
        else:
            words = source.facts.level_label(field, level)
            lines.append(Line(words, (events, "" if missing else ratio, ""), 1))
    return lines


def _one(unit: str) -> str:
    """A unit of one in the singular: ``1 years`` gives "year"; ``10 years`` stays."""
    name = unit.removeprefix("1 ")
    return name.removesuffix("s") if name in ("years", "months", "weeks", "days") else name
