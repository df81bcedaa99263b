"""Simulated trials against theory, against their own replay, and whatever the threads."""

import math
from dataclasses import replace

import numpy as np
import pytest

from equipoise.stats import (
    Accrual,
    Crossover,
    Look,
    PiecewiseHazard,
    ReadingDelay,
    SimulatedStratum,
    StatsError,
    Stratum,
    SurvivalPlan,
    TrialPlan,
    average_hazard_ratios,
    compare_tests,
    group_sequential,
    logrank_power,
    logrank_test,
    replay_trial,
    simulate_trials,
    threads,
)
from equipoise.stats.allocation import (
    allocate,
    biased_coin,
    complete_randomization,
    minimization,
    permuted_blocks,
    philox_uniforms,
)

CONTROL, EXPERIMENTAL = PiecewiseHazard.from_median(9), PiecewiseHazard.from_median(14)
DESIGN = group_sequential(2, alpha=0.1, power=0.85)


def strata(control=CONTROL, experimental=EXPERIMENTAL):
    return tuple(SimulatedStratum(0.25, (control, experimental), (i, j)) for i in range(2) for j in range(2))


def a021202(**changes):
    blocks = permuted_blocks([1, 1], [4, 6], n_levels=[2, 2])
    looks = (Look(events=56), Look(events=112))
    plan = TrialPlan(n=171, allocation=blocks, strata=strata(), accrual=Accrual(30), looks=looks)
    return replace(plan, **changes)


def none(control=CONTROL, experimental=EXPERIMENTAL):
    return (SimulatedStratum(1.0, (control, experimental)),)


PLANS = {
    "blocks": a021202(),
    "minimization": a021202(allocation=minimization([1, 1], [2, 2])),
    "coin": a021202(allocation=biased_coin([1, 1], n_levels=[2, 2]), stratified=False),
    "ratio": a021202(allocation=permuted_blocks([1, 2], [3, 6], n_levels=[2, 2])),
    "calendar": a021202(looks=(Look(time=18.0), Look(time=40.0)), random_accrual=False),
    "dropout": a021202(dropout=(PiecewiseHazard((0.01,)), PiecewiseHazard((0.0, 0.05), (6,))), end=48.0),
    "delay": a021202(delay=ReadingDelay(fixed=0.5, mean=1.0), end=60.0),
    "crossover": a021202(crossover=Crossover(share=0.7, hazard=0.1, hazard_ratio=0.7), end=60.0),
    "crossing": a021202(
        strata=strata(experimental=PiecewiseHazard((0.12, 0.04), (4,))), accrual=Accrual(20, (1, 0, 4), (5, 8))
    ),
}


@pytest.mark.evidence(method="simulate_trials", kind="hand", source="the log-rank test of the replayed patients")
@pytest.mark.parametrize("name", PLANS)
def test_every_look_is_the_log_rank_test_of_its_patients(name):
    plan = PLANS[name]
    found = simulate_trials(plan, 30, seed=7, scenario=3)
    for trial in (0, 13, 29):
        patients = replay_trial(plan, trial, seed=7, scenario=3)
        for k in range(len(plan.looks)):
            inside = patients.time[k] >= 0
            data = patients.time[k][inside], patients.event[k][inside], patients.arm[inside]
            stratum = patients.stratum[inside] if plan.stratified else None
            test = logrank_test(*data, strata=stratum, reference=0)
            assert found.z[trial, k] == pytest.approx(test.z, abs=1e-10)
            assert found.events[trial, k] == data[1].sum()
            assert found.time[trial, k] == patients.looks[k]
            assert found.n_control[trial, k] == (data[2] == 0).sum()


@pytest.mark.parametrize("name", PLANS)
def test_the_allocator_is_the_live_one(name):
    plan = PLANS[name]
    patients = replay_trial(plan, 5, seed=11)
    levels = np.array([plan.strata[s].levels for s in patients.stratum])
    live = allocate(plan.allocation, philox_uniforms(11, plan.n, trial=5), levels)
    assert patients.arm.tolist() == live.arm.tolist()


@pytest.mark.parametrize("name", ["blocks", "minimization", "crossover"])
def test_threads_and_blocks_change_nothing(name):
    plan = PLANS[name]
    whole = simulate_trials(plan, 4_500, seed=3)
    with threads(2):
        threaded = simulate_trials(plan, 4_500, seed=3)
    part = simulate_trials(plan, 100, seed=3, first=4_000)
    assert (whole.z == threaded.z).all()
    assert (whole.time == threaded.time).all()
    assert (whole.z[4_000:4_100] == part.z).all()
    assert (simulate_trials(plan, 100, seed=4, first=4_000).z != part.z).any()
    assert (simulate_trials(plan, 100, seed=3, scenario=1, first=4_000).z != part.z).any()


