"""Best overall response, objective response and disease control; responses of a biomarker."""

from collections.abc import Sequence

from equipoise.report.cells import Column, Line, Number, Part, Table
from equipoise.report.entries import NOTHING, Source, by_statistic, group_by_level, not_in_data
from equipoise.report.facts import Arm
from equipoise.report.numbers import format_months
from equipoise.report.rows import Row, row_ids
from equipoise.report.tables.footnotes import footnotes, level_text
from equipoise.report.tables.survival import Survival
from equipoise.report.words import STRATIFIED, VARIABLES

__all__ = ["biomarker_table", "durations_of", "response_table"]

RESPONSES = {
    "CR": "Complete response",
    "PR": "Partial response",
    "SD": "Stable disease",
    "NON-CR/NON-PD": "Non-CR/non-PD",
    "PD": "Progressive disease",
    "NE": "Not evaluable",
    "(missing)": "Missing",
}
OTHERS = ("objective_response_unconfirmed", "objective_response_confirmed", "objective_response_measurable")
Pair = tuple[str | None, str | None]


def response_table(source: Source, analysis: str, *, name: str) -> Table:
    """Responses by arm with exact intervals, the comparison of the arms, and how long responses took and lasted."""
    rows = source.rows.analysis(analysis)
    arms, pairs = _arms_and_pairs(source, rows)
    described = [row for row in rows if row.measure is None and row.reference_level is None]
    best = [row for row in described if row.variable == "best_response"]
    lines: list[Line] = [Line("Best overall response, n (%)", head=True)] if best else []
    for level in dict.fromkeys(row.variable_level for row in best):
        groups = group_by_level(row for row in best if row.variable_level == level)
        cells: list[Part] = [source.count_percent(groups.get(arm.id, {})) for arm in arms]
        lines.append(Line(RESPONSES.get(level or "(missing)", level or ""), (*cells, *("" for _ in pairs)), 1))
    shown = list(best)
    for variable in ("objective_response", "disease_control"):
        part = [row for row in rows if row.variable == variable]
        lines += _rate_lines(source, part, arms, pairs)
        shown += part
    for variable in OTHERS:
        part = [row for row in rows if row.variable == variable]
        lines += _other_lines(source, part, arms, pairs)
        shown += [row for row in part if row.status != "not_done"]
    times, timed = _time_lines(source, analysis, arms)
    blank = tuple("" for _ in pairs)
    lines += [Line(line.label, (*line.cells, *blank) if line.cells else (), line.level, line.head) for line in times]
    return Table(
        name=name,
        title=source.facts.analysis_label(analysis),
        stub="Response",
        columns=(*source.arm_columns(rows[0].population if rows else None, arms), *_pair_columns(source, pairs)),
        lines=tuple(lines),
        footnotes=footnotes(source, _printed([*shown, *timed]), *_notes(source, analysis, rows)),
        empty="Best responses and response rates by arm will stand here once responses are read.",
    )


def biomarker_table(source: Source, analysis: str, *, name: str) -> Table:
    """Responses of a biomarker among those for whom it counts."""
    rows = source.rows.analysis(analysis)
    arms, pairs = _arms_and_pairs(source, rows)
    part = [row for row in rows if row.variable == "biomarker_response"]
    wholes = {row.group_level: row for row in reversed(part) if row.statistic == "n" and row.measure is None}
    columns = [
        Column(head=f"{arm.label} (n = {whole.n})" if whole else arm.label, row_ids=row_ids(whole), arm=arm.id)
        for arm in arms
        for whole in [wholes.get(arm.id)]
    ]
    out = group_by_level(row for row in rows if row.variable == "not_counted")
    reason = next((row.text for row in rows if row.variable == "not_counted" and row.text), "")
    left = [source.count(out.get(arm.id, {}).get("n")) for arm in arms]
    lines = [*_rate_lines(source, part, arms, pairs), Line("Not counted, n", (*left, *("" for _ in pairs)))]
    absent = not_in_data(part)
    declared = source.facts.endpoint(source.facts.analyses.get(analysis, {}).get("endpoint"))
    fall = declared.get("decrease_percent")
    return Table(
        name=name,
        title=source.facts.analysis_label(analysis),
        stub="Response",
        columns=(*columns, *_pair_columns(source, pairs)),
        lines=() if absent else tuple(lines),
        footnotes=footnotes(
            source,
            _printed(part),
            f"Response: a decrease of {fall:g}% or more from baseline." if fall else "",
            "Differences are in percentage points." if pairs else "",
            f"Not counted: {reason}." if reason else "",
            "A counted subject without a value after baseline is a non-responder.",
        ),
        empty=absent or "Responses of the biomarker by arm will stand here once values are in the data.",
    )


