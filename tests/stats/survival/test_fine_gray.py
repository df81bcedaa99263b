"""Fine-Gray regression."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.stats import StatsError, cox_ph, fine_gray

R = "R 4.2.2, survival 3.5-3 (finegray + coxph)"
ITERATED = 1e-8


def covariates(data):
    return {name: np.array(data[name], float) for name in ("arm", "age", "marker")}


@pytest.mark.evidence(method="fine_gray", kind="R", source=R)
def test_equals_r(trial120):
    data = trial120["data"]
    for case in trial120["fine_gray"]:
        found = fine_gray(
            data["time"], data["cause"], covariates(data), cause_of_interest=case["cause"], ties=case["ties"]
        )
        assert found.names == ("arm", "age", "marker")
        assert found.coef == pytest.approx(np.array(case["coef"]), rel=ITERATED)
        assert found.std_error == pytest.approx(np.array(case["se_robust"]), rel=ITERATED)
        assert found.model_std_error == pytest.approx(np.array(case["se_model"]), rel=ITERATED)
        assert [found.loglik_null, found.loglik] == pytest.approx(case["loglik"], rel=1e-10)


@pytest.mark.evidence(method="fine_gray", kind="R", source="R 4.2.2, cmprsk 2.2-11 (crr), times without ties")
def test_coefficients_equal_cmprsk_without_ties(trial120):
    data = trial120["data"]
    time = np.array(data["time"]) + np.array(data["id"]) / 1000
    for case in trial120["crr_untied"]:
        found = fine_gray(time, data["cause"], covariates(data), cause_of_interest=case["cause"])
        assert found.coef == pytest.approx(np.array(case["coef"]), rel=ITERATED)
        assert [found.loglik_null, found.loglik] == pytest.approx(case["loglik"], rel=1e-10)


@pytest.mark.evidence(method="fine_gray", kind="R", source=f"{R}; its se_model is robust by row, so not compared")
@pytest.mark.parametrize(("cause", "name"), [(1, "pcm"), (2, "death")])
def test_large_sample_equals_r(goldens, cause, name):
    data = goldens.table("mgus2")
    x = {"age": data["age"], "sexM": (data["sex"] == "M").astype(float), "mspike": data["mspike"]}
    for ties, wanted in (("efron", goldens["fine_gray"][name]), ("breslow", goldens["fine_gray"][name]["breslow"])):
        found = fine_gray(
            data["etime"], data["event"].astype(int), x, cause_of_interest=cause, ties=ties, missing="drop"
        )
        assert found.coef == pytest.approx(np.array(wanted["coef"]), rel=ITERATED)
        assert found.std_error == pytest.approx(np.array(wanted["se_robust"]), rel=ITERATED)
    assert list(found.dropped) == ["x[mspike] missing"]
    assert found.n == data["etime"].size - found.dropped["x[mspike] missing"].size


rows = st.lists(st.tuples(st.integers(1, 15), st.integers(0, 2), st.integers(0, 5)), min_size=12, max_size=50)


@pytest.mark.evidence(method="fine_gray", kind="property", source="hypothesis: without competing events it is Cox")
@given(rows)
def test_without_competing_events_it_is_cox(sample):
    time, cause, x = (np.array(column) for column in zip(*sample, strict=True))
    event = np.minimum(cause, 1)
    if not event.any():
        return
    found = fine_gray(time, event, x, cause_of_interest=1)
    cox = cox_ph(time, event, x, cluster=np.arange(time.size))
    assert found.status == cox.status
    assert found.coef == pytest.approx(cox.coef, rel=1e-8, abs=1e-10, nan_ok=True)
    assert found.std_error == pytest.approx(cox.std_error, rel=1e-7, abs=1e-10, nan_ok=True)


@pytest.mark.evidence(method="fine_gray", kind="property", source="uncensored: competing subjects stay at risk forever")
@given(rows)
def test_without_censoring_competing_events_never_leave(sample):
    time, cause, x = (np.array(column) for column in zip(*sample, strict=True))
    cause = np.maximum(cause, 1)
    if not (cause == 1).any():
        return
    found = fine_gray(time, cause, x, cause_of_interest=1)
    cox = cox_ph(np.where(cause == 2, 99, time), cause == 1, x, cluster=np.arange(time.size))
    assert found.status == cox.status
    if found.status == ("",):
        assert found.coef == pytest.approx(cox.coef, rel=1e-7, abs=1e-9)
        assert found.std_error == pytest.approx(cox.std_error, rel=1e-6, abs=1e-9)


@pytest.mark.evidence(method="fine_gray", kind="property", source="row order and scale of time change nothing")
def test_row_order_and_time_scale(trial120):
    data = trial120["data"]
    time, cause = np.array(data["time"]), np.array(data["cause"])
    x = np.column_stack(list(covariates(data).values()))
    order = np.random.default_rng(1).permutation(time.size)
    first = fine_gray(time, cause, x, cause_of_interest=1)
    second = fine_gray(time[order] / 30.4375, cause[order], x[order], cause_of_interest=1)
    assert second.coef == pytest.approx(first.coef, rel=1e-10)
    assert second.std_error == pytest.approx(first.std_error, rel=1e-10)


def test_an_arm_without_the_cause_is_recognized():
    time, cause = [1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 2, 0, 2, 0, 2, 0]
    found = fine_gray(time, cause, {"arm": [0, 0, 0, 0, 1, 1, 1, 1]}, cause_of_interest=1)
    assert found.status == ("monotone",)
    assert found.hazard_ratio.tolist() == [0.0]
    assert found.reason


def test_everybody_at_one_time_gives_no_test():
    found = fine_gray([1] * 12, [1] * 12, [0] * 11 + [1], cause_of_interest=1)
    assert found.coef[0] == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(found.p_value[0])


def test_constant_covariate_is_not_estimable():
    found = fine_gray([1, 2, 3, 4], [1, 2, 1, 0], {"arm": [1, 1, 1, 1]}, cause_of_interest=1)
    assert found.status == ("NE",)


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (([1, 2], [1, 0], [0, 1]), {"cause_of_interest": 2}, "2 is not among the causes; they are 1"),
        (([1, 2], [1, 0], [0, 1]), {"cause_of_interest": 1, "ties": "exact"}, "got 'exact'"),
        (([1, 2], [1, 0], [0, np.nan]), {"cause_of_interest": 1}, "x[1] = nan"),
        (([1, 2], [1, 0], [0, 1, 2]), {"cause_of_interest": 1}, "has 3 rows where time has 2"),
        (([1, 2], [0, 0], [0, 1]), {"cause_of_interest": 1}, "no events"),
    ],
)
def test_bad_input_is_named(arguments, options, words):
    with pytest.raises(StatsError) as error:
        fine_gray(*arguments, **options)
    assert words in str(error.value)
