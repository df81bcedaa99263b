"""Adverse events: overview, by system organ class and preferred term, by maximum grade; treatment received.

Each subject counts once per row, at the maximum grade. Period 1 (randomized treatment) and period 2 (after crossover)
are tables apart: the first over the safety population as treated, the second over those who crossed over. A severity
without grades counts MILD, MODERATE, SEVERE as 1, 2, 3. An adverse event is fatal at grade 5, or, with severities,
where it led to death.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from equipoise.analyze.book import MISSING, Book, Columns
from equipoise.analyze.exposure import crossed_over
from equipoise.analyze.populations import Group, groups, pairs
from equipoise.analyze.proportions import compare_proportions
from equipoise.analyze.study import POSITION, Positions, Study

__all__ = ["fatal", "safety"]

CONF_LEVEL = 0.95
_FLAGS = {"serious": "SERFL", "related": "RELFL", "discontinued": "DISCFL"}
_RELATED_GRADE3 = "related_grade3"


@dataclass(frozen=True, kw_only=True)
class Worst:
    """Worst grade of each subject for one class or term: parallel arrays; grade 0 is not known."""

    system: str
    term: str | None
    positions: Positions
    grades: npt.NDArray[np.int64]
    related: npt.NDArray[np.int64]
    """Worst grade of the events related to treatment; 0 without one."""


def safety(book: Book) -> None:
    """Write the overview, maximum grades and terms of both periods, and events of unknown onset."""
    study = book.study
    population = study.protocol.safety.population
    events = study.frame("ADAE")
    if population not in study.protocol.populations:
        book.not_done("safety_overview", "adverse_events", f"the protocol declares no population {population}")
        return
    if events is None:
        book.not_done("safety_overview", "adverse_events", "the data hold no adverse events (AE)")
        return
    parts = groups(study, population, total=False)
    treated = events.filter(pl.col("TRTEMFL") == "Y")
    _period(book, "", population, parts, treated.filter(pl.col("APERIOD") == 1), compare=True)
    crossed = crossed_over(study, population)
    if crossed is not None:
        rows = treated.filter(pl.col("APERIOD") == 2)
        _period(book, "_crossover", population, [crossed], rows, compare=False)
    _unknown_onset(book, population, parts, events)


def _period(book: Book, suffix: str, population: str, parts: list[Group], rows: pl.DataFrame, *, compare: bool) -> None:
    shared: Columns = {"population": population, "group": "arm"}
    for variable, mask in _overview(book.study, rows).items():
        columns: Columns = {**shared, "analysis_id": f"safety_overview{suffix}", "variable": variable}
        if not _recorded(book.study, variable):
            for part in parts:
                whole: Columns = {"group_level": part.level, "n": len(part.positions)}
                book.nothing(("n", "percent"), "not recorded", method="count", **whole, **columns)
            continue
        with_event = _subjects(rows, mask)
        sides = [(part, np.intersect1d(part.positions, with_event)) for part in parts]
        for part, chosen in sides:
            label = f"adverse events{suffix}, {variable}, {part.level}"
            count: Columns = {"of": len(part.positions), "percent": True, "group_level": part.level}
            book.count(chosen, label=label, **count, **columns)
        if compare:
            _compare(book, sides, columns)
    _maximum_grade(book, rows, parts, {**shared, "analysis_id": f"safety_maximum_grade{suffix}"})
    every = _all_worst(rows)
    _terms(
        book, every, f"safety_terms{suffix}", parts, shared, compare=compare and book.study.protocol.safety.test_terms
    )


def _maximum_grade(book: Book, rows: pl.DataFrame, parts: list[Group], columns: Columns) -> None:
    """Worst grade of each subject over all events."""
    worst = np.full(book.study.adsl.height, -1, dtype=np.int64)
    np.maximum.at(worst, rows[POSITION].to_numpy(), _grades(rows))
    for grade in (*_scale(book.study), 0):
        text = str(grade) if grade else MISSING
        for part in parts:
            chosen = part.positions[worst[part.positions] == grade]
            row = {**columns, "variable": "maximum_grade", "text": text, "group_level": part.level}
            label = f"worst grade {text}, {part.level}"
            book.count(chosen, of=len(part.positions), percent=True, label=label, **row)


def _scale(study: Study) -> range:
    """Grades of the trial: 1 to 5, or 1 to 3 for severities."""
    return range(1, 6 if study.protocol.safety.grade_variable == "AETOXGR" else 4)


def _overview(study: Study, rows: pl.DataFrame) -> dict[str, npt.NDArray[np.bool_]]:
    grade = _grades(rows)
    flagged = {
        name: (rows[flag] == "Y").fill_null(value=False).to_numpy()
        if flag in rows.columns
        else np.zeros(rows.height, bool)
        for name, flag in _FLAGS.items()
    }
    return {
        "any": np.ones(rows.height, dtype=bool),
        "grade3": grade >= 3,
        "grade5": fatal(study, rows),
        **flagged,
        _RELATED_GRADE3: flagged["related"] & (grade >= 3),
    }


def _recorded(study: Study, variable: str) -> bool:
    """Whether the data say it of any event; where none is recorded, nothing was counted, which is not zero."""
    events, flag = study.frame("ADAE"), _FLAGS.get("related" if variable == _RELATED_GRADE3 else variable)
    if events is None or events.height == 0 or flag is None:
        return True
    return flag in events.columns and bool(events[flag].is_not_null().any())


def _grades(rows: pl.DataFrame) -> npt.NDArray[np.int64]:
    """Grade of each row; 0 where not known."""
    if "AGRADEN" not in rows.columns:
        return np.zeros(rows.height, dtype=np.int64)
    return rows["AGRADEN"].cast(pl.Int64).fill_null(0).to_numpy()


def fatal(study: Study, rows: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether each adverse event was fatal."""
    if study.protocol.safety.grade_variable == "AETOXGR":
        return np.asarray(_grades(rows) == 5)
    if "DTHAEFL" not in rows.columns:
        return np.zeros(rows.height, dtype=bool)
    return np.asarray((rows["DTHAEFL"] == "Y").fill_null(value=False).to_numpy(), dtype=bool)


