"""The file format of SDTM and ADaM changes no number."""

import shutil
from datetime import date

import pytest

from equipoise.cdisc import read_dataset, write_dataset

TABLES = ("statistics", "curves", "subjects", "source_sets", "findings")


def results(folder):
    return {table: (folder / f"{table}.json").read_bytes() for table in TABLES}


@pytest.fixture
def expected(trial):
    assert trial.report().returncode == 0
    return results(trial.out / "results")


@pytest.mark.parametrize("ending", ["parquet", "xpt", "json", "ndjson"])
def test_sdtm_in_another_format_gives_the_same_results(trial, expected, ending):
    for path in sorted(trial.sdtm.glob("*.csv")):
        write_dataset(
            read_dataset(path), path.with_suffix(f".{ending}"), name=path.stem.upper(), created=date(2022, 12, 31)
        )
        path.unlink()
    done = trial.report()
    assert done.returncode == 0, done.stderr
    assert results(trial.out / "results") == expected


@pytest.mark.parametrize("endings", [["xpt"], ["csv"], ["json"], ["parquet", "xpt"]], ids="-".join)
def test_adam_in_another_format_gives_the_same_results(trial, expected, endings, tmp_path):
    formats = [word for ending in endings for word in ("--format", ending)]
    done = trial.run("derive", str(trial.folder), str(trial.sdtm), "-o", str(tmp_path / "adam"), *formats)
    assert done.returncode == 0, done.stderr
    done = trial.run("analyze", str(trial.folder), str(tmp_path / "adam"), "-o", str(tmp_path / "results"))
    assert done.returncode == 0, done.stderr
    assert results(tmp_path / "results") == expected


def test_a_zip_as_the_running_trial_exports_it_gives_the_same_results(trial, expected, tmp_path):
    file = shutil.make_archive(str(tmp_path / "export"), "zip", trial.sdtm)
    done = trial.run("report", str(trial.folder), file, "-o", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert results(tmp_path / "out" / "results") == expected
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 cut off")
    done = trial.run("report", str(trial.folder), str(tmp_path / "broken.zip"), "-o", str(tmp_path / "other"))
    assert done.returncode != 0
    assert "broken.zip is no zip that can be read" in done.stderr
