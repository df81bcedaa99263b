"""What a forest plot shows: effects in subgroups in protocol order, with the counts behind them."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from equipoise.report.facts import Arm, Facts
from equipoise.report.figures.figure import FigureError
from equipoise.report.rows import ALL, Row, Rows
from equipoise.results import Results

__all__ = ["Forest", "ForestRow", "forest_analyses", "read_forest"]

SUFFIX = "_subgroups"


@dataclass(frozen=True, kw_only=True)
class ForestRow:
    """A line of the plot: a factor (no counts), a level of it, or all subjects."""

    kind: str
    """``all``, ``factor`` or ``level``."""
    label: str
    factor: str
    level: str | None = None
    counts: tuple[tuple[Row | None, Row | None], ...] = ()
    """Events and subjects per arm shown."""
    ratio: Row | None = None
    low: Row | None = None
    high: Row | None = None
    interaction: Row | None = None

    @property
    def n(self) -> int:
        """Subjects in all arms shown."""
        return sum(int(subjects.value or 0) for _, subjects in self.counts if subjects)

    @property
    def n_events(self) -> int:
        """Events in all arms shown."""
        return sum(int(events.value or 0) for events, _ in self.counts if events)

    @property
    def estimable(self) -> bool:
        """Whether there is an effect with both limits."""
        return all(row is not None and row.known and (row.value or 0) > 0 for row in (self.ratio, self.low, self.high))


@dataclass(frozen=True, kw_only=True)
class Forest:
    """All that one forest plot shows."""

    analysis_id: str
    endpoint: str
    population: str
    rule_set: str
    arms: tuple[Arm, Arm]
    """Experimental and reference arm."""
    rows: tuple[ForestRow, ...]
    conf_level: float
    methods: tuple[str, ...]


def forest_analyses(results: Results) -> list[str]:
    """Analyses with effects in subgroups, in protocol order, then in the order of the file."""
    found = [
        str(name).removesuffix(SUFFIX)
        for name in results.statistics["analysis_id"].unique(maintain_order=True).to_list()
        if str(name).endswith(SUFFIX)
    ]
    declared = [name for name in Facts.of(results).analyses if name in found]
    return declared + [name for name in found if name not in declared]


def read_forest(results: Results, analysis_id: str, pair: tuple[str, str] | None = None) -> Forest | None:
    """Subgroup rows of one comparison (the first unless named); None where there are none.

    Raises
    ------
    FigureError
        Levels of a factor that do not add up to all subjects.
    """
    name = analysis_id + SUFFIX
    facts, rows = Facts.of(results), Rows.of(results.statistics.filter(pl.col("analysis_id") == name))
    effects = rows.where(name, "hazard_ratio", statistic="estimate")
    if not effects:
        return None
    declared = pair or next(iter(facts.comparisons(analysis_id)), None)
    experimental, reference = declared or (str(effects[0].group_level), str(effects[0].reference_level))
    arms = {arm.id: arm for arm in facts.arms}
    chosen = (arms[experimental], arms[reference])
    counted = rows.where(name, "subjects", statistic="n", group_level=(experimental, reference))
    factors = list(dict.fromkeys(row.subgroup or ALL for row in counted))
    reader = _Reader(facts, rows, name, (experimental, reference))
    lines: list[ForestRow] = []
    for factor in sorted(factors, key=lambda f: f != ALL):
        lines += reader.factor(factor)
    _check(lines, analysis_id)
    shown = [row for line in lines for row in (line.ratio, line.interaction) if row is not None]
    return Forest(
        analysis_id=analysis_id,
        endpoint=str(effects[0].endpoint or ""),
        population=str(effects[0].population or ""),
        rule_set=str(effects[0].rule_set or ""),
        arms=chosen,
        rows=tuple(lines),
        conf_level=next((line.low.conf_level for line in lines if line.low and line.low.conf_level), 0.95),
        methods=tuple(dict.fromkeys(str(row.method) for row in shown if row.method)),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Rows of one comparison in subgroups."""

    facts: Facts
    rows: Rows
    name: str
    pair: tuple[str, str]

    def factor(self, factor: str) -> list[ForestRow]:
        """Head and levels of a factor, or the line of all subjects."""
        if factor == ALL:
            return [self.line("all", "All subjects", subgroup=(None, ALL))]
        subjects = self.rows.where(self.name, "subjects", statistic="n", subgroup=factor)
        tests = self.rows.where(self.name, "interaction", statistic="p_value", subgroup=factor)
        tests = [row for row in tests if row.group_level in (self.pair[0], None)]
        label = self.facts.subgroup_label(factor)
        lines = [ForestRow(kind="factor", label=label, factor=factor, interaction=tests[0] if tests else None)]
        for level in dict.fromkeys(row.subgroup_level for row in subjects):
            words = self.facts.subgroup_level(factor, level) or "Missing"
            line = self.line("level", words, subgroup=factor, subgroup_level=level)
            if line.n or level != "(missing)":
                lines.append(line)
        return lines

    def line(self, kind: str, label: str, **where: Any) -> ForestRow:
        """Counts and effect of one level."""
        experimental, reference = self.pair

        def count(variable: str, arm: str) -> Row | None:
            return self.rows.one(self.name, variable, statistic="n", group_level=arm, **where)

        def effect(statistic: str) -> Row | None:
            shared = {"group_level": experimental, "reference_level": reference, **where}
            return self.rows.one(self.name, "hazard_ratio", statistic=statistic, **shared)

        factor = where["subgroup"]
        return ForestRow(
            kind=kind,
            label=label,
            factor=factor if isinstance(factor, str) else ALL,
            level=where.get("subgroup_level"),
            counts=tuple((count("events", arm), count("subjects", arm)) for arm in self.pair),
            ratio=effect("estimate"),
            low=effect("conf_low"),
            high=effect("conf_high"),
        )


def _check(lines: list[ForestRow], analysis_id: str) -> None:
    """Levels and missing values of every factor hold every subject and every event once."""
    whole = next((line for line in lines if line.kind == "all"), None)
    if whole is None:
        return
    problems = []
    for factor in dict.fromkeys(line.factor for line in lines if line.kind == "level"):
        levels = [line for line in lines if line.kind == "level" and line.factor == factor]
        for word, total, parts in (
            ("subjects", whole.n, [line.n for line in levels]),
            ("events", whole.n_events, [line.n_events for line in levels]),
        ):
            if sum(parts) != total:
                problems.append(
                    f"{factor}: levels have {' + '.join(map(str, parts))} = {sum(parts)} {word}, all have {total}"
                )
    if problems:
        raise FigureError(f"forest plot of {analysis_id}: {'; '.join(problems)}; run 'equipoise analyze' again")
