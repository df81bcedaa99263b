"""Piecewise exponential model."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.stats import StatsError, aft_regression, piecewise_exponential, rate_ci

R = "R 4.2.2, survival 3.5-3 (survSplit) and glm(poisson, offset)"
ITERATED = 1e-8


@pytest.mark.evidence(method="piecewise_exponential", kind="R", source=R)
@pytest.mark.parametrize(("case", "adjusted", "delayed"), [(0, False, False), (1, True, False), (2, True, True)])
def test_equals_r(trial120, case, adjusted, delayed):
    data, wanted = trial120["data"], trial120["piecewise"][case]
    x = {"arm": data["arm"], "age": data["age"]} if adjusted else None
    entry = data["entry"] if delayed else None
    found = piecewise_exponential(data["time"], data["event"], x, cuts=wanted["cuts"], entry=entry)
    assert found.n_events.tolist() == wanted["events"]
    assert found.exposure.tolist() == wanted["exposure"]
    assert found.loglik == pytest.approx(wanted["loglik"], rel=1e-10)
    pieces = len(wanted["events"])
    assert np.log(found.hazard) == pytest.approx(np.array(wanted["coef"][:pieces]), rel=ITERATED)
    if adjusted:
        variance = np.array(wanted["vcov"])
        assert found.coef == pytest.approx(np.array(wanted["coef"][pieces:]), rel=ITERATED)
        assert found.vcov == pytest.approx(variance[pieces:, pieces:], rel=ITERATED)
        half = 1.959963984540054 * np.sqrt(np.diag(variance)[:pieces])
        assert np.log(found.hazard_conf_low) == pytest.approx(np.array(wanted["coef"][:pieces]) - half, rel=ITERATED)
        assert np.log(found.hazard_conf_high) == pytest.approx(np.array(wanted["coef"][:pieces]) + half, rel=ITERATED)


@pytest.mark.evidence(method="piecewise_exponential", kind="R", source="R 4.2.2, survival 3.5-3 (pyears with tcut)")
def test_person_years_by_attained_age_equal_r(goldens):
    wanted, data = goldens["pyears"]["pbc_attained_age_by_sex"], goldens.table("pbc")
    start = data["age"] * 365.25
    for column, sex in enumerate(wanted["cols"]):
        rows = data["sex"] == sex
        found = piecewise_exponential(
            (start + data["time"])[rows],
            (data["status"] == 2)[rows],
            entry=start[rows],
            cuts=np.array([40, 50, 60, 70]) * 365.25,
        )
        assert found.n_events.tolist() == [row[column] for row in wanted["event"]]
        assert found.exposure / 365.25 == pytest.approx(np.array([row[column] for row in wanted["pyears"]]), rel=1e-10)


@pytest.mark.evidence(method="piecewise_exponential", kind="hand", source="events / time at risk per interval")
def test_five_subjects():
    found = piecewise_exponential([2, 3, 5, 8, 13], [1, 1, 0, 1, 1], cuts=[3, 6])
    # time at risk: 2+3+3+3+3, 2+3+3, 2+7; an event at a cut belongs to the interval that ends there
    assert found.exposure.tolist() == [14.0, 8.0, 9.0]
    assert found.n_events.tolist() == [2, 0, 2]
    assert found.hazard == pytest.approx([2 / 14, 0.0, 2 / 9], rel=1e-15)
    exact = rate_ci(2, 14)
    assert (found.hazard_conf_low[0], found.hazard_conf_high[0]) == (exact.conf_low, exact.conf_high)
    assert found.hazard_conf_high[1] == pytest.approx(-math.log(0.025) / 8, rel=1e-13)
    assert found.loglik == pytest.approx(2 * math.log(2 / 14) + 2 * math.log(2 / 9) - 4, rel=1e-14)
    assert found.survival([3, 6, 7]) == pytest.approx(
        [math.exp(-6 / 14), math.exp(-6 / 14), math.exp(-6 / 14 - 2 / 9)], rel=1e-14
    )


rows = st.lists(st.tuples(st.integers(1, 40), st.booleans(), st.integers(0, 3)), min_size=12, max_size=50)


@pytest.mark.evidence(method="piecewise_exponential", kind="property", source="hypothesis: one interval is exponential")
@given(rows)
def test_without_cuts_it_is_the_exponential_model(sample):
    time, event, x = (np.array(column) for column in zip(*sample, strict=True))
    if not event.any():
        return
    found = piecewise_exponential(time, event, x)
    exponential = aft_regression(time, event, x, distribution="exponential")
    assert found.loglik == pytest.approx(exponential.loglik, rel=1e-9)
    if found.status == exponential.status[1:] == ("",):
        assert found.coef == pytest.approx(-exponential.coef[1:], rel=1e-7, abs=1e-9)
        assert found.std_error == pytest.approx(exponential.std_error[1:], rel=1e-6)
        assert found.hazard[0] == pytest.approx(math.exp(-exponential.coef[0]), rel=1e-7)


@pytest.mark.evidence(method="piecewise_exponential", kind="property", source="hypothesis: order, scale, shift, pieces")
@given(rows, st.lists(st.integers(1, 30), max_size=3, unique=True).map(sorted))
def test_properties(sample, cuts):
    time, event, x = (np.array(column) for column in zip(*sample, strict=True))
    if not event.any():
        return
    found = piecewise_exponential(time, event, x, cuts=cuts)
    assert found.n_events.sum() == event.sum()
    assert found.exposure.sum() == time.sum()
    if found.status != ("",):
        return
    backward = piecewise_exponential(time[::-1] * 7, event[::-1], x[::-1] + 5, cuts=[7 * c for c in cuts])
    assert backward.coef == pytest.approx(found.coef, rel=1e-8, abs=1e-9)
    assert backward.std_error == pytest.approx(found.std_error, rel=1e-8)
    assert backward.hazard * 7 * np.exp(5 * backward.coef[0]) == pytest.approx(found.hazard, rel=1e-7, nan_ok=True)


def test_an_interval_that_nobody_reaches_has_no_hazard():
    found = piecewise_exponential([2, 3, 5], [1, 1, 0], cuts=[10])
    assert np.isnan(found.hazard[1])
    assert found.exposure.tolist() == [10.0, 0.0]
    assert found.survival([5])[0] == pytest.approx(math.exp(-1.0))
    assert np.isnan(found.survival([11])[0])


def test_an_arm_without_events_is_recognized():
    found = piecewise_exponential([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0], {"arm": [0, 0, 0, 1, 1, 1]})
    assert found.status == ("monotone",)
    assert found.reason.startswith("the likelihood rises without end")
    assert np.isnan(found.coef[0])
    assert np.isnan(found.hazard).all()


def test_a_constant_covariate_is_not_estimable():
    found = piecewise_exponential([1, 2, 3, 4], [1, 1, 0, 1], {"one": [2, 2, 2, 2]})
    assert found.status == ("NE",)
    assert found.hazard[0] == pytest.approx(3 / 10)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cuts": [5, 3]}, "cuts[1] = 3.0: cut points must increase from above 0"),
        ({"cuts": [0, 3]}, "cuts[0] = 0.0"),
        ({"cuts": [-1]}, "cuts[0] = -1.0"),
        ({"event": [0, 0, 0]}, "no events"),
        ({"time": [0, 0, 0]}, "every time is 0"),
        ({"time": [1, math.nan, 2]}, "time[1] = nan"),
        ({"entry": [0, 2, 0]}, "entry[1] = 2.0: entry must be before time"),
    ],
)
def test_bad_input_is_named(options, words):
    arguments = {"time": [1, 2, 3], "event": [1, 0, 1]} | options
    with pytest.raises(StatsError) as error:
        piecewise_exponential(**arguments)
    assert words in str(error.value)
