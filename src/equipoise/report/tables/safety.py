"""Adverse events: overview, by class and term, by maximum grade; deaths."""

from collections.abc import Sequence

from equipoise.report.cells import Column, Line, Part, Table
from equipoise.report.entries import Source, by_statistic, group_by_level
from equipoise.report.facts import Arm
from equipoise.report.rows import Row
from equipoise.report.tables.footnotes import footnotes
from equipoise.report.words import VARIABLES

__all__ = ["crossover_suffix", "deaths_table", "maximum_grade_tables", "overview_table", "terms_table"]

SEVERITY = {"1": "Mild", "2": "Moderate", "3": "Severe"}
MANY_COLUMNS = 12
Key = tuple[str | None, str | None]


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
    columns = _heads(source, rows, arms)
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
    after = " after crossover" if crossover else ""
    return Table(
        name=f"adverse-events-overview{'-crossover' if crossover else ''}",
        title=f"Adverse events{after}, overview",
        stub="Subjects with, n (%)",
        columns=tuple(columns),
        lines=tuple(lines),
        footnotes=footnotes(source, rows, *_notes(source, crossover=crossover)),
        empty=_empty(crossover=crossover),
    )


def terms_table(source: Source, *, crossover: bool = False) -> Table:
    """Subjects with each term, any grade and grade 3 or higher, once per line at the worst grade."""
    analysis = f"safety_terms{crossover_suffix(crossover=crossover)}"
    rows = source.rows.analysis(analysis)
    arms = source.arms_of(row for row in rows if row.reference_level is None)
    cells: dict[tuple[str | None, str | None, Key], dict[str, Row]] = {}
    tests: dict[tuple[Key, Key], Row] = {}
    for row in rows:
        key = (row.parent_level, row.variable_level)
        if row.measure is None and row.variable in ("any_grade", "grade3"):
            cells.setdefault((row.variable, row.group_level, key), {}).setdefault(row.statistic, row)
        elif row.measure and row.statistic == "p_value" and row.variable == "any_grade":
            tests.setdefault(((row.group_level, row.reference_level), key), row)
    pairs = list(dict.fromkeys(pair for pair, _ in tests))
    columns: list[Column] = []
    for column in _heads(source, rows, arms):
        for head in (
            "Any grade",
            VARIABLES["grade3"] if source.facts.safety.get("grade_variable") != "AESEV" else "Severe",
        ):
            arm = column.arm if head == "Any grade" else None
            columns.append(Column(head=head, span=column.head, span_row_ids=column.row_ids, arm=arm))
    label = source.facts.arm_label
    columns += [Column(head=f"P, {label(a)} v {label(b)}, any grade") for a, b in pairs]
    lines = []
    for key in _keys(rows):
        part: list[Part] = [
            source.count_percent(cells.get((variable, arm.id, key), {}))
            for arm in arms
            for variable in ("any_grade", "grade3")
        ]
        part += [source.p(tests.get((pair, key))) for pair in pairs]
        lines.append(_term_line(key, tuple(part)))
    after = " after crossover" if crossover else ""
    minimum = source.facts.safety.get("minimum_percent") or 0
    least = (f"Terms below {minimum:g}% in every arm are left out.",) if minimum else ()
    return Table(
        name=f"adverse-events-by-term{'-crossover' if crossover else ''}",
        title=f"Adverse events{after} by system organ class and preferred term",
        stub="Class and term, n (%)",
        columns=tuple(columns),
        lines=tuple(lines),
        footnotes=footnotes(
            source,
            rows,
            "A subject counts once in each line, at the worst grade.",
            *least,
            *_notes(source, crossover=crossover),
        ),
        empty=_empty(crossover=crossover),
    )


def maximum_grade_tables(source: Source, *, crossover: bool = False) -> list[Table]:
    """Subjects by their worst grade of each term; one table per arm where one table would be too wide."""
    analysis = f"safety_terms{crossover_suffix(crossover=crossover)}"
    rows = source.rows.analysis(analysis, "maximum_grade")
    arms = source.arms_of(rows)
    grades = sorted({row.text for row in rows if row.text})
    if len(arms) * len(grades) <= MANY_COLUMNS:
        return [_maximum_grade(source, rows, arms, grades, crossover=crossover, only=None)]
    return [_maximum_grade(source, rows, [arm], grades, crossover=crossover, only=arm) for arm in arms]


