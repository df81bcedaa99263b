"""What the data do not hold is said, not counted as zero or taken from elsewhere."""

import datetime as dt

import polars as pl
import pytest
from tests.analyze.small_trial import adam, find, protocol, protocol_data, results_of, value

STRATIFIED = {"analysis_id": "primary", "rule_set": "P", "statistic": "z"}


def test_strata_without_a_record_are_one_model_that_says_so() -> None:
    data = adam()
    data["ADSL"] = data["ADSL"].with_columns(STRAT1R=pl.col("STRAT1V"))
    results = results_of(data)
    rows = find(results, **STRATIFIED)
    assert rows.select("strata", "declared", "method").rows() == [
        (
            "randomization",
            True,
            "log-rank, stratified by Region (recomputed: no record of the strata used)",
        ),
        ("none", False, "log-rank, unstratified"),
    ]
    assert set(find(results, analysis_id="strata")["text"]) == {"corrected"}


def test_the_one_model_is_declared_where_corrected_strata_are() -> None:
    data, declared = adam(), protocol_data()
    data["ADSL"] = data["ADSL"].with_columns(STRAT1R=pl.col("STRAT1V"))
    primary = declared["analyses"]["primary"] | {"test": {"logrank": {"strata": "corrected"}}}
    results = results_of(data, protocol(analyses=declared["analyses"] | {"primary": primary}))
    assert find(results, **STRATIFIED).filter("declared")["strata"].to_list() == ["randomization"]


def test_strata_with_a_home_keep_both_models() -> None:
    data, declared = adam(), protocol_data()
    data["ADSL"] = data["ADSL"].with_columns(STRAT1R=pl.col("STRAT1V"))
    region = {"label": "Region", "expression": "region", "sdtm": {"domain": "DM", "variable": "REGION"}}
    randomization = declared["randomization"] | {"strata": {"region": region}}
    rows = find(results_of(data, protocol(randomization=randomization)), **STRATIFIED)
    assert rows["strata"].to_list() == ["randomization", "none", "corrected"]
    assert rows["method"][0] == "log-rank, stratified by Region"


def test_factor_missing_for_everybody_is_named() -> None:
    data = adam()
    empty = pl.lit(None, dtype=pl.String)
    data["ADSL"] = data["ADSL"].with_columns(STRAT1R=empty, STRAT1V=empty)
    results = results_of(data)
    for variable in ("logrank", "hazard_ratio"):
        rows = find(results, analysis_id="primary", variable=variable, strata="randomization", rule_set="P")
        assert set(rows["text"]) == {"the data do not hold the strata: Region missing for every subject"}
        assert set(rows["status"]) == {"NE"}


@pytest.mark.parametrize(("variable", "flag"), [("discontinued", "DISCFL"), ("related", "RELFL"), ("serious", "SERFL")])
@pytest.mark.parametrize("dropped", [True, False])
def test_flag_of_adverse_events_that_nobody_recorded(variable: str, flag: str, dropped: bool) -> None:
    data = adam()
    without = data["ADAE"].drop(flag)
    data["ADAE"] = without if dropped else without.with_columns(pl.lit(None, dtype=pl.String).alias(flag))
    results = results_of(data)
    rows = find(results, analysis_id="safety_overview", variable=variable)
    assert set(rows.select("status", "text").rows()) == {("NE", "not recorded")}
    assert set(rows["group_level"]) == {"active", "control"}
    assert value(results, analysis_id="safety_overview", variable="any", group_level="active", statistic="n") == 4


def test_no_sites() -> None:
    data = adam()
    data["ADSL"] = data["ADSL"].with_columns(SITEID=pl.lit(None, dtype=pl.String))
    rows = find(results_of(data), analysis_id="accrual", variable="site")
    assert set(rows.select("status", "text", "value").rows()) == {("not_done", "no subject has a site (SITEID)", None)}


def test_death_is_no_cause_of_death() -> None:
    data = adam()
    data["ADSL"] = data["ADSL"].with_columns(DTHCAUS=pl.when(pl.col("DTHFL") == "Y").then(pl.lit("Death")))
    causes = find(results_of(data), analysis_id="deaths", variable="cause")
    assert set(causes["variable_level"]) == {"(not recorded)"}


def test_deaths_that_rest_on_an_imputed_last_dose() -> None:
    data = adam()
    where = {"analysis_id": "deaths", "variable": "within_30_days", "group_level": "control", "statistic": "n"}
    before = find(results_of(data), **where)
    adsl = data["ADSL"]
    died = pl.col("USUBJID") == "S17"
    assert value(results_of(data), **where) == before["value"][0]
    data["ADSL"] = adsl.with_columns(
        TRTEDT=pl.when(died).then(pl.col("DTHDT")).otherwise(pl.col("TRTEDT")),
        TRTEDTF=pl.when(died).then(pl.lit("Y")),
    )
    after = find(results_of(data), **where)
    assert after["value"][0] == before["value"][0] - 1
    assert after["text"][0] == (
        "1 more death is not counted: the last dose has no end date and was taken to end with death"
    )
    assert before["text"][0] is None


def test_reason_for_no_treatment_is_not_that_of_leaving_the_study_where_treatment_has_a_record() -> None:
    data = adam()
    never = pl.col("USUBJID") == "S01"
    left = data["ADSL"].with_columns(DCSREAS=pl.when(never).then(pl.lit("Withdrawal")).otherwise(pl.col("DCSREAS")))
    where = {"analysis_id": "flow", "variable": "not_received_reason", "group_level": "active", "statistic": "n"}
    data["ADSL"] = left
    assert value(results_of(data), variable_level="Withdrawal", **where) == 1
    data["ADSL"] = left.with_columns(EOTDT=pl.when(never).then(pl.lit(dt.date(2020, 2, 1))))
    results = results_of(data)
    assert value(results, variable_level="(not recorded)", **where) == 1
    assert find(results, variable_level="Withdrawal", **where).height == 0
