"""Survival had nobody crossed over where the data allow no estimate: a row with the reason, never a traceback."""

import datetime as dt
from typing import Any

import polars as pl
import pytest
from tests.analyze.crossover_trial import (
    CUTOFF,
    Patients,
    adam,
    block,
    number,
    patients,
    protocol,
    protocol_data,
    results_of,
)

from equipoise.protocol import Protocol
from equipoise.results import Results

Frames = dict[str, pl.DataFrame]
METHODS = ("censored_at_switch", "without_switchers", "rpsftm", "ipcw", "two_stage", "two_stage_g")


@pytest.fixture(scope="module")
def of() -> Patients:
    """A trial in which all methods can be used."""
    return patients(160, seed=6)


def reasons(results: Results, status: str = "not_done") -> dict[str, str]:
    """Method -> why it was not done; with its recensored variant where only that one was not."""
    rows = block(results, measure="hazard_ratio", statistic="estimate", status=status)
    assert rows["value"].is_null().all()
    return {row["variable"]: row["text"] for row in rows.to_dicts()}


def changed(data: Frames, name: str, *columns: pl.Expr) -> Frames:
    """The data with other columns in one data set."""
    return {**data, name: data[name].with_columns(*columns)}


def test_nobody_crossed_over(of: Patients) -> None:
    data = changed(adam(of), "ADSL", pl.lit(None, dtype=pl.Date).alias("TR02SDT"), pl.lit("N").alias("CROSSFL"))
    results = results_of(data)
    assert reasons(results) == dict.fromkeys(METHODS, "nobody in arm placebo crossed over")
    assert 0 < number(results, "intention_to_treat") < 2
    assert block(results, variable="switched", statistic="n")["value"][0] == 0


def test_everybody_crossed_over(of: Patients) -> None:
    data = adam(of)
    control = pl.col("ARMID") == "placebo"
    data = changed(data, "ADSL", pl.when(control).then(pl.col("RANDDT")).alias("TR02SDT"))
    found = reasons(results_of(data))
    assert set(found) == set(METHODS) - {"rpsftm"}
    assert all(
        why == "everybody in arm placebo crossed over: nobody is left to stand for them" for why in found.values()
    )


def test_no_dates_of_progression(of: Patients) -> None:
    data = adam(of)
    del data["ADRS"]
    results = results_of(data)
    found = reasons(results)
    why = "the data hold no date of central progression, which opens the gate of crossover"
    assert found == dict.fromkeys(("ipcw", "two_stage", "two_stage_g"), why)
    n = block(results, variable="switched_without_progression", statistic="n").to_dicts()[0]
    assert n["value"] == n["n"] > 0


def test_no_cut_off_date_and_times_beyond_it(of: Patients) -> None:
    data = adam(of)
    for cutoff, words in (
        (None, "no cut-off date"),
        (CUTOFF - dt.timedelta(days=90), "are observed after the cut-off"),
    ):
        rows = block(results_of(data, cutoff=cutoff), measure="hazard_ratio", statistic="estimate")
        lost = rows.filter(pl.col("status") == "not_done")
        assert set(lost["variable_level"]) == {"recensored"}
        assert set(lost["variable"]) == {"rpsftm", "two_stage", "two_stage_g"}
        assert all(words in text for text in lost["text"])
        assert rows.filter(pl.col("variable_level") == "not_recensored")["value"].is_not_null().all()


def test_data_sets_of_an_older_derivation(of: Patients) -> None:
    data = adam(of)
    results = results_of({**data, "ADSL": data["ADSL"].drop("TR02SDT")})
    rows = block(results).to_dicts()
    assert len(rows) == 1
    assert rows[0]["status"] == "not_done"
    assert "RANDDT and TR02SDT" in rows[0]["text"]


@pytest.mark.parametrize(
    ("arm", "words"),
    [("placebo", "no events in arm placebo"), ("drug", "no events in arm drug"), (None, "no events")],
)
def test_arms_without_deaths(of: Patients, arm: str | None, words: str) -> None:
    data = adam(of)
    inside = pl.col("USUBJID").is_in(
        data["ADSL"].filter(pl.col("ARMID").is_in([arm] if arm else ["drug", "placebo"]))["USUBJID"].to_list()
    )
    data = changed(data, "ADTTE", pl.when(inside).then(pl.lit(1)).otherwise("CNSR").alias("CNSR"))
    assert reasons(results_of(data)) == dict.fromkeys(METHODS, words)


def test_an_arm_without_patients(of: Patients) -> None:
    data = adam(of)
    only = data["ADSL"].filter(pl.col("ARMID") == "drug")["USUBJID"].to_list()
    data = {name: frame.filter(pl.col("USUBJID").is_in(only)) for name, frame in data.items()}
    assert reasons(results_of(data)) == dict.fromkeys(METHODS, "no subjects in arm placebo")


