"""The mixed model of a scale, built from the protocol, is the one that a formula gives."""

from typing import Any

import polars as pl
import pytest
from tests.analyze.made_up_scores import DAYS, LABELS, results_with, rows_of, scores
from tests.analyze.small_trial import adam, find, value

from equipoise.results import Results
from equipoise.stats import LinearEstimates, MixedModel, mmrm

STRUCTURES = ("us", "ar1", "ar1h", "cs", "csh", "toep", "toeph", "ad", "adh")
LATER = [LABELS[day] for day in DAYS[1:]]
EXACT = {"rel": 1e-8, "abs": 1e-9}


def frame(*, baseline: bool) -> pl.DataFrame:
    """Rows for a formula: one per subject and visit, with the facts of the subject."""
    base = {subject: score for subject, day, score in rows_of() if day == 0}
    facts = adam()["ADSL"].select("USUBJID", "ARMID", "STRAT1R", "AGE", "SEX")
    rows = [
        {"USUBJID": subject, "VISIT": LABELS[day], "AVAL": score, "BASE": base[subject], "CHG": score - base[subject]}
        for subject, day, score in rows_of()
        if baseline or day > 0
    ]
    return pl.DataFrame(rows).join(facts, on="USUBJID", how="left")


def by_formula(formula: str, data: pl.DataFrame, **options: Any) -> Any:
    visits = [LABELS[day] for day in DAYS if LABELS[day] in set(data["VISIT"])]
    levels = {"VISIT": visits, "ARMID": ["control", "active"]}
    return mmrm(formula, data, subject="USUBJID", visit="VISIT", arm="ARMID", levels=levels, **options)


def assert_equal(results: Results, found: LinearEstimates, row: int, **where: Any) -> None:
    for name in ("estimate", "std_error", "df", "conf_low", "conf_high"):
        seen = value(results, analysis_id="patient_reported", variable="FA", statistic=name, **where)
        assert seen == pytest.approx(getattr(found, name)[row], **EXACT), (name, where)


def assert_model(results: Results, fit: Any, visits: list[str], **averages: Any) -> None:
    """Means, differences at each visit and on average over the visits after baseline."""
    means = fit.means(["VISIT", "ARMID"], **averages)
    pairs = list(zip(means.labels["VISIT"], means.labels["ARMID"], strict=True))
    for visit in visits:
        for arm in ("active", "control"):
            at = pairs.index((visit, arm))
            assert_equal(results, means, at, measure="model_mean", visit=visit, group_level=arm)
    differences = fit.differences(by="VISIT", **averages)
    for at, visit in enumerate(differences.labels["VISIT"]):
        where = {"measure": "model_difference", "visit": visit}
        assert_equal(results, differences, at, **where)
        seen = value(results, analysis_id="patient_reported", statistic="p_value", **where)
        assert seen == pytest.approx(differences.p_value[at], **EXACT)
    later = [at for at, visit in enumerate(differences.labels["VISIT"]) if visit in LATER]
    average = fit.contrasts(differences.contrasts[later].mean(axis=0))  # visits count alike under either weights
    assert_equal(results, average, 0, measure="model_difference", visit=None)


def assert_fit(results: Results, fit: MixedModel) -> None:
    for statistic in ("loglik", "aic", "bic"):
        seen = value(results, analysis_id="patient_reported", measure="model", statistic=statistic)
        assert seen == pytest.approx(getattr(fit, statistic), **EXACT)
    assert value(results, measure="model", statistic="n_rows") == fit.n
    assert value(results, measure="model", statistic="n_subjects") == fit.n_subjects


@pytest.mark.parametrize("structure", STRUCTURES)
def test_baseline_as_covariate(structure: str) -> None:
    results = results_with(scores(), model={"covariance": [structure]})
    fit = by_formula("AVAL ~ BASE * VISIT + ARMID * VISIT", frame(baseline=False), covariance=structure)
    assert_model(results, fit, LATER)
    assert_fit(results, fit)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_baseline_as_response(structure: str) -> None:
    results = results_with(scores(), baseline="response", model={"covariance": [structure]})
    fit = by_formula("AVAL ~ ARMID * VISIT", frame(baseline=True), covariance=structure)
    assert_model(results, fit, ["Baseline", *LATER])
    assert_fit(results, fit)
    grid = pl.DataFrame({"VISIT": ["Week 8", "Baseline"] * 2, "ARMID": ["active"] * 2 + ["control"] * 2})
    rows = fit.design(grid)
    found = fit.contrasts([rows[0] - rows[1], rows[0] - rows[1] - rows[2] + rows[3]])
    assert_equal(results, found, 0, measure="model_change", visit="Week 8", group_level="active")
    assert_equal(results, found, 1, measure="model_change_difference", visit="Week 8")


