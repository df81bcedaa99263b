"""Mixed models against 61 fits of R mmrm 0.3.18, polished: every structure, REML and ML, weights, groups."""

import numpy as np
import pytest
from mixed_cases import relative

from equipoise.stats.mixed.curvature import bending, cholesky_slopes

R = "R 4.2.2, mmrm 0.3.18, polished by Newton steps to |gradient| < 1e-10"
EXACT = 1e-8
COVARIANCE = 1e-6
METHODS = {
    "satterthwaite": ("satterthwaite", "model"),
    "between_within": ("between-within", "model"),
    "residual": ("residual", "model"),
    "kenward_roger": ("kenward-roger-r", "model"),
    "kenward_roger_linear": ("kenward-roger-linear", "model"),
    "cr0": ("satterthwaite", "CR0"),
    "cr2": ("satterthwaite", "CR2"),
    "cr3": ("satterthwaite", "CR3"),
}


@pytest.mark.evidence(method="mmrm", kind="R", source=R)
def test_coefficients_covariance_and_likelihood(goldens, largest_difference):
    assert len(goldens.cases) == 61
    for case in goldens.cases:
        arguments = goldens.arguments(case)
        model = arguments.fit(case, df="satterthwaite")
        at = arguments.columns
        assert (model.n, model.n_subjects, model.n_parameters) == (case["n_obs"], case["n_subjects"], case["n_theta"])
        estimated = [n for n, status in zip(model.names, model.status, strict=True) if not status]
        assert len(estimated) == sum(b not in (None, "NA") for b in case["beta"])
        for actual, expected in (
            (model.coef[at], case["beta"]),
            (np.sqrt(np.diag(model.vcov)[at]), np.sqrt(np.diag(np.array(case["vcov"])))),
            ([model.loglik, model.deviance, model.aic], [case["loglik"], case["deviance"], case["aic"]]),
            ([model.aicc, model.bic], [case["aicc"], case["bic"]]),
        ):
            largest_difference(relative(actual, expected), EXACT, case["id"])
        vcov = np.array(case["vcov"])
        largest_difference(np.abs(model.vcov[np.ix_(at, at)] - vcov).max() / np.abs(vcov).max(), EXACT, case["id"])
        if not case["covariance"].startswith("sp_"):
            sigma = case["sigma"]
            sigma = [sigma[str(g)] for g in model.groups] if isinstance(sigma, dict) else sigma
            largest_difference(relative(model.covariance, sigma), COVARIANCE, case["id"])


@pytest.mark.evidence(method="mmrm degrees of freedom", kind="R", source=R)
@pytest.mark.parametrize("key", METHODS)
def test_standard_errors_df_and_f_tests(goldens, largest_difference, key):
    df, vcov = METHODS[key]
    compared = 0
    for case in goldens.cases:
        if key not in case:
            continue
        expected, arguments = case[key], goldens.arguments(case)
        model = arguments.fit(case, df=df, vcov=vcov)
        at = arguments.columns
        compared += 1
        reference_df = np.broadcast_to(expected["df"], len(at)).tolist()
        largest_difference(relative(model.df[at], reference_df), EXACT, case["id"])
        if "se" in expected:
            largest_difference(relative(model.std_error[at], expected["se"]), EXACT, case["id"])
            largest_difference(relative(model.statistic[at], expected["t"]), EXACT, case["id"])
        if "p" in expected:
            known = np.array([p is None or p > 1e-100 for p in expected["p"]])
            chosen = [p for p, k in zip(expected["p"], known, strict=True) if k]
            largest_difference(relative(model.p_value[at][known], chosen), 1e-7, case["id"])
        test = expected.get("interaction_test")
        if test:
            rows = [j for j, name in zip(at, case["coef_names"], strict=True) if ":" in name and "ARM" in name]
            found = model.f_test(np.eye(len(model.names))[rows])
            assert found.df == test["num_df"]
            largest_difference(
                relative([found.statistic, found.df_denominator], [test["f"], test["denom_df"]]), EXACT, case["id"]
            )
            largest_difference(relative([found.p_value], [test["p"]]), 1e-7, case["id"])
    assert compared >= 25


