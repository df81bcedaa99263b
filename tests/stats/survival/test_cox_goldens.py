"""Cox models against R survival 3.5-3: 43 fits with every kind of ties, weights, clusters, entry, strata, offset."""

import numpy as np
import pytest
from survival_cox_cases import fit_case
from survival_goldens import listed, numbers, relative_difference

from equipoise.stats import cox_ph

R = "R 4.2.2, survival 3.5-3, eps=1e-13"
ITERATED = 1e-8


@pytest.mark.evidence(method="cox_ph", kind="R", source=R)
def test_every_model(goldens, largest_difference):
    for case in goldens["cox"]:
        _, _, model = fit_case(goldens, case)
        assert (model.n, model.n_events) == (case["n"], case["nevent"])
        assert model.converged
        for actual, expected in (
            (model.coef, case["coef"]),
            (model.std_error, case["se"]),
            (model.hazard_ratio, case["hr"]),
            (model.conf_low, case["hr_lower"]),
            (model.conf_high, case["hr_upper"]),
            (model.z, case["z"]),
            (model.p_value, case["p"]),
            ([model.loglik_null, model.loglik], case["loglik"]),
            ([model.lr.statistic, model.lr.df, model.lr.p_value], case["lr"]),
            ([model.score.statistic], case["score_full"]),
            ([model.wald.statistic], case["wald_full"]),
            ([model.aic, model.bic], [case["aic"], case["bic"]]),
        ):
            largest_difference(relative_difference(actual, numbers(expected)), ITERATED, case["id"])
        variance = np.array([numbers(row) for row in case["var"]])
        largest_difference(np.abs(model.vcov - variance).max() / np.abs(variance).max(), ITERATED, case["id"])


@pytest.mark.evidence(method="cox_ph robust variance", kind="R", source=R)
def test_model_variance_stands_beside_the_robust_one(goldens, largest_difference):
    cases = [case for case in goldens["cox"] if case["naive_var"]]
    assert len(cases) >= 8
    for case in cases:
        _, _, model = fit_case(goldens, case)
        assert model.robust
        if case["robust_score"]:
            robust = [model.robust_score.statistic, model.robust_score.df, model.robust_score.p_value]
            largest_difference(relative_difference(robust, numbers(case["robust_score"])), ITERATED, case["id"])
        variance = np.array([numbers(listed(row)) for row in case["naive_var"]])
        largest_difference(np.abs(model.model_vcov - variance).max() / np.abs(variance).max(), ITERATED, case["id"])


@pytest.mark.evidence(method="cox_ph", kind="R", source=f"{R}; age + 1e6")
def test_shifted_covariate_gives_the_same_fit(goldens, largest_difference):
    """scikit-survival raises on this, lifelines is off by 3e-6: covariates must be centered before anything else."""
    table, expected = goldens.table("lung"), goldens["cox_shifted_covariate"]
    x = {"age": table["age"] + 1e6, "sex": table["sex"]}
    model = cox_ph(table["time"], table["status"] == 2, x)
    assert model.names == ("age", "sex")
    for actual, r in ((model.coef, "coef"), (model.std_error, "se"), ([model.loglik_null, model.loglik], "loglik")):
        largest_difference(relative_difference(actual, numbers(expected[r])), ITERATED, r)


@pytest.mark.evidence(method="cox_ph monotone", kind="R", source="R 4.2.2, survival 3.5-3; likelihood at its limit")
def test_arm_without_events_is_recognized(goldens, largest_difference):
    """R and others report -20.8 +/- 3598 here, some without a warning."""
    table, r = goldens.table("trial171"), goldens["cox_monotone"]
    event = np.where(table["arm"] == 1, 0, table["pfs_event"])
    model = cox_ph(table["pfs"], event, {"arm": table["arm"]})
    assert model.status == ("monotone",)
    assert model.coef.tolist() == [-np.inf]
    assert model.hazard_ratio.tolist() == [0.0]
    assert np.isnan(model.std_error).all()
    assert np.isnan(model.wald.statistic)
    assert "arm: the likelihood rises without end" in model.reason
    largest_difference(relative_difference([model.score.statistic], numbers(r["score"][0])), ITERATED, "score")
    largest_difference(relative_difference(model.p_value, numbers(r["score"][2])), ITERATED, "p")
    # R stops short of the limit, at a coefficient of -20.8: its log-likelihood is below the limit by 8e-8.
    assert 0 < model.loglik - r["loglik"][1] < 1e-7
    assert model.lr.statistic == pytest.approx(r["lr"][0], rel=ITERATED)


@pytest.mark.evidence(method="cox_ph profile limits", kind="R", source="R 4.2.2, uniroot on the partial likelihood")
def test_profile_limits(goldens, largest_difference):
    table, r = goldens.table("trial171"), goldens["cox_profile_ci"]
    model = cox_ph(table["pfs"], table["pfs_event"], {"arm": table["arm"]}, strata=[table["ssa"], table["small_bowel"]])
    low, high = model.profile_limits("arm")
    largest_difference(relative_difference([low, high], numbers([r["lower"], r["upper"]])), ITERATED, "limits")
