"""Compliance with questionnaires: forms expected and received by visit, with two denominators and reasons.

*Expected* counts the subjects of whom a form was due: alive, in the study, due by the cut-off, before crossover and
unblinding. ``form_completed`` is of the expected (variable denominator), ``available`` of the whole population (fixed
denominator). Expected = completed + missing; population = expected + not expected; each with its reasons.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from equipoise.analyze.book import NOT_RECORDED, Book, Columns
from equipoise.analyze.patient_reported_scores import Visit
from equipoise.analyze.populations import Group, groups
from equipoise.analyze.study import ALL, POSITION, Positions
from equipoise.protocol import Instrument

__all__ = ["compliance", "planned_visits"]

Bools = npt.NDArray[np.bool_]


def compliance(book: Book, instrument: Instrument, population: str) -> None:
    """Write ``patient_reported_compliance`` of a questionnaire for every planned form."""
    frame = book.study.frame("ADPRO")
    if frame is None:
        return
    forms = frame.filter(pl.col("INSTR") == instrument.name)
    parts = groups(book.study, population)
    for visit in planned_visits(forms):
        rows = forms.filter(pl.col("AVISITN") == visit.day).unique(POSITION, keep="first", maintain_order=True)
        shared: Columns = {
            "analysis_id": "patient_reported_compliance",
            "population": population,
            "parent_level": instrument.name,
            "visit": visit.label,
            "time_days": float(visit.day),
        }
        _visit(book, rows, parts, shared)


def planned_visits(forms: pl.DataFrame) -> list[Visit]:
    """Visits of the planned forms, by target day."""
    named: dict[int, str] = {}
    for day, label in sorted(set(forms.select("AVISITN", "AVISIT").drop_nulls().iter_rows())):
        named.setdefault(int(day), label)
    return [Visit(day, label) for day, label in named.items()]


def _visit(book: Book, rows: pl.DataFrame, parts: list[Group], shared: Columns) -> None:
    size = book.study.adsl.height
    flags = {name: _flag(rows, name, size) for name in ("EXPECTFL", "ALIVEFL", "RECEIVFL", "EVALFL")}
    reasons = np.full(size, None, dtype=object)
    if "MISSREAS" in rows.columns:
        reasons[rows[POSITION].to_numpy()] = rows["MISSREAS"].to_list()
    expected, valid = flags["EXPECTFL"], flags["EVALFL"]
    whole = {part.level: part.positions for part in parts}
    due = {level: _of(positions, expected) for level, positions in whole.items()}
    missing = {level: _of(positions, ~valid) for level, positions in due.items()}
    not_due = {level: _of(positions, ~expected) for level, positions in whole.items()}
    counted = {
        "alive": ({k: _of(v, flags["ALIVEFL"]) for k, v in whole.items()}, whole),
        "expected": (due, whole),
        "form_received": ({k: _of(v, flags["RECEIVFL"]) for k, v in due.items()}, due),
        "form_completed": ({k: _of(v, valid) for k, v in due.items()}, due),
        "available": ({k: _of(v, valid) for k, v in whole.items()}, whole),
        "missing": (missing, due),
        "not_expected": (not_due, whole),
    }
    for variable, (chosen, denominator) in counted.items():
        for level, positions in chosen.items():
            label = f"{shared['parent_level']}, {shared['visit']}: {variable.replace('_', ' ')}, {level}"
            columns: Columns = {**shared, "variable": variable, "group_level": level}
            book.count(positions, of=len(denominator[level]), percent=True, label=label, **columns)
    why = lambda i: str(reasons[i]) if reasons[i] is not None else NOT_RECORDED  # noqa: E731
    for variable, left_out in (("missing_reason", missing), ("not_expected_reason", not_due)):
        sizes = {level: len(positions) for level, positions in left_out.items()}
        if sizes.get(ALL):
            book.reasons(left_out.items(), why, of=sizes, variable=variable, **shared)


def _flag(rows: pl.DataFrame, name: str, size: int) -> Bools:
    flag = np.zeros(size, dtype=bool)
    if name in rows.columns:
        flag[rows[POSITION].to_numpy()] = (rows[name] == "Y").fill_null(value=False).to_numpy()
    return flag


def _of(positions: Positions, mask: Bools) -> Positions:
    return positions[mask[positions]]
