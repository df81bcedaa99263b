"""Events, patients and bounds of an analysis."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr, ndtri

from equipoise.design.assumptions import given_futility
from equipoise.design.errors import DesignError
from equipoise.stats import (
    GroupSequential,
    SurvivalPlan,
    group_sequential,
    logrank_events,
    sample_size_logrank,
)
from equipoise.stats import Stratum as SizeStratum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equipoise.design.assumptions import Assumptions
    from equipoise.stats import LogRankSize

__all__ = [
    "METHODS",
    "average_hazard_ratios",
    "fixed_sizes",
    "other_looks",
    "planned_design",
    "power_curve",
    "realized_size",
    "survival_plan",
]

METHODS = {
    "schoenfeld": "Schoenfeld",
    "freedman": "Freedman",
    "hsieh_freedman": "Hsieh-Freedman",
    "lachin_foulkes": "Lachin-Foulkes",
}
"""Formulas for the number of events, by name."""
SIMPLE = ("schoenfeld", "freedman", "hsieh_freedman")
CURVE_POINTS = 41


def survival_plan(plan: Assumptions) -> SurvivalPlan | None:
    """Expected numbers by calendar time; None without accrual or patients."""
    if plan.accrual is None or plan.two_arms is None:
        return None
    return SurvivalPlan(
        accrual=plan.accrual,
        strata=(SizeStratum(1.0, plan.control_hazard),),
        hazard_ratio=plan.effect,
        ratio=plan.ratio,
        dropout=plan.dropout,
    )


def average_hazard_ratios(plan: Assumptions, events: Sequence[float]) -> list[float] | None:
    """Average hazard ratio of an effect that changes with time at the looks; None without accrual or patients."""
    expected = survival_plan(plan)
    if expected is None or len(plan.effect.rates) == 1:
        return None
    most = expected.largest()
    return [expected.average_hazard_ratio(expected.time_of(n) if n < most else math.inf) for n in events]


def fixed_sizes(plan: Assumptions, *, inflation: float = 1.0) -> list[dict[str, Any]]:
    """Events and, where accrual and follow-up are planned, patients by every method.

    Parameters
    ----------
    plan
        Assumptions.
    inflation
        Factor on the events, from the group sequential design.
    """
    found = []
    for method, label in METHODS.items():
        row: dict[str, Any] = {"method": method, "label": label}
        try:
            row.update(_one_size(plan, method, inflation))
        except DesignError as error:
            row["impossible"] = str(error)
        found.append(row)
    return found


def _one_size(plan: Assumptions, method: str, inflation: float) -> dict[str, Any]:
    events = _closed_events(plan, method)
    if events is not None:
        events *= inflation
        size = _solved(plan, method, inflation, required=False)
        return {"events": events, **(_solution(size) if size is not None else {})}
    size = _solved(plan, method, inflation, required=True)
    return {"events": size.events, **_solution(size)} if size is not None else {}


def _closed_events(plan: Assumptions, method: str) -> float | None:
    """Events by a formula that needs no accrual; None where there is none."""
    if method not in SIMPLE or len(plan.effect.rates) > 1:
        return None
    try:
        return logrank_events(
            plan.hazard_ratio,
            ratio=plan.ratio,
            alpha=plan.alpha,
            sided=plan.sided,
            power=plan.power,
            method=method,  # type: ignore[arg-type]
        )
    except ValueError as error:
        raise DesignError(f"analysis {plan.analysis!r}: {error}") from error


def _solution(size: LogRankSize) -> dict[str, Any]:
    events, experimental, control = size.round_up()
    return {
        "solved_for": size.solved_for,
        "patients": size.n,
        "follow_up_months": size.follow_up,
        "study_months": size.study_duration,
        "rounded": {"events": events, "experimental": experimental, "control": control},
        "average_hazard_ratio": size.hazard_ratio,
        "critical_hazard_ratio": size.critical_hazard_ratio,
        "largest_events": size.largest_events,
    }


def _solved(plan: Assumptions, method: str, inflation: float, *, required: bool) -> LogRankSize | None:
    """Solve for patients where the follow-up is planned, else for the follow-up of the patients planned."""
    accrual, follow_up, n = plan.accrual, plan.declared.follow_up_months, plan.two_arms
    if accrual is None or (n is None and follow_up is None):
        if required:
            raise DesignError("needs design.accrual and the patients, or the follow-up, planned")
        return None
    try:
        return sample_size_logrank(
            plan.control_hazard,
            plan.effect if len(plan.effect.rates) > 1 else plan.hazard_ratio,
            accrual=accrual,
            n=None if follow_up is not None else n,
            follow_up=follow_up,
            power=plan.power,
            ratio=plan.ratio,
            alpha=plan.alpha,
            sided=plan.sided,
            method=method,  # type: ignore[arg-type]
            dropout=plan.dropout,
            inflation=inflation,
        )
    except ValueError as error:
        raise DesignError(str(error)) from error


def fixed_events(plan: Assumptions) -> float:
    """Events of a design without interim looks, by the method planned.

    Raises
    ------
    DesignError
        Where they cannot be computed or reached; says the largest number that the patients give.
    """
    found = _one_size(plan, plan.declared.method, 1.0)
    return float(found["events"])


def planned_design(plan: Assumptions) -> tuple[GroupSequential, float]:
    """Group sequential design with the looks planned, and the events at its last look.

    Raises
    ------
    DesignError
        A look at or after the last one, a spending that does not fit, events that the patients cannot give.
    """
    closed = _closed_events(plan, plan.declared.method)
    fixed = fixed_events(plan) if closed is None else closed
    total = float(plan.planned_events or fixed)
    design = _bounds(plan, _fractions(plan, total))
    if plan.planned_events is None:
        for _ in range(50):
            before, total = total, design.inflation * fixed
            design = _bounds(plan, _fractions(plan, total))
            if abs(total - before) < 1e-9 or not any(plan.interim_events):
                break
    return design, design.inflation * fixed


def _fractions(plan: Assumptions, total: float) -> list[float]:
    fractions = []
    count = len(plan.interim_events)
    for k, (at, fraction) in enumerate(zip(plan.interim_events, plan.interim_fractions, strict=True)):
        if at is not None and at >= total:
            raise DesignError(
                f"analysis {plan.analysis!r}: interim look {k + 1} is at {at} events, the final analysis at {total:.1f}"
            )
        fractions.append(at / total if at is not None else fraction if fraction is not None else (k + 1) / (count + 1))
    return [*fractions, 1.0]


def _bounds(
    plan: Assumptions, fractions: list[float], boundary: str | tuple[float, ...] | None = None
) -> GroupSequential:
    declared = plan.declared
    chosen = boundary if boundary is not None else plan.boundary
    named = isinstance(chosen, str)
    futile = len(fractions) > 1
    given = given_futility(declared) if futile and len(declared.futility_bounds) == len(fractions) - 1 else None
    try:
        return group_sequential(
            np.array(fractions),
            alpha=plan.alpha,
            sided=plan.sided,  # type: ignore[arg-type]
            power=plan.power,
            boundary=chosen if named else np.array(chosen),
            boundary_parameter=declared.boundary_parameter if named and chosen == declared.boundary else None,
            futility=declared.futility if futile else None,
            futility_parameter=declared.futility_parameter if futile else None,
            futility_bounds=given,
            binding=declared.binding if futile else False,
        )
    except ValueError as error:
        raise DesignError(f"analysis {plan.analysis!r}: {error}") from error


def other_looks(plan: Assumptions, counts: tuple[int, ...] = (1, 2, 3)) -> list[dict[str, Any]]:
    """Bounds and events with other numbers of equally spaced looks, by the same rule."""
    fixed = fixed_events(plan)
    rule = plan.boundary if isinstance(plan.boundary, str) else "lan_demets_obrien_fleming"
    found = []
    for count in counts:
        design = _bounds(plan, [(k + 1) / count for k in range(count)], rule)
        total = design.inflation * fixed
        found.append(
            {
                "looks": count,
                "boundary": design.boundary,
                "information": design.information.tolist(),
                "upper": finite(design.upper.tolist()),
                "lower": finite(design.lower.tolist()),
                "inner": None if design.inner is None else finite(design.inner.tolist()),
                "events": (design.information * total).tolist(),
                "inflation": design.inflation,
            }
        )
    return found


def finite(values: list[float]) -> list[float | None]:
    """Numbers for JSON: None where there is no bound."""
    return [value if math.isfinite(value) else None for value in values]


def realized_size(plan: Assumptions) -> dict[str, Any] | None:
    """Events at the ratio of the patients really randomized."""
    counts = plan.declared.realized
    if plan.experimental not in counts or plan.control not in counts:
        return None
    ratio = counts[plan.experimental] / counts[plan.control]
    return {
        "arms": {arm: counts[arm] for arm in (plan.experimental, plan.control)},
        "ratio": ratio,
        "events": {
            row["method"]: row["events"] for row in fixed_sizes(replace(plan, ratio=ratio)) if row.get("events")
        },
    }


def power_curve(plan: Assumptions, design: GroupSequential, events: float) -> dict[str, list[float]]:
    """Power and expected events by hazard ratio, with the looks and without."""
    share = plan.ratio / (1.0 + plan.ratio)
    low = min(0.5, plan.hazard_ratio * 0.75)
    ratios = np.linspace(low, 1.1, CURVE_POINTS)
    drifts = -np.log(ratios) * math.sqrt(events * share * (1.0 - share))
    crossed = [design.crossing(float(drift)) for drift in drifts]
    return {
        "hazard_ratio": ratios.tolist(),
        "power": [c.power for c in crossed],
        "expected_events": [c.expected_information * events for c in crossed],
        "power_without_looks": ndtr(drifts - ndtri(1.0 - plan.alpha / plan.sided)).tolist(),
    }
