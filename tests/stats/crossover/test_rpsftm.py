"""Rank-preserving structural failure time models."""

import csv
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stats.crossover.trial import trial

from equipoise.stats import StatsError, cox_ph, kaplan_meier, logrank_test, rpsftm, threads

RPSFTM, TRTSWITCH = "rpsftm 1.2.9", "trtswitch 0.2.7"
EXACT = -0.181177943578843


@pytest.fixture(scope="module")
def immdef(reference):
    with (reference / "crossover" / "immdef.csv").open() as file:
        rows = list(csv.DictReader(file))
    columns = {k: np.array([float(row[k]) for row in rows]) for k in rows[0]}
    given_ = {"exposure": 1 - columns["xoyrs"] / columns["progyrs"], "censor_time": columns["censyrs"]}
    return (columns["progyrs"], columns["prog"], columns["imm"]), given_, columns


@pytest.fixture(scope="module")
def goldens(reference):
    folder = reference / "crossover"
    names = ("goldens.json", "goldens_trtswitch.json")
    return [json.loads((folder / name).read_text()) for name in names]


@pytest.mark.evidence(method="rpsftm", kind="R", source=f"exact jumps by bisection of {RPSFTM}'s estimating function")
def test_jumps_are_exact(immdef, goldens):
    times, given_, columns = immdef
    for golden in goldens[0]["rpsftm"]:
        if "exact" not in golden:
            continue
        more = {"test": "cox", "x": columns["entry"]} if golden["test"] == "coxph" else {}
        found = rpsftm(*times, recensor=golden["recensor"], autoswitch=golden["autoswitch"], **given_, **more)
        exact = golden["exact"]
        # R joins times within 1e-8 of each other, which moves some jumps by as much
        assert found.psi == pytest.approx(exact["psi"]["jump_lo"], abs=1e-12 if golden["recensor"] else 2e-8)
        assert found.conf_low == pytest.approx(exact["lo"]["jump_lo"], abs=2e-8)
        assert found.conf_high == pytest.approx(exact["hi"]["jump_lo"], abs=2e-8)
        assert found.roots[0].z_low == pytest.approx(exact["psi"]["z_lo"], abs=1e-6) or not golden["recensor"]
        assert found.roots[0].jump_high - found.roots[0].jump_low < 1e-15


@pytest.mark.evidence(method="logrank_test", kind="R", source="survival in R 4.2.2, the trial of early treatment")
@pytest.mark.evidence(method="cox_ph", kind="R", source="survival in R 4.2.2, the trial of early treatment")
def test_what_crossover_hides_equals_r(immdef, goldens):
    (time, event, arm), _, columns = immdef
    itt, naive = goldens[0]["itt"], goldens[0]["naive"]
    test = logrank_test(time, event, arm, reference=0)
    assert test.observed == pytest.approx(np.array(itt["logrank"]["obs"]), rel=1e-11)
    assert test.expected == pytest.approx(np.array(itt["logrank"]["exp"]), rel=1e-11)
    assert test.covariance[1, 1] == pytest.approx(itt["logrank"]["var"], rel=1e-11)
    assert test.statistic == pytest.approx(itt["logrank"]["chisq"], rel=1e-11)
    curves = [kaplan_meier(time[arm == a], event[arm == a]) for a in (0, 1)]
    survival = [curve.at(itt["km"]["time"][:7]).estimate for curve in curves]
    assert np.concatenate(survival) == pytest.approx(np.array(itt["km"]["surv"]), rel=1e-11)
    crossed, at = columns["xo"] == 1, columns["xoyrs"]
    changes = crossed & (at > 0) & (at < time)
    first = np.where(changes, at, time), np.where(changes, 0, event), np.zeros(time.size), arm
    second = [x[changes] for x in (time, event, at, np.ones(time.size))]
    end, died, start, treated = (np.concatenate(pair) for pair in zip(first, second, strict=True))
    models = {
        "intention to treat": (itt["cox"], cox_ph(time, event, arm)),
        "censored": (
            naive["censor_at_switch"],
            cox_ph(np.where(crossed, at, time), np.where(crossed, 0, event), arm),
        ),
        "left out": (naive["exclude_switchers"], cox_ph(time[~crossed], event[~crossed], arm[~crossed])),
        "as treated": (naive["treatment_as_time_varying"], cox_ph(end, died, treated, entry=start)),
    }
    for what, (golden, model) in models.items():
        assert model.coef[0] == pytest.approx(golden["log_hr"], abs=2e-9), what  # R stops at 1e-9 of the likelihood
        assert model.std_error[0] == pytest.approx(golden["se"], rel=1e-8), what


