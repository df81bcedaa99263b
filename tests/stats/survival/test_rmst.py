"""Restricted mean survival time."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from survival_goldens import listed, relative_difference

from equipoise.stats import StatsError, kaplan_meier, rmst, rmst_difference

R = "R 4.2.2, survival 3.5-3"
CLOSED_FORM = 1e-10


def tau_of(golden, samples):
    if golden == "individual":
        return None
    return float(max(s.time.max() for s in samples.values())) if golden == "common" else golden


@pytest.mark.evidence(method="rmst", kind="R", source=R)
def test_means_equal_r(goldens, largest_difference):
    checked = 0
    for case in goldens["km"]:
        samples = goldens.columns(case["src"]).curves()
        for expected in case["rmean"]:
            for curve, mean, std_error in zip(
                case["curves"], listed(expected["rmean"]), listed(expected["se_rmean"]), strict=True
            ):
                s = samples[curve["curve"].replace(" ", "")]
                found = rmst(s.time, s.event, entry=s.entry, weights=s.weights, tau=tau_of(expected["tau"], samples))
                if found.status == "NE":  # R carries the curve on beyond follow-up
                    assert found.tau > s.time.max()
                    continue
                largest_difference(relative_difference(found.estimate, mean), CLOSED_FORM, case["id"])
                if s.weights is None:
                    largest_difference(relative_difference(found.std_error, std_error), CLOSED_FORM, case["id"])
                checked += 1
    assert checked == 55


@pytest.mark.evidence(method="rmst_difference", kind="R", source=R)
def test_differences_equal_r(goldens, largest_difference):
    for case in goldens["rmst_two_arm"]:
        s = goldens.columns(case["src"])
        found = rmst_difference(s.time, s.event, s[case["src"]["by"]], tau=case["tau"])
        largest_difference(relative_difference([m.estimate for m in found.means], case["rmst"]), CLOSED_FORM)
        largest_difference(relative_difference([m.std_error for m in found.means], case["se"]), CLOSED_FORM)
        largest_difference(relative_difference([m.lost for m in found.means], case["rmtl"]), CLOSED_FORM)
        actual = [found.estimate, found.std_error, found.conf_low, found.conf_high, found.p_value]
        expected = [case["diff"], case["diff_se"], *case["diff_ci"], case["p"]]
        largest_difference(relative_difference(actual, expected), CLOSED_FORM, case["id"])
        ratio = [found.ratio, found.ratio_conf_low, found.ratio_conf_high]
        largest_difference(relative_difference(ratio, [case["ratio"], *case["ratio_ci"]]), CLOSED_FORM)


@pytest.mark.evidence(method="rmst", kind="R", source=f"{R}; its error takes weights as counts of subjects")
def test_weights_as_counts_equal_r(goldens):
    case = next(c for c in goldens["km"] if c["id"] == "ties_weighted_by_arm")
    samples = goldens.columns(case["src"]).curves()
    for curve, std_error in zip(case["curves"], case["rmean"][0]["se_rmean"], strict=True):
        s = samples[curve["curve"]]
        doubled = rmst(s.time, s.event, weights=2 * s.weights, tau=24)
        assert doubled.std_error * math.sqrt(2) == pytest.approx(std_error, rel=1e-10)


@pytest.mark.evidence(method="rmst", kind="hand", source="six subjects, areas and Greenwood terms as fractions")
def test_six_subjects():
    # S = 5/6 on [2,4), 5/6 on [4,5) (censored at 4), 5/9 on [5,9), 5/18 on [9, ...); tau = 10
    found = rmst([2, 4, 5, 7, 9, 12], [1, 0, 1, 0, 1, 1], tau=10)
    s5, s9 = 5 / 6 * 3 / 4, 5 / 6 * 3 / 4 * 1 / 2
    assert found.estimate == pytest.approx(2 + 3 * 5 / 6 + 4 * s5 + 1 * s9, rel=1e-15)
    after2, after5, after9 = 3 * 5 / 6 + 4 * s5 + s9, 4 * s5 + s9, s9
    variance = after2**2 / (6 * 5) + after5**2 / (4 * 3) + after9**2 / (2 * 1)
    assert found.std_error == pytest.approx(math.sqrt(variance), rel=1e-14)
    assert found.lost == pytest.approx(10 - found.estimate, rel=1e-15)


@pytest.mark.evidence(method="rmst", kind="hand", source="trap: spread of min(T, tau) is not the standard error")
def test_standard_error_is_of_the_mean():
    time = np.arange(1, 101)
    found = rmst(time, np.ones(100), tau=1000)
    assert found.estimate == pytest.approx(50.5, rel=1e-14)
    assert found.std_error == pytest.approx(np.std(time) / 10, rel=1e-12)


@pytest.mark.evidence(method="rmst", kind="hand", source="jackknife: numeric derivatives by the weights")
@pytest.mark.parametrize("delayed", [False, True])
def test_robust_error_is_the_jackknife(delayed):
    rng = np.random.default_rng(5)
    n = 40
    time, event = rng.integers(2, 15, n).astype(float), rng.random(n) < 0.6
    entry = np.where(rng.random(n) < 0.4, rng.integers(0, 2, n), 0).astype(float) if delayed else None
    weights, cluster = rng.choice([0.5, 1.0, 2.5], n), rng.integers(0, 12, n)

    def area(w):
        return rmst(time, event, entry=entry, weights=w, weight_type="sampling", tau=9).estimate

    step = 1e-6
    influence = np.array([(area(weights + step * e) - area(weights - step * e)) / (2 * step) for e in np.eye(n)])
    wanted = math.sqrt(np.sum(np.bincount(cluster, weights * influence) ** 2))
    found = rmst(time, event, entry=entry, weights=weights, weight_type="sampling", cluster=cluster, tau=9)
    assert found.std_error == pytest.approx(wanted, rel=1e-7)


@pytest.mark.evidence(method="rmst", kind="property", source="without weights the jackknife is Greenwood's variance")
def test_jackknife_of_single_rows_is_greenwood():
    rng = np.random.default_rng(6)
    time, event = rng.integers(1, 20, 60), rng.random(60) < 0.7
    plain = rmst(time, event, tau=12)
    single = rmst(time, event, cluster=np.arange(60), tau=12)
    assert single.std_error == pytest.approx(plain.std_error, rel=1e-12)


samples = st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=2, max_size=30)


@pytest.mark.evidence(method="rmst", kind="property", source="hypothesis: area of the curve, order, scale, replication")
@given(samples, st.integers(1, 30), st.randoms(use_true_random=False))
def test_properties(rows, tau, random):
    time, event = (np.array(column) for column in zip(*rows, strict=True))
    found = rmst(time, event, tau=tau)
    if tau > time.max() and not (time[event].size and event[time == time.max()].all()):
        assert found.status == "NE"
        return
    curve = kaplan_meier(time, event).at(np.arange(tau))
    assert found.estimate == pytest.approx(curve.estimate.sum(), rel=1e-12)
    order = list(range(time.size))
    random.shuffle(order)
    assert rmst(time[order], event[order], tau=tau).estimate == found.estimate
    scaled = rmst(time * 7, event, tau=tau * 7)
    assert (scaled.estimate, scaled.std_error) == pytest.approx((7 * found.estimate, 7 * found.std_error), rel=1e-12)
    twice = rmst(np.repeat(time, 2), np.repeat(event, 2), tau=tau)
    weighted = rmst(time, event, weights=np.full(time.size, 2), tau=tau)
    assert weighted.std_error == pytest.approx(twice.std_error, rel=1e-12)


def test_reference_sets_the_sign():
    time, event, group = [1, 2, 3, 4, 2, 4, 6, 8], [1] * 8, ["a"] * 4 + ["b"] * 4
    found = rmst_difference(time, event, group, tau=4)
    other = rmst_difference(time, event, group, tau=4, reference="b")
    assert found.groups == ("a", "b")
    assert other.groups == ("b", "a")
    assert other.estimate == -found.estimate
    assert other.p_one_sided == pytest.approx(found.p_opposite)
    assert found.p_one_sided < 0.5
    assert found.ratio == pytest.approx(1 / other.ratio)


def test_default_tau_is_the_shorter_follow_up():
    found = rmst_difference([1, 5, 9, 2, 6, 20], [1, 0, 0, 1, 1, 0], list("aaabbb"))
    assert (found.tau, found.status) == (9.0, "")


def test_mean_beyond_follow_up_is_not_estimable():
    found = rmst([1, 5, 9], [1, 1, 0], tau=12)
    assert (found.status, math.isnan(found.estimate), math.isnan(found.conf_high)) == ("NE", True, True)
    assert found.reason == "follow-up ends at 9, before tau = 12, with subjects free of the event"
    both = rmst_difference([1, 5, 9, 3, 4, 20], [1, 1, 0, 1, 0, 0], list("aaabbb"), tau=12)
    assert both.status == "NE"
    assert both.reason.startswith("group 'a': follow-up ends at 9")
    assert rmst([1, 5, 9], [1, 1, 1], tau=12).status == ""


def test_no_events_is_a_mean_without_error():
    found = rmst([5, 5, 9], [0, 0, 0], tau=4)
    assert (found.estimate, found.std_error, found.n_events) == (4.0, 0.0, 0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tau": 0}, "tau: expected a number between 0 and inf, got 0"),
        ({"tau": -3}, "tau"),
        ({"tau": 5, "conf_level": 95}, "conf_level"),
        ({"tau": math.nan}, "tau"),
    ],
)
def test_bad_settings_are_named(options, words):
    with pytest.raises(StatsError) as error:
        rmst([1, 2, 3], [1, 0, 1], **options)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("given_values", "words"),
    [
        (([1, -2], [1, 1], ["a", "b"]), "time[1] = -2.0: times must not be negative"),
        (([1, 2], [1, 2], ["a", "b"]), "event[1] = 2.0"),
        (([1, 2, 3], [1, 1], ["a", "b", "b"]), "event: has 2 rows where time has 3"),
        (([1, 2, 3], [1, 1, 1], ["a", "b", "c"]), "expected two groups, found 3"),
        (([1, 2], [1, 1], ["a", "a"]), "expected at least two groups"),
        (([], [], []), "is empty"),
        (([1, math.nan], [1, 1], ["a", "b"]), "time[1] = nan"),
    ],
)
def test_bad_input_is_named(given_values, words):
    with pytest.raises(StatsError) as error:
        rmst_difference(*given_values, tau=2)
    assert words in str(error.value)
