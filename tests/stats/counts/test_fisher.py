"""Fisher's exact test."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.stats import StatsError, fisher_exact


def enumerate_tables(a, b, c, d):
    """Give every table with the same margins and its probability, in exact fractions."""
    n1, n2, m = a + b, c + d, a + c
    whole = math.comb(n1 + n2, m)
    return {k: Fraction(math.comb(n1, k) * math.comb(n2, m - k), whole) for k in range(max(0, m - n2), min(n1, m) + 1)}


@pytest.mark.evidence(method="fisher_exact", kind="R", source="R 4.2.2 fisher.test (p), tight root search (odds ratio)")
def test_equals_r(r):
    for case in r["tables"]:
        table = [[case["x1"], case["n1"] - case["x1"]], [case["x2"], case["n2"] - case["x2"]]]
        test = fisher_exact(table)
        assert test.p_value == pytest.approx(case["p_value"], rel=1e-10, abs=0)
        assert (test.p_greater, test.p_less) == pytest.approx((case["p_greater"], case["p_less"]), rel=1e-10, abs=0)
        assert [test.odds_ratio, test.conf_low, test.conf_high] == pytest.approx(case["odds_ratio"], rel=1e-10, abs=0)
        narrow = fisher_exact(table, conf_level=0.9)
        assert [narrow.odds_ratio, narrow.conf_low, narrow.conf_high] == pytest.approx(case["odds_ratio_90"], rel=1e-10)


@pytest.mark.evidence(
    method="fisher_exact",
    kind="published",
    source="adverse events of Alliance A021202 in the safety set inferred, 89 v 72",
)
@pytest.mark.parametrize(
    ("x1", "x2", "printed"),
    [(75, 34, 6.6e-07), (7, 0, 0.0172), (32, 6, 3.1e-05), (11, 1, 0.0126), (54, 15, 4.7e-07), (24, 3, 8.6e-05)],
)
def test_adverse_events_as_printed(x1, x2, printed):
    p = fisher_exact([[x1, 89 - x1], [x2, 72 - x2]]).p_value
    assert float(f"{p:.2g}" if printed < 0.001 else f"{p:.4f}") == printed


@pytest.mark.evidence(method="fisher_exact", kind="hand", source="lady tasting tea: 1/70, 17/70")
def test_tea():
    test = fisher_exact([[3, 1], [1, 3]], alternative="greater")
    assert test.p_value == pytest.approx(17 / 70, rel=1e-14)
    assert test.p_mid == pytest.approx(9 / 70, rel=1e-14)
    assert fisher_exact([[3, 1], [1, 3]]).p_value == pytest.approx(34 / 70, rel=1e-14)
    assert fisher_exact([[4, 0], [0, 4]]).p_value == pytest.approx(2 / 70, rel=1e-14)


@pytest.mark.evidence(method="fisher_exact", kind="hand", source="all tables enumerated in fractions")
@given(a=st.integers(0, 40), b=st.integers(0, 40), c=st.integers(0, 40), d=st.integers(0, 40))
def test_equals_enumeration(a, b, c, d):
    if a + b == 0 or c + d == 0:
        return
    tables = enumerate_tables(a, b, c, d)
    observed = tables[a]
    test = fisher_exact([[a, b], [c, d]])
    two_sided = sum(p for p in tables.values() if p <= observed * (1 + Fraction(1, 10**7)))
    assert test.p_value == pytest.approx(float(two_sided), rel=1e-12)
    assert test.p_mid == pytest.approx(float(two_sided - observed / 2), rel=1e-12)
    assert test.p_greater == pytest.approx(float(sum(p for k, p in tables.items() if k >= a)), rel=1e-12)
    assert test.p_less == pytest.approx(float(sum(p for k, p in tables.items() if k <= a)), rel=1e-12)


@pytest.mark.evidence(method="fisher_exact", kind="hand", source="tails at the limits, in fractions")
@pytest.mark.parametrize("table", [(8, 89, 1, 73), (3, 7, 8, 2), (12, 28, 5, 36), (26, 71, 7, 67)])
@pytest.mark.parametrize("limits", ["exact", "mid-p"])
def test_odds_ratio_limits_have_their_tails(table, limits):
    test = fisher_exact([table[:2], table[2:]], limits=limits)
    tables = enumerate_tables(*table)
    own = Fraction(1, 2) if limits == "mid-p" else Fraction(1)

    def tail(odds_ratio, side):
        psi = Fraction(odds_ratio)
        tilted = {k: p * psi**k for k, p in tables.items()}
        part = sum(p for k, p in tilted.items() if (k - table[0]) * side > 0) + own * tilted[table[0]]
        return float(part / sum(tilted.values()))

    assert tail(test.conf_low, +1) == pytest.approx(0.025, rel=1e-11)
    assert tail(test.conf_high, -1) == pytest.approx(0.025, rel=1e-11)
    psi = Fraction(test.odds_ratio)
    mean = sum(k * p * psi**k for k, p in tables.items()) / sum(p * psi**k for k, p in tables.items())
    assert float(mean) == pytest.approx(table[0], rel=1e-12)


@pytest.mark.evidence(method="fisher_exact", kind="property", source="hypothesis")
@given(st.integers(0, 60), st.integers(1, 60), st.integers(0, 60), st.integers(1, 60))
def test_swapping_groups_inverts(a, b, c, d):
    test, swapped = fisher_exact([[a, b], [c, d]]), fisher_exact([[c, d], [a, b]])
    assert swapped.p_value == pytest.approx(test.p_value, rel=1e-10)
    assert swapped.p_greater == pytest.approx(test.p_less, rel=1e-10)
    if a + c:
        assert fisher_exact([[a, c], [b, d]]).p_value == pytest.approx(test.p_value, rel=1e-10)
    if 0.0 < test.odds_ratio < math.inf:
        assert swapped.odds_ratio == pytest.approx(1 / test.odds_ratio, rel=1e-10)
        assert swapped.conf_low == pytest.approx(1 / test.conf_high, rel=1e-10)
        assert test.conf_low < test.odds_ratio < test.conf_high


@pytest.mark.evidence(method="fisher_exact", kind="R", source="trap: R 4.2.2 gives 1.360046 where 1.360022 is right")
def test_limit_is_tight_where_r_is_loose():
    test = fisher_exact([[8, 89], [0, 74]])
    assert test.conf_low == pytest.approx(1.3600219026831537, rel=1e-12)
    assert test.conf_high == math.inf


def test_large_tables_keep_their_digits():
    test = fisher_exact([[5000, 7700], [5200, 7500]])
    ways = [math.comb(12700, 5000) * math.comb(12700, 5200)]
    for k in range(5000, 10200):
        ways.append(ways[-1] * (12700 - k) * (10200 - k) // ((k + 1) * (2500 + k + 1)))
    assert test.p_greater == pytest.approx(float(Fraction(sum(ways), math.comb(25400, 10200))), rel=1e-11)


def test_one_sided_alternatives_give_one_sided_limits():
    greater = fisher_exact([[12, 28], [5, 36]], alternative="greater")
    assert greater.conf_high == math.inf
    assert greater.conf_low == pytest.approx(fisher_exact([[12, 28], [5, 36]], conf_level=0.9).conf_low, rel=1e-13)
    less = fisher_exact([[12, 28], [5, 36]], alternative="less")
    assert (less.p_value, less.conf_low) == (less.p_less, 0.0)


@pytest.mark.parametrize(
    ("table", "p_value", "odds_ratio", "reason"),
    [
        ([[0, 9], [0, 7]], 1.0, math.nan, "no events in either group"),
        ([[9, 0], [7, 0]], 1.0, math.nan, "every subject of both groups has the event"),
        ([[0, 0], [3, 7]], math.nan, math.nan, "no subjects in the first group: nothing can be tested"),
        ([[3, 7], [0, 0]], math.nan, math.nan, "no subjects in the second group: nothing can be tested"),
        ([[5, 5], [0, 2]], 31 / 66, math.inf, "no events in the second group"),
        ([[0, 2], [5, 5]], 31 / 66, 0.0, "no events in the first group"),
        ([[2, 0], [5, 5]], 31 / 66, math.inf, "every subject of the first group has the event"),
        ([[5, 5], [2, 0]], 31 / 66, 0.0, "every subject of the second group has the event"),
    ],
)
def test_what_cannot_be_estimated_says_so(table, p_value, odds_ratio, reason):
    test = fisher_exact(table)
    assert test.p_value == pytest.approx(p_value, nan_ok=True)
    assert test.odds_ratio == pytest.approx(odds_ratio, nan_ok=True)
    assert (test.status, test.reason) == ("NE", reason)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([[1, 2], [3, -4]], "table[1][1] = -4: a count is 0 or more, got -4"),
        ([[1, 2], [3, 0.5]], "table[1][1] = 0.5: expected a whole number"),
        ([[1, 2, 3], [3, 4, 5]], "expected two rows and two columns, got 2 x 3"),
        ([[1, 2], [3]], "rectangular"),
        ([1, 2, 3, 4], "rectangular"),
        ([], "rectangular"),
        ("1234", "rectangular"),
    ],
)
def test_bad_tables_are_named(table, words):
    with pytest.raises(StatsError) as error:
        fisher_exact(table)
    assert words in str(error.value)


def test_bad_settings_are_named_together():
    with pytest.raises(StatsError) as error:
        fisher_exact([[1, 2], [3, 4]], alternative="two", limits="tight", conf_level=0)
    assert [p.argument for p in error.value.problems] == ["alternative", "limits", "conf_level"]
