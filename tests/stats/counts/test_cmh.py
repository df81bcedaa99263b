"""Cochran-Mantel-Haenszel test."""

import math
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.stats import StatsError, chi_square_test, cmh_test, fisher_exact

cells = st.lists(st.integers(0, 9), min_size=4, max_size=4).map(lambda c: [c[:2], c[2:]])


@pytest.mark.evidence(method="cmh_test", kind="R", source="R 4.2.2 mantelhaen.test")
def test_equals_r(r):
    for case in r["cmh"]:
        plain = cmh_test(case["strata"])
        assert [plain.statistic, plain.p_value] == pytest.approx(case["test"], rel=1e-10)
        estimate = [plain.odds_ratio, plain.conf_low, plain.conf_high]
        wanted = [math.nan if v is None else v for v in case["odds_ratio"]]
        assert estimate == pytest.approx(wanted, rel=1e-10, nan_ok=True)
        corrected = cmh_test(case["strata"], correction=True)
        assert [corrected.statistic, corrected.p_value] == pytest.approx(case["corrected"], rel=1e-10)


@pytest.mark.evidence(method="cmh_test, exact", kind="R", source="R 4.2.2 mantelhaen.test(exact=TRUE)")
def test_exact_equals_r(r):
    for case in r["cmh"]:
        exact = cmh_test(case["strata"], exact=True)
        assert [exact.p_value, exact.p_greater, exact.p_less] == pytest.approx(case["exact_p"], rel=1e-10)
        # R's own root finding stops near 1e-4; the tails at our limits are proven below
        loose = [exact.odds_ratio, exact.conf_low, exact.conf_high]
        assert loose == pytest.approx(case["exact_loose"], rel=1e-3)


@pytest.mark.evidence(method="cmh_test", kind="hand", source="formulas in fractions, two strata")
def test_closed_formula():
    strata = [[[5, 1], [40, 33]], [[3, 2], [49, 38]]]
    excess = variance = top = bottom = Fraction(0)
    for (a, b), (c, d) in strata:
        n = a + b + c + d
        excess += a - Fraction((a + b) * (a + c), n)
        variance += Fraction((a + b) * (c + d) * (a + c) * (b + d), n * n * (n - 1))
        top, bottom = top + Fraction(a * d, n), bottom + Fraction(b * c, n)
    test = cmh_test(strata)
    assert test.statistic == pytest.approx(float(excess**2 / variance), rel=1e-14)
    assert test.z == pytest.approx(float(excess) / math.sqrt(variance), rel=1e-14)
    assert test.odds_ratio == pytest.approx(float(top / bottom), rel=1e-14)
    assert test.p_greater == pytest.approx(math.erfc(test.z / math.sqrt(2)) / 2, rel=1e-13)
    assert test.p_greater + test.p_less == pytest.approx(1.0, rel=1e-14)


def enumerate_sums(strata):
    """Give the weight of every sum of first cells, all margins fixed, as whole numbers."""
    ways = []
    for (a, b), (c, d) in strata:
        m, n1, n2 = a + c, a + b, c + d
        low, high = max(0, m - n2), min(n1, m)
        ways.append([(k, math.comb(n1, k) * math.comb(n2, m - k)) for k in range(low, high + 1)])
    sums = {}
    for combination in product(*ways):
        total = sum(k for k, _ in combination)
        sums[total] = sums.get(total, 0) + math.prod(w for _, w in combination)
    return sums


