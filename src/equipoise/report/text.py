"""Sentences of the results section, made from rows; every number in them knows its rows."""

from collections.abc import Mapping, Sequence

from equipoise.report.cells import Model, Number, Paragraph, Part
from equipoise.report.entries import LIMITS, Source, group_by_level, level_of, limits_of, not_in_data
from equipoise.report.numbers import (
    format_estimate,
    format_median,
    format_p,
    format_percent,
    format_percent_estimate,
    missing_word,
)
from equipoise.report.rows import ALL, Row, row_ids
from equipoise.report.tables.survival import Survival

__all__ = [
    "accrual_text",
    "follow_up_text",
    "harms_text",
    "landmark_text",
    "response_text",
    "survival_text",
    "unknown_onset_text",
]


def accrual_text(source: Source) -> list[Paragraph]:
    """Who was assessed and randomized, when, to what."""
    found = {row.group_level: row for row in source.rows.analysis("flow", "randomized")}
    total = found.get(ALL)
    if total is None:
        return []
    subjects = source.facts.trial.get("subjects") or {}
    first, last = subjects.get("first_randomized"), subjects.get("last_randomized")
    parts: list[Part] = [f"Between {first} and {last}, " if first and last else ""]
    assessed = source.rows.one("flow", "assessed", group_level=ALL)
    if assessed is not None:
        parts += [source.count(assessed), " subjects were assessed and "]
    parts += [source.count(total), " were randomized" if assessed is not None else " subjects were randomized"]
    arms = [arm for arm in source.facts.arms if arm.id in found]
    parts += [": ", *_series([[source.count(found[arm.id]), f" to {arm.label}"] for arm in arms])] if arms else []
    parts.append(". ")
    for variable, words in (("not_received", "received no treatment"), ("crossed_over", "crossed over")):
        row = source.rows.one("flow", variable, group_level=ALL)
        if row is not None and row.value:
            parts += [source.count(row), f" {words}. "]
    return [Paragraph(tuple(parts))]


def follow_up_text(source: Source) -> list[Paragraph]:
    """Median follow-up by reverse Kaplan-Meier: of the endpoint the protocol reverses, else of overall survival."""
    rows = source.rows.analysis("follow_up", "reverse_kaplan_meier")
    found = list(dict.fromkeys(row.endpoint for row in rows))
    declared = {str(name): source.facts.endpoint(name) for name in source.facts.protocol.get("endpoints") or {}}
    reversed_ones = {item.get("reverse_of") for item in declared.values()}
    chosen = [name for name in found if name in reversed_ones]
    chosen += [name for name in found if list(source.facts.endpoint(name).get("events") or ()) == ["death"]]
    endpoint = chosen[0] if chosen else None
    groups = group_by_level(row for row in rows if row.endpoint == endpoint)
    arms = [arm for arm in source.facts.arms if "estimate" in groups.get(arm.id, {})]
    if not arms:
        return []
    pieces = [[_median(source, groups[arm.id], endpoint), f" with {arm.label}"] for arm in arms]
    if ALL in groups:
        pieces.append([_median(source, groups[ALL], endpoint), " in all subjects"])
    label = source.facts.endpoint_label(endpoint)
    return [Paragraph((f"{label}: the median follow-up (reverse Kaplan-Meier) was ", *_series(pieces), "."))]


def survival_text(survival: Survival) -> list[Paragraph]:
    """Events, medians, effect and test of the declared comparison; test and effect each name their model."""
    if not survival.rows or not survival.of("subjects"):
        return []
    source, arms = survival.source, survival.arms
    members = {row.group_level: row for row in survival.of("subjects")}
    population = source.facts.population_label(survival.population)
    if not any(members[arm.id].value for arm in arms if arm.id in members):
        nobody = Number("Nobody", row_ids(*members.values()))
        start = f"{survival.label}: "
        return [Paragraph((start, nobody, f" is in the population ({population}): see Findings about the data."))]
    empty = [arm for arm in arms if arm.id in members and not members[arm.id].value]
    arms = [arm for arm in arms if arm not in empty]
    pieces: list[list[Part]] = []
    for arm in arms:
        events, subjects = (
            survival.statistics("events", arm.id).get("n"),
            survival.statistics("subjects", arm.id).get("n"),
        )
        if events is not None and subjects is not None:
            pieces.append([_of(source, events, subjects), f" with {arm.label}"])
    parts: list[Part] = []
    if pieces:
        parts += [f"{survival.label}: an event was observed in ", *_series(pieces), ". "]
    medians = [(arm, survival.statistics("median", arm.id)) for arm in arms]
    pieces = [
        [_median(source, rows, survival.endpoint), f" with {arm.label}"] for arm, rows in medians if "estimate" in rows
    ]
    if pieces:
        parts += ["The median was ", *_series(pieces), ". "]
    for arm in empty:
        parts += [Number("Nobody", (members[arm.id].row_id,)), f" with {arm.label} is in the population. "]
    for pair in survival.comparisons:
        parts += _comparison(survival, pair)
    return [Paragraph(tuple(parts))]


