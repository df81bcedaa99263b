"""Why times are censored, by arm, under each censoring rule set."""

from equipoise.report.cells import Line, Table
from equipoise.report.entries import Source
from equipoise.report.rows import ALL, Row
from equipoise.report.tables.footnotes import footnotes
from equipoise.report.tables.survival import Survival

__all__ = ["censoring_table"]


def censoring_table(source: Source, analysis: str, *, name: str) -> Table:
    """Censored subjects and their reasons by arm, the primary rule set first."""
    primary = Survival.primary(source, analysis)
    first = primary.rows[0].rule_set if primary.rows else None
    names = sorted(Survival.rule_sets(source, analysis), key=lambda rule_set: rule_set != first)
    arms = primary.arms
    lines: list[Line] = []
    shown: list[Row] = []
    for rule_set in names:
        survival = Survival.under(source, analysis, rule_set)
        wholes = [survival.statistics("subjects", arm.id).get("n") for arm in arms]
        lines.append(Line(f"Rule set {rule_set or 'none'}{', primary' if rule_set == first else ''}", head=True))
        counts = [survival.statistics("censored", arm.id) for arm in arms]
        lines.append(Line("Censored, n (%)", tuple(source.count_percent(rows) for rows in counts), 1))
        reasons = dict.fromkeys(row.variable_level for row in survival.of("censored_reason") if row.group_level != ALL)
        for reason in reasons:
            own = [survival.statistics("censored_reason", arm.id, variable_level=reason).get("n") for arm in arms]
            cells = tuple(source.part_of(row, whole) for row, whole in zip(own, wholes, strict=True))
            lines.append(Line(reason or "Not recorded", cells, 2))
        shown += [row for rows in counts for row in rows.values()]
    return Table(
        name=name,
        title=f"{primary.label}: reasons of censoring under each rule set",
        stub="Reason",
        columns=tuple(primary.columns()),
        lines=tuple(lines) if len(names) > 1 else (),
        footnotes=footnotes(source, shown),
        empty="Reasons of censoring will stand here once the protocol names sensitivity rule sets.",
    )
