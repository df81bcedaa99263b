"""Accrual by month and site, and the check of the strata."""

from equipoise.report.cells import Column, Line, Table
from equipoise.report.entries import Source, not_in_data
from equipoise.report.rows import ALL
from equipoise.report.tables.footnotes import footnotes
from equipoise.report.words import STRATA_NOTES

__all__ = ["accrual_table", "sites_table", "strata_table"]

KINDS = (
    ("frozen", "As frozen at randomization"),
    ("corrected", "As corrected"),
    ("both", "The same in both"),
)


def accrual_table(source: Source) -> Table:
    """Subjects randomized each month and so far, by arm and together."""
    rows = [row for name in ("randomized", "randomized_cumulative") for row in source.rows.analysis("accrual", name)]
    arms = source.arms_of(rows)
    groups = [*(arm.id for arm in arms), ALL]
    found = {(row.variable, row.visit, row.group_level): row for row in rows}
    months = list(dict.fromkeys(row.visit or "" for row in rows))
    spans = (("randomized", "Randomized in the month"), ("randomized_cumulative", "Randomized so far"))
    columns = [
        Column(head=source.facts.arm_label(group), span=span, arm=None if group == ALL else group)
        for _, span in spans
        for group in groups
    ]
    lines = [
        Line(month, tuple(source.count(found.get((name, month, group))) for name, _ in spans for group in groups))
        for month in months
    ]
    return Table(
        name="accrual",
        title="Accrual by month",
        stub="Month",
        columns=tuple(columns),
        lines=tuple(lines),
        footnotes=footnotes(source, []),
        empty="Subjects randomized each month will stand here once the first subject is randomized.",
    )


def sites_table(source: Source) -> Table:
    """Subjects randomized at each site."""
    rows = source.rows.analysis("accrual", "site")
    arms = source.arms_of(rows)
    groups = [*(arm.id for arm in arms), ALL]
    found = {(row.variable_level, row.group_level): row for row in rows}
    base = {row.group_level: row for row in source.rows.analysis("flow", "randomized")}
    absent = not_in_data(rows)
    sites = dict.fromkeys(row.variable_level for row in rows)
    lines = [
        Line(site or "", tuple(source.part_of(found.get((site, group)), base.get(group)) for group in groups))
        for site in sites
    ]
    return Table(
        name="sites",
        title="Accrual by site",
        stub="Site",
        columns=tuple(source.columns(arms, base, total=True)),
        lines=() if absent else tuple(lines),
        footnotes=footnotes(source, [], "Percentages are of the subjects randomized."),
        empty=f"Accrual by site. {absent}"
        if absent
        else "Subjects randomized at each site will stand here once the first subject is randomized.",
    )


def strata_table(source: Source) -> Table:
    """Each stratum as frozen at randomization and as corrected, and the subjects for whom the two differ."""
    rows = source.rows.analysis("strata", "stratum")
    wrong = source.rows.analysis("strata", "misstratified")
    arms = source.arms_of(rows)
    groups = [*(arm.id for arm in arms), ALL]
    found = {(row.parent_level, row.text, row.variable_level, row.group_level): row for row in rows}
    lines: list[Line] = []
    for factor in dict.fromkeys(row.parent_level for row in rows):
        lines.append(Line(source.facts.stratum_label(factor), head=True))
        levels = list(dict.fromkeys(row.variable_level for row in rows if row.parent_level == factor))
        for kind, label in KINDS:
            chosen = [level for level in levels if any(found.get((factor, kind, level, group)) for group in groups)]
            for level in chosen:
                cells = tuple(source.count(found.get((factor, kind, level, group))) for group in groups)
                lines.append(Line(f"{source.facts.level_label(factor, level)}: {label.lower()}", cells, 1))
        differs = {row.group_level: row for row in wrong if row.variable_level == factor}
        if differs:
            cells = tuple(source.count(differs.get(group)) for group in groups)
            lines.append(Line("Frozen and corrected stratum differ", cells, 1))
    return Table(
        name="strata",
        title="Strata at randomization and after correction",
        stub="Stratum",
        columns=tuple(source.arm_columns("itt", arms, total=True)),
        lines=tuple(lines),
        footnotes=footnotes(source, rows, *(f"{note}." for note in STRATA_NOTES.values())),
        empty="Strata by arm will stand here once the protocol declares one and subjects are randomized.",
    )
