"""Times that are given pass through the loops of the simulator."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.stats import (
    Accrual,
    Crossover,
    Look,
    PiecewiseHazard,
    ReadingDelay,
    SimulatedStratum,
    StatsError,
    TrialPlan,
    logrank_test,
    replay_trial,
    simulate_trials,
    trial_from_times,
)
from equipoise.stats.allocation import permuted_blocks

INF = float("inf")
patients = st.lists(
    st.tuples(st.integers(0, 9), st.booleans(), st.integers(0, 1), st.integers(0, 2)), min_size=4, max_size=60
).filter(lambda sample: len({arm for _, _, arm, _ in sample}) == 2)


@pytest.mark.evidence(method="trial_from_times", kind="property", source="logrank_test of the same times, with ties")
@given(patients)
def test_days_with_ties_give_the_log_rank_test(sample):
    time, event, arm, stratum = (np.array(column) for column in zip(*sample, strict=True))
    test = logrank_test(time, event, arm, strata=stratum, reference=0)
    found = trial_from_times(
        np.where(event, time, INF), arm, dropout_time=np.where(event, INF, time), stratum=stratum * 7 - 3
    )
    assert found.z[0, 0] == pytest.approx(0.0 if np.isnan(test.z) else test.z, abs=1e-10)
    assert found.events[0, 0] == event.sum()
    assert found.n_control[0, 0] == (arm == 0).sum()


@pytest.mark.evidence(method="trial_from_times", kind="property", source="the simulated trial itself, at every look")
def test_the_times_of_a_simulated_trial_give_its_looks_back():
    control, other = PiecewiseHazard.from_median(9), PiecewiseHazard.from_median(14)
    plan = TrialPlan(
        n=171,
        allocation=permuted_blocks([1, 1, 1], [6], n_levels=[2]),
        strata=tuple(SimulatedStratum(0.5, (control, other, other), (i,)) for i in range(2)),
        accrual=Accrual(30),
        looks=(Look(events=20), Look(time=25.0), Look(events=60)),
        dropout=(PiecewiseHazard((0.01,)),),
        delay=ReadingDelay(fixed=0.3, mean=0.5),
        crossover=Crossover(0.5, 0.1, 0.8),
        experimental=2,
        end=70.0,
    )
    drawn = simulate_trials(plan, 20, seed=4)
    for trial in range(20):
        one = replay_trial(plan, trial, seed=4)
        shuffled = np.random.default_rng(trial).permutation(plan.n)
        found = trial_from_times(
            one.event_time[shuffled],
            one.arm[shuffled],
            dropout_time=one.dropout_time[shuffled],
            stratum=one.stratum[shuffled],
            entry=one.entry[shuffled],
            known=one.known[shuffled],
            looks=(Look(events=20), Look(time=25.0), Look(events=60)),
            experimental=2,
        )
        for name in ("z", "events", "time", "n_experimental", "n_control", "n_dropped_out"):
            assert (getattr(found, name)[0] == getattr(drawn, name)[trial]).all(), name


def test_an_arm_that_is_not_compared_stays_out():
    time, arm = np.array([1.0, 2, 3, 4, 5, 6]), np.array([0, 1, 2, 0, 1, 2])
    found = trial_from_times(time, arm)
    assert found.z[0, 0] == pytest.approx(logrank_test(time[arm < 2], np.ones(4), arm[arm < 2], reference=0).z)
    assert trial_from_times([1.0, 2.0], [2, 2]).z[0, 0] == 0.0


def test_everything_wrong_is_said_at_once():
    with pytest.raises(StatsError) as caught:
        trial_from_times(
            [1, -2], [0.5, 1.0], dropout_time=[1], entry=[np.nan, 0], stratum=["a", "b"], looks=(Look(events=9),)
        )
    expected = {"event_time", "arm", "dropout_time", "entry", "stratum", "looks"}
    assert {p.argument for p in caught.value.problems} == expected
    with pytest.raises(StatsError, match="sequence of numbers"):
        trial_from_times([], [])
