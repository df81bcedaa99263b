"""What a user reads when protocol, data or folder are wrong: code 2 and a remedy, or a finding; nothing overwritten."""

import errno
from pathlib import Path

import polars as pl
import pytest


def refused(done, *words):
    """The command ended with code 2, said these words, and showed no traceback."""
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    text = " ".join((done.stdout + done.stderr).split())
    assert "Traceback" not in text
    missing = [w for w in words if w not in text]
    assert not missing, text


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("equipoise: 1", "equipoise: [1", ["protocol.yaml"]),
        ("masking:", "maskin:", ["maskin", "masking"]),
        ("minimum_events: 2", "minimum_events: two", ["two", "minimum_events"]),
        ("include: age >= 18", "include: agee >= 18", ["agee", "age"]),
        ("sdtm: [PBO]", "sdtm: [ACT]", ["ACT", "placebo"]),
        ("  placebo: {label: Placebo", "  active: {label: Placebo", ["active"]),
        ("endpoint: os", "endpoint: oss", ["oss", "os"]),
        ("events: [death], landmarks_months: [6]", "events: [death], landmarks_months: [6, 6]", ["ascending", "6, 6"]),
        ("events: [death], landmarks_months: [6]", "events: [death], landmarks_months: [-3, 6]", ["-3, 6"]),
        ("events: [death], landmarks_months: [6]", "events: [death], landmarks_months: [12, 6]", ["6, 12"]),
        ("events: [death], landmarks_months: [6]", "events: [death], landmarks_months: [0]", ["above 0"]),
    ],
    ids=[
        "not-yaml",
        "unknown-key",
        "wrong-type",
        "unknown-field",
        "one-code-for-two-arms",
        "two-arms-one-id",
        "unknown-endpoint",
        "landmark-twice",
        "landmark-below-zero",
        "landmarks-falling",
        "landmark-at-zero",
    ],
)
def test_wrong_protocol(make_trial, old, new, words):
    trial = make_trial(replace=(old, new))
    refused(trial.report(), "protocol.yaml", *words)
    assert not trial.out.exists()
    refused(trial.run("check", str(trial.protocol)), "protocol.yaml", *words)


def test_all_problems_of_a_protocol_at_once(make_trial):
    trial = make_trial(replace=("endpoint: os", "endpoint: oss"))
    text = trial.protocol.read_text().replace("age >= 18", "agee >= 18").replace("sizes: [4]", "sizes: [3]")
    trial.protocol.write_text(text)
    refused(trial.run("check", str(trial.protocol)), "oss", "agee", "3")


def test_protocol_not_there(trial, tmp_path):
    refused(trial.run("report", str(tmp_path / "nowhere"), str(trial.sdtm), "-o", str(trial.out)), "nowhere")


def test_data_folder_not_there(trial):
    refused(trial.run("report", str(trial.folder), str(trial.folder / "nodata"), "-o", str(trial.out)), "nodata")
    assert not trial.out.exists()


def test_data_folder_empty(trial):
    empty = trial.folder / "empty"
    empty.mkdir()
    refused(trial.run("report", str(trial.folder), str(empty), "-o", str(trial.out)), "empty")


@pytest.mark.parametrize("name", ["dm", "rs"])
def test_missing_domain(trial, name):
    (trial.sdtm / f"{name}.csv").unlink()
    refused(trial.report(), name.upper())
    assert not trial.out.exists()


def test_missing_variables_are_all_named(trial):
    trial.write("dm", pl.read_csv(trial.sdtm / "dm.csv", infer_schema=False).drop("ARMCD", "ARM"))
    trial.write("rs", pl.read_csv(trial.sdtm / "rs.csv", infer_schema=False).drop("RSSTRESC"))
    refused(trial.report(), "ARMCD", "RSSTRESC")


def test_truncated_xpt(trial, tmp_path):
    adam = tmp_path / "adam"
    assert trial.run("derive", str(trial.folder), str(trial.sdtm), "-o", str(adam), "--format", "xpt").returncode == 0
    whole = (adam / "adsl.xpt").read_bytes()
    (trial.sdtm / "dm.csv").unlink()
    (trial.sdtm / "dm.xpt").write_bytes(whole[: len(whole) - 500])
    refused(trial.report(), "dm.xpt")


def test_csv_in_latin_1_is_never_garbled(trial):
    text = (trial.sdtm / "ae.csv").read_text().replace("Nausea", "Übelkeit")
    (trial.sdtm / "ae.csv").write_bytes(text.encode("latin-1"))
    done = trial.report()
    if done.returncode == 0:  # read with a finding
        assert "ae.csv" in str(trial.table("findings").rows())
        assert "Übelkeit" in (trial.out / "report/index.html").read_text()
    else:
        refused(done, "ae.csv", "UTF-8")


