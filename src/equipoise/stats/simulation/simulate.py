"""Simulate trials, and say how a design behaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats._kernels.simulated_looks import arm_cells, look_times, simulate_block, sorting_room
from equipoise.stats._kernels.simulation import NEVER, data_at, draw_trial, room_for
from equipoise.stats.allocation.streams import check_counters
from equipoise.stats.errors import StatsError
from equipoise.stats.result import Result
from equipoise.stats.simulation.model import WITHOUT_END, TrialPlan, arrays_of
from equipoise.stats.survival.parallel import each

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["SimulatedTrial", "SimulatedTrials", "StopSummary", "replay_trial", "simulate_trials"]

BLOCK = 250
"""Trials of a block: the unit that threads share. Small, so that none waits long for the last one."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class StopSummary(Result):
    """How simulated trials end under bounds. Arrays have one entry a look."""

    n_trials: int
    power: float
    """Share of the trials with success at any look."""
    std_error: float
    """Monte Carlo standard error of the power."""
    upper: NDArray[np.float64]
    """Share that stops for success at each look."""
    lower: NDArray[np.float64]
    """Share that stops at or below the lower bound at each look; at the last, that ends without success."""
    inner: NDArray[np.float64]
    """Share that stops for futility where the test has two sides; at the last look, that crosses neither bound."""
    expected_events: float
    expected_time: float
    expected_n: float

    def _facts(self) -> Mapping[str, object]:
        names = ("n_trials", "power", "std_error", "expected_events", "expected_time", "expected_n")
        return {name: getattr(self, name) for name in names}

    def _columns(self) -> Mapping[str, NDArray[np.float64]]:
        inner = {"inner": self.inner} if self.inner.any() else {}
        return {"upper": self.upper, "lower": self.lower, **inner}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class SimulatedTrials(Result):
    """Looks of many trials: arrays (trials, looks). z below 0 is in favor of the experimental arm."""

    seed: int
    scenario: int
    first: int
    """Number of the first trial."""
    z: NDArray[np.float64]
    """Log-rank statistic, stratified where the plan is; 0 where nobody has had an event."""
    log_hazard_ratio: NDArray[np.float64]
    """One-step estimate, (O - E) / V."""
    events_experimental: NDArray[np.float64]
    events_control: NDArray[np.float64]
    time: NDArray[np.float64]
    """Calendar time of the look; infinite where its events are never known and the trial has no end."""
    n_experimental: NDArray[np.float64]
    n_control: NDArray[np.float64]
    n_crossed_over: NDArray[np.float64]
    n_dropped_out: NDArray[np.float64]

    @property
    def events(self) -> NDArray[np.float64]:
        """Events known at the looks, both arms."""
        return self.events_experimental + self.events_control

    def _facts(self) -> Mapping[str, object]:
        return {"trials": self.z.shape[0], "looks": self.z.shape[1], "seed": self.seed, "scenario": self.scenario}

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[np.float64]]:
        names = ("z", "events", "time", "n_experimental", "n_control", "n_crossed_over", "n_dropped_out")
        means = {f"mean_{name}": getattr(self, name).mean(axis=0) for name in names}
        return {"look": list(range(1, self.z.shape[1] + 1)), **means}

    def stops(self, upper: ArrayLike, lower: ArrayLike | None = None, inner: ArrayLike | None = None) -> StopSummary:
        """Share of the trials that stop at each look.

        Parameters
        ----------
        upper
            Efficacy bounds of -z, as `group_sequential` gives them.
        lower
            Bounds of -z at or below which trials stop, too: those of futility, or of the other side.
        inner
            Futility bounds of the absolute z, where the test has two sides.

        Raises
        ------
        StatsError
            Not one bound a look.
        """
        looks = self.z.shape[1]
        none = np.full(looks, -np.inf)
        high, low, near = (
            none if bound is None else np.asarray(bound, dtype=np.float64) for bound in (upper, lower, inner)
        )
        if not high.shape == low.shape == near.shape == (looks,):
            seen = ", ".join(str(bound.shape) for bound in (high, low, near))
            raise StatsError(f"upper, lower, inner: expected {looks} bounds, one a look, got {seen}")
        success, below, within = -self.z >= high, -self.z <= low, np.abs(self.z) <= near
        within &= ~success & ~below
        rest = within if inner is not None else below
        rest[:, -1] |= ~(success | below)[:, -1]
        look = (success | below | within).argmax(axis=1)
        rows = np.arange(look.size)
        won, small = success[rows, look], within[rows, look]
        power = float(won.mean())
        n = self.n_experimental + self.n_control
        return StopSummary(
            n_trials=look.size,
            power=power,
            std_error=float(np.sqrt(power * (1.0 - power) / look.size)),
            upper=np.bincount(look[won], minlength=looks) / look.size,
            lower=np.bincount(look[~won & ~small], minlength=looks) / look.size,
            inner=np.bincount(look[small], minlength=looks) / look.size,
            expected_events=float(self.events[rows, look].mean()),
            expected_time=float(self.time[rows, look].mean()),
            expected_n=float(n[rows, look].mean()),
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class SimulatedTrial(Result):
    """The patients of one trial, in order of entry, as they are in the data at each look.

    `time` and `event` have shape (looks, patients); a patient not yet entered has time -1.
    """

    entry: NDArray[np.float64]
    arm: NDArray[np.int64]
    stratum: NDArray[np.int64]
    event_time: NDArray[np.float64]
    """True time from entry to the event; infinite where there is none."""
    dropout_time: NDArray[np.float64]
    crossover_time: NDArray[np.float64]
    known: NDArray[np.float64]
    """Calendar time at which the event is known."""
    looks: NDArray[np.float64]
    time: NDArray[np.float64]
    event: NDArray[np.bool_]

    def _columns(self) -> Mapping[str, NDArray[np.float64] | NDArray[np.int64]]:
        names = ("entry", "arm", "stratum", "event_time", "dropout_time", "crossover_time", "known")
        return {name: getattr(self, name) for name in names}

    def _facts(self) -> Mapping[str, object]:
        return {"n": self.entry.size, "looks": self.looks.size}


def simulate_trials(plan: TrialPlan, n_trials: int, *, seed: int, scenario: int = 0, first: int = 0) -> SimulatedTrials:
    """Simulate trials and test each at its looks.

    Parameters
    ----------
    plan
        The trial.
    n_trials
        Number of trials.
    seed, scenario
        Key of the random streams.
    first
        Number of the first trial: trials 1000 to 1999 are the same whether drawn alone or among others.

    Returns
    -------
    SimulatedTrials
        Equal to the last bit for every number of threads (`equipoise.stats.threads`).

    Raises
    ------
    StatsError
        Lists everything that is wrong with the plan or the counters.
    """
    model = arrays_of(plan)
    check_counters(seed, scenario=scenario, first=first, n_trials=n_trials)
    if n_trials < 1:
        raise StatsError(f"n_trials: expected 1 or more, got {n_trials!r}")
    looks = len(plan.looks)
    sums, facts = np.empty((n_trials, looks, 6)), np.empty((n_trials, looks, 3))

    def run(start: int) -> None:
        part = slice(start, min(start + BLOCK, n_trials))
        simulate_block(model, plan.allocation, seed, scenario, first + start, sums[part], facts[part])

    each(run, range(0, n_trials, BLOCK))
    return trials_of(sums, facts, seed=seed, scenario=scenario, first=first)


def trials_of(
    sums: NDArray[np.float64], facts: NDArray[np.float64], *, seed: int, scenario: int, first: int
) -> SimulatedTrials:
    """Name what the kernels wrote."""
    score, variance = sums[..., 0], sums[..., 1]
    safe = np.where(variance > 0.0, variance, 1.0)
    return SimulatedTrials(
        seed=seed,
        scenario=scenario,
        first=first,
        z=score / np.sqrt(safe),
        log_hazard_ratio=score / safe,
        events_experimental=sums[..., 2],
        events_control=sums[..., 3],
        time=_endless(facts[..., 0]),
        n_experimental=sums[..., 4],
        n_control=sums[..., 5],
        n_crossed_over=facts[..., 1],
        n_dropped_out=facts[..., 2],
    )


def replay_trial(plan: TrialPlan, trial: int, *, seed: int, scenario: int = 0) -> SimulatedTrial:
    """Draw one trial again, with all its patients.

    Raises
    ------
    StatsError
        As `simulate_trials`.
    """
    model = arrays_of(plan)
    check_counters(seed, scenario=scenario, trial=trial)
    patients, draws = room_for(model, plan.allocation)
    draw_trial(model, plan.allocation, seed, scenario, trial, patients, draws)
    looks, cell = np.empty(len(plan.looks)), np.empty(plan.n, np.int64)
    arm_cells(model, patients, cell)
    look_times(model.look_kind, model.look_at, model.end, patients.known, cell, sorting_room(plan.n), looks)
    time, status = np.empty((looks.size, plan.n)), np.empty((looks.size, plan.n), dtype=bool)
    for k, cut in enumerate(looks):
        data_at(model, cut, patients, time[k], status[k])
    return SimulatedTrial(
        entry=patients.entry,
        arm=patients.arm,
        stratum=patients.stratum,
        event_time=_never(patients.event),
        dropout_time=_never(patients.dropout),
        crossover_time=_never(patients.crossover),
        known=_never(patients.known),
        looks=_endless(looks),
        time=time,
        event=status,
    )


def _endless(times: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(times >= WITHOUT_END, np.inf, times)


def _never(times: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(times >= NEVER, np.inf, times)
