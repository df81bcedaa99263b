"""What goes wrong: every situation takes place, is recorded or refused by rule, and stands in no one's way."""

import datetime as dt
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl
import pytest
from tests.rehearsal.made_up_courses import courses, times_of
from tests.rehearsal.rehearsed import protocol_of, protocol_text, small_model, whole_model

from equipoise.derive.sdtm import sdtm_from_ledger
from equipoise.rehearsal.additions import as_entered
from equipoise.rehearsal.attempts import AS_BEFORE
from equipoise.rehearsal.direct import sdtm_of
from equipoise.rehearsal.facts import Facts, generate
from equipoise.rehearsal.incidents import person_keys
from equipoise.rehearsal.memory import Rehearsed, run
from equipoise.rehearsal.model.incidents import ATTEMPTS, ConsentVersion, Recorded
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.streams import default_draws
from equipoise.rehearsal.timeline import DAY


@dataclass(frozen=True)
class Troubled:
    facts: Facts
    run: Rehearsed


def troubled_model() -> PatientModel:
    """Few patients in whom much goes wrong, and who often withdraw the use of their data."""
    model = small_model(60)
    incidents = model.incidents
    assert incidents is not None
    rates = dict.fromkeys(Recorded.model_fields, 0.3) | {"rescreened": 1.0}
    versions = (
        ConsentVersion(version="2.0", effective=dt.date(2013, 11, 4)),
        ConsentVersion(version="3.0", effective=dt.date(2014, 6, 2)),
    )
    changed = {
        "recorded": Recorded.model_validate(rates), "consent_versions": versions,
        "attempts": dict.fromkeys(ATTEMPTS, 0.3) | {"after_withdrawal": 1.0, "not_eligible": 1.0, "old_site": 1.0},
        "deviations": {"visit out of window": 0.6, "dosing error": 0.4},
    }  # fmt: skip
    wish = model.dropout.causes["patient"]
    causes = model.dropout.causes | {"patient": wish.model_copy(update={"then": dict.fromkeys(wish.then, 1.0)})}
    return model.model_copy(update={
        "incidents": incidents.model_copy(update=changed),
        "dropout": model.dropout.model_copy(update={"causes": causes}),
    })  # fmt: skip


@cache
def troubled(trial: int = 0) -> Troubled:
    model, protocol = troubled_model(), protocol_of()
    facts = generate(protocol, model, default_draws([trial], model.accrual.screened))
    return Troubled(facts, run(protocol, protocol_text(), model, facts, trial=trial, attempts=True))


@cache
def several() -> Facts:
    model = troubled_model()
    return generate(protocol_of(), model, default_draws(range(12), model.accrual.screened))


@pytest.mark.parametrize("trial", [0, 1])
def test_every_attempt_gets_the_answer_that_is_expected(trial: int) -> None:
    found = troubled(trial).run
    assert len(found.tries) > 60
    assert [(t.attempt, t.command.kind, t.expected, answer) for t, answer in found.surprises()] == []


@pytest.mark.parametrize("trial", [0, 1])
def test_nothing_that_goes_wrong_stands_in_the_way_of_the_rest(trial: int) -> None:
    found = troubled(trial).run
    assert [(r.command.kind, r.refusal.reason) for r in found.unexpected()] == []


def test_every_attempt_of_the_list_takes_place() -> None:
    added = several().added
    assert added is not None
    assert set(added.attempts["ATTEMPT"].unique()) == set(ATTEMPTS)
    again = added.attempts.filter(pl.col("REPEATS").is_not_null())
    assert set(again["EXPECTED"].unique()) == {AS_BEFORE}


def test_every_situation_of_the_record_takes_place() -> None:
    facts = several()
    kinds = (
        "randomized_in_error", "stratum_corrected", "transferred", "lost_to_follow_up", "found_again",
        "wrong_kit_dispensed", "code_broken", "safety_unblinded", "unblinding_reported", "unblinding_assessed",
        "deviation_recorded", "query_opened", "query_answered", "query_closed", "withdrawn", "screen_failed",
    )  # fmt: skip
    assert [kind for kind in kinds if not facts.records[kind].height] == []
    assert set(facts.records["withdrawn"]["level"].unique()) == {"drug", "visits", "survival", "data"}
    assert set(facts.records["visit_recorded"]["status"].unique()) == {"done", "missed"}
    assert facts.records["screened"]["rescreen_of"].drop_nulls().len() > 0
    assert set(facts.records["consented"]["version"].unique()) == {"1.0", "2.0", "3.0"}
    assert facts.added is not None
    assert facts.added.entered["death_retracted"].height == facts.added.entered["death_recorded"].height > 5
    assert set(facts.added.revised["HOW"].unique()) == {"updated", "corrected"}


