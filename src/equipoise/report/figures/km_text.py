"""Words of a survival figure: the table in the plot, the note below it, caption and text alternative."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from equipoise.report.facts import Facts
from equipoise.report.figures.km_data import ArmCurve, Comparison, SurvivalData
from equipoise.report.numbers import (
    Place,
    Style,
    format_estimate,
    format_median,
    format_number,
    format_p,
    hazard_ratio_decimals,
    missing_word,
)
from equipoise.report.rows import Row, row_ids
from equipoise.report.rules import has_rule_set, rule_line
from equipoise.report.words import STRATIFIED

__all__ = [
    "Line",
    "caption",
    "comparison_lines",
    "inset_cells",
    "median_cell",
    "model_words",
    "note",
    "probability_label",
    "summary",
    "time_label",
]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text with the rows behind it."""

    text: str
    rows: tuple[int, ...] = ()


def _value(row: Row | None) -> float | None:
    return row.value if row is not None and row.known else None


def _word(rows: Sequence[Row | None], place: Place) -> str:
    """Word for what is missing among rows of one estimate: not reached wherever that is the reason of one."""
    return missing_word("NR" if any(row is not None and row.status == "NR" for row in rows) else "NE", place)


def median_cell(data: SurvivalData, curve: ArmCurve, style: Style) -> Line:
    """Median with its interval in months; NR where the curve does not come down to it."""
    rows = (curve.median, curve.median_low, curve.median_high)
    days, low, high = (_value(row) for row in rows)
    if days is None and low is None and high is None:
        return Line(_word(rows, "figure"), row_ids(*rows))
    missing = _word(rows, "figure")
    text = format_median(days, low, high, style, months_days=data.month_days, cell=True, missing=missing)
    return Line(text, row_ids(*rows))


def _median_words(data: SurvivalData, curve: ArmCurve, style: Style) -> str:
    rows = (curve.median, curve.median_low, curve.median_high)
    days, low, high = (_value(row) for row in rows)
    missing = _word(rows, "text")
    if days is None and low is None and high is None:
        return missing
    return format_median(
        days, low, high, style, months_days=data.month_days, conf_level=data.conf_level, missing=missing
    )


def inset_cells(data: SurvivalData, style: Style) -> list[tuple[str, str, Line, Line]]:
    """Per arm: identifier, label, events of subjects, median."""
    cells = []
    for curve in data.arms:
        events = Line(f"{curve.total_events}/{curve.n}", row_ids(curve.events, curve.subjects))
        cells.append((curve.arm.id, curve.arm.label, events, median_cell(data, curve, style)))
    return cells


def model_words(row: Row) -> str:
    """Whether a test or an effect is stratified, and by which strata where that is not said by the word alone."""
    return STRATIFIED.get(row.strata or "none", "stratified")


def comparison_lines(data: SurvivalData, style: Style, *, name_arms: bool | None = None) -> list[Line]:
    """Hazard ratio, its one-sided limit and the P value of each comparison; each says from which model it comes."""
    many = len(data.estimable) > 1 or len(data.arms) > 2 if name_arms is None else name_arms
    lines: list[Line] = []
    for comparison in data.estimable:
        if many:
            lines.append(Line(f"{comparison.experimental.label} v {comparison.reference.label}"))
        lines += _ratio_lines(comparison, style)
        if comparison.p is not None:
            p = _value(comparison.p)
            text = format_p(p, style, sided=comparison.sided) if p is not None else "P, NE"
            text = "One-sided" + text.removeprefix("one-sided") if comparison.sided == 1 else text
            lines.append(Line(f"{text} (log-rank, {model_words(comparison.p)})", row_ids(comparison.p)))
    return lines


def _ratio_lines(comparison: Comparison, style: Style) -> list[Line]:
    ratio, low, high = comparison.ratio, comparison.low, comparison.high
    if ratio is None:
        return []
    level = (low.conf_level if low else None) or ratio.conf_level or 0.95
    text = format_estimate(_value(ratio), _value(low), _value(high), style, label="HR", conf_level=level)
    lines = [Line(f"{text} (Cox, {model_words(ratio)})", row_ids(ratio, low, high))]
    upper = comparison.upper_one_sided
    if upper is not None and upper.known:
        number = format_number(upper.value, hazard_ratio_decimals(upper.value), style)
        lines.append(Line(f"HR, one-sided {100 * (upper.conf_level or 0.95):g}% upper limit, {number}", row_ids(upper)))
    return lines


def probability_label(facts: Facts, endpoint: str) -> str:
    """Words of the vertical axis: the endpoint where it names a survival, else what the curve gives."""
    label = facts.endpoint_label(endpoint)
    return f"{label} (%)" if "survival" in label.lower() else "Subjects without event (%)"


def time_label(facts: Facts, endpoint: str) -> str:
    """Label of the time axis: its origin and unit."""
    origin = str(facts.endpoint(endpoint).get("origin") or "").replace("_", " ")
    return f"Time since {origin} (months)" if origin else "Time (months)"


def _interval_words(data: SurvivalData) -> str:
    method = data.arms[0].method
    kind = next((k for k in ("log-log", "log", "plain", "logit", "arcsin") if k in method), "")
    return f"{100 * data.conf_level:g}% CI{f' ({kind})' if kind else ''}"


def note(facts: Facts, data: SurvivalData) -> str:
    """What must stand beside the picture wherever it goes: population, rules, cut, interval, marks."""
    parts = [f"Population: {facts.population_label(data.population)}"]
    if data.rule_set and has_rule_set(facts, data.endpoint):
        parts.append(f"rule set {data.rule_set}")
    parts.append(f"data cut: {facts.data_cut}")
    parts.append(_interval_words(data))
    if data.minimum_at_risk:
        parts.append(f"curves stop where fewer than {data.minimum_at_risk} are at risk")
    parts += [*_methods(data), "ticks: censored subjects"]
    return "; ".join(parts) + "."


def _methods(data: SurvivalData) -> list[str]:
    """Methods of the effect and the test, with the stratification factors they name."""
    rows = [row for comparison in data.estimable for row in (comparison.ratio, comparison.p) if row is not None]
    return list(dict.fromkeys(str(row.method) for row in rows if row.method))


def caption(facts: Facts, data: SurvivalData) -> str:
    """Caption: what is shown, of whom, by which methods."""
    bands = "" if len(data.arms) > 2 else f" Bands: pointwise {_interval_words(data)}."
    table = " Below the axis: subjects at risk, censored and with an event before each time."
    name, rule = rule_line(facts, data.endpoint, data.rule_set)
    rules = f" {name}{' ' if name == 'Rule set' else ': '}{rule}." if rule else ""
    what = facts.analysis_name(data.analysis_id, data.endpoint)
    return f"Kaplan-Meier curves, {what}.{bands}{table} {note(facts, data)}{rules}"


def summary(facts: Facts, data: SurvivalData, style: str) -> str:
    """Text alternative: events, medians and comparisons in sentences."""
    chosen = cast("Style", style)
    population = facts.population_label(data.population)
    sentences = [
        f"Kaplan-Meier curves of {facts.analysis_name(data.analysis_id, data.endpoint)}. Population: {population}."
    ]
    for curve in data.arms:
        median = _median_words(data, curve, chosen)
        counts = f"{curve.total_events} of {curve.n} subjects with an event"
        sentences.append(f"{curve.arm.label}: {counts}, median {median}.")
    for comparison in comparison_lines(data, chosen):
        sentences.append(comparison.text + ".")
    return " ".join(sentences)
