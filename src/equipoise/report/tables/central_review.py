"""Local reading beside central review: scans, patients, discrepancy rates, what local progression ended."""

from collections.abc import Mapping, Sequence

from equipoise.report.cells import Column, Line, Number, Part, Table
from equipoise.report.entries import NOTHING, Source, by_statistic, group_by_level
from equipoise.report.facts import Arm
from equipoise.report.numbers import format_number
from equipoise.report.rows import ALL, Row, row_ids
from equipoise.report.tables.footnotes import footnotes

__all__ = [
    "Groups",
    "count_of",
    "discrepancy_table",
    "groups_of",
    "informative_table",
    "kappa_line",
    "pair_table",
    "patients_table",
    "scans_table",
    "spread_line",
]

OUTCOMES = {
    "both_same": "By both, at the same assessment (a1)",
    "local_later": "By both, local later (a2)",
    "local_earlier": "By both, local earlier (a3)",
    "local_only": "By local reading only (b)",
    "central_only": "By central review only (c)",
    "neither": "By neither (d)",
}
ANSWERS = {"Y": "Progression", "N": "No progression"}
EDR = "Early discrepancy rate = (b + a3) / (a + b); late discrepancy rate = (c + a2) / (b + c + a2 + a3)."
SAME = "The same assessment: the same scheduled assessment, whatever the day of the scan."
Groups = Sequence[str]


def groups_of(source: Source, rows: Sequence[Row]) -> tuple[list[Arm], list[str], list[Column]]:
    """Arms of rows, their levels with ``(all)`` last, and the heads of their columns."""
    arms = source.arms_of(rows)
    columns = source.arm_columns(rows[0].population if rows else None, arms, total=True)
    return arms, [*(arm.id for arm in arms), ALL], columns


def count_of(source: Source, rows: Mapping[str, Row]) -> Part:
    """A count with its own denominator, a cell such as ``16/62 (25.8)``."""
    count, percent = rows.get("n"), rows.get("percent")
    if count is None:
        return NOTHING
    if count.value is None or count.n is None:
        return source.count(count)
    share = format_number(percent.value, 1, source.style) if percent is not None else ""
    text = f"{round(count.value)}/{count.n}" + (f" ({share})" if share and count.value else "")
    return Number(text, row_ids(count, percent))


def kappa_line(
    source: Source, rows: Sequence[Row], groups: Groups, label: str, *, measure: str = "kappa", level: int = 0
) -> Line:
    """Kappa with its interval, by group."""
    chosen = [row for row in rows if row.measure == measure]
    found = group_by_level(chosen)
    return Line(label, tuple(source.ratio(found.get(group, {})) for group in groups), level)


def spread_line(source: Source, rows: Sequence[Row], groups: Groups, label: str, *, level: int = 0) -> Line:
    """Median with quartiles and number, by group: ``0 (-3 to 2), n = 71``."""
    found = group_by_level(rows)
    cells: list[Part] = []
    for group in groups:
        known = found.get(group, {})
        wanted = [known.get(name) for name in ("median", "q1", "q3", "n")]
        if any(row is None or row.value is None for row in wanted):
            cells.append(source.count(known.get("n"), absent=NOTHING) if known.get("n") is None else _nobody(known))
            continue
        median, q1, q3 = (format_number(row.value, 0, source.style) for row in wanted[:3] if row)
        n = wanted[3]
        cells.append(Number(f"{median} ({q1} to {q3}), n = {round(n.value or 0) if n else 0}", row_ids(*wanted)))
    return Line(label, tuple(cells), level)


def _nobody(rows: Mapping[str, Row]) -> Number:
    return Number(NOTHING, row_ids(rows.get("n")))