def _subjects(rows: pl.DataFrame, mask: npt.NDArray[np.bool_]) -> Positions:
    return np.unique(rows[POSITION].to_numpy()[mask]).astype(np.intp)


def _compare(book: Book, sides: list[tuple[Group, Positions]], columns: Columns) -> None:
    by_arm = {part.level: (part, chosen) for part, chosen in sides}
    for experimental, reference in pairs(book.study):
        label = f"population {columns['population']}, {experimental} and {reference}"
        left, right = by_arm[experimental], by_arm[reference]
        compare_proportions(book, left, right, conf_level=CONF_LEVEL, label=label, **columns)


def _all_worst(rows: pl.DataFrame) -> list[Worst]:
    """Worst grades per class and per term: classes in alphabetical order, each followed by its terms."""
    term = pl.coalesce(*[c for c in ("AEDECOD", "AETERM") if c in rows.columns]).fill_null(MISSING)
    system = pl.coalesce(*[c for c in ("AEBODSYS", "AESOC") if c in rows.columns], pl.lit(MISSING)).fill_null(MISSING)
    grade = pl.Series("grade", _grades(rows))
    related = rows["RELFL"] == "Y" if "RELFL" in rows.columns else pl.repeat(False, rows.height, eager=True)
    related_grade = (grade * related.fill_null(value=False).cast(pl.Int64)).alias("related")
    flat = rows.select(POSITION, system.alias("system"), term.alias("term"), grade, related_grade)
    by_class = flat.with_columns(term=pl.lit(None, dtype=pl.String))
    worst = (
        pl.concat([by_class, flat])
        .group_by("system", "term", POSITION)
        .agg(pl.col("grade", "related").max())
        .sort("system", "term", POSITION, nulls_last=False)
    )
    return [
        Worst(
            system=system,
            term=term,
            positions=own[POSITION].to_numpy().astype(np.intp),
            grades=own["grade"].to_numpy(),
            related=own["related"].to_numpy(),
        )
        for (system, term), own in worst.partition_by("system", "term", as_dict=True, maintain_order=True).items()
    ]


def _terms(
    book: Book, every: list[Worst], analysis: str, parts: list[Group], shared: Columns, *, compare: bool
) -> None:
    inside = np.full((len(parts), book.study.adsl.height), fill_value=False)
    for mask, part in zip(inside, parts, strict=True):
        mask[part.positions] = True
    for worst in every:
        columns: Columns = {
            **shared,
            "analysis_id": analysis,
            "parent_level": worst.system,
            "variable_level": worst.term,
        }
        own = [inside[k, worst.positions] for k in range(len(parts))]
        for variable, reached in (
            ("any_grade", worst.grades >= 0),
            ("grade3", worst.grades >= 3),
            (_RELATED_GRADE3, worst.related >= 3),
        ):
            if not _recorded(book.study, variable):
                continue
            chosen = [worst.positions[member & reached] for member in own]
            row = {**columns, "variable": variable}
            _term_counts(book, parts, chosen, worst, row)
            if compare:
                _compare(book, list(zip(parts, chosen, strict=True)), row)
        for grade in (*_scale(book.study), *([0] if 0 in worst.grades else [])):
            chosen = [worst.positions[member & (worst.grades == grade)] for member in own]
            row = {**columns, "variable": "maximum_grade", "text": str(grade) if grade else MISSING}
            _term_counts(book, parts, chosen, worst, row)


def _term_counts(book: Book, parts: list[Group], chosen: list[Positions], worst: Worst, columns: Columns) -> None:
    for part, positions in zip(parts, chosen, strict=True):
        label = f"{worst.term or worst.system}, {columns['variable']} {columns.get('text', '')}".strip()
        count: Columns = {"of": len(part.positions), "percent": True, "group_level": part.level}
        book.count(positions, label=f"{label}, {part.level}", **count, **columns)


def _unknown_onset(book: Book, population: str, parts: list[Group], events: pl.DataFrame) -> None:
    if "UNKONSFL" not in events.columns:
        return
    unknown = events.filter(pl.col("UNKONSFL") == "Y")
    at = unknown[POSITION].to_numpy()
    for part in parts:
        chosen = np.intersect1d(part.positions, at)
        columns: Columns = {"analysis_id": "unknown_onset", "population": population, "group_level": part.level}
        count: Columns = {"of": len(part.positions), "label": f"adverse event of unknown onset, {part.level}"}
        book.count(
            chosen, variable="unknown_onset", n_events=int(np.isin(at, part.positions).sum()), **count, **columns
        )
