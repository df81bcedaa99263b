"""What a survival figure shows, read from results rows and checked before anything is drawn.

Number at risk at a time t counts subjects with time >= t; censored and events before t complete it to the size of the
arm.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from equipoise.report.facts import Arm, Facts
from equipoise.report.figures.figure import FigureError
from equipoise.report.rows import ALL, Row, Rows
from equipoise.results import Results

__all__ = ["ArmCurve", "Comparison", "Counts", "SurvivalData", "read_survival", "survival_analyses"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Counts:
    """Subjects of an arm at one time: still at risk, censored before it, with the event before it."""

    at_risk: int
    censored: int
    events: int


@dataclass(frozen=True, kw_only=True)
class ArmCurve:
    """One arm: its curve at every distinct time, its counts and its median."""

    arm: Arm
    days: Floats
    n_risk: Integers
    n_events: Integers
    n_censored: Integers
    estimate: Floats
    low: Floats
    high: Floats
    method: str
    subjects: Row | None
    events: Row | None
    censored: Row | None
    median: Row | None
    median_low: Row | None
    median_high: Row | None

    @property
    def n(self) -> int:
        """Subjects of the arm."""
        return int(self.n_events.sum() + self.n_censored.sum())

    @property
    def total_events(self) -> int:
        """Subjects of the arm with the event."""
        return int(self.n_events.sum())

    def at(self, days: float) -> Counts:
        """Counts just before a time."""
        before = self.days < days
        censored, events = int(self.n_censored[before].sum()), int(self.n_events[before].sum())
        return Counts(self.n - censored - events, censored, events)

    def shown(self, minimum_at_risk: int) -> int:
        """Number of leading rows drawn: the curve stops after the last time with at least so many at risk."""
        return max(1, int((self.n_risk >= minimum_at_risk).sum()))

    @property
    def rows(self) -> tuple[int, ...]:
        """Rows that describe the whole arm."""
        return tuple(row.row_id for row in (self.subjects, self.events, self.censored) if row)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Effect and test of one arm against another, each with the model it comes from."""

    experimental: Arm
    reference: Arm
    ratio: Row | None
    low: Row | None
    high: Row | None
    upper_one_sided: Row | None
    p: Row | None
    sided: int


@dataclass(frozen=True, kw_only=True)
class SurvivalData:
    """All that one survival figure shows."""

    analysis_id: str
    endpoint: str
    population: str
    rule_set: str
    arms: tuple[ArmCurve, ...]
    comparisons: tuple[Comparison, ...]
    conf_level: float
    month_days: float
    minimum_at_risk: int

    @property
    def last_month(self) -> float:
        """Last observed time of any arm, in months."""
        return max(float(curve.days[-1]) for curve in self.arms) / self.month_days

    @property
    def estimable(self) -> tuple[Comparison, ...]:
        """Comparisons with something to print."""
        return tuple(c for c in self.comparisons if c.ratio or c.p)


def survival_analyses(results: Results) -> list[str]:
    """Analyses that have survival curves, in protocol order, then in the order of the file."""
    curves = results.curves.filter(pl.col("curve") == "survival")
    present = curves["analysis_id"].unique(maintain_order=True).to_list()
    declared = [name for name in Facts.of(results).analyses if name in present]
    return declared + [name for name in present if name not in declared]


def read_survival(results: Results, analysis_id: str, *, rule_set: str | None = None) -> SurvivalData | None:
    """Curves and numbers of an analysis under one rule set, the primary one unless named; None without curves.

    Raises
    ------
    FigureError
        A curve whose counts do not add up, or that disagrees with the number of subjects or events of its arm.
    """
    facts = Facts.of(results)
    rows = Rows.of(results.statistics.filter(pl.col("analysis_id") == analysis_id))
    curves = results.curves.filter((pl.col("analysis_id") == analysis_id) & (pl.col("curve") == "survival"))
    if not len(curves):
        return None
    endpoint = str(curves["endpoint"][0] or "")
    rule_set = rule_set or str(facts.endpoint(endpoint).get("rule_set") or curves["rule_set"][0] or "")
    if rule_set in curves["rule_set"].to_list():
        curves = curves.filter(pl.col("rule_set") == rule_set)
    elif curves["rule_set"][0] is not None:
        return None
    arms = [arm for arm in facts.arms if arm.id in set(curves["group_level"].to_list())]
    drawn = [_curve(arm, curves, rows, analysis_id, rule_set) for arm in arms if arm.id != ALL]
    if not drawn:
        return None
    pairs = [_comparison(facts, rows, analysis_id, rule_set, pair) for pair in facts.comparisons(analysis_id)]
    medians = [curve.median_low or curve.median for curve in drawn]
    return SurvivalData(
        analysis_id=analysis_id,
        endpoint=endpoint,
        population=str(curves["population"][0] or ""),
        rule_set=rule_set,
        arms=tuple(drawn),
        comparisons=tuple(pairs),
        conf_level=next((row.conf_level for row in medians if row and row.conf_level), 0.95),
        month_days=facts.month_days(endpoint),
        minimum_at_risk=int(facts.conventions.get("minimum_at_risk") or 0),
    )


