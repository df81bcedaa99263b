"""Survival as observed in both arms, and of the control arm had nobody crossed over."""

from dataclasses import replace

import numpy as np
import polars as pl

from equipoise.report.facts import Arm, Facts
from equipoise.report.figures.figure import Figure
from equipoise.report.figures.km import draw_survival
from equipoise.report.figures.km_data import ArmCurve, Comparison, SurvivalData, read_survival
from equipoise.report.figures.km_text import caption
from equipoise.report.figures.style import NARROW, WIDE, ArmStyle, arm_styles
from equipoise.report.rows import Row, Rows
from equipoise.report.tables.crossover import SUFFIX, label_of
from equipoise.results import Results
from equipoise.terms import ArmRole

__all__ = ["crossover_figure"]

_COUNTERFACTUAL = "had nobody crossed over"
_DASH = (1.5, 1.8)


def crossover_figure(results: Results, analysis_id: str) -> Figure | None:
    """Kaplan-Meier curves of an analysis with that of the control arm by the first declared method.

    Raises
    ------
    FigureError
        Curves that contradict the counts of their arms.
    """
    observed = read_survival(results, analysis_id)
    rows = Rows.of(results.statistics.filter(pl.col("analysis_id") == f"{analysis_id}{SUFFIX}"))
    curves = results.curves.filter(
        (pl.col("analysis_id") == f"{analysis_id}{SUFFIX}") & (pl.col("curve") != "as_observed")
    )
    if observed is None or curves.is_empty():
        return None
    facts = Facts.of(results)
    data, styles = _with_counterfactual(facts, observed, curves, rows, analysis_id)
    name = f"crossover_{analysis_id}"
    wide, narrow = (
        draw_survival(data, facts, name=n, width=w, last_month=data.last_month, at_risk="extended", styles=styles)
        for n, w in ((name, WIDE), (f"{name}_narrow", NARROW))
    )
    key = _key(str(curves["curve"][0]))
    words = f"{data.arms[-1].arm.label}: {label_of(key)}."
    if key[1] == "recensored":
        words += " Recensoring ends the counterfactual curve earlier than the observed one."
    return Figure(name=name, caption=f"{caption(facts, data)} {words}", wide=wide, narrow=narrow)


def _key(curve: str) -> tuple[str, str | None, str | None]:
    """Method and recensoring of a curve; the effect after crossover is that from the start."""
    name = curve.removesuffix("_recensored")
    return name, "recensored" if name != curve else "not_recensored", "1" if name == "rpsftm" else None


def _with_counterfactual(
    facts: Facts, observed: SurvivalData, curves: pl.DataFrame, rows: Rows, analysis_id: str
) -> tuple[SurvivalData, dict[str, ArmStyle]]:
    """The observed data of both arms with the first counterfactual curve as a third."""
    first = curves.filter(pl.col("curve") == curves["curve"][0]).sort("time_days")
    reference = str(first["group_level"][0])
    name, recensored, effect = _key(str(first["curve"][0]))
    block = f"{analysis_id}{SUFFIX}"
    itt = rows.where(block, "intention_to_treat", measure="hazard_ratio")
    own = [row for row in rows.where(block, name) if row.variable_level == recensored and row.parent_level == effect]
    ratios = [row for row in own if row.measure == "hazard_ratio"]
    experimental = next(str(row.group_level) for row in itt)
    before = {curve.arm.id: curve for curve in observed.arms}
    control = before[reference]
    seen = replace(control, arm=replace(control.arm, label=f"{control.arm.label}, as observed"))
    other = Arm(f"{reference} {_COUNTERFACTUAL}", f"{control.arm.label}, {_COUNTERFACTUAL}", ArmRole.CONTROL.value)
    third = _curve(other, first, [row for row in own if row.measure == "median"])
    pairs = (
        _comparison(before[experimental].arm, seen.arm, itt, p=True),
        _comparison(before[experimental].arm, other, ratios),
    )
    styles = arm_styles(facts.arms)
    styles[other.id] = ArmStyle(styles[reference].color, _DASH)
    data = replace(observed, arms=(before[experimental], seen, third), comparisons=pairs)
    return data, styles


def _comparison(experimental: Arm, reference: Arm, rows: list[Row], *, p: bool = False) -> Comparison:
    found = {row.statistic: row for row in rows}
    return Comparison(
        experimental=experimental,
        reference=reference,
        ratio=found.get("estimate"),
        low=found.get("conf_low"),
        high=found.get("conf_high"),
        upper_one_sided=None,
        p=found.get("p_value") if p else None,
        sided=2,
    )


def _curve(arm: Arm, frame: pl.DataFrame, medians: list[Row]) -> ArmCurve:
    median = {row.statistic: row for row in medians}

    def column(name: str) -> np.ndarray:
        return frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy().astype(np.float64)

    return ArmCurve(
        arm=arm,
        days=column("time_days"),
        n_risk=frame["n_risk"].to_numpy().astype(np.int64),
        n_events=frame["n_events"].to_numpy().astype(np.int64),
        n_censored=frame["n_censored"].to_numpy().astype(np.int64),
        estimate=column("estimate"),
        low=column("conf_low"),
        high=column("conf_high"),
        method=str(frame["method"][0]),
        subjects=None,
        events=None,
        censored=None,
        median=median.get("estimate"),
        median_low=median.get("conf_low"),
        median_high=median.get("conf_high"),
    )
