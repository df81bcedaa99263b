"""What happens when accrual, losses or the shape of the effect differ from the plan."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.design.errors import DesignError
from equipoise.design.simulation import Mapper, on_threads, trial_plan
from equipoise.design.size import survival_plan
from equipoise.stats import Accrual, PiecewiseHazard, SurvivalPlan, TrialPlan, compare_tests

if TYPE_CHECKING:
    from equipoise.design.allocator import Allocator
    from equipoise.design.assumptions import Assumptions
    from equipoise.stats import ComparedPower, GroupSequential

__all__ = ["accrual_scenarios", "event_curve", "shape_scenarios"]

CURVE_POINTS = 61
PACES = ((1.0, "as planned"), (0.75, "three quarters of the rate"), (1.25, "five quarters of the rate"))


def accrual_scenarios(plan: Assumptions, design: GroupSequential, events: float) -> list[dict[str, Any]]:
    """Months of the looks when patients come slower or faster, or twice as many are lost."""
    expected = survival_plan(plan)
    if expected is None:
        return []
    looks = (design.information * events).tolist()
    cases = [(words, _paced(expected, pace)) for pace, words in PACES]
    if any(plan.dropout.rates):
        double = PiecewiseHazard(tuple(2 * rate for rate in plan.dropout.rates), plan.dropout.cuts)
        cases.append(("twice the losses", replace(expected, dropout=double)))
    cases.append(("no effect", replace(expected, hazard_ratio=PiecewiseHazard((1.0,)))))
    return [_times(words, case, looks) for words, case in cases]


def _paced(expected: SurvivalPlan, pace: float) -> SurvivalPlan:
    a = expected.accrual
    slow = Accrual(a.duration / pace, tuple(rate * pace for rate in a.rates), tuple(cut / pace for cut in a.cuts))
    return replace(expected, accrual=slow)


def _times(words: str, expected: SurvivalPlan, looks: list[float]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "scenario": words,
        "accrual_months": expected.accrual.duration,
        "largest_events": expected.largest(),
        "look_months": [],
    }
    for events in looks:
        reached = events < row["largest_events"]
        row["look_months"].append(expected.time_of(events) if reached else None)
    return row


def event_curve(plan: Assumptions, events: float) -> dict[str, list[float]] | None:
    """Patients and events expected by calendar month, with and without the effect; None without accrual."""
    expected = survival_plan(plan)
    if expected is None:
        return None
    same = replace(expected, hazard_ratio=PiecewiseHazard((1.0,)))
    reached = events < expected.largest()
    last = expected.time_of(events) if reached else expected.accrual.duration * 3
    months = np.linspace(0.0, max(last * 1.15, expected.accrual.duration), CURVE_POINTS)
    return {
        "months": months.tolist(),
        "patients": [expected.patients(float(t)) for t in months],
        "events": [expected.events(float(t)) if t else 0.0 for t in months],
        "events_without_effect": [same.events(float(t)) if t else 0.0 for t in months],
    }


@dataclass(frozen=True, kw_only=True)
class ShapeJob:
    """A shape of the effect to be simulated."""

    name: str
    words: str
    plan: TrialPlan
    trials: int
    seed: int
    scenario: int
    tau: float
    milestone: float
    alpha: float


def compare_job(job: ShapeJob) -> ComparedPower:
    """Compare the tests under one shape."""
    return compare_tests(
        job.plan,
        job.trials,
        tau=job.tau,
        milestone=job.milestone,
        alpha=job.alpha,
        seed=job.seed,
        scenario=job.scenario,
    )


def shapes_of(plan: Assumptions) -> list[tuple[str, str, PiecewiseHazard]]:
    """Hazard ratios over time: as planned, delayed, crossing, with a plateau."""
    ratio, median = plan.hazard_ratio, plan.median_control
    early, late = round(median / 3, 2), round(1.5 * median, 2)
    return [
        ("planned", "the effect as planned", plan.effect),
        ("delay", f"no effect in the first {early:g} months", PiecewiseHazard((1.0, ratio), (early,))),
        (
            "crossing",
            f"hazard ratio {1 / ratio:.2f} in the first {early:g} months, {ratio * ratio:.2f} after",
            PiecewiseHazard((1.0 / ratio, ratio * ratio), (early,)),
        ),
        (
            "cure",
            f"no event in the experimental arm after {late:g} months",
            PiecewiseHazard((ratio, 0.0), (late,)),
        ),
    ]


def shape_scenarios(
    plan: Assumptions,
    allocator: Allocator,
    design: GroupSequential,
    events: float,
    *,
    trials: int,
    mapper: Mapper = on_threads,
) -> dict[str, Any]:
    """Power of log-rank, max-combo, restricted mean and milestone tests under shapes of the effect.

    Tests are made once, at the events of the final analysis or at the end of the study, at the level of the whole
    trial: looks and their bounds are left out, so that the tests are compared and not the designs.
    """
    expected = survival_plan(plan)
    if expected is None:
        raise DesignError("a simulation needs design.accrual and the number of patients")
    final = expected.time_of(events) if events < expected.largest() else expected.accrual.duration * 3
    tau = min(1.5 * plan.median_experimental, 0.8 * final)
    milestone = min(plan.median_experimental, 0.7 * final)
    looks = (design.information * events).tolist()
    jobs = [
        ShapeJob(
            name=name,
            words=words,
            plan=trial_plan(plan, allocator, events=looks, effect=effect, end=2.0 * final),
            trials=trials,
            seed=plan.declared.seed,
            scenario=10 + number,
            tau=tau,
            milestone=milestone,
            alpha=plan.alpha / plan.sided,
        )
        for number, (name, words, effect) in enumerate(shapes_of(plan))
    ]
    compared = mapper(compare_job, jobs)
    return {
        "tau_months": tau,
        "milestone_months": milestone,
        "alpha": plan.alpha / plan.sided,
        "trials": trials,
        "scenarios": [_row(job, result) for job, result in zip(jobs, compared, strict=True)],
    }


def _row(job: ShapeJob, result: ComparedPower) -> dict[str, Any]:
    return {
        "name": job.name,
        "words": job.words,
        "power": dict(zip(result.tests, result.power.tolist(), strict=True)),
        "std_error": dict(zip(result.tests, result.std_error.tolist(), strict=True)),
        "not_estimable": dict(zip(result.tests, result.not_estimable.tolist(), strict=True)),
        "average_hazard_ratio": [value if math.isfinite(value) else None for value in result.average_hazard_ratio],
        "look_months": result.look_time.tolist(),
    }