@pytest.mark.parametrize(
    ("code", "date"),
    [
        ("crossover-undated", pl.lit(None, dtype=pl.Date)),
        ("crossover-before-randomization", pl.col("RANDDT") - pl.duration(days=5)),
        ("crossover-after-observation", pl.col("RANDDT") + pl.duration(days=20_000)),
    ],
)
def test_dates_of_crossover_that_cannot_be(of: Patients, code: str, date: pl.Expr) -> None:
    data = adam(of)
    subject = data["ADSL"].filter(pl.col("TR02SDT").is_not_null())["USUBJID"][0]
    mine = pl.col("USUBJID") == subject
    before = block(results_of(data), variable="switched", statistic="n")["value"][0]
    data = changed(data, "ADSL", pl.when(mine).then(date).otherwise("TR02SDT").cast(pl.Date).alias("TR02SDT"))
    results = results_of(data)
    found = results.findings.filter(pl.col("code") == code)
    assert found["subject"].to_list() == [subject]
    assert found["variable"].to_list() == ["TR02SDT"]
    lost = code != "crossover-before-randomization"
    assert block(results, variable="switched", statistic="n")["value"][0] == before - lost


def test_crossover_without_progression_by_the_assessor_that_counts(of: Patients) -> None:
    data = adam(of)
    crossed = data["ADSL"].filter(pl.col("TR02SDT").is_not_null())["USUBJID"].to_list()
    unseen = pl.col("USUBJID").is_in(crossed[:5])
    local = data["ADRS"].filter(pl.col("USUBJID").is_in(crossed[:3])).with_columns(ASSESSOR=pl.lit("local"))
    data = {**data, "ADRS": pl.concat([data["ADRS"].filter(~unseen), local])}
    results = results_of(data)
    row = block(results, variable="switched_without_progression", statistic="n").to_dicts()[0]
    assert (row["value"], row["n"]) == (5, len(crossed))
    assert number(results, "two_stage", variable_level="recensored") > 0
    other = results_of(data, protocol(progression="local"))
    assert block(other, variable="progressed", statistic="n").to_dicts()[0]["value"] == 3
    assert block(other, variable="progressed", statistic="n")["text"][0] == "local progression"


def test_crossover_that_does_not_wait_for_progression(of: Patients) -> None:
    data = protocol_data()
    data["crossover"]["when"] = "interim_decision"
    frames = adam(of)
    frames["ADRS"] = frames["ADRS"][::2]
    results = results_of(frames, Protocol.model_validate(data))
    why = "crossover does not wait for progression: progression is no second baseline"
    assert reasons(results) == {"two_stage": why, "two_stage_g": why}
    assert number(results, "ipcw") > 0
    words = block(results, variable="covariates_after_randomization")["text"][0]
    assert words == "progression"


def test_covariates_that_are_missing_constant_or_absent(of: Patients) -> None:
    asked: dict[str, Any] = {
        "covariates": ["frail", "region"],
        "time_varying": {"ldh": {"sdtm": {"domain": "LB", "testcd": "LDH"}}},
    }
    data = changed(adam(of), "ADSL", pl.lit(None, dtype=pl.String).alias("FRAIL"), pl.col("STRAT1R").alias("REGION"))
    results = results_of(data, protocol(**asked))
    words = {row["variable"]: row["text"] for row in block(results, statistic="names").to_dicts()}
    assert words["covariates_at_randomization"] == "Region"
    assert words["covariates_absent"] == "ldh"
    assert number(results, "ipcw") > 0
    without = {name: frame for name, frame in data.items() if name != "ADTDC"}
    again = results_of(without, protocol(**asked))
    assert number(again, "two_stage", variable_level="recensored") == number(
        results, "two_stage", variable_level="recensored"
    )


def test_a_model_that_cannot_be_estimated_says_why(of: Patients) -> None:
    data = adam(of)
    crossed = pl.col("TR02SDT").is_not_null() | (pl.col("ARMID") == "drug")
    data = changed(data, "ADSL", pl.when(crossed).then(pl.lit("Y")).otherwise(pl.lit("N")).alias("FRAIL"))
    results = results_of(data, protocol(covariates=["frail"], methods=["ipcw"]))
    assert "cannot be estimated" in reasons(results, status="NE")["ipcw"]
    assert set(block(results, variable="ipcw", measure="hazard_ratio")["status"]) == {"NE"}


def test_a_trial_that_asks_for_nothing_has_no_rows(of: Patients) -> None:
    data = protocol_data()
    del data["analyses"]["survival"]["crossover_adjustment"]
    results = results_of(adam(of), Protocol.model_validate(data))
    assert block(results).is_empty()
    assert results.curves.filter(pl.col("analysis_id") == "survival_without_crossover").is_empty()


@pytest.mark.parametrize("n", [2, 3, 4, 6, 12])
@pytest.mark.parametrize("seed", [1, 3, 6, 7])
def test_a_handful_of_patients_gives_numbers_or_reasons(n: int, seed: int) -> None:
    results = results_of(adam(patients(n, psi=-0.4, seed=seed, switching=0.5)), protocol(covariates=["frail"]))
    rows = block(results, measure="hazard_ratio")
    assert set(rows["variable"]) == {"intention_to_treat", *METHODS}
    lost = rows.filter(pl.col("value").is_null())
    assert set(lost["status"]) <= {"NE", "not_done"}
    assert not any(text is None or "nan" in text or text.startswith("limits") for text in lost["text"])
