"""Accrual: who was randomized in which month and at which site."""

import datetime as dt

import numpy as np

from equipoise.analyze.book import NOT_RECORDED, Book, Columns

__all__ = ["accrual"]


def accrual(book: Book) -> None:
    """Write ``accrual``: every month from the first to the last randomization (empty ones too), and every site."""
    study = book.study
    dates = study.text("RANDDT")
    month = np.array([None if d is None else f"{d:%Y-%m}" for d in dates], dtype=object)
    site = np.array([s or NOT_RECORDED for s in study.text("SITEID")], dtype=object)
    known = sorted({month[i] for i in study.randomized if month[i] is not None})
    months = _months(known[0], known[-1]) if known else []
    sites = sorted({site[i] for i in study.randomized})
    for level, positions in study.randomized_by_arm():
        shared: Columns = {"analysis_id": "accrual", "group_level": level, "of": len(positions)}
        own = month[positions]
        for text in months:
            book.count(
                positions[own == text], label=f"randomized in {text}", variable="randomized", visit=text, **shared
            )
        so_far = np.array([m or "9" for m in own], dtype=object)
        for text in months:
            label = f"randomized up to {text}"
            book.count(positions[so_far <= text], label=label, variable="randomized_cumulative", visit=text, **shared)
        for text in sites:
            chosen = positions[site[positions] == text]
            book.count(chosen, label=f"randomized at site {text}", variable="site", variable_level=text, **shared)


def _months(first: str, last: str) -> list[str]:
    """Every month from ``first`` to ``last`` as YYYY-MM."""
    year, month = map(int, first.split("-"))
    months = [first]
    while months[-1] < last:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        months.append(f"{dt.date(year, month, 1):%Y-%m}")
    return months