def _maximum_grade(
    source: Source,
    rows: Sequence[Row],
    arms: Sequence[Arm],
    grades: Sequence[str],
    *,
    crossover: bool,
    only: Arm | None,
) -> Table:
    cells: dict[tuple[str | None, str | None, Key], dict[str, Row]] = {}
    for row in rows:
        place = (row.group_level, row.text, (row.parent_level, row.variable_level))
        cells.setdefault(place, {}).setdefault(row.statistic, row)
    severity = source.facts.safety.get("grade_variable") == "AESEV"
    columns = [
        Column(
            head=SEVERITY.get(grade, grade) if severity else f"Grade {grade}",
            span=column.head,
            span_row_ids=column.row_ids,
            arm=column.arm if grade == grades[0] else None,
        )
        for column in _heads(source, rows, arms)
        for grade in grades
    ]
    lines = [
        _term_line(
            key, tuple(source.count_percent(cells.get((arm.id, grade, key), {})) for arm in arms for grade in grades)
        )
        for key in _keys(rows)
    ]
    after = " after crossover" if crossover else ""
    of_arm = f": {only.label}" if only else ""
    return Table(
        name=f"adverse-events-maximum-grade{'-crossover' if crossover else ''}{f'-{only.id}' if only else ''}",
        title=f"Adverse events{after} by maximum {'severity' if severity else 'grade'}{of_arm}",
        stub="Class and term, n (%)",
        columns=tuple(columns),
        lines=tuple(lines),
        footnotes=footnotes(
            source,
            rows,
            "A subject counts once in each line, at the worst grade.",
            *_notes(source, crossover=crossover),
        ),
        empty=_empty(crossover=crossover),
    )


def deaths_table(source: Source) -> Table:
    """Deaths by arm, by time and cause; grade 5 only where attributed to an adverse event."""
    rows = source.rows.analysis("deaths")
    arms = source.arms_of(rows)
    lines: list[Line] = []
    grade = "" if source.facts.safety.get("grade_variable") == "AESEV" else " (grade 5)"
    attributed = f"Attributed to an adverse event{grade}"
    for variable in source.rows.variables("deaths"):
        part = source.rows.analysis("deaths", variable)
        if variable == "cause":
            lines.append(Line("Cause of death", head=True))
        for level in dict.fromkeys(row.variable_level for row in part):
            groups = group_by_level(row for row in part if row.variable_level == level)
            cells = tuple(source.count_percent(groups.get(arm.id, {})) for arm in arms)
            words = attributed if variable == "grade5" else VARIABLES.get(variable, variable)
            lines.append(
                Line((level or "Not recorded") if variable == "cause" else words, cells, int(variable == "cause"))
            )
    return Table(
        name="deaths",
        title="Deaths",
        stub="Subjects, n (%)",
        columns=tuple(_heads(source, rows, arms)),
        lines=tuple(lines),
        footnotes=footnotes(source, rows),
        empty="Deaths by arm, time and cause will stand here.",
    )


def _heads(source: Source, rows: Sequence[Row], arms: Sequence[Arm]) -> list[Column]:
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


def _keys(rows: Sequence[Row]) -> list[Key]:
    keys = dict.fromkeys((row.parent_level, row.variable_level) for row in rows)
    classes = list(dict.fromkeys(parent for parent, _ in keys))
    return [
        key for parent in classes for key in sorted((k for k in keys if k[0] == parent), key=lambda k: k[1] is not None)
    ]


def _term_line(key: Key, cells: tuple[Part, ...]) -> Line:
    parent, term = key
    return Line(term, cells, 1) if term else Line(parent or "Class not coded", cells, 0)


def _severity(source: Source, variable: str) -> str:
    if source.facts.safety.get("grade_variable") == "AESEV":
        return {"grade3": "Severe", "grade5": "Fatal"}.get(variable, VARIABLES.get(variable, variable))
    return VARIABLES.get(variable, variable)


def _notes(source: Source, *, crossover: bool) -> tuple[str, ...]:
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


def _empty(*, crossover: bool) -> str:
    if crossover:
        return "Adverse events after crossover will stand here once a subject crosses over."
    return "Adverse events by arm will stand here once treated subjects and adverse events (AE) are in the data."