@pytest.mark.evidence(method="rpsftm", kind="R", source=TRTSWITCH)
@pytest.mark.parametrize(
    ("key", "more"),
    [
        ("brent", {}),
        ("norecensor", {"recensor": False}),
        ("noautoswitch", {"autoswitch": False}),
        ("phreg", {"test": "cox"}),
        ("lifereg", {"test": "weibull"}),
    ],
)
def test_hazard_ratios_equal_trtswitch(immdef, goldens, key, more):
    times, given_, _ = immdef
    golden = goldens[1][f"immdef_rpsftm_{key}"]
    found = rpsftm(*times, **given_, **more)
    assert found.psi == pytest.approx(golden["psi"], abs=2e-6)
    assert found.hazard_ratio == pytest.approx(golden["hr"], rel=1e-8)
    assert found.n_events_recensored == sum(golden["event_summary"]["event_out_n"])
    if found.test == "logrank":
        limits = (found.hazard_ratio_low, found.hazard_ratio_high)
        assert limits == pytest.approx(golden["hr_CI"], rel=1e-8)
        assert found.p_value == pytest.approx(golden["pvalue"], rel=1e-8)


def test_the_switch_time_is_another_way_to_say_exposure(immdef):
    times, given_, columns = immdef
    switch = np.where(columns["xo"] == 1, columns["xoyrs"], np.nan)
    found = rpsftm(*times, switch_time=switch, censor_time=given_["censor_time"])
    assert found.psi == pytest.approx(EXACT, abs=1e-12)


@pytest.mark.evidence(method="rpsftm", kind="hand", source="the estimating function at 0 is the log-rank test")
def test_at_zero_it_is_the_log_rank_test():
    t = trial(n=200)
    found = rpsftm(t.time, t.event, t.arm, switch_time=t.switch, censor_time=t.limit)
    itt = logrank_test(t.time, t.event, t.arm, reference=0)
    at_zero = found.curve_z[np.flatnonzero(found.curve_psi == 0.0)[0]]
    assert at_zero == pytest.approx(itt.z, rel=1e-12)
    assert found.p_value == pytest.approx(itt.p_value, rel=1e-10)


@pytest.mark.evidence(method="rpsftm", kind="property", source="a simulated truth is found")
def test_the_truth_is_found(full):
    t = trial(n=100_000 if full else 20_000, psi=-0.5, seed=5)
    found = rpsftm(t.time, t.event, t.arm, switch_time=t.switch, censor_time=t.limit)
    assert found.psi == pytest.approx(-0.5, abs=0.05)
    assert found.conf_low < -0.5 < found.conf_high
    itt = float(cox_ph(t.time, t.event, t.arm).hazard_ratio[0])
    assert found.hazard_ratio == pytest.approx(math.exp(-0.5), abs=0.04)
    assert found.hazard_ratio < itt


@settings(max_examples=15)
@given(st.integers(0, 2**31), st.floats(0.5, 40.0))
def test_order_and_unit_of_time_change_nothing(seed, unit):
    t = trial(n=120)
    order = np.random.default_rng(seed).permutation(t.time.size)
    first = rpsftm(t.time, t.event, t.arm, switch_time=t.switch, censor_time=t.limit)
    second = rpsftm(
        unit * t.time[order],
        t.event[order],
        t.arm[order],
        switch_time=unit * t.switch[order],
        censor_time=unit * t.limit[order],
    )
    assert second.psi == pytest.approx(first.psi, abs=1e-9)


