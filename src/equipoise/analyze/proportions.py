"""Proportions of two arms compared: risk difference and Fisher's exact test."""

from typing import Any

from equipoise.analyze.book import Book, Columns
from equipoise.analyze.populations import Group
from equipoise.analyze.study import Positions
from equipoise.stats import binomial_ci, fisher_exact, risk_difference

__all__ = ["compare_proportions", "exact_proportion"]


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
