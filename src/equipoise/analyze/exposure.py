"""Exposure: how long, how much, how much of the planned dose, by treatment received; the crossover phase apart."""

import numpy as np
import polars as pl

from equipoise.analyze.book import Book, Columns
from equipoise.analyze.populations import Group, groups
from equipoise.analyze.study import POSITION, Study

__all__ = ["crossed_over", "exposure"]

_MEASURES = {"TRTDUR": "duration_days", "CUMDOSE": "cumulative_dose", "RDI": "dose_intensity_percent"}
_UNITS = {"duration_days": "days", "dose_intensity_percent": "%"}


def exposure(book: Book) -> None:
    """Write ``exposure``, and ``exposure_crossover`` for the subjects who crossed over."""
    study = book.study
    population = study.protocol.safety.population
    if population not in study.protocol.populations:
        book.not_done("exposure", "treated", f"the protocol declares no population {population}")
        return
    _phase(book, "exposure", population, groups(study, population), crossover=False)
    crossed = crossed_over(study, population)
    if crossed is not None:
        _phase(book, "exposure_crossover", population, [crossed], crossover=True)


def crossed_over(study: Study, population: str) -> Group | None:
    """Members of a population who crossed over, under the arm they came from; None in a trial without crossover."""
    crossover = study.protocol.crossover
    if crossover is None:
        return None
    members = groups(study, population, arms=(crossover.from_arm,), total=False)[0].positions
    return Group(crossover.from_arm, members[study.text("CROSSFL")[members] == "Y"])


def _phase(book: Book, name: str, population: str, parts: list[Group], *, crossover: bool) -> None:
    for part in parts:
        shared: Columns = {"analysis_id": name, "population": population, "group_level": part.level}
        label = "crossed over and treated" if crossover else "treated"
        book.count(part.positions, of=len(part.positions), label=label, variable="treated", **shared)
    rows = _rows(book.study, crossover=crossover)
    if rows is None:
        return
    for paramcd, variable in _MEASURES.items():
        own = rows.filter(pl.col("PARAMCD") == paramcd)
        if own.height == 0:
            continue
        values = np.full(book.study.adsl.height, np.nan)
        values[own[POSITION].to_numpy()] = own["AVAL"].cast(pl.Float64).to_numpy()
        unit = _UNITS.get(variable) or _dose_unit(book.study, own)
        for part in parts:
            shared = {"analysis_id": name, "population": population, "group_level": part.level, "unit": unit}
            label = f"{variable} known, {part.level}"
            book.distribution(values[part.positions], part.positions, label=label, variable=variable, **shared)


def _rows(study: Study, *, crossover: bool) -> pl.DataFrame | None:
    frame = study.frame("ADEX")
    if frame is None or "APHASE" not in frame.columns:
        return None if crossover else frame
    phase = pl.col("APHASE").str.to_uppercase().str.contains("CROSSOVER", literal=True).fill_null(value=False)
    return frame.filter(phase if crossover else ~phase)


def _dose_unit(study: Study, rows: pl.DataFrame) -> str | None:
    if "AVALU" in rows.columns:
        units = rows["AVALU"].drop_nulls().unique().sort().to_list()
        return units[0] if len(units) == 1 else None
    units = sorted({arm.dose_unit for arm in study.protocol.arms.values() if arm.dose_unit})
    return units[0] if len(units) == 1 else None
