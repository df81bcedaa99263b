"""The rest of the reference designs, and a list of all that there are: none is passed over in silence."""

import math

import numpy as np
import pytest
from tests.stats.sequential.not_compared import NOT_COMPARED
from tests.stats.sequential.rpact_designs import column

from equipoise.stats import (
    Accrual,
    PiecewiseHazard,
    Stratum,
    SurvivalPlan,
    conditional_power,
    group_sequential,
    logrank_events,
    sample_size_logrank,
    sample_size_means,
    sample_size_proportions,
)
from equipoise.stats.sequential.spending import spent
from equipoise.stats.sequential.walk import crossing_probabilities

RPACT, GSDESIGN = "rpact 3.3.4", "gsDesign 3.11.0.9003"
CONTROL = PiecewiseHazard.from_median(9)
YEARLY = PiecewiseHazard((-math.log(0.9) / 12,))
OF_LIKE = "lan_demets_obrien_fleming"
BOUNDARIES = {
    "OF": ("obrien_fleming", None),
    "Pocock": ("pocock", None),
    "HSD-4": ("hwang_shih_decani", -4.0),
    "LDOF": (OF_LIKE, None),
    "LDP": ("lan_demets_pocock", None),
}


@pytest.mark.evidence(method="group_sequential", kind="R", source=f"{GSDESIGN}, one- and two-sided")
@pytest.mark.parametrize("sided", [1, 2])
@pytest.mark.parametrize("name", BOUNDARIES)
def test_bounds_equal_gsdesign(goldens, sided, name):
    golden = goldens["gsdesign"][f"tt{sided}_{name}"]
    boundary, parameter = BOUNDARIES[name]
    design = group_sequential(
        golden["timing"], alpha=0.025 * sided, sided=sided, boundary=boundary, boundary_parameter=parameter
    )
    assert design.upper == pytest.approx(np.array(golden["upper"]), abs=2e-6)
    assert design.inflation == pytest.approx(golden["n_I"][-1], abs=2e-6)
    assert design.crossing(design.drift).upper == pytest.approx(np.array(golden["upper_prob"])[:, 1], abs=2e-6)


@pytest.mark.evidence(method="CrossingProbabilities", kind="R", source=f"{GSDESIGN}, at its own bounds")
def test_crossing_probabilities_at_the_bounds_of_gsdesign(goldens):
    checked = 0
    for key, golden in goldens["gsdesign"].items():
        if not (key.startswith(("tt", "spend_")) and "upper_prob" in golden):
            continue
        upper = np.array(golden["upper"])
        lower = np.array(golden.get("lower") or np.full(upper.size, -np.inf))
        scale = math.sqrt(golden["n_I"][-1])
        for side, theta in enumerate(golden["theta"]):
            information = np.array(golden["n_I"]) / golden["n_I"][-1]
            up, down = crossing_probabilities(information, theta * scale, np.minimum(lower, upper), upper)
            assert up == pytest.approx(np.array(golden["upper_prob"])[:, side], abs=1e-6), key
            if golden.get("lower_prob"):
                assert down == pytest.approx(np.array(golden["lower_prob"])[:, side], abs=1e-6), key
        checked += 1
    assert checked == 30


@pytest.mark.evidence(method="group_sequential", kind="R", source=f"{GSDESIGN}, other spending functions as user's")
def test_any_spending_function_can_be_given_by_look(goldens):
    checked = 0
    for key, golden in goldens["gsdesign"].items():
        if key.startswith("spend_"):
            spending = np.cumsum(golden["upper_spend"])
            spending[-1] = 0.025
            design = group_sequential(golden["timing"], boundary=spending)
            assert design.upper == pytest.approx(np.array(golden["upper"]), abs=2e-6), key
            assert design.inflation == pytest.approx(golden["n_I"][-1], abs=2e-6), key
            checked += 1
    assert checked == 8


@pytest.mark.evidence(method="group_sequential", kind="R", source=f"{GSDESIGN}, spending functions")
@pytest.mark.parametrize(
    ("key", "name", "parameter"),
    [
        ("LDOF", OF_LIKE, None),
        ("LDPocock", "lan_demets_pocock", None),
        ("HSD_m4", "hwang_shih_decani", -4.0),
        ("HSD_1", "hwang_shih_decani", 1.0),
        ("HSD_0", "hwang_shih_decani", 0.0),
        ("power_3", "kim_demets", 3.0),
    ],
)
def test_spending_functions_equal_gsdesign(goldens, key, name, parameter):
    golden = goldens["gsdesign"]["spending_values"]
    found = spent(name, np.array(golden["t"]), golden["alpha"], parameter=parameter)
    assert found == pytest.approx(np.array(golden[key]), rel=1e-12, abs=1e-15)


