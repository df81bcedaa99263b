"""Balance for the unblinded statistician: counts, the alarm on 97 against 74, silence otherwise."""

import numpy as np
import pytest
from tests.conduct.allocation_cases import ARMS, STRATA, TRIAL, filled, protocol

from equipoise.conduct.allocation_stage import StageDesign, starts_new_stage
from equipoise.conduct.balance import balance_report, fault_delay
from equipoise.protocol import load_protocol

METHODS = {
    "blocks": {},
    "minimization": {"method": {"minimization": {"probability": 0.8}}},
}


def realized(n_first, seed=0, n=171):
    """Arms of a computer error: a 57:43 coin that ended with n_first of n."""
    rng = np.random.default_rng(seed)
    while True:
        arms = (rng.random(n) >= 0.57).astype(int)
        if np.sum(arms == 0) == n_first:
            return [(1, None, STRATA[rng.integers(4)], ARMS[a]) for a in arms]


@pytest.mark.parametrize("method", METHODS)
def test_97_against_74_raises_the_alarm(method):
    design = StageDesign.of(protocol(**METHODS[method]))
    report = balance_report({1: design}, realized(97))
    (cohort,) = report.cohorts
    assert report.alarm
    assert dict(cohort.counts) == {"pazopanib": 97, "placebo": 74}
    assert cohort.first_alarm < 120
    assert sum(sum(level.values()) for level in cohort.margins["small_bowel"].values()) == 171
    delay = fault_delay(design.cohorts[None], (2, 2), (0.57, 0.43))
    assert delay[0.5] < 100


@pytest.mark.parametrize("method", METHODS)
def test_the_vaults_own_allocations_raise_none(method):
    for seed in range(10):
        vault = filled(171, seed=seed, **METHODS[method])
        report = vault.balance()
        assert not report.alarm
        assert report.n == 171
        assert sum(report.cohorts[0].counts.values()) == 171


def test_stages_are_watched_apart_and_share_the_chance_of_a_false_alarm():
    vault = filled(20)
    vault.open_stage(protocol(ratio={"pazopanib": 2, "placebo": 1}, method={"minimization": {}}))
    for i in range(30):
        vault.draw(vault.next_slot(), "s", STRATA[i % 4], subject=f"T{i}")
    first, second = vault.balance().cohorts
    assert (first.stage, second.stage) == (1, 2)
    assert (sum(first.counts.values()), sum(second.counts.values())) == (20, 30)
    assert not vault.balance().alarm


def test_an_empty_trial_has_no_alarm():
    report = filled(0).balance()
    assert not report.alarm
    assert report.cohorts[0].statistic == 0.0


def test_the_number_planned_is_the_cohorts_else_the_trials():
    assert StageDesign.of(protocol()).cohorts[None].planned == 171
    assert StageDesign.of(protocol(planned_subjects=40)).cohorts[None].planned == 40
    cabinet = StageDesign.of(load_protocol(TRIAL.parents[1] / "cabinet" / "protocol.yaml"))
    assert list(cabinet.cohorts) == ["epnet", "pnet"]
    assert all(design.planned is not None for design in cabinet.cohorts.values())


def test_what_starts_a_new_stage():
    base = protocol()
    assert not starts_new_stage(base, protocol(planned_subjects=200))
    for change in (
        {"ratio": {"pazopanib": 2, "placebo": 2}},
        {"method": {"permuted_blocks": {"sizes": [4]}}},
        {"method": {"biased_coin": {}}},
        {"strata": {"concurrent_ssa": "concurrent_ssa"}},
        {"stratify_by_site": True},
    ):
        assert starts_new_stage(base, protocol(**change)), change


def test_sites_as_a_factor_are_added_as_they_open():
    vault = filled(0, stratify_by_site=True)
    for i in range(120):
        vault.draw(vault.next_slot(), "s", {**STRATA[i % 4], "site": f"{i % 37:02d}"}, subject=f"S{i}")
    assert vault.replay().ok
    assert not vault.balance().alarm
