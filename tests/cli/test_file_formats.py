"""The file format of SDTM and ADaM changes no number."""

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
