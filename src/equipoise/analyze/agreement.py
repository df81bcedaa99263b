"""Agreement of two readings of the same items: the table of both, and Cohen's kappa."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from equipoise.analyze.book import Book, Columns
from equipoise.analyze.study import Positions
from equipoise.stats import clustered_kappa, cohen_kappa
from equipoise.terms import Response

__all__ = ["Items", "agreement", "categories"]

Words = npt.NDArray[np.object_]
_ORDER = {str(word): place for place, word in enumerate((*Response, "Y", "N"))}
_ESTIMATES = ("estimate", "std_error", "conf_low", "conf_high")


class Items:
    """Items that two readers have read: whose they are, and the two answers."""

    def __init__(self, positions: Positions, first: Words, second: Words) -> None:
        self.positions = positions
        self.first = first
        self.second = second

    def __len__(self) -> int:
        return len(self.positions)

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Items":
        """Some of the items."""
        return Items(self.positions[chosen], self.first[chosen], self.second[chosen])

    @property
    def subjects(self) -> Positions:
        """Subjects with an item, in rising order."""
        return np.unique(self.positions)


def categories(*values: Words) -> list[str]:
    """Answers that occur, in the order CR, PR, SD, non-CR/non-PD, PD, NE and then of the alphabet."""
    found = {str(word) for array in values for word in array if word is not None}
    return sorted(found, key=lambda word: (_ORDER.get(word, len(_ORDER)), word))


def agreement(
    book: Book, items: Items, words: Sequence[str], *, name: str, unit: str, conf_level: float, **columns: object
) -> None:
    """Write the table of both answers, the items that agree, and kappa.

    Parameters
    ----------
    items : what both read.
    words : the answers, in order; the table has a row for each pair of them, zeros too.
    name : begins the names of the variables: ``scan`` gives ``scan_pair``, ``scan_agree``, ``scan_kappa``.
    unit : what an item is, in the plural; of ``subjects`` each has one item, else kappa is given with limits that allow
        for several items of one subject as well.
    """
    single = unit == "subjects"
    method = "count" if single else f"count of {unit}"
    shared: Columns = {"group": "arm", "n": len(items), **columns}
    for first in words:
        for second in words:
            chosen = items.where((items.first == first) & (items.second == second))
            source = book.source(chosen.subjects, f"{name}: {first} and {second}")
            pair: Columns = {"variable": f"{name}_pair", "parent_level": first, "variable_level": second}
            pair |= {"method": method, "n_events": len(chosen), "source_set": source}
            book.writer.add("n", len(chosen), **{**shared, **pair})
    same = items.where(items.first == items.second)
    agree: Columns = {**shared, "variable": f"{name}_agree", "n_events": len(same)}
    agree["source_set"] = book.source(same.subjects, f"{name}: both agree")
    book.writer.add("n", len(same), method=method, **agree)
    book.percent(len(same), len(items), **agree)
    _kappa(book, items, words, {**shared, "variable": f"{name}_kappa", "conf_level": conf_level}, single=single)


def _kappa(book: Book, items: Items, words: Sequence[str], shared: Columns, *, single: bool) -> None:
    columns: Columns = {
        **shared,
        "measure": "kappa",
        "method": "Cohen's kappa, limits of Fleiss, Cohen and Everitt" + ("" if single else ", scans as independent"),
        "source_set": book.source(items.subjects, f"{shared['variable']}: read by both"),
        "n_events": None,
    }
    size = len(words)
    tables = {column: np.zeros((max(size, 2), max(size, 2)), dtype=np.int64) for column in items.subjects}
    place = {word: i for i, word in enumerate(words)}
    for position, first, second in zip(items.positions, items.first, items.second, strict=True):
        tables[position][place[str(first)], place[str(second)]] += 1
    level = float(shared["conf_level"])
    if not tables:
        nothing = {"measure": "kappa_by_subject", "method": _BY_SUBJECT}
        book.nothing(_ESTIMATES, "nothing was read by both", **columns)
        if not single:
            book.nothing(_ESTIMATES, "nothing was read by both", **{**columns, **nothing})
        return
    whole = np.sum(list(tables.values()), axis=0)
    found = cohen_kappa(whole.tolist(), conf_level=level)
    _write(book, {name: getattr(found, name) for name in _ESTIMATES}, found.reason, columns)
    if not single:
        by_subject = clustered_kappa([tables[key].tolist() for key in sorted(tables)], conf_level=level)
        columns |= {"measure": "kappa_by_subject", "method": _BY_SUBJECT}
        _write(book, {name: getattr(by_subject, name) for name in _ESTIMATES}, by_subject.reason, columns)


_BY_SUBJECT = "Cohen's kappa, jackknife limits over subjects"


def _write(book: Book, numbers: dict[str, float], reason: str, columns: Columns) -> None:
    for statistic, value in numbers.items():
        if math.isfinite(value) and not (statistic == "std_error" and reason):
            book.writer.add(statistic, value, **columns)
        else:
            book.nothing((statistic,), reason or "no limits", **columns)
