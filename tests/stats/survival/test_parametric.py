"""Weibull, exponential, log-normal and log-logistic regression."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from survival_goldens import listed, numbers, relative_difference

from equipoise.stats import StatsError, aft_interval_regression, aft_regression

R = "R 4.2.2, survival 3.5-3 (survreg)"
ITERATED = 1e-8


def compare(found, case):
    assert found.coef == pytest.approx(np.atleast_1d(case["coef"]), rel=ITERATED)
    assert found.scale == pytest.approx(np.atleast_1d(case["scale"]), rel=ITERATED)
    assert found.vcov == pytest.approx(np.atleast_2d(case["vcov"]), rel=ITERATED)
    assert [found.loglik_null, found.loglik] == pytest.approx(case["loglik"], rel=1e-10)
    assert found.converged
    assert set(found.status) == {""}


def covariates(data):
    return {"arm": data["arm"], "age": data["age"]}


@pytest.mark.evidence(method="aft_regression", kind="R", source=R)
@pytest.mark.parametrize("case", range(4))
def test_right_censored_models_equal_r(trial120, case):
    data, wanted = trial120["data"], trial120["aft"][case]
    found = aft_regression(data["time"], data["event"], covariates(data), distribution=wanted["distribution"])
    compare(found, wanted)


@pytest.mark.evidence(method="aft_regression", kind="R", source=R)
def test_scales_by_stratum_and_weights_equal_r(trial120):
    data = trial120["data"]
    strata = aft_regression(data["time"], data["event"], {"arm": data["arm"]}, strata=data["stratum"])
    compare(strata, trial120["aft"][4])
    assert strata.strata == (0, 1, 2)
    assert np.isnan(strata.hazard_ratio).all()
    weighted = aft_regression(data["time"], data["event"], covariates(data), weights=data["weight"])
    compare(weighted, trial120["aft_weighted"])


@pytest.mark.evidence(method="aft_interval_regression", kind="R", source=R)
@pytest.mark.parametrize("case", range(4))
def test_interval_censored_models_equal_r(trial120, case):
    data, wanted = trial120["data"], trial120["interval"][case]
    right = [float(v) for v in data["right"]]
    found = aft_interval_regression(data["left"], right, covariates(data), distribution=wanted["distribution"])
    compare(found, wanted)


@pytest.mark.evidence(method="aft_regression", kind="R", source=f"{R}, reference set, section survreg")
def test_reference_models(goldens, largest_difference):
    for case in goldens["survreg"]:
        terms = listed(case["terms"])
        s = goldens.columns(case["src"]).complete([*terms, *listed(case["strata"])])
        x = {name: s[name] for name in terms}
        strata = s[case["strata"]] if case["strata"] else None
        found = aft_regression(s.time, s.event, x, distribution=case["dist"], strata=strata)
        largest_difference(relative_difference(found.coef, numbers(case["coef"])), ITERATED, case["id"])
        largest_difference(relative_difference(found.scale, numbers(case["scale"])), ITERATED, case["id"])
        wanted = np.array([numbers(row) for row in case["var_incl_log_scale"]])
        largest_difference(relative_difference(found.vcov, wanted), ITERATED, case["id"])
        largest_difference(relative_difference([found.loglik_null, found.loglik], case["loglik"]), 1e-10)
        limits = np.array([numbers(row) for row in case["ci_coef"]])
        largest_difference(relative_difference(found.conf_low, limits[:, 0]), ITERATED, case["id"])
        largest_difference(relative_difference(found.conf_high, limits[:, 1]), ITERATED, case["id"])
        largest_difference(relative_difference(found.aic, case["aic"]), 1e-10, case["id"])
        if case["weibull_ph"]:
            hazard_ratio = numbers(case["weibull_ph"]["hr"])
            largest_difference(relative_difference(found.hazard_ratio[1:], hazard_ratio), ITERATED, case["id"])


@pytest.mark.evidence(method="aft_interval_regression", kind="R", source=f"{R}, section interval_censored")
def test_reference_interval_model(goldens):
    data, wanted = goldens.table("icens120"), goldens["interval_censored"]["weibull"]
    found = aft_interval_regression(data["left"], data["right"], {"arm": data["arm"]})
    assert found.coef == pytest.approx(numbers(wanted["coef"]), rel=ITERATED)
    assert found.scale[0] == pytest.approx(wanted["scale"], rel=ITERATED)
    assert found.vcov == pytest.approx(np.array(wanted["var"]), rel=ITERATED)
    assert [found.loglik_null, found.loglik] == pytest.approx(wanted["loglik"], rel=1e-10)


@pytest.mark.evidence(method="aft_regression", kind="hand", source="exponential: rate = events / time, both arms")
def test_exponential_in_closed_form():
    time, event = np.array([2, 3, 5, 8, 13, 1, 4, 4, 9]), np.array([1, 1, 0, 1, 1, 1, 1, 0, 1])
    arm = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1])
    found = aft_regression(time, event, arm, distribution="exponential")
    # 4 events in 31 days, 3 in 18
    assert found.coef == pytest.approx([math.log(31 / 4), math.log(18 / 3) - math.log(31 / 4)], rel=1e-12)
    assert found.std_error == pytest.approx([1 / 2, math.sqrt(1 / 4 + 1 / 3)], rel=1e-12)
    assert found.hazard_ratio[1] == pytest.approx((3 / 18) / (4 / 31), rel=1e-12)
    assert found.loglik == pytest.approx(4 * math.log(4 / 31) - 4 + 3 * math.log(3 / 18) - 3, rel=1e-13)
    assert found.loglik_null == pytest.approx(7 * math.log(7 / 49) - 7, rel=1e-13)


@pytest.mark.evidence(method="aft_regression", kind="hand", source="delayed entry: rate = events / (time - entry)")
def test_delayed_entry_in_closed_form():
    time, event, entry = np.array([2, 3, 5, 8, 13]), np.array([1, 1, 0, 1, 1]), np.array([0, 1, 2, 0, 6])
    found = aft_regression(time, event, entry=entry, distribution="exponential")
    assert found.coef[0] == pytest.approx(math.log((31 - 9) / 4), rel=1e-12)
    assert found.loglik == pytest.approx(4 * math.log(4 / 22) - 4, rel=1e-13)


@pytest.mark.evidence(method="aft_regression", kind="hand", source="log-normal, uncensored: mean and spread of logs")
def test_lognormal_in_closed_form():
    time = np.array([1.5, 2.0, 3.7, 8.1, 4.4])
    found = aft_regression(time, np.ones(5), distribution="lognormal")
    assert found.coef[0] == pytest.approx(np.log(time).mean(), rel=1e-12)
    assert found.scale[0] == pytest.approx(np.log(time).std(), rel=1e-10)


rows = st.lists(st.tuples(st.integers(1, 40), st.booleans(), st.integers(0, 4)), min_size=15, max_size=50)


@pytest.mark.evidence(method="aft_regression", kind="property", source="hypothesis: scale of time, replication, origin")
@given(rows, st.sampled_from(["weibull", "exponential", "lognormal", "loglogistic"]))
def test_properties(sample, distribution):
    time, event, x = (np.array(column) for column in zip(*sample, strict=True))
    if event.sum() < 5:
        return
    found = aft_regression(time, event, x, distribution=distribution)
    if found.status != ("", ""):
        return
    slow = aft_regression(time * 30, event, x, distribution=distribution)
    assert slow.coef == pytest.approx(np.add(found.coef, [math.log(30), 0.0]), rel=1e-7, abs=1e-7)
    assert slow.loglik == pytest.approx(found.loglik - event.sum() * math.log(30), rel=1e-9)
    twice = aft_regression(np.tile(time, 2), np.tile(event, 2), np.tile(x, 2), distribution=distribution)
    weighted = aft_regression(time, event, x, weights=np.full(time.size, 2), distribution=distribution)
    assert weighted.std_error == pytest.approx(twice.std_error, rel=1e-7)
    assert weighted.loglik == pytest.approx(twice.loglik, rel=1e-12)
    moved = aft_regression(time, event, x + 1e6, distribution=distribution)
    assert moved.coef[1] == pytest.approx(found.coef[1], rel=1e-6, abs=1e-7)
    exact = aft_interval_regression(time, np.where(event, time, np.inf), x, distribution=distribution)
    assert exact.coef == pytest.approx(found.coef, rel=1e-8, abs=1e-9)


@pytest.mark.evidence(method="aft_regression", kind="property", source="optimizer: nowhere better around the maximum")
def test_the_maximum_is_one(trial120):
    data = trial120["data"]
    x = np.column_stack([data["arm"], data["age"]])
    found = aft_regression(data["time"], data["event"], x)
    time, event = np.array(data["time"]), np.array(data["event"])

    def loglik(coef, scale):
        z = (np.log(time) - coef[0] - x @ coef[1:]) / scale
        return np.sum(event * (z - np.log(scale) - np.log(time)) - np.exp(z))

    assert loglik(found.coef, found.scale[0]) == pytest.approx(found.loglik, rel=1e-13)
    rng = np.random.default_rng(2)
    for _ in range(200):
        step = rng.normal(size=4) * 0.05 * np.array([1, 1, 0.02, 1])
        assert loglik(found.coef + step[:3], found.scale[0] * np.exp(step[3])) < found.loglik


def test_an_arm_without_events_is_recognized():
    time, event = [1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 0, 0, 0, 0, 0]
    found = aft_regression(time, event, {"arm": [0, 0, 0, 0, 1, 1, 1, 1]})
    assert found.status[1] == "monotone"
    assert not found.converged
    assert found.reason.startswith("the likelihood rises without end")
    assert np.isnan(found.std_error).all()


def test_constant_and_collinear_covariates_are_not_estimable(trial120):
    data = trial120["data"]
    arm = np.array(data["arm"], float)
    x = {"arm": arm, "one": np.ones(arm.size), "twice": 2 * arm + 3}
    found = aft_regression(data["time"], data["event"], x)
    alone = aft_regression(data["time"], data["event"], arm)
    assert found.status == ("", "", "NE", "NE")
    assert found.coef[:2] == pytest.approx(alone.coef, rel=1e-12)
    assert np.isnan(found.coef[2:]).all()
    assert found.reason == "a covariate is constant or depends on the ones before it"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: aft_regression([0, 2], [1, 1]), "time[0] = 0.0: a model of the log time needs times above 0"),
        (lambda: aft_regression([1, 2], [0, 0]), "no events"),
        (lambda: aft_regression([1, 2], [1, 1], distribution="gamma"), "got 'gamma'"),
        (lambda: aft_regression([1, 2], [1, 1], [[1], [np.inf]]), "x"),
        (lambda: aft_regression([1, 2], [1, 1], entry=[1, 0]), "entry[0] = 1.0: entry must be before time"),
        (lambda: aft_regression([1, 2], [1, 1], weights=[1, 0.5]), "weights"),
        (lambda: aft_interval_regression([1, 5], [2, 4]), "right[1] = 4.0: the right end must not come before"),
        (lambda: aft_interval_regression([0, 1], [0, 2]), "right[0] = 0.0"),
        (lambda: aft_interval_regression([0, 1], [None, 2]), "row 0 is (0, infinity), which says nothing"),
        (lambda: aft_interval_regression([1, 2], ["x", 4]), "right"),
        (lambda: aft_interval_regression([1, 2], [3]), "right: has 1 rows where left has 2"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(StatsError) as error:
        call()
    assert words in str(error.value)
