"""The independent readers beside each other: agreement, adjudication, who was overruled; turn-around of reviews."""

from itertools import combinations

import numpy as np
import numpy.typing as npt
import polars as pl

from equipoise.analyze.agreement import Items, agreement, categories
from equipoise.analyze.book import Book, Columns
from equipoise.analyze.populations import Group, groups, main_population
from equipoise.analyze.readings import Conclusions, conclusions, readers, visit_of
from equipoise.analyze.study import POSITION, Positions, Study
from equipoise.terms import Assessor, Status

__all__ = ["reader_agreement", "turnaround"]

CONF_LEVEL = 0.95
Words = npt.NDArray[np.object_]


def reader_agreement(book: Book) -> None:
    """Write ``reader_agreement``: each pair of readers, adjudication, overruled readings.

    Nothing for a trial without central review; one row that says so where fewer than two readers read.
    """
    study = book.study
    population = main_population(study)
    if study.protocol.review.central is None or population is None:
        return
    shared: Columns = {"analysis_id": "reader_agreement", "population": population}
    names = readers(study)
    if len(names) < 2:
        why = f"the data hold {'one independent reader' if names else 'no independent readers'}"
        blank: Columns = {"variable": "read_by_both", "group": "arm", "group_level": "(all)", "method": "count"}
        book.nothing(("n",), why, status=Status.NOT_DONE, **shared, **blank)
        return
    found = {name: conclusions(study, name) for name in names}
    visits = {name: visit_of(study, _by(name), found[name].progression) for name in names}
    for part in groups(study, population):
        columns: Columns = {**shared, "group_level": part.level}
        for first, second in combinations(names, 2):
            pair: Columns = {"subgroup": "readers", "subgroup_level": f"{first} and {second}", **columns}
            _pair(book, part, (found[first], found[second]), (visits[first], visits[second]), pair)
        _adjudication(book, part, {name: found[name].read for name in names}, columns)


def _by(reader: str) -> pl.Expr:
    return (pl.col("ASSESSOR") == str(Assessor.CENTRAL)) & (pl.col("READER") == reader)


def _pair(
    book: Book,
    part: Group,
    found: tuple[Conclusions, Conclusions],
    visits: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    columns: Columns,
) -> None:
    first, second = found
    at = part.positions[first.read[part.positions] & second.read[part.positions]]
    label = f"read by readers {columns['subgroup_level']}, {part.level}"
    book.count(at, of=len(part.positions), percent=True, label=label, variable="read_by_both", **columns)
    best = [side.best[at] for side in found]
    items = Items(at, *best).where(
        np.array([a is not None and b is not None for a, b in zip(*best, strict=True)], bool)
    )
    words = categories(first.best, second.best)
    agreement(book, items, words, name="best_response", unit="subjects", conf_level=CONF_LEVEL, **columns)
    answers = [np.where(side.progressed[at], "Y", "N").astype(object) for side in found]
    agreement(
        book, Items(at, *answers), ["Y", "N"], name="progressed", unit="subjects", conf_level=CONF_LEVEL, **columns
    )
    both = at[first.progressed[at] & second.progressed[at]]
    days = (second.progression[both] - first.progression[both]).astype("timedelta64[D]").astype(np.float64)
    named = ~np.isnan(visits[0][both]) & ~np.isnan(visits[1][both])
    same = np.where(named, visits[0][both] == visits[1][both], days == 0)
    label = f"progression by readers {columns['subgroup_level']} at the same assessment, {part.level}"
    book.count(both[same], of=len(both), percent=True, label=label, variable="same_progression", **columns)
    label = f"progression by readers {columns['subgroup_level']}, {part.level}"
    book.distribution(days, both, label=label, variable="timing_days", unit="days", **columns)


