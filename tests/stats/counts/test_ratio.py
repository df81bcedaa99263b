"""Ratio of two proportions."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri, xlog1py, xlogy

from equipoise.stats import StatsError, risk_ratio
from equipoise.stats.counts.ratio import proportions_in_ratio
from equipoise.stats.counts.score import TwoProportions

Z = -ndtri(0.025)
counts = st.tuples(st.integers(0, 60), st.integers(1, 60)).map(lambda c: (min(c), max(c)))


@pytest.mark.evidence(method="risk_ratio", kind="hand", source="log ratio and its variance in closed form")
def test_log_limits():
    found = risk_ratio(12, 40, 5, 41, method="log")
    half = Z * math.sqrt(1 / 12 - 1 / 40 + 1 / 5 - 1 / 41)
    assert found.estimate == pytest.approx(2.46, rel=1e-14)
    assert (found.conf_low, found.conf_high) == pytest.approx(
        (2.46 * math.exp(-half), 2.46 * math.exp(half)), rel=1e-13
    )


@pytest.mark.evidence(method="risk_ratio", kind="R", source="reference set, section tables2x2 (rr)")
def test_reference(reference):

    for case in json.loads((reference / "survival" / "goldens.json").read_text())["tables2x2"]:
        (a, b), (c, d) = case["table"]
        found = risk_ratio(a, a + b, c, c + d, method="log")
        assert found.estimate == pytest.approx(float(case["own"]["rr"]), rel=1e-12)
        if c:
            assert [found.conf_low, found.conf_high] == pytest.approx(case["own"]["rr_ci_log"], rel=1e-10)


def fit(pair, ratio, p2):
    p1 = np.minimum(ratio * p2, 1.0)
    one = xlogy(pair.x1, p1) + xlog1py(pair.n1 - pair.x1, -p1)
    return one + xlogy(pair.x2, p2) + xlog1py(pair.n2 - pair.x2, -p2)


@pytest.mark.evidence(method="risk_ratio", kind="property", source="hypothesis: constrained fit beats a grid")
@given(one=counts, two=counts, log_ratio=st.integers(-30, 30))
def test_constrained_fit(one, two, log_ratio):
    pair, ratio = TwoProportions(*one, *two), math.exp(log_ratio / 10)
    p1, p2 = proportions_in_ratio(pair, ratio)
    assert p1 == pytest.approx(ratio * p2, rel=1e-9, abs=1e-12)
    grid = np.linspace(0.0, min(1.0, 1.0 / ratio), 401)
    assert np.max(fit(pair, ratio, grid)) <= fit(pair, ratio, p2) + 1e-8


@pytest.mark.evidence(
    method="risk_ratio", kind="property", source="hypothesis: the score at the limits is z; inversion"
)
@given(one=counts, two=counts, level=st.sampled_from([0.8, 0.95, 0.99]))
def test_score_limits(one, two, level):
    found, swapped = risk_ratio(*one, *two, conf_level=level), risk_ratio(*two, *one, conf_level=level)
    z = -ndtri((1 - level) / 2)
    pair = TwoProportions(*one, *two)
    n = pair.n1 + pair.n2
    for limit, sign in ((found.conf_low, 1), (found.conf_high, -1)):
        if 0.0 < limit < math.inf:
            p1, p2 = proportions_in_ratio(pair, limit)
            variance = (p1 * (1 - p1) / pair.n1 + limit**2 * p2 * (1 - p2) / pair.n2) * n / (n - 1)
            distance = pair.x1 / pair.n1 - limit * pair.x2 / pair.n2
            assert distance / math.sqrt(variance) == pytest.approx(sign * z, rel=1e-6)
    if found.conf_low > 0.0:
        assert swapped.conf_high == pytest.approx(1 / found.conf_low, rel=1e-9)
    else:
        assert swapped.conf_high == math.inf
    if not found.status:
        assert found.conf_low < found.estimate < found.conf_high


@pytest.mark.parametrize(
    ("table", "estimate", "reason"),
    [
        ((0, 9, 0, 7), math.nan, "no events in either group"),
        ((0, 9, 3, 7), 0.0, "no events in the first group"),
        ((3, 9, 0, 7), math.inf, "no events in the second group"),
        ((0, 0, 3, 7), math.nan, "no subjects in the first group"),
        ((3, 9, 0, 0), math.nan, "no subjects in the second group"),
    ],
)
def test_what_cannot_be_estimated_says_so(table, estimate, reason):
    found = risk_ratio(*table)
    assert found.estimate == pytest.approx(estimate, nan_ok=True)
    assert (found.status, found.reason) == ("NE", reason)
    assert math.isnan(risk_ratio(*table, method="log").conf_low)


def test_one_finite_limit_remains_without_events_in_a_group():
    found = risk_ratio(3, 9, 0, 7)
    assert 0.0 < found.conf_low < 3.0
    assert found.conf_high == math.inf


@pytest.mark.parametrize(
    ("given_values", "options", "words"),
    [
        ((9, 4, 1, 5), {}, "x1: more events than subjects"),
        ((1, 4, -1, 5), {}, "x2: a count is 0 or more, got -1"),
        ((1, 4, 1, 5), {"method": "wald"}, "got 'wald'"),
    ],
)
def test_bad_input_is_named(given_values, options, words):
    with pytest.raises(StatsError) as error:
        risk_ratio(*given_values, **options)
    assert words in str(error.value)