def _curve(arm: Arm, curves: pl.DataFrame, rows: Rows, analysis_id: str, rule_set: str) -> ArmCurve:
    frame = curves.filter(pl.col("group_level") == arm.id).sort("time_days")

    def column(name: str) -> Floats:
        return frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy().astype(np.float64)

    def row(variable: str, statistic: str = "n") -> Row | None:
        found = rows.where(analysis_id, variable, group_level=arm.id, statistic=statistic, rule_set=(rule_set, None))
        return next((item for item in found if item.reference_level is None), None)

    def limit(name: str) -> Floats:
        """Limits; before the first event there is nothing to be unsure of and the band has no height."""
        values = column(name)
        return np.where(np.isnan(values) & (column("estimate") == 1.0), 1.0, values)

    curve = ArmCurve(
        arm=arm,
        days=column("time_days"),
        n_risk=frame["n_risk"].to_numpy().astype(np.int64),
        n_events=frame["n_events"].to_numpy().astype(np.int64),
        n_censored=frame["n_censored"].to_numpy().astype(np.int64),
        estimate=column("estimate"),
        low=limit("conf_low"),
        high=limit("conf_high"),
        method=str(frame["method"][0] or "Kaplan-Meier"),
        subjects=row("subjects"),
        events=row("events"),
        censored=row("censored"),
        median=row("median", "estimate"),
        median_low=row("median", "conf_low"),
        median_high=row("median", "conf_high"),
    )
    _check(curve, f"{analysis_id}, rule set {rule_set}, arm {arm.id}")
    return curve


def _check(curve: ArmCurve, where: str) -> None:
    problems = []
    remaining = np.cumsum((curve.n_events + curve.n_censored)[::-1])[::-1]
    wrong = np.flatnonzero(remaining != curve.n_risk)
    if wrong.size:
        i = int(wrong[0])
        problems.append(
            f"at day {curve.days[i]:g} {curve.n_risk[i]} are at risk, but {remaining[i]} are observed to that day "
            "or later"
        )
    for name, row, count in (("subjects", curve.subjects, curve.n), ("events", curve.events, curve.total_events)):
        if row is not None and row.value is not None and int(row.value) != count:
            problems.append(f"the statistics say {row.value:g} {name}, the curve has {count}")
    if problems:
        raise FigureError(f"survival curve of {where}: {'; '.join(problems)}; run 'equipoise analyze' again")


def _first(rows: Sequence[Row]) -> Row | None:
    return next((row for row in rows if row.declared), rows[0] if rows else None)


def _comparison(facts: Facts, rows: Rows, analysis_id: str, rule_set: str, pair: tuple[str, str]) -> Comparison:
    arms = {arm.id: arm for arm in facts.arms}
    analysis = facts.analyses.get(analysis_id, {})
    shared = {"group_level": pair[0], "reference_level": pair[1], "rule_set": (rule_set, None)}

    def strata(kind: str, name: str) -> str:
        declared = analysis.get(kind) or {}
        chosen = declared.get(name) if isinstance(declared, dict) else None
        return str((chosen or {}).get("strata") or "none")

    def of(variable: str, statistic: str, wanted: str) -> Row | None:
        found = rows.where(analysis_id, variable, statistic=statistic, **shared)
        return _first([row for row in found if row.declared or row.strata == wanted])

    sided = int(analysis.get("sided") or 2)
    effect, test = strata("effect", "cox"), strata("test", "logrank")
    p = of("logrank", "p_one_sided" if sided == 1 else "p_value", test)
    return Comparison(
        experimental=arms[pair[0]],
        reference=arms[pair[1]],
        ratio=of("hazard_ratio", "estimate", effect),
        low=of("hazard_ratio", "conf_low", effect),
        high=of("hazard_ratio", "conf_high", effect),
        upper_one_sided=of("hazard_ratio", "conf_high_one_sided", effect) if sided == 1 else None,
        p=p,
        sided=sided,
    )
