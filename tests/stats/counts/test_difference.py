"""Difference of two proportions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri, xlog1py, xlogy

from equipoise.stats import StatsError, binomial_ci, risk_difference
from equipoise.stats.counts.score import TwoProportions, constrained_proportions

Z = -ndtri(0.025)
METHODS = ("newcombe", "miettinen-nurminen", "wald", "mantel-haenszel")
counts = st.tuples(st.integers(0, 60), st.integers(1, 60)).map(lambda c: (min(c), max(c)))


def log_likelihood(table, p1, p2):
    x1, n1, x2, n2 = table
    return xlogy(x1, p1) + xlog1py(n1 - x1, -p1) + xlogy(x2, p2) + xlog1py(n2 - x2, -p2)


def score(x1, n1, x2, n2, delta):
    """Give the score statistic with the constrained fit searched on grids, each around the best of the last."""
    low, high = max(0.0, -delta), min(1.0, 1.0 - delta)
    for _ in range(12):
        grid = np.linspace(low, high, 401)
        fits = log_likelihood((x1, n1, x2, n2), np.clip(grid + delta, 0, 1), grid)
        best = int(np.argmax(fits))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, 400)]
    p2 = (low + high) / 2
    p1 = p2 + delta
    variance = (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * (n1 + n2) / (n1 + n2 - 1)
    return (x1 / n1 - x2 / n2 - delta) / math.sqrt(max(variance, 1e-300))


@pytest.mark.evidence(
    method="risk_difference", kind="R", source="R 4.2.2 prop.test (Wald, with and without correction)"
)
@pytest.mark.parametrize("method", ["wald", "wald-cc"])
def test_wald_equals_r(r, method):
    for case in r["tables"]:
        d = risk_difference(case["x1"], case["n1"], case["x2"], case["n2"], method=method)
        assert [d.conf_low, d.conf_high] == pytest.approx(case[method], rel=1e-10, abs=0)
        assert d.estimate == case["x1"] / case["n1"] - case["x2"] / case["n2"]


@pytest.mark.evidence(method="risk_difference", kind="published", source="Newcombe 1998, Table II, methods 5, 8, 10")
@pytest.mark.parametrize(
    ("table", "method", "low", "high"),
    [
        ((56, 70, 48, 80), "wald", 0.0575, 0.3425),
        ((56, 70, 48, 80), "miettinen-nurminen", 0.0528, 0.3382),
        ((56, 70, 48, 80), "newcombe", 0.0524, 0.3339),
        ((9, 10, 3, 10), "miettinen-nurminen", 0.1700, 0.8406),
        ((9, 10, 3, 10), "newcombe", 0.1705, 0.8090),
        ((5, 56, 0, 29), "miettinen-nurminen", -0.0326, 0.1933),
        ((5, 56, 0, 29), "newcombe", -0.0381, 0.1926),
        ((0, 10, 0, 20), "miettinen-nurminen", -0.1658, 0.2844),
        ((0, 10, 0, 20), "newcombe", -0.1611, 0.2775),
        ((10, 10, 0, 20), "miettinen-nurminen", 0.7156, 1.0000),
        ((10, 10, 0, 20), "newcombe", 0.6791, 1.0000),
        ((10, 10, 0, 10), "newcombe", 0.6075, 1.0000),
    ],
)
def test_limits_as_printed(table, method, low, high):
    d = risk_difference(*table, method=method)
    assert (round(d.conf_low, 4), round(d.conf_high, 4)) == (low, high)


@pytest.mark.evidence(method="risk_difference", kind="hand", source="constrained likelihood searched on a grid")
@pytest.mark.parametrize(
    "table",
    [(56, 70, 48, 80), (12, 40, 5, 41), (3, 10, 8, 10), (1, 97, 0, 74), (8, 97, 0, 74), (7, 89, 0, 72), (0, 10, 0, 20)],
)
def test_score_limits_by_brute_force(table):
    d = risk_difference(*table, method="miettinen-nurminen")
    assert score(*table, d.conf_low) == pytest.approx(Z, abs=2e-6)
    assert score(*table, d.conf_high) == pytest.approx(-Z, abs=2e-6)


@pytest.mark.evidence(method="risk_difference", kind="hand", source="trap: peers fail with 0 of n and n of n")
@pytest.mark.parametrize("n1", [1, 2, 10, 97])
@pytest.mark.parametrize("n2", [1, 3, 74])
def test_score_limits_exist_at_the_edges(n1, n2):
    for x1 in (0, n1):
        for x2 in (0, n2):
            d = risk_difference(x1, n1, x2, n2, method="miettinen-nurminen")
            assert -1.0 <= d.conf_low <= d.estimate <= d.conf_high <= 1.0
            assert d.conf_low < d.conf_high
            assert d.status == ""
    assert risk_difference(n1, n1, 0, n2, method="miettinen-nurminen").conf_high == 1.0
    assert risk_difference(0, n1, n2, n2, method="miettinen-nurminen").conf_low == -1.0


@pytest.mark.evidence(
    method="risk_difference", kind="hand", source="0 of n1 v 0 of n2: p1 = delta, p2 = 0 in closed form"
)
def test_score_limit_of_nothing_against_nothing():
    # delta^2 = z^2 delta (1 - delta) / n1 * N / (N - 1)
    d = risk_difference(0, 10, 0, 20, method="miettinen-nurminen")
    k = Z * Z / 10 * 30 / 29
    assert d.conf_high == pytest.approx(k / (1 + k), rel=1e-12)


@pytest.mark.evidence(method="risk_difference", kind="property", source="hypothesis")
@given(one=counts, two=counts, delta=st.integers(-999, 999).map(lambda k: k / 1000))
def test_constrained_fit_beats_its_neighbors(one, two, delta):
    pair = TwoProportions(*one, *two)
    p1, p2 = constrained_proportions(pair, delta)
    assert p1 - p2 == pytest.approx(delta, abs=1e-15)
    best = log_likelihood((*one, *two), p1, p2)
    low, high = max(0.0, -delta), min(1.0, 1.0 - delta)
    for other in np.linspace(low, high, 101):
        assert log_likelihood((*one, *two), np.clip(other + delta, 0, 1), other) <= best + 1e-8 * max(1.0, abs(best))


@pytest.mark.evidence(method="risk_difference", kind="property", source="hypothesis")
@given(one=counts, two=counts)
def test_swapping_groups_or_outcomes_mirrors(one, two):
    for method in METHODS:
        d = risk_difference(*one, *two, method=method)
        swapped = risk_difference(*two, *one, method=method)
        others = risk_difference(one[1] - one[0], one[1], two[1] - two[0], two[1], method=method)
        assert (swapped.conf_low, swapped.conf_high) == pytest.approx((-d.conf_high, -d.conf_low), abs=1e-12)
        assert (others.conf_low, others.conf_high) == pytest.approx((-d.conf_high, -d.conf_low), abs=1e-12)
        assert d.conf_low - 1e-12 <= d.estimate <= d.conf_high + 1e-12


@pytest.mark.evidence(method="risk_difference, stratified", kind="property", source="one stratum is no stratum")
@given(one=counts, two=counts)
def test_one_stratum_equals_no_strata(one, two):
    for method in METHODS:
        single = risk_difference(*one, *two, method=method)
        listed = risk_difference([one[0]], [one[1]], [two[0]], [two[1]], method=method)
        assert listed.to_dict() == single.to_dict()


@pytest.mark.evidence(
    method="risk_difference, stratified", kind="hand", source="Wilson limits square-and-add equals its stratified form"
)
def test_newcombe_of_one_stratum_is_square_and_add():
    d = risk_difference(12, 40, 5, 41)
    one, two = binomial_ci(12, 40, "wilson"), binomial_ci(5, 41, "wilson")
    low = d.estimate - math.hypot(12 / 40 - one.conf_low, two.conf_high - 5 / 41)
    high = d.estimate + math.hypot(one.conf_high - 12 / 40, 5 / 41 - two.conf_low)
    assert (d.conf_low, d.conf_high) == pytest.approx((low, high), rel=1e-12)


STRATA = ([16, 22, 3], [38, 45, 12], [11, 9, 0], [40, 41, 15])


@pytest.mark.evidence(
    method="risk_difference, stratified", kind="hand", source="formulas of Sato 1989, Yan and Su 2010"
)
def test_strata_by_their_formulas():
    x1, n1, x2, n2 = (np.array(v, dtype=float) for v in STRATA)
    n, p1, p2 = n1 + n2, x1 / n1, x2 / n2
    w = n1 * n2 / n
    share = w / w.sum()
    d = float((share * (p1 - p2)).sum())
    sato = risk_difference(*STRATA, method="mantel-haenszel")
    p = ((n1**2 * x2 - n2**2 * x1 + n1 * n2 * (n2 - n1) / 2) / n**2).sum()
    q = ((x1 * (n2 - x2) / n + x2 * (n1 - x1) / n) / 2).sum()
    assert sato.estimate == pytest.approx(d, rel=1e-14)
    assert (sato.conf_high - sato.conf_low) / 2 == pytest.approx(Z * math.sqrt(d * p + q) / w.sum(), rel=1e-12)
    wald = risk_difference(*STRATA, method="wald")
    variance = (share**2 * (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)).sum()
    assert wald.conf_low == pytest.approx(d - Z * math.sqrt(variance), rel=1e-12)

    def arm(x, m):
        v = x / m * (1 - x / m) / m
        z = Z * math.sqrt((share**2 * v).sum()) / (share * np.sqrt(v)).sum()
        root = z * np.sqrt(v + z * z / (4 * m * m))
        mid, scale = x / m + z * z / (2 * m), 1 + z * z / m
        return (share * (mid - root) / scale).sum(), (share * (mid + root) / scale).sum(), (share**2 / m).sum()

    (l1, u1, s1), (l2, u2, s2) = arm(x1, n1), arm(x2, n2)
    newcombe = risk_difference(*STRATA, method="newcombe")
    assert newcombe.conf_low == pytest.approx(d - Z * math.sqrt(s1 * l1 * (1 - l1) + s2 * u2 * (1 - u2)), rel=1e-10)
    assert newcombe.conf_high == pytest.approx(d + Z * math.sqrt(s1 * u1 * (1 - u1) + s2 * l2 * (1 - l2)), rel=1e-10)


SIX_STRATA = ([3, 2, 1, 8, 2, 1], [8, 9, 4, 9, 6, 6], [1, 8, 3, 4, 9, 7], [4, 11, 8, 11, 13, 11])


@pytest.mark.evidence(
    method="risk_difference, stratified", kind="published", source="R package tern, reference values of prop_diff_cmh"
)
@pytest.mark.parametrize(
    ("method", "low", "high", "places"),
    [
        ("wald", -0.285363076, 0.009989872, 9),
        ("mantel-haenszel", -0.31541846, 0.04004526, 8),
        ("miettinen-nurminen", -0.30214, 0.03451, 5),  # there the root is searched to 1e-6 only
    ],
)
def test_strata_as_printed(method, low, high, places):
    d = risk_difference(*SIX_STRATA, method=method, conf_level=0.9)
    assert round(d.estimate, 7) == -0.1376866
    assert (round(d.conf_low, places), round(d.conf_high, places)) == (low, high)


@pytest.mark.evidence(
    method="risk_difference, stratified", kind="published", source="SAS PROC FREQ, as cited in tests of R package tern"
)
def test_stratified_newcombe_as_sas():
    x1, n1, x2, n2 = [8, 4, 2, 5, 6, 5], [9, 4, 5, 7, 7, 8], [3, 6, 2, 3, 3, 3], [6, 12, 5, 4, 8, 5]
    d = risk_difference(x1, n1, x2, n2)
    assert [round(v, 8) for v in (d.estimate, d.conf_low, d.conf_high)] == [0.2539059, 0.03467969, 0.44544132]


@pytest.mark.evidence(method="risk_difference, stratified", kind="hand", source="stratified score by grid search")
def test_stratified_score_limits_by_brute_force():
    d = risk_difference(*STRATA, method="miettinen-nurminen")

    def statistic(delta):
        top = bottom = 0.0
        for x1, n1, x2, n2 in zip(*STRATA, strict=True):
            w = n1 * n2 / (n1 + n2)
            one = score(x1, n1, x2, n2, delta)
            distance = x1 / n1 - x2 / n2 - delta
            top, bottom = top + w * distance, bottom + (w * distance / one) ** 2
        return top / math.sqrt(bottom)

    assert statistic(d.conf_low) == pytest.approx(Z, abs=2e-6)
    assert statistic(d.conf_high) == pytest.approx(-Z, abs=2e-6)


@pytest.mark.evidence(method="risk_difference, stratified", kind="property", source="equal strata leave the estimate")
def test_replicated_strata_narrow_by_root_two():
    once = risk_difference(16, 38, 11, 40, method="mantel-haenszel")
    twice = risk_difference([16, 16], [38, 38], [11, 11], [40, 40], method="mantel-haenszel")
    assert twice.estimate == pytest.approx(once.estimate, rel=1e-14)
    assert (once.conf_high - once.conf_low) / (twice.conf_high - twice.conf_low) == pytest.approx(2**0.5, rel=1e-12)


def test_strata_without_a_group_are_left_out_and_listed():
    d = risk_difference([16, 5, 3], [38, 9, 12], [11, 0, 0], [40, 0, 15], method="mantel-haenszel")
    kept = risk_difference([16, 3], [38, 12], [11, 0], [40, 15], method="mantel-haenszel")
    assert (d.strata_without_information, d.n_strata, d.n_1) == ((1,), 2, 50)
    assert (d.conf_low, d.conf_high) == (kept.conf_low, kept.conf_high)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ((0, 0, 3, 9), "no subjects in the first group"),
        ((3, 9, 0, 0), "no subjects in the second group"),
        (([0, 1], [0, 2], [1, 0], [3, 0]), "no stratum with subjects in both groups"),
    ],
)
def test_empty_groups_cannot_be_estimated(given, reason):
    d = risk_difference(*given)
    assert (d.status, d.reason) == ("NE", reason)
    assert math.isnan(d.estimate)
    assert math.isnan(d.conf_low)


@pytest.mark.parametrize(
    ("given", "options", "words"),
    [
        ((9, 4, 1, 5), {}, "x1: more events than subjects: 9 of n1 = 4"),
        (([1, 7], [4, 5], [1, 1], [5, 5]), {}, "x1[1] = 7: more events than subjects: 7 of n1 = 5"),
        (([1], [4], 1, 5), {}, "x1: 1, n1: 1, x2: a single number, n2: a single number"),
        (([1, 2], [4, 5], [1], [5, 6]), {}, "x2: 1, n2: 2"),
        (([], [], [], []), {}, "no strata"),
        ((1, 4, 1, 5), {"method": "score"}, "got 'score'"),
        (([1, 1], [4, 4], [1, 1], [5, 5]), {"method": "wald-cc"}, "'wald-cc' is for one table"),
    ],
)
def test_bad_input_is_named(given, options, words):
    with pytest.raises(StatsError) as error:
        risk_difference(*given, **options)
    assert words in str(error.value)
