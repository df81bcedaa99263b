"""Six subjects, the answers as closed formulas.

Times 1, 2, 3, 4, 5, 6; all but the last have the event; groups a a b a b b. At risk (a, b): (3, 3), (2, 3), (1, 3),
(1, 2), (0, 2).
"""

from fractions import Fraction
from math import exp, log, sqrt

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from equipoise.stats import (
    concordance,
    cox_ph,
    kaplan_meier,
    logrank_test,
    logrank_trend_test,
    max_combo,
)

TIME, EVENT, GROUP = [1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 0], ["a", "a", "b", "a", "b", "b"]
X = np.array([0.0, 0.0, 1.0, 0.0, 1.0, 1.0])
EXACT = 1e-13

# Ties: two of four die at 1, one at 2, one is censored at 2.
TIED_TIME, TIED_EVENT, TIED_X = [1, 1, 2, 2], [1, 1, 1, 0], np.array([1.0, 0.0, 1.0, 0.0])


@pytest.mark.evidence(method="kaplan_meier", kind="hand", source="six subjects")
def test_product_limit_and_greenwood():
    km = kaplan_meier(TIME, EVENT, conf_type="log-log")
    survival = [Fraction(5 - k, 6) for k in range(5)]
    greenwood = [sum(Fraction(1, (6 - i) * (5 - i)) for i in range(k + 1)) for k in range(5)]
    assert km.estimate[:5].tolist() == pytest.approx([float(s) for s in survival], rel=EXACT)
    expected = [float(s) * sqrt(v) for s, v in zip(survival, greenwood, strict=True)]
    assert km.std_error[:5].tolist() == pytest.approx(expected, rel=EXACT)
    z, s = ndtri(0.975), 2 / 6
    half = z * sqrt(greenwood[3]) / log(s)
    assert km.conf_low[3] == pytest.approx(s ** exp(-half), rel=EXACT)
    assert km.conf_high[3] == pytest.approx(s ** exp(half), rel=EXACT)
    assert km.n_risk.tolist() == [6, 5, 4, 3, 2, 1]
    assert (km.total_events, km.total_censored, km.n) == (5, 1, 6)


@pytest.mark.evidence(method="kaplan_meier quantile", kind="hand", source="six subjects")
def test_median_is_the_middle_of_a_flat_half():
    km = kaplan_meier(TIME, EVENT)
    assert km.quantile(0.5).estimate == 3.5  # S = 1/2 from 3 to 4
    assert km.quantile(0.5, rule="first").estimate == 3.0
    assert km.quantile(0.25).estimate == 2.0  # S = 2/3 < 3/4 from 2 on
    assert km.quantile(0.9).status == "NR"


@pytest.mark.evidence(method="kaplan_meier reverse", kind="hand", source="six subjects")
def test_follow_up_counts_events_as_censored():
    follow_up = kaplan_meier([1, 2, 3, 4, 5, 6], [1, 0, 1, 0, 1, 0], reverse=True)
    assert follow_up.estimate.tolist() == pytest.approx([1, 4 / 5, 4 / 5, 8 / 15, 8 / 15, 0], rel=EXACT)
    assert follow_up.median.estimate == 6.0


@pytest.mark.evidence(method="kaplan_meier entry", kind="hand", source="six subjects")
def test_a_row_that_enters_at_t_is_not_at_risk_at_t():
    km = kaplan_meier([2, 3, 4], [1, 1, 1], entry=[0, 2, 3])
    assert km.n_risk.tolist() == [1, 1, 1]
    km = kaplan_meier([2, 3, 4, 5], [1, 1, 1, 0], entry=[0, 1, 2, 3])
    assert km.n_risk.tolist() == [2, 2, 2, 1]
    assert km.estimate.tolist() == pytest.approx([1 / 2, 1 / 4, 1 / 8, 1 / 8], rel=EXACT)


@pytest.mark.evidence(method="logrank_test", kind="hand", source="six subjects")
def test_logrank():
    test = logrank_test(TIME, EVENT, GROUP)
    expected = Fraction(3, 6) + Fraction(3, 5) + Fraction(3, 4) + Fraction(2, 3) + 1
    variance = Fraction(9, 36) + Fraction(6, 25) + Fraction(3, 16) + Fraction(2, 9)
    z = float(2 - expected) / sqrt(variance)
    assert test.expected[1] == pytest.approx(float(expected), rel=EXACT)
    assert test.z == pytest.approx(z, rel=EXACT)
    assert test.statistic == pytest.approx(z * z, rel=EXACT)
    assert test.p_one_sided == pytest.approx(ndtr(z), rel=EXACT)
    assert test.p_opposite == pytest.approx(ndtr(-z), rel=EXACT)
    assert test.log_hazard_ratio == pytest.approx(float((2 - expected) / variance), rel=EXACT)
    assert (test.reference, test.groups) == ("a", ("a", "b"))


@pytest.mark.evidence(method="logrank_test rho gamma", kind="hand", source="six subjects")
def test_late_weight_is_one_minus_survival_before():
    test = logrank_test(TIME, EVENT, GROUP, gamma=1)
    weight = [0, 1 / 6, 2 / 6, 3 / 6, 4 / 6]
    difference = np.array([0, 0, 1, 0, 1]) - np.array([3 / 6, 3 / 5, 3 / 4, 2 / 3, 1])
    variance = np.array([9 / 36, 6 / 25, 3 / 16, 2 / 9, 0])
    z = float(weight @ difference / np.sqrt(np.square(weight) @ variance))
    assert test.z == pytest.approx(z, rel=EXACT)