def pair_table(
    source: Source,
    rows: Sequence[Row],
    *,
    name: str,
    title: str,
    heads: tuple[str, str],
    words: Mapping[str, str],
    notes: Sequence[str] = (),
    empty: str = "",
) -> Table:
    """Table of both answers of all arms together: the first reader down, the second across.

    ``heads`` name the two readers; ``words`` an answer.
    """
    cells = {(row.parent_level or "", row.variable_level or ""): row for row in rows if row.group_level == ALL}
    answers = list(dict.fromkeys(first for first, _ in cells))
    columns = [Column(head=words.get(answer, answer), span=heads[1]) for answer in answers]
    lines = []
    for first in answers:
        own = [cells.get((first, second)) for second in answers]
        lines.append(Line(words.get(first, first), (*(source.count(row) for row in own), _total(own))))
    if answers:
        columns.append(Column(head="Total", span=heads[1]))
        down = [_total([cells.get((first, second)) for first in answers]) for second in answers]
        lines.append(Line("Total", (*down, _total(list(cells.values())))))
    return Table(
        name=name,
        title=title,
        stub=heads[0],
        columns=tuple(columns),
        lines=tuple(lines),
        footnotes=footnotes(source, list(cells.values()), *notes),
        empty=empty or "Both readings beside each other will stand here once both have read.",
    )


def _total(rows: Sequence[Row | None]) -> Number:
    """Sum of counts."""
    return Number(str(round(sum(row.value or 0 for row in rows if row))), row_ids(*rows))


def scans_table(source: Source, rows: Sequence[Row]) -> Table:
    """How many scans were read by both, how often they agree, and subjects with differing scans."""
    _, groups, columns = groups_of(source, rows)
    lines = [
        _counts(source, _of(rows, "scans"), groups, "Read by both, n"),
        _counts(source, _of(rows, "scans_one_reader", "local"), groups, "Read by the site only, n"),
        _counts(source, _of(rows, "scans_one_reader", "central"), groups, "Read centrally only, n"),
        _counts(source, _of(rows, "scans_not_evaluable"), groups, "Read by both, not evaluable for one, n"),
        _shares(source, _of(rows, "scan_agree"), groups, "Same response, n/n (%)"),
        kappa_line(source, _of(rows, "scan_kappa"), groups, "Kappa (CI), scans as independent"),
        kappa_line(
            source, _of(rows, "scan_kappa"), groups, "Kappa (CI), scans within subjects", measure="kappa_by_subject"
        ),
        Line("Subjects, n/n (%)", head=True),
        _shares(source, _of(rows, "any_scan_differs"), groups, "With a scan on which the readings differ", 1),
        _shares(
            source, _of(rows, "any_scan_progression", "central"), groups, "With a scan progressing centrally only", 1
        ),
        _shares(source, _of(rows, "any_scan_progression", "local"), groups, "With a scan progressing locally only", 1),
    ]
    shown = [row for row in rows if row.variable in ("scan_kappa", "scan_agree", "scans")]
    return Table(
        name="central-review-scans",
        title="Local and central reading of the same scan",
        stub="Scans",
        columns=tuple(columns),
        lines=tuple(lines),
        footnotes=footnotes(
            source,
            shown,
            "A scan is a scheduled assessment, up to crossover. Agreement is of the scans that both could evaluate.",
            "Subjects are those with a scan that both read.",
        ),
    )


def patients_table(source: Source, rows: Sequence[Row]) -> Table:
    """Whether and when both readings saw progression, and agreement on it and on the best response."""
    _, groups, columns = groups_of(source, rows)
    lines = [
        _shares(source, _of(rows, "read_by_both"), groups, "Read by both, n/n (%)"),
        Line("Progression, n/n (%)", head=True),
        *(_shares(source, _of(rows, "progression", key), groups, words, 1) for key, words in OUTCOMES.items()),
        kappa_line(source, _of(rows, "progressed_kappa"), groups, "Kappa of progression (CI)"),
        spread_line(
            source, _of(rows, "timing_days"), groups, "Central less local date, days: median (quartiles), by both"
        ),
        _shares(source, _of(rows, "best_response_agree"), groups, "Same best response, n/n (%)"),
        kappa_line(source, _of(rows, "best_response_kappa"), groups, "Kappa of the best response (CI)"),
    ]
    shown = [row for row in rows if row.variable in ("progressed_kappa", "progression", "best_response_kappa")]
    best = next((row.text for row in rows if row.variable == "best_response_pair" and row.text), "")
    return Table(
        name="central-review-subjects",
        title="Progression and best response by local and central reading",
        stub="Subjects",
        columns=tuple(columns),
        lines=tuple(lines),
        footnotes=footnotes(source, shown, SAME, f"Best response: {best}." if best else ""),
    )