@pytest.mark.evidence(method="simulate_trials", kind="property", source="type I error of the two-look design")
@pytest.mark.evidence(method="simulate_trials", kind="property", source="analytic power of the two-look design")
def test_power_and_type_one_error_are_those_of_theory(full):
    trials = 1_000_000 if full else 40_000
    blocks = permuted_blocks([1, 1], [4])
    with threads(2):
        null = simulate_trials(a021202(strata=none(CONTROL, CONTROL), allocation=blocks), trials, seed=1)
        alternative = simulate_trials(
            a021202(strata=none(), allocation=blocks, n=400, looks=(Look(events=112),)), trials, seed=2
        )
    stopped = null.stops(DESIGN.upper)
    # the log-rank statistic is normal to about 1/sqrt(events) of its tail
    assert stopped.power == pytest.approx(0.1, abs=0.002 + 4 * stopped.std_error)
    power = alternative.stops([1.2815515655446004])
    assert power.power == pytest.approx(logrank_power(112, 9 / 14, alpha=0.1), abs=0.006 + 4 * power.std_error)


@pytest.mark.evidence(method="simulate_trials", kind="hand", source="expected events of the survival plan")
def test_events_and_times_are_those_expected():
    dropout = PiecewiseHazard((0.01, 0.03), (6,))
    plan = a021202(
        strata=none(),
        allocation=complete_randomization([1, 1]),
        dropout=(dropout,),
        looks=(Look(time=20.0), Look(time=36.0)),
    )
    found = simulate_trials(plan, 4_000, seed=5)
    expected = SurvivalPlan(
        accrual=Accrual(30).scaled(171),
        strata=(Stratum(1.0, CONTROL),),
        hazard_ratio=PiecewiseHazard((9 / 14,)),
        dropout=dropout,
    )
    for k, time in enumerate((20.0, 36.0)):
        error = found.events[:, k].std() / math.sqrt(4_000)
        assert found.events[:, k].mean() == pytest.approx(expected.events(time), abs=4.5 * error)
        patients = (found.n_control + found.n_experimental)[:, k].mean()
        assert patients == pytest.approx(expected.patients(time), abs=0.3)


def test_crossover_dilutes_and_delay_waits():
    base = simulate_trials(a021202(end=80.0), 3_000, seed=8)
    crossed = simulate_trials(PLANS["crossover"], 3_000, seed=8)
    waited = simulate_trials(PLANS["delay"], 3_000, seed=8)
    assert crossed.n_crossed_over[:, -1].mean() > 20
    assert crossed.stops([1.28] * 2).power < base.stops([1.28] * 2).power - 0.02
    assert waited.time[:, 0].mean() > base.time[:, 0].mean() + 0.5
    harmless = simulate_trials(a021202(crossover=Crossover(0.7, 0.1, 1.0), end=80.0), 3_000, seed=8)
    assert np.allclose(harmless.z, base.z)


def test_a_look_that_is_never_reached_is_made_at_the_end():
    plan = a021202(looks=(Look(events=56), Look(events=170)), end=31.0)
    found = simulate_trials(plan, 50, seed=1)
    assert (found.time[:, 1] == 31.0).all()
    assert (found.events[:, 1] < 170).all()


def test_a_look_never_comes_before_the_one_ahead_of_it():
    """Twenty events are known long before month 60."""
    found = simulate_trials(a021202(looks=(Look(time=60.0), Look(events=20))), 20, seed=3)
    assert (found.time[:, 1] == 60.0).all()
    assert np.array_equal(found.z[:, 0], found.z[:, 1])


def test_events_never_reached_in_a_trial_without_an_end_take_for_ever():
    plan = a021202(dropout=(PiecewiseHazard((0.1,)),), looks=(Look(events=160),))
    found = simulate_trials(plan, 20, seed=3)
    assert np.isinf(found.time).all()
    assert (found.events < 160).all()
    assert np.isinf(replay_trial(plan, 1, seed=3).looks).all()
    assert math.isfinite(compare_tests(plan, 5, tau=9.0, milestone=9.0).average_hazard_ratio[0])