@pytest.mark.evidence(method="cmh_test, exact", kind="hand", source="all sets of tables enumerated")
@given(st.lists(cells, min_size=1, max_size=3))
def test_exact_equals_enumeration(strata):
    informative = [s for s in strata if all(map(sum, s)) and all(map(sum, zip(*s, strict=True)))]
    test = cmh_test(strata, exact=True)
    assert test.n_strata == len(informative)
    if not informative:
        assert test.status == "NE"
        return
    sums = enumerate_sums(informative)
    x, whole = sum(s[0][0] for s in informative), sum(sums.values())
    two_sided = sum(w for w in sums.values() if w * 10**7 <= sums[x] * (10**7 + 1))
    assert test.p_value == pytest.approx(two_sided / whole, rel=1e-11)
    assert test.p_greater == pytest.approx(sum(w for k, w in sums.items() if k >= x) / whole, rel=1e-11)
    assert test.p_less == pytest.approx(sum(w for k, w in sums.items() if k <= x) / whole, rel=1e-11)
    for limit, side in ((test.conf_low, 1), (test.conf_high, -1)):
        if 0.0 < limit < math.inf:
            psi = Fraction(limit)
            tilted = {k: w * psi ** (k - x) for k, w in sums.items()}
            tail = sum(v for k, v in tilted.items() if (k - x) * side >= 0) / sum(tilted.values())
            assert float(tail) == pytest.approx(0.025, rel=1e-9)


@pytest.mark.evidence(method="cmh_test", kind="property", source="one stratum: chi-square (n-1)/n, Fisher")
def test_one_stratum_is_the_single_table():
    table = [[12, 28], [5, 36]]
    single = chi_square_test(table)
    assert cmh_test([table]).statistic == pytest.approx(single.statistic * 80 / 81, rel=1e-13)
    exact, fisher = cmh_test([table], exact=True), fisher_exact(table)
    assert exact.p_value == pytest.approx(fisher.p_value, rel=1e-12)
    assert (exact.odds_ratio, exact.conf_low, exact.conf_high) == pytest.approx(
        (fisher.odds_ratio, fisher.conf_low, fisher.conf_high), rel=1e-11
    )


@pytest.mark.evidence(method="cmh_test", kind="property", source="hypothesis")
@given(st.lists(cells, min_size=1, max_size=4))
def test_order_and_labels(strata):
    test, reversed_strata = cmh_test(strata), cmh_test(strata[::-1])
    swapped = cmh_test([s[::-1] for s in strata])
    assert reversed_strata.statistic == pytest.approx(test.statistic, rel=1e-12, nan_ok=True)
    assert swapped.z == pytest.approx(-test.z, rel=1e-9, abs=1e-9, nan_ok=True)
    assert swapped.p_less == pytest.approx(test.p_greater, rel=1e-9, nan_ok=True)
    if 0.0 < test.odds_ratio < math.inf:
        assert swapped.odds_ratio == pytest.approx(1 / test.odds_ratio, rel=1e-12)


def test_strata_without_information_are_listed():
    test = cmh_test([[[8, 40], [0, 30]], [[0, 49], [0, 44]], [[3, 0], [0, 0]]])
    assert (test.strata_without_information, test.n_strata, test.n) == ((1, 2), 1, 78)
    assert (test.status, test.odds_ratio) == ("NE", math.inf)
    assert test.reason == "a cell is empty in every stratum: the common odds ratio is unbounded"
    assert test.p_value == pytest.approx(0.019016473672300555, rel=1e-10)


@pytest.mark.parametrize("exact", [False, True])
def test_nothing_to_test_says_so(exact):
    test = cmh_test([[[0, 5], [0, 5]]], exact=exact)
    assert (test.status, test.df) == ("NE", 0)
    assert test.reason.startswith("no stratum has both groups")
    assert math.isnan(test.p_value)


@pytest.mark.parametrize(
    ("tables", "options", "words"),
    [
        ([], {}, "expected one 2 x 2 table per stratum, got none"),
        ([[[1, 2], [3, 4]], [[1, 2, 3], [3, 4, 5]]], {}, "tables[1]: expected two rows and two columns, got 2 x 3"),
        ([[[1, 2], [3, -1]]], {}, "tables[0][1][1] = -1: a count is 0 or more, got -1"),
        ([[[1, 2], [3, 4]]], {"exact": True, "correction": True}, "an exact test has no continuity correction"),
        (7, {}, "expected one 2 x 2 table per stratum"),
    ],
)
def test_bad_input_is_named(tables, options, words):
    with pytest.raises(StatsError) as error:
        cmh_test(tables, **options)
    assert words in str(error.value)
