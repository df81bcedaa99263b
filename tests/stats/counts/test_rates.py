"""Event rates: one, and the ratio and difference of two."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from equipoise.stats import StatsError, rate_ci, rate_difference, rate_ratio
from equipoise.stats.counts.rate_comparison import constrained_rates

Z = -ndtri(0.025)
events = st.integers(0, 80)
times = st.floats(0.5, 500.0)


@pytest.mark.evidence(method="rate_ci", kind="R", source="R 4.2.2 poisson.test")
def test_exact_limits_equal_r(r):
    for case in r["rate"]:
        rate = rate_ci(case["events"], case["time"], conf_level=case["conf_level"])
        assert [rate.conf_low, rate.conf_high] == pytest.approx(case["exact"], rel=1e-12, abs=0)
        assert rate.estimate == case["events"] / case["time"]


@pytest.mark.evidence(method="rate_ratio", kind="R", source="R 4.2.2 poisson.test")
def test_ratio_equals_r(r):
    for case in r["rates"]:
        ratio = rate_ratio(case["events_1"], case["time_1"], case["events_2"], case["time_2"])
        assert [ratio.estimate, ratio.conf_low, ratio.conf_high] == pytest.approx(case["ratio"], rel=1e-12, abs=0)
        assert ratio.p_value == pytest.approx(case["p_value"], rel=1e-10)


@pytest.mark.evidence(method="rate_ci", kind="hand", source="closed formulas")
def test_closed_formulas():
    assert rate_ci(0, 10).conf_high == pytest.approx(-math.log(0.025) / 10, rel=1e-14)
    assert rate_ci(1, 1).conf_low == pytest.approx(-math.log(0.975), rel=1e-13)
    score = rate_ci(4, 1, method="score")
    assert (score.conf_low - 4) ** 2 == pytest.approx(Z * Z * score.conf_low, rel=1e-12)
    assert (score.conf_high - 4) ** 2 == pytest.approx(Z * Z * score.conf_high, rel=1e-12)
    byar = rate_ci(4, 1, method="byar")
    assert byar.conf_low == pytest.approx(4 * (1 - 1 / 36 - Z / 6) ** 3, rel=1e-14)
    assert byar.conf_high == pytest.approx(5 * (1 - 1 / 45 + Z / (3 * math.sqrt(5))) ** 3, rel=1e-14)


@pytest.mark.evidence(method="rate_ci", kind="published", source="Garwood 1936: exact 95% limits of Poisson counts")
@pytest.mark.parametrize(("x", "low", "high"), [(1, 0.0253, 5.572), (5, 1.6235, 11.668), (10, 4.7954, 18.390)])
def test_limits_as_printed(x, low, high):
    rate = rate_ci(x, 1)
    assert (round(rate.conf_low, 4), round(rate.conf_high, 3)) == (low, high)


@pytest.mark.evidence(method="rate_ratio", kind="hand", source="binomial tails in fractions")
def test_ratio_by_enumeration():
    x1, x2, share = 9, 3, Fraction(2, 5)
    ratio = rate_ratio(x1, 2, x2, 3)
    p = [math.comb(12, k) * share**k * (1 - share) ** (12 - k) for k in range(13)]
    assert ratio.p_greater == pytest.approx(float(sum(p[9:])), rel=1e-13)
    assert ratio.p_less == pytest.approx(float(sum(p[:10])), rel=1e-13)
    assert ratio.p_value == pytest.approx(float(sum(q for q in p if q <= p[9] * (1 + Fraction(1, 10**7)))), rel=1e-13)


@pytest.mark.evidence(method="rate_difference", kind="hand", source="0 v 0 and Wald in closed form")
def test_difference_in_closed_form():
    none = rate_difference(0, 10, 0, 20)
    assert (none.conf_low, none.conf_high) == pytest.approx((-Z * Z / 20, Z * Z / 10), rel=1e-12)
    wald = rate_difference(9, 10, 4, 20, method="wald")
    assert wald.conf_low == pytest.approx(0.7 - Z * math.sqrt(9 / 100 + 4 / 400), rel=1e-13)
    mover = rate_difference(9, 10, 4, 20, method="mover")
    one, two = rate_ci(9, 10), rate_ci(4, 20)
    assert mover.conf_low == pytest.approx(0.7 - math.hypot(0.9 - one.conf_low, two.conf_high - 0.2), rel=1e-13)


@pytest.mark.evidence(
    method="rate_difference", kind="property", source="hypothesis: constrained fit beats its neighbors"
)
@given(x1=events, t1=times, x2=events, t2=times, delta=st.floats(-2.0, 2.0))
def test_constrained_rates_are_the_best(x1, t1, x2, t2, delta):
    def fit(rate2):
        rate1 = rate2 + delta
        part1 = x1 * math.log(rate1) if x1 else 0.0
        part2 = x2 * math.log(rate2) if x2 else 0.0
        return part1 - t1 * rate1 + part2 - t2 * rate2

    rate1, rate2 = constrained_rates((x1, t1), (x2, t2), delta)
    assert rate1 - rate2 == pytest.approx(delta, abs=1e-9)
    assert min(rate1, rate2) >= 0.0
    if min(rate1, rate2) > 1e-6:
        best = fit(rate2)
        for factor in (0.9, 0.99, 1.01, 1.1):
            other = max(rate2 * factor, -delta + 1e-9, 1e-12)
            assert fit(other) <= best + 1e-9 * max(1.0, abs(best))


@pytest.mark.evidence(method="rate_difference", kind="property", source="hypothesis: the score at the limits is z")
@given(x1=events, t1=times, x2=events, t2=times)
def test_score_limits_and_mirror(x1, t1, x2, t2):
    d = rate_difference(x1, t1, x2, t2)
    swapped = rate_difference(x2, t2, x1, t1)
    assert (swapped.conf_low, swapped.conf_high) == pytest.approx((-d.conf_high, -d.conf_low), rel=1e-9)
    for limit, sign in ((d.conf_low, 1), (d.conf_high, -1)):
        rate1, rate2 = constrained_rates((x1, t1), (x2, t2), limit)
        assert (d.estimate - limit) / math.sqrt(rate1 / t1 + rate2 / t2) == pytest.approx(sign * Z, rel=1e-7)


@pytest.mark.evidence(method="rate_ratio", kind="property", source="hypothesis: swapping groups inverts")
@given(x1=events, t1=times, x2=events, t2=times)
def test_ratio_inverts(x1, t1, x2, t2):
    ratio, swapped = rate_ratio(x1, t1, x2, t2), rate_ratio(x2, t2, x1, t1)
    assert swapped.p_value == pytest.approx(ratio.p_value, rel=1e-9, nan_ok=True)
    if x1 and x2:
        assert swapped.estimate == pytest.approx(1 / ratio.estimate, rel=1e-12)
        assert swapped.conf_low == pytest.approx(1 / ratio.conf_high, rel=1e-9)


def test_per_scales_everything():
    day, century = rate_ci(7, 4000), rate_ci(7, 4000, per=36525)
    assert century.estimate == pytest.approx(day.estimate * 36525, rel=1e-14)
    assert century.conf_high == pytest.approx(day.conf_high * 36525, rel=1e-14)
    difference = rate_difference(7, 4000, 2, 3000, per=36525)
    assert difference.estimate == pytest.approx((7 / 4000 - 2 / 3000) * 36525, rel=1e-13)


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (rate_ci(0, 0), "no observation time"),
        (rate_ratio(0, 5, 0, 5), "no events in either group"),
        (rate_ratio(3, 5, 0, 5), "no events in the second group"),
        (rate_ratio(0, 5, 3, 5), "no events in the first group"),
        (rate_ratio(0, 0, 3, 5), "no observation time in the first group"),
        (rate_difference(3, 5, 0, 0), "no observation time in the second group"),
    ],
)
def test_what_cannot_be_estimated_says_so(result, reason):
    assert (result.status, result.reason) == ("NE", reason)


def test_ratio_without_events_in_one_group_keeps_its_limit():
    assert rate_ratio(0, 12, 5, 14).conf_high == pytest.approx(0.975**0 * (0.025 ** (-1 / 5) - 1) * 14 / 12, rel=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: rate_ci(-1, 5), "events: a count is 0 or more, got -1"),
        (lambda: rate_ci(1.5, 5), "events: expected a whole number, got 1.5"),
        (lambda: rate_ci(1, -5), "time: expected an observation time of 0 or more, got -5"),
        (lambda: rate_ci(1, math.nan), "time: expected an observation time of 0 or more, got nan"),
        (lambda: rate_ci(1, 0), "time: 1 events in an observation time of 0"),
        (lambda: rate_ci(1, 5, per=0), "per: expected a number greater than 0, got 0"),
        (lambda: rate_ci(1, 5, method="wald"), "got 'wald'"),
        (lambda: rate_ratio(1, 0, 2, 5), "time_1: 1 events in an observation time of 0"),
        (lambda: rate_difference(1, 2, 2, math.inf), "time_2"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(StatsError) as error:
        call()
    assert words in str(error.value)
