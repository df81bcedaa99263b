"""Footnotes: population, data cut, methods, intervals, sides, strata; all read from the rows shown."""

from collections.abc import Iterable

from equipoise.report.entries import Source
from equipoise.report.rows import Row
from equipoise.report.rules import rule_notes
from equipoise.report.words import STRATA_NOTES

__all__ = ["footnotes", "level_text"]


def level_text(level: float | None) -> str:
    """A confidence level as "95%"."""
    percent = 100 * (level if level is not None else 0.95)
    return f"{percent:.0f}%" if abs(percent - round(percent)) < 1e-9 else f"{percent:.1f}%"


def footnotes(source: Source, rows: Iterable[Row], *more: str) -> tuple[str, ...]:
    """Footnotes of a table from the rows it shows, then ``more``."""
    shown = list(rows)
    notes = [_population(source, shown), *_methods(shown), *_strata(source, shown), *rule_notes(source.facts, shown)]
    if any(row.status in ("NR", "NE") for row in shown):
        notes.append("NE: not estimable, or not reached.")
    return tuple(note for note in (*notes, *more) if note)


def _population(source: Source, rows: list[Row]) -> str:
    names = _distinct(row.population for row in rows)
    labels = [source.facts.population_label(name) for name in names]
    said = f"Population: {', '.join(labels)}. " if labels else ""
    return f"{said}Data cut: {source.facts.data_cut}."


def _methods(rows: list[Row]) -> list[str]:
    methods = _distinct(row.method for row in rows if row.statistic not in ("n", "n_events", "n_missing", "percent"))
    notes = [f"Methods: {'; '.join(methods)}."] if methods else []
    limits = [row for row in rows if row.statistic in ("conf_low", "conf_high")]
    levels = sorted({level_text(row.conf_level) for row in limits})
    if levels:
        notes.append(f"Confidence intervals (CI) are two-sided {' and '.join(levels)}.")
    bounds = sorted({level_text(row.conf_level) for row in rows if row.statistic == "conf_high_one_sided"})
    if bounds:
        notes.append(f"One-sided upper limits are {' and '.join(bounds)}.")
    sides = {"p_one_sided": "one-sided, against a benefit of the experimental arm", "p_value": "two-sided"}
    shown = [word for name, word in sides.items() if any(row.statistic == name for row in rows)]
    if shown:
        notes.append(
            f"P values are {', or '.join(shown)}." if len(shown) == 1 else f"P values: {'; '.join(shown)}, as labeled."
        )
    return notes


def _strata(source: Source, rows: list[Row]) -> list[str]:
    kinds = [kind for kind in _distinct(row.strata for row in rows) if kind != "none"]
    notes = [f"{STRATA_NOTES.get(kind, kind)}." for kind in kinds]
    silent = _distinct(row.text for row in rows if row.measure in ("logrank", "hazard_ratio") and row.value is not None)
    notes += [f"Stratified models: {text.rstrip('.')}." for text in silent]
    left_out = [row for row in rows if row.measure == "interaction" and row.statistic == "p_value" and row.text]
    notes += _distinct(f"{source.facts.subgroup_label(row.subgroup)}: {row.text}." for row in left_out)
    return notes


def _distinct(values: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))