def _adjudication(book: Book, part: Group, read: dict[str, npt.NDArray[np.bool_]], columns: Columns) -> None:
    """Write how often the readers differed enough to be adjudicated, why, and whose reading was not chosen."""
    study = book.study
    answer, reasons = _words(study, "ADJUD", "AVALC"), _words(study, "ADJUD", "ADJREAS")
    endorsed = _words(study, "ENDORSED", "AVALC")
    at = part.positions
    cases = at[np.isin(answer[at], ["Y", "N"])]
    called = cases[answer[cases] == "Y"]
    shared: Columns = {**columns, "percent": True}
    label = f"adjudicated, {part.level}"
    book.count(called, of=len(cases), label=label, variable="adjudicated", **shared)
    every = [_parts(text) for text in reasons]
    for trigger in sorted({word for words in every for word in words}):
        chosen = called[np.array([trigger in every[i] for i in called], dtype=bool)]
        label = f"adjudicated for {trigger}, {part.level}"
        book.count(chosen, of=len(cases), label=label, variable="adjudication_reason", variable_level=trigger, **shared)
    done = _words(study, "ADJUD", "RECORDED")
    if any(value is not None for value in done):
        label = f"the adjudicator read, {part.level}"
        chosen = called[done[called] == "Y"]
        book.count(chosen, of=len(called), label=label, variable="adjudicator_read", **shared)
    decided = called[np.isin(endorsed[called], list(read))]
    label = f"adjudicated without an endorsed reading, {part.level}"
    book.count(np.setdiff1d(called, decided), of=len(called), label=label, variable="not_endorsed", **shared)
    for name, mask in read.items():
        own: Positions = cases[mask[cases]]
        lost = decided[(endorsed[decided] != name) & mask[decided]]
        label = f"overruled: reader {name}, {part.level}"
        book.count(lost, of=len(own), label=label, variable="overruled", variable_level=name, **shared)
        label = f"endorsed: reader {name}, {part.level}"
        chosen = decided[endorsed[decided] == name]
        book.count(chosen, of=len(decided), label=label, variable="endorsed", variable_level=name, **shared)


def _parts(text: object) -> list[str]:
    return [part.strip() for part in str(text).split(";") if part.strip()] if text is not None else []


def _words(study: Study, parameter: str, variable: str) -> Words:
    values = np.full(study.adsl.height, None, dtype=object)
    rows = study.frame("ADREVIEW")
    if rows is None or variable not in rows.columns:
        return values
    chosen = rows.filter((pl.col("PARAMCD") == parameter) & (pl.col("ASSESSOR") == str(Assessor.CENTRAL)))
    chosen = chosen.unique(POSITION, keep="first", maintain_order=True)
    values[chosen[POSITION].to_numpy()] = chosen[variable].to_list()
    return values


def turnaround(book: Book) -> None:
    """Write ``turnaround``: working days from the request of a review to its locked result.

    Nothing where no review is timed and the protocol names no review in real time.
    """
    study = book.study
    central, population = study.protocol.review.central, main_population(study)
    rows = study.frame("ADREVIEW")
    timed = None
    if rows is not None and "AVAL" in rows.columns:
        timed = rows.filter((pl.col("PARAMCD") == "TURNARND") & pl.col("AVAL").is_not_null())
        timed = timed.unique(POSITION, keep="first", maintain_order=True)
    if central is None or population is None:
        return
    shared: Columns = {"analysis_id": "turnaround", "population": population}
    if timed is None or timed.height == 0:
        if central.real_time is not None:
            why = "the data hold no dates of request and lock of a review"
            blank: Columns = {"variable": "reviews", "group": "arm", "group_level": "(all)", "method": "count"}
            book.nothing(("n",), why, status=Status.NOT_DONE, **shared, **blank)
        return
    days = np.full(study.adsl.height, np.nan)
    days[timed[POSITION].to_numpy()] = timed["AVAL"].to_numpy()
    for part in groups(study, population):
        at = part.positions[~np.isnan(days[part.positions])]
        columns: Columns = {**shared, "group_level": part.level}
        book.count(at, of=len(part.positions), label=f"reviews timed, {part.level}", variable="reviews", **columns)
        label = f"reviews timed, {part.level}"
        book.distribution(days[at], at, label=label, variable="working_days", unit="working days", **columns)
        limit = central.turnaround_working_days
        if limit is not None:
            text = f"{limit} working day{'' if limit == 1 else 's'}"
            label = f"reviewed within {text}, {part.level}"
            count: Columns = {"of": len(at), "percent": True, "text": text, "variable": "within_clock"}
            book.count(at[days[at] <= limit], label=label, **columns, **count)
