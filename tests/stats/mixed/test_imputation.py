"""Multiple imputation: Rubin's rules, what each assumption changes, tipping point."""

import numpy as np
import pytest

from equipoise.stats import StatsError, compare_at_visit, impute_visits, mmrm_arrays, rubin, tipping_point

N, M = 80, 4


@pytest.fixture(scope="module")
def trial():
    """Two arms, an effect that grows, drop-out after visit 1 or 2 in a third of the subjects, one hole."""
    rng = np.random.default_rng(31)
    arm = np.repeat([0, 1], N // 2)
    base = rng.normal(0.0, 1.0, N)
    root = np.linalg.cholesky(0.5 + 0.5 * np.eye(M))
    y = base[:, None] + arm[:, None] * np.array([0.5, 1.0, 1.5, 2.0]) + rng.normal(size=(N, M)) @ root.T
    last = rng.choice([1, 2, M], N, p=[0.2, 0.15, 0.65])
    y[np.arange(M) >= last[:, None]] = np.nan
    complete = int(np.flatnonzero(last == M)[0])
    y[complete, 1] = np.nan
    return {"y": y, "arm": arm, "subject": np.arange(N), "covariates": base[:, None]}, complete


def impute(trial, **options):
    arguments = dict(trial[0])
    return impute_visits(
        arguments.pop("y"), arguments.pop("arm"), **{**arguments, "seed": 5, "n_imputations": 10, **options}
    )


@pytest.mark.evidence(method="rubin", kind="hand", source="Rubin (1987), Barnard and Rubin (1999)")
def test_rubins_rules():
    pooled = rubin([1.0, 2.0, 3.0], [1.0, 1.0, 1.0])
    assert (pooled.within, pooled.between) == (1.0, 1.0)
    assert pooled.std_error == pytest.approx(np.sqrt(1.0 + 4.0 / 3.0))
    assert pooled.missing_information == pytest.approx(4.0 / 7.0)
    assert pooled.df == pytest.approx(2.0 * (7.0 / 4.0) ** 2)
    small = rubin([1.0, 2.0, 3.0], [1.0, 1.0, 1.0], df_complete=20.0)
    observed = 21.0 / 23.0 * 20.0 * 3.0 / 7.0
    assert small.df == pytest.approx(1.0 / (1.0 / 6.125 + 1.0 / observed))


@pytest.mark.evidence(method="impute_visits", kind="hand", source="analysis of covariance without missing values")
def test_without_missing_values_it_is_the_analysis_of_covariance(trial):
    arguments = dict(trial[0])
    y = np.nan_to_num(arguments.pop("y"), nan=1.0)
    completed = impute_visits(y, arguments.pop("arm"), seed=1, n_imputations=2, **arguments)
    np.testing.assert_array_equal(completed.y[0], y)
    x = np.column_stack([np.ones(N), trial[0]["arm"], trial[0]["covariates"]])
    beta, rss, *_ = np.linalg.lstsq(x, y[:, -1], rcond=None)
    pooled = compare_at_visit(completed, covariates=trial[0]["covariates"])
    assert pooled.estimate == pytest.approx(beta[1], rel=1e-10)
    error = np.sqrt(rss[0] / (N - 3) * np.linalg.inv(x.T @ x)[1, 1])
    assert pooled.std_error == pytest.approx(error, rel=1e-10)
    assert pooled.df == pytest.approx((N - 2) / N * (N - 3), rel=1e-10)


def test_observed_values_stay_and_marks_are_right(trial):
    done, (arguments, complete) = impute(trial), trial
    missing = np.isnan(arguments["y"])
    np.testing.assert_array_equal(done.imputed, missing)
    assert done.imputed[complete, 1]
    assert not done.after_dropout[complete, 1]
    assert done.after_dropout.sum() == missing.sum() - 1
    assert np.isfinite(done.y).all()
    for data in done.y:
        np.testing.assert_array_equal(data[~missing], arguments["y"][~missing])


def test_rows_in_another_order_give_the_same_values(trial):
    order = np.random.default_rng(2).permutation(N)
    moved = {key: value[order] for key, value in trial[0].items()}
    np.testing.assert_array_equal(impute((moved, 0)).y, impute(trial).y[:, order])


def test_reference_arm_and_holes_are_missing_at_random_under_every_assumption(trial):
    plain = impute(trial)
    for assumption in ("jump-to-reference", "copy-reference"):
        other = impute(trial, assumption=assumption)
        np.testing.assert_array_equal(other.y[:, : N // 2], plain.y[:, : N // 2])
        np.testing.assert_array_equal(other.y[:, ~plain.after_dropout], plain.y[:, ~plain.after_dropout])


def test_jump_to_reference_moves_by_the_difference_of_the_means(trial):
    plain, jump = impute(trial), impute(trial, assumption="jump-to-reference")
    copy = impute(trial, assumption="copy-reference")
    moved = (jump.y - plain.y)[:, N // 2 :]
    after = plain.after_dropout[N // 2 :]
    for visit in (2, 3):
        step = moved[:, after[:, visit], visit]
        np.testing.assert_allclose(step, np.broadcast_to(step[:, :1], step.shape), atol=1e-10)
        assert -3.0 < step.mean() < -0.5
    estimates = [compare_at_visit(done, covariates=trial[0]["covariates"]).estimate for done in (plain, copy, jump)]
    assert estimates[0] > estimates[1] > estimates[2] > 0.0


def test_missing_at_random_agrees_with_the_mixed_model(trial):
    y, arm, base = (trial[0][key] for key in ("y", "arm", "covariates"))
    i, j = np.nonzero(~np.isnan(y))
    parts = [arm[i] == 0, arm[i] == 1, base[i, 0]]
    x = np.column_stack([part * (j == v) for part in parts for v in range(M)]).astype(float)
    contrast = np.zeros(3 * M)
    contrast[[M - 1, 2 * M - 1]] = -1.0, 1.0
    model = mmrm_arrays(y[i, j], x, i, j).contrasts(contrast)
    pooled = compare_at_visit(impute(trial, n_imputations=60), covariates=base)
    assert pooled.estimate == pytest.approx(model.estimate[0], abs=0.25 * model.std_error[0])
    assert pooled.std_error == pytest.approx(model.std_error[0], rel=0.15)


def test_delta_moves_the_estimate_by_the_share_imputed(trial):
    done = impute(trial)
    share = done.after_dropout[N // 2 :, -1].mean()
    tested = tipping_point(done, [-2.0, 0.0, -1.0, -4.0, -8.0])
    assert tested.delta.tolist() == [0.0, -1.0, -2.0, -4.0, -8.0]
    np.testing.assert_allclose(tested.estimate, tested.estimate[0] + share * tested.delta, rtol=1e-10)
    first = next(d for d, p in zip(tested.delta, tested.p_value, strict=True) if p > 0.05)
    assert tested.tipping == first
    assert np.isnan(tipping_point(done, [0.0]).tipping)
    assert "tipping" in str(tested)


def test_bad_input(trial):
    y, arm, subject = (trial[0][key] for key in ("y", "arm", "subject"))
    with pytest.raises(StatsError) as caught:
        impute_visits(y, arm, subject=subject * 0, seed=1, reference=7, assumption="worst", n_imputations=1)
    for part in ("80 rows for 1 subjects", "7 is not an arm", "expected one of 'mar'", "at least 2, got 1"):
        assert part in str(caught.value)
    with pytest.raises(StatsError, match="visit 3 has no value at all"):
        impute_visits(np.where(np.arange(M) == 2, np.nan, y), arm, subject=subject, seed=1)
    with pytest.raises(StatsError, match="at least 2 completed data sets"):
        rubin([1.0], [1.0])
    with pytest.raises(StatsError, match="expected one of 1, got 9"):
        compare_at_visit(impute(trial, n_imputations=2), arm=9)
    two = impute(trial, n_imputations=2)
    with pytest.raises(StatsError, match="visit: expected a position from 0 to 3, or from the end -1 to -4, got 4"):
        compare_at_visit(two, M)
    with pytest.raises(StatsError, match="a row for each of 80 subjects"):
        compare_at_visit(two, covariates=np.ones(3))
    with pytest.raises(StatsError, match="no missing values, row 7 has one"):
        compare_at_visit(two, covariates=np.where(np.arange(N) == 7, np.nan, np.arange(N)))
