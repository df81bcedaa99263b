"""Adverse events at a glance, and deaths; what all safety tables share."""

from collections.abc import Sequence

from equipoise.report.cells import Column, Line, Part, Table
from equipoise.report.entries import Source, by_statistic, group_by_level, not_in_data
from equipoise.report.facts import Arm
from equipoise.report.rows import Row
from equipoise.report.tables.footnotes import footnotes
from equipoise.report.words import VARIABLES, sentence_case

__all__ = ["crossover_suffix", "deaths_table", "no_events", "overview_table", "safety_heads", "safety_notes"]


def crossover_suffix(*, crossover: bool) -> str:
    """Ending of the analysis identifier."""
    return "_crossover" if crossover else ""


def overview_table(source: Source, *, crossover: bool = False) -> Table:
    """Subjects with any adverse event, severe, fatal, serious, related, leading to discontinuation."""
    analysis = f"safety_overview{crossover_suffix(crossover=crossover)}"
    rows = source.rows.analysis(analysis)
    arms = source.arms_of(row for row in rows if row.reference_level is None)
    pairs = list(dict.fromkeys((row.group_level, row.reference_level) for row in rows if row.reference_level))
    label = source.facts.arm_label
    columns = safety_heads(source, rows, arms)
    for a, b in pairs:
        span = f"{label(a)} minus {label(b)}"
        columns += [Column(head="Percentage points (CI)", span=span), Column(head="P, Fisher", span=span)]
    lines: list[Line] = []
    for variable in source.rows.variables(analysis):
        part = source.rows.analysis(analysis, variable)
        groups = group_by_level(row for row in part if row.measure is None)
        cells: list[Part] = [source.count_percent(groups.get(arm.id, {})) for arm in arms]
        for pair in pairs:
            chosen = [row for row in part if (row.group_level, row.reference_level) == pair]
            effect = by_statistic(row for row in chosen if row.measure == "risk_difference")
            test = by_statistic(row for row in chosen if row.measure == "fisher").get("p_value")
            cells += [source.share(effect, role="effect"), source.p(test)]
        lines.append(Line(_severity(source, variable), tuple(cells)))
    absent = not_in_data(rows)
    after = " after crossover" if crossover else ""
    return Table(
        name=f"adverse-events-overview{'-crossover' if crossover else ''}",
        title=f"Adverse events{after}, overview",
        stub="Subjects with, n (%)",
        columns=tuple(columns),
        lines=() if absent else tuple(lines),
        footnotes=footnotes(source, rows, *safety_notes(source, crossover=crossover)),
        empty=no_events(source, crossover=crossover),
    )


def deaths_table(source: Source) -> Table:
    """Deaths by arm, by time and cause; grade 5 only where attributed to an adverse event."""
    rows = source.rows.analysis("deaths")
    arms = source.arms_of(rows)
    lines: list[Line] = []
    grade = "" if source.facts.safety.get("grade_variable") == "AESEV" else " (grade 5)"
    days = source.facts.safety.get("days_after_last_dose", 30)
    names = {
        **VARIABLES,
        "grade5": f"Attributed to an adverse event{grade}",
        "within_30_days": f"Within {days} days after the last dose",
    }
    for variable in source.rows.variables("deaths"):
        part = source.rows.analysis("deaths", variable)
        if variable == "cause":
            lines.append(Line("Cause of death", head=True))
        for level in dict.fromkeys(row.variable_level for row in part):
            groups = group_by_level(row for row in part if row.variable_level == level)
            cells = tuple(source.count_percent(groups.get(arm.id, {})) for arm in arms)
            words = sentence_case(level or "Not recorded") if variable == "cause" else names.get(variable, variable)
            lines.append(Line(words, cells, int(variable == "cause")))
    absent = not_in_data(rows)
    counted = [row for row in rows if row.text and row.value is not None and row.variable == "within_30_days"]
    uncounted = dict.fromkeys(f"{source.facts.arm_label(row.group_level)}: {row.text}." for row in counted)
    return Table(
        name="deaths",
        title="Deaths",
        stub="Subjects, n (%)",
        columns=tuple(safety_heads(source, rows, arms)),
        lines=() if absent else tuple(lines),
        footnotes=footnotes(source, rows, *uncounted),
        empty=f"Deaths. {absent}" if absent else "Deaths by arm, time and cause will stand here.",
    )


def safety_heads(source: Source, rows: Sequence[Row], arms: Sequence[Arm]) -> list[Column]:
    """Heads with the denominators of the rows: the subjects at risk in the table's period."""
    wholes = {
        row.group_level: row
        for row in reversed(rows)
        if row.statistic == "percent" and row.n is not None and not row.measure
    }
    members = {
        row.group_level: row
        for row in source.rows.where("populations", "members", population=rows[0].population if rows else None)
    }
    columns = source.columns(arms, members)
    found = []
    for column in columns:
        whole = wholes.get(column.arm)
        if whole is None or whole.n == (members[column.arm].value if column.arm in members else None):
            found.append(column)
        else:
            found.append(
                Column(
                    head=f"{source.facts.arm_label(column.arm)} (N = {whole.n})",
                    row_ids=(whole.row_id,),
                    arm=column.arm,
                )
            )
    return found


def _severity(source: Source, variable: str) -> str:
    if source.facts.safety.get("grade_variable") == "AESEV":
        severe = {"grade3": "Severe", "grade5": "Fatal", "related_grade3": "Severe, related to treatment"}
        return severe.get(variable, VARIABLES.get(variable, variable))
    return VARIABLES.get(variable, variable)


def safety_notes(source: Source, *, crossover: bool) -> tuple[str, ...]:
    """Period, dictionary and grading."""
    safety = source.facts.safety
    days = safety.get("days_after_last_dose", 30)
    before = ", ending before any crossover dose" if source.facts.protocol.get("crossover") else ""
    period = (
        "Period: from the first crossover dose."
        if crossover
        else f"Period: first dose to {days} days after the last dose{before}."
    )
    terms = [str(safety[name]) for name in ("dictionary", "grading") if safety.get(name)]
    return (period, f"Terms and grades: {', '.join(terms)}." if terms else "")


def no_events(source: Source, *, crossover: bool) -> str:
    """Why there is a table without events, or what would stand in it."""
    absent = not_in_data(source.rows.analysis(f"safety_overview{crossover_suffix(crossover=crossover)}"))
    if absent:
        return f"Adverse events. {absent}"
    if crossover:
        return "Adverse events after crossover will stand here once a subject crosses over."
    return "Adverse events by arm will stand here once treated subjects and adverse events (AE) are in the data."
