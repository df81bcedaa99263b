"""Simulated trials of an analysis, cut into blocks that threads or the workers of a cluster share."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from equipoise.design.assumptions import MONTH
from equipoise.design.errors import DesignError
from equipoise.stats import (
    Crossover,
    Look,
    PiecewiseHazard,
    ReadingDelay,
    SimulatedStratum,
    SimulatedTrials,
    TrialPlan,
    simulate_trials,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from equipoise.design.allocator import Allocator
    from equipoise.design.assumptions import Assumptions
    from equipoise.stats import GroupSequential

__all__ = ["BLOCK", "Mapper", "SimulationJob", "on_threads", "run_trials", "simulated_power", "trial_plan"]

Job = TypeVar("Job")
Value = TypeVar("Value")

BLOCK = 2_000
"""Trials of a block."""
NO_EFFECT = PiecewiseHazard((1.0,))


class Mapper(Protocol):
    """Calls a function on every item, somewhere; gives the values in the order of the items."""

    def __call__(self, function: Callable[[Job], Value], items: Sequence[Job]) -> list[Value]: ...


def on_threads(function: Callable[[Job], Value], items: Sequence[Job]) -> list[Value]:
    """Call a function on every item, on as many threads as there are processors."""
    workers = min(len(items), os.cpu_count() or 1)
    if workers <= 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(workers, "equipoise") as pool:
        return list(pool.map(function, items))


@dataclass(frozen=True, kw_only=True)
class SimulationJob:
    """A block of trials."""

    plan: TrialPlan
    n_trials: int
    seed: int
    scenario: int
    first: int


def simulate_job(job: SimulationJob) -> SimulatedTrials:
    """Simulate a block."""
    return simulate_trials(job.plan, job.n_trials, seed=job.seed, scenario=job.scenario, first=job.first)


def run_trials(
    plan: TrialPlan, n_trials: int, *, seed: int, scenario: int = 0, mapper: Mapper = on_threads
) -> SimulatedTrials:
    """Simulate trials in blocks; equal to the last bit for every mapper.

    Raises
    ------
    StatsError
        As `equipoise.stats.simulate_trials`.
    """
    jobs = [
        SimulationJob(plan=plan, n_trials=min(BLOCK, n_trials - start), seed=seed, scenario=scenario, first=start)
        for start in range(0, n_trials, BLOCK)
    ]
    parts = mapper(simulate_job, jobs)
    names = ("z", "log_hazard_ratio", "events_experimental", "events_control", "time", "n_experimental", "n_control")
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in (*names, "n_crossed_over", "n_dropped_out")
    }
    return SimulatedTrials(seed=seed, scenario=scenario, first=0, **joined)


def trial_plan(
    plan: Assumptions,
    allocator: Allocator,
    *,
    events: Sequence[float],
    effect: PiecewiseHazard | None = None,
    end: float = math.inf,
) -> TrialPlan:
    """Build the trial to be simulated, with the allocator that runs the live one.

    Parameters
    ----------
    plan, allocator
        Assumptions and allocator of the analysis.
    events
        Events at the looks, rounded up here.
    effect
        Hazard ratio; that of the assumptions unless given.
    end
        Latest end in months, where the protocol names none.

    Raises
    ------
    DesignError
        Without accrual or the number of patients.
    """
    accrual = plan.declared.accrual
    if accrual is None or plan.patients is None or plan.accrual is None:
        raise DesignError("a simulation needs design.accrual and the number of patients")
    declared = plan.declared
    ratios = effect if effect is not None else plan.effect
    roles = {plan.control: NO_EFFECT}
    hazards = [roles.get(arm, ratios if arm == plan.experimental else NO_EFFECT) for arm in allocator.arms]
    strata = tuple(
        SimulatedStratum(
            share,
            tuple(plan.control_hazard.times(PiecewiseHazard((factor,))).times(ratio) for ratio in hazards),
            levels,
        )
        for levels, share, factor in allocator.combinations()
    )
    crossover = declared.crossover
    return TrialPlan(
        n=plan.patients,
        allocation=allocator.plan,
        strata=strata,
        accrual=plan.accrual,
        looks=tuple(Look(events=math.ceil(count - 1e-9)) for count in events),
        dropout=(plan.dropout,),
        crossover=None
        if crossover is None
        else Crossover(crossover.share, 1.0 / crossover.mean_months, crossover.hazard_ratio),
        delay=ReadingDelay(declared.reading.days / MONTH, declared.reading.mean_days / MONTH),
        experimental=allocator.arms.index(plan.experimental),
        control=allocator.arms.index(plan.control),
        stratified=plan.stratified,
        end=declared.study_months or max(end, plan.accrual.duration),
    )


def simulated_power(
    plan: Assumptions,
    allocator: Allocator,
    design: GroupSequential,
    events: float,
    *,
    trials: int,
    mapper: Mapper = on_threads,
) -> list[dict[str, Any]]:
    """How trials end under the effect planned and without an effect."""
    counts = (design.information * events).tolist()
    base = trial_plan(plan, allocator, events=counts)
    found = []
    scenarios = (("effect as planned", base), ("no effect", replace(base, strata=_without(base))))
    for number, (name, trial) in enumerate(scenarios):
        run = run_trials(trial, trials, seed=plan.declared.seed, scenario=number, mapper=mapper)
        outer = np.minimum(design.lower, design.upper)
        two = plan.sided == 2
        near = np.full(design.upper.size, -np.inf) if two and design.inner is None else design.inner
        stops = run.stops(design.upper, outer, near)
        free = run.stops(design.upper, outer if two else None)
        found.append(
            {
                "scenario": name,
                "trials": trials,
                "power": stops.power,
                "std_error": stops.std_error,
                "power_without_futility": free.power,
                "stops_for_success": stops.upper.tolist(),
                "stops_for_futility": (stops.inner if two else stops.lower).tolist(),
                "stops_on_other_side": stops.lower.tolist() if two else None,
                "expected_events": stops.expected_events,
                "expected_months": stops.expected_time,
                "expected_patients": stops.expected_n,
                "look_months": run.time.mean(axis=0).tolist(),
                "look_events": run.events.mean(axis=0).tolist(),
                "dropped_out": float(run.n_dropped_out[:, -1].mean()),
                "crossed_over": float(run.n_crossed_over[:, -1].mean()),
            }
        )
    return found


def _without(plan: TrialPlan) -> tuple[SimulatedStratum, ...]:
    """Strata in which every arm has the control hazard."""
    return tuple(SimulatedStratum(s.share, (s.hazards[plan.control],) * len(s.hazards), s.levels) for s in plan.strata)
