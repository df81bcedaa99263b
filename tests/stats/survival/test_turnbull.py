"""Turnbull's estimate from intervals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from survival_goldens import numbers

from equipoise.stats import StatsError, kaplan_meier, turnbull

R = "R 4.2.2, survival 3.5-3 (survfit, interval2)"


@pytest.mark.evidence(method="turnbull", kind="R", source=R)
def test_disjoint_visits_equal_r(goldens):
    data, wanted = goldens.table("icens120"), goldens["interval_censored"]["turnbull"]
    survival, first = numbers(wanted["surv"]), 0
    for arm, count in zip((0.0, 1.0), wanted["n_strata"], strict=True):
        rows = data["arm"] == arm
        found = turnbull(data["left"][rows], data["right"][rows])
        assert found.converged
        ends = np.arange(3, 25, 3)
        low, high = found.at(ends)
        assert low.tolist() == high.tolist()
        # R places a step in the middle of each interval, and repeats the last one at 24
        assert low == pytest.approx(survival[first : first + ends.size], rel=1e-10)
        first += count


@pytest.mark.evidence(
    method="turnbull", kind="R", source=f"{R}: R's iterations stop early, ours must be at least as likely"
)
def test_overlapping_intervals_are_at_least_as_likely_as_r(trial120):
    data = trial120["data"]
    left, right = np.array(data["left"], float), np.array([float(v) for v in data["right"]])
    found = turnbull(left, right)
    times, survival = np.array(trial120["turnbull"]["time"]), np.array(trial120["turnbull"]["survival"])

    def r_curve(when):
        return np.concatenate([[1.0], survival])[np.searchsorted(times, when, side="right")]

    before = np.where(left == right, r_curve(left - 1e-6), r_curve(left))
    after = np.where(np.isfinite(right), r_curve(np.where(np.isfinite(right), right, 0.0)), 0.0)
    r_loglik = np.sum(np.log(before - after))
    assert found.converged
    assert found.loglik >= r_loglik
    assert found.loglik - r_loglik < 0.01
    low, _ = found.at([28, 98, 140])
    assert low == pytest.approx(r_curve([28, 98, 140]), abs=2e-4)


@pytest.mark.evidence(method="turnbull", kind="hand", source="(0,2] (0,4] (2,4] (4,inf): masses 3/8, 3/8, 1/4")
def test_four_rows():
    found = turnbull([0, 0, 2, 4], [2, 4, 4, None])
    assert found.mass == pytest.approx([3 / 8, 3 / 8, 1 / 4], rel=1e-10)
    assert found.estimate == pytest.approx([5 / 8, 1 / 4, 0.0], rel=1e-10)
    assert found.loglik == pytest.approx(2 * math.log(3 / 8) + math.log(3 / 4) + math.log(1 / 4), rel=1e-12)
    assert (found.n_intervals, found.n_right_censored, found.n_exact) == (3, 1, 0)
    low, high = found.at([0, 1, 2, 3, 4, 99])
    assert low == pytest.approx([1, 5 / 8, 5 / 8, 1 / 4, 1 / 4, 0], rel=1e-10)
    assert high == pytest.approx([1, 1, 5 / 8, 5 / 8, 1 / 4, 1 / 4], rel=1e-10)


@pytest.mark.evidence(method="turnbull", kind="hand", source="Peto's innermost intervals: a mass may vanish")
def test_a_mass_may_vanish():
    # innermost: (1,2], (3,4]; the row (1,4] holds both, the others pull to the second
    found = turnbull([0, 1, 3, 3, 3], [2, 4, 5, 4, 6])
    assert found.left.tolist() == [1.0, 3.0]
    p = found.mass[0]
    # log p + 3 log(1 - p) is greatest at 1/4
    assert p == pytest.approx(1 / 4, rel=1e-10)


samples = st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=40)


@pytest.mark.evidence(method="turnbull", kind="property", source="exact and right-censored times: Kaplan-Meier")
@given(samples)
def test_without_intervals_it_is_kaplan_meier(sample):
    time, event = (np.array(column) for column in zip(*sample, strict=True))
    found = turnbull(time, np.where(event, time, np.inf))
    curve = kaplan_meier(time, event).at(np.arange(13))
    reached = found.at(np.arange(13))[1]
    followed = ~curve.beyond_follow_up
    assert found.converged
    assert reached[followed] == pytest.approx(curve.estimate[followed], abs=1e-9)


intervals = st.lists(st.tuples(st.integers(0, 15), st.integers(0, 10)), min_size=1, max_size=40)


def self_consistent(left, right, steps):
    """Iterate self-consistency alone on a fine grid of half days."""
    grid = np.arange(0.25, 30.0, 0.5)
    inside = (grid[None, :] > left[:, None]) & (grid[None, :] < right[:, None])
    mass = np.full(grid.size, 1 / grid.size)
    for _ in range(steps):
        mass = mass * np.mean(inside / (inside @ mass)[:, None], axis=0)
    return np.sum(np.log(inside @ mass))


@pytest.mark.evidence(method="turnbull", kind="property", source="hypothesis: likelihood equations, self-consistency")
@given(intervals, st.randoms(use_true_random=False))
def test_properties(rows, random):
    left = np.array([low for low, _ in rows], float)
    right = np.array([low + 1 + wide if wide < 9 else np.inf for low, wide in rows])
    found = turnbull(left, right)
    assert found.converged
    assert found.gradient_error <= 1e-10
    assert found.mass.sum() == pytest.approx(1.0, rel=1e-12)
    assert (found.mass > 0.0).all()
    climbed = self_consistent(left, np.where(np.isfinite(right), right, 99.0), 300)
    assert found.loglik >= climbed - 1e-9
    order = list(range(left.size))
    random.shuffle(order)
    shuffled = turnbull(left[order], right[order])
    assert shuffled.loglik == pytest.approx(found.loglik, rel=1e-12, abs=1e-12)
    twice = turnbull(np.tile(left, 2), np.tile(right, 2))
    assert twice.loglik == pytest.approx(2 * found.loglik, rel=1e-12, abs=1e-12)
    slow = turnbull(7 * left, 7 * right)
    assert slow.estimate == pytest.approx(found.estimate, abs=1e-9)


def test_median_is_an_interval():
    found = turnbull([0, 0, 2, 4], [2, 4, 4, None])
    assert (found.quantile(0.5).low, found.quantile(0.5).high, found.quantile(0.5).status) == (2.0, 4.0, "")
    late = found.quantile(0.9)
    assert (late.low, late.status, math.isnan(late.high)) == (4.0, "NR", True)


def test_no_event_at_all():
    found = turnbull([3, 5, 9], [None, math.inf, math.nan])
    assert found.mass.tolist() == [1.0]
    assert (found.left[0], found.right[0]) == (9.0, math.inf)
    assert found.quantile(0.5).status == "NR"


def test_missing_left_ends_are_dropped_on_demand():
    found = turnbull([0, math.nan, 2], [2, 4, 4], missing="drop")
    assert found.n == 2
    assert found.dropped["left missing"].tolist() == [1]


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        ([1, 5], [2, 4], "right[1] = 4.0: the right end must not come before the left one, 5"),
        ([-1, 5], [2, 6], "left[0] = -1.0: times must not be negative"),
        ([1, math.nan], [2, 6], "left[1] = nan"),
        ([1, 2], [3], "right: has 1 rows where left has 2"),
        ([], [], "is empty"),
        ([1], ["x"], "right"),
    ],
)
def test_bad_input_is_named(left, right, words):
    with pytest.raises(StatsError) as error:
        turnbull(left, right)
    assert words in str(error.value)
