"""The main job on a made-up trial: what is written, equal byte for byte; a change of the protocol shows."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest


def digests(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def run_alone(trial, output: Path, *, cwd: Path, **environment: str) -> None:
    """Run the main job in a process of its own."""
    code = "import sys; from equipoise.cli import main; sys.exit(main())"
    formats = [part for name in ("parquet", "xpt", "json", "csv") for part in ("--format", name)]
    command = [sys.executable, "-c", code, "report", str(trial.folder), str(trial.sdtm), "-o", str(output), *formats]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **environment}, cwd=cwd)


def test_writes_adam_results_and_report_and_prints_the_page(trial):
    done = trial.report("--format", "parquet", "--format", "xpt")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(trial.out / "report/index.html")
    names = {p.name for p in trial.out.rglob("*")}
    assert {
        "adsl.parquet",
        "adsl.xpt",
        "adtte.parquet",
        "statistics.parquet",
        "statistics.json",
        "trial.json",
        "index.html",
    } <= names


def test_counts_of_subjects_and_events_are_those_of_the_data(trial):
    assert trial.report().returncode == 0
    rows = trial.table("statistics").filter(
        pl.col("analysis_id") == "primary",
        pl.col("rule_set") == "P",
        pl.col("variable").is_in(["subjects", "events"]),
        pl.col("statistic") == "n",
    )
    seen = {(r["group_level"], r["variable"]): r["value"] for r in rows.iter_rows(named=True)}
    # progressions of odd subjects 1, 3, 7 and the death of 9; of even subjects 2, 4, 6, 8, 10, 14 and the death of 12
    assert seen["active", "subjects"] == 8
    assert seen["placebo", "subjects"] == 8
    assert seen["active", "events"] == 4
    assert seen["placebo", "events"] == 7


@pytest.mark.parametrize(
    ("threads", "zone", "shuffle"), [("1", "UTC", False), ("2", "Asia/Tokyo", False), ("2", "America/New_York", True)]
)
def test_equal_input_gives_equal_bytes(trial, tmp_path, threads, zone, shuffle):
    run_alone(trial, trial.out, cwd=trial.folder)
    before = digests(trial.out)
    if shuffle:
        for path in trial.sdtm.iterdir():
            frame = pl.read_csv(path, infer_schema=False)
            frame.sample(fraction=1, shuffle=True, seed=7).write_csv(path)
    again = tmp_path / "elsewhere" / "again"
    run_alone(trial, again, cwd=tmp_path, POLARS_MAX_THREADS=threads, TZ=zone, LC_ALL="C")
    after = digests(again)
    changed = [name for name in before if before[name] != after.get(name)]
    if shuffle:  # the mark holds the hashes of the input files
        changed = [name for name in changed if not name.endswith("equipoise.json")]
    assert before.keys() == after.keys()
    assert not changed


def test_changing_one_endpoint_changes_the_report(make_trial):
    trial = make_trial()
    assert trial.report().returncode == 0
    before = (trial.out / "report/index.html").read_text()
    text = trial.protocol.read_text()
    trial.protocol.write_text(text.replace("events: [local_progression, death]", "events: [local_progression]"))
    assert trial.report().returncode == 0
    after = (trial.out / "report/index.html").read_text()
    assert before != after
    rows = trial.table("statistics").filter(
        pl.col("analysis_id") == "primary",
        pl.col("rule_set") == "P",
        pl.col("variable") == "events",
        pl.col("group_level") == "active",
        pl.col("statistic") == "n",
    )
    assert rows["value"].to_list() == [3]


def test_stage_by_stage_gives_the_same_results_as_all_in_one(trial, tmp_path):
    assert trial.report().returncode == 0
    adam, results, report = tmp_path / "adam", tmp_path / "results", tmp_path / "page"
    for arguments in (
        ["derive", str(trial.folder), str(trial.sdtm), "-o", str(adam)],
        ["analyze", str(trial.folder), str(adam), "-o", str(results)],
        ["report", "--results", str(results), "-o", str(report)],
    ):
        done = trial.run(*arguments)
        assert done.returncode == 0, done.stderr
    whole, parts = digests(trial.out / "results"), digests(results)
    parts.pop("equipoise.json")
    assert parts == whole
    assert digests(report / "report") == digests(trial.out / "report")


@pytest.mark.parametrize("verb", ["check", "diff", "derive", "analyze", "report"])
def test_every_verb_shows_an_example(trial, verb):
    done = trial.run(verb, "--help")
    assert done.returncode == 0
    assert f"equipoise {verb} " in done.stdout


def test_help_lists_exit_codes(trial):
    assert "2 wrong input" in " ".join(trial.run("--help").stdout.replace("│", " ").split())
