"""Survival had nobody crossed over: every estimate beside the intention-to-treat one, with its assumption."""

import math
from collections.abc import Iterable, Sequence

from equipoise.report.cells import Column, Line, Number, Part, Table
from equipoise.report.entries import NOTHING, Source, by_statistic
from equipoise.report.numbers import format_estimate
from equipoise.report.rows import Row, row_ids
from equipoise.report.tables.footnotes import footnotes
from equipoise.report.words import STRATIFIED
from equipoise.terms import Status

__all__ = ["SUFFIX", "crossover_table", "estimates_of", "label_of", "switching_table"]

SUFFIX = "_without_crossover"

_NAMES = {
    "intention_to_treat": "Intention to treat (primary)",
    "censored_at_switch": "Censored at crossover",
    "without_switchers": "Without those who crossed over",
    "rpsftm": "Structural failure time model (RPSFTM)",
    "ipcw": "Censoring weights (IPCW)",
    "two_stage": "Two stages, simple",
    "two_stage_g": "Two stages, g-estimation",
}
_NAIVE = ("censored_at_switch", "without_switchers")
_RECENSORED = {"recensored": "recensored", "not_recensored": "not recensored"}
_COUNTS = {
    "switched": "Crossed over, of the arm",
    "progressed": "Progressed, of the arm",
    "switched_of_progressed": "Crossed over after it, of those who progressed",
    "switched_without_progression": "Crossed over without it on or before the day, of those who crossed over",
}
_READINGS = {"central progression": "central review", "local progression": "local reading"}
_DAYS = {
    "days_to_switch": "Days from randomization to crossover",
    "days_progression_to_switch": "Days from progression to crossover",
    "potential_follow_up": "Days from randomization to the data cut-off",
}

Key = tuple[str, str | None, str | None]


def estimates_of(rows: Iterable[Row]) -> dict[Key, list[Row]]:
    """Rows of each estimate: method, recensoring, effect after crossover; in the order of the file."""
    found: dict[Key, list[Row]] = {}
    for row in rows:
        if row.variable in _NAMES:
            found.setdefault((row.variable, row.variable_level, row.parent_level), []).append(row)
    return found


def label_of(key: Key, *, short: bool = False) -> str:
    """Words for an estimate: ``recensored, effect after crossover x 0.75`` when short, else with the method."""
    name, recensored, effect = key
    parts = [] if short else [_NAMES[name]]
    parts += [_RECENSORED[recensored]] if recensored else []
    parts += [f"effect after crossover × {effect}"] if effect and effect != "1" else []
    return ", ".join(parts)


def crossover_table(source: Source, analysis: str, *, name: str) -> Table:
    """One line per estimate: hazard ratio, interval, P, factor on time, events left, assumption."""
    rows = source.rows.analysis(f"{analysis}{SUFFIX}")
    found = estimates_of(rows)
    arms = _arms(source, rows)
    lines: list[Line] = []
    shown: list[Row] = []
    head, told = "", set[str]()
    for key, own in found.items():
        group = "For contrast only" if key[0] in _NAIVE else "" if key[0] == "intention_to_treat" else _NAMES[key[0]]
        if group and group != head:
            lines.append(Line(group, head=True))
        head = group
        alone = not group or key[0] in _NAIVE
        label = _NAMES[key[0]] if alone else label_of(key, short=True) or "Weighted"
        first = key[0] not in told
        told.add(key[0])
        lines.append(Line(label[:1].upper() + label[1:], _cells(source, own, arms, first=first), 0 if not group else 1))
        shown += [_plain(row) for row in own if row.measure == "hazard_ratio" and row.value is not None]
    return Table(
        name=name,
        title=f"{source.facts.analysis_label(analysis)}: survival had nobody crossed over",
        stub="Estimate",
        columns=(
            Column(head="Hazard ratio (CI)"),
            Column(head="P, two-sided"),
            Column(head="Factor on time (CI)"),
            *(Column(head=f"Events, {source.facts.arm_label(arm)}") for arm in arms),
            Column(head="What it assumes, or why it is missing", numeric=False),
        ),
        lines=tuple(lines),
        footnotes=footnotes(source, shown, *_notes(own for own in found.values())),
        empty="Survival had nobody crossed over will stand here once both arms have deaths.",
    )


def _arms(source: Source, rows: Sequence[Row]) -> list[str]:
    levels = {row.group_level for row in rows if row.variable == "subjects"}
    return [arm.id for arm in source.facts.arms if arm.id in levels]


def _plain(row: Row) -> Row:
    """A row for the footnotes: its method alike for all variants, without words of its own."""
    method = (row.method or "").replace(", not recensored", "").replace(", recensored", "")
    return row._replace(method=method, text=None)