def _printed(rows: Sequence[Row]) -> list[Row]:
    """Rows whose numbers stand in the table: no odds ratios, and of a test over strata its two-sided P alone."""
    return [row for row in rows if row.measure != "odds_ratio" and (row.measure != "cmh" or row.statistic == "p_value")]


def _arms_and_pairs(source: Source, rows: Sequence[Row]) -> tuple[list[Arm], list[Pair]]:
    arms = source.arms_of(row for row in rows if row.reference_level is None)
    return arms, list(dict.fromkeys((row.group_level, row.reference_level) for row in rows if row.reference_level))


def _pair_columns(source: Source, pairs: Sequence[Pair]) -> list[Column]:
    label = source.facts.arm_label
    return [Column(head=f"{label(a)} minus {label(b)}") for a, b in pairs]


def _rate_lines(source: Source, rows: Sequence[Row], arms: Sequence[Arm], pairs: Sequence[Pair]) -> list[Line]:
    """Count, proportion with difference, Fisher's P; then difference and P over strata, a line each."""
    groups = group_by_level(row for row in rows if row.measure is None and row.reference_level is None)
    if not groups:
        return []
    words = VARIABLES[rows[0].variable or ""]
    blank, none = tuple("" for _ in arms), tuple("" for _ in pairs)
    counts = tuple(source.count_percent(groups.get(arm.id, {})) for arm in arms)
    level = level_text(next((r.conf_level for g in groups.values() for r in g.values() if r.conf_level), None))
    shares = [source.share(groups.get(arm.id, {})) for arm in arms]
    effects = [source.share(_compared(rows, "risk_difference", pair, "none")) for pair in pairs]
    lines = [
        Line(f"{words}, n (%)", (*counts, *none)),
        Line(f"{words}, % ({level} CI)", (*shares, *effects), 1),
        *_tests(source, rows, pairs, blank, measure="fisher", strata="none"),
    ]
    for strata in dict.fromkeys(row.strata for row in rows if row.strata not in (None, "none")):
        found = [source.share(_compared(rows, "risk_difference", pair, strata)) for pair in pairs]
        lines.append(Line(f"Difference, {STRATIFIED.get(strata or '', strata or '')}", (*blank, *found), 1))
        lines += _tests(source, rows, pairs, blank, measure="cmh", strata=strata)
    return lines


def _tests(
    source: Source,
    rows: Sequence[Row],
    pairs: Sequence[Pair],
    blank: tuple[str, ...],
    *,
    measure: str,
    strata: str | None,
) -> list[Line]:
    tests = [_compared(rows, measure, pair, strata).get("p_value") for pair in pairs]
    if not any(tests):
        return []
    kind = "Fisher's exact test" if measure == "fisher" else "Cochran-Mantel-Haenszel"
    words = kind if strata in (None, "none", "randomization") else f"{kind}, corrected strata"
    return [Line(f"P ({words})", (*blank, *(source.p(test) for test in tests)), 1)]


def _other_lines(source: Source, rows: Sequence[Row], arms: Sequence[Arm], pairs: Sequence[Pair]) -> list[Line]:
    """One line for a response counted another way; its denominator can be another."""
    groups = group_by_level(row for row in rows if row.measure is None and row.reference_level is None)
    if not groups or all(row.status == "not_done" for row in rows):
        return []
    variable = rows[0].variable or ""
    cells: list[Part] = []
    for arm in arms:
        found = groups.get(arm.id, {})
        count = found.get("n")
        share = source.share(found)
        text = share.text if isinstance(share, Number) else share
        ids = row_ids(count, *(found.get(s) for s in ("estimate", "conf_low", "conf_high")))
        cells.append(
            Number(f"{round(count.value)}/{count.n}, {text}", ids) if count and count.value is not None else ""
        )
    effects = [source.share(_compared(rows, "risk_difference", pair, "none")) for pair in pairs]
    kept: list[Part] = ["" if effect == NOTHING else effect for effect in effects]
    return [Line(f"{VARIABLES[variable]}, n/n, % (CI)", (*cells, *kept))]