@pytest.mark.parametrize("structure", ["us", "csh"])
def test_arms_equal_at_baseline(structure: str) -> None:
    results = results_with(scores(), baseline="response", model={"covariance": [structure], "baseline_arms": "equal"})
    data = frame(baseline=True).with_columns(
        ((pl.col("ARMID") == "active") & (pl.col("VISIT") == label)).cast(pl.Float64).alias(f"T{k}")
        for k, label in enumerate(LATER)
    )
    fit = by_formula("AVAL ~ VISIT + T0 + T1 + T2", data, covariance=structure)
    found = fit.contrasts([[0.0] * 4 + [float(k == i) for i in range(3)] for k in range(3)])
    for k, label in enumerate(LATER):
        assert_equal(results, found, k, measure="model_difference", visit=label)
        assert_equal(results, found, k, measure="model_change_difference", visit=label)
    first = find(results, measure="model_difference", visit="Baseline", statistic="estimate")
    assert first["status"].to_list() == ["not_done"]
    assert first["text"].to_list() == ["the arms have one mean at baseline by the model"]


def test_change_from_baseline_as_response() -> None:
    results = results_with(scores(), model={"response": "change"})
    assert_model(results, by_formula("CHG ~ BASE * VISIT + ARMID * VISIT", frame(baseline=False)), LATER)


def test_one_slope_for_the_baseline() -> None:
    results = results_with(scores(), model={"baseline_by_visit": False, "df": "satterthwaite"})
    fit = by_formula("AVAL ~ BASE + ARMID * VISIT", frame(baseline=False), df="satterthwaite")
    assert_model(results, fit, LATER)


@pytest.mark.parametrize("weights", ["equal", "proportional"])
def test_strata_and_covariates(weights: Any) -> None:
    """S11 and S24 are of unknown age: they leave the model, and a row says so."""
    declared = {"strata": "randomization", "covariates": ["age", "sex"], "weights": weights}
    results = results_with(scores(), model=declared)
    formula = "AVAL ~ STRAT1R + AGE + SEX + BASE * VISIT + ARMID * VISIT"
    fit = by_formula(formula, frame(baseline=False).drop_nulls("AGE"))
    assert_model(results, fit, LATER, weights=weights)
    out = find(results, measure="model_subjects", variable_level="age not known", statistic="n")
    assert dict(zip(out["group_level"], out["value"], strict=True)) == {"active": 1.0, "control": 1.0}


def test_a_covariance_for_each_arm() -> None:
    results = results_with(scores(), model={"covariance_by_arm": True, "covariance": ["csh"]})
    data = frame(baseline=False)
    fit = by_formula("AVAL ~ BASE * VISIT + ARMID * VISIT", data, covariance="csh", group="ARMID")
    assert_model(results, fit, LATER)


@pytest.mark.parametrize("df", ["kenward-roger-linear", "between-within", "residual"])
def test_degrees_of_freedom(df: Any) -> None:
    results = results_with(scores(), model={"df": df})
    assert_model(results, by_formula("AVAL ~ BASE * VISIT + ARMID * VISIT", frame(baseline=False), df=df), LATER)


def test_the_declared_comparison() -> None:
    average = find(results_with(scores()), declared=True, analysis_id="patient_reported", statistic="estimate")
    assert average.select("measure", "visit").rows() == [("model_difference", None)]
    at_week_12 = results_with(scores(), baseline="response", model={"declared_visit": "Week 12"})
    rows = find(at_week_12, declared=True, analysis_id="patient_reported", statistic="p_value")
    assert rows.select("measure", "visit", "time_days").rows() == [("model_change_difference", "Week 12", 85.0)]


def test_rows_in_any_order_give_the_same_results() -> None:
    first = results_with(scores(), baseline="response").statistics
    second = results_with(scores().sample(fraction=1.0, shuffle=True, seed=3), baseline="response").statistics
    assert first.equals(second)


def test_visits_left_out_do_not_enter() -> None:
    results = results_with(scores(), model={"last_day": 57})
    data = frame(baseline=False).filter(pl.col("VISIT") != "Week 12")
    fit = by_formula("AVAL ~ BASE * VISIT + ARMID * VISIT", data)
    means = fit.differences(by="VISIT")
    for at, visit in enumerate(["Week 4", "Week 8"]):
        assert_equal(results, means, at, measure="model_difference", visit=visit)
    texts = find(results, measure="model", statistic="visits_left_out")["text"].to_list()
    assert texts == ["Week 12: after day 57"]
    assert not find(results, measure="model_difference", visit="Week 12").height
