"""Pearson's chi-square test."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.stats import StatsError, chi_square_test


@pytest.mark.evidence(method="chi_square_test", kind="R", source="R 4.2.2 chisq.test")
def test_equals_r(r):
    for case in r["tables"]:
        table = [[case["x1"], case["n1"] - case["x1"]], [case["x2"], case["n2"] - case["x2"]]]
        for name, correction in (("chi_square", False), ("yates", True)):
            test = chi_square_test(table, correction=correction)
            assert [test.statistic, test.p_value] == pytest.approx(case[name], rel=1e-10, abs=1e-25)
            assert test.df == 1
    for case in r["r_by_c"]:
        test = chi_square_test(case["table"])
        assert [test.statistic, test.df, test.p_value] == pytest.approx(case["chi_square"], rel=1e-10)
        assert test.expected == pytest.approx(np.array(case["expected"]), rel=1e-14)


@pytest.mark.evidence(
    method="chi_square_test", kind="hand", source="n (ad - bc)^2 / (row and column totals) in fractions"
)
@given(st.lists(st.integers(1, 90), min_size=4, max_size=4))
def test_closed_formula(cells):
    a, b, c, d = cells
    product = (a + b) * (c + d) * (a + c) * (b + d)
    n = a + b + c + d
    plain = Fraction(n * (a * d - b * c) ** 2, product)
    assert chi_square_test([[a, b], [c, d]]).statistic == pytest.approx(float(plain), rel=1e-12, abs=1e-12)
    lowered = max(Fraction(0), abs(a * d - b * c) - Fraction(n, 2))
    corrected = chi_square_test([[a, b], [c, d]], correction=True)
    assert corrected.statistic == pytest.approx(float(n * lowered**2 / product), rel=1e-12, abs=1e-12)


@pytest.mark.evidence(method="chi_square_test", kind="hand", source="trap: p = 1 - cdf is 0 in a peer; chi-square 72")
def test_far_tail_is_a_number():
    test = chi_square_test([[36, 0], [0, 36]])
    assert test.statistic == pytest.approx(72.0, rel=1e-15)
    assert test.p_value == pytest.approx(math.erfc(6.0), rel=1e-13)


def test_rows_and_columns_of_zeros_carry_no_information():
    test = chi_square_test([[5, 0, 7], [0, 0, 0], [9, 0, 2]])
    kept = chi_square_test([[5, 7], [9, 2]])
    assert (test.statistic, test.df, test.p_value) == (kept.statistic, 1, kept.p_value)


@pytest.mark.parametrize("table", [[[0, 9], [0, 7]], [[0, 0], [3, 7]], [[0, 0], [0, 0]], [[4, 5]]])
def test_nothing_to_test_says_so(table):
    test = chi_square_test(table)
    assert (test.status, test.df) == ("NE", 0)
    assert test.reason == "fewer than two rows or two columns with counts"
    assert math.isnan(test.p_value)


def test_small_expected_counts_are_counted():
    assert chi_square_test([[1, 9], [0, 10]]).n_expected_below_5 == 2


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        ([[1, 2, 3], [4, 5, 6]], {"correction": True}, "this one is 2 x 3"),
        ([[1, math.nan], [3, 4]], {}, "table[0][1] = nan: expected a whole number"),
        ([[1, 2], [3]], {}, "rectangular"),
    ],
)
def test_bad_input_is_named(table, options, words):
    with pytest.raises(StatsError) as error:
        chi_square_test(table, **options)
    assert words in str(error.value)
