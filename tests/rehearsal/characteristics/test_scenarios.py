"""What each scenario changes, and what it leaves alone."""

from functools import cache

import polars as pl
import pytest
from tests.rehearsal.characteristics.few import model_text, protocol_text

from equipoise.protocol import parse_protocol
from equipoise.rehearsal.characteristics import SCENARIOS, scenario
from equipoise.rehearsal.facts import generate
from equipoise.rehearsal.model.loading import parse_model
from equipoise.rehearsal.streams import default_draws

TRIALS = range(1, 7)


@cache
def people(name: str) -> pl.DataFrame:
    """Everybody randomized in six trials of a scenario."""
    protocol = parse_protocol(protocol_text())
    model = scenario(name, protocol, parse_model(model_text(), protocol))
    draws = default_draws(TRIALS, model.accrual.screened)
    patients = generate(protocol, model, draws, parts=("disease",)).patients
    return patients.filter(pl.col("RANDOMIZED").is_not_null()).sort("TRIAL", "PATIENT")


def survival(frame: pl.DataFrame) -> pl.Series:
    return (frame["DEATH"] - frame["RANDOMIZED"]).dt.total_days()


@pytest.mark.parametrize("name", SCENARIOS)
def test_patients_and_their_arms_are_those_of_the_model_as_declared(name: str) -> None:
    columns = ("TRIAL", "PATIENT", "ARM", "RANDOMIZED", "AGE") if "AGE" in people(name).columns else ("TRIAL", "ARM")
    assert people(name).select(columns).equals(people("declared").select(columns))


def test_open_treatment_that_helps_puts_off_deaths_of_those_who_cross_over() -> None:
    declared, helps = people("declared"), people("helps")
    crossed = declared["OPEN_START"].is_not_null()
    before, after = survival(declared), survival(helps)
    assert before.filter(~crossed).equals(after.filter(~crossed))
    both = pl.DataFrame({"before": before, "after": after}).filter(crossed & before.is_not_null())
    still = both.filter(pl.col("after").is_null() | (pl.col("after") >= pl.col("before")))
    assert still.height == both.height
    assert both.filter(pl.col("after").is_null() | (pl.col("after") > pl.col("before"))).height > both.height / 2 > 0


def test_slow_review_unblinds_later_and_immediate_review_earlier() -> None:
    days = {
        name: people(name).select(days=(pl.col("UNBLINDED") - pl.col("LOCAL_PD")).dt.total_days().median()).item()
        for name in ("immediate", "declared", "slow", "helps_late")
    }
    assert days["immediate"] < days["declared"] < days["slow"] == days["helps_late"]


def test_nobody_crosses_over_where_nobody_takes_the_open_treatment() -> None:
    assert people("declared")["OPEN_START"].is_not_null().any()
    assert people("no_crossover")["OPEN_START"].is_null().all()
