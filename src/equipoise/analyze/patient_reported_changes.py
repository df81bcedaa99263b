"""Scores as observed, and how many subjects improved, stayed or worsened by the important difference.

Shares are of the subjects with a change at the visit; ``with_change`` says how many of the population these are. A form
that is missing is neither stable nor worsened.
"""

import numpy as np

from equipoise.analyze.book import Book, Columns
from equipoise.analyze.patient_reported_model import ScaleFrame
from equipoise.analyze.patient_reported_scores import CHANGES, Visit
from equipoise.analyze.populations import Group
from equipoise.analyze.proportions import compare_proportions, exact_proportion
from equipoise.analyze.study import Positions

__all__ = ["changes", "observed"]


def observed(book: Book, frame: ScaleFrame) -> None:
    """Write the distribution of the score, and of its change, at every visit by arm."""
    scores = frame.scores
    columns: Columns = {**frame.columns, "unit": "points"}
    for part in frame.parts:
        at = {"group_level": part.level, "visit": scores.base_visit.label, "time_days": 0.0, "measure": "score"}
        label = f"{scores.code}: score at {scores.base_visit.label}, {part.level}"
        book.distribution(scores.base[part.positions], part.positions, label=label, **columns, **at)
    for measure, values in (("score", scores.values), ("change", scores.change)):
        for place, visit in enumerate(scores.visits):
            for part in frame.parts:
                own = values[place][part.positions]
                label = f"{scores.code}: {measure} at {visit.label}, {part.level}"
                at = {"group_level": part.level, "measure": measure, **_at(visit)}
                book.distribution(own, part.positions, label=label, **columns, **at)


def changes(book: Book, frame: ScaleFrame) -> None:
    """Write the counts and shares of improved, stable and worsened by visit, with the comparison of the arms.

    Nothing is written for a scale without an important difference.
    """
    scores = frame.scores
    if scores.worse_by is None and scores.better_by is None:
        return
    for place, visit in enumerate(scores.visits):
        words = scores.categories[place]
        known = np.array([word is not None for word in words], dtype=bool)
        groups = {part.level: Group(part.level, part.positions[known[part.positions]]) for part in frame.parts}
        shared: Columns = {**frame.columns, **_at(visit)}
        for part in frame.parts:
            own = groups[part.level]
            label = f"{scores.code}: change known at {visit.label}, {part.level}"
            count: Columns = {**shared, "group_level": part.level, "variable_level": "with_change"}
            book.count(own.positions, of=len(part.positions), percent=True, label=label, **count)
        for change in CHANGES:
            _change(book, frame, groups, words == change, {**shared, "variable_level": change})


def _change(book: Book, frame: ScaleFrame, groups: dict[str, Group], mask: np.ndarray, columns: Columns) -> None:
    label = f"{frame.scores.code}: {columns['variable_level']} at {columns['visit']}"
    sides: dict[str, tuple[Group, Positions]] = {}
    for level, group in groups.items():
        chosen = group.positions[mask[group.positions]]
        sides[level] = (group, chosen)
        count: Columns = {**columns, "group_level": level}
        book.count(chosen, of=len(group.positions), percent=True, label=f"{label}, {level}", **count)
        whole = f"{frame.scores.code}: change known at {columns['visit']}, {level}"
        exact_proportion(book, chosen, group, conf_level=frame.conf_level, label=whole, **columns)
    for experimental, reference in frame.pairs:
        both = f"{frame.scores.code}: change known at {columns['visit']}: {experimental} and {reference}"
        left, right = sides[experimental], sides[reference]
        compare_proportions(book, left, right, conf_level=frame.conf_level, label=both, **columns)


def _at(visit: Visit) -> Columns:
    return {"visit": visit.label, "time_days": float(visit.day)}
