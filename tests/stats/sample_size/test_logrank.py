"""Sizes of log-rank trials against rpact and gsDesign, by hand, and by property."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.stats import (
    Accrual,
    PiecewiseHazard,
    StatsError,
    Stratum,
    SurvivalPlan,
    group_sequential,
    logrank_events,
    logrank_power,
    sample_size_logrank,
)

RPACT, GSDESIGN = "rpact 3.3.4", "gsDesign 3.11.0.9003"
A021202 = {"alpha": 0.1, "power": 0.85}
CONTROL = PiecewiseHazard.from_median(9)
METHODS = {"Schoenfeld": "schoenfeld", "Freedman": "freedman", "HsiehFreedman": "hsieh_freedman"}
METHODS |= {"LachinFoulkes": "lachin_foulkes"}


@pytest.mark.evidence(method="logrank_events", kind="hand", source="closed formulas in R 4.2.2")
@pytest.mark.evidence(method="logrank_power", kind="hand", source="closed formulas in R 4.2.2")
def test_events_and_power(goldens):
    for golden in goldens["events_closed_form"]:
        test = {"ratio": golden["ratio"], "alpha": golden["alpha"]}
        for method in ("schoenfeld", "freedman", "hsieh_freedman"):
            found = logrank_events(golden["hr"], power=1 - golden["beta"], method=method, **test)
            assert found == pytest.approx(golden[method], rel=1e-12)
        for row in golden["power_if_events"]:
            for method in ("schoenfeld", "freedman"):
                found = logrank_power(row["events"], golden["hr"], method=method, **test)
                assert found == pytest.approx(row[method], rel=1e-12)


def yearly(share):
    return PiecewiseHazard((-math.log(1 - share) / 12,))


def control_of(call):
    if "lambda2" in call:
        return PiecewiseHazard((call["lambda2"],))
    if "pi2" in call:
        return PiecewiseHazard.from_survival(1 - call["pi2"], call["eventTime"])
    return PiecewiseHazard((0.1, 0.07, 0.05), (6, 12))


def accrual_of(call):
    """The accrual of a call, and whether its rates are patients per month."""
    times = np.atleast_1d(call["accrualTime"]).astype(float)
    rates = tuple(np.atleast_1d(call.get("accrualIntensity", 1.0)).astype(float))
    duration = times[-1] if times[-1] > 0 else call["maxNumberOfSubjects"] / rates[0]
    return Accrual(duration, rates, tuple(times[1:-1])), "accrualIntensity" in call and rates[0] >= 1


@pytest.mark.evidence(method="sample_size_logrank", kind="R", source=RPACT)
def test_sizes_equal_rpact(goldens):
    checked = 0
    for key, golden in goldens["survival_sample_size"].items():
        call, out = golden["call"], golden["out"]
        if key.startswith("gs") or "kappa" in call:
            continue
        accrual, fixed = accrual_of(call)
        asked = {"accrual_rate_fixed": True} if fixed else {"n": call.get("maxNumberOfSubjects")}
        found = sample_size_logrank(
            control_of(call),
            call.get("hazardRatio", out["hazardRatio"]),
            accrual=accrual,
            follow_up=call.get("followUpTime"),
            power=1 - call["beta"],
            alpha=call["alpha"],
            sided=call["sided"],
            ratio=call.get("allocationRatioPlanned", 1),
            method=METHODS[out["typeOfComputation"]],
            dropout=yearly(call.get("dropoutRate1", 0)),
            dropout_control=yearly(call.get("dropoutRate2", 0)),
            null_hazard_ratio=call.get("thetaH0", 1.0),
            **asked,
        )
        assert found.events == pytest.approx(out["eventsFixed"], rel=1e-12), key
        assert found.n == pytest.approx(out["nFixed"], rel=1e-12), key
        assert found.follow_up == pytest.approx(out["followUpTime"], abs=1e-6), key
        if call["sided"] == 1:
            assert found.critical_hazard_ratio == pytest.approx(out["criticalValuesEffectScale"], rel=1e-12), key
        checked += 1
    assert checked == 24


@pytest.mark.evidence(method="sample_size_logrank", kind="R", source=GSDESIGN)
def test_sizes_equal_gsdesign(goldens):
    checked = 0
    for key, golden in goldens["gsdesign"].items():
        call = golden.get("call") if key.startswith("nsurv") else None
        method = METHODS.get(call.get("method", "LachinFoulkes")) if call else None
        if method is None:
            continue
        lengths = np.atleast_1d(call["R"]).astype(float)
        rates = tuple(np.atleast_1d(call.get("gamma", 1.0)).astype(float))
        found = sample_size_logrank(
            PiecewiseHazard(tuple(np.atleast_1d(call["lambdaC"])), tuple(np.cumsum(call.get("S", [])))),
            call["hr"],
            accrual=Accrual(lengths.sum(), rates, tuple(np.cumsum(lengths)[:-1])),
            follow_up=call["minfup"],
            power=1 - call["beta"],
            alpha=call["alpha"],
            ratio=call.get("ratio", 1),
            method=method,
            dropout=PiecewiseHazard((call["eta"],)),
            null_hazard_ratio=call.get("hr0", 1.0),
            accrual_rate_fixed=call.get("T") is None,
        )
        tolerance = 1e-9 if call.get("T") is None else 1e-12
        assert found.n == pytest.approx(golden["n"], rel=tolerance), key
        assert found.events == pytest.approx(golden["d"], rel=tolerance), key
        assert found.events_control == pytest.approx(golden["eDC"], rel=tolerance), key
        checked += 1
    assert checked == 9


@pytest.mark.evidence(method="sample_size_logrank", kind="R", source=f"{RPACT}, group sequential")
def test_group_sequential_sizes_equal_rpact(goldens):
    golden = goldens["survival_sample_size"]["gs2_asOF"]["out"]
    design = group_sequential(2, **A021202)
    found = sample_size_logrank(
        CONTROL, 9 / 14, accrual=Accrual(24), follow_up=12, inflation=design.inflation, **A021202
    )
    assert found.n == pytest.approx(golden["maxNumberOfSubjects"], rel=1e-7)
    assert found.events == pytest.approx(golden["maxNumberOfEvents"], rel=1e-7)
    assert design.events(9 / 14) == pytest.approx(golden["eventsPerStage"], rel=1e-7)
    times = [found.plan.time_of(d * (1 - 1e-15)) for d in found.events * design.information]
    assert times == pytest.approx(golden["analysisTime"], rel=1e-6)
    assert found.plan.patients(times[0]) == pytest.approx(golden["numberOfSubjects"][0], rel=1e-6)


@pytest.mark.evidence(method="SurvivalPlan", kind="R", source=f"{RPACT}, getEventProbabilities")
def test_event_probabilities_equal_rpact(goldens):
    for golden in goldens["event_probabilities"]:
        control, experimental = golden["lambda2"], golden["lambda1"]
        plan = SurvivalPlan(
            accrual=Accrual(24, (1 / 24,)),
            strata=(Stratum(1.0, PiecewiseHazard((control,))),),
            hazard_ratio=PiecewiseHazard((experimental / control,)),
            ratio=golden["alloc"],
            dropout=yearly(golden["d"]),
        )
        share = golden["alloc"] / (1 + golden["alloc"])
        for i, time in enumerate(golden["time"]):
            first, second = plan.arms(time)
            assert first / share == pytest.approx(golden["eventProbabilities1"][i], rel=1e-10)
            assert second / (1 - share) == pytest.approx(golden["eventProbabilities2"][i], rel=1e-10)


@pytest.mark.evidence(
    method="sample_size_logrank", kind="published", source="A021202: 110.09 events, 112.12 at 97 to 74"
)
def test_a021202():
    found = sample_size_logrank(CONTROL, 9 / 14, accrual=Accrual(24), follow_up=12, **A021202)
    assert round(found.events, 2) == 110.09
    assert found.round_up() == (111, 74, 74)
    assert round(logrank_events(9 / 14, ratio=97 / 74, **A021202), 2) == 112.12


@pytest.mark.evidence(method="SurvivalPlan", kind="hand", source="simulated patients")
def test_expected_events_by_simulation():
    rng = np.random.default_rng(5)
    n, control = 400_000, PiecewiseHazard((0.1, 0.03), (4,))
    plan = SurvivalPlan(
        accrual=Accrual(10, (1.0, 3.0), (5,)).scaled(n),
        strata=(Stratum(0.3, control), Stratum(0.7, PiecewiseHazard((0.05,)))),
        hazard_ratio=PiecewiseHazard((1.0, 0.5), (6,)),
        dropout=PiecewiseHazard((0.01, 0.05), (3,)),
    )
    entry = np.where(rng.random(n) < 0.25, rng.random(n) * 5, 5 + rng.random(n) * 5)
    arm, stratum = rng.random(n) < 0.5, rng.random(n) < 0.3
    grid = np.linspace(0, 200, 200_001)

    def draw(hazard):
        return np.interp(-np.log(rng.random(n)), hazard.cumulative(grid), grid)

    times = np.empty(n)
    for s, hazard in ((True, control), (False, PiecewiseHazard((0.05,)))):
        for a, whole in ((True, hazard.times(plan.hazard_ratio)), (False, hazard)):
            chosen = (arm == a) & (stratum == s)
            times[chosen] = draw(whole)[chosen]
    seen = (times < draw(plan.dropout)) & (entry + times <= 14)
    experimental, control_events = plan.arms(14)
    assert seen[arm].sum() == pytest.approx(experimental, abs=4.5 * math.sqrt(experimental))
    assert seen[~arm].sum() == pytest.approx(control_events, abs=4.5 * math.sqrt(control_events))


hazards = st.floats(0.005, 0.3)


@given(hazards, st.floats(0.4, 0.9), st.floats(0.5, 3.0), st.floats(0.0, 24.0), st.sampled_from(list(METHODS.values())))
def test_solving_for_each_quantity_comes_back(hazard, hr, ratio, follow_up, method):
    control = PiecewiseHazard((hazard,))
    same = {"ratio": ratio, "method": method, "accrual": Accrual(20)}
    first = sample_size_logrank(control, hr, follow_up=follow_up, power=0.8, **same)
    assert sample_size_logrank(control, hr, n=first.n, follow_up=follow_up, power=None, **same).power == pytest.approx(
        0.8, abs=1e-9
    )
    again = sample_size_logrank(control, hr, n=first.n, power=0.8, **same)
    assert again.study_duration == pytest.approx(first.study_duration, rel=1e-6)


@given(hazards, st.floats(1.0, 11.0))
def test_cuts_without_change_change_nothing(hazard, cut):
    same = {"accrual": Accrual(12), "follow_up": 6}
    one = sample_size_logrank(PiecewiseHazard((hazard,)), 0.7, **same)
    two = sample_size_logrank(
        PiecewiseHazard((hazard, hazard), (cut,)), 0.7, dropout=PiecewiseHazard((0, 0), (cut / 2,)), **same
    )
    assert two.n == pytest.approx(one.n, rel=1e-9)


def test_a_delayed_effect_costs_patients_and_is_averaged():
    same = {"accrual": Accrual(24), "follow_up": 12}
    at_once = sample_size_logrank(CONTROL, 0.6, **same)
    later = sample_size_logrank(CONTROL, PiecewiseHazard((1.0, 0.6), (3,)), **same)
    assert later.n > 1.5 * at_once.n
    assert 0.6 < later.hazard_ratio < 1.0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"alpha": 0}, "alpha"),
        ({"power": 1.0}, "power"),
        ({"ratio": 0}, "ratio"),
        ({"hazard_ratio": 1.0}, "no number of events is enough"),
        ({"hazard_ratio": -1}, "hazard_ratio"),
        ({"hazard_ratio": PiecewiseHazard((1.0, 1.0), (3,))}, "at all times"),
        ({"follow_up": -1}, "follow_up"),
        ({"follow_up": None}, "give the follow-up"),
        ({"n": 100}, "nothing is left to solve for"),
        ({"power": None}, "give the patients"),
        ({"method": "cox"}, "method"),
        ({"n": 50, "follow_up": None}, "give at most 50"),
        ({"control": [Stratum(0.5, CONTROL)]}, "add up to 1"),
    ],
)
def test_bad_input_is_explained(arguments, expected):
    call = {"control": CONTROL, "hazard_ratio": 0.6, "accrual": Accrual(12), "follow_up": 6} | arguments
    with pytest.raises(StatsError, match=expected):
        sample_size_logrank(call.pop("control"), call.pop("hazard_ratio"), **call)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: PiecewiseHazard((-0.1,)), "rates of 0 or more"),
        (lambda: PiecewiseHazard((0.1, 0.2)), "1 times"),
        (lambda: PiecewiseHazard((0.1, 0.2, 0.3), (4, 3)), "rising times"),
        (lambda: PiecewiseHazard.from_median(0), "time above 0"),
        (lambda: Accrual(0), "duration"),
        (lambda: Accrual(5, (1, 2), (6,)), "duration"),
        (lambda: Accrual(5, (0,)), "nobody comes in"),
    ],
)
def test_bad_hazards_are_explained(make, expected):
    with pytest.raises(StatsError, match=expected):
        make()


def test_a_waning_effect_is_found_at_its_first_time():
    """Later events dilute the average effect: the events needed may be there early and be too few for ever after."""
    control, effect = PiecewiseHazard((0.08,)), PiecewiseHazard((0.45, 1.0), (4.0,))
    accrual = Accrual(20.0)
    asked = {"accrual": accrual, "power": 0.9}
    early = sample_size_logrank(control, effect, follow_up=0.5, **asked)
    found = sample_size_logrank(control, effect, n=early.n, **asked)
    assert found.study_duration <= early.study_duration + 1e-9
    again = sample_size_logrank(control, effect, n=early.n, accrual=accrual, follow_up=found.follow_up, power=None)
    assert again.power == pytest.approx(0.9, abs=1e-9)


def test_harm_before_benefit_is_not_taken_for_an_effect():
    control, effect = PiecewiseHazard((0.1,)), PiecewiseHazard((2.0, 0.4), (2.0,))
    found = sample_size_logrank(control, effect, accrual=Accrual(12.0), n=2000, power=0.9)
    assert found.hazard_ratio < 1.0


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (
            lambda: sample_size_logrank(
                PiecewiseHazard((0.1,)), PiecewiseHazard((1.0, 0.5), (99.0,)), accrual=Accrual(9.0), follow_up=3
            ),
            "no effect on average",
        ),
        (lambda: logrank_events(0.6, alpha=0.1, power=0.05), "more than the level of one side 0.1"),
        (
            lambda: sample_size_logrank(
                PiecewiseHazard((0.1,)), 0.6, accrual=Accrual(9.0), follow_up=3, alpha=0.2, sided=2, power=0.1
            ),
            "more than the level",
        ),
    ],
)
def test_nothing_to_find_is_explained(call, expected):
    with pytest.raises(StatsError, match=expected):
        call()
