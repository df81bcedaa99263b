"""Proportions of two arms compared: risk difference and Fisher's exact test, and the same over strata."""

import math
from typing import Any

import numpy as np

from equipoise.analyze.book import Book, Columns
from equipoise.analyze.comparison import Model
from equipoise.analyze.populations import Group
from equipoise.analyze.study import Positions
from equipoise.stats import binomial_ci, cmh_test, fisher_exact, risk_difference

__all__ = ["compare_by_strata", "compare_proportions", "exact_proportion"]

_INTERVAL = ("estimate", "conf_low", "conf_high")
_CMH = {
    "statistic": "statistic",
    "df": "df",
    "z": "z",
    "p_value": "p_value",
    "p_one_sided": "p_greater",
    "p_opposite": "p_less",
}
"""Statistic -> attribute of the test: the one-sided P is against more events in the experimental arm."""


def exact_proportion(
    book: Book, chosen: Positions, part: Group, *, conf_level: float, label: str, **columns: Any
) -> None:
    """Write the proportion of a group with its exact interval (Clopper-Pearson)."""
    shared: Columns = {
        "group_level": part.level,
        "n": len(part.positions),
        "n_events": len(chosen),
        "source_set": book.source(part.positions, label),
        "unit": "proportion",
        "method": "exact interval (Clopper-Pearson)",
        "conf_level": conf_level,
        **columns,
    }
    names = ("estimate", "conf_low", "conf_high")
    if len(part.positions) == 0:
        book.nothing(names, "no subjects", **shared)
        return
    found = binomial_ci(len(chosen), len(part.positions), conf_level=conf_level)
    book.writer.add_values({name: getattr(found, name) for name in names}, **shared)


def compare_proportions(
    book: Book,
    left: tuple[Group, Positions],
    right: tuple[Group, Positions],
    *,
    conf_level: float,
    label: str,
    test: bool = True,
    **columns: Any,
) -> None:
    """Write the risk difference (Newcombe) of two groups and, if asked, Fisher's exact test; ``left`` is experimental.

    Each side is a group and its members with the event. An empty group gives NE with the reason.
    """
    (group1, with1), (group2, with2) = left, right
    x1, n1, x2, n2 = len(with1), len(group1.positions), len(with2), len(group2.positions)
    both = book.union(group1.positions, group2.positions)
    shared: Columns = {
        "group_level": group1.level,
        "reference_level": group2.level,
        "n": n1 + n2,
        "n_events": x1 + x2,
        "source_set": book.source(both, label),
        **columns,
    }
    difference: Columns = {"measure": "risk_difference", "unit": "proportion", "conf_level": conf_level}
    difference |= {"method": "risk difference, Newcombe's hybrid score limits"}
    fisher: Columns = {"measure": "fisher", "method": "Fisher's exact test"}
    names = ("estimate", "conf_low", "conf_high")
    empty = next((group.level for group in (group1, group2) if len(group.positions) == 0), None)
    if empty is not None:
        book.nothing(names, f"no subjects in arm {empty}", **shared, **difference)
        if test:
            book.nothing(("p_value",), f"no subjects in arm {empty}", **shared, **fisher)
        return
    found = risk_difference(x1, n1, x2, n2, method="newcombe", conf_level=conf_level)
    book.writer.add_values({name: getattr(found, name) for name in names}, **shared, **difference)
    if test:
        p_value = fisher_exact([[x1, n1 - x1], [x2, n2 - x2]]).p_value
        book.writer.add("p_value", p_value, **shared, **fisher)


def compare_by_strata(
    book: Book,
    left: tuple[Group, Positions],
    right: tuple[Group, Positions],
    model: Model,
    *,
    conf_level: float,
    label: str,
    **columns: Any,
) -> None:
    """Write the common risk difference, the common odds ratio and the Cochran-Mantel-Haenszel test over strata.

    Each side is a group and its members with the event; ``left`` is experimental. z above 0 means more events there.
    """
    (group1, with1), (group2, with2) = left, right
    both = book.union(group1.positions, group2.positions)
    shared: Columns = {
        "group_level": group1.level,
        "reference_level": group2.level,
        "n": len(both),
        "n_events": len(with1) + len(with2),
        "source_set": book.source(both, label),
        "strata": model.key,
        **columns,
    }
    difference: Columns = {"measure": "risk_difference", "unit": "proportion", "conf_level": conf_level}
    difference["method"] = f"risk difference, Mantel-Haenszel weights, Miettinen-Nurminen limits, {model.words}"
    ratio: Columns = {"measure": "odds_ratio", "conf_level": conf_level}
    ratio["method"] = f"odds ratio of Mantel and Haenszel, limits of Robins, Breslow and Greenland, {model.words}"
    tested: Columns = {"measure": "cmh", "method": f"Cochran-Mantel-Haenszel, {model.words}"}
    empty = next((group.level for group in (group1, group2) if len(group.positions) == 0), None)
    obstacle = model.missing or (f"no subjects in arm {empty}" if empty is not None else "")
    if obstacle or model.labels is None:
        book.nothing(_INTERVAL, obstacle, **shared, **difference)
        book.nothing(_INTERVAL, obstacle, **shared, **ratio)
        book.nothing(tuple(_CMH), obstacle, **shared, **tested)
        return
    names = np.unique(model.labels[both])
    sides = [
        [(model.labels[p] == name).sum() for name in names] for p in (with1, group1.positions, with2, group2.positions)
    ]
    x1, n1, x2, n2 = ([int(value) for value in side] for side in sides)
    found = risk_difference(x1, n1, x2, n2, method="miettinen-nurminen", conf_level=conf_level)
    silent = "; ".join(str(names[i]) for i in found.strata_without_information)
    known: Columns = {"text": f"strata without information: {silent}"} if silent else {}
    _numbers(book, {name: getattr(found, name) for name in _INTERVAL}, found.reason, {**shared, **difference, **known})
    tables = [[[a, m - a], [b, n - b]] for a, m, b, n in zip(x1, n1, x2, n2, strict=True)]
    test = cmh_test(tables, conf_level=conf_level)
    silent = "; ".join(str(names[i]) for i in test.strata_without_information)
    known = {"text": f"strata without information: {silent}"} if silent else {}
    odds = {"estimate": test.odds_ratio, "conf_low": test.conf_low, "conf_high": test.conf_high}
    _numbers(book, odds, test.reason, {**shared, **ratio, **known})
    _numbers(
        book,
        {name: getattr(test, attribute) if test.n_strata else math.nan for name, attribute in _CMH.items()},
        test.reason,
        {**shared, **tested, **known},
    )


def _numbers(book: Book, numbers: dict[str, float], reason: str, columns: Columns) -> None:
    """Write numbers; one that is not finite is not estimable for this reason."""
    for statistic, value in numbers.items():
        if math.isfinite(value):
            book.writer.add(statistic, value, **columns)
        else:
            book.nothing((statistic,), reason or "no finite value", **columns)
