"""Best overall response, objective response and disease control."""

from equipoise.report.cells import Column, Line, Part, Table
from equipoise.report.entries import Source, by_statistic, group_by_level
from equipoise.report.rows import Row
from equipoise.report.tables.footnotes import footnotes, level_text
from equipoise.report.words import VARIABLES

__all__ = ["response_table"]

RESPONSES = {
    "CR": "Complete response",
    "PR": "Partial response",
    "SD": "Stable disease",
    "NON-CR/NON-PD": "Non-CR/non-PD",
    "PD": "Progressive disease",
    "NE": "Not evaluable",
    "(missing)": "Missing",
}


def response_table(source: Source, analysis: str, *, name: str) -> Table:
    """Responses by arm with exact intervals, and the comparison of the arms."""
    rows = source.rows.analysis(analysis)
    arms = source.arms_of(row for row in rows if row.reference_level is None)
    described = [row for row in rows if row.measure is None and row.reference_level is None]
    pairs = list(dict.fromkeys((row.group_level, row.reference_level) for row in rows if row.reference_level))
    best = [row for row in described if row.variable == "best_response"]
    lines: list[Line] = [Line("Best overall response, n (%)", head=True)] if best else []
    label = source.facts.arm_label
    for level in dict.fromkeys(row.variable_level for row in best):
        groups = group_by_level(row for row in best if row.variable_level == level)
        cells: list[Part] = [source.count_percent(groups.get(arm.id, {})) for arm in arms]
        lines.append(Line(RESPONSES.get(level or "(missing)", level or ""), (*cells, *("" for _ in pairs)), 1))
    for variable in ("objective_response", "disease_control"):
        groups = group_by_level(row for row in described if row.variable == variable)
        if not groups:
            continue
        words = VARIABLES[variable]
        counts = tuple(source.count_percent(groups.get(arm.id, {})) for arm in arms)
        lines.append(Line(f"{words}, n (%)", (*counts, *("" for _ in pairs))))
        level = level_text(next((r.conf_level for g in groups.values() for r in g.values() if r.conf_level), None))
        shares = [source.share(groups.get(arm.id, {})) for arm in arms]
        effects = [source.share(_compared(rows, variable, "risk_difference", pair)) for pair in pairs]
        lines.append(Line(f"{words}, % ({level} CI)", (*shares, *effects), 1))
        tests = [_compared(rows, variable, "fisher", pair).get("p_value") for pair in pairs]
        if any(tests):
            cells = [source.p(test) for test in tests]
            lines.append(Line(f"P ({next(t.method for t in tests if t) or 'test'})", (*("" for _ in arms), *cells), 1))
    heads = source.arm_columns(rows[0].population if rows else None, arms)
    return Table(
        name=name,
        title=source.facts.analysis_label(analysis),
        stub="Response",
        columns=(*heads, *(Column(head=f"{label(a)} minus {label(b)}") for a, b in pairs)),
        lines=tuple(lines),
        footnotes=footnotes(source, rows, "Differences are in percentage points."),
        empty="Best responses and response rates by arm will stand here once responses are read.",
    )


def _compared(rows: list[Row], variable: str, measure: str, pair: tuple[str | None, str | None]) -> dict[str, Row]:
    return by_statistic(
        row
        for row in rows
        if row.variable == variable and row.measure == measure and (row.group_level, row.reference_level) == pair
    )
