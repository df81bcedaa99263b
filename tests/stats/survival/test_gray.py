"""Gray's test of cumulative incidence."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.stats import StatsError, gray_test, logrank_test

R = "R 4.2.2, cmprsk 2.2-11 (cuminc)"
CASES = {
    "two": ("arm", None),
    "three": ("group", None),
    "strata": ("arm", "stratum"),
    "rho": ("group", None),
    "three_strata_rho": ("group", "stratum"),
}


@pytest.mark.evidence(method="gray_test", kind="R", source=R)
@pytest.mark.parametrize("case", list(CASES))
def test_equals_r(trial120, case):
    data, wanted = trial120["data"], trial120["gray"][case]
    group, strata = CASES[case]
    for cause in (1, 2):
        found = gray_test(
            data["time"],
            data["cause"],
            data[group],
            cause_of_interest=cause,
            strata=data[strata] if strata else None,
            rho=wanted["rho"],
        )
        statistic, p_value, df = wanted["tests"][cause - 1]
        assert found.statistic == pytest.approx(statistic, rel=1e-10)
        assert found.p_value == pytest.approx(p_value, rel=1e-10)
        assert found.df == df


@pytest.mark.evidence(method="gray_test", kind="hand", source="six subjects in fractions")
def test_score_of_six_subjects():
    # group a: times 1 (cause 1), 2 (cause 2), 5 (cause 1); group b: 3 (cause 1), 4 (censored), 6 (cause 2)
    found = gray_test([1, 2, 5, 3, 4, 6], [1, 2, 1, 1, 0, 2], list("aaabbb"), cause_of_interest=1)
    # R = n (1 - F) / S: at 1: 3, 3; at 3: a has n = 1, F = 1/3, S = 1/3, so 2; b 3
    # at 5: a the same 2; b has n = 1, F = 1/3, S = 2/3, so 1
    expected_b = Fraction(3, 6) + Fraction(3, 5) + Fraction(1, 3)
    assert found.score[1] == pytest.approx(float(1 - expected_b), rel=1e-14)
    assert found.score.sum() == pytest.approx(0.0, abs=1e-15)
    assert found.z < 0.0
    assert found.p_one_sided == pytest.approx(found.p_value / 2, rel=1e-12)


rows = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 2), st.integers(0, 2)), min_size=4, max_size=60)


@pytest.mark.evidence(method="gray_test", kind="property", source="without competing events: the log-rank's O - E")
@given(rows)
def test_without_competing_events_the_score_is_the_log_rank(sample):
    time, cause, group = (np.array(column) for column in zip(*sample, strict=True))
    event = np.minimum(cause, 1)
    if np.unique(group).size < 2 or not event.any():
        return
    gray, logrank = gray_test(time, event, group, cause_of_interest=1), logrank_test(time, event, group)
    assert gray.score == pytest.approx(logrank.observed - logrank.expected, abs=1e-12)


@pytest.mark.evidence(method="gray_test", kind="property", source="hypothesis: order, relabeling, time scale, strata")
@given(rows, st.randoms(use_true_random=False))
def test_properties(sample, random):
    time, cause, group = (np.array(column) for column in zip(*sample, strict=True))
    if np.unique(group).size < 2 or not (cause == 1).any():
        return
    found = gray_test(time, cause, group, cause_of_interest=1)
    order = list(range(time.size))
    random.shuffle(order)
    shuffled = gray_test(time[order] ** 2, cause[order], group[order], cause_of_interest=1)
    assert shuffled.score.tolist() == found.score.tolist()
    assert np.array_equal(shuffled.covariance, found.covariance, equal_nan=True)
    if found.status:
        assert math.isnan(found.statistic)
        return
    relabeled = gray_test(time, cause, -group, cause_of_interest=1)
    assert relabeled.statistic == pytest.approx(found.statistic, rel=1e-8, nan_ok=True)
    assert np.linalg.eigvalsh(found.covariance).min() > -1e-9
    if np.unique(group).size == 2:
        other = gray_test(time, cause, group, cause_of_interest=1, reference=found.groups[1])
        assert other.z == pytest.approx(-found.z, rel=1e-8, nan_ok=True)
    copies = gray_test(
        np.tile(time, 2),
        np.tile(cause, 2),
        np.tile(group, 2),
        cause_of_interest=1,
        strata=np.repeat(["x", "y"], time.size),
    )
    assert copies.score == pytest.approx(2 * found.score, abs=1e-12)
    assert copies.covariance == pytest.approx(2 * found.covariance, rel=1e-9, abs=1e-12)


@pytest.mark.evidence(method="gray_test", kind="property", source="simulation: mean 0, variance as estimated")
def test_variance_fits_the_scores_of_simulated_trials(full):
    rng = np.random.default_rng(8)
    scores, variances = [], []
    for _ in range(2000 if full else 300):
        first, second = rng.exponential(10, 80), rng.exponential(15, 80)
        follow_up = rng.uniform(5, 30, 80)
        time = np.minimum(np.minimum(first, second), follow_up)
        cause = np.where(time == follow_up, 0, np.where(first < second, 1, 2))
        found = gray_test(np.ceil(time), cause, np.arange(80) % 2, cause_of_interest=1)
        scores.append(found.score[1])
        variances.append(found.covariance[1, 1])
    error = math.sqrt(2 / len(scores))
    assert np.var(scores) / np.mean(variances) == pytest.approx(1.0, abs=4 * error)
    assert abs(np.mean(scores)) < 4 * math.sqrt(np.mean(variances) / len(scores))


@pytest.mark.evidence(method="gray_test", kind="hand", source="trap: a tie factor below 0 makes a negative variance")
def test_a_variance_that_is_not_positive_says_so():
    found = gray_test([1, 2, 2, 2], [1, 1, 1, 1], [0, 0, 2, 2], cause_of_interest=1)
    assert (found.status, found.df) == ("NE", 0)
    assert found.reason == "so many events are tied among so few subjects at risk that the variance is not positive"
    assert math.isnan(found.p_value)


def test_nothing_to_compare_says_so():
    found = gray_test([1, 2, 3, 4], [2, 2, 1, 1], list("aabb"), cause_of_interest=1)
    assert (found.status, found.df) == ("NE", 0)
    assert found.reason == "at every time of an event of the cause all subjects at risk belong to one group"
    assert math.isnan(found.p_value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cause_of_interest": 3}, "cause_of_interest: 3 is not among the causes; they are 1, 2"),
        ({"cause_of_interest": 0}, "0 is not among the causes"),
        ({"cause_of_interest": 1, "rho": -1}, "rho: expected a number from 0 on, got -1"),
        ({"cause_of_interest": 1, "reference": "z"}, "'z' is not a group"),
        ({"cause_of_interest": 1, "strata": [1, 2]}, "strata: has 2 rows where time has 4"),
    ],
)
def test_bad_input_is_named(options, words):
    with pytest.raises(StatsError) as error:
        gray_test([1, 2, 3, 4], [1, 2, 0, 1], list("abab"), **options)
    assert words in str(error.value)


def test_one_group_only():
    with pytest.raises(StatsError, match="expected at least two groups, found only 'a'"):
        gray_test([1, 2], [1, 2], list("aa"), cause_of_interest=1)
