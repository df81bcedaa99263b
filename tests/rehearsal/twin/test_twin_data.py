"""What the twin's record, analysis data, results and an R script say of the same things."""

import csv
import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.rehearsal import rehearsed
from tests.rehearsal.rehearsed import protocol_of, protocol_text
from tests.rehearsal.twin.conftest import TRIAL, Twin

from equipoise.analyze import analyze
from equipoise.cdisc import read_folder
from equipoise.cli.derive import derive_files, read_sdtm, write_adam
from equipoise.rehearsal.twin.published import load_published
from equipoise.report import write_report
from equipoise.results import Results, read_results
from equipoise.stats import logrank_test, trial_from_times

EARLY = "asco_2019"


@pytest.fixture(scope="module")
def results(twin: Twin) -> Results:
    return read_results(twin.folder / "results")


@pytest.fixture(scope="module")
def adam(twin: Twin, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """The analysis data as they stand in the parquet files."""
    folder = tmp_path_factory.mktemp("adam")
    for path in (twin.folder / "adam").glob("ad*.parquet"):
        shutil.copyfile(path, folder / path.name)
    return read_folder(folder).datasets


def flow(results: Results, variable: str, arm: str | None) -> float:
    rows = results.statistics.filter(analysis_id="flow", variable=variable, statistic="n").filter(
        pl.col("group_level").eq_missing(arm)
    )
    assert rows.height == 1, (variable, arm, rows)
    return float(rows["value"][0])


def test_counts_are_the_same_in_record_analysis_data_and_flow(results: Results, adam: dict[str, pl.DataFrame]) -> None:
    protocol, record = protocol_of(), rehearsed.twin().run
    kinds = pl.DataFrame({"kind": [e.kind for e in record.events], "subject": [e.subject for e in record.events]})
    subjects = {kind: set(rows["subject"]) for (kind,), rows in kinds.group_by("kind")}
    arms, adsl = record.arms(), adam["ADSL"]
    assert adsl.height == len(subjects["screened"])
    assert set(adsl.filter(RANDFL="Y")["SUBJID"]) == subjects["randomized"]
    assert set(adsl.filter(pl.col("TRTSDT").is_not_null())["SUBJID"]) == subjects["dose_recorded"]
    assert set(adsl.filter(CROSSFL="Y")["SUBJID"]) == subjects["open_label_dose_recorded"]
    dead = {subject for subject, each in record.state.subjects.items() if each.death}
    assert dead < subjects["death_recorded"], "a death recorded in error is retracted"
    assert set(adsl.filter(DTHFL="Y")["SUBJID"]) == dead
    for arm in protocol.arms:
        own = {subject for subject, given in arms.items() if given == arm}
        assert flow(results, "randomized", arm) == len(own) == adsl.filter(RANDFL="Y", ARMID=arm).height
        assert flow(results, "received", arm) == len(own & subjects["dose_recorded"])
    crossed = subjects["open_label_dose_recorded"]
    assert flow(results, "crossed_over", "placebo") == len(crossed & {s for s, arm in arms.items() if arm == "placebo"})


def test_r_agrees_with_every_figure(twin: Twin, results: Results, tmp_path: Path) -> None:
    """R's survival package and Fisher's test on the exported CSV, at both data cuts."""
    program = shutil.which("Rscript")
    if program is None:
        pytest.skip("Rscript is not installed")
    protocol = protocol_of()
    early = derive_files(protocol, read_sdtm(protocol, _parquet_alone(twin.folder / "sdtm", tmp_path)), cut=EARLY)
    write_adam(protocol, early, tmp_path / "early", ["csv"])
    command = [program, TRIAL / "check.R", twin.folder / "adam", tmp_path / "early"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "no package called" in done.stderr:
        pytest.skip("R has no package survival")
    assert done.returncode == 0, done.stderr
    found = {name: float(value) for name, value in csv.reader(io.StringIO(done.stdout))}
    ours = {row["name"]: row for row in results.trial["published"]["lines"] if row["value"] is not None}
    assert set(found) <= set(ours)
    wrong = {
        name: (value, ours[name]["value"])
        for name, value in found.items()
        if not np.isclose(value, ours[name]["value"], rtol=1e-6, atol=1e-9)
    }
    assert wrong == {}
    lines = load_published(TRIAL / "published.yaml")
    assert {name for name in ours if lines[name].no_published_number is None} <= set(found)


def _parquet_alone(folder: Path, place: Path) -> Path:
    """A copy without the other formats: two files of one data set are refused."""
    copy = place / "sdtm"
    copy.mkdir()
    for path in folder.glob("*.parquet"):
        shutil.copyfile(path, copy / path.name)
    return copy


def test_the_simulator_finds_the_same_z_in_the_same_times(results: Results, adam: dict[str, pl.DataFrame]) -> None:
    """Times of the twin through the simulator's test, through `logrank_test`, and in the row of the results."""
    people = adam["ADSL"].filter(RANDFL="Y").select("USUBJID", "ARMID", "STRATAR")
    rows = adam["ADTTE"].filter(ENDPT="pfs_central", PRIMFL="Y").join(people, on="USUBJID").sort("USUBJID")
    time, event = rows["AVAL"].to_numpy().astype(float), (rows["CNSR"] == 0).to_numpy()
    arm = (rows["ARMID"] == "pazopanib").to_numpy().astype(int)
    stratum = (rows["STRATAR"].rank("dense") - 1).to_numpy().astype(int)
    simulated = trial_from_times(
        np.where(event, time, np.inf), arm, dropout_time=np.where(event, np.inf, time), stratum=stratum
    )
    test = logrank_test(time, event, arm, strata=stratum, reference=0)
    assert float(simulated.z[0, 0]) == pytest.approx(test.z, rel=1e-12)
    analysis = next(name for name, given in protocol_of().analyses.items() if given.role == "primary")
    shown = results.statistics.filter(analysis_id=analysis, variable="logrank").filter(pl.col("statistic") == "z")
    assert shown.height >= 1
    assert float(shown["value"][0]) == pytest.approx(test.z, rel=1e-9)


def test_the_same_seed_gives_the_same_report(twin: Twin, results: Results, tmp_path: Path) -> None:
    """Derived, analyzed and reported once more from the exported data: the same numbers, and the same bytes."""
    protocol = protocol_of()
    found = derive_files(protocol, read_sdtm(protocol, _parquet_alone(twin.folder / "sdtm", tmp_path)), cut=None)
    again = analyze(
        protocol, found.adam, list(found.findings), cut_name=found.cut_name, cutoff=found.cutoff,
        protocol_text=protocol_text(),
    )  # fmt: skip
    assert again.statistics.equals(results.statistics)
    page = write_report(results, tmp_path / "report")
    assert page.read_bytes() == (twin.folder / "report/index.html").read_bytes()
    made = {path.relative_to(page.parent): path.read_bytes() for path in page.parent.rglob("*") if path.is_file()}
    kept = {
        path.relative_to(twin.folder / "report"): path.read_bytes()
        for path in (twin.folder / "report").rglob("*")
        if path.is_file()
    }
    assert made == kept


def test_only_synthetic_names_are_in_the_data(twin: Twin, adam: dict[str, pl.DataFrame]) -> None:
    assert adam["ADSL"]["STUDYID"].unique().to_list() == ["SYN-A021202"]
    assert all(re.fullmatch(r"SYN\d\d", site) for site in adam["ADSL"]["SITEID"].to_list())
    mark = json.loads((twin.folder / "equipoise.json").read_text(encoding="utf-8"))
    assert mark["fault"] is True
