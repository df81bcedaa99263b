"""The baseline table: levels and missing values add up to N; no P values (CONSORT)."""

import numpy as np
import numpy.typing as npt

from equipoise.analyze.book import MISSING, Book, Columns
from equipoise.analyze.populations import Group, groups, main_population
from equipoise.analyze.study import Study
from equipoise.protocol import BaselineField

__all__ = ["baseline", "field_levels", "field_numbers"]


def baseline(book: Book) -> None:
    """Write ``baseline`` for the population of the primary analysis: each field shown, in protocol order."""
    study = book.study
    population = main_population(study)
    if population is None:
        return
    parts = groups(study, population)
    for name, field in study.protocol.baseline.items():
        if not field.table or field.type == "date":
            continue
        if field.type in ("integer", "number"):
            _numbers(book, name, field, population, parts)
        else:
            _levels(book, name, field, population, parts)


def field_numbers(study: Study, name: str) -> npt.NDArray[np.float64]:
    """Values of a numeric field by position; nan is missing."""
    values = study.text(study.variables[name])
    return np.array([np.nan if v is None else float(v) for v in values], dtype=np.float64)


def field_levels(study: Study, name: str) -> tuple[npt.NDArray[np.object_], list[str]]:
    """Level of every subject, ``(missing)`` where not known, and the levels in reporting order.

    The order is that of the protocol; levels seen in the data but not declared follow in alphabetical order.
    """
    field = study.protocol.baseline[name]
    words = {"Y": "true", "N": "false"} if field.type == "boolean" else {}
    raw = study.text(study.variables[name])
    values = np.array([MISSING if v is None else words.get(str(v), str(v)) for v in raw], dtype=object)
    declared = list(field.level_labels())
    other = sorted(set(values.tolist()) - {MISSING, *declared})
    return values, [*declared, *other]


def _numbers(book: Book, name: str, field: BaselineField, population: str, parts: list[Group]) -> None:
    values = field_numbers(book.study, name)
    for part in parts:
        columns: Columns = {
            "analysis_id": "baseline",
            "population": population,
            "group_level": part.level,
            "unit": field.unit,
        }
        label = f"{name} known, {part.level}"
        book.distribution(values[part.positions], part.positions, label=label, variable=name, **columns)


def _levels(book: Book, name: str, field: BaselineField, population: str, parts: list[Group]) -> None:
    values, levels = field_levels(book.study, name)
    undeclared = [level for level in levels if level not in field.level_labels()]
    if undeclared and field.type == "category":
        variable = book.study.variables[name]
        book.find(
            "warning",
            "undeclared-level",
            variable=variable,
            seen=", ".join(undeclared),
            expected=f"levels of {name}: {', '.join(field.level_labels())}",
            effect="shown as levels of their own after the declared ones",
        )
    for level in (*levels, MISSING):
        for part in parts:
            chosen = part.positions[values[part.positions] == level]
            shared: Columns = {"analysis_id": "baseline", "population": population, "group_level": part.level}
            label = f"{name}: {level}, {part.level}"
            columns: Columns = {**shared, "variable": name, "variable_level": level}
            book.count(chosen, of=len(part.positions), percent=True, label=label, **columns)
