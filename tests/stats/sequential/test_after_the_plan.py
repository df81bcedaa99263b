"""Monitoring, repeated and final inference, conditional and predictive power."""

import math

import numpy as np
import pytest
from scipy.special import ndtr

from equipoise.stats import (
    StatsError,
    conditional_power,
    final_inference,
    group_sequential,
    monitoring_bounds,
    predictive_power,
    repeated_inference,
)

RPACT = "rpact 3.3.4"
ROOT_FINDING = 1e-5
"""rpact and gsDesign find these by roots at about 1e-6."""


def looks_of(golden):
    share = golden["input"]["allocation"] / (1 + golden["input"]["allocation"])
    events = np.atleast_1d(np.asarray(golden["input"]["cumulative_events"], dtype=float))
    return -np.atleast_1d(np.asarray(golden["input"]["cumulative_logranks"], dtype=float)), events * share * (1 - share)


def plan(key):
    return group_sequential(2, alpha=0.1, power=0.85) if key == "a021202" else group_sequential(3)


def hazard_ratios(*log_effects):
    return [math.exp(-x) for x in log_effects]


@pytest.mark.evidence(method="repeated_inference", kind="R", source=RPACT)
@pytest.mark.evidence(method="final_inference", kind="R", source=RPACT)
def test_inference_equals_rpact(goldens):
    for key, golden in goldens["analysis"].items():
        z, information = looks_of(golden)
        found = repeated_inference(plan(key), z, information)
        low, high = (np.array([v for v in side if v is not None]) for side in golden["repeated_ci"])
        assert np.exp(-found.conf_high) == pytest.approx(low, rel=ROOT_FINDING)
        assert np.exp(-found.conf_low) == pytest.approx(high, rel=ROOT_FINDING)
        assert found.p_value == pytest.approx([p for p in golden["repeated_p"] if p is not None], abs=ROOT_FINDING)
        if golden["final_p"]["pFinal"] is None:
            continue
        design = plan(key)
        # rpact takes the covariance of the looks from the planned fractions, also where 56 of 111 events were seen
        planned = information[-1] * design.information[: z.size] / design.information[z.size - 1]
        final = final_inference(design, z, planned, conf_level=1 - 2 * design.alpha)
        assert final.p_one_sided == pytest.approx(golden["final_p"]["pFinal"], abs=ROOT_FINDING)
        limits = golden["final_ci"]["finalConfidenceInterval"]
        assert hazard_ratios(final.conf_high, final.conf_low) == pytest.approx(limits, rel=ROOT_FINDING)
        assert math.exp(-final.estimate) == pytest.approx(golden["final_ci"]["medianUnbiased"], rel=ROOT_FINDING)


@pytest.mark.evidence(method="repeated_inference", kind="R", source="gsDesign 3.11.0.9003, sequentialPValue")
def test_sequential_p_equals_gsdesign(goldens):
    design = group_sequential([40, 68, 97.2])
    found = repeated_inference(design, [1.2, 1.9, 2.2], [40, 68, 97.2]).p_value.min()
    assert found == pytest.approx(goldens["gsdesign"]["sequential_p"]["p"], abs=2e-4)


@pytest.mark.evidence(method="conditional_power", kind="R", source=RPACT)
def test_conditional_power_equals_rpact(goldens):
    cases = goldens["conditional_power"]
    three, two = group_sequential(3), group_sequential(2, alpha=0.1, power=0.85)
    expected = [cases[0]["out"]["conditionalPower"][2], *(c["out"]["conditionalPower"][-1] for c in cases[1:])]
    found = []
    for design, case in zip((three, three, three, two), cases, strict=True):
        events = np.atleast_1d(case["events"])
        coming = events[-1] + np.cumsum(np.atleast_1d(case["planned"]))
        z = -float(np.atleast_1d(case["logranks"])[-1])
        upper = design.upper[events.size :]
        effect = -math.log(case["hr"])
        rest = {"information": coming / 4, "upper": upper, "effect": effect}
        found.append(conditional_power(z, now=events[-1] / 4, **rest).power)
    assert found[:3] == pytest.approx(expected[:3], abs=1e-6)
    # 56 of 111 events: rpact mixes the planned fraction one half with the events seen (0.78130)
    assert found[3] == pytest.approx(expected[3], abs=2e-4)
    b, information = two.upper[1], np.array([14.0, 27.75])
    more = information[1] - information[0]
    score = (b * math.sqrt(information[1]) - math.sqrt(information[0])) / math.sqrt(more)
    assert found[3] == pytest.approx(1 - ndtr(score - math.log(14 / 9) * math.sqrt(more)), abs=1e-12)


