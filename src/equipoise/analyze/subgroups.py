"""Treatment effect within subgroups, with a test of interaction per factor; for the forest plot.

Subgroup models are unstratified. Levels too small for an effect (fewer events than the factor's ``minimum_events`` in
the two arms together, or an arm without subjects or events) say NE with the reason and stay out of the test of
interaction.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from equipoise.analyze.baseline import field_levels
from equipoise.analyze.book import ALL, MISSING, Book, Columns
from equipoise.analyze.comparison import EFFECT, Model, Pair, hazard_ratio, pair_of, ties_of
from equipoise.analyze.expressions import expression_levels
from equipoise.analyze.populations import pairs
from equipoise.analyze.survival import Frame
from equipoise.protocol import Subgroup
from equipoise.stats import subgroup_hazard_ratios

__all__ = ["subgroups"]

_PLAIN = Model(key="none", words="unstratified", labels=None)


@dataclass(frozen=True, kw_only=True)
class Factor:
    """A subgroup factor over all subjects."""

    name: str
    values: npt.NDArray[np.object_]
    """Level of every subject."""
    levels: list[str]
    minimum_events: int

    def obstacle(self, pair: Pair) -> str:
        """Why a level has no effect estimate; empty where it has one."""
        n_events = int(pair.event.sum())
        few = f"{n_events} events, fewer than {self.minimum_events}" if n_events < self.minimum_events else ""
        return pair.obstacle() or few


def subgroups(book: Book, frame: Frame) -> None:
    """Write ``<analysis>_subgroups``: all subjects first, then every factor in protocol order."""
    study = book.study
    shown = {part.level for part in frame.parts}
    compared = [pair_of(frame, *pair) for pair in pairs(study, frame.analysis) if set(pair) <= shown]
    everybody = Factor(name=ALL, values=np.full(study.adsl.height, "", dtype=object), levels=[""], minimum_events=0)
    for factor in (everybody, *(_factor(book, name, item) for name, item in study.protocol.subgroups.items())):
        for level in (*factor.levels, *([] if factor is everybody else [MISSING])):
            _counts(book, frame, factor, level)
            for pair in compared:
                _effect(book, frame, factor, level, pair)
        for pair in () if factor is everybody else compared:
            _interaction(book, frame, factor, pair)


def _factor(book: Book, name: str, item: Subgroup) -> Factor:
    if item.field is not None:
        values, levels = field_levels(book.study, item.field)
    else:
        values, levels = expression_levels(book, name, item)
    return Factor(name=name, values=values, levels=levels, minimum_events=item.minimum_events)


def _columns(frame: Frame, factor: Factor, level: str) -> Columns:
    named = {"subgroup": factor.name, "subgroup_level": level or None}
    return {**frame.columns, "analysis_id": f"{frame.name}_subgroups", **named}


def _counts(book: Book, frame: Frame, factor: Factor, level: str) -> None:
    for part in frame.parts:
        if part.level == ALL:
            continue
        inside = part.positions[factor.values[part.positions] == level]
        happened = inside[frame.times.event[inside]]
        about = f"{factor.name} {level}, {part.level}"
        own = {**_columns(frame, factor, level), "group_level": part.level, "of": len(inside)}
        book.count(inside, label=about, variable="subjects", **own)
        book.count(happened, label=f"{about}: events", variable="events", **own)


def _effect(book: Book, frame: Frame, factor: Factor, level: str, pair: Pair) -> None:
    pair = pair.among(factor.values[pair.positions] == level)
    label = f"{factor.name} {level}, {pair.experimental} and {pair.reference}"
    source = book.source(pair.positions, label)
    shared: Columns = {**_columns(frame, factor, level), **pair.columns, "source_set": source, "strata": "none"}
    ties, conf_level = ties_of(book.study, frame.analysis), frame.analysis.conf_level
    obstacle = factor.obstacle(pair)
    if obstacle:
        shared |= {"variable": "hazard_ratio", "measure": "hazard_ratio", "conf_level": conf_level}
        book.nothing(EFFECT, obstacle, method=f"Cox, {ties.capitalize()} ties, {_PLAIN.words}", **shared)
    else:
        hazard_ratio(book, pair, _PLAIN, ties=ties, conf_level=conf_level, **shared)


def _interaction(book: Book, frame: Frame, factor: Factor, pair: Pair) -> None:
    own = factor.values[pair.positions]
    kept = [level for level in factor.levels if not factor.obstacle(pair.among(own == level))]
    small = [level for level in factor.levels if level not in kept]
    chosen = pair.among(np.isin(own, kept))
    label = f"{factor.name}, levels compared, {pair.experimental} and {pair.reference}"
    shared: Columns = {
        **_columns(frame, factor, ""),
        **chosen.columns,
        "variable": "interaction",
        "measure": "interaction",
        "strata": "none",
        "method": "likelihood ratio, Cox with arm and factor against arm, factor and arm by factor, unstratified",
        "source_set": book.source(chosen.positions, label),
    }
    names = ("statistic", "df", "p_value")
    if len(kept) < 2:
        book.nothing(names, "fewer than two levels with enough events", **shared)
        return
    if small:
        shared["text"] = f"levels left out: {', '.join(small)}"
    arms = np.where(chosen.treated, pair.experimental, pair.reference)
    levels = {factor.name: factor.values[chosen.positions]}
    ties = ties_of(book.study, frame.analysis)
    forest = subgroup_hazard_ratios(
        chosen.days, chosen.event, arms, levels, reference=pair.reference, min_events=1, ties=ties
    )
    test = forest.interaction[factor.name]
    if test.df > 0:
        book.writer.add_values({name: getattr(test, name) for name in names}, **shared)
    else:
        book.nothing(names, "no event time tells the levels apart", **shared)
