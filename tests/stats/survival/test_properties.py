"""What must hold for every data set: order of rows, unit of time, names of arms, replication, merged strata, ties."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from equipoise.stats import concordance, cox_ph, kaplan_meier, logrank_test, nelson_aalen


@st.composite
def trials(draw, smallest=8, largest=40, last_time=12):
    """Draw times with ties, events, a group and a covariate."""
    n = draw(st.integers(smallest, largest))
    days = draw(st.lists(st.integers(1, last_time), min_size=n, max_size=n))
    event = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    group = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))
    x = draw(st.lists(st.integers(-3, 3), min_size=n, max_size=n))
    return np.array(days), np.array(event), np.array(group), np.array(x, float)


@pytest.mark.evidence(method="kaplan_meier", kind="property", source="order of rows")
@given(trials(), st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing(trial, random):
    time, event, group, x = trial
    order = list(range(time.size))
    random.shuffle(order)
    one, other = kaplan_meier(time, event), kaplan_meier(time[order], event[order])
    assert one.estimate.tolist() == other.estimate.tolist()
    assert np.array_equal(one.conf_low, other.conf_low, equal_nan=True)
    if np.unique(group).size == 2:
        test, shuffled = logrank_test(time, event, group), logrank_test(time[order], event[order], group[order])
        assert test.z == shuffled.z or np.isnan([test.z, shuffled.z]).all()
    c, d = concordance(time, event, x), concordance(time[order], event[order], x[order])
    assert c.estimate == d.estimate or np.isnan([c.estimate, d.estimate]).all()


@pytest.mark.evidence(method="cox_ph", kind="property", source="order of rows, unit of time and of covariates")
@given(trials(smallest=15), st.randoms(use_true_random=False), st.sampled_from(["efron", "breslow", "exact"]))
def test_cox_does_not_depend_on_order_unit_or_origin(trial, random, ties):
    time, event, group, x = trial
    model = cox_ph(time, event, {"group": group, "x": x}, ties=ties)
    assume(model.status == ("", "") and model.converged)
    order = list(range(time.size))
    random.shuffle(order)
    same = cox_ph(time[order] * 365.25, event[order], {"group": group[order], "x": 10 * x[order] + 500}, ties=ties)
    assert same.coef.tolist() == pytest.approx([model.coef[0], model.coef[1] / 10], rel=1e-7, abs=1e-9)
    assert same.std_error.tolist() == pytest.approx([model.std_error[0], model.std_error[1] / 10], rel=1e-7)
    assert same.loglik == pytest.approx(model.loglik, rel=1e-10)


@pytest.mark.evidence(method="cox_ph", kind="property", source="derivatives of the likelihood by differences")
@given(trials(smallest=15), st.sampled_from(["efron", "breslow", "exact"]), st.booleans())
def test_estimate_is_the_maximum_and_variance_its_curvature(trial, ties, stratified):
    time, event, group, x = trial
    strata = group if stratified else None
    model = cox_ph(time, event, x, ties=ties, strata=strata)
    assume(model.status == ("",) and 0 < model.std_error[0] < 5)
    step = 1e-2 * model.std_error[0]
    betas = model.coef[0] + np.array([-1, 0, 1]) * step
    low, at, high = (null_loglik(time, event, x, beta, ties=ties, strata=strata) for beta in betas)
    assert at == pytest.approx(model.loglik, rel=1e-10)
    assert at >= max(low, high) - 1e-9
    assert (2 * at - low - high) / step**2 == pytest.approx(model.std_error[0] ** -2, rel=1e-3)


def null_loglik(time, event, x, beta, *, ties, strata) -> float:
    """Log-likelihood at a fixed coefficient: it becomes the offset of a model with another covariate at 0."""
    other = np.random.default_rng(1).normal(size=time.size)
    return cox_ph(time, event, other, offset=beta * x, ties=ties, strata=strata).loglik_null


@pytest.mark.evidence(method="logrank_test", kind="property", source="names of arms")
@given(trials())
def test_names_of_arms_change_the_sign_alone(trial):
    time, event, group, _ = trial
    assume(np.unique(group).size == 2)
    test = logrank_test(time, event, np.where(group == 1, "b", "a"))
    turned = logrank_test(time, event, np.where(group == 1, "a", "b"))
    assume(test.df == 1)
    assert turned.z == pytest.approx(-test.z, rel=1e-12, abs=1e-13)
    assert turned.p_one_sided == pytest.approx(test.p_opposite, rel=1e-12)


@pytest.mark.evidence(method="kaplan_meier weights", kind="property", source="weights equal replicated rows")
@given(trials(), st.data())
def test_whole_weights_are_repeated_rows(trial, data):
    time, event, _, _ = trial
    weights = np.array(data.draw(st.lists(st.integers(1, 4), min_size=time.size, max_size=time.size)))
    rows = np.repeat(np.arange(time.size), weights)
    for estimate in (kaplan_meier, nelson_aalen):
        one, other = estimate(time, event, weights=weights), estimate(time[rows], event[rows])
        assert one.n_risk.tolist() == other.n_risk.tolist()
        assert one.estimate.tolist() == pytest.approx(other.estimate.tolist(), rel=1e-13)
        assert np.allclose(one.std_error, other.std_error, rtol=1e-12, equal_nan=True)


@pytest.mark.evidence(method="cox_ph robust variance", kind="property", source="each row its own cluster; split rows")
@given(trials(smallest=15))
def test_rows_split_at_any_time_are_the_same_subject(trial):
    time, event, _, x = trial
    model = cox_ph(time, event, x, cluster=np.arange(time.size))
    assume(model.status == ("",))
    cut = np.maximum(time // 2, 1).astype(float) - 0.5
    split = cox_ph(
        np.concatenate([cut, time]),
        np.concatenate([np.zeros(time.size, bool), event]),
        np.concatenate([x, x]),
        entry=np.concatenate([np.zeros(time.size), cut]),
        cluster=np.tile(np.arange(time.size), 2),
    )
    assert split.coef[0] == pytest.approx(model.coef[0], rel=1e-7, abs=1e-9)
    assert split.std_error[0] == pytest.approx(model.std_error[0], rel=1e-7)
    assert split.model_vcov[0, 0] == pytest.approx(model.model_vcov[0, 0], rel=1e-7)


@pytest.mark.evidence(method="logrank_test strata", kind="property", source="strata merge")
@given(trials())
def test_sums_of_strata_are_sums(trial):
    time, event, group, _ = trial
    assume(np.unique(group).size == 2)
    strata = np.arange(time.size) % 3
    whole = logrank_test(time, event, group, strata=strata)
    parts = [
        logrank_test(time[strata == s], event[strata == s], group[strata == s])
        for s in range(3)
        if np.unique(group[strata == s]).size == 2
    ]
    assert whole.covariance[1, 1] == pytest.approx(sum(part.covariance[1, 1] for part in parts), rel=1e-12, abs=1e-14)
    assert (
        logrank_test(time, event, group, strata=np.zeros(time.size)).observed.tolist()
        == logrank_test(time, event, group).observed.tolist()
    )


@pytest.mark.evidence(method="logrank_test", kind="property", source="score test of the exact Cox likelihood")
@given(trials(), st.booleans())
def test_logrank_is_the_score_test_of_discrete_cox(trial, delayed):
    """With delayed entry too, where R's survdiff gives no answer to compare with."""
    time, event, group, _ = trial
    assume(np.unique(group).size == 2)
    entry = np.where(group == 1, 0, time // 2).astype(float) if delayed else None
    test = logrank_test(time, event, group, entry=entry)
    assume(test.df == 1)
    model = cox_ph(time, event, group, entry=entry, ties="exact")
    if not np.isnan(model.score.statistic):
        assert model.score.statistic == pytest.approx(test.statistic, rel=1e-9, abs=1e-11)


@pytest.mark.evidence(method="CoxModel.residuals", kind="property", source="sums of residuals")
@given(trials(smallest=15), st.sampled_from(["efron", "breslow"]))
def test_residuals_sum_to_zero(trial, ties):
    time, event, group, x = trial
    model = cox_ph(time, event, {"group": group, "x": x}, ties=ties)
    assume(model.status == ("", "") and (model.std_error < 50).all())
    for kind in ("martingale", "score", "schoenfeld"):
        values = model.residuals(kind).values
        assert np.abs(values.sum(axis=0)).max() <= 1e-7 * max(1.0, np.abs(values).sum())


@pytest.mark.evidence(method="kaplan_meier", kind="property", source="limits enclose the curve")
@given(trials(), st.sampled_from(["log-log", "log", "plain", "logit", "arcsine"]))
def test_limits_enclose_a_falling_curve(trial, conf_type):
    time, event, _, _ = trial
    km = kaplan_meier(time, event, conf_type=conf_type)
    known = ~np.isnan(km.conf_low)
    assert (km.conf_low[known] <= km.estimate[known] + 1e-15).all()
    assert (km.estimate[known] <= km.conf_high[known] + 1e-15).all()
    assert (np.diff(km.estimate) <= 0).all()
    assert km.n_risk[0] == time.size
    assert km.total_events + km.total_censored == time.size