def _comparison(survival: Survival, pair: tuple[str, str]) -> list[Part]:
    source = survival.source
    effect, test = survival.declared("hazard_ratio", pair), survival.declared("logrank", pair)
    label = source.facts.arm_label
    start = f"{label(pair[0])} compared with {label(pair[1])}: "
    clauses: list[list[Part]] = []
    row = effect.get("estimate")
    if row is not None:
        clauses.append([_hazard_ratio(source, effect), f" ({row.method or 'model not recorded'})"])
    p = test.get("p_one_sided" if survival.one_sided else "p_value")
    if p is not None:
        sided = 1 if survival.one_sided else 2
        text = format_p(p.value, source.style, sided=sided, missing=f"P {missing_word(p.status or 'NE', 'text')}")
        clauses.append([Number(text, (p.row_id,), "test", Model.of(p), True), f" ({p.method or 'test not recorded'})"])
    if not clauses:
        return []
    joined = [part for i, clause in enumerate(clauses) for part in ([] if i == 0 else ["; "]) + clause]
    return [start, *joined, ". "]


def landmark_text(survival: Survival) -> list[Paragraph]:
    """Probability without event at each landmark."""
    source = survival.source
    parts: list[Part] = []
    times = sorted({row.time_days for row in survival.of("survival") if row.time_days is not None})
    for time in times:
        found = [(arm, survival.statistics("survival", arm.id, time_days=time)) for arm in survival.arms]
        pieces = [[_share(source, rows), f" with {arm.label}"] for arm, rows in found if "estimate" in rows]
        if pieces:
            months = source.month_text(time, survival.endpoint)
            parts += [f"At {months} the probability without event was ", *_series(pieces), ". "]
    return [Paragraph(tuple(parts))] if parts else []


def response_text(source: Source, analysis: str) -> list[Paragraph]:
    """Objective responses, or responses of a biomarker, by arm."""
    variable = "biomarker_response" if source.facts.kind(analysis) == "biomarker_response" else "objective_response"
    rows = source.rows.where(analysis, variable, measure=None)
    groups = group_by_level(row for row in rows if row.reference_level is None)
    arms = [arm for arm in source.facts.arms if {"n", "estimate"} <= groups.get(arm.id, {}).keys()]
    if not arms:
        return []
    pieces: list[list[Part]] = []
    for arm in arms:
        count = groups[arm.id]["n"]
        text = f"{round(count.value or 0)} of {count.n} subjects"
        pieces.append([Number(text, (count.row_id,)), " (", _share(source, groups[arm.id]), f") with {arm.label}"])
    parts: list[Part] = [f"{source.facts.analysis_label(analysis)}: ", *_series(pieces), "."]
    return [Paragraph(tuple(parts))]


def harms_text(source: Source) -> list[Paragraph]:
    """Any, severe and fatal adverse events by arm."""
    sentences: tuple[tuple[str, str], ...] = (
        ("any", "Adverse events occurred in "),
        ("grade3", "Adverse events of grade 3 or higher occurred in "),
        ("grade5", "Adverse events of grade 5 occurred in "),
    )
    if source.facts.safety.get("grade_variable") == "AESEV":
        sentences = (("any", "Adverse events occurred in "), ("grade3", "Severe adverse events occurred in "))
    absent = not_in_data(source.rows.analysis("safety_overview"))
    if absent:
        return [Paragraph((f"Adverse events. {absent}",))]
    parts: list[Part] = []
    for variable, start in sentences:
        rows = source.rows.where("safety_overview", variable, measure=None)
        groups = group_by_level(row for row in rows if row.reference_level is None)
        arms = [arm for arm in source.facts.arms if "n" in groups.get(arm.id, {})]
        arms = [arm for arm in arms if groups[arm.id]["n"].value is not None]
        pieces = [[_counted(source, groups[arm.id]), f" with {arm.label}"] for arm in arms]
        parts += [start, *_series(pieces), ". "] if pieces else []
    return [Paragraph(tuple(parts))] if parts else []