@pytest.mark.evidence(method="compare_tests", kind="property", source="delayed effects favor late weights")
def test_tests_side_by_side():
    delayed = PiecewiseHazard((CONTROL.rates[0], 0.03), (4,))
    allocation = permuted_blocks([1, 1], [4])
    plan = a021202(strata=none(CONTROL, delayed), allocation=allocation, looks=(Look(events=120),), end=90.0)
    found = compare_tests(plan, 300, tau=18.0, milestone=18.0, seed=4)
    power = dict(zip(found.tests, found.power, strict=True))
    assert power["max-combo"] > power["log-rank"] - 0.02
    assert all(0.2 < p <= 1 for p in power.values())
    assert 0.39 < found.average_hazard_ratio[0] < 0.9
    fast = simulate_trials(plan, 300, seed=4)
    assert power["log-rank"] == pytest.approx((fast.z[:, -1] <= -1.959964).mean(), abs=1e-9)
    cured = PiecewiseHazard((CONTROL.rates[0], 0.0), (12,))
    cure = compare_tests(replace(plan, strata=none(CONTROL, cured), end=60.0), 40, tau=18.0, milestone=18.0)
    assert cure.power[0] > 0.4
    assert average_hazard_ratios(a021202(), np.array([20.0, 40.0])) == pytest.approx([9 / 14, 9 / 14])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"n": 1}, "n: expected a whole number of patients"),
        ({"looks": ()}, "at least the final analysis"),
        ({"looks": (Look(events=60), Look(events=60))}, "more events than at the look before"),
        ({"looks": (Look(events=172),)}, "more events than the 171 patients"),
        ({"looks": (Look(events=5, time=3.0),)}, "one of the two"),
        ({"looks": (Look(time=0.0),)}, "more time"),
        ({"strata": strata()[:3]}, "add up to 1"),
        ({"strata": none()}, "levels of 2 factors"),
        ({"dropout": (CONTROL,) * 3}, "dropout"),
        ({"control": 1}, "is the experimental arm"),
        ({"experimental": 4}, "an arm from 0 to 1"),
        ({"crossover": Crossover(1.5, 0.1, 0.5)}, "share from 0 to 1"),
        ({"crossover": Crossover(0.5, 0.0, 0.5)}, "hazard ratio above 0"),
        ({"delay": ReadingDelay(fixed=-1.0)}, "delay"),
        ({"delay": ReadingDelay(mean=math.nan)}, "delay"),
        ({"crossover": Crossover(0.5, math.inf, 0.5)}, "hazard ratio above 0"),
        ({"end": 0.0}, "end"),
        ({"end": 24.0}, "accrual: patients come in for 30, longer than the study, which ends at 24"),
    ],
)
def test_bad_plans_are_explained(change, expected):
    with pytest.raises(StatsError, match=expected):
        simulate_trials(a021202(**change), 10, seed=1)


def test_bad_calls_are_explained():
    with pytest.raises(StatsError, match="n_trials"):
        simulate_trials(a021202(), 0, seed=1)
    with pytest.raises(StatsError, match="seed"):
        simulate_trials(a021202(), 10, seed=-1)
    with pytest.raises(StatsError, match="one a look"):
        simulate_trials(a021202(), 10, seed=1).stops([1.0])
    with pytest.raises(StatsError, match="tau, milestone"):
        compare_tests(a021202(), 10, tau=0.0, milestone=3.0)


def test_looks_wait_for_events_of_the_arms_compared():
    """A third arm adds neither events to a look nor losses to the trial."""
    better = CONTROL.times(PiecewiseHazard((0.5,)))
    plan = a021202(
        n=300,
        strata=(SimulatedStratum(1.0, (CONTROL, better, CONTROL)),),
        allocation=permuted_blocks([2, 2, 1], [5]),
        looks=(Look(events=60), Look(events=120)),
        dropout=(PiecewiseHazard((0.02,)),),
    )
    found = simulate_trials(plan, 200, seed=5)
    assert (found.events == [60, 120]).all()
    one = replay_trial(plan, 17, seed=5)
    two = one.arm < 2
    for k, cut in enumerate(one.looks):
        assert (one.event[k] & two).sum() == found.events[17, k]
        gone = two & (one.known > cut) & (one.dropout_time < np.minimum(one.event_time, cut - one.entry))
        assert found.n_dropped_out[17, k] == gone.sum()


def test_the_average_hazard_ratio_weighs_arms_as_they_are_allocated():
    late = CONTROL.times(PiecewiseHazard((1.0, 0.3), (6.0,)))
    plan = a021202(strata=none(CONTROL, late), allocation=permuted_blocks([1, 3], [4]))
    expected = SurvivalPlan(
        accrual=plan.accrual, strata=(Stratum(1.0, CONTROL),), hazard_ratio=PiecewiseHazard((1.0, 0.3), (6.0,)), ratio=3
    )
    found = average_hazard_ratios(plan, np.array([30.0]))
    assert found[0] == pytest.approx(expected.average_hazard_ratio(30.0), rel=1e-10)
