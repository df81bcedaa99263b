"""Whole trials with times to event: accrual, allocation, events, dropout.

Every number of patient i of trial t is a pure function of (seed, scenario, t, i), so that a trial can be drawn alone
and nothing depends on the order or the number of threads. Looks and tests are in `simulated_looks`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from equipoise.stats._kernels.allocation import ALLOCATION_STREAM, Plan, next_arm
from equipoise.stats._kernels.decorator import compiled, inlined
from equipoise.stats._kernels.draws import exponentials, fill_pairs

ENTRY_STREAM, EVENT_STREAM, CROSSOVER_STREAM = 1, 2, 3
NEVER = 1e300
BY_EVENTS, BY_CALENDAR = 0, 1


class TrialModel(NamedTuple):
    """A trial in arrays; made by `equipoise.stats.simulation`."""

    n: int
    experimental: int
    control: int
    stratum_below: np.ndarray
    """Cumulative shares of the strata."""
    stratum_rows: np.ndarray
    """Rows of the allocation state of a patient of each stratum."""
    stratum_test: np.ndarray
    """Stratum of the test for each stratum, from 0."""
    n_state_rows: int
    random_accrual: bool
    entry_patients: np.ndarray
    """Patients expected at the times of `entry_times`, from 0 to n."""
    entry_times: np.ndarray
    cuts: np.ndarray
    """Times since entry at which hazards change, from 0."""
    hazard: np.ndarray
    """Hazard (arm, stratum, interval)."""
    cumulative: np.ndarray
    """Cumulative hazard at the cuts (arm, stratum, interval)."""
    dropout: np.ndarray
    """Dropout hazard (arm, 1, interval)."""
    dropout_cumulative: np.ndarray
    may_drop_out: bool
    """Whether any dropout hazard is above 0."""
    cross_probability: float
    cross_hazard: float
    """Hazard of becoming free to cross over, of control patients."""
    cross_factor: float
    """Hazard after crossover over that before it."""
    delay_fixed: float
    delay_mean: float
    """Time from an event to its being known: a fixed part and the mean of an exponential one."""
    look_kind: np.ndarray
    look_at: np.ndarray
    """Events known, or calendar time, of each look; rising."""
    end: float
    """Calendar time at which the trial ends at the latest."""


class Patients(NamedTuple):
    """The patients of one trial in order of entry: times from entry on, `known` the calendar time of knowing."""

    entry: np.ndarray
    arm: np.ndarray
    stratum: np.ndarray
    event: np.ndarray
    dropout: np.ndarray
    crossover: np.ndarray
    known: np.ndarray


class Draws(NamedTuple):
    """Room for the draws of one trial."""

    first: np.ndarray
    second: np.ndarray
    third: np.ndarray
    work: np.ndarray
    state: np.ndarray
    """State of the allocation."""
    probability: np.ndarray
    """One cell per listed arm."""


@compiled
def room_for(model: TrialModel, plan: Plan) -> tuple[Patients, Draws]:
    """Make room for one trial."""
    n = model.n
    patients = Patients(
        np.empty(n),
        np.empty(n, np.int64),
        np.empty(n, np.int64),
        np.empty(n),
        np.empty(n),
        np.empty(n),
        np.empty(n),
    )
    state = np.empty((model.n_state_rows, plan.share.size), np.int64)
    draws = Draws(np.empty(n + 1), np.empty(n + 1), np.empty(n + 1), np.empty(n + 1), state, np.empty(plan.share.size))
    return patients, draws


@inlined
def _inverse(total: float, cuts: np.ndarray, hazard: np.ndarray, cumulative: np.ndarray, a: int, s: int) -> float:
    """Time at which a cumulative hazard is reached."""
    k = cuts.size - 1
    while k > 0 and cumulative[a, s, k] > total:
        k -= 1
    if hazard[a, s, k] <= 0.0:
        return NEVER
    return float(cuts[k] + (total - cumulative[a, s, k]) / hazard[a, s, k])


@inlined
def _cumulative_at(time: float, model: TrialModel, a: int, s: int) -> float:
    k = model.cuts.size - 1
    while k > 0 and model.cuts[k] > time:
        k -= 1
    return float(model.cumulative[a, s, k] + (time - model.cuts[k]) * model.hazard[a, s, k])


@inlined
def _entry_time(patients: float, model: TrialModel) -> float:
    k = model.entry_patients.size - 2
    while k > 0 and model.entry_patients[k] > patients:
        k -= 1
    span = model.entry_patients[k + 1] - model.entry_patients[k]
    length = model.entry_times[k + 1] - model.entry_times[k]
    return float(model.entry_times[k] + (patients - model.entry_patients[k]) * length / span)


@inlined
def _draw_entries(model: TrialModel, seed: int, scenario: int, trial: int, patients: Patients, draws: Draws) -> None:
    """Draw entry times and strata."""
    n = model.n
    # spacings of a Poisson process of n + 1 points: order statistics of n uniform entries
    fill_pairs(seed, scenario, trial, ENTRY_STREAM, n + 1, draws.first, draws.second)
    for i in range(n):
        s = 0
        while s < model.stratum_below.size - 1 and draws.second[i] >= model.stratum_below[s]:
            s += 1
        patients.stratum[i] = s
    if model.random_accrual:
        exponentials(draws.first, n + 1, draws.work, draws.second)
        reached = 0.0
        for i in range(n + 1):
            reached += draws.second[i]
            draws.first[i] = reached
        for i in range(n):
            patients.entry[i] = _entry_time(model.n * draws.first[i] / reached, model)
    else:
        for i in range(n):
            patients.entry[i] = _entry_time(i + 0.5, model)


@inlined
def _draw_arms(
    model: TrialModel, plan: Plan, seed: int, scenario: int, trial: int, patients: Patients, draws: Draws
) -> None:
    """Allocate as the live trial does."""
    fill_pairs(seed, scenario, trial, ALLOCATION_STREAM, model.n, draws.first, draws.second)
    draws.state[:] = 0
    for i in range(model.n):
        rows = model.stratum_rows[patients.stratum[i]]
        listed = next_arm(plan, draws.state, rows, draws.first[i], draws.second[i], draws.probability)
        patients.arm[i] = plan.arm_of[listed]


@inlined
def _draw_crossover(model: TrialModel, seed: int, scenario: int, trial: int, patients: Patients, draws: Draws) -> None:
    """Draw crossover and the delay of readings; `draws.third`, the cumulative hazard at the event, is changed."""
    n = model.n
    fill_pairs(seed, scenario, trial, CROSSOVER_STREAM, n, draws.first, draws.second)
    for i in range(n):
        crosses = patients.arm[i] == model.control and draws.first[i] < model.cross_probability
        # the same uniform, stretched back to (0, 1), gives the time: one draw serves both
        draws.first[i] = draws.first[i] / model.cross_probability if crosses else -1.0
    exponentials(draws.second, n, draws.work, patients.event)
    for i in range(n):
        patients.known[i] += model.delay_mean * patients.event[i]
        draws.second[i] = max(draws.first[i], 0.0)
    exponentials(draws.second, n, draws.work, patients.event)
    for i in range(n):
        if draws.first[i] < 0.0:
            continue
        s, a = patients.stratum[i], patients.arm[i]
        time, total = patients.event[i] / model.cross_hazard, draws.third[i]
        before = _cumulative_at(time, model, a, s)
        if before < total:
            patients.crossover[i] = time
            draws.third[i] = before + (total - before) / model.cross_factor


@inlined
def _draw_events(model: TrialModel, seed: int, scenario: int, trial: int, patients: Patients, draws: Draws) -> None:
    """Draw times to event, dropout, crossover, and the time at which an event is known."""
    n = model.n
    event, dropout, crossover, known = patients.event, patients.dropout, patients.crossover, patients.known
    fill_pairs(seed, scenario, trial, EVENT_STREAM, n, draws.first, draws.second)
    exponentials(draws.first, n, draws.work, draws.third)
    for i in range(n):
        crossover[i] = NEVER
        known[i] = model.delay_fixed
        dropout[i] = NEVER
    if model.may_drop_out:
        exponentials(draws.second, n, draws.work, draws.first)
        for i in range(n):
            dropout[i] = _inverse(
                draws.first[i], model.cuts, model.dropout, model.dropout_cumulative, patients.arm[i], 0
            )
    if model.cross_probability > 0.0 or model.delay_mean > 0.0:
        _draw_crossover(model, seed, scenario, trial, patients, draws)
    for i in range(n):
        event[i] = _inverse(
            draws.third[i], model.cuts, model.hazard, model.cumulative, patients.arm[i], patients.stratum[i]
        )
        seen = event[i] <= dropout[i] and event[i] < NEVER
        known[i] = patients.entry[i] + event[i] + known[i] if seen else NEVER


@compiled
def draw_trial(
    model: TrialModel, plan: Plan, seed: int, scenario: int, trial: int, patients: Patients, draws: Draws
) -> None:
    """Draw the patients of one trial."""
    _draw_entries(model, seed, scenario, trial, patients, draws)
    _draw_arms(model, plan, seed, scenario, trial, patients, draws)
    _draw_events(model, seed, scenario, trial, patients, draws)


@compiled
def data_at(model: TrialModel, cut: float, patients: Patients, time: np.ndarray, status: np.ndarray) -> None:
    """Write the times and events that are in the data at a calendar time; patients not yet entered get time -1."""
    for i in range(model.n):
        follow = cut - patients.entry[i]
        if follow <= 0.0:
            time[i] = -1.0
            status[i] = False
        else:
            status[i] = patients.known[i] <= cut
            time[i] = patients.event[i] if status[i] else min(patients.event[i], patients.dropout[i], follow)