def test_a_bootstrap_goes_through_the_whole_procedure_and_is_repeatable():
    t = trial(n=200)
    same = {"switch_time": t.switch, "censor_time": t.limit, "samples": 40}
    first, second = (rpsftm(t.time, t.event, t.arm, seed=5, **same) for _ in range(2))
    assert first.hazard_ratio_low == second.hazard_ratio_low
    assert first.hazard_ratio_low < first.hazard_ratio < first.hazard_ratio_high
    assert "40 samples" in first.hazard_ratio_limits
    assert rpsftm(t.time, t.event, t.arm, seed=6, **same).hazard_ratio_low != first.hazard_ratio_low


def test_strata_and_a_weaker_late_effect():
    t = trial(n=400)
    same = {"switch_time": t.switch, "censor_time": t.limit}
    plain = rpsftm(t.time, t.event, t.arm, **same)
    assert rpsftm(t.time, t.event, t.arm, strata=np.zeros(400), **same).psi == plain.psi
    assert rpsftm(t.time, t.event, t.arm, strata=np.arange(400) % 3, **same).psi != plain.psi
    weaker = rpsftm(t.time, t.event, t.arm, effect_after_switch=0.5, **same)
    assert weaker.hazard_ratio > plain.hazard_ratio


def test_no_root_is_said_with_the_curve():
    rng = np.random.default_rng(1)
    time = np.where(np.arange(60) < 30, rng.uniform(1, 2, 60), rng.uniform(1000, 2000, 60))
    arm = np.repeat([0, 1], 30)
    exposure = np.where(arm == 1, 0.001, 0.0)
    found = rpsftm(time, np.ones(60), arm, exposure=exposure, recensor=False)
    assert found.status == "NE"
    assert math.isnan(found.psi)
    assert math.isnan(found.hazard_ratio)
    assert found.curve_z.size == found.curve_psi.size > 100


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"switch_time": None}, "give the time of the switch or the exposure"),
        ({"exposure": np.zeros(120)}, "one of the two"),
        ({"censor_time": None}, "potential censoring time of every patient"),
        ({"censor_time": np.zeros(120)}, "lies before the time of that patient"),
        ({"switch_time": np.full(120, 1e6)}, "after the end of observation"),
        ({"switch_time": np.full(120, -1.0)}, "0 or more"),
        ({"switch_time": np.full(120, np.nan)}, "nobody switched"),
        ({"switch_time": None, "exposure": np.full(120, 1.2)}, "share from 0 to 1"),
        ({"group": np.zeros(120)}, "expected two arms, got 1"),
        ({"reference": 7}, "7 is not an arm"),
        ({"x": np.zeros(120)}, "a log-rank test has no covariates"),
        ({"test": "wilcoxon"}, "test"),
        ({"effect_after_switch": 0}, "effect_after_switch"),
        ({"conf_level": 1}, "conf_level"),
        ({"samples": -1}, "samples"),
    ],
)
def test_bad_input_is_explained(change, expected):
    t = trial(n=120)
    call = {"group": t.arm, "switch_time": t.switch, "censor_time": t.limit} | change
    with pytest.raises(StatsError, match=expected):
        rpsftm(t.time, t.event, **call)


def test_a_hazard_ratio_of_nothing_has_no_limits():
    """Everybody in control had the event before anybody in the other arm: no finite ratio."""
    nan = float("nan")
    found = rpsftm([3, 4, 5, 6], [1, 1, 1, 1], [0, 0, 1, 1], switch_time=[1, nan, nan, nan], censor_time=[9, 9, 9, 9])
    assert math.isnan(found.hazard_ratio_low)
    assert found.hazard_ratio_limits == "NE"


def test_threads_change_no_bit_of_the_bootstrap():
    rng = np.random.default_rng(4)
    time, switch = rng.exponential(10, 60), np.full(60, np.nan)
    arm = np.arange(60) % 2
    switch[:20:2] = time[:20:2] * 0.6
    asked = {"switch_time": switch, "recensor": False, "samples": 8}
    alone = rpsftm(time, np.ones(60, bool), arm, **asked)
    with threads(2):
        shared = rpsftm(time, np.ones(60, bool), arm, **asked)
    assert (alone.hazard_ratio_low, alone.hazard_ratio_high) == (shared.hazard_ratio_low, shared.hazard_ratio_high)
