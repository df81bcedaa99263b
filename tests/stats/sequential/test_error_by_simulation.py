"""Type I error and power of every kind of boundary, by simulated statistics and by simulated log-rank tests."""

import math

import numpy as np
import pytest

from equipoise.stats import (
    Accrual,
    Look,
    PiecewiseHazard,
    SimulatedStratum,
    TrialPlan,
    group_sequential,
    simulate_trials,
    threads,
)
from equipoise.stats.allocation import permuted_blocks

INFORMATION = np.array([0.3, 0.5, 0.8, 1.0])
ALPHA, POWER = 0.025, 0.9
KINDS = {
    "obrien_fleming": {},
    "pocock": {},
    "wang_tsiatis": {"boundary_parameter": 0.25},
    "haybittle_peto": {},
    "final_only": {},
    "lan_demets_obrien_fleming": {},
    "lan_demets_pocock": {},
    "hwang_shih_decani": {"boundary_parameter": -4.0},
    "kim_demets": {"boundary_parameter": 2.0},
    "user": {},
}
SPENDING = ("lan_demets_obrien_fleming", "lan_demets_pocock", "hwang_shih_decani", "kim_demets", "user")
FUTILITY = {
    "lan_demets_obrien_fleming": None,
    "lan_demets_pocock": None,
    "hwang_shih_decani": -2.0,
    "kim_demets": 3.0,
}


def design(kind, *, sided=1, **more):
    alpha = ALPHA * sided
    boundary = alpha * np.array([0.1, 0.3, 0.5, 1.0]) if kind == "user" else kind
    return group_sequential(
        INFORMATION, alpha=alpha, sided=sided, power=POWER, boundary=boundary, **KINDS[kind], **more
    )


@pytest.fixture(scope="module")
def walks(full):
    """Z at the looks of many trials without an effect: sums of independent normal increments."""
    trials = 1_000_000 if full else 100_000
    steps = np.random.default_rng(20_261_122).standard_normal((trials, 4))
    return np.cumsum(steps * np.sqrt(np.diff(np.append(0.0, INFORMATION))), axis=1) / np.sqrt(INFORMATION)


def share(z, upper, lower=None):
    """Share of the trials that reach the upper bound before they fall below the lower one."""
    above = z >= upper
    first = np.where(above.any(axis=1), above.argmax(axis=1), z.shape[1])
    if lower is None:
        return (first < z.shape[1]).mean()
    below = z[:, :-1] <= lower[:-1]
    out = np.where(below.any(axis=1), below.argmax(axis=1), z.shape[1])
    return ((first < z.shape[1]) & (first < out)).mean()


def agrees(found, expected, trials):
    return abs(found - expected) < 4.0 * math.sqrt(expected * (1.0 - expected) / trials)


@pytest.mark.evidence(method="group_sequential", kind="property", source="every efficacy bound on simulated statistics")
@pytest.mark.parametrize("kind", KINDS)
def test_errors_of_every_efficacy_bound(walks, kind):
    one, two = design(kind), design(kind, sided=2)
    drifted = walks + one.drift * np.sqrt(INFORMATION)
    assert agrees(share(walks, one.upper), ALPHA, len(walks))
    assert agrees(share(drifted, one.upper), POWER, len(walks))
    assert agrees(share(np.abs(walks), two.upper), 2 * ALPHA, len(walks))
    assert agrees(share(walks + two.drift * np.sqrt(INFORMATION), two.upper, -two.upper), POWER, len(walks))


@pytest.mark.evidence(method="group_sequential", kind="property", source="every futility bound on simulated statistics")
@pytest.mark.parametrize("futility", FUTILITY)
@pytest.mark.parametrize("kind", KINDS)
def test_errors_under_every_futility_bound(walks, kind, futility):
    for binding in (False, True) if kind in SPENDING else (False,):
        found = design(kind, futility=futility, futility_parameter=FUTILITY[futility], binding=binding)
        drifted = walks + found.drift * np.sqrt(INFORMATION)
        obeyed = share(walks, found.upper, found.lower)
        assert agrees(share(drifted, found.upper, found.lower), POWER, len(walks))
        if binding:
            assert agrees(obeyed, ALPHA, len(walks))
            assert share(walks, found.upper) > obeyed
        else:
            assert agrees(share(walks, found.upper), ALPHA, len(walks))
            assert agrees(obeyed, found.crossing(0.0).power, len(walks))


@pytest.mark.evidence(
    method="group_sequential", kind="property", source="futility bounds given, on simulated statistics"
)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("binding", [False, True])
def test_errors_under_futility_bounds_given(walks, kind, binding):
    found = design(kind, futility_bounds=[-0.5, 0.2, 0.9], binding=binding)
    drifted = walks + found.drift * np.sqrt(INFORMATION)
    assert agrees(share(drifted, found.upper, found.lower), POWER, len(walks))
    assert agrees(share(walks, found.upper, found.lower if binding else None), ALPHA, len(walks))


def log_rank_statistics(trials, hazard_ratio, events, n, seed):
    """-Z of stratified log-rank tests at the looks."""
    control = PiecewiseHazard.from_median(9)
    hazards = (control, control.times(PiecewiseHazard((hazard_ratio,))))
    plan = TrialPlan(
        n=n,
        allocation=permuted_blocks([1, 1], [4], n_levels=[2]),
        strata=tuple(SimulatedStratum(0.5, hazards, (i,)) for i in range(2)),
        accrual=Accrual(30),
        looks=tuple(Look(events=math.ceil(events * part)) for part in INFORMATION),
    )
    with threads(2):
        return -simulate_trials(plan, trials, seed=seed).z


@pytest.mark.evidence(method="simulate_trials", kind="property", source="type I error of every boundary, log-rank test")
def test_errors_of_every_bound_by_log_rank_tests(full):
    trials = 1_000_000 if full else 40_000
    z = log_rank_statistics(trials, 1.0, 200, 300, 5)
    binding = {"futility": "hwang_shih_decani", "futility_parameter": -2.0, "binding": True}
    for kind in KINDS:
        for sided, more in ((1, {}), (2, {}), *(((1, binding),) if kind in SPENDING else ())):
            found = design(kind, sided=sided, **more)
            error = share(np.abs(z) if sided == 2 else z, found.upper, found.lower if more else None)
            # tails of a log-rank statistic with 60 events at its first look are not quite normal
            room = 4.0 * math.sqrt(ALPHA * sided / trials) + 0.03 * ALPHA * sided
            assert abs(error - ALPHA * sided) < room, (kind, sided, more)


@pytest.mark.evidence(method="simulate_trials", kind="property", source="analytic power of four looks, log-rank test")
def test_power_by_log_rank_tests_is_analytic(full):
    trials = 1_000_000 if full else 40_000
    found = design("lan_demets_obrien_fleming")
    hazard_ratio = 0.65
    events = math.ceil(found.events(hazard_ratio)[-1])
    z = log_rank_statistics(trials, hazard_ratio, events, math.ceil(1.25 * events), 6)
    drift = -math.log(hazard_ratio) * math.sqrt(events / 4)
    expected = found.crossing(drift).power
    # Schoenfeld's variance, events/4, is larger than that of a trial with an effect: 0.0045 of power at 232 events
    assert abs(share(z, found.upper) - expected) < 4.0 * math.sqrt(expected * (1 - expected) / trials) + 0.005
