"""The independent readers beside each other, adjudication, and how long reviews took."""

from collections.abc import Sequence

from equipoise.report.cells import Line, Table
from equipoise.report.entries import Source, group_by_level
from equipoise.report.rows import Row
from equipoise.report.tables.central_review import count_of, groups_of, kappa_line, spread_line
from equipoise.report.tables.distribution import distribution_lines
from equipoise.report.tables.footnotes import footnotes

__all__ = ["adjudication_table", "readers_table", "turnaround_table"]


def readers_table(source: Source, rows: Sequence[Row], readers: str, *, name: str) -> Table:
    """Agreement of two readers on progression and best response, by arm."""
    part = [row for row in rows if row.subgroup_level == readers]
    _, groups, columns = groups_of(source, part)

    def of(variable: str) -> list[Row]:
        return [row for row in part if row.variable == variable]

    def shares(variable: str, label: str) -> Line:
        found = group_by_level(of(variable))
        return Line(label, tuple(count_of(source, found.get(group, {})) for group in groups))

    first, _, second = readers.partition(" and ")
    late = f"Date of reader {second} less reader {first}, days: median (quartiles)"
    lines = [
        shares("read_by_both", "Read by both, n/n (%)"),
        shares("progressed_agree", "Agree whether there is progression, n/n (%)"),
        kappa_line(source, of("progressed_kappa"), groups, "Kappa of progression (CI)"),
        shares("same_progression", "Progression by both: at the same assessment, n/n (%)"),
        spread_line(source, of("timing_days"), groups, late),
        shares("best_response_agree", "Same best response, n/n (%)"),
        kappa_line(source, of("best_response_kappa"), groups, "Kappa of the best response (CI)"),
    ]
    shown = [row for row in part if row.measure == "kappa"]
    return Table(
        name=name,
        title=f"Agreement of readers {readers}",
        stub="Subjects",
        columns=tuple(columns),
        lines=tuple(lines),
        footnotes=footnotes(source, shown, "Best responses need no confirmation here."),
    )


def adjudication_table(source: Source, rows: Sequence[Row]) -> Table:
    """How often readers were adjudicated, why, and whose reading was not chosen."""
    _, groups, columns = groups_of(source, rows)

    def shares(variable: str, label: str, level: int = 0, of_level: str | None = None) -> Line:
        found = group_by_level(
            row for row in rows if row.variable == variable and (of_level is None or row.variable_level == of_level)
        )
        return Line(label, tuple(count_of(source, found.get(group, {})) for group in groups), level)

    def levels(variable: str) -> list[str]:
        return [name for name in dict.fromkeys(row.variable_level for row in rows if row.variable == variable) if name]

    lines = [shares("adjudicated", "Adjudication called for, n/n (%)")]
    lines += [
        shares("adjudication_reason", f"the readers differ in {word.replace('_', ' ')}", 1, word)
        for word in levels("adjudication_reason")
    ]
    if any(row.variable == "adjudicator_read" for row in rows):
        lines.append(shares("adjudicator_read", "Read by the adjudicator, n/n (%)"))
    lines.append(shares("not_endorsed", "No reading endorsed yet, n/n (%)"))
    lines += [shares("endorsed", f"Reader {name} endorsed, n/n (%)", 0, name) for name in levels("endorsed")]
    lines += [
        shares("overruled", f"Reader {name} overruled, n/n (%) of the subjects read", 0, name)
        for name in levels("overruled")
    ]
    shown = [row for row in rows if row.variable == "adjudicated"]
    return Table(
        name="adjudication",
        title="Adjudication of the independent readers",
        stub="Subjects",
        columns=tuple(columns),
        lines=tuple(lines),
        footnotes=footnotes(
            source,
            shown,
            "Adjudication is called for where the readers differ in what the protocol names, be it one thing or more. "
            "Overruled: the reading of another reader was endorsed.",
        ),
    )


def turnaround_table(source: Source, rows: Sequence[Row]) -> Table:
    """Working days from the request of a review to its locked result."""
    _, groups, columns = groups_of(source, rows)
    days = [row for row in rows if row.variable == "working_days"]
    within = [row for row in rows if row.variable == "within_clock"]
    lines = distribution_lines(source, "Working days from request to locked result", days, groups) if days else []
    if within:
        found = group_by_level(within)
        cells = tuple(count_of(source, found.get(group, {})) for group in groups)
        lines.append(Line(f"Within {within[0].text}, n/n (%)", cells))
    return Table(
        name="turnaround",
        title="Turn-around of central reviews in real time",
        stub="Reviews",
        columns=tuple(columns),
        lines=tuple(lines),
        footnotes=footnotes(source, [row for row in days if row.statistic == "mean"]),
        empty="Times from request to result will stand here once reviews are requested in real time.",
    )
