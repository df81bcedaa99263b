"""Cohen's kappa."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from equipoise.stats import StatsError, cohen_kappa

Z = -ndtri(0.025)
tables = st.integers(2, 4).flatmap(
    lambda k: st.lists(st.lists(st.integers(1, 30), min_size=k, max_size=k), min_size=k, max_size=k)
)


def kappa_of(p, credit):
    chance = float((credit * np.outer(p.sum(1), p.sum(0))).sum())
    return (float((credit * p).sum()) - chance) / (1 - chance)


def credit_of(size, weights):
    distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) / (size - 1)
    return {"none": np.eye(size), "linear": 1 - distance, "quadratic": 1 - distance**2}[weights]


@pytest.mark.evidence(method="cohen_kappa", kind="hand", source="po = 7/10, pe = 1/2: kappa 2/5; null variance 24/625")
def test_two_readers_by_hand():
    kappa = cohen_kappa([[20, 5], [10, 15]])
    assert kappa.estimate == pytest.approx(2 / 5, rel=1e-15)
    assert (kappa.agreement, kappa.chance) == pytest.approx((0.7, 0.5), rel=1e-15)
    # pe + pe^2 - sum of p q (p + q) = 3/4 - 51/100; over n (1 - pe)^2
    assert kappa.z == pytest.approx(0.4 / math.sqrt(0.24 / 50 / 0.25), rel=1e-13)
    assert kappa.conf_high == pytest.approx(0.4 + Z * kappa.std_error, rel=1e-14)


@pytest.mark.evidence(
    method="cohen_kappa", kind="published", source="Agresti, Categorical Data Analysis, Table 11.8 (pathologists)"
)
def test_pathologists_as_printed():
    kappa = cohen_kappa([[22, 2, 2, 0], [5, 7, 14, 0], [0, 2, 36, 0], [0, 1, 17, 10]])
    assert (round(kappa.estimate, 3), round(kappa.std_error, 3)) == (0.493, 0.057)


@pytest.mark.evidence(method="cohen_kappa", kind="hand", source="delta method with numeric derivatives")
@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
def test_standard_error_is_the_delta_method(weights):
    counts = np.array([[22, 2, 2, 1], [5, 7, 14, 3], [1, 2, 36, 2], [1, 1, 17, 10]], dtype=float)
    n, credit = counts.sum(), credit_of(4, weights)
    p, gradient = counts / n, np.zeros((4, 4))
    for i, j in np.ndindex(4, 4):
        step = np.zeros((4, 4))
        step[i, j] = 1e-6
        gradient[i, j] = (kappa_of(p + step, credit) - kappa_of(p - step, credit)) / 2e-6
    variance = ((gradient**2 * p).sum() - (gradient * p).sum() ** 2) / n
    kappa = cohen_kappa(counts, weights=weights)
    assert kappa.estimate == pytest.approx(kappa_of(p, credit), rel=1e-14)
    assert kappa.std_error == pytest.approx(math.sqrt(variance), rel=1e-7)


@pytest.mark.evidence(method="cohen_kappa", kind="property", source="hypothesis")
@given(tables, st.sampled_from(["none", "linear", "quadratic"]))
def test_readers_may_be_swapped_and_categories_reversed(table, weights):
    kappa = cohen_kappa(table, weights=weights)
    turned = cohen_kappa(np.array(table).T, weights=weights)
    reversed_order = cohen_kappa(np.array(table)[::-1, ::-1], weights=weights)
    assert turned.estimate == pytest.approx(kappa.estimate, abs=1e-12)
    assert turned.std_error == pytest.approx(kappa.std_error, abs=1e-9)
    assert reversed_order.estimate == pytest.approx(kappa.estimate, abs=1e-12)
    assert -1.0 <= kappa.conf_low <= kappa.estimate <= kappa.conf_high <= 1.0


@pytest.mark.evidence(method="cohen_kappa", kind="property", source="two categories: weights change nothing")
def test_two_categories_have_one_kappa():
    values = {cohen_kappa([[20, 5], [10, 15]], weights=w).std_error for w in ("none", "linear", "quadratic")}
    assert max(values) - min(values) < 1e-15


@pytest.mark.parametrize(
    ("table", "estimate", "reason"),
    [
        ([[0, 0], [0, 0]], math.nan, "no items were rated"),
        ([[9, 0], [0, 0]], math.nan, "both readers use one and the same category only"),
        ([[9, 0], [0, 4]], 1.0, "perfect agreement: the standard error is 0 and gives no limits"),
    ],
)
def test_what_cannot_be_estimated_says_so(table, estimate, reason):
    kappa = cohen_kappa(table)
    assert kappa.estimate == pytest.approx(estimate, nan_ok=True)
    assert (kappa.status, kappa.reason) == ("NE", reason)
    assert math.isnan(kappa.conf_low)


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        ([[1, 2, 3], [3, 4, 5]], {}, "expected the same two or more categories for both readers, got 2 x 3"),
        ([[4]], {}, "got 1 x 1"),
        ([[1, 2], [3, -1]], {}, "table[1][1] = -1"),
        ([[1, 2], [3, 4]], {"weights": "squared"}, "got 'squared'"),
    ],
)
def test_bad_input_is_named(table, options, words):
    with pytest.raises(StatsError) as error:
        cohen_kappa(table, **options)
    assert words in str(error.value)