@pytest.mark.evidence(method="conditional_power", kind="R", source="gsDesign 3.11.0.9003, gsCP")
@pytest.mark.evidence(method="predictive_power", kind="R", source="gsDesign 3.11.0.9003, gsPP")
def test_power_from_here_equals_gsdesign(goldens):
    golden = goldens["gsdesign"]
    design = group_sequential([0.4, 0.7, 1], power=0.9, futility="hwang_shih_decani", futility_parameter=-2)
    n = np.array(golden["gs_power"]["n_I"])
    rest = {"now": n[0], "information": n[1:], "upper": design.upper[1:], "lower": design.lower[1:]}
    case = golden["conditional_power"]
    for i, theta in enumerate(case["theta"]):
        found = conditional_power(case["zi"], effect=theta, **rest)
        assert found.upper == pytest.approx(np.array(case["upper"])[:, i], abs=1e-6)
        assert found.lower == pytest.approx(np.array(case["lower"])[:, i], abs=1e-6)
    delta = golden["gs_power"]["theta"][2]
    prior = {"prior_mean": delta / 2, "prior_sd": 10 / math.sqrt(200)}
    assert predictive_power(1.2, **rest, **prior).power == pytest.approx(golden["predictive_power"]["pp"], abs=1e-6)


@pytest.mark.evidence(method="predictive_power", kind="hand", source="closed form, one look to come, flat prior")
def test_predictive_power_of_one_look():
    z, now, end, bound = 1.1, 14.0, 28.0, 1.97
    mean = z * math.sqrt(end / now)
    expected = ndtr((mean - bound) / math.sqrt((end - now) / now))
    found = predictive_power(z, now=now, information=[end], upper=[bound])
    assert found.power == pytest.approx(expected, abs=1e-10)


def test_without_an_effect_named_the_estimate_goes_on():
    rest = {"now": 14.0, "information": [28.0], "upper": [1.97]}
    assert conditional_power(1.1, **rest).power == conditional_power(1.1, effect=1.1 / math.sqrt(14.0), **rest).power


@pytest.mark.evidence(method="monitoring_bounds", kind="hand", source="the plan itself, when all goes to plan")
def test_the_plan_comes_back_when_all_goes_to_plan():
    design = group_sequential([0.4, 0.7, 1], boundary="hwang_shih_decani", boundary_parameter=-4)
    found = monitoring_bounds(design, [40, 70, 100], planned=100)
    assert found.upper == pytest.approx(design.upper, abs=1e-12)
    assert found.alpha_spent == pytest.approx(design.alpha_spent, abs=1e-12)


def test_a_last_look_spends_what_is_left():
    design = group_sequential(2, alpha=0.1, power=0.85)
    early = monitoring_bounds(design, [56, 105], planned=112, final=True)
    assert early.alpha_spent[-1] == 0.1
    assert monitoring_bounds(design, [56, 105], planned=112).alpha_spent[-1] < 0.1
    over = monitoring_bounds(design, [56, 130], planned=112)
    assert over.fraction[-1] == 1.0
    assert over.alpha_spent[-1] == 0.1


def test_a_spending_given_by_look_is_spent_on_straight_lines():
    design = group_sequential([0.5, 1], alpha=0.05, boundary=[0.01, 0.05])
    assert monitoring_bounds(design, [25], planned=100).alpha_spent == pytest.approx([0.005])
    nothing = group_sequential(3, boundary="final_only")
    assert np.isinf(monitoring_bounds(nothing, [40], planned=120).upper).all()


@pytest.mark.parametrize("sided", [1, 2])
@pytest.mark.parametrize("boundary", ["obrien_fleming", "pocock", "wang_tsiatis", "haybittle_peto"])
def test_bounds_with_a_shape_are_monitored_along_their_own_plan(boundary, sided):
    """As planned the bounds of the plan come back; at other events the error spent is still alpha."""
    design = group_sequential(
        3, boundary=boundary, boundary_parameter=0.3 if boundary == "wang_tsiatis" else None, sided=sided
    )
    found = monitoring_bounds(design, [40, 80, 120], planned=120)
    assert found.upper == pytest.approx(design.upper, abs=1e-9)
    other = monitoring_bounds(design, [33, 90, 140], planned=120, final=True)
    assert other.alpha_spent[-1] == design.alpha
    again = group_sequential([33, 90, 140], boundary=other.alpha_spent, sided=sided)
    assert other.upper == pytest.approx(again.upper, abs=1e-12)
    if boundary == "haybittle_peto":
        assert other.upper[:2] == pytest.approx([3.0, 3.0], abs=1e-12)