def findings(trial, *, subject):
    done = trial.report()
    assert done.returncode == 0, done.stderr
    return trial.table("findings").filter((pl.col("subject") == subject) | pl.col("row_key").str.contains(subject))


def value(trial, analysis, variable, *, arm="active", statistic="n", rule_set="P"):
    rows = trial.table("statistics").filter(
        pl.col("analysis_id") == analysis,
        pl.col("variable") == variable,
        pl.col("group_level") == arm,
        pl.col("statistic") == statistic,
        pl.col("rule_set").fill_null("") == (rule_set or ""),
    )
    assert rows.height == 1, rows
    return rows.row(0, named=True)


def test_duplicated_keys_are_counted_once(trial):
    ae = pl.read_csv(trial.sdtm / "ae.csv", infer_schema=False)
    trial.write("ae", pl.concat([ae, ae.head(1)]))
    assert findings(trial, subject="MADEUP-01").filter(pl.col("dataset") == "AE").height == 1
    assert pl.read_parquet(trial.out / "adam/adae.parquet").height == 4


@pytest.mark.parametrize("seen", ["2099-03-01", "1931-03-01"], ids=["in-2099", "before-birth"])
def test_impossible_event_date_is_a_finding_and_moves_nothing(trial, seen):
    trial.change("rs", RSDTC=pl.when(pl.col("USUBJID") == "MADEUP-01").then(pl.lit(seen)).otherwise("RSDTC"))
    found = findings(trial, subject="MADEUP-01")
    assert seen in found["seen"].str.join().item() if found.height else pytest.fail("no finding")
    adtte = pl.read_parquet(trial.out / "adam/adtte.parquet").filter(
        pl.col("USUBJID") == "MADEUP-01", pl.col("PARAMCD") == "PFS"
    )
    assert adtte["AVAL"].to_list() == [1]
    assert (adtte["CNSR"] > 0).all()


def test_death_before_randomization_is_a_finding(trial):
    trial.change("dm", DTHDTC=pl.when(pl.col("USUBJID") == "MADEUP-02").then(pl.lit("2019-12-01")).otherwise("DTHDTC"))
    found = findings(trial, subject="MADEUP-02")
    assert "2019-12-01" in " ".join(found["seen"].drop_nulls())
    aval = pl.read_parquet(trial.out / "adam/adtte.parquet").filter(pl.col("PARAMCD") == "OS")["AVAL"]
    assert aval.min() >= 1


def test_death_in_two_sources_with_different_dates_is_a_finding(trial, day_of):
    ds = pl.read_csv(trial.sdtm / "ds.csv", infer_schema=False)
    row = ds.filter(pl.col("USUBJID") == "MADEUP-04").with_columns(
        DSSEQ=pl.lit("2"),
        DSTERM=pl.lit("DEATH"),
        DSDECOD=pl.lit("DEATH"),
        DSCAT=pl.lit("DISPOSITION EVENT"),
        DSSTDTC=pl.lit(day_of(310)),
    )
    trial.write("ds", pl.concat([ds, row]))
    found = findings(trial, subject="MADEUP-04")
    text = " ".join(str(v) for v in found.rows())
    assert day_of(300) in text
    assert day_of(310) in text
    adtte = pl.read_parquet(trial.out / "adam/adtte.parquet").filter(
        pl.col("USUBJID") == "MADEUP-04", pl.col("PARAMCD") == "OS"
    )
    assert adtte["AVAL"].to_list() == [300]  # DM is the first source


def test_subject_without_assessment_is_censored_on_day_1(trial):
    rs = pl.read_csv(trial.sdtm / "rs.csv", infer_schema=False)
    trial.write("rs", rs.filter(pl.col("USUBJID") != "MADEUP-05"))
    assert trial.report().returncode == 0
    adtte = pl.read_parquet(trial.out / "adam/adtte.parquet").filter(
        pl.col("USUBJID") == "MADEUP-05", pl.col("PARAMCD") == "PFS"
    )
    assert adtte["AVAL"].to_list() == [1]
    assert adtte["CNSREAS"].to_list() != [None]


def test_randomized_but_never_treated_stays_in_itt_and_leaves_safety(trial):
    ex = pl.read_csv(trial.sdtm / "ex.csv", infer_schema=False)
    trial.write("ex", ex.filter(pl.col("USUBJID") != "MADEUP-05"))
    assert trial.report().returncode == 0
    adsl = pl.read_parquet(trial.out / "adam/adsl.parquet").filter(pl.col("USUBJID") == "MADEUP-05")
    assert adsl.select("ITTFL", "SAFFL").row(0) == ("Y", "N")


