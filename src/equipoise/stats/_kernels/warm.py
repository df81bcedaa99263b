"""Compile every kernel once, so that no user waits: `python -m equipoise.stats._kernels.warm`.

The kernels are called through the public functions on a few rows, because that is how their argument types come about.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from equipoise import stats
from equipoise.stats import allocation

GROUP = np.array([0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
TIME = np.array([1.0, 1.0, 2.0, 3.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])
EVENT = np.array([1, 1, 1, 0, 1, 1, 0, 1, 1, 0])
ENTRY = np.array([0.0, 0.0, 0.5, 0.0, 1.0, 0.0, 2.0, 0.0, 1.5, 0.0])
X = np.column_stack([GROUP, np.array([0.3, 1.0, 2.0, 0.0, 0.5, -1.0, 0.2, 1.1, -0.4, 0.0])])
WEIGHTS = np.array([1.0, 2.0, 1.5, 1.0, 1.0, 2.5, 1.0, 1.0, 1.0, 2.0])
STRATA = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])


def warm_survival() -> None:
    """Call every path of the curves, tests and Cox models."""
    for entry in (None, ENTRY):
        stats.kaplan_meier(TIME, EVENT, entry=entry, weights=WEIGHTS)
        stats.nelson_aalen(TIME, EVENT, entry=entry, correct_ties=True)
        stats.logrank_test(TIME, EVENT, GROUP, entry=entry, strata=STRATA)
        stats.concordance(TIME, EVENT, X[:, 1], entry=entry, strata=STRATA)
        stats.aalen_johansen(TIME, EVENT * (1 + GROUP), entry=entry)
        for ties in ("efron", "breslow", "exact"):
            stats.cox_ph(TIME, EVENT, X, entry=entry, ties=ties)
    model = stats.cox_ph(TIME, EVENT, X, weights=WEIGHTS, strata=STRATA)
    model.residuals("schoenfeld")
    model.proportional_hazards_test()
    model.profile_limits("x1")
    stats.cox_ph(TIME, EVENT * (1 - GROUP), GROUP)
    stats.cox_ph(TIME, EVENT, np.column_stack([X, X[:, 0]]))
    many = np.linspace(0.1, 9.7, 30_000)
    stats.kaplan_meier(many, many > 5.0)
    stats.logrank_test(many, many > 5.0, np.arange(30_000) % 2, strata=np.arange(30_000) % 5000)
    stats.cox_ph(many, many > 5.0, many % 1.0, strata=np.arange(30_000) % 2)
    row = np.arange(70_000)
    stats.cox_ph(row // 2, row % 3 > 0, np.column_stack([row % 2, row % 7]), strata=row % 5)


def warm_other_methods() -> None:
    """Call the methods for competing causes, restricted means, parametric and interval-censored models."""
    cause = EVENT * (1 + GROUP)
    for entry in (None, ENTRY):
        stats.aalen_johansen(TIME, cause, entry=entry)
        stats.rmst(TIME, EVENT, tau=6.0, entry=entry)
    stats.gray_test(TIME, cause, GROUP, cause_of_interest=1)
    stats.fine_gray(TIME, cause, X, cause_of_interest=1)
    stats.aft_regression(TIME, EVENT, X)
    stats.aft_interval_regression(TIME, np.where(EVENT == 1, TIME + 1.0, np.inf), X)
    stats.piecewise_exponential(TIME, EVENT, X, cuts=[3.5])
    stats.turnbull(TIME - 1.0, np.where(EVENT == 1, TIME, np.inf))


def warm_allocation() -> None:
    """Call every method of randomization."""
    plans = (
        allocation.permuted_blocks([1, 1], [4], n_levels=[2]),
        allocation.biased_coin([1, 1], n_levels=[2]),
        allocation.minimization([1, 1], [2]),
        allocation.urn([1, 1], n_levels=[2]),
    )
    for plan in plans:
        allocation.allocate(plan, allocation.philox_uniforms(0, 4), [[0], [1], [0], [0]])
        allocation.simulate(plan, [[0], [1], [0], [0]], n_trials=2, seed=0)
    plan = plans[1]
    allocation.allocate_rows(plan, allocation.empty_state(plan), np.array([[0]]), allocation.philox_uniforms(0, 1))
    allocation.watch_balance(allocation.balance_limits(plans[0], 4, n_trials=2000), [0, 1, 0, 1], [[0], [1], [0], [0]])
    allocation.detection_delay(allocation.balance_limits(plans[2], 4, n_trials=2000), [0.5, 0.5], n_trials=1)
    for plan in (allocation.permuted_blocks([1, 1], [4]), allocation.biased_coin([1, 1])):
        allocation.exact_characteristics(plan, 4)
    outcome = allocation.exponential_outcome(100.0)
    allocation.size_of_test(plans[2], 4, lambda *_: 1.0, outcome, n_trials=1)
    allocation.operating_characteristics(plans[0], 4, n_trials=2)
    allocation.block_guess(plans[0], [0, 1, 0, 1], [[0], [1], [0], [0]])
    allocation.rerandomization_test(plans[0], [0, 1, 0, 1], [1.0, 2.0, 3.0, 4.0], [[0], [1], [0], [0]], n_draws=9)
    allocation.scores(plans[2], allocation.empty_state(plans[2]), [0])


def warm_design() -> None:
    """Call the boundaries, the search of two-stage designs, the models of crossover and the simulator."""
    stats.group_sequential(3, power=0.9, futility="lan_demets_pocock", binding=True)
    stats.simon_two_stage(0.1, 0.4, largest=20)
    limit = np.full(TIME.size, 9.0)
    switch = np.where((GROUP == 0) & (TIME > 2.0), 1.0, np.nan)
    stats.rpsftm(TIME, EVENT, GROUP, switch_time=switch, censor_time=limit)
    warm_g_estimation()
    hazard = stats.PiecewiseHazard((0.1,))
    stratum = stats.SimulatedStratum(1.0, (hazard, hazard), (0,))
    trial = stats.TrialPlan(
        n=8,
        allocation=allocation.permuted_blocks([1, 1], [4], n_levels=[1]),
        strata=(stratum,),
        accrual=stats.Accrual(4.0),
        looks=(stats.Look(events=4),),
    )
    stats.simulate_trials(trial, 2, seed=1)
    stats.replay_trial(trial, 0, seed=1)
    stats.trial_from_times(TIME, GROUP)


def warm_g_estimation() -> None:
    """Call two-stage estimation: ten patients progress at 1, and some of the control arm switch at 3."""
    subject = np.repeat(np.arange(10), 3)
    end = np.linspace(6.0, 9.0, 10)
    stop = np.column_stack([np.full(10, 1.0), np.full(10, 3.0), end]).ravel()
    stats.two_stage_g(
        subject,
        np.tile([0.0, 1.0, 3.0], 10),
        stop,
        (stop > 3.0) & (subject % 3 > 0),
        subject % 2,
        progression_time=np.full(30, 1.0),
        switch_time=np.where(np.isin(subject, [2, 8]), 3.0, np.nan),
        recensor=False,
    )


def main() -> None:
    """Warm the cache and say how long it took."""
    start = time.perf_counter()
    warm_survival()
    warm_other_methods()
    warm_allocation()
    warm_design()
    sys.stdout.write(f"equipoise.stats: kernels compiled and cached in {time.perf_counter() - start:.1f} s\n")


if __name__ == "__main__":
    main()
