"""Adverse events by system organ class and preferred term, and by maximum grade."""

from collections.abc import Iterable, Sequence

from equipoise.report.cells import Column, Line, Part, Table
from equipoise.report.entries import Source
from equipoise.report.facts import Arm
from equipoise.report.rows import Row
from equipoise.report.tables.footnotes import footnotes
from equipoise.report.tables.safety import crossover_suffix, no_events, safety_heads, safety_notes
from equipoise.report.words import VARIABLES, sentence_case

__all__ = ["maximum_grade_tables", "terms_table"]

SEVERITY = {"1": "Mild", "2": "Moderate", "3": "Severe"}
KINDS = ("any_grade", "grade3")
MANY_COLUMNS = 12
ONCE = "A subject counts once in each line, at the worst grade."
Key = tuple[str | None, str | None]
Pair = tuple[str | None, str | None]


def terms_table(source: Source, *, crossover: bool = False) -> Table:
    """Subjects with each term, any grade and grade 3 or higher, once per line at the worst grade.

    Terms below the protocol's ``minimum_percent`` in every arm are left out; a class stays as long as one of its terms
    does.
    """
    rows = source.rows.analysis(f"safety_terms{crossover_suffix(crossover=crossover)}")
    described = [row for row in rows if row.measure is None and row.variable in KINDS]
    arms = source.arms_of(described)
    cells: dict[tuple[str | None, str | None, Key], dict[str, Row]] = {}
    for row in described:
        cells.setdefault((row.variable, row.group_level, _key(row)), {}).setdefault(row.statistic, row)
    compared = _compared(row for row in rows if row.measure and row.variable == "any_grade")
    pairs = list(dict.fromkeys(pair for pair, _ in compared))
    lines = []
    for key in _kept(source, described):
        part: list[Part] = [source.count_percent(cells.get((kind, arm.id, key), {})) for arm in arms for kind in KINDS]
        for pair in pairs:
            found = compared.get((pair, key), {})
            part += [source.share(found.get("risk_difference", {}), role="effect")]
            part += [source.p(found.get("fisher", {}).get("p_value"))]
        lines.append(_line(key, tuple(part)))
    minimum = source.facts.safety.get("minimum_percent") or 0
    least = (f"Terms below {minimum:g}% in every arm are left out; all are in results/statistics.",) if minimum else ()
    after = " after crossover" if crossover else ""
    return Table(
        name=f"adverse-events-by-term{'-crossover' if crossover else ''}",
        title=f"Adverse events{after} by system organ class and preferred term",
        stub="Class and term, n (%)",
        columns=(*_heads(source, described, arms), *_compared_heads(source, pairs)),
        lines=tuple(lines),
        footnotes=footnotes(source, rows, ONCE, *least, *safety_notes(source, crossover=crossover)),
        empty=no_events(source, crossover=crossover),
    )


def _heads(source: Source, rows: Sequence[Row], arms: Sequence[Arm]) -> list[Column]:
    severe = "Severe" if source.facts.safety.get("grade_variable") == "AESEV" else VARIABLES["grade3"]
    return [
        Column(
            head=head, span=column.head, span_row_ids=column.row_ids, arm=column.arm if head == "Any grade" else None
        )
        for column in safety_heads(source, rows, arms)
        for head in ("Any grade", severe)
    ]


def _compared_heads(source: Source, pairs: Sequence[Pair]) -> list[Column]:
    label = source.facts.arm_label
    return [
        Column(head=head, span=f"{label(a)} minus {label(b)}, any grade")
        for a, b in pairs
        for head in ("Percentage points (CI)", "P, Fisher")
    ]


def _compared(rows: Iterable[Row]) -> dict[tuple[Pair, Key], dict[str, dict[str, Row]]]:
    """(comparison, term) -> measure -> statistic -> row."""
    found: dict[tuple[Pair, Key], dict[str, dict[str, Row]]] = {}
    for row in rows:
        place = ((row.group_level, row.reference_level), _key(row))
        found.setdefault(place, {}).setdefault(row.measure or "", {}).setdefault(row.statistic, row)
    return found


