"""A trial that has hardly begun can be exported, analyzed and reported."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from tests.conduct.made_up import Trial

from equipoise.analyze import analyze
from equipoise.cdisc import read_folder, write_dataset
from equipoise.derive import DeriveError, derive
from equipoise.derive.sdtm import sdtm_from_ledger
from equipoise.protocol import DataCut
from equipoise.report import write_report


@pytest.mark.parametrize("stage", ["nobody", "screened", "randomized"])
def test_an_early_cut_goes_through_to_the_report(trial: Trial, stage: str, tmp_path: Path) -> None:
    if stage == "screened":
        trial.screened()
    elif stage == "randomized":
        trial.randomized()
    protocol = trial.rulebooks["v1"].protocol
    arms = {row.subject: trial.arm(row.subject) for row in trial.vault.rows}
    sdtm = sdtm_from_ledger(protocol, trial.chain.events, arms=arms)
    cutoff = trial.now.date()
    derived = derive(protocol, sdtm, cut=("early", DataCut(cutoff=cutoff)))
    assert derived.adam["ADSL"].height == (stage != "nobody")
    results = analyze(protocol, derived.adam, derived.findings, cut_name="early", cutoff=cutoff)
    assert write_report(results, tmp_path).is_file()


def test_data_sets_written_and_read_again_are_the_same(trial: Trial, tmp_path: Path) -> None:
    trial.progressed()
    protocol = trial.rulebooks["v1"].protocol
    arms = {row.subject: trial.arm(row.subject) for row in trial.vault.rows}
    sdtm = sdtm_from_ledger(protocol, trial.chain.events, arms=arms)
    for name, frame in sdtm.datasets.items():
        path = tmp_path / f"{name.lower()}.xpt"
        write_dataset(frame, path, name=name, label=name, created=dt.date(2024, 6, 1))
    again = read_folder(tmp_path)
    cut = ("x", DataCut(cutoff=trial.now.date()))
    first, second = derive(protocol, sdtm, cut=cut), derive(protocol, again, cut=cut)
    for name in ("ADSL", "ADTTE", "ADRS", "ADEX"):
        assert first.adam[name].equals(second.adam[name]), name


def test_a_subject_without_arm_or_with_a_strange_one_is_said(trial: Trial) -> None:
    subject = trial.randomized()
    other = trial.randomized()
    protocol = trial.rulebooks["v1"].protocol
    with pytest.raises(DeriveError) as caught:
        sdtm_from_ledger(protocol, trial.chain.events, arms={subject: "sugar"})
    assert len(caught.value.problems) == 2
    assert other in str(caught.value)


def test_corrections_and_retractions_reach_sdtm(trial: Trial) -> None:
    subject = trial.randomized()
    staff, protocol = "coordinator@01", trial.rulebooks["v1"].protocol
    for _ in range(2):
        payload = {"start": trial.today, "end": trial.today, "amount": "800", "unit": "mg"}
        trial.do("record_dose", staff, payload, subject=subject)
        trial.wait(1)
    trial.do("correct", staff, {"record": "DOSE-1", "field": "amount", "new": "400"}, subject=subject)
    trial.do("retract", staff, {"record": "DOSE-2"}, subject=subject)
    change = {"record": "BASE-1", "field": "values.age", "new": 70}
    trial.do("correct", staff, change, subject=subject)
    sdtm = sdtm_from_ledger(protocol, trial.chain.events, arms={subject: "placebo"})
    assert sdtm.datasets["EX"].select("EXTRT", "EXDOSE").rows() == [("PLACEBO", 400.0)]
    assert sdtm.datasets["DM"].filter(pl.col("SUBJID") == subject)["AGE"].to_list() == [70.0]
