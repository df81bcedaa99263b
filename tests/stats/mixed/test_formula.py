"""The formula front door: coding, order of levels, frames of several libraries, means."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from mixed_cases import made_up

from equipoise.stats import mmrm, mmrm_arrays


@pytest.fixture(scope="module")
def trial():
    y, _, subject, visit = made_up()
    rng = np.random.default_rng(11)
    arm = np.array(["active", "placebo"])[rng.integers(0, 2, 60)]
    site = np.array(["north", "south", "west"])[rng.integers(0, 3, 60)]
    age = rng.integers(40, 80, 60)
    return pl.DataFrame(
        {"id": subject, "week": visit * 4, "arm": arm[subject], "site": site[subject], "age": age[subject], "score": y}
    )


def fit(data, formula="score ~ age + site + arm * week", **options):
    return mmrm(formula, data, **{"subject": "id", "visit": "week", "arm": "arm", **options})


def test_columns_are_named_and_ordered_as_in_r(trial):
    model = fit(trial, reference={"arm": "placebo"})
    assert model.names == (
        *("(Intercept)", "age", "sitesouth", "sitewest", "armactive", "week4", "week8", "week12"),
        *("armactive:week4", "armactive:week8", "armactive:week12"),
    )
    assert model.levels == {
        "site": ("north", "south", "west"),
        "arm": ("placebo", "active"),
        "week": (0, 4, 8, 12),
    }


def test_interaction_without_main_effects_takes_all_levels(trial):
    model = fit(trial, "score ~ 0 + arm:week")
    assert len(model.names) == 8
    assert model.names[:3] == ("armactive:week0", "armplacebo:week0", "armactive:week4")
    full = fit(trial, "score ~ arm * week")
    np.testing.assert_allclose(model.means(["arm", "week"]).estimate, full.means(["arm", "week"]).estimate, rtol=1e-9)


def test_frames_of_other_libraries_give_the_same(trial):
    first = fit(trial)
    for other in (trial.to_pandas(), trial.to_arrow(), trial.with_columns(pl.col("arm").cast(pl.Categorical))):
        again = fit(other)
        assert again.names == first.names
        np.testing.assert_array_equal(again.std_error, first.std_error)


def test_declared_order_of_levels_is_kept(trial):
    order = ["placebo", "active"]
    enumerated = trial.with_columns(pl.col("arm").cast(pl.Enum(order)))
    category = trial.to_pandas()
    category["arm"] = pd.Categorical(category["arm"], order)
    for data in (enumerated, category):
        assert fit(data).levels["arm"] == ("placebo", "active")
    assert fit(trial, levels={"arm": order}).levels["arm"] == ("placebo", "active")


def test_shuffled_rows_give_the_same_bits(trial):
    first, again = fit(trial), fit(trial.sample(fraction=1.0, shuffle=True, seed=4))
    np.testing.assert_array_equal(first.coef, again.coef)
    np.testing.assert_array_equal(first.std_error, again.std_error)


def test_means_are_linear_functions_written_out(trial):
    model = fit(trial, reference={"arm": "placebo"})
    means = model.means(["arm", "week"])
    age = trial["age"].mean()
    row = np.zeros(11)
    row[[0, 4, 6, 9]] = 1.0
    row[1], row[2:4] = age, 1.0 / 3.0
    at = list(zip(means.labels["arm"], means.labels["week"], strict=True)).index(("active", 8))
    np.testing.assert_allclose(means.contrasts[at], row, rtol=1e-12)
    share = trial.group_by("site").len().sort("site")["len"].to_numpy() / len(trial)
    row[2:4] = share[1:]
    np.testing.assert_allclose(model.means(["arm", "week"], weights="proportional").contrasts[at], row, rtol=1e-12)
    row[1] = 50.0
    fifty = model.means(["arm", "week"], weights="proportional", at={"age": 50})
    np.testing.assert_allclose(fifty.contrasts[at], row, rtol=1e-12)


def test_averages_over_visits(trial):
    model = fit(trial, reference={"arm": "placebo"})
    by_week = model.differences(by="week")
    overall = model.differences()
    assert overall.labels == {"contrast": ("active - placebo",)}
    assert overall.estimate[0] == pytest.approx(by_week.estimate.mean(), rel=1e-12)
    late = model.differences(at={"week": [8, 12]})
    assert late.estimate[0] == pytest.approx(by_week.estimate[2:].mean(), rel=1e-12)
    swapped = model.differences(by="week", reference="active")
    np.testing.assert_allclose(swapped.estimate, -by_week.estimate, rtol=1e-12)


def test_transformed_numbers_and_categories_in_place(trial):
    data = trial.with_columns(log_age=pl.col("age").log(), centre=pl.col("age") % 3)
    model = fit(data, "score ~ log(age) + arm * week")
    plain = fit(data, "score ~ log_age + arm * week")
    np.testing.assert_allclose(model.coef, plain.coef, rtol=1e-10)
    assert model.means("arm").contrasts[0, 1] == pytest.approx(np.log(trial["age"].mean()))
    squared = fit(data, "score ~ poly(age, 2) + arm * week")
    assert squared.names[1:3] == ("poly(age, 2)1", "poly(age, 2)2")
    assert fit(data, "score ~ C(centre) + arm * week").levels["centre"] == (0, 1, 2)
    response = fit(data, "log(score + 100) ~ arm * week")
    assert response.coef[0] == pytest.approx(4.7, abs=0.1)


def test_new_rows_are_coded_as_the_old(trial):
    model = fit(trial)
    new = trial[[3, 1]]
    np.testing.assert_allclose(model.predict(model.design(new)).estimate, model.fitted()[[3, 1]], rtol=1e-12)


def test_array_and_formula_agree_on_points_and_weights(trial):
    data = trial.with_columns(day=pl.col("week") * 7.0 + pl.col("id") % 5, w=1.0 + pl.col("id") % 3)
    model = fit(data, "score ~ arm", visit="day", covariance="sp_exp", weights="w")
    x = {"(Intercept)": np.ones(len(data)), "armplacebo": (data["arm"] == "placebo").to_numpy().astype(float)}
    same = mmrm_arrays(
        data["score"].to_numpy(),
        x,
        data["id"].to_numpy(),
        data["day"].to_numpy(),
        covariance="sp_exp",
        weights=data["w"].to_numpy(),
    )
    np.testing.assert_array_equal(model.std_error, same.std_error)


def test_views_and_frame(trial):
    model = fit(trial)
    assert model.to_frame().columns[:3] == ["variable", "coef", "std_error"]
    text = str(model)
    assert text.startswith("Mixed model for repeated measures, REML, unstructured, kenward-roger")
    assert "<table>" in model._repr_html_()
    plain = json.loads(json.dumps(model.to_dict()))
    assert plain["attempts"] == [{"covariance": "us", "reason": ""}]
    assert plain["levels"]["arm"] == ["active", "placebo"]
    frame = model.differences(by="week").to_frame()
    assert frame.columns[:3] == ["week", "contrast", "estimate"]
    parameters = model.covariance_parameters()
    assert parameters.name[:3] == ("variance 0", "covariance 4, 0", "variance 4")
    assert parameters.estimate[2] == pytest.approx(model.covariance[1, 1])
