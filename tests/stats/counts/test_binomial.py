"""Interval of one proportion."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from equipoise.stats import StatsError, binomial_ci

METHODS = ("clopper-pearson", "wilson", "wilson-cc", "agresti-coull", "jeffreys", "wald")


@pytest.mark.evidence(method="binomial_ci", kind="R", source="R 4.2.2 binom.test, prop.test")
@pytest.mark.parametrize("method", ["clopper-pearson", "wilson", "wilson-cc"])
def test_limits_equal_r(r, method):
    for case in r["binomial"]:
        ci = binomial_ci(case["x"], case["n"], method, conf_level=case["conf_level"])
        assert [ci.conf_low, ci.conf_high] == pytest.approx(case[method], rel=1e-12, abs=0)
        assert ci.estimate == case["x"] / case["n"]
        assert ci.status == ""


@pytest.mark.evidence(method="binomial_ci", kind="hand", source="closed formulas")
def test_closed_formulas():
    z = -ndtri(0.025)
    none = binomial_ci(0, 74)
    assert (none.conf_low, none.conf_high) == pytest.approx((0.0, 1.0 - 0.025 ** (1 / 74)), rel=1e-14)
    every = binomial_ci(74, 74)
    assert (every.conf_low, every.conf_high) == pytest.approx((0.025 ** (1 / 74), 1.0), rel=1e-14)
    score = binomial_ci(0, 10, "wilson")
    assert (score.conf_low, score.conf_high) == pytest.approx((0.0, z * z / (10 + z * z)), rel=1e-14)
    center = (3 + z * z / 2) / (10 + z * z)
    half = z * math.sqrt(center * (1 - center) / (10 + z * z))
    agresti = binomial_ci(3, 10, "agresti-coull")
    assert (agresti.conf_low, agresti.conf_high) == pytest.approx((center - half, center + half), rel=1e-14)
    wald = binomial_ci(3, 10, "wald")
    assert (wald.conf_low, wald.conf_high) == pytest.approx((0.3 - z * math.sqrt(0.021), 0.3 + z * math.sqrt(0.021)))


@pytest.mark.evidence(method="binomial_ci", kind="hand", source="binomial tails summed in fractions")
@pytest.mark.parametrize(("x", "n"), [(3, 17), (1, 40), (39, 40), (81, 97)])
def test_exact_limits_have_their_tails(x, n):
    ci = binomial_ci(x, n)

    def tail(p, counts):
        p = Fraction(p)
        return float(sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in counts))

    assert tail(ci.conf_low, range(x, n + 1)) == pytest.approx(0.025, rel=1e-12)
    assert tail(ci.conf_high, range(x + 1)) == pytest.approx(0.025, rel=1e-12)


@pytest.mark.evidence(
    method="binomial_ci", kind="published", source="Newcombe 1998, Table I (81/263, 15/148, 0/20, 1/29)"
)
@pytest.mark.parametrize(
    ("x", "n", "method", "low", "high"),
    [
        (81, 263, "wald", 0.2522, 0.3638),
        (81, 263, "wilson", 0.2553, 0.3662),
        (81, 263, "wilson-cc", 0.2535, 0.3682),
        (81, 263, "clopper-pearson", 0.2527, 0.3676),
        (15, 148, "wilson", 0.0624, 0.1605),
        (15, 148, "clopper-pearson", 0.0578, 0.1617),
        (0, 20, "wilson", 0.0, 0.1611),
        (0, 20, "wilson-cc", 0.0, 0.2005),
        (0, 20, "clopper-pearson", 0.0, 0.1684),
        (1, 29, "wilson", 0.0061, 0.1718),
        (1, 29, "wilson-cc", 0.0018, 0.1963),
        (1, 29, "clopper-pearson", 0.0009, 0.1776),
    ],
)
def test_limits_as_printed(x, n, method, low, high):
    ci = binomial_ci(x, n, method)
    assert (round(ci.conf_low, 4), round(ci.conf_high, 4)) == (low, high)


@pytest.mark.evidence(method="binomial_ci", kind="property", source="hypothesis")
@given(data=st.data(), n=st.integers(1, 500), level=st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99]))
def test_limits_enclose_mirror_and_widen(data, n, level):
    x = data.draw(st.integers(0, n))
    for method in METHODS:
        ci = binomial_ci(x, n, method, conf_level=level)
        mirror = binomial_ci(n - x, n, method, conf_level=level)
        wider = binomial_ci(x, n, method, conf_level=0.999)
        assert 0.0 <= ci.conf_low <= ci.estimate <= ci.conf_high <= 1.0
        assert ci.conf_low == pytest.approx(1.0 - mirror.conf_high, abs=1e-13)
        assert wider.conf_low <= ci.conf_low + 1e-15
        assert wider.conf_high >= ci.conf_high - 1e-15


def test_no_subjects_cannot_be_estimated():
    ci = binomial_ci(0, 0)
    assert (ci.status, ci.reason) == ("NE", "no subjects")
    assert math.isnan(ci.estimate)
    assert math.isnan(ci.conf_high)


def test_numpy_and_whole_floats_are_counts():
    assert binomial_ci(np.int32(8), np.float64(97.0)).n == 97


@pytest.mark.parametrize(
    ("x", "n", "options", "words"),
    [
        (5, 4, {}, ["x", "more events than subjects: 5 of n = 4"]),
        (-1, 4, {}, ["x", "a count is 0 or more, got -1"]),
        (1.5, 4, {}, ["x", "expected a whole number, got 1.5"]),
        (math.nan, 4, {}, ["x", "expected a whole number, got nan"]),
        (1, math.inf, {}, ["n", "expected a whole number, got inf"]),
        ("3", True, {}, ["x: expected a whole number, got '3'", "n: expected a whole number, got True"]),
        (None, 4, {}, ["x", "got None"]),
        (1, 4, {"conf_level": 95}, ["conf_level", "got 95; did you mean 0.95?"]),
        (1, 4, {"method": "exact"}, ["method", "'clopper-pearson'", "got 'exact'"]),
    ],
)
def test_bad_input_is_named(x, n, options, words):
    with pytest.raises(StatsError) as error:
        binomial_ci(x, n, **options)
    assert all(word in str(error.value) for word in words)


def test_every_problem_is_reported_at_once():
    with pytest.raises(StatsError) as error:
        binomial_ci(-1, 2.5, "exact", conf_level=2)
    assert len(error.value.problems) == 4
