"""Traps in which other packages fall; one named test each. What they answer stands in docs/methods/traps.md."""

import numpy as np
import pytest

from equipoise.stats import (
    concordance,
    cox_ph,
    kaplan_meier,
    logrank_test,
    max_combo,
    subgroup_hazard_ratios,
)


@pytest.mark.evidence(method="cox_ph weights", kind="property", source="trap: weighted Efron")
def test_frequency_weights_are_repeated_rows_under_efron():
    rng = np.random.default_rng(7)
    time, event, x = rng.integers(1, 12, 80), rng.random(80) < 0.7, rng.normal(size=(80, 2))
    weights = rng.integers(1, 5, 80)
    rows = np.repeat(np.arange(80), weights)
    for ties in ("efron", "breslow"):
        weighted = cox_ph(time, event, x, weights=weights, ties=ties)
        repeated = cox_ph(time[rows], event[rows], x[rows], ties=ties)
        assert weighted.weight_type == "frequency"
        assert weighted.coef.tolist() == pytest.approx(repeated.coef.tolist(), rel=1e-10)
        assert weighted.std_error.tolist() == pytest.approx(repeated.std_error.tolist(), rel=1e-10)
        assert weighted.loglik == pytest.approx(repeated.loglik, rel=1e-12)


@pytest.mark.evidence(method="cox_ph weights", kind="property", source="trap: weights rescaled to mean 1")
def test_ten_times_the_frequency_weights_is_ten_times_the_data():
    rng = np.random.default_rng(8)
    time, event, x = rng.permutation(60) + 1, rng.random(60) < 0.7, rng.normal(size=60)
    one = cox_ph(time, event, x, weights=np.ones(60, int), ties="breslow")
    ten = cox_ph(time, event, x, weights=np.full(60, 10), ties="breslow")
    assert ten.coef[0] == pytest.approx(one.coef[0], rel=1e-9)
    assert ten.std_error[0] == pytest.approx(one.std_error[0] / np.sqrt(10), rel=1e-9)


@pytest.mark.evidence(method="cox_ph weights", kind="property", source="trap: scale of sampling weights")
def test_scale_of_sampling_weights_does_not_matter_for_the_robust_variance():
    rng = np.random.default_rng(9)
    time, event, x = rng.permutation(60) + 1, rng.random(60) < 0.7, rng.normal(size=60)
    weights = rng.uniform(0.5, 2, 60)
    one = cox_ph(time, event, x, weights=weights)
    ten = cox_ph(time, event, x, weights=10 * weights)
    assert (one.weight_type, one.robust) == ("sampling", True)
    assert ten.std_error[0] == pytest.approx(one.std_error[0], rel=1e-8)


@pytest.mark.evidence(method="cox_ph entry", kind="hand", source="trap: entry at the event time")
def test_a_row_entering_at_the_death_is_not_at_risk():
    """Risk sets (x): at 2 {0, 1}, at 5 {1, 0}: the row entering at 2 is not in the first."""
    model = cox_ph([2, 5, 6], [1, 1, 0], [0.0, 1.0, 0.0], entry=[0, 0, 2])
    assert model.loglik_null == pytest.approx(-np.log(2 * 2), rel=1e-13)


@pytest.mark.evidence(method="kaplan_meier time", kind="R", source="R survival 3.5-3 aeqSurv: 0.09999999999999998, 0.3")
def test_rounding_does_not_split_ties():
    km = kaplan_meier([0.1 + 0.2, 0.3, 1 - 0.9, 0.1], [1, 1, 1, 1])
    assert km.time.tolist() == [1 - 0.9, 0.3]
    assert km.n_events.tolist() == [2, 2]
    assert km.n_times_joined == 2


def test_days_through_months_give_the_test_of_days():
    rng = np.random.default_rng(10)
    days, event, group = rng.integers(1, 60, 300), rng.random(300) < 0.7, rng.integers(0, 2, 300)
    months = (days / 30.4375) * 12 / 12 + 1e-10 * rng.random(300)
    by_day, by_month = logrank_test(days, event, group), logrank_test(months, event, group)
    assert by_month.n_times_joined > 0
    assert by_month.z == by_day.z


def test_whole_days_are_never_joined():
    km = kaplan_meier([1_000_000, 1_000_001, 1_000_002], [1, 1, 1])
    assert (km.time.size, km.n_times_joined) == (3, 0)


def test_limits_are_unknown_where_the_curve_is_zero():
    km = kaplan_meier([1, 2, 3], [1, 1, 1])
    for conf_type in ("log-log", "log", "plain", "logit", "arcsine"):
        km = kaplan_meier([1, 2, 3], [1, 1, 1], conf_type=conf_type)
        assert km.estimate[-1] == 0.0
        assert np.isnan([km.conf_low[-1], km.conf_high[-1], km.std_error[-1]]).all()


@pytest.mark.evidence(method="kaplan_meier quantile", kind="R", source="R survival 3.5-3 quantile(survfit): 2.5")
def test_median_of_four_deaths_is_the_middle():
    median = kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1], conf_type="log-log").median
    assert (median.estimate, median.conf_low) == (2.5, 1.0)
    assert (median.conf_high_status, median.status) == ("NR", "")
    assert np.isnan(median.conf_high)