def discrepancy_table(source: Source, rows: Sequence[Row]) -> Table:
    """Early and late discrepancy rates by arm, and their difference."""
    arms, groups, columns = groups_of(source, rows)
    chosen = [row for row in rows if row.variable in ("early_discrepancy", "late_discrepancy")]
    pairs = list(dict.fromkeys((row.group_level, row.reference_level) for row in chosen if row.reference_level))
    label = source.facts.arm_label
    lines = []
    for variable, words in (
        ("early_discrepancy", "Early discrepancy rate"),
        ("late_discrepancy", "Late discrepancy rate"),
    ):
        part = _of(rows, variable)
        found = group_by_level(row for row in part if row.reference_level is None)
        counts = [count_of(source, found.get(group, {})) for group in groups]
        shares = [source.share(found.get(group, {})) for group in groups]
        effects = [
            source.share(
                by_statistic(row for row in part if (row.group_level, row.reference_level) == pair), role="effect"
            )
            for pair in pairs
        ]
        lines += [
            Line(f"{words}, n/n (%)", (*counts, *("" for _ in pairs))),
            Line(f"{words}, % (CI)", (*shares, *effects), 1),
        ]
    columns = [Column(head=arm.label, arm=arm.id) for arm in arms] + [Column(head="All")]
    return Table(
        name="central-review-discrepancy",
        title="Discrepancy of local and central progression by arm",
        stub="Rate",
        columns=(*columns, *(Column(head=f"{label(a)} minus {label(b)}") for a, b in pairs)),
        lines=tuple(lines),
        footnotes=footnotes(
            source,
            chosen,
            f"a, b, c as in the table of progression. {EDR}",
            "A lower early rate and a higher late rate in the experimental arm would point to local readings in favor "
            "of that arm (Amit and others, European Journal of Cancer 2011;47:1772-8).",
            "Differences are in percentage points.",
        ),
        empty="Discrepancy rates by arm will stand here once both have read.",
    )


def informative_table(source: Source, rows: Sequence[Row]) -> Table:
    """Subjects with local but no central progression, and when their central time was censored."""
    _, groups, columns = groups_of(source, rows)
    soon = _of(rows, "censored_at_local")
    when = next((row.text for row in soon if row.text), "")
    endpoint = next((row.endpoint for row in soon if row.endpoint), None)
    lines = [
        _shares(source, _of(rows, "local_progression"), groups, "Local progression, n/n (%)"),
        _shares(source, _of(rows, "local_not_central"), groups, "of these, no central progression", 1),
        _shares(source, _of(rows, "scanned_after_local"), groups, "of these, read centrally after it", 2),
        *([_shares(source, soon, groups, f"of these, {when}", 2)] if soon else []),
        spread_line(
            source,
            _of(rows, "censoring_delay_days"),
            groups,
            "Central censoring less local progression, days: median (quartiles)",
            level=2,
        ),
    ]
    about = f"Censoring of {source.facts.endpoint_label(endpoint)}." if endpoint else ""
    return Table(
        name="central-review-censoring",
        title="Local progression without central progression, and central censoring",
        stub="Subjects read by both",
        columns=tuple(columns),
        lines=tuple(lines),
        footnotes=footnotes(
            source,
            [row for row in soon if row.statistic == "n"],
            about,
            "Central times censored where the site saw progression depend on the outcome: sensitivity analyses show "
            "how much hangs on them.",
        ),
    )


def _of(rows: Sequence[Row], variable: str, level: str | None = None) -> list[Row]:
    return [row for row in rows if row.variable == variable and (level is None or row.variable_level == level)]


def _counts(source: Source, rows: Sequence[Row], groups: Groups, label: str, level: int = 0) -> Line:
    found = group_by_level(rows)
    return Line(label, tuple(source.count(found.get(group, {}).get("n")) for group in groups), level)


def _shares(source: Source, rows: Sequence[Row], groups: Groups, label: str, level: int = 0) -> Line:
    found = group_by_level(rows)
    return Line(label, tuple(count_of(source, found.get(group, {})) for group in groups), level)
