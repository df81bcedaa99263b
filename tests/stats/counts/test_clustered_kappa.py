"""Cohen's kappa over clusters: the estimate of all items, limits by leaving clusters out."""

import math

import numpy as np
import pytest

from equipoise.stats import StatsError, clustered_kappa, cohen_kappa

THREE = [[[3, 0], [1, 2]], [[2, 1], [0, 1]], [[1, 0], [0, 4]]]


def kappa_of(table):
    n = sum(map(sum, table))
    agree = (table[0][0] + table[1][1]) / n
    yes = (table[0][0] + table[0][1]) * (table[0][0] + table[1][0]) / n**2
    no = (table[1][0] + table[1][1]) * (table[0][1] + table[1][1]) / n**2
    return (agree - yes - no) / (1 - yes - no)


@pytest.mark.evidence(method="clustered_kappa", kind="hand", source="three patients, each left out in turn")
def test_three_patients_by_hand():
    # together 6 + 7 of 15 agree, margins 7, 8 and 7, 8: kappa = (13/15 - 113/225) / (112/225) = 41/56
    found = clustered_kappa(THREE)
    assert found.estimate == pytest.approx((13 / 15 - 113 / 225) / (112 / 225), rel=1e-14)
    left = [kappa_of([[3, 1], [0, 5]]), kappa_of([[4, 0], [1, 6]]), kappa_of([[5, 1], [1, 3]])]
    mean = sum(left) / 3
    error = math.sqrt(2 / 3 * sum((value - mean) ** 2 for value in left))
    assert found.std_error == pytest.approx(error, rel=1e-13)
    assert found.conf_low == pytest.approx(found.estimate - 4.302652729749464 * error, rel=1e-12)  # t, 2 df
    assert found.conf_high == 1.0
    assert (found.n, found.n_clusters) == (15, 3)


@pytest.mark.evidence(
    method="clustered_kappa", kind="property", source="clusters of one item: the limits of independent items"
)
def test_clusters_of_one_item_come_near_the_usual_limits():
    counts = [[40, 12, 3], [9, 55, 8], [2, 11, 60]]
    items = [
        np.eye(9, dtype=int)[3 * i + j].reshape(3, 3) for i in range(3) for j in range(3) for _ in range(counts[i][j])
    ]
    usual, found = cohen_kappa(counts), clustered_kappa(items)
    assert found.estimate == pytest.approx(usual.estimate, rel=1e-13)
    assert found.std_error == pytest.approx(usual.std_error, rel=0.01)


def test_repeating_the_items_of_a_patient_adds_no_information():
    once = clustered_kappa(THREE * 5)
    twice = clustered_kappa([(2 * np.array(table)).tolist() for table in THREE * 5])
    assert twice.std_error == pytest.approx(once.std_error, rel=1e-12)
    assert twice.n == 2 * once.n


@pytest.mark.parametrize(
    ("tables", "estimate", "reason"),
    [
        ([[[3, 0], [0, 2]]] * 3, 1.0, "perfect agreement"),
        ([[[3, 0], [0, 0]]] * 3, math.nan, "one and the same category"),
        ([[[0, 0], [0, 0]]], math.nan, "no items"),
        ([[[3, 1], [0, 2]]], pytest.approx(2 / 3), "one cluster only"),
        ([[[3, 0], [0, 0]], [[0, 1], [1, 0]]], pytest.approx(-0.25), "without one of the clusters"),
    ],
)
def test_what_cannot_be_estimated_says_so(tables, estimate, reason):
    found = clustered_kappa(tables)
    assert found.estimate == estimate or math.isnan(found.estimate)
    assert found.status == "NE"
    assert reason in found.reason
    assert math.isnan(found.conf_low)
    assert math.isnan(found.conf_high)


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ([], "one square table per cluster"),
        ([[[1, 2, 3], [1, 2, 3]]], "2 x 3"),
        ([[[1, 2], [1, 2]], [[1, 0, 0], [0, 1, 0], [0, 0, 1]]], "2 x 2, 3 x 3"),
        ([[[1, -2], [1, 2]]], "tables"),
    ],
)
def test_bad_input_is_named(tables, words):
    with pytest.raises(StatsError, match=words):
        clustered_kappa(tables)
