"""Trials of other shapes are rehearsed by protocol and model alone: cohorts, computed fields, no dose levels."""

from functools import cache

import polars as pl
import pytest
from tests.rehearsal.other_trials import model_for, other_protocol, other_text

from equipoise.rehearsal.characteristics.measure import measure_trials
from equipoise.rehearsal.decision import stratified
from equipoise.rehearsal.facts import Facts, generate
from equipoise.rehearsal.memory import Rehearsed, run
from equipoise.rehearsal.patients import screened_patients
from equipoise.rehearsal.streams import default_draws


@cache
def rehearsed(name: str) -> tuple[Facts, Rehearsed]:
    protocol, model = other_protocol(name), model_for(name)
    facts = generate(protocol, model, default_draws([0], model.accrual.screened))
    return facts, run(protocol, other_text(name), model, facts)


@pytest.mark.parametrize("name", ["cabinet", "netter1", "radiant4"])
def test_nothing_that_happens_is_refused(name: str) -> None:
    facts, done = rehearsed(name)
    assert facts.patients["RANDOMIZED"].count() >= 5
    assert [(each.command.kind, each.refusal.reason) for each in done.unexpected()] == []
    assert list(done.surprises()) == []


def test_cohorts_are_allocated_by_themselves() -> None:
    facts, done = rehearsed("cabinet")
    people = facts.patients.filter(pl.col("SLOT").is_not_null())
    assert set(people["COHORT"]) == {"epnet", "pnet"}
    assert people.filter(COHORT="pnet")["factors.primary_site"].null_count() == people.filter(COHORT="pnet").height
    events = {event.subject: event.payload for event in done.events if event.kind == "randomized"}
    told = facts.records["randomized"].join(facts.patients.select("PATIENT", "SUBJECT"), on="PATIENT")
    assert {s: (c, t) for s, c, t in told.select("SUBJECT", "cohort", "stratum").iter_rows()} == {
        subject: (payload["cohort"], payload["stratum"]) for subject, payload in events.items()
    }
    assert done.vault.replay().ok


def test_computed_fields_are_not_recorded_but_known() -> None:
    facts, _ = rehearsed("netter1")
    assert "values.stable_octreotide" not in facts.records["baseline_recorded"].columns
    assert facts.patients["stable_octreotide"].null_count() == 0


def test_nobody_is_randomized_whose_stratum_is_not_known() -> None:
    protocol, model = other_protocol("netter1"), model_for("netter1")
    factor = next(name for name, field in protocol.baseline.items() if name in str(protocol.strata()))
    distributions = {name: given for name, given in model.baseline.items() if name != factor}
    blank = model.model_copy(update={"baseline": distributions})
    patients = screened_patients(protocol, blank, default_draws([0], 10))
    assert not stratified(protocol, patients).any()
    assert patients["RANDOMIZED"].count() == 0


def test_a_primary_analysis_of_a_cohort_is_measured_in_that_cohort() -> None:
    protocol, model = other_protocol("cabinet"), model_for("cabinet")
    rows = measure_trials(protocol, model, range(1, 3))
    patients = generate(
        protocol, model, default_draws(range(1, 3), model.accrual.screened), parts=("disease",)
    ).patients
    own = patients.filter(COHORT="epnet").filter(pl.col("ARM").is_not_null())
    assert rows["n"].to_list() == [own.filter(TRIAL=trial).height for trial in (1, 2)]
    assert (rows["n"] < [patients.filter(TRIAL=t)["ARM"].count() for t in (1, 2)]).all()