def _kept(source: Source, rows: Sequence[Row]) -> list[Key]:
    minimum = float(source.facts.safety.get("minimum_percent") or 0)
    reached = {
        _key(row)
        for row in rows
        if row.variable == "any_grade" and row.statistic == "percent" and (row.value or 0) >= minimum
    }
    classes = {key[0] for key in reached if key[1] is not None}
    if minimum <= 0:
        return _keys(rows)
    return [key for key in _keys(rows) if (key in reached if key[1] is not None else key[0] in classes)]


def maximum_grade_tables(source: Source, *, crossover: bool = False) -> list[Table]:
    """Subjects by their worst grade of each term; one table per arm where one table would be too wide."""
    rows = source.rows.analysis(f"safety_terms{crossover_suffix(crossover=crossover)}", "maximum_grade")
    arms = source.arms_of(rows)
    grades = sorted({row.text for row in rows if row.text}, key=lambda grade: (grade == "(missing)", grade))
    if len(arms) * len(grades) <= MANY_COLUMNS:
        return [_maximum_grade(source, rows, arms, grades, crossover=crossover)]
    return [_maximum_grade(source, rows, [arm], grades, crossover=crossover, alone=True) for arm in arms]


def _maximum_grade(
    source: Source,
    rows: Sequence[Row],
    arms: Sequence[Arm],
    grades: Sequence[str],
    *,
    crossover: bool,
    alone: bool = False,
) -> Table:
    cells: dict[tuple[str | None, str | None, Key], dict[str, Row]] = {}
    for row in rows:
        cells.setdefault((row.group_level, row.text, _key(row)), {}).setdefault(row.statistic, row)
    severity = source.facts.safety.get("grade_variable") == "AESEV"
    columns = [
        Column(
            head=_grade(grade, severity=severity),
            span=column.head,
            span_row_ids=column.row_ids,
            arm=column.arm if grade == grades[0] else None,
        )
        for column in safety_heads(source, rows, arms)
        for grade in grades
    ]
    lines = [
        _line(key, tuple(source.count_percent(cells.get((arm.id, grade, key), {})) for arm in arms for grade in grades))
        for key in _keys(rows)
    ]
    after = " after crossover" if crossover else ""
    of_arm = f": {arms[0].label}" if alone else ""
    return Table(
        name=f"adverse-events-maximum-grade{'-crossover' if crossover else ''}{f'-{arms[0].id}' if alone else ''}",
        title=f"Adverse events{after} by maximum {'severity' if severity else 'grade'}{of_arm}",
        stub="Class and term, n (%)",
        columns=tuple(columns),
        lines=tuple(lines),
        footnotes=footnotes(source, rows, ONCE, *safety_notes(source, crossover=crossover)),
        empty=no_events(source, crossover=crossover),
    )


def _grade(grade: str, *, severity: bool) -> str:
    if grade == "(missing)":
        return "Severity missing" if severity else "Grade missing"
    return SEVERITY.get(grade, grade) if severity else f"Grade {grade}"


def _key(row: Row) -> Key:
    return row.parent_level, row.variable_level


def _keys(rows: Sequence[Row]) -> list[Key]:
    """Classes in the order of the file, each before its terms."""
    terms: dict[str | None, list[Key]] = {}
    for key in dict.fromkeys(map(_key, rows)):
        terms.setdefault(key[0], []).append(key)
    return [key for part in terms.values() for key in sorted(part, key=lambda key: key[1] is not None)]


def _line(key: Key, cells: tuple[Part, ...]) -> Line:
    parent, term = key
    return Line(sentence_case(term), cells, 1) if term else Line(sentence_case(parent or "Class not coded"), cells)