@pytest.mark.evidence(method="max_combo", kind="hand", source="one weight is the log-rank test")
def test_max_combo_of_one_is_the_logrank_test():
    combo, test = max_combo(TIME, EVENT, GROUP, weights=[(0, 0)]), logrank_test(TIME, EVENT, GROUP)
    assert combo.p_value == pytest.approx(test.p_value, rel=EXACT)
    assert combo.p_one_sided == pytest.approx(test.p_one_sided, rel=EXACT)


@pytest.mark.evidence(method="logrank_trend_test", kind="hand", source="two groups are the log-rank test")
def test_trend_of_two_groups_is_the_logrank_test():
    trend, test = logrank_trend_test(TIME, EVENT, GROUP, scores={"a": 3, "b": 10}), logrank_test(TIME, EVENT, GROUP)
    assert trend.z == pytest.approx(test.z, rel=EXACT)


@pytest.mark.evidence(method="logrank_trend_test", kind="hand", source="six subjects in three groups")
def test_trend_of_three_groups():
    group = [0, 0, 1, 1, 2, 2]
    trend, test = logrank_trend_test(TIME, EVENT, group), logrank_test(TIME, EVENT, group)
    c = np.array([0.0, 1.0, 2.0])
    z = c @ (test.observed - test.expected) / np.sqrt(c @ test.covariance @ c)
    assert trend.z == pytest.approx(z, rel=1e-12)


@pytest.mark.evidence(method="cox_ph", kind="hand", source="six subjects")
def test_cox_score_test_is_the_logrank_test_without_ties():
    model, test = cox_ph(TIME, EVENT, X), logrank_test(TIME, EVENT, GROUP)
    assert model.score.statistic == pytest.approx(test.statistic, rel=EXACT)


@pytest.mark.evidence(method="cox_ph", kind="hand", source="six subjects")
def test_cox_likelihood_and_its_root():
    """l(b) = 2b - log(3+3r) - log(2+3r) - log(1+3r) - log(1+2r) - log(2r), r = e^b, and l' = 0 at the estimate."""
    model = cox_ph(TIME, EVENT, X)
    b, r = model.coef[0], model.hazard_ratio[0]
    assert model.loglik_null == pytest.approx(-log(6 * 5 * 4 * 3 * 2), rel=EXACT)
    terms = [3 + 3 * r, 2 + 3 * r, 1 + 3 * r, 1 + 2 * r, 2 * r]
    assert model.loglik == pytest.approx(2 * b - sum(map(log, terms)), rel=EXACT)
    mean = [3 * r / terms[0], 3 * r / terms[1], 3 * r / terms[2], 2 * r / terms[3], 1]
    assert sum(mean) == pytest.approx(2, abs=1e-10)
    information = sum(m * (1 - m) for m in mean)
    assert model.std_error[0] == pytest.approx(1 / sqrt(information), rel=1e-9)


@pytest.mark.evidence(method="cox_ph ties", kind="hand", source="four subjects, two tied deaths")
def test_three_rules_for_ties_at_zero():
    """At b = 0 the log-likelihood is -log of: Breslow 4*4*2, Efron 4*3*2, exact (4 choose 2)*2."""
    for ties, product in (("breslow", 32), ("efron", 24), ("exact", 12)):
        assert cox_ph(TIED_TIME, TIED_EVENT, TIED_X, ties=ties).loglik_null == pytest.approx(-log(product), rel=EXACT)


@pytest.mark.evidence(method="cox_ph ties", kind="hand", source="four subjects, two tied deaths")
def test_three_rules_for_ties_in_the_score():
    """Score at b = 0: deaths have x sum 2; means are 1/2 per step for all three rules, so U = 2 - 3/2."""
    for ties, information in (("breslow", 3 / 4), ("efron", 3 / 4), ("exact", 1 / 3 + 1 / 4)):
        model = cox_ph(TIED_TIME, TIED_EVENT, TIED_X, ties=ties)
        assert model.score.statistic == pytest.approx(0.25 / information, rel=EXACT)


@pytest.mark.evidence(method="CoxModel.residuals", kind="hand", source="six subjects")
def test_martingale_residuals_are_events_less_hazard_lived():
    model = cox_ph(TIME, EVENT, X)
    r = model.hazard_ratio[0]
    steps = np.array([1 / (3 + 3 * r), 1 / (2 + 3 * r), 1 / (1 + 3 * r), 1 / (1 + 2 * r), 1 / (2 * r), 0])
    expected = np.array(EVENT) - np.exp(X * model.coef[0]) * np.cumsum(steps)
    assert model.residuals("martingale").values[:, 0].tolist() == pytest.approx(expected.tolist(), abs=1e-12)
    assert model.baseline_hazard().estimate.tolist() == pytest.approx(np.cumsum(steps).tolist(), rel=1e-11)


@pytest.mark.evidence(method="concordance", kind="hand", source="six subjects")
def test_concordance_counts_pairs():
    """Deaths at 1 to 5, marker 6 5 4 1 2 3: of 15 pairs those of (4, 5), (4, 6), (5, 6) are discordant."""
    result = concordance(TIME, EVENT, [6, 5, 4, 1, 2, 3])
    assert (result.n_concordant, result.n_discordant, result.n_tied_marker) == (12, 3, 0)
    assert result.estimate == pytest.approx(12 / 15, rel=EXACT)
    assert concordance(TIME, EVENT, [6, 5, 4, 1, 2, 3], high_is_worse=False).estimate == pytest.approx(
        3 / 15, rel=EXACT
    )