@pytest.mark.evidence(method="CrossingProbabilities", kind="R", source=f"{RPACT}, getPowerAndAverageSampleNumber")
def test_power_and_average_size_equal_rpact(goldens):
    golden = goldens["power_asn"]
    design = group_sequential(3, power=0.9, futility=OF_LIKE)
    for i, theta in enumerate(golden["theta"]):
        found = design.crossing(theta * math.sqrt(golden["nMax"]))
        assert found.power == pytest.approx(golden["calculatedPower"][i], abs=1e-6)
        assert found.expected_information * golden["nMax"] == pytest.approx(golden["averageSampleNumber"][i], rel=1e-6)
        assert found.upper == pytest.approx(np.array(golden["rejectPerStage"])[:, i], abs=1e-6)
        assert found.lower[:2] == pytest.approx(np.array(golden["futilityPerStage"])[:, i], abs=1e-6)


@pytest.mark.evidence(method="SurvivalPlan", kind="R", source=f"{RPACT}, getPowerSurvival")
@pytest.mark.parametrize(
    ("key", "looks", "futility", "dropout"),
    [
        ("fixed_171_111ev", 1, None, 0.0),
        ("gs2_171_111ev", 2, None, 0.0),
        ("gs2_fut_dropout", 2, OF_LIKE, YEARLY.rates[0]),
    ],
)
def test_power_of_a_survival_trial_equals_rpact(goldens, key, looks, futility, dropout):
    golden = goldens["survival_power"][key]["out"]
    design = group_sequential(looks, alpha=0.1, power=0.85, futility=futility)
    for i, ratio in enumerate(golden["hazardRatio"]):
        plan = SurvivalPlan(
            accrual=Accrual(30).scaled(171),
            strata=(Stratum(1.0, CONTROL),),
            hazard_ratio=PiecewiseHazard((ratio,)),
            dropout=PiecewiseHazard((dropout,)),
        )
        events = 111 * design.information
        times = [plan.time_of(count) for count in events]
        assert times == pytest.approx(np.atleast_2d(golden["analysisTime"]).reshape(looks, -1)[:, i], rel=1e-5)
        found = design.crossing(-math.log(ratio) * math.sqrt(111 / 4))
        assert found.power == pytest.approx(golden["overallReject"][i], abs=1e-6)
        assert found.upper == pytest.approx(np.atleast_2d(golden["rejectPerStage"]).reshape(looks, -1)[:, i], abs=1e-6)
        assert 111 * found.expected_information == pytest.approx(golden["expectedNumberOfEvents"][i], rel=1e-6)
    bounds = np.exp(-design.upper / np.sqrt(events / 4))
    assert bounds == pytest.approx(column(golden["criticalValuesEffectScale"]), rel=1e-6)


@pytest.mark.evidence(method="sample_size_logrank", kind="R", source=f"{RPACT}, group sequential with futility")
def test_sequential_sizes_equal_rpact(goldens):
    two = goldens["survival_sample_size"]["gs2_asOF_bsOF"]["out"]
    design = group_sequential(2, alpha=0.1, power=0.85, futility=OF_LIKE)
    yearly = {"dropout": YEARLY, "dropout_control": YEARLY}
    found = sample_size_logrank(
        CONTROL, 9 / 14, accrual=Accrual(24), follow_up=12, alpha=0.1, power=0.85, inflation=design.inflation, **yearly
    )
    assert found.n == pytest.approx(two["maxNumberOfSubjects"], rel=1e-6)
    assert found.events == pytest.approx(two["maxNumberOfEvents"], rel=1e-6)
    for part, key in ((0.0, "expectedEventsH0"), (0.5, "expectedEventsH01"), (1.0, "expectedEventsH1")):
        expected = design.crossing(part * design.drift).expected_information * found.events
        assert expected == pytest.approx(two[key], rel=1e-6)
    three = goldens["survival_sample_size"]["gs3_phase3"]["out"]
    looks = np.array(three["eventsPerStage"]) / three["eventsPerStage"][-1]
    later = group_sequential(looks, power=0.9)
    hazard = PiecewiseHazard((-math.log(0.98) / 12,))
    size = sample_size_logrank(
        PiecewiseHazard.from_median(24),
        0.75,
        accrual=Accrual(30),
        follow_up=30,
        power=0.9,
        inflation=later.inflation,
        dropout=hazard,
        dropout_control=hazard,
    )
    assert size.n == pytest.approx(three["maxNumberOfSubjects"], rel=1e-6)
    assert later.events(0.75) == pytest.approx(three["eventsPerStage"], rel=1e-6)
    assert later.p_value == pytest.approx(three["criticalValuesPValueScale"], abs=1e-7)
    times = [size.plan.time_of(count * (1 - 1e-15)) for count in size.events * later.information]
    assert times == pytest.approx(three["analysisTime"], rel=1e-5)