@pytest.mark.evidence(method="logrank_test", kind="R", source="R 4.2.2: pchisq(72, 1, lower.tail=FALSE)")
def test_tiny_p_values_are_numbers():
    n = 150
    test = logrank_test(np.arange(2 * n) + 1, np.ones(2 * n, int), np.repeat([1, 0], n))
    assert 0 < test.p_value < 1e-60
    assert 0 < test.p_opposite < test.p_value
    from_tails = max_combo(np.arange(2 * n) + 1, np.ones(2 * n, int), np.repeat([1, 0], n))
    assert 0 < from_tails.p_value < 1e-30


def test_sign_says_who_is_better():
    """The second group lives longer: z < 0, small p_one_sided; with the other reference the tails change places."""
    time, event, group = [1, 2, 3, 9, 10, 11], [1, 1, 1, 1, 1, 0], ["old"] * 3 + ["try"] * 3
    test = logrank_test(time, event, group, reference="old")
    assert test.z < 0
    assert test.p_one_sided < 0.05
    assert test.log_hazard_ratio < 0
    turned = logrank_test(time, event, group, reference="try")
    assert turned.z == pytest.approx(-test.z, rel=1e-14)
    assert turned.p_one_sided == pytest.approx(test.p_opposite, rel=1e-14)
    assert test.p_one_sided + test.p_opposite == pytest.approx(1.0, abs=1e-15)


def test_strata_that_add_nothing_are_listed():
    time, event = [1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 0, 0, 0, 1, 1]
    group, strata = list("abababbb"), ["u", "u", "u", "u", "calm", "calm", "one arm", "one arm"]
    test = logrank_test(time, event, group, strata=strata)
    assert test.strata == ("calm", "one arm", "u")
    assert test.strata_without_information == ("calm", "one arm")
    alone = logrank_test(time[:4], event[:4], group[:4])
    assert test.z == pytest.approx(alone.z, rel=1e-14)


def test_no_information_says_why():
    test = logrank_test([1, 2, 3], [0, 0, 0], ["a", "b", "a"])
    assert (test.status, test.reason, test.df) == ("NE", "no events", 0)
    assert np.isnan([test.statistic, test.p_value, test.z]).all()
    test = logrank_test([1, 1, 1, 1], [1, 1, 1, 1], ["a", "b", "a", "b"])
    assert test.status == "NE"
    assert "all have the event" in test.reason


@pytest.mark.evidence(method="cox_ph entry", kind="hand", source="the likelihood written out, risk sets by comparison")
@pytest.mark.parametrize("seed", range(5))
def test_sums_from_which_rows_leave_keep_their_digits(seed):
    """Three rows of a risk e^12 times the others' leave first: sums by subtraction alone would lose five digits."""
    rng = np.random.default_rng(seed)
    n = 80
    x, entry = 3 * rng.normal(size=n), np.floor(rng.exponential(50, n))
    time, event = entry + 1 + np.floor(rng.exponential(10, n)), rng.random(n) < 0.6
    x[:3], entry[:3], time[:3] = x[:3] + 12, 0, rng.integers(1, 4, 3)
    expected = 0.0
    for t in np.unique(time[event]):
        risk, dying = np.exp(x[(entry < t) & (time >= t)]).sum(), event & (time == t)
        steps = np.arange(dying.sum()) / dying.sum()
        expected += x[dying].sum() - np.log(risk - steps * np.exp(x[dying]).sum()).sum()
    model = cox_ph(time, event, rng.normal(size=n), entry=entry, offset=x)
    assert model.loglik_null == pytest.approx(expected, rel=1e-13)


def test_collinear_and_constant_covariates_are_named():
    rng = np.random.default_rng(11)
    age = rng.normal(60, 10, 50)
    x = {"age": age, "months": 12 * age + 3, "one": np.ones(50), "sex": rng.integers(0, 2, 50)}
    time, event = rng.permutation(50) + 1, rng.random(50) < 0.8
    model = cox_ph(time, event, x)
    assert model.status == ("", "NE", "NE", "")
    assert "months, one do not vary within risk sets" in model.reason
    assert model.lr.df == 2
    plain = cox_ph(time, event, {"age": age, "sex": x["sex"]})
    assert model.coef[[0, 3]].tolist() == pytest.approx(plain.coef.tolist(), rel=1e-12)
    assert np.isnan(model.hazard_ratio[[1, 2]]).all()


def test_covariate_constant_within_strata_is_not_estimable():
    time, event, site = np.arange(1, 9), np.ones(8, int), np.repeat([0, 1], 4)
    model = cox_ph(time, event, {"site": site, "x": [1, 0, 0, 1, 0, 1, 1, 0]}, strata=site)
    assert model.status == ("NE", "")


