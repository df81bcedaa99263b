"""Complete, balanced data, where the answers are closed formulas."""

import numpy as np
import pytest

from equipoise.stats import mmrm_arrays

N, M = 9, 3
RNG = np.random.default_rng(20)
ARM = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1])
Y = np.round(RNG.normal(20.0, 3.0, (N, 1)) + RNG.normal(0.0, 2.0, (N, M)) + ARM[:, None] * [0.0, 1.5, 4.0], 1)
SUBJECT = np.repeat(np.arange(N), M)
VISIT = np.tile(np.arange(M), N)
MEANS = {f"arm {a} visit {v}": ((ARM[SUBJECT] == a) & (v == VISIT)).astype(float) for a in range(2) for v in range(M)}
SHARE = 1.0 / 4.0 + 1.0 / 5.0


def fit(**options):
    return mmrm_arrays(Y.ravel(), MEANS, SUBJECT, VISIT, **options)


def pooled_products(values):
    """Products of deviations from the means of the arms, (M, M)."""
    centered = values - np.array([values[a == ARM].mean(axis=0) for a in (0, 1)])[ARM]
    return centered.T @ centered


@pytest.mark.evidence(method="mmrm", kind="hand", source="pooled covariance matrix of two samples")
def test_unstructured_matrix_is_the_pooled_covariance():
    model = fit()
    np.testing.assert_allclose(model.coef, np.concatenate([Y[a == ARM].mean(axis=0) for a in (0, 1)]), rtol=1e-12)
    np.testing.assert_allclose(model.covariance, pooled_products(Y) / (N - 2), rtol=1e-9)
    np.testing.assert_allclose(fit(reml=False, df="satterthwaite").covariance, pooled_products(Y) / N, rtol=1e-9)


@pytest.mark.evidence(method="mmrm Kenward-Roger", kind="hand", source="two-sample t-test at each visit")
@pytest.mark.parametrize("df", ["kenward-roger", "satterthwaite"])
def test_differences_at_each_visit_are_t_tests(df):
    differences = fit(df=df).contrasts(np.hstack([-np.eye(M), np.eye(M)]))
    variance = np.diag(pooled_products(Y)) / (N - 2)
    np.testing.assert_allclose(differences.estimate, Y[ARM == 1].mean(axis=0) - Y[ARM == 0].mean(axis=0), rtol=1e-11)
    np.testing.assert_allclose(differences.std_error, np.sqrt(variance * SHARE), rtol=1e-9)
    np.testing.assert_allclose(differences.df, N - 2, rtol=1e-9)


@pytest.mark.evidence(method="mmrm F test", kind="hand", source="Hotelling's two-sample T2")
def test_f_test_of_all_visits_is_hotellings():
    difference = Y[ARM == 1].mean(axis=0) - Y[ARM == 0].mean(axis=0)
    t2 = difference @ np.linalg.solve(pooled_products(Y) / (N - 2), difference) / SHARE
    test = fit().f_test(np.hstack([-np.eye(M), np.eye(M)]))
    assert test.df == M
    assert test.df_denominator == pytest.approx(N - M - 1, rel=1e-8)
    assert test.statistic == pytest.approx(t2 * (N - M - 1) / ((N - 2) * M), rel=1e-8)


@pytest.mark.evidence(method="mmrm", kind="hand", source="analysis of variance of a split plot")
@pytest.mark.parametrize("df", ["kenward-roger", "kenward-roger-linear"])
def test_compound_symmetry_is_analysis_of_variance(df):
    products = pooled_products(Y)
    between = M * float(np.ones(M) @ products @ np.ones(M)) / M**2 / (N - 2)
    within = (float(np.trace(products)) - between * (N - 2)) / ((N - 2) * (M - 1))
    model = fit(covariance="cs", df=df)
    variance, correlation = model.covariance_parameters().estimate
    assert variance * (1.0 + (M - 1) * correlation) == pytest.approx(between, rel=1e-9)
    assert variance * (1.0 - correlation) == pytest.approx(within, rel=1e-9)
    overall = np.concatenate([-np.ones(M), np.ones(M)]) / M
    change = np.array([1.0, 0.0, -1.0, -1.0, 0.0, 1.0])
    found = model.contrasts([overall, change])
    np.testing.assert_allclose(
        found.std_error, [np.sqrt(between * SHARE / M), np.sqrt(2.0 * within * SHARE)], rtol=1e-9
    )
    np.testing.assert_allclose(found.df, [N - 2, (N - 2) * (M - 1)], rtol=1e-8)
    steps = np.array([[1.0, -1.0, 0.0, -1.0, 1.0, 0.0], [0.0, 1.0, -1.0, 0.0, -1.0, 1.0]])
    cells = Y[ARM == 1].mean(axis=0) - Y[ARM == 0].mean(axis=0)
    mean_square = float(np.sum((cells - cells.mean()) ** 2)) / SHARE / (M - 1)
    test = model.f_test(steps)
    assert test.statistic == pytest.approx(mean_square / within, rel=1e-8)
    assert test.df_denominator == pytest.approx((N - 2) * (M - 1), rel=1e-8)


@pytest.mark.evidence(method="mmrm", kind="hand", source="ordinary least squares")
@pytest.mark.parametrize("structure", ["us", "cs", "ar1", "toeph", "adh", "sp_exp"])
def test_one_visit_is_least_squares(structure):
    y = Y[:, 0]
    x = {"a": (ARM == 0).astype(float), "b": (ARM == 1).astype(float)}
    model = mmrm_arrays(y, x, np.arange(N), np.zeros(N), covariance=structure)
    variance = pooled_products(Y)[0, 0] / (N - 2)
    assert model.covariance.item() == pytest.approx(variance, rel=1e-10)
    np.testing.assert_allclose(model.std_error, np.sqrt(variance / np.array([4.0, 5.0])), rtol=1e-10)
    np.testing.assert_allclose(model.df, N - 2, rtol=1e-9)
    expected = -0.5 * ((N - 2) * (np.log(2 * np.pi * variance) + 1.0) + np.log(4.0 * 5.0))
    assert model.loglik == pytest.approx(expected, rel=1e-12)


@pytest.mark.evidence(
    method="mmrm sandwich", kind="hand", source="one subject, one row: HC0, HC2, HC3 of least squares"
)
@pytest.mark.parametrize(("kind", "power"), [("CR0", 0.0), ("CR2", 1.0), ("CR3", 2.0)])
def test_sandwich_of_one_visit_is_that_of_least_squares(kind, power):
    x = np.column_stack([np.ones(N), np.arange(N) ** 1.5])
    y = Y[:, 1]
    model = mmrm_arrays(y, x, np.arange(N), np.zeros(N), vcov=kind, df="satterthwaite")
    bread = np.linalg.inv(x.T @ x)
    leverage = np.einsum("ij,jk,ik->i", x, bread, x)
    residual = y - x @ bread @ x.T @ y
    meat = x.T @ np.diag(residual**2 / (1.0 - leverage) ** power) @ x
    np.testing.assert_allclose(model.vcov, bread @ meat @ bread, rtol=1e-9)