def durations_of(source: Source, analysis: str) -> list[str]:
    """Analyses of the duration of the responses of an analysis: same assessor, timed from the first response."""
    facts = source.facts
    own = facts.endpoint(facts.analyses.get(analysis, {}).get("endpoint"))
    found = []
    for name, declared in facts.analyses.items():
        endpoint = facts.endpoint(declared.get("endpoint"))
        events = " ".join(map(str, endpoint.get("events") or ()))
        assessor = endpoint.get("assessor") or next((a for a in ("central", "local") if f"{a}_" in events), None)
        if endpoint.get("origin") == "first_response" and assessor == own.get("assessor"):
            found.append(name)
    return found


def _time_lines(source: Source, analysis: str, arms: Sequence[Arm]) -> tuple[list[Line], list[Row]]:
    """Time to response of the responders, and the duration of response where an analysis times it."""
    groups = group_by_level(source.rows.analysis(analysis, "time_to_response"))
    lines, shown = [], []
    if any(groups.get(arm.id, {}).get("n") for arm in arms):
        cells = tuple(_median_range(source, groups.get(arm.id, {}), analysis) for arm in arms)
        lines.append(Line("Time to response, median (range), months", cells))
        shown += [row for group in groups.values() for row in group.values() if row.statistic == "median"]
    for name in durations_of(source, analysis):
        survival = Survival.primary(source, name)
        if not survival.of("subjects"):
            continue
        label = source.facts.analysis_label(name) + _other_rule(source, analysis, name)
        ended = tuple(_ended(survival, a) for a in arms)
        medians = tuple(source.months(survival.statistics("median", a.id), survival.endpoint) for a in arms)
        lines.append(Line(f"{label}: ended, n/n", ended))
        lines.append(Line(f"{label}, median (CI), months", medians))
        shown += [row for a in arms for row in survival.statistics("median", a.id).values()]
    return lines, shown


def _other_rule(source: Source, analysis: str, duration: str) -> str:
    """Words where a duration is of responses by another rule of confirmation than the analysis."""
    facts = source.facts
    own, other = (
        bool(facts.endpoint(facts.analyses.get(name, {}).get("endpoint")).get("confirmed", True))
        for name in (analysis, duration)
    )
    return "" if own == other else " (confirmed responses)" if other else " (responses without confirmation)"


def _ended(survival: Survival, arm: Arm) -> Part:
    """Responses that ended, of all responses."""
    events, subjects = survival.statistics("events", arm.id).get("n"), survival.statistics("subjects", arm.id).get("n")
    if events is None or subjects is None or events.value is None:
        return NOTHING
    return Number(f"{round(events.value)}/{round(subjects.value or 0)}", row_ids(events, subjects))


def _median_range(source: Source, rows: dict[str, Row], analysis: str) -> Part:
    found = [rows.get(name) for name in ("median", "min", "max")]
    if any(row is None or row.value is None for row in found):
        return NOTHING
    days = source.facts.month_days(source.facts.analyses.get(analysis, {}).get("endpoint"))
    median, low, high = (format_months(row.value, days, source.style) for row in found if row)
    return Number(f"{median} ({low} to {high})", row_ids(*found))


def _notes(source: Source, analysis: str, rows: Sequence[Row]) -> list[str]:
    declared = source.facts.endpoint(source.facts.analyses.get(analysis, {}).get("endpoint"))
    review = source.facts.protocol.get("review") or {}
    days = review.get("confirmation_days", 28)
    confirmed = declared.get("confirmed", True)
    notes = [
        f"CR and PR are confirmed by another reading at least {days} days later."
        if confirmed
        else "CR and PR need no confirmation.",
        f"Stable disease counts from day {review.get('minimum_sd_days', 42)}.",
        "Subjects without an assessment are in the denominator.",
        "Differences are in percentage points." if any(row.reference_level for row in rows) else "",
    ]
    if any(row.variable == "objective_response_measurable" and row.value is not None for row in rows):
        notes.append("Measurable: a target lesion measured at baseline by the same reading.")
    if any(row.variable == "time_to_response" and row.statistic == "median" and row.value is not None for row in rows):
        notes.append("Time to response runs from randomization to the first response, among responders.")
    return notes


def _compared(rows: Sequence[Row], measure: str, pair: Pair, strata: str | None) -> dict[str, Row]:
    """Rows of a comparison; unstratified ones name no strata in older results."""
    wanted = (None, "none") if strata in (None, "none") else (strata,)
    return by_statistic(
        row
        for row in rows
        if row.measure == measure and (row.group_level, row.reference_level) == pair and row.strata in wanted
    )