@pytest.mark.evidence(method="group_sequential", kind="R", source=f"{RPACT}, three looks at rates and means")
def test_sequential_rates_and_means_equal_rpact(goldens):
    design = group_sequential(3, power=0.8)
    crossed = design.crossing(design.drift)
    rates = sample_size_proportions(0.30, 0.15, power=0.8)
    means = sample_size_means(10.0, 24.0, power=0.8)
    for golden, fixed in ((goldens["rates"]["gs"]["out"], rates.n), (goldens["means"]["gs"]["out"], means.n)):
        assert fixed == pytest.approx(golden["nFixed"], rel=1e-6)
        largest = fixed * design.inflation
        assert largest * design.information == pytest.approx(golden["numberOfSubjects"], rel=1e-6)
        assert crossed.upper == pytest.approx(golden["rejectPerStage"], abs=1e-6)
        assert crossed.expected_information * largest == pytest.approx(golden["expectedNumberOfSubjectsH1"], rel=1e-6)


@pytest.mark.evidence(method="logrank_events", kind="R", source=f"{GSDESIGN}, nEvents and nSurvival")
@pytest.mark.evidence(method="sample_size_proportions", kind="R", source=f"{GSDESIGN}, nBinomial")
def test_sizes_of_gsdesign(goldens):
    golden = goldens["gsdesign"]
    test = {"alpha": 0.1, "power": 0.85}
    assert logrank_events(9 / 14, **test) == pytest.approx(golden["nEvents"]["n"], rel=1e-12)
    assert logrank_events(9 / 14, ratio=2, **test) == pytest.approx(golden["nEvents"]["ratio2"], rel=1e-12)
    both = sample_size_logrank(CONTROL, 9 / 14, accrual=Accrual(24), follow_up=12, method="lachin_foulkes", **test)
    assert both.n == pytest.approx(golden["lachin_foulkes_nSurvival"]["n"], rel=1e-9)
    assert both.events == pytest.approx(golden["lachin_foulkes_nSurvival"]["events"], rel=1e-9)
    binomial = golden["nBinomial"]
    assert sample_size_proportions(0.3, 0.15, power=0.8).n == pytest.approx(binomial["fm"], rel=1e-9)
    assert sample_size_proportions(0.3, 0.15, power=0.8, ratio=2).n == pytest.approx(binomial["fm_ratio2"], rel=1e-9)
    assert sample_size_proportions(0.3, 0.3, power=0.8, null_difference=-0.1).n == pytest.approx(
        binomial["ni"], rel=1e-9
    )


@pytest.mark.evidence(method="GroupSequential", kind="R", source=f"{GSDESIGN}, gsBValue and gsHR")
def test_scales_of_a_statistic_equal_gsdesign(goldens):
    golden = goldens["gsdesign"]
    design = group_sequential([0.4, 0.7, 1], power=0.9, futility="hwang_shih_decani", futility_parameter=-2)
    z = np.array([1.2, 1.8, 2.1])
    assert z * np.sqrt(design.information) == pytest.approx(np.array(golden["b_value"]), rel=1e-12)
    information = np.array(golden["gs_power"]["n_I"])
    assert np.exp(-2 * design.upper / np.sqrt(information)) == pytest.approx(np.array(golden["hr_at_bound"]), rel=1e-6)


@pytest.mark.evidence(method="conditional_power", kind="R", source=f"{GSDESIGN}, gsBoundCP")
def test_conditional_power_at_the_bounds_equals_gsdesign(goldens):
    golden = np.array(goldens["gsdesign"]["bound_cp"])
    design = group_sequential([0.4, 0.7, 1], power=0.9, futility="hwang_shih_decani", futility_parameter=-2)
    n = np.array(goldens["gsdesign"]["gs_power"]["n_I"])
    for look in range(2):
        rest = {"now": n[look], "information": n[look + 1 :], "upper": design.upper[look + 1 :]}
        for side, bound in enumerate((design.lower[look], design.upper[look])):
            found = conditional_power(bound, lower=design.lower[look + 1 :], **rest)
            assert found.power == pytest.approx(golden[look, side], abs=1e-5)


@pytest.mark.evidence(method="sample_size_proportions", kind="R", source=f"{RPACT}, {GSDESIGN}: a risk ratio of 1")
def test_no_difference_and_a_risk_ratio_of_one_are_the_same_null(goldens):
    expected = goldens["gsdesign"]["nBinomial"]["rr"], goldens["rates"]["risk_ratio"]["out"]["nFixed"]
    assert sample_size_proportions(0.3, 0.15, power=0.8).n == pytest.approx(expected[0], rel=1e-9)
    assert sample_size_proportions(0.3, 0.15, power=0.8).n == pytest.approx(expected[1], rel=1e-9)


def test_what_is_not_compared_is_there(goldens):
    for key in NOT_COMPARED:
        place = goldens
        for part in key.split("/"):
            assert part in place, key
            place = place[part]
