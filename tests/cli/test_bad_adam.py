"""ADaM that somebody changed: refused with data set, variable and remedy, exit code 2, nothing written."""

import polars as pl


def test_a_variable_was_removed(trial):
    adam, out = trial.folder / "adam", trial.folder / "analyzed"
    assert trial.run("derive", str(trial.folder), str(trial.sdtm), "-o", str(adam)).returncode == 0
    path = adam / "adtte.parquet"
    pl.read_parquet(path).drop("CNSR").write_parquet(path)
    refused = trial.run("analyze", str(trial.folder), str(adam), "-o", str(out))
    assert refused.returncode == 2
    assert "ADTTE: variable CNSR is not there; run 'equipoise derive' again" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not out.exists()


def test_a_subject_was_removed_from_adsl(trial):
    adam, out = trial.folder / "adam", trial.folder / "analyzed"
    assert trial.run("derive", str(trial.folder), str(trial.sdtm), "-o", str(adam)).returncode == 0
    path = adam / "adsl.parquet"
    pl.read_parquet(path).slice(1).write_parquet(path)
    refused = trial.run("analyze", str(trial.folder), str(adam), "-o", str(out))
    assert refused.returncode == 2
    assert "subjects are not in ADSL" in refused.stderr
    assert not out.exists()
