"""Baseline characteristics, without tests of balance, and exposure to treatment."""

from equipoise.report.cells import Line, Table
from equipoise.report.entries import Source, not_in_data
from equipoise.report.rows import ALL
from equipoise.report.tables.distribution import category_lines, distribution_lines
from equipoise.report.tables.footnotes import footnotes
from equipoise.report.words import VARIABLES

__all__ = ["baseline_table", "exposure_table"]


def baseline_table(source: Source) -> Table:
    """Fields of the baseline table by arm and together; levels with missing values add up to N."""
    rows = source.rows.analysis("baseline")
    arms = source.arms_of(rows)
    total = any(row.group_level == ALL for row in rows)
    groups = [*(arm.id for arm in arms), *([ALL] if total else [])]
    lines: list[Line] = []
    for field in source.rows.variables("baseline"):
        chosen = source.rows.analysis("baseline", field)
        label = source.facts.field_label(field)
        if any(row.statistic == "mean" for row in chosen):
            lines += distribution_lines(source, label, chosen, groups)
        else:
            lines += category_lines(source, label, field, chosen, groups)
    population = rows[0].population if rows else "itt"
    return Table(
        name="baseline",
        title="Baseline characteristics",
        stub="Characteristic",
        columns=tuple(source.arm_columns(population, arms, total=total)),
        lines=tuple(lines),
        footnotes=footnotes(source, rows, "SD: standard deviation."),
        empty="Baseline characteristics will stand here once the protocol declares fields and the data hold them.",
    )


def exposure_table(source: Source, *, crossover: bool = False) -> Table:
    """Duration of treatment, dose and dose intensity by arm."""
    analysis = "exposure_crossover" if crossover else "exposure"
    rows = source.rows.analysis(analysis)
    arms = source.arms_of(rows)
    total = any(row.group_level == ALL for row in rows)
    groups = [*(arm.id for arm in arms), *([ALL] if total else [])]
    lines: list[Line] = []
    for variable in source.rows.variables(analysis):
        chosen = source.rows.analysis(analysis, variable)
        label = VARIABLES.get(variable, variable)
        if any(row.statistic == "mean" for row in chosen):
            lines += distribution_lines(source, label, chosen, groups)
        else:
            counts = {row.group_level: row for row in chosen}
            lines.append(Line(label, tuple(source.count(counts.get(group)) for group in groups)))
    absent = not_in_data(rows)
    population = rows[0].population if rows else "safety"
    members = {row.group_level: row for row in source.rows.where("populations", "members", population=population)}
    treated = {row.group_level: row for row in source.rows.analysis(analysis, "treated")} if crossover else {}
    return Table(
        name="exposure-crossover" if crossover else "exposure",
        title=f"Exposure to treatment{' after crossover' if crossover else ''}",
        stub="Exposure",
        columns=tuple(source.columns(arms, treated or members, total=total)),
        lines=() if absent else tuple(lines),
        footnotes=footnotes(source, rows, "SD: standard deviation."),
        empty=f"Exposure. {absent}"
        if absent
        else "Duration of treatment and dose intensity will stand here once the data hold exposure (EX).",
    )
