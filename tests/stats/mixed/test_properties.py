"""What must hold for any data: invariances, exact derivatives, engines that agree."""

import numpy as np
import pytest
from mixed_cases import made_up
from threadpoolctl import threadpool_info, threadpool_limits

from equipoise.stats import mmrm_arrays
from equipoise.stats.mixed import observations, orthonormal
from equipoise.stats.mixed.likelihood import PatternLikelihood
from equipoise.stats.mixed.start import starting_points
from equipoise.stats.mixed.structures import SPATIAL, STRUCTURES, covariance_structure
from equipoise.stats.validate import InputCheck

VISITED = [name for name in STRUCTURES if name not in SPATIAL]


@pytest.mark.parametrize("structure", STRUCTURES)
def test_row_order_changes_nothing_at_all(structure):
    y, x, subject, visit = made_up()
    order = np.random.default_rng(3).permutation(y.size)
    first = mmrm_arrays(y, x, subject, visit, covariance=structure)
    again = mmrm_arrays(
        y[order], {k: c[order] for k, c in x.items()}, subject[order], visit[order], covariance=structure
    )
    assert first.loglik == again.loglik
    for name in ("coef", "std_error", "df", "covariance"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    np.testing.assert_array_equal(first.residuals("normalized")[order], again.residuals("normalized"))


@pytest.mark.parametrize("structure", ["us", "toeph"])
def test_names_of_subjects_do_not_matter(structure):
    y, x, subject, visit = made_up()
    names = np.array([f"S{number:03d}" for number in np.random.default_rng(5).permutation(60)])
    first = mmrm_arrays(y, x, subject, visit, covariance=structure)
    again = mmrm_arrays(y, x, names[subject], visit, covariance=structure)
    np.testing.assert_allclose(again.coef, first.coef, rtol=1e-11)
    np.testing.assert_allclose(again.std_error, first.std_error, rtol=1e-9)
    np.testing.assert_allclose(again.df, first.df, rtol=1e-8)


@pytest.mark.parametrize("factor", [1e-6, 1e5])
@pytest.mark.parametrize("structure", ["us", "adh", "sp_exp"])
def test_units_of_the_response_do_not_matter(structure, factor):
    y, x, subject, visit = made_up()
    first = mmrm_arrays(y, x, subject, visit, covariance=structure)
    again = mmrm_arrays(factor * y, x, subject, visit, covariance=structure)
    np.testing.assert_allclose(again.coef, factor * first.coef, rtol=1e-9)
    np.testing.assert_allclose(again.std_error, factor * first.std_error, rtol=1e-8)
    np.testing.assert_allclose(again.df, first.df, rtol=1e-7)
    np.testing.assert_allclose(again.covariance, factor**2 * first.covariance, rtol=1e-7)
    moved = -(first.n - len(first.names)) * np.log(factor)
    assert again.loglik == pytest.approx(first.loglik + moved, rel=1e-10)


def test_visits_of_very_different_spread_can_be_fitted():
    y, x, subject, visit = made_up()
    stretch = np.array([1e-3, 1.0, 10.0, 1e4])
    first = mmrm_arrays(y, x, subject, visit)
    again = mmrm_arrays(y * stretch[visit], x, subject, visit)
    np.testing.assert_allclose(again.covariance, first.covariance * np.outer(stretch, stretch), rtol=1e-5)


@pytest.mark.parametrize("structure", ["us", "ar1", "toep", "adh"])
def test_visit_that_nobody_attended_changes_nothing_and_is_said(structure):
    y, x, subject, visit = made_up()
    first = mmrm_arrays(y, x, subject, visit, covariance=structure)
    again = mmrm_arrays(y, x, subject, visit, covariance=structure, visit_levels=[0, 1, 7, 2, 3])
    assert again.unattended == (7,)
    assert "visits without any row: 7" in again.reason
    np.testing.assert_array_equal(again.std_error, first.std_error)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_one_contrast_has_satterthwaites_df(structure):
    y, x, subject, visit = made_up(missing=0.3)
    roger = mmrm_arrays(y, x, subject, visit, covariance=structure)
    plain = mmrm_arrays(y, x, subject, visit, covariance=structure, df="satterthwaite")
    np.testing.assert_allclose(roger.df, plain.df, rtol=1e-12)
    weights = np.arange(8.0)[None] - 3.0
    one, test = roger.contrasts(weights), roger.f_test(weights)
    assert test.statistic == pytest.approx(one.statistic[0] ** 2, rel=1e-10)
    assert test.df_denominator == pytest.approx(one.df[0], rel=1e-10)


def test_redundant_contrasts_count_once():
    y, x, subject, visit = made_up()
    for df in ("kenward-roger", "satterthwaite", "residual", "between-within"):
        model = mmrm_arrays(y, x, subject, visit, df=df)
        basis = np.eye(8)[:3]
        twice = np.vstack([basis, basis[0] + 2.0 * basis[1]])
        one, two = model.f_test(basis), model.f_test(twice)
        assert two.df == 3
        assert two.statistic == pytest.approx(one.statistic, rel=1e-8)
        tolerance = 0.02 if df == "satterthwaite" else 1e-8  # the pooled df depends on how the rows are written
        assert two.df_denominator == pytest.approx(one.df_denominator, rel=tolerance)


def test_equal_weights_only_rescale_the_covariance():
    y, x, subject, visit = made_up()
    first = mmrm_arrays(y, x, subject, visit)
    again = mmrm_arrays(y, x, subject, visit, weights=np.full(y.size, 4.0))
    np.testing.assert_allclose(again.covariance, 4.0 * first.covariance, rtol=1e-9)
    np.testing.assert_allclose(again.std_error, first.std_error, rtol=1e-9)
    assert again.loglik == pytest.approx(first.loglik, rel=1e-12)


def test_recoded_columns_give_the_same_fit():
    y, x, subject, visit = made_up()
    matrix = np.column_stack(list(x.values()))
    turn = np.random.default_rng(8).normal(size=(8, 8))
    first, again = (mmrm_arrays(y, m, subject, visit, covariance="ar1h") for m in (matrix, matrix @ turn))
    np.testing.assert_allclose(turn @ again.coef, first.coef, rtol=1e-9)
    np.testing.assert_allclose(again.covariance, first.covariance, rtol=1e-8)
    moved = -np.log(abs(np.linalg.det(turn)))
    assert again.loglik == pytest.approx(first.loglik + moved, rel=1e-10)


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_gradient_and_hessian_are_exact(structure, reml):
    likelihood, theta = likelihood_of(structure, reml=reml)
    slopes = likelihood.slopes(likelihood.value(theta))
    step = 1e-5 * likelihood.scales(theta)
    for j, size in enumerate(step):
        ends = [likelihood.value(theta + sign * size * np.eye(theta.size)[j]) for sign in (1.0, -1.0)]
        slope = (ends[0].objective - ends[1].objective) / (2.0 * size)
        assert slopes.gradient[j] * size / 1e-5 == pytest.approx(slope * size / 1e-5, rel=1e-5, abs=1e-4)
        bend = (likelihood.slopes(ends[0]).gradient - likelihood.slopes(ends[1]).gradient) / (2.0 * size)
        scale = step * size / 1e-10
        np.testing.assert_allclose(slopes.hessian[j] * scale, bend * scale, rtol=1e-5, atol=1e-4)


def likelihood_of(structure, *, reml):
    y, x, subject, visit = made_up()
    rows = observations.read_rows(
        InputCheck(),
        y,
        x,
        subject,
        visit,
        group=None,
        weights=None,
        visit_levels=None,
        spatial=False,
    )
    data = observations.prepare(rows)
    distances = np.abs(np.subtract.outer(np.arange(4.0), np.arange(4.0)))
    likelihood = PatternLikelihood(data.compact, [covariance_structure(structure, 4, distances)], reml=reml)
    return likelihood, starting_points(data.blocks, likelihood)[0]


@pytest.mark.parametrize("structure", SPATIAL)
@pytest.mark.parametrize("df", ["kenward-roger", "kenward-roger-r"])
@pytest.mark.parametrize("grouped", [False, True])
def test_scattered_points_agree_with_shared_ones(monkeypatch, structure, df, grouped):
    y, x, subject, visit = made_up()
    week = np.array([0.0, 2.0, 5.0, 9.0])[visit]
    group = subject % 2 if grouped else None
    shared = mmrm_arrays(y, x, subject, week, covariance=structure, df=df, group=group)
    monkeypatch.setattr(observations, "MOST_POINTS", 1)
    scattered = mmrm_arrays(y, x, subject, week, covariance=structure, df=df, group=group)
    assert scattered.loglik == pytest.approx(shared.loglik, rel=1e-12)
    np.testing.assert_allclose(scattered.std_error, shared.std_error, rtol=1e-8)
    np.testing.assert_allclose(scattered.df, shared.df, rtol=1e-7)
    steps = np.eye(8)[:4]
    assert scattered.f_test(steps).statistic == pytest.approx(shared.f_test(steps).statistic, rel=1e-8)
    np.testing.assert_allclose(scattered.residuals("normalized"), shared.residuals("normalized"), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("structure", VISITED)
def test_many_subjects_cost_no_precision(structure):
    y, x, subject, visit = made_up(n=400, m=3, missing=0.15)
    large = mmrm_arrays(y, x, subject, visit, covariance=structure)
    copies = [np.arange(400) * 2 + i for i in (0, 1)]
    twice = mmrm_arrays(
        np.tile(y, 2),
        {k: np.tile(c, 2) for k, c in x.items()},
        np.concatenate([copy[subject] for copy in copies]),
        np.tile(visit, 2),
        covariance=structure,
        reml=False,
        df="satterthwaite",
    )
    once = mmrm_arrays(y, x, subject, visit, covariance=structure, reml=False, df="satterthwaite")
    np.testing.assert_allclose(twice.covariance, once.covariance, rtol=1e-8)
    np.testing.assert_allclose(twice.std_error, once.std_error / np.sqrt(2.0), rtol=1e-8)
    assert large.iterations <= 6


def test_cost_of_a_step_does_not_grow_with_subjects():
    rows = []
    for n in (2_000, 8_000):
        y, x, subject, visit = made_up(n=n, m=3, missing=0.15)
        read = observations.read_rows(
            InputCheck(), y, x, subject, visit, group=None, weights=None, visit_levels=None, spatial=False
        )
        data = observations.prepare(read)
        assert sum(block.z.shape[0] for block in data.blocks) == data.n_subjects
        rows.append(sum(block.z.shape[0] for block in data.compact))
    assert rows[0] == rows[1] < 60


def test_residuals_and_predictions():
    y, x, subject, visit = made_up()
    model = mmrm_arrays(y, x, subject, visit)
    matrix = np.column_stack(list(x.values()))
    np.testing.assert_allclose(model.fitted(), matrix @ model.coef, rtol=1e-12)
    np.testing.assert_allclose(model.residuals(), y - matrix @ model.coef, rtol=1e-9, atol=1e-12)
    pearson = model.residuals() / np.sqrt(np.diag(model.covariance))[visit]
    np.testing.assert_allclose(model.residuals("pearson"), pearson, rtol=1e-9, atol=1e-12)
    turned = model.residuals("normalized")
    one = subject == subject[0]
    v = model.covariance[np.ix_(visit[one], visit[one])]
    np.testing.assert_allclose(np.linalg.cholesky(v) @ turned[one], model.residuals()[one], rtol=1e-9, atol=1e-9)
    shown = model.predict(matrix[:5])
    np.testing.assert_allclose(shown.estimate, model.fitted()[:5], rtol=1e-12)
    assert (shown.conf_low < shown.estimate).all()


@pytest.mark.parametrize("dependent", [False, True])
def test_tall_columns_are_made_orthonormal_as_others(monkeypatch, dependent):
    rng = np.random.default_rng(6)
    x = np.column_stack([np.ones(1_000), rng.normal(1e4, 1.0, 1_000), rng.normal(size=(1_000, 3))])
    if dependent:
        x[:, 3] = x[:, 1] - 2.0 * x[:, 0]
    monkeypatch.setattr(orthonormal, "PIECE", 64)
    plain_q, plain_upper, plain_kept = orthonormal.orthonormal(x)
    monkeypatch.setattr(orthonormal, "TALL", 10)
    q, upper, kept = orthonormal.orthonormal(x)
    assert kept.tolist() == plain_kept.tolist() == ([0, 1, 2, 4] if dependent else [0, 1, 2, 3, 4])
    np.testing.assert_allclose(q.T @ q, np.eye(kept.size), atol=1e-14)
    np.testing.assert_allclose(q @ upper, x[:, kept], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(q @ q.T, plain_q @ plain_q.T, atol=1e-10)
    np.testing.assert_allclose(np.abs(np.diag(upper)), np.abs(np.diag(plain_upper)), rtol=1e-9)


def test_threads_of_linear_algebra_change_no_bit():
    y, x, subject, visit = made_up(n=1_500, m=8)
    fits = []
    for count in (1, 2):
        with threadpool_limits(limits=count, user_api="blas"):
            fits.append(mmrm_arrays(y, x, subject, visit))
            assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} == {count}
    for name in ("coef", "std_error", "df", "covariance"):
        np.testing.assert_array_equal(getattr(fits[0], name), getattr(fits[1], name))
