"""Accrual: who was randomized in which month and at which site."""

import datetime as dt

import numpy as np

from equipoise.analyze.book import NOT_RECORDED, Book, Columns
from equipoise.analyze.study import Positions

__all__ = ["accrual"]


def accrual(book: Book) -> None:
    """Write ``accrual``: every month from the first to the last randomization (empty ones too), and every site."""
    study = book.study
    month = np.array([None if day is None else f"{day:%Y-%m}" for day in study.text("RANDDT")], dtype=object)
    site = np.array([NOT_RECORDED if s is None else str(s) for s in study.text("SITEID")], dtype=object)
    known = sorted({text for text in month[study.randomized] if text is not None})
    months = _months(known[0], known[-1]) if known else []
    place = {text: k for k, text in enumerate(months)}
    order = np.array([place.get(text, len(months)) for text in month], dtype=np.int64)
    sites = sorted(set(site[study.randomized]))
    if sites == [NOT_RECORDED]:
        sites = []
        book.not_done("accrual", "site", "no subject has a site (SITEID)")
    for level, positions in study.randomized_by_arm():
        shared: Columns = {"analysis_id": "accrual", "group_level": level, "of": len(positions)}
        for k, text in enumerate(months):
            chosen = positions[order[positions] == k]
            book.count(chosen, label=f"randomized in {text}", variable="randomized", visit=text, **shared)
        for k, text in enumerate(months):
            chosen = positions[order[positions] <= k]
            label = f"randomized up to {text}"
            book.count(chosen, label=label, variable="randomized_cumulative", visit=text, **shared)
        for text in sites:
            chosen = positions[site[positions] == text]
            book.count(chosen, label=f"randomized at site {text}", variable="site", variable_level=text, **shared)
    _undated(book, study.randomized[[text is None for text in month[study.randomized]]])


def _undated(book: Book, positions: Positions) -> None:
    for i in positions:
        book.find(
            "error",
            "randomization-date-missing",
            row_key=f"USUBJID={book.study.subjects[i]}",
            variable="RANDDT",
            expected="a date for every randomized subject",
            effect="in no month of the accrual table",
            subject=book.study.subjects[i],
        )


def _months(first: str, last: str) -> list[str]:
    """Every month from ``first`` to ``last`` as YYYY-MM."""
    year, month = map(int, first.split("-"))
    months = [first]
    while months[-1] < last:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        months.append(f"{dt.date(year, month, 1):%Y-%m}")
    return months