@pytest.mark.evidence(method="mmrm covariance parameters", kind="R", source=R)
def test_variance_of_covariance_parameters(goldens, largest_difference):
    for case in goldens.cases:
        if "theta_vcov" not in case or case.get("group"):
            continue
        model = goldens.arguments(case).fit(case, df="satterthwaite")
        slopes = natural_by_theta(model)
        theirs = slopes @ np.array(case["theta_vcov"]) @ slopes.T
        ours = model.covariance_parameters().vcov
        scale = np.sqrt(np.outer(np.diag(theirs), np.diag(theirs)))
        largest_difference(float(np.abs((ours - theirs) / scale).max()), COVARIANCE, case["id"])


def natural_by_theta(model):
    """Give the derivatives of our parameters by those of R mmrm."""
    structure = model._fit.likelihood.structures[0]
    theta = model.covariance_parameters().estimate
    if model.structure == "us":
        lower = np.linalg.cholesky(model.covariance)
        moved = cholesky_slopes(lower) @ lower.T
        rows, columns = np.tril_indices(lower.shape[0])
        return (moved + moved.transpose(0, 2, 1))[:, rows, columns].T
    nv = structure.n_variances
    v, r = theta[:nv], theta[nv:]
    if model.structure in ("cs", "csh"):
        a = 1.0 / (len(model.visits) - 1)
        share = (r + a) / (1 + a)
        by_r = (1 + a) * share * (1 - share)
    elif model.structure.startswith("sp_"):
        c = 1 if model.structure == "sp_exp" else 2
        rho = np.exp(-(r**-c))
        by_r = rho * (1 - rho) / (rho * c * r ** (-c - 1))
    else:
        by_r = (1 - r**2) ** 1.5
    by_v = v if model.structure.startswith("sp_") else 2 * v
    assert bending(structure, theta).size == theta.size
    return np.diag(np.concatenate([by_v, by_r]))


@pytest.mark.evidence(
    method="mmrm Kenward-Roger",
    kind="published",
    source="SAS PROC MIXED output in the R mmrm repository (design/ddfm_covtype, design/Robust), fev_data",
)
@pytest.mark.parametrize(
    ("key", "df", "vcov"),
    [
        ("kr", "kenward-roger", "model"),
        ("kr_linear", "kenward-roger-linear", "model"),
        ("empirical", "residual", "CR0"),
        ("empirical_weighted", "residual", "CR0"),
    ],
)
def test_published_sas(goldens, largest_difference, key, df, vcov):
    data = goldens.data("fev")
    x = {"intercept": np.ones(len(data)), "arm": (data["ARMCD"] == "TRT").to_numpy().astype(float)}
    assert len(goldens.published[key]) == 9
    for name, row in goldens.published[key].items():
        points = data.select("VISITN", "VISITN2").to_numpy().astype(float)
        case = {"covariance": name, "reml": True}
        weights = data["WEIGHT"].to_numpy() if key.endswith("weighted") else None
        visit = points if name == "sp_exp" else data["AVISIT"].to_numpy()
        model = goldens.arguments(goldens.cases[0])
        model.x, model.visit, model.weights = x, visit, weights
        fit = model.fit(case, df=df, vcov=vcov)
        largest_difference(relative([fit.coef[1], fit.std_error[1]], [row["estimate"], row["se"]]), 5e-4, name)
        if vcov == "model":
            largest_difference(relative([fit.df[1], fit.statistic[1]], [row["df"], row["t"]]), 5e-4, name)
            largest_difference(relative([fit.conf_low[1], fit.conf_high[1]], [row["lower"], row["upper"]]), 5e-4, name)


@pytest.mark.evidence(method="mmrm Kenward-Roger", kind="R", source="R stats::t.test(paired = TRUE) on sleep")
def test_paired_data_give_the_paired_t_test(goldens):
    case = next(c for c in goldens.cases if c["id"] == "sleep_us_reml_paired")
    arguments = goldens.arguments(case)
    model = arguments.fit(case)
    assert model.std_error[1] == pytest.approx(0.3889587, abs=5e-8)
    assert model.df[1] == pytest.approx(9.0, rel=1e-9)
    assert model.p_value[1] == pytest.approx(0.00283289, abs=5e-9)
    plain = arguments.fit(case, df="kenward-roger-r")
    assert plain.std_error[1] == pytest.approx(0.33855, abs=5e-6)