@pytest.mark.parametrize(
    ("boundary", "parameter"),
    [("obrien_fleming", None), ("pocock", None), ("wang_tsiatis", 0.25), ("final_only", None)],
)
def test_a_repeated_p_value_is_the_level_whose_bound_is_reached(boundary, parameter):
    design = group_sequential(3, boundary=boundary, boundary_parameter=parameter)
    p = repeated_inference(design, [0.5, 1.1, -0.4], [10, 20, 30]).p_value
    for look in range(3) if boundary != "final_only" else [2]:
        at = group_sequential(3, alpha=p[look], power=0.995, boundary=boundary, boundary_parameter=parameter)
        assert at.upper[look] == pytest.approx([0.5, 1.1, -0.4][look], abs=1e-9)
    if boundary == "final_only":
        assert list(p[:2]) == [1.0, 1.0]


def test_repeated_p_values_of_haybittle_and_peto_start_at_what_the_interim_bound_spends():
    """An interim look crosses at any level that there can be, or at none."""
    design = group_sequential(3, boundary="haybittle_peto")
    p = repeated_inference(design, [1.0, 3.2, 2.0], [10, 20, 30]).p_value
    assert p[0] == 1.0
    assert p[1] == pytest.approx(design.alpha_spent[1], rel=1e-6)
    assert group_sequential(3, alpha=p[2], boundary="haybittle_peto").upper[2] == pytest.approx(2.0, abs=1e-9)


def test_looks_that_cannot_stop_have_infinite_bounds_in_conditional_power():
    some = conditional_power(1.0, now=10, information=[20, 30], upper=[math.inf, 1.96], lower=[-math.inf, 1.96])
    one = conditional_power(1.0, now=10, information=[30], upper=[1.96])
    assert some.power == pytest.approx(one.power, abs=1e-14)


def test_a_trial_that_stopped_for_futility_has_an_inference():
    design = group_sequential(2, power=0.9, futility="lan_demets_pocock", binding=True)
    found = final_inference(design, [-0.3], [14.0])
    assert found.p_one_sided > 0.5
    assert found.conf_low < found.estimate < found.conf_high
    assert found.estimate < 0.0


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda d: monitoring_bounds(d, [40, 40], planned=100), "look repeated"),
        (lambda d: monitoring_bounds(d, [60, 40], planned=100), "rises"),
        (lambda d: monitoring_bounds(d, [100, 120], planned=100), "look after it has none"),
        (lambda d: monitoring_bounds(d, [40], planned=0), "planned"),
        (
            lambda d: final_inference(group_sequential(2, futility_bounds=[0.5], binding=True), [-1, 2], [1, 2]),
            "0.5000",
        ),
        (lambda d: conditional_power("much", now=10, information=[20], upper=[2]), "z: expected a finite number"),
        (lambda d: repeated_inference(d, [1, 2], [10]), "as many values as z"),
        (lambda d: repeated_inference(d, [1, 2, 2, 2], [1, 2, 3, 4]), "at most the 3 planned looks"),
        (lambda d: repeated_inference(d, [1, math.nan], [10, 20]), "finite number"),
        (lambda d: final_inference(d, [4.0, 2.0], [10, 20]), "ended at look 1"),
        (lambda d: final_inference(d, [1.0, 2.0], [10, 20]), "the trial goes on"),
        (lambda d: final_inference(d, [1.0, 2.0, 2.0], [10, 20, 30], conf_level=1), "conf_level"),
        (lambda d: conditional_power(1, now=10, information=[10], upper=[2]), "above 10"),
        (lambda d: conditional_power(1, now=10, information=[20], upper=[2, 3]), "as many values as information"),
        (lambda d: conditional_power(math.nan, now=0, information=[20], upper=[2]), "z: expected a finite number"),
        (lambda d: predictive_power(1, now=1, information=[2], upper=[2], prior_sd=0), "prior_sd"),
        (lambda d: d.events(1.0), "hazard_ratio"),
        (lambda d: d.events(0.5, ratio=0), "ratio"),
    ],
)
def test_bad_input_is_explained(call, expected):
    with pytest.raises(StatsError, match=expected):
        call(group_sequential(3))
