"""Difference of two survival probabilities at one time."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from equipoise.stats import StatsError, kaplan_meier, milestone_difference

R = "R 4.2.2, survival 3.5-3 (survfit, formulas in trial120.R)"
Z = -ndtri(0.025)


@pytest.mark.evidence(method="milestone_difference", kind="R", source=R)
def test_equals_r(trial120):
    data = trial120["data"]
    for case in trial120["milestone"]:
        for method, key in (("log-log", "log_log"), ("plain", "plain")):
            found = milestone_difference(
                data["time"], data["event"], data["arm"], at=case["at"], method=method, conf_level=case["conf_level"]
            )
            assert found.survival == pytest.approx(np.array(case["survival"]), rel=1e-12)
            assert found.survival_std_error == pytest.approx(np.array(case["survival_se"]), rel=1e-12)
            assert found.estimate == pytest.approx(case["difference"], rel=1e-12)
            assert found.std_error == pytest.approx(case["std_error"], rel=1e-12)
            assert [found.conf_low, found.conf_high, found.p_value] == pytest.approx(case[key], rel=1e-10)


@pytest.mark.evidence(method="milestone_difference", kind="hand", source="uncensored: two proportions, 1/4 and 3/4")
def test_without_censoring_it_is_two_proportions():
    time, event, group = [1, 2, 3, 4, 2, 4, 6, 8], [1] * 8, ["a"] * 4 + ["b"] * 4
    found = milestone_difference(time, event, group, at=3, method="plain")
    assert found.survival.tolist() == [0.25, 0.75]
    assert found.std_error == pytest.approx(math.sqrt(2 * 3 / 16 / 4), rel=1e-14)
    assert found.conf_high == pytest.approx(min(1.0, 0.5 + Z * found.std_error), rel=1e-14)
    log_log = milestone_difference(time, event, group, at=3)
    scale = math.log(math.log(0.25) / math.log(0.75))
    error = math.hypot(*(math.sqrt(p * (1 - p) / 4) / (p * math.log(p)) for p in (0.25, 0.75)))
    assert log_log.p_value == pytest.approx(math.erfc(scale / error / math.sqrt(2)), rel=1e-12)
    assert log_log.p_one_sided == pytest.approx(log_log.p_value / 2, rel=1e-12)
    assert log_log.p_opposite == pytest.approx(1 - log_log.p_one_sided, rel=1e-12)


samples = st.lists(st.tuples(st.integers(1, 20), st.booleans(), st.booleans()), min_size=6, max_size=40)


@pytest.mark.evidence(method="milestone_difference", kind="property", source="hypothesis: relabeling, order, curves")
@given(samples, st.integers(1, 15), st.sampled_from(["log-log", "plain"]))
def test_properties(rows, at, method):
    time, event, arm = (np.array(column) for column in zip(*rows, strict=True))
    if arm.all() or not arm.any():
        return
    found = milestone_difference(time, event, arm, at=at, method=method)
    turned = milestone_difference(time[::-1], event[::-1], arm[::-1], at=at, method=method, reference=True)
    assert turned.estimate == pytest.approx(-found.estimate, nan_ok=True)
    assert turned.conf_low == pytest.approx(-found.conf_high, nan_ok=True)
    assert turned.p_one_sided == pytest.approx(found.p_opposite, nan_ok=True)
    assert turned.status == found.status
    if not found.status:
        curves = [kaplan_meier(time[arm == a], event[arm == a]).at(at).estimate[0] for a in (False, True)]
        assert found.survival == pytest.approx(np.array(curves), rel=1e-14)
        assert -1.0 <= found.conf_low <= found.estimate <= found.conf_high <= 1.0


@pytest.mark.parametrize(
    ("rows", "at", "method", "estimate", "reason"),
    [
        (([1, 5, 2, 9], [1, 0, 1, 0]), 7, "plain", math.nan, "follow-up of group 'a' ends before 7"),
        (([3, 5, 2, 9], [0, 0, 1, 0]), 4, "log-log", -0.5, "the probability in group 'a' is 1, which has no limits"),
        (([1, 2, 2, 9], [1, 1, 1, 0]), 4, "plain", 0.5, "the probability in group 'a' is 0, which has no limits"),
        (([8, 8, 7, 9], [0, 1, 0, 0]), 4, "plain", 0.0, "no events in either group so far"),
    ],
)
def test_what_cannot_be_estimated_says_so(rows, at, method, estimate, reason):
    found = milestone_difference(*rows, list("aabb"), at=at, method=method)
    assert found.status == "NE"
    assert found.reason.startswith(reason)
    assert found.estimate == pytest.approx(estimate, nan_ok=True)
    assert math.isnan(found.conf_low)
    assert math.isnan(found.p_value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"at": 0}, "at: expected a number between 0 and inf, got 0"),
        ({"at": 3, "method": "logit"}, "got 'logit'"),
        ({"at": 3, "reference": "z"}, "'z' is not a group"),
    ],
)
def test_bad_input_is_named(options, words):
    with pytest.raises(StatsError) as error:
        milestone_difference([1, 2, 3, 4], [1, 1, 0, 1], list("aabb"), **options)
    assert words in str(error.value)
