"""Prognosis: one Cox model per declared baseline factor, arms together and not in the model."""

import math

import numpy as np

from equipoise.analyze.baseline import field_levels, field_numbers
from equipoise.analyze.book import ALL, MISSING, Book, Columns
from equipoise.analyze.comparison import EFFECT
from equipoise.analyze.study import Positions
from equipoise.analyze.survival import Frame
from equipoise.protocol import BaselineField
from equipoise.stats import cox_ph

__all__ = ["univariate"]

_RATIO = (*EFFECT, "p_value")
_TEST = ("statistic", "df", "p_value")


def univariate(book: Book, frame: Frame) -> None:
    """Write ``<analysis>_univariate`` for every baseline field marked ``univariate``."""
    for name, field in book.study.protocol.baseline.items():
        if not field.univariate:
            continue
        columns: Columns = {
            **frame.columns,
            "analysis_id": f"{frame.name}_univariate",
            "group_level": ALL,
            "variable": name,
        }
        if field.type in ("number", "integer"):
            _number(book, frame, name, field, columns)
        elif field.type in ("category", "boolean"):
            _levels(book, frame, name, field, columns)


def _number(book: Book, frame: Frame, name: str, field: BaselineField, columns: Columns) -> None:
    values = field_numbers(book.study, name)
    everybody = frame.part(ALL).positions
    known = everybody[~np.isnan(values[everybody])]
    _size(book, frame, everybody[np.isnan(values[everybody])], MISSING, columns)
    columns = {**columns, "unit": f"1 {field.unit}" if field.unit else "1"}
    if len(np.unique(values[known])) < 2 or not frame.times.event[known].any():
        _no_model(book, frame, known, "fewer than two distinct values, or no events", columns)
        return
    _fit(book, frame, known, values[known][:, None], [columns])


def _levels(book: Book, frame: Frame, name: str, field: BaselineField, columns: Columns) -> None:
    values, levels = field_levels(book.study, name)
    reference = field.reference or ("false" if field.type == "boolean" else levels[0])
    everybody = frame.part(ALL).positions
    own, event = values[everybody], frame.times.event[everybody]
    for level in (*levels, MISSING):
        _size(book, frame, everybody[own == level], level, columns)
    others = [level for level in levels if level != reference]
    alive = [level for level in others if event[own == level].any()]
    columns = {**columns, "reference_level": reference}
    if not event[own == reference].any():
        for level in others:
            inside = everybody[own == level]
            _no_ratio(book, frame, inside, "no events at the reference level", {**columns, "variable_level": level})
        _no_test(book, frame, everybody[:0], "no events at the reference level", columns)
        return
    for level in others:
        if level not in alive:
            inside = everybody[own == level]
            why = "no subjects" if len(inside) == 0 else "no events at this level"
            _no_ratio(book, frame, inside, why, {**columns, "variable_level": level})
    used = everybody[np.isin(own, [reference, *alive])]
    if not alive:
        _no_test(book, frame, used, "fewer than two levels with events", columns)
        return
    x = np.column_stack([(values[used] == level).astype(np.float64) for level in alive])
    _fit(book, frame, used, x, [{**columns, "variable_level": level} for level in alive])


def _fit(book: Book, frame: Frame, used: Positions, x: np.ndarray, rows: list[Columns]) -> None:
    ties, conf_level = book.study.protocol.conventions.ties, frame.analysis.conf_level
    fit = cox_ph(frame.times.days[used], frame.times.event[used], x, ties=ties, conf_level=conf_level)
    about = _about(book, frame, used)
    for k, columns in enumerate(rows):
        numbers = {
            "estimate": float(fit.hazard_ratio[k]),
            "std_error": float(fit.std_error[k]),
            "conf_low": float(fit.conf_low[k]),
            "conf_high": float(fit.conf_high[k]),
            "p_value": float(fit.p_value[k]),
        }
        method = f"Cox, {ties.capitalize()} ties, unstratified, one factor"
        shared: Columns = {**about, "measure": "hazard_ratio", "method": method, "conf_level": conf_level, **columns}
        if all(map(math.isfinite, numbers.values())):
            book.writer.add_values(numbers, **shared)
        else:
            why = f": {fit.reason}" if fit.reason else ""
            book.nothing(_RATIO, f"the hazard ratio has no finite estimate{why}", **shared)
    shared = {**about, "measure": "likelihood_ratio", "method": "likelihood ratio, Cox", **rows[0]}
    shared |= {"variable_level": None, "reference_level": None, "unit": None}
    if fit.lr.df > 0:
        book.writer.add_values({name: getattr(fit.lr, name) for name in _TEST}, **shared)
    else:
        book.nothing(_TEST, "no event time tells the values apart", **shared)


def _about(book: Book, frame: Frame, used: Positions) -> Columns:
    label = f"{frame.analysis.endpoint}: in the univariate model"
    events = int(frame.times.event[used].sum())
    return {"n": len(used), "n_events": events, "source_set": book.source(used, label), "strata": "none"}


def _size(book: Book, frame: Frame, positions: Positions, level: str, columns: Columns) -> None:
    whole, events = len(frame.part(ALL).positions), int(frame.times.event[positions].sum())
    label = f"{columns['variable']}: {level}"
    book.count(positions, of=whole, label=label, variable_level=level, n_events=events, **columns)


def _no_ratio(book: Book, frame: Frame, positions: Positions, why: str, columns: Columns) -> None:
    shared: Columns = {**_about(book, frame, positions), "measure": "hazard_ratio", **columns}
    ties = book.study.protocol.conventions.ties
    method = f"Cox, {ties.capitalize()} ties, unstratified, one factor"
    book.nothing(_RATIO, why, method=method, conf_level=frame.analysis.conf_level, **shared)


def _no_test(book: Book, frame: Frame, positions: Positions, why: str, columns: Columns) -> None:
    shared: Columns = {**_about(book, frame, positions), "measure": "likelihood_ratio", **columns, "unit": None}
    book.nothing(_TEST, why, method="likelihood ratio, Cox", **{**shared, "reference_level": None})


def _no_model(book: Book, frame: Frame, positions: Positions, why: str, columns: Columns) -> None:
    _no_ratio(book, frame, positions, why, columns)
    _no_test(book, frame, positions, why, columns)