def test_arm_without_events_has_no_invented_hazard_ratio(trial):
    trial.change(
        "dm",
        DTHDTC=pl.when(pl.col("ARMCD") == "ACT").then(None).otherwise("DTHDTC"),
        DTHFL=pl.lit(None, dtype=pl.String),
    )
    assert trial.report().returncode == 0
    assert value(trial, "survival", "events")["value"] == 0
    assert value(trial, "survival", "median", statistic="estimate")["status"] == "NR"
    ratio = trial.table("statistics").filter(
        pl.col("analysis_id") == "survival", pl.col("variable") == "hazard_ratio", pl.col("statistic") == "estimate"
    )
    assert ratio.height > 0
    assert set(ratio["status"]) == {"NE"}
    assert ratio["text"].null_count() == 0


def test_empty_stratum_is_named_not_counted(make_trial):
    trial = make_trial(replace=("levels: [USA, CAN, FRA]", "levels: [USA, CAN, FRA, DEU]"))
    trial.change("dm", COUNTRY=pl.when(pl.col("USUBJID") == "MADEUP-16").then(pl.lit("FRA")).otherwise("COUNTRY"))
    assert trial.report().returncode == 0
    text = trial.table("statistics").filter(
        pl.col("analysis_id") == "primary", pl.col("variable") == "logrank", pl.col("strata") == "randomization"
    )["text"]
    assert "FRA" in " ".join(text.drop_nulls())


def test_population_of_nobody_is_said_not_computed(make_trial):
    trial = make_trial(replace=("members: randomized}", "members: randomized and age > 200}"))
    done = trial.report()
    assert done.returncode == 0, done.stderr
    assert value(trial, "primary", "subjects")["value"] == 0
    assert (trial.out / "report/index.html").is_file()


@pytest.mark.parametrize("cutoff", ["2019-12-31", "2001-07-10"], ids=["before-randomization", "before-everything"])
def test_a_cut_before_the_first_randomization_is_a_report_of_nobody(make_trial, cutoff):
    trial = make_trial(replace=("cutoff: 2022-12-31", f"cutoff: {cutoff}"))
    done = trial.report()
    assert done.returncode == 0, done.stderr
    assert pl.read_parquet(trial.out / "adam/adtte.parquet").height == 0
    assert (trial.out / "report/index.html").stat().st_size > 10_000


def test_no_subject_at_all_is_a_report_of_nobody(trial):
    for name in ("dm", "ds", "ae", "ex", "rs"):
        trial.write(name, pl.read_csv(trial.sdtm / f"{name}.csv", infer_schema=False).clear())
    done = trial.report()
    assert done.returncode == 0, done.stderr
    assert pl.read_parquet(trial.out / "adam/adsl.parquet").height == 0
    assert (trial.out / "report/index.html").stat().st_size > 10_000


def test_a_folder_made_by_someone_else_is_not_touched(trial):
    trial.out.mkdir()
    (trial.out / "thesis.txt").write_text("mine")
    refused(trial.report(), "not made by equipoise")
    assert (trial.out / "thesis.txt").read_text() == "mine"


def test_a_failed_run_leaves_the_last_report_as_it_was(trial):
    assert trial.report().returncode == 0
    before = (trial.out / "report/index.html").read_bytes()
    (trial.sdtm / "dm.csv").unlink()
    refused(trial.report(), "DM")
    assert (trial.out / "report/index.html").read_bytes() == before


def test_output_may_not_hold_the_input(trial):
    refused(trial.run("report", str(trial.folder), str(trial.sdtm), "-o", str(trial.sdtm)), "input")
    assert (trial.sdtm / "dm.csv").is_file()


def test_unknown_data_cut_names_those_there_are(trial):
    refused(trial.report("--cut", "finale"), "finale", "final")


def test_unknown_format(trial):
    refused(trial.report("--format", "xls"), "xls", "parquet")


def test_disk_full_leaves_the_folder_as_it_was(trial, monkeypatch):
    assert trial.report().returncode == 0
    before = (trial.out / "report/index.html").read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("equipoise.cli.report.write_results", full)
    done = trial.report()
    assert done.returncode == 3
    assert "No space left on device" in done.stderr
    assert (trial.out / "report/index.html").read_bytes() == before
    assert [p.name for p in trial.folder.iterdir() if p.name.startswith(".out")] == []


def test_a_defect_is_called_one_and_its_details_are_kept(trial, monkeypatch):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("made for this test")

    monkeypatch.setattr("equipoise.cli.report.write_results", broken)
    done = trial.report()
    assert done.returncode == 1
    assert "defect of equipoise" in done.stderr
    details = Path(done.stderr.split("details are in ")[1].split(";")[0])
    assert "made for this test" in details.read_text()
    details.unlink()


def test_rows_kept_out_are_said_at_the_end_of_the_run(trial):
    trial.change("rs", RSDTC=pl.when(pl.col("USUBJID") == "MADEUP-01").then(pl.lit("2099-03-01")).otherwise("RSDTC"))
    assert "out of the analysis" in trial.report().stderr