def _cells(source: Source, own: Sequence[Row], arms: Sequence[str], *, first: bool) -> tuple[Part, ...]:
    """Cells of one estimate; the assumption stands with the first of a method."""
    ratio = by_statistic(row for row in own if row.measure == "hazard_ratio")
    psi = by_statistic(row for row in own if row.measure == "log_time_factor")
    events = {row.group_level: row for row in own if row.measure == "events_left"}
    assumption = next((row for row in own if row.measure == "assumption"), None)
    estimate = ratio.get("estimate")
    words: Part = ""
    if estimate is not None and estimate.value is None:
        done = "Not done" if estimate.status == Status.NOT_DONE else "Not estimable"
        return (*(NOTHING for _ in range(3 + len(arms))), Number(f"{done}: {estimate.text}", (estimate.row_id,)))
    if assumption is not None and first:
        words = Number(assumption.text or "", (assumption.row_id,))
    return (
        source.ratio(ratio, names_model=True),
        source.p(ratio.get("p_value"), names_model=True),
        _factor(source, psi),
        *(source.count(events.get(arm), absent=NOTHING) for arm in arms),
        words,
    )


def _factor(source: Source, psi: dict[str, Row]) -> Part:
    """exp(-psi): by how much treatment stretches time."""
    if "estimate" not in psi:
        return NOTHING
    rows = [psi.get(name) for name in ("estimate", "conf_high", "conf_low")]
    estimate, low, high = (None if row is None or row.value is None else math.exp(-row.value) for row in rows)
    text = format_estimate(estimate, low, high, style=source.style, missing="NE")
    return Number(text, row_ids(*rows))


def _notes(groups: Iterable[Sequence[Row]]) -> list[str]:
    own = list(groups)
    notes = [
        "Factor on time: exp(-psi), by how much the experimental treatment stretches the time on it; of the two-stage "
        "estimates, the time after crossover.",
        "Events: those behind the hazard ratio; recensoring and censoring at crossover leave fewer.",
        "The structural model keeps the P value of the intention-to-treat test: adjustment adds no evidence.",
    ]
    limits = [row.text for rows in own for row in rows if row.measure == "hazard_ratio" and row.value is not None]
    several = [text for text in limits if text and "places" in text]
    notes += ["Where the estimating function crosses 0 several times the middle crossing is used."] if several else []
    if any(text and "second stage alone" in text for text in limits):
        notes.append(
            "Limits of two-stage estimates without bootstrap take their first stage for known: they are too narrow."
        )
    weights = by_statistic(row for rows in own for row in rows if row.measure == "weight")
    if weights:
        mean, low, high = (weights[name].value or 0.0 for name in ("mean", "min", "max"))
        notes.append(f"Censoring weights: mean {mean:.2f}, from {low:.2f} to {high:.2f}.")
    strata = {row.strata for rows in own for row in rows if row.variable == "intention_to_treat" and row.strata}
    notes += [
        f"Intention to treat, contrasts and structural model: {STRATIFIED.get(key, key)}." for key in sorted(strata)
    ]
    return notes


def switching_table(source: Source, analysis: str, *, name: str) -> Table:
    """Who crossed over, after what, how late; which covariates the models hold."""
    rows = source.rows.analysis(f"{analysis}{SUFFIX}")
    plain = [row for row in rows if row.measure is None]
    reference = next((row.group_level for row in plain if row.variable == "switched"), None)
    lines: list[Line] = []
    for variable, label in _COUNTS.items():
        own = by_statistic(row for row in plain if row.variable == variable)
        if own:
            reading = f", {_READINGS.get(own['n'].text or '', '')}" if variable == "progressed" else ""
            lines.append(Line(f"{label}{reading}, n (%)", (_share(source, own),)))
    for variable, label in _DAYS.items():
        own = by_statistic(row for row in plain if row.variable == variable)
        if own:
            wanted = [own.get(s) for s in ("median", "min", "max")]
            lines.append(Line(f"{label}, median (range)", (source.values(wanted, 0, "{} ({} to {})"),)))
    for variable, label in (
        ("covariates_at_randomization", "Covariates at randomization"),
        ("covariates_after_randomization", "Covariates after randomization"),
        ("covariates_absent", "Declared, but not in the data"),
        ("bootstrap", "Bootstrap of patients"),
    ):
        row = next((row for row in plain if row.variable == variable), None)
        if row is not None and not (variable == "covariates_absent" and row.text == "none"):
            lines.append(Line(label, (Number(row.text or "", (row.row_id,)),)))
    return Table(
        name=name,
        title=f"{source.facts.analysis_label(analysis)}: who crossed over, and when",
        stub="",
        columns=(Column(head=source.facts.arm_label(reference), numeric=False),),
        lines=tuple(lines),
        footnotes=footnotes(source, []),
        empty="Who crossed over will stand here once the data hold it.",
    )


def _share(source: Source, own: dict[str, Row]) -> Part:
    count, percent = own["n"], own.get("percent")
    if count.value is None or not count.n:
        return source.count(count)
    share = "" if percent is None or percent.value is None else f" ({percent.value:.1f})"
    return Number(f"{round(count.value)}/{count.n}{share}", row_ids(count, percent))