def test_both_roads_give_the_same_data() -> None:
    found = troubled()
    ledger = sdtm_from_ledger(protocol_of(), found.run.events, arms=found.run.arms()).datasets
    direct = sdtm_of(protocol_of(), found.facts).datasets
    assert set(ledger) == set(direct)
    assert [name for name, frame in ledger.items() if not frame.equals(direct[name])] == []
    assert ledger["AE"].height > 300


def test_rates_come_back() -> None:
    model = whole_model()
    assert model.incidents is not None
    rates = {"randomized_in_error": 0.2, "stratum_corrected": 0.2, "transferred": 0.2}
    incidents = model.incidents.model_copy(update={"recorded": Recorded.model_validate(rates), "attempts": {}})
    model = model.model_copy(update={"incidents": incidents})
    facts = generate(
        protocol_of(), model, default_draws(range(6), model.accrual.screened), parts=("disease", "incidents")
    )
    randomized = facts.records["randomized"].height
    spread = 4 * np.sqrt(0.2 * 0.8 * randomized)
    for kind in rates:
        seen = facts.records[kind].height
        assert 0.2 * randomized - spread - 0.06 * randomized < seen < 0.2 * randomized + spread, kind


def test_nothing_is_recorded_while_a_patient_is_thought_dead() -> None:
    facts = several()
    added = facts.added
    assert added is not None
    entered = as_entered(facts.records, added)
    wrong = added.entered["death_recorded"].select("TRIAL", "PATIENT", DIED="AT")
    back = added.entered["death_retracted"].select("TRIAL", "PATIENT", BACK="AT")
    spans = wrong.join(back, on=["TRIAL", "PATIENT"])
    assert spans.filter(pl.col("BACK") - pl.col("DIED") < DAY).height == 0
    for kind, frame in (*entered.items(), ("attempts", added.attempts)):
        if "PATIENT" not in frame.columns:
            continue
        inside = frame.join(spans, on=["TRIAL", "PATIENT"]).filter(
            (pl.col("AT") > pl.col("DIED")) & (pl.col("AT") < pl.col("BACK"))
        )
        assert inside.height == 0, kind


def test_what_is_entered_ends_as_what_counts() -> None:
    facts = several()
    assert facts.added is not None
    entered = as_entered(facts.records, facts.added)["adverse_event_recorded"]
    counts = facts.records["adverse_event_recorded"].with_columns(record=pl.format("AE-{}", pl.col("NTH") + 1))
    keys = ["TRIAL", "PATIENT", "record"]
    assert entered.select(keys).unique().height == counts.height < entered.height
    last = entered.sort("AT").unique(keys, keep="last")
    corrected = facts.added.revised.filter(HOW="corrected", KIND="adverse_event_recorded").select(
        "TRIAL", "PATIENT", pl.format("AE-{}", pl.col("NTH") + 1).alias("record")
    )
    both = counts.join(last, on=keys, suffix="_entered").join(corrected, on=keys, how="anti")
    for field in ("end", "outcome", "related", "grade"):
        assert both.filter(pl.col(field).ne_missing(pl.col(f"{field}_entered"))).height == 0, field
    wrong = counts.join(last, on=keys, suffix="_entered").join(corrected, on=keys)
    assert wrong.height > 10
    assert wrong.filter(pl.col("related") == pl.col("related_entered")).height == 0


def test_people_have_keys_of_their_own() -> None:
    keys = person_keys(times_of(protocol_of(), courses(3, 300)))
    assert keys.n_unique() == 900
    assert keys.str.contains("^[0-9a-f]{64}$").all()


def test_a_trial_is_the_same_alone_and_among_others() -> None:
    model = troubled_model()
    alone = generate(protocol_of(), model, default_draws([3], model.accrual.screened))
    for kind, frame in alone.records.items():
        assert frame.equals(several().records[kind].filter(TRIAL=3)), kind
    assert alone.added is not None
    assert several().added is not None
    assert alone.added.attempts.equals(several().added.attempts.filter(TRIAL=3))