def test_no_events_at_all():
    model = cox_ph([1, 2, 3], [0, 0, 0], [1.0, 2.0, 3.0])
    assert (model.status, model.reason) == (("NE",), "no events")
    km = kaplan_meier([1, 2, 3], [0, 0, 0])
    assert km.estimate.tolist() == [1, 1, 1]
    assert km.median.status == "NR"
    assert concordance([1, 2, 3], [0, 0, 0], [1.0, 2.0, 3.0]).status == "NE"


def test_monotone_covariate_beside_an_ordinary_one():
    rng = np.random.default_rng(12)
    n = 120
    arm, age = np.repeat([0, 1], n // 2), rng.normal(size=n)
    time, event = rng.permutation(n) + 1, (rng.random(n) < 0.7) & (arm == 0)
    model = cox_ph(time, event, {"arm": arm, "age": age})
    assert model.status == ("monotone", "")
    assert model.hazard_ratio[0] == 0.0
    assert model.conf_low[0] == 0.0
    assert 0 < model.conf_high[0] < 1
    # At the limit the arm without events has left every risk set: the fit of age is that of the other arm alone.
    alone = cox_ph(time[arm == 0], event[arm == 0], {"age": age[arm == 0]})
    assert model.coef[1] == pytest.approx(alone.coef[0], rel=1e-8)
    assert model.std_error[1] == pytest.approx(alone.std_error[0], rel=1e-8)
    assert model.loglik == pytest.approx(alone.loglik, rel=1e-10)
    score = logrank_test(time, event, arm)
    assert cox_ph(time, event, arm).p_value[0] == pytest.approx(score.p_value, rel=1e-8)


def test_profile_limit_of_an_infinite_coefficient_is_where_the_likelihood_falls():
    time, event, arm = np.arange(1, 13), np.array([1, 0] * 6), np.array([0, 1] * 6)
    model = cox_ph(time, event, {"arm": arm})
    assert model.status == ("monotone",)
    beta = np.log(model.conf_high[0])
    fixed = cox_ph(time, event, {"none": np.zeros(12)}, offset=beta * arm)
    # a model without estimable covariates is its null likelihood
    assert 2 * (model.loglik - fixed.loglik_null) == pytest.approx(3.841458820694124, rel=1e-8)


def test_tied_deaths_are_monotone_by_the_rule_of_their_likelihood():
    """Five of 17 die together, one of them with x = 3: only the exact likelihood rises with x without end."""
    event, group, x = np.arange(17) >= 12, np.arange(17) == 11, np.where(np.arange(17) == 16, 3.0, 0.0)
    for ties, status in (("efron", ""), ("breslow", ""), ("exact", "monotone")):
        model = cox_ph(np.ones(17), event, {"group": group, "x": x}, ties=ties)
        assert model.status == ("monotone", status)
        assert np.isfinite(model.lr.statistic)
    # At the limit the row with group 1 is never among the dead and the one with x = 3 always: 15 choose 4 subsets.
    assert model.loglik == pytest.approx(-np.log(15 * 14 * 13 * 12 / 24), rel=1e-9)


def test_a_large_hazard_ratio_is_not_called_monotone():
    rng = np.random.default_rng(13)
    x = np.repeat([0.0, 1.0], 200)
    time = rng.exponential(1 / np.exp(5 * x))
    model = cox_ph(time, np.ones(400, int), x)
    assert model.status == ("",)
    assert 50 < model.hazard_ratio[0] < 400


def test_concordance_heeds_entry_and_weights():
    time, event, marker = [2, 3, 4, 5], [1, 1, 1, 0], [4.0, 3.0, 1.0, 2.0]
    late = concordance(time, event, marker, entry=[0, 0, 0, 3])
    assert late.n_concordant + late.n_discordant == 2 + 1 + 1
    weighted = concordance(time, event, marker, weights=[1, 2, 1, 3])
    repeated = concordance(*(np.repeat(v, [1, 2, 1, 3]) for v in (time, event, marker)))
    assert weighted.n_concordant == repeated.n_concordant
    assert weighted.estimate == pytest.approx(repeated.estimate, rel=1e-14)


def test_subgroups_with_few_events_get_no_estimate():
    rng = np.random.default_rng(14)
    n = 200
    time, event, arm = rng.permutation(n) + 1, rng.random(n) < 0.6, rng.integers(0, 2, n)
    site = np.where(np.arange(n) < 12, "small", "large").astype(object)
    site[-3:] = None
    forest = subgroup_hazard_ratios(time, event, arm, {"site": site}, min_events=20)
    assert forest.level == ("large", "small", "(missing)")
    assert forest.status == ("", "NE", "NE")
    assert forest.reason[1] == "fewer than 20 events"
    assert forest.n.sum() == n
    assert forest.n_events.sum() == event.sum()


def test_a_million_identical_times():
    n = 1_000_000
    event, x = np.zeros(n, bool), np.tile([0.0, 1.0], n // 2)
    event[: n // 4] = True
    km = kaplan_meier(np.full(n, 7), event)
    assert km.estimate.tolist() == [0.75]
    model = cox_ph(np.full(n, 7), event, x)
    assert model.coef[0] == pytest.approx(0.0, abs=1e-9)
    assert model.converged
