"""Whole trials with times to event: accrual, allocation, events, dropout, looks, stratified log-rank test.

Every number of patient i of trial t is a pure function of (seed, scenario, t, i), so that a trial can be drawn alone
and nothing depends on the order or the number of threads.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from equipoise.stats._kernels.allocation import ALLOCATION_STREAM, Plan, next_arm
from equipoise.stats._kernels.decorator import compiled, inlined
from equipoise.stats._kernels.philox import uniform_pair

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
    """Dropout hazard (arm, interval)."""
    dropout_cumulative: np.ndarray
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


@inlined
def _inverse(total: float, cuts: np.ndarray, hazard: np.ndarray, cumulative: np.ndarray) -> float:
    """Time at which a cumulative hazard is reached."""
    k = cuts.size - 1
    while k > 0 and cumulative[k] > total:
        k -= 1
    if hazard[k] <= 0.0:
        return NEVER
    return float(cuts[k] + (total - cumulative[k]) / hazard[k])


@inlined
def _cumulative_at(time: float, cuts: np.ndarray, hazard: np.ndarray, cumulative: np.ndarray) -> float:
    k = cuts.size - 1
    while k > 0 and cuts[k] > time:
        k -= 1
    return float(cumulative[k] + (time - cuts[k]) * hazard[k])


@inlined
def _entry_time(patients: float, model: TrialModel) -> float:
    k = model.entry_patients.size - 2
    while k > 0 and model.entry_patients[k] > patients:
        k -= 1
    span = model.entry_patients[k + 1] - model.entry_patients[k]
    length = model.entry_times[k + 1] - model.entry_times[k]
    return float(model.entry_times[k] + (patients - model.entry_patients[k]) * length / span)


@compiled
def draw_trial(
    model: TrialModel,
    plan: Plan,
    seed: int,
    scenario: int,
    trial: int,
    state: np.ndarray,
    scratch: np.ndarray,
    entry: np.ndarray,
    arm: np.ndarray,
    stratum: np.ndarray,
    event: np.ndarray,
    dropout: np.ndarray,
    crossover: np.ndarray,
    known: np.ndarray,
) -> None:
    """Draw the patients of one trial, in order of entry: times from entry on, `known` the calendar time of knowing."""
    state[:] = 0
    reached = 0.0
    for i in range(model.n):
        u_spacing, u_stratum = uniform_pair(seed, scenario, trial, i, ENTRY_STREAM)
        reached -= math.log1p(-u_spacing)
        entry[i] = reached
        s = 0
        while s < model.stratum_below.size - 1 and u_stratum >= model.stratum_below[s]:
            s += 1
        stratum[i] = s
        u_arm, u_size = uniform_pair(seed, scenario, trial, i, ALLOCATION_STREAM)
        a = plan.arm_of[next_arm(plan, state, model.stratum_rows[s], u_arm, u_size, scratch)]
        arm[i] = a
        u_event, u_dropout = uniform_pair(seed, scenario, trial, i, EVENT_STREAM)
        total = -math.log1p(-u_event)
        crossover[i] = NEVER
        delay = model.delay_fixed
        if model.cross_probability > 0.0 or model.delay_mean > 0.0:
            u_cross, u_delay = uniform_pair(seed, scenario, trial, i, CROSSOVER_STREAM)
            delay -= model.delay_mean * math.log1p(-u_delay)
            if a == model.control and u_cross < model.cross_probability:
                # the same uniform, stretched back to (0, 1), gives the time: one draw serves both
                crossover[i] = -math.log1p(-u_cross / model.cross_probability) / model.cross_hazard
                before = _cumulative_at(crossover[i], model.cuts, model.hazard[a, s], model.cumulative[a, s])
                if before < total:
                    total = before + (total - before) / model.cross_factor
                else:
                    crossover[i] = NEVER
        event[i] = _inverse(total, model.cuts, model.hazard[a, s], model.cumulative[a, s])
        gone = -math.log1p(-u_dropout)
        dropout[i] = _inverse(gone, model.cuts, model.dropout[a], model.dropout_cumulative[a])
        known[i] = delay
    if model.random_accrual:
        # spacings of a Poisson process of n + 1 points: order statistics of n uniform entries
        u_spacing, _ = uniform_pair(seed, scenario, trial, model.n, ENTRY_STREAM)
        reached -= math.log1p(-u_spacing)
    for i in range(model.n):
        patients = model.n * entry[i] / reached if model.random_accrual else i + 0.5
        entry[i] = _entry_time(patients, model)
        seen = event[i] <= dropout[i] and event[i] < NEVER
        known[i] = entry[i] + event[i] + known[i] if seen else NEVER


@inlined
def _nth_smallest(values: np.ndarray, count: int, n: int) -> float:
    """Value number n (from 0) of the first `count`, which are put in another order (Hoare's selection)."""
    low, high = 0, count - 1
    while low < high:
        pivot = values[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if n <= j:
            high = j
        elif n >= i:
            low = i
        else:
            break
    return float(values[n])


@inlined
def _sort_order(keys: np.ndarray, order: np.ndarray, n: int, stack: np.ndarray) -> None:
    """Sort `order` by its keys: quicksort down to short runs, then insertion."""
    depth = 0
    low, high = 0, n - 1
    while True:
        while high - low > 12:
            middle = keys[order[(low + high) // 2]]
            i, j = low, high
            while i <= j:
                while keys[order[i]] < middle:
                    i += 1
                while keys[order[j]] > middle:
                    j -= 1
                if i <= j:
                    order[i], order[j] = order[j], order[i]
                    i += 1
                    j -= 1
            stack[depth], stack[depth + 1] = i, high
            depth += 2
            high = j
        if depth == 0:
            break
        depth -= 2
        low, high = stack[depth], stack[depth + 1]
    for i in range(1, n):
        item = order[i]
        key = keys[item]
        j = i - 1
        while j >= 0 and keys[order[j]] > key:
            order[j + 1] = order[j]
            j -= 1
        order[j + 1] = item


@compiled
def data_at(
    model: TrialModel,
    cut: float,
    entry: np.ndarray,
    event: np.ndarray,
    dropout: np.ndarray,
    known: np.ndarray,
    time: np.ndarray,
    status: np.ndarray,
) -> None:
    """Write the times and events that are in the data at a calendar time; patients not yet entered get time -1."""
    for i in range(model.n):
        follow = cut - entry[i]
        if follow <= 0.0:
            time[i] = -1.0
            status[i] = False
        else:
            status[i] = known[i] <= cut
            time[i] = event[i] if status[i] else min(event[i], dropout[i], follow)


@compiled
def logrank_sums_of(
    model: TrialModel,
    arm: np.ndarray,
    stratum: np.ndarray,
    time: np.ndarray,
    status: np.ndarray,
    order: np.ndarray,
    stack: np.ndarray,
    at_risk: np.ndarray,
    out: np.ndarray,
) -> None:
    """Write observed minus expected events of the experimental arm, its variance, and the events of both arms."""
    m = 0
    at_risk[:] = 0.0
    for i in range(model.n):
        side = 1 if arm[i] == model.experimental else (0 if arm[i] == model.control else -1)
        if time[i] >= 0.0 and side >= 0:
            order[m] = i
            m += 1
            at_risk[model.stratum_test[stratum[i]], side] += 1.0
    _sort_order(time, order, m, stack)
    score, variance, first, second = 0.0, 0.0, 0.0, 0.0
    at = 0
    while at < m:
        now = time[order[at]]
        after = at + 1
        while after < m and time[order[after]] == now:
            after += 1
        for p in range(at, after):
            i = order[p]
            s = model.stratum_test[stratum[i]]
            if status[i]:
                # deaths at one time in one stratum are taken together, at the first of them
                deaths, deaths1, earlier = 0.0, 0.0, False
                for q in range(at, after):
                    k = order[q]
                    if status[k] and model.stratum_test[stratum[k]] == s:
                        if q < p:
                            earlier = True
                        deaths += 1.0
                        if arm[k] == model.experimental:
                            deaths1 += 1.0
                if not earlier:
                    n1 = at_risk[s, 1]
                    n = n1 + at_risk[s, 0]
                    share = n1 / n
                    score += deaths1 - deaths * share
                    if n > 1.0:
                        variance += deaths * share * (1.0 - share) * (n - deaths) / (n - 1.0)
                    first += deaths1
                    second += deaths - deaths1
        for p in range(at, after):
            i = order[p]
            at_risk[model.stratum_test[stratum[i]], 1 if arm[i] == model.experimental else 0] -= 1.0
        at = after
    out[0], out[1], out[2], out[3] = score, variance, first, second


@compiled
def look_times(model: TrialModel, known: np.ndarray, scratch: np.ndarray, out: np.ndarray) -> None:
    """Write the calendar time of each look; the end of the trial where the events are never known."""
    count = 0
    for i in range(known.size):
        if known[i] < NEVER:
            scratch[count] = known[i]
            count += 1
    for look in range(model.look_at.size):
        if model.look_kind[look] == BY_CALENDAR:
            out[look] = min(model.look_at[look], model.end)
        else:
            wanted = int(model.look_at[look])
            out[look] = min(_nth_smallest(scratch, count, wanted - 1), model.end) if wanted <= count else model.end


@compiled
def simulate_block(
    model: TrialModel, plan: Plan, seed: int, scenario: int, first: int, sums: np.ndarray, facts: np.ndarray
) -> None:
    """Simulate trials from number `first` on.

    `sums` (trials, looks, 4) gets observed minus expected, variance, events of both arms; `facts` (trials, looks, 5)
    the calendar time, patients entered in both arms, crossovers up to then, and dropouts.
    """
    n = model.n
    state = np.empty((model.n_state_rows, plan.share.size), np.int64)
    scratch = np.empty(plan.share.size)
    entry, event, dropout = np.empty(n), np.empty(n), np.empty(n)
    crossover, known, time, spare = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    arm, stratum, order = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    status = np.empty(n, np.bool_)
    stack = np.empty(256, np.int64)
    at_risk = np.empty((model.stratum_test.max() + 1, 2))
    cuts = np.empty(model.look_at.size)
    for t in range(sums.shape[0]):
        draw_trial(
            model,
            plan,
            seed,
            scenario,
            first + t,
            state,
            scratch,
            entry,
            arm,
            stratum,
            event,
            dropout,
            crossover,
            known,
        )
        look_times(model, known, spare, cuts)
        for look in range(cuts.size):
            data_at(model, cuts[look], entry, event, dropout, known, time, status)
            logrank_sums_of(model, arm, stratum, time, status, order, stack, at_risk, sums[t, look])
            facts[t, look, :] = 0.0
            facts[t, look, 0] = cuts[look]
            for i in range(n):
                follow = cuts[look] - entry[i]
                if follow > 0.0:
                    if arm[i] == model.experimental:
                        facts[t, look, 1] += 1.0
                    elif arm[i] == model.control:
                        facts[t, look, 2] += 1.0
                    if crossover[i] <= follow:
                        facts[t, look, 3] += 1.0
                    if not status[i] and dropout[i] < min(event[i], follow):
                        facts[t, look, 4] += 1.0
