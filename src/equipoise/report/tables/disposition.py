"""Who was randomized, treated, stopped and analyzed, and why not."""

from collections.abc import Mapping, Sequence

from equipoise.report.cells import Line, Table
from equipoise.report.entries import NOTHING, Source
from equipoise.report.rows import ALL, Row
from equipoise.report.tables.footnotes import footnotes
from equipoise.report.words import FLOW, sentence_case

__all__ = ["disposition_table", "populations_table"]

BEFORE_RANDOMIZATION = {"assessed", "excluded", "excluded_reason", "not_randomized_unexplained"}


def disposition_table(source: Source) -> Table:
    """Boxes of the flow diagram by arm and together; percentages are of the randomized."""
    rows = source.rows.analysis("flow")
    arms = source.arms_of(rows)
    groups = [*(arm.id for arm in arms), ALL]
    base = {row.group_level: row for row in source.rows.analysis("flow", "randomized")}
    lines: list[Line] = []
    for variable, label in FLOW:
        chosen = source.rows.analysis("flow", variable)
        whole = {} if variable in BEFORE_RANDOMIZATION else base
        if variable == "received_other":
            lines += _received_other(source, chosen, groups, whole, 1)
        elif variable.endswith("_reason"):
            lines += [
                _line(source, _reason(reason), part, groups, whole, level=2) for reason, part in _by_level(chosen)
            ]
        elif chosen:
            level = 0 if variable in BEFORE_RANDOMIZATION or variable == "randomized" else 1
            lines.append(_line(source, label, chosen, groups, whole, level=level))
    return Table(
        name="disposition",
        title="Disposition of subjects",
        stub="Step",
        columns=tuple(source.columns(arms, base, total=True)),
        lines=(*lines, *_analyzed(source, groups, base)),
        footnotes=footnotes(source, [], "Percentages are of the subjects randomized. Each subject has one reason."),
        empty="The number of subjects at each step, by arm, will stand here once subjects are assessed.",
    )


def populations_table(source: Source) -> Table:
    """Members of each analysis population, who is out and why, and who received another arm's treatment."""
    rows = source.rows.analysis("populations")
    arms = source.arms_of(rows)
    groups = [*(arm.id for arm in arms), ALL]
    lines: list[Line] = []
    for population in dict.fromkeys(row.population for row in rows):
        chosen = [row for row in rows if row.population == population]
        rule = str(source.facts.population_rule(population).get("arm") or "")
        by = {"assigned": ", by arm assigned", "received": ", by arm received"}.get(rule, "")
        lines.append(Line(source.facts.population_label(population) + by, head=True))
        for variable, label in (("members", "In the population"), ("excluded", "Not in the population")):
            part = [row for row in chosen if row.variable == variable]
            lines += [_line(source, label, part, groups, {}, level=1)] if part else []
        reasons = _by_level([row for row in chosen if row.variable == "excluded_reason"])
        lines += [_line(source, _reason(reason), part, groups, {}, level=2) for reason, part in reasons]
        other = [row for row in chosen if row.variable == "received_other"]
        lines += _received_other(source, other, groups, {}, 1)
    return Table(
        name="populations",
        title="Analysis populations",
        stub="Population",
        columns=tuple(source.columns(arms, {}, total=True)),
        lines=tuple(lines),
        footnotes=footnotes(source, []),
        empty="Members of each population, and why others are out, will stand here once subjects are randomized.",
    )


def _analyzed(source: Source, groups: Sequence[str], base: Mapping[str | None, Row]) -> list[Line]:
    lines: list[Line] = []
    names = ("analyzed", "not_analyzed", "not_analyzed_reason")
    rows = [row for name in names for row in source.rows.analysis("flow", name)]
    for population in dict.fromkeys(row.population for row in rows):
        chosen = [row for row in rows if row.population == population]
        label = source.facts.population_label(population)
        for variable, words in (("analyzed", "Analyzed"), ("not_analyzed", "Not analyzed")):
            part = [row for row in chosen if row.variable == variable]
            level = 0 if variable == "analyzed" else 1
            lines += [_line(source, f"{words}: {label}", part, groups, base, level=level)] if part else []
        reasons = _by_level([row for row in chosen if row.variable == "not_analyzed_reason"])
        lines += [_line(source, _reason(reason), part, groups, base, level=2) for reason, part in reasons]
    return lines


def _received_other(
    source: Source, rows: Sequence[Row], groups: Sequence[str], base: Mapping[str | None, Row], level: int
) -> list[Line]:
    names = {row.variable_level: row.text for row in rows if row.text}
    return [
        _line(
            source, f"Received {names.get(arm) or source.facts.arm_label(arm)} instead", part, groups, base, level=level
        )
        for arm, part in _by_level(rows)
    ]


def _reason(text: str) -> str:
    return "Not recorded" if text == "(not recorded)" else sentence_case(text)


def _line(
    source: Source,
    label: str,
    rows: Sequence[Row],
    groups: Sequence[str],
    base: Mapping[str | None, Row],
    *,
    level: int,
) -> Line:
    found = {row.group_level: row for row in rows}
    absent = NOTHING if set(found) == {ALL} else "0"
    cells = tuple(source.part_of(found.get(group), base.get(group), absent=absent) for group in groups)
    return Line(label, cells, level)


def _by_level(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.variable_level or "(not recorded)", []).append(row)
    return list(found.items())
