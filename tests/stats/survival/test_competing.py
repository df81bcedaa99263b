"""Cumulative incidence of competing causes."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from survival_goldens import numbers, relative_difference

from equipoise.stats import StatsError, aalen_johansen, kaplan_meier

R = "R 4.2.2, survival 3.5-3"
CLOSED_FORM = 1e-10
SAMPLES = {
    "mgus2_by_sex": ("mgus2", "etime", "event", "sex"),
    "mgus2_all": ("mgus2", "etime", "event", None),
    "ties_by_arm": ("ties2000", "month", "cause", "arm"),
}


def matrix(values):
    return np.array([numbers(row) for row in values])


@pytest.mark.evidence(method="aalen_johansen", kind="R", source=R)
@pytest.mark.parametrize("case_id", list(SAMPLES))
def test_curves_equal_r(goldens, case_id, largest_difference):
    case = next(c for c in goldens["aalen_johansen"] if c["id"] == case_id)
    data_set, time, cause, by = SAMPLES[case_id]
    data = goldens.table(data_set)
    for wanted in case["curves"]:
        level = wanted["curve"].split("=")[-1]
        rows = np.ones(data[time].size, bool) if by is None else data[by].astype(str) == level
        if by == "arm":
            rows = data[by] == float(level)
        found = aalen_johansen(data[time][rows], data[cause][rows].astype(int), conf_type="log")
        largest_difference(relative_difference(found.time, numbers(wanted["time"])), 0.0)
        largest_difference(relative_difference(found.n_risk, matrix(wanted["n_risk"])[:, 0]), 1e-12)
        largest_difference(relative_difference(found.n_events, matrix(wanted["n_event"])[:, 1:]), 1e-12)
        probability, error = matrix(wanted["pstate"]), matrix(wanted["se"])
        largest_difference(relative_difference(found.survival, probability[:, 0]), CLOSED_FORM, case_id)
        largest_difference(relative_difference(found.estimate, probability[:, 1:]), CLOSED_FORM, case_id)
        largest_difference(relative_difference(found.std_error, error[:, 1:]), CLOSED_FORM, case_id)
        last = -1 if found.survival[-1] > 0.0 else np.flatnonzero(found.survival > 0.0)[-1] + 1
        largest_difference(relative_difference(found.survival_std_error[:last], error[:last, 0]), CLOSED_FORM, case_id)
        for name in ("lower", "upper"):
            limits = matrix(wanted[f"{name}_log"])[:, 1:]
            ours = found.conf_low if name == "lower" else found.conf_high
            known = ~np.isnan(limits) & (probability[:, 1:] > 0.0)
            largest_difference(relative_difference(ours[known], limits[known]), CLOSED_FORM, name)


@pytest.mark.evidence(method="aalen_johansen", kind="R", source=R)
def test_landmarks_equal_r(trial120):
    data, wanted = trial120["data"], trial120["aalen_johansen"]
    arm, time, cause = (np.array(data[name]) for name in ("arm", "time", "cause"))
    for a in (0, 1):
        part = slice(3 * a, 3 * a + 3)
        found = aalen_johansen(time[arm == a], cause[arm == a]).at(wanted["time"][part])
        probability, error = np.array(wanted["estimate"][part]), np.array(wanted["std_error"][part])
        assert found.estimate == pytest.approx(probability[:, 1:], rel=1e-12)
        assert found.survival == pytest.approx(probability[:, 0], rel=1e-12)
        assert found.std_error == pytest.approx(error[:, 1:], rel=1e-12)
        assert found.n_risk.tolist() == wanted["n_risk"][part]


@pytest.mark.evidence(method="aalen_johansen", kind="hand", source="six subjects in fractions")
def test_six_subjects():
    found = aalen_johansen([1, 2, 2, 3, 4, 5], [1, 2, 0, 1, 0, 1])
    # risk sets 6, 5, 3, 1; S = 5/6, 4/6, 4/9, 0
    one = [Fraction(1, 6), Fraction(1, 6), Fraction(1, 6) + Fraction(2, 3) / 3, None, Fraction(5, 6)]
    two = [Fraction(0), Fraction(5, 6) / 5]
    assert found.estimate[[0, 1, 2, 4], 0] == pytest.approx([float(one[i]) for i in (0, 1, 2, 4)], rel=1e-15)
    assert found.estimate[[0, 1, 4], 1] == pytest.approx([0.0, float(two[1]), float(two[1])], rel=1e-15)
    assert found.n_risk.tolist() == [6, 5, 3, 2, 1]
    assert found.std_error[0, 0] == pytest.approx(math.sqrt(5 / 216), rel=1e-14)
    assert found.std_error[1, 1] == pytest.approx(math.sqrt(5 / 216), rel=1e-14)  # 1 of 6, nobody censored before


@pytest.mark.evidence(method="aalen_johansen", kind="hand", source="jackknife: numeric derivatives by the weights")
def test_variance_is_the_jackknife():
    rng = np.random.default_rng(3)
    n = 30
    time, cause = rng.integers(1, 9, n), rng.integers(0, 3, n)

    def incidence(w):
        s, f = 1.0, 0.0
        for t in range(1, 7):
            at_risk, here = w[time >= t].sum(), time == t
            f += s * w[here & (cause == 1)].sum() / at_risk
            s *= 1.0 - w[here & (cause > 0)].sum() / at_risk
        return f

    step = 1e-6
    influence = [(incidence(1 + step * e) - incidence(1 - step * e)) / (2 * step) for e in np.eye(n)]
    found = aalen_johansen(time, cause).at(6)
    assert found.estimate[0, 0] == pytest.approx(incidence(np.ones(n)), rel=1e-13)
    assert found.std_error[0, 0] == pytest.approx(math.sqrt(np.sum(np.square(influence))), rel=1e-7)


@pytest.mark.evidence(method="aalen_johansen", kind="property", source="trap: ties are not jittered at random")
def test_ties_give_one_answer_in_any_row_order():
    rng = np.random.default_rng(4)
    time, cause = rng.integers(1, 6, 300), rng.integers(0, 3, 300)
    order = rng.permutation(300)
    first, second = aalen_johansen(time, cause), aalen_johansen(time[order], cause[order])
    assert (first.estimate == second.estimate).all()
    assert (first.std_error == second.std_error).all()


rows = st.lists(st.tuples(st.integers(1, 25), st.integers(0, 3)), min_size=2, max_size=50)


@pytest.mark.evidence(method="aalen_johansen", kind="property", source="hypothesis: parts add up; one cause is 1 - S")
@given(rows)
def test_properties(sample):
    time, cause = (np.array(column) for column in zip(*sample, strict=True))
    if not cause.any():
        return
    found = aalen_johansen(time, cause)
    assert found.survival + found.estimate.sum(axis=1) == pytest.approx(np.ones(found.time.size), rel=1e-12)
    merged = aalen_johansen(time, np.minimum(cause, 1))
    curve = kaplan_meier(time, cause > 0)
    assert merged.survival == pytest.approx(curve.estimate, abs=1e-14)
    alive = curve.estimate > 0.0
    assert merged.std_error[alive, 0] == pytest.approx(curve.std_error[alive], abs=1e-13)
    assert merged.survival_std_error[alive] == pytest.approx(curve.std_error[alive], abs=1e-13)
    inside = ~np.isnan(found.conf_low)
    assert (found.conf_low[inside] <= found.estimate[inside]).all()
    assert (found.estimate[inside] <= found.conf_high[inside]).all()


@pytest.mark.evidence(method="aalen_johansen", kind="property", source="entry before the first time changes nothing")
def test_delayed_entry():
    time, cause = np.array([3, 4, 4, 6, 8]), np.array([1, 2, 0, 1, 2])
    early = aalen_johansen(time, cause, entry=[0, 1, 2, 0, 2])
    assert early.estimate.tolist() == aalen_johansen(time, cause).estimate.tolist()
    late = aalen_johansen(time, cause, entry=[0, 3, 0, 0, 5])
    assert late.n_risk.tolist() == [3, 3, 2, 1][: late.time.size]
    curve = kaplan_meier(time, cause > 0, entry=[0, 3, 0, 0, 5])
    assert late.survival == pytest.approx(curve.estimate, abs=1e-15)


def test_labels_and_reading():
    found = aalen_johansen([1, 2, 3, 4], ["relapse", "death", "none", "relapse"], censored="none")
    assert found.causes == ("death", "relapse")
    read = found.at([0, 2.5, 9])
    assert read.estimate.tolist() == [[0.0, 0.0], [0.25, 0.25], [0.25, 0.75]]
    assert read.beyond_follow_up.tolist() == [False, False, True]
    assert found.to_frame().columns[:3] == ["cause", "time", "n_risk"]
    assert found.to_frame().height == 8


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (([1, 2], [0, 0]), {}, "no events: every row has the label 0 of censored rows"),
        (([1, 2], ["a", "b"]), {}, "labels are text ('a', 'b'): say which of them marks a censored row, got 0"),
        (([1, -2], [1, 0]), {}, "time[1] = -2.0"),
        (([1, 2, 3], [1, 0]), {}, "cause: has 2 rows where time has 3"),
        (([1, 2], [1, None]), {}, "cause[1]"),
        (([1, 2], [1, 0]), {"entry": [1, 0]}, "entry[0] = 1.0: entry must be before time"),
        (([1, 2], [1, 0]), {"conf_type": "normal"}, "got 'normal'"),
    ],
)
def test_bad_input_is_named(arguments, options, words):
    with pytest.raises(StatsError) as error:
        aalen_johansen(*arguments, **options)
    assert words in str(error.value)