def unknown_onset_text(source: Source) -> list[Paragraph]:
    """Subjects with adverse events whose onset is not known, by arm; nothing where there are none."""
    rows = [row for row in source.rows.analysis("unknown_onset") if row.statistic == "n" and row.group_level != ALL]
    if not any(row.value for row in rows):
        return []
    pieces: list[list[Part]] = []
    for row in rows:
        events = f" ({row.n_events} event{'' if row.n_events == 1 else 's'})" if row.n_events else ""
        text = f"{round(row.value or 0)} of {row.n} subjects{events}"
        pieces.append([Number(text, (row.row_id,)), f" with {source.facts.arm_label(row.group_level)}"])
    start = "The onset of an adverse event is not known for "
    return [Paragraph((start, *_series(pieces), "; these events are counted in the first period."))]


def _counted(source: Source, rows: Mapping[str, Row]) -> Part:
    count = rows["n"]
    value = round(count.value or 0)
    share = format_percent(value, count.n, source.style) if count.n and value <= count.n else ""
    return Number(f"{value} of {count.n} subjects{f' ({share})' if share else ''}", row_ids(count, rows.get("percent")))


def _of(source: Source, part: Row, whole: Row) -> Part:
    value, n = round(part.value or 0), round(whole.value or 0)
    share = f" ({format_percent(value, n, source.style)})" if n and value <= n else ""
    return Number(f"{value} of {n} subjects{share}", row_ids(part, whole))


def _median(source: Source, rows: Mapping[str, Row], endpoint: str | None) -> Part:
    row = rows.get("estimate")
    limits = limits_of(rows)
    if row is not None and limits == (None, None, None):
        return Number(missing_word(row.status or "NR", "text"), row_ids(*(rows.get(name) for name in LIMITS)))
    text = format_median(
        *limits,
        style=source.style,
        months_days=source.facts.month_days(endpoint),
        conf_level=level_of(rows) or 0.95,
        missing=missing_word(row.status if row and row.value is None and row.status else "NR", "text"),
    )
    return Number(text, row_ids(*(rows.get(name) for name in LIMITS)))


def _hazard_ratio(source: Source, rows: Mapping[str, Row]) -> Number:
    row = rows["estimate"]
    limits = limits_of(rows)
    text = format_estimate(
        *limits,
        style=source.style,
        label="hazard ratio",
        conf_level=level_of(rows) or 0.95,
        missing=missing_word(row.status or "NE", "text"),
    )
    return Number(text, row_ids(*(rows.get(name) for name in LIMITS)), "effect", Model.of(row), True)


def _share(source: Source, rows: Mapping[str, Row]) -> Part:
    row = rows["estimate"]
    limits = limits_of(rows)
    missing = missing_word("NE" if row.known else row.status or "NE", "text")
    if row.value is None:
        return Number(missing, row_ids(row))
    if limits[1:] == (None, None):
        text = f"{format_percent_estimate(*limits, style=source.style).partition(' (')[0]} (interval {missing})"
        return Number(text, row_ids(*(rows.get(name) for name in LIMITS)))
    level = level_of(rows) or 0.95
    text = format_percent_estimate(*limits, style=source.style, label="x", conf_level=level, missing=missing)
    return Number(text[1:].lstrip(", "), row_ids(*(rows.get(name) for name in LIMITS)))


def _series(pieces: Sequence[Sequence[Part]]) -> list[Part]:
    """Pieces as a list in words: a, b and c."""
    parts: list[Part] = []
    for i, piece in enumerate(pieces):
        if i:
            parts.append(" and " if i == len(pieces) - 1 else ", ")
        parts += piece
    return parts
