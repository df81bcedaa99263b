"""Blinded data, as the server exports them, go through to a report of all patients together."""

import polars as pl


def blind(trial):
    """Leave out arm and treatment, as an export for blinded roles does; DS says who was randomized."""
    none = pl.lit(None, pl.String)
    trial.change("dm", **dict.fromkeys(("ARM", "ARMCD", "ACTARM", "ACTARMCD"), none))
    trial.change("ex", EXTRT=pl.lit("STUDY TREATMENT"))


def subjects(trial, name):
    rows = trial.table("statistics").filter(
        pl.col("analysis_id") == "primary", pl.col("rule_set") == "P", pl.col("statistic") == "n"
    )
    found = rows.filter(pl.col("variable") == name).select("group_level", "value").unique()
    return {level: value for level, value in found.rows() if level != "(all)"}


def test_everybody_is_reported_together(trial):
    assert trial.report().returncode == 0
    events = sum(subjects(trial, "events")[arm] for arm in ("active", "placebo"))
    blind(trial)
    done = trial.report()
    assert done.returncode == 0, done.stderr
    assert "these data are blinded: all patients are reported together" in done.stderr
    assert "nobody is randomized" not in done.stderr
    assert subjects(trial, "subjects") == {"all_patients": 16}
    assert subjects(trial, "events") == {"all_patients": events}
    page = (trial.out / "report/index.html").read_text()
    assert "All patients" in page
    findings = trial.table("findings")
    assert "dose-without-randomization" not in findings["code"].to_list()


def test_data_with_arms_are_not_pooled(trial):
    done = trial.report()
    assert "blinded" not in done.stderr
    assert {"active": 8, "placebo": 8}.items() <= subjects(trial, "subjects").items()
