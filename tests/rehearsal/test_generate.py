"""Synthetic trials as a whole: the same however they are divided, and acceptable to everybody who reads them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from equipoise.conduct import Rulebook
from equipoise.criteria import recist_responses
from equipoise.protocol import Protocol, load_protocol
from equipoise.rehearsal import Facts, PatientModel, default_draws, generate, load_model

TRIAL = Path(__file__).parents[2] / "trials" / "a021202"
KEYS = ["TRIAL", "PATIENT"]


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return load_protocol(TRIAL / "protocol.yaml")


@pytest.fixture(scope="module")
def model(protocol: Protocol) -> PatientModel:
    return load_model(TRIAL / "twin.yaml", protocol)


@pytest.fixture(scope="module")
def facts(protocol: Protocol, model: PatientModel) -> Facts:
    return generate(protocol, model, default_draws(range(6), model.accrual.screened), parts=("disease", "lesions"))


def test_trials_do_not_depend_on_each_other(protocol: Protocol, model: PatientModel, facts: Facts) -> None:
    alone = generate(protocol, model, default_draws([4], model.accrual.screened), parts=("disease", "lesions"))
    assert alone.patients.equals(facts.patients.filter(TRIAL=4))
    assert alone.scans.equals(facts.scans.filter(TRIAL=4))
    for kind, frame in alone.records.items():
        assert frame.equals(facts.records[kind].filter(TRIAL=4)), kind


def test_another_candidate_of_one_patient_moves_nobody_else(protocol: Protocol, model: PatientModel) -> None:
    draws = default_draws([0], model.accrual.screened)
    before = generate(protocol, model, draws, parts=("disease",))
    patient = before.patients.filter(pl.col("ARM").is_not_null())["PATIENT"][30]
    moved = draws.with_columns(
        disease=pl.when(pl.col("PATIENT") == patient).then(17).otherwise("disease").cast(pl.Int32)
    )
    after = generate(protocol, model, moved, parts=("disease",))
    others = pl.col("PATIENT") != patient
    assert after.patients.filter(others).equals(before.patients.filter(others))
    assert after.records["tumors_measured"].filter(others).equals(before.records["tumors_measured"].filter(others))
    assert not after.patients.equals(before.patients)


def test_every_trial_randomizes_as_many_as_it_declares(model: PatientModel, facts: Facts) -> None:
    counts = facts.patients.group_by("TRIAL").agg(pl.col("ARM").count())
    assert counts["ARM"].unique().to_list() == [model.accrual.randomized]
    randomized = facts.patients.filter(pl.col("ARM").is_not_null()).sort("TRIAL", "SLOT")
    assert randomized.select((pl.col("RANDOMIZED").diff().dt.total_days() >= 0).over("TRIAL").all()).item()
    failed = facts.patients.filter(pl.col("ARM").is_null())
    assert failed["FAILED"].null_count() == 0


def test_without_the_fault_the_arms_are_balanced(protocol: Protocol, model: PatientModel, facts: Facts) -> None:
    draws = default_draws(range(6), model.accrual.screened)
    fair = generate(protocol, model, draws, parts=("disease",), faulty=False)

    def share(patients: pl.DataFrame) -> list[int]:
        counts = patients.filter(ARM="pazopanib").group_by("TRIAL").len().sort("TRIAL")
        return counts["len"].to_list()

    assert all(abs(2 * n - model.accrual.randomized) <= 15 for n in share(fair.patients)), (
        "four strata, blocks of 4 and 6"
    )
    assert sum(share(facts.patients)) > sum(share(fair.patients)) + 30


@pytest.mark.parametrize("reader", [0, 1, 2])
def test_responses_are_those_of_the_criteria(protocol: Protocol, facts: Facts, reader: int) -> None:
    """From the lesions as recorded, before crossover."""
    if reader == 0:
        rows, said = facts.records["tumors_measured"].rename({"date": "day"}), "computed"
    else:
        rows, said = facts.records["read_locked"].filter(pl.col("reader") == reader), "response"
    randomized = facts.patients.select(*KEYS, "RANDOMIZED")
    rows = rows.join(randomized, on=KEYS, maintain_order="left")
    given = rows.select(
        STUDYID=pl.col("TRIAL").cast(pl.String), USUBJID=pl.col("PATIENT").cast(pl.String).str.zfill(4),
        VISIT="assessment", DAY=(pl.col("day") - pl.col("RANDOMIZED")).dt.total_days(), LESION="lesion", KIND="kind",
        ORGAN="organ", NODAL="nodal", DIAMETER=pl.col("diameter") / 100, STATE="state",
        BASELINE=pl.col("assessment") == 0,
    )  # fmt: skip
    charter = replace(Rulebook(protocol).charter, reference_day=0)
    found = recist_responses(given, charter)
    assert found.findings.filter(severity="error").is_empty()
    expected = found.visits.select("STUDYID", "USUBJID", "VISIT", "OVERALL").sort("STUDYID", "USUBJID", "VISIT")
    recorded = rows.unique([*KEYS, "assessment"], keep="first").filter(pl.col("assessment") > 0).select(
        STUDYID=pl.col("TRIAL").cast(pl.String), USUBJID=pl.col("PATIENT").cast(pl.String).str.zfill(4),
        VISIT="assessment", OVERALL=said,
    )  # fmt: skip
    assert expected.equals(recorded.sort("STUDYID", "USUBJID", "VISIT"))
    assert expected.height > 3000


def test_without_lesions_the_readings_are_the_same(protocol: Protocol, model: PatientModel, facts: Facts) -> None:
    short = generate(protocol, model, default_draws(range(6), model.accrual.screened), parts=("disease",))
    for kind in ("tumors_measured", "read_locked"):
        heads = facts.records[kind].select(short.records[kind].columns).unique([*KEYS, "NTH"], maintain_order=True)
        assert heads.equals(short.records[kind]), kind


def test_days_come_in_an_order_that_can_be(facts: Facts) -> None:
    p = facts.patients.filter(pl.col("ARM").is_not_null())
    orders = [("SCREENED", "RANDOMIZED"), ("RANDOMIZED", "FIRST_DOSE"), ("FIRST_DOSE", "BLINDED_END"),
              ("LOCAL_PD", "GATE"), ("GATE", "UNBLINDED"), ("BLINDED_END", "OPEN_START"), ("OPEN_START", "OPEN_END"),
              ("OPEN_END", "LAST_SEEN"), ("BLINDED_END", "LAST_SEEN"), ("LAST_SEEN", "DEATH")]  # fmt: skip
    for first, second in orders:
        wrong = p.filter(pl.col(first) > pl.col(second))
        assert wrong.is_empty(), (first, second, wrong.select(*KEYS, first, second))
    assert p.filter(pl.col("OPEN_START").is_not_null(), pl.col("ARM") != "placebo").is_empty()
    scans = facts.scans.join(p.select(*KEYS, "DEATH", "UNBLINDED"), on=KEYS)
    assert scans.filter(pl.col("DATE") >= pl.col("DEATH")).is_empty()
    assert scans.filter(pl.col("PHASE") == "blinded", pl.col("DATE") > pl.col("UNBLINDED")).is_empty()


def test_open_treatment_begins_in_the_window_of_its_baseline_scan(protocol: Protocol, facts: Facts) -> None:
    assert protocol.crossover is not None
    crossed = facts.patients.filter(pl.col("OPEN_START").is_not_null())
    scans = facts.scans.filter(PHASE="blinded").group_by(KEYS).agg(pl.col("DATE").max())
    wait = crossed.join(scans, on=KEYS).select((pl.col("OPEN_START") - pl.col("DATE")).dt.total_days()).to_series()
    assert wait.max() == protocol.crossover.new_baseline_scan_days
    assert wait.min() > 0
    assert crossed.height > 150


def test_every_situation_of_central_review_occurs(facts: Facts) -> None:
    p = facts.patients.filter(pl.col("ARM").is_not_null())
    local, gate, central = (p[name].is_not_null() for name in ("LOCAL_PD", "GATE", "CENTRAL_PD"))
    assert (local & ~gate).sum() > 0, "progression at the site that central review does not confirm"
    assert (central & ~local).sum() > 0, "progression in central review alone"
    assert (gate & p["UNBLINDED"].is_null()).sum() > 0, "confirmed, but nobody is left to unblind"
    results = facts.records["central_result"]
    assert set(results["answer"]) == {"confirmed", "not confirmed", "not evaluable"}
    assert set(results.filter("adjudicated")["reader"]) == {1, 2}
    assert facts.records["adjudication_requested"]["triggers"].explode().unique().sort().to_list() == [
        "best_response", "progression_date",
    ]  # fmt: skip
    assert set(facts.records["withdrawn"]["level"]) == {"drug", "visits", "survival", "data"}
    assert set(facts.records["study_ended"]["why"]) == {
        "death", "lost to follow-up", "completed", "withdrawal by patient",
    }  # fmt: skip


def test_records_of_a_patient_are_numbered_in_order(facts: Facts) -> None:
    for kind, frame in facts.records.items():
        if kind == "site_opened":
            continue
        assert frame.columns[:4] == ["TRIAL", "PATIENT", "AT", "NTH"], kind
        heads = frame.unique([*KEYS, "NTH"], keep="first").sort(*KEYS, "NTH")
        steps = heads.select(pl.col("AT").diff().over(KEYS).alias("AT"), pl.col("NTH").diff().over(KEYS).alias("NTH"))
        assert (steps["AT"].drop_nulls() >= 0).all(), kind
        assert (steps["NTH"].drop_nulls() == 1).all(), kind
        assert heads.group_by(KEYS).agg(pl.col("NTH").min())["NTH"].unique().to_list() in ([0], []), kind


def test_the_doses_are_levels_of_the_protocol_and_do_not_overlap(protocol: Protocol, facts: Facts) -> None:
    doses = facts.records["dose_recorded"].sort(*KEYS, "start")
    assert set(doses["amount"]) == {"0", "400", "600", "800"}
    assert doses.filter(pl.col("end") < pl.col("start")).is_empty()
    gap = (pl.col("start") - pl.col("end").shift().over(KEYS)).dt.total_days()
    assert doses.select(gap).to_series().drop_nulls().unique().to_list() == [1], "day after day"
    first = doses.group_by(KEYS).agg(pl.col("start").min(), pl.col("end").max())
    known = facts.patients.join(first, on=KEYS)
    assert known.filter(pl.col("FIRST_DOSE") != pl.col("start")).is_empty()
    assert known.filter(pl.col("BLINDED_END") != pl.col("end")).is_empty()


def test_the_model_lands_near_what_was_published(protocol: Protocol, model: PatientModel) -> None:
    """Means over trials; a single trial of 171 patients varies far more."""
    facts = generate(protocol, model, default_draws(range(40), model.accrual.screened), parts=("disease",))
    p = facts.patients.filter(pl.col("ARM").is_not_null())
    crossed = p.select(pl.col("OPEN_START").is_not_null().sum()).item() / 40
    assert 44 < crossed < 54
    deaths = p.filter("DEATH_KNOWN").group_by("ARM").len().sort("ARM")
    assert np.abs(deaths["len"].to_numpy() / 40 - [54, 39]).max() < 5
    never = p.filter(pl.col("FIRST_DOSE").is_null()).group_by("ARM").len().sort("ARM")
    assert np.abs(never["len"].to_numpy() / 40 - [8, 2]).max() < 1.5
