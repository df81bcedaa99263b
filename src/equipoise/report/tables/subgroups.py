"""Treatment effect within subgroups with interaction tests; univariate models of prognostic factors."""

from equipoise.report.cells import Column, Line, Part, Table
from equipoise.report.entries import NOTHING, Source, by_statistic
from equipoise.report.rows import ALL, Row
from equipoise.report.tables.footnotes import footnotes

__all__ = ["subgroup_table", "univariate_table"]


def subgroup_table(source: Source, analysis: str, *, name: str) -> Table:
    """Events and subjects by arm and the hazard ratio in each subgroup, the interaction P on the head of its factor."""
    rows = source.rows.analysis(f"{analysis}_subgroups")
    arms = source.arms_of(row for row in rows if row.variable == "subjects")
    pairs = list(dict.fromkeys((row.group_level, row.reference_level) for row in rows if row.measure == "hazard_ratio"))
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
            "P for interaction is from a likelihood-ratio test in one model per factor.",
            "Intervals are not adjusted for multiplicity.",
        ),
        empty="The effect within subgroups will stand here once the protocol declares subgroups for this analysis.",
    )


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
        part = [row for row in rows if row.variable == field]
        test = next((r for r in part if r.measure == "likelihood_ratio" and r.statistic == "p_value"), None)
        effects = [row for row in part if row.measure == "hazard_ratio"]
        unit = next((row.unit for row in effects if row.unit and row.variable_level is None), None)
        reference = next((row.reference_level for row in effects if row.reference_level), None)
        lines.append(Line(source.facts.field_label(field), ("", source.p(test)), 0))
        for level in dict.fromkeys(row.variable_level for row in effects):
            cells = source.ratio(by_statistic(row for row in effects if row.variable_level == level))
            words = source.facts.level_label(field, level)
            against = f" v {source.facts.level_label(field, reference)} (reference)" if reference else ""
            lines.append(Line(f"{words}{against}" if level else (unit or "per unit"), (cells, ""), 1))
    shown = [row for row in rows if row.statistic in ("estimate", "conf_low", "conf_high")]
    return Table(
        name=name,
        title=f"{source.facts.analysis_label(analysis)}: univariate models of baseline factors",
        stub="Factor",
        columns=(Column(head="Hazard ratio (CI)"), Column(head="P, likelihood ratio")),
        lines=tuple(lines),
        footnotes=footnotes(
            source,
            shown,
            "One model per factor, arms together: not effects of treatment. Above 1: more events than the reference.",
        ),
        empty="Univariate models will stand here once the protocol marks baseline fields as univariate.",
    )
