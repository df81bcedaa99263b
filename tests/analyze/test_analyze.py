"""The whole of ``analyze``: same bytes for any order of rows, odd trials, wrong input, what trial.json holds."""

import hashlib
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.analyze.small_trial import CUTOFF, adam, find, protocol, protocol_data, results_of, value

from equipoise import __version__
from equipoise.analyze import AnalyzeError, analyze
from equipoise.cdisc import Finding
from equipoise.results import STATISTICS, write_results

PRIMARY = {"analysis_id": "primary", "rule_set": "P"}


def test_shuffled_rows_give_the_same_bytes(tmp_path: Path) -> None:
    write_results(results_of(), tmp_path / "a")
    for seed in (1, 2):
        mixed = {name: frame.sample(fraction=1, shuffle=True, seed=seed) for name, frame in adam().items()}
        write_results(results_of(dict(reversed(mixed.items()))), tmp_path / "b")
        for path in sorted((tmp_path / "a").iterdir()):
            assert (tmp_path / "b" / path.name).read_bytes() == path.read_bytes(), path.name


def test_every_row_is_found_by_its_columns_and_says_how_it_was_made() -> None:
    results = results_of()
    keys = [c for c in STATISTICS if c not in ("row_id", "value", "status", "unit", "n", "n_events", "source_set")]
    assert results.statistics.select(pl.struct(keys).is_duplicated().sum()).item() == 0
    for column in ("method", "n", "source_set", "group_level"):
        assert results.statistics.filter(pl.col(column).is_null()).height == 0, column
    limits = results.statistics.filter(pl.col("statistic").str.starts_with("conf"))
    assert limits.filter(pl.col("conf_level").is_null() | pl.col("sided").is_null()).height == 0
    without_population = results.statistics.filter(pl.col("population").is_null())["analysis_id"].unique()
    assert set(without_population) == {"flow", "strata", "accrual"}
    assert set(results.statistics["source_set"]) == set(results.source_sets["source_set"])


def test_a_count_is_the_size_of_its_set() -> None:
    results = results_of()
    counts = results.statistics.filter(pl.col("method") == "count", pl.col("statistic") == "n")
    sizes = results.source_sets.select("source_set", size="n")
    joined = counts.join(sizes, on="source_set", validate="m:1")
    assert joined.filter((pl.col("value") != pl.col("size")) & (pl.col("analysis_id") != "follow_up")).height == 0


def test_findings_of_the_data_are_kept_and_those_of_the_analysis_added() -> None:
    known = Finding(
        severity="error", code="duplicate-key", dataset="AE", row_key="AESEQ=1", variable="AESEQ",
        seen="2 rows", expected="1 row", effect="both kept out", subject="S03",
    )  # fmt: skip
    results = analyze(protocol(), adam(), [known], cut_name="final", cutoff=CUTOFF)
    assert results.findings["code"].to_list() == [
        "duplicate-key",
        "not-randomized-unexplained",
        "stratum-missing",
        "treatment-status-unknown",
    ]


def test_trial_record() -> None:
    text = "equipoise: 1\n"
    data = protocol_data()
    data["endpoints"]["pfs"] |= {"assumed": ["rule_set"]}
    data["randomization"]["strata"]["region"] |= {"assumed": True}
    declared = protocol(endpoints=data["endpoints"], randomization=data["randomization"])
    trial = analyze(declared, adam(), [], cut_name="final", cutoff=CUTOFF, protocol_text=text).trial
    assert trial["equipoise"] == __version__
    assert trial["protocol_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert trial["data_cut"] == {"name": "final", "label": "Final analysis", "cutoff": "2020-12-31", "snapshot": None}
    assert trial["arms"] == [
        {"id": "active", "label": "Active", "role": "experimental"},
        {"id": "control", "label": "Control", "role": "control"},
    ]
    assert trial["comparisons"]["primary"] == [["active", "control"]]
    assert trial["subjects"] == {
        "assessed": 27,
        "randomized": 24,
        "treated": 22,
        "first_randomized": "2020-01-10",
        "last_randomized": "2020-06-28",
    }
    assert trial["assumed"] == ["randomization.strata.region", "endpoints.pfs.rule_set"]
    assert trial["labels"]["levels"]["prior"] == {"true": "Yes", "false": "No"}
    assert trial["labels"]["fields"]["prior"] == "Prior therapy"
    assert trial["protocol"]["crossover"]["from"] == "control"
    assert json.loads(json.dumps(trial)) == trial


def test_an_analysis_of_another_data_cut_is_not_done() -> None:
    data = protocol_data()
    data["analyses"]["survival"]["data_cut"] = "interim"
    results = results_of(declared=protocol(analyses=data["analyses"]))
    rows = find(results, analysis_id="survival")
    assert rows.select("status", "text").rows() == [
        ("not_done", "declared for data cut interim; these are the data of cut final")
    ]


def test_without_data_sets_only_their_parts_are_empty() -> None:
    results = results_of({"ADSL": adam()["ADSL"]})
    assert value(results, analysis_id="flow", variable="assessed") == 27
    assert value(results, variable="subjects", group_level="active", statistic="n", **PRIMARY) == 0
    assert value(results, variable="without_record", group_level="active", statistic="n", **PRIMARY) == 12
    assert find(results, analysis_id="safety_overview").select("variable", "status", "text").unique().rows() == [
        ("adverse_events", "not_done", "the data hold no adverse events (AE)")
    ]
    best = find(results, analysis_id="response", variable="best_response", variable_level="(missing)", statistic="n")
    assert best["value"].to_list() == [12, 12, 24]


def test_an_empty_trial() -> None:
    data = {name: frame.clear() for name, frame in adam().items()}
    results = results_of(data)
    assert value(results, analysis_id="flow", variable="assessed") == 0
    test = find(results, variable="logrank", statistic="z", strata="none", **PRIMARY)
    assert test.select("status", "text").row(0) == ("NE", "no subjects in arm active")
    assert results.statistics.filter(pl.col("value").is_nan()).height == 0


def test_one_arm_only() -> None:
    data = protocol_data()
    declared = protocol(
        arms={"active": data["arms"]["active"]},
        crossover=None,
        randomization=data["randomization"] | {"ratio": {"active": 1}},
    )
    frames = adam()
    single = frames["ADSL"].filter((pl.col("ARMID") == "active") | pl.col("ARMID").is_null())
    frames = {name: frame.join(single.select("USUBJID"), on="USUBJID", how="semi") for name, frame in frames.items()}
    results = results_of(frames, declared)
    assert find(results, variable="logrank").height == 0
    assert value(results, variable="q25", group_level="active", statistic="estimate", **PRIMARY) == 50
    assert value(results, variable="q25", group_level="(all)", statistic="estimate", **PRIMARY) == 50


def test_a_subject_randomized_to_no_arm_is_reported() -> None:
    data = adam()
    lost = pl.when(pl.col("USUBJID") == "S12").then(pl.lit("other")).otherwise(pl.col("ARMID")).alias("ARMID")
    data["ADSL"] = data["ADSL"].with_columns(lost)
    results = results_of(data)
    assert value(results, analysis_id="flow", variable="randomized", group_level="active") == 11
    assert value(results, analysis_id="flow", variable="not_randomized_unexplained") == 2
    finding = results.findings.filter(code="randomized-without-arm")
    assert finding.select("severity", "subject", "seen").rows() == [("error", "S12", "ARMID=other")]


def test_cohorts_are_analyzed_apart() -> None:
    data = protocol_data()
    cohorts = {
        "first": {"label": "First", "members": "sex == 'F'"},
        "second": {"label": "Second", "members": "sex == 'M'"},
    }
    analyses = {name: data["analyses"]["primary"] | {"cohort": name} for name in cohorts}
    frames = adam()
    cohort = pl.col("SEX").replace_strict({"F": "first", "M": "second"}, default=None, return_dtype=pl.String)
    frames["ADSL"] = frames["ADSL"].with_columns(COHORT=cohort)
    results = results_of(frames, protocol(cohorts=cohorts, analyses=analyses))
    row = {"variable": "subjects", "group_level": "(all)", "statistic": "n", "rule_set": "P"}
    assert value(results, analysis_id="first", **row) == 11
    assert value(results, analysis_id="second", **row) == 13
    ratio = {"variable": "hazard_ratio", "strata": "none", "statistic": "estimate", "rule_set": "P"}
    # the models within women and within men, as in the subgroups of the whole trial
    assert value(results, analysis_id="first", **ratio) == pytest.approx(0.507687953867, rel=1e-7)
    assert value(results, analysis_id="second", **ratio) == pytest.approx(0.233248280816, rel=1e-7)


def test_a_cohort_is_stratified_by_its_own_factors() -> None:
    data = protocol_data()
    cohorts = {
        "first": {"label": "First", "members": "sex == 'F'", "strata": ["region"]},
        "second": {"label": "Second", "members": "sex == 'M'", "strata": ["prior"]},
    }
    analyses = {name: data["analyses"]["primary"] | {"cohort": name} for name in cohorts}
    # a factor without a label has that of the baseline field which it is
    strata = data["randomization"]["strata"] | {
        "prior": {"expression": "prior", "sdtm": {"domain": "DM", "variable": "PRIOR"}}
    }
    frames = adam()
    cohort = pl.col("SEX").replace_strict({"F": "first", "M": "second"}, default=None, return_dtype=pl.String)
    frames["ADSL"] = frames["ADSL"].with_columns(COHORT=cohort, STRAT2R=pl.col("PRIOR"), STRAT2V=pl.col("PRIOR"))
    changes = {"cohorts": cohorts, "analyses": analyses, "randomization": data["randomization"] | {"strata": strata}}
    results = results_of(frames, protocol(**changes))
    for name, words in (("first", "Region"), ("second", "Prior therapy")):
        test = find(results, analysis_id=name, rule_set="P", variable="logrank", strata="randomization", statistic="z")
        assert test["method"].to_list() == [f"log-rank, stratified by {words}"]
    # 11 women and 13 men: each factor is tabulated in its own cohort
    sizes = find(results, analysis_id="strata", variable="stratum", group_level="(all)", text="frozen")
    counts = dict(sizes.group_by("parent_level").agg(pl.col("value").sum()).iter_rows())
    assert counts == {"region": 11, "prior": 13}


def test_three_arms_are_compared_as_declared() -> None:
    data = protocol_data()
    arms = {
        "low": {"label": "Low", "role": "experimental"},
        "high": {"label": "High", "role": "experimental"},
        "control": {"label": "Control", "role": "control"},
    }
    frames = adam()
    even = pl.col("USUBJID").str.slice(1).cast(pl.Int64) % 2 == 0
    three = pl.when(pl.col("ARMID") == "active").then(pl.when(even).then(pl.lit("low")).otherwise(pl.lit("high")))
    frames["ADSL"] = frames["ADSL"].with_columns(ARMID=three.otherwise(pl.col("ARMID")))
    ratio = {"low": 1, "high": 1, "control": 2}
    changes: dict[str, Any] = {
        "arms": arms,
        "crossover": None,
        "randomization": data["randomization"] | {"ratio": ratio},
    }
    results = results_of(frames, protocol(**changes))
    tests = find(results, variable="logrank", strata="none", statistic="z", **PRIMARY)
    assert tests.select("group_level", "reference_level", "n").rows() == [
        ("low", "control", 18),
        ("high", "control", 18),
    ]
    analyses = data["analyses"] | {"primary": data["analyses"]["primary"] | {"comparisons": [["high", "low"]]}}
    declared = results_of(frames, protocol(**changes, analyses=analyses))
    tests = find(declared, variable="logrank", strata="none", statistic="z", **PRIMARY)
    assert tests.select("group_level", "reference_level", "n").rows() == [("high", "low", 12)]
    overview = find(declared, analysis_id="safety_overview", variable="any", measure="fisher")
    assert overview.select("group_level", "reference_level").rows() == [("low", "control"), ("high", "control")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("ADSL"), r"ADSL is not there \(found ADAE, ADEX, ADRS, ADTTE\); run 'equipoise derive' first"),
        (lambda d: d.update(ADSL=d["ADSL"].drop("ARMID")), "ADSL: variable ARMID is not there"),
        (lambda d: d.update(ADTTE=d["ADTTE"].drop("CNSR", "AVAL")), "ADTTE: variable AVAL .*\n.*variable CNSR"),
        (
            lambda d: d.update(ADSL=pl.concat([d["ADSL"], d["ADSL"].head(2)])),
            r"2 subjects have several rows \(S01, S02\)",
        ),
        (lambda d: d.update(ADSL=d["ADSL"].slice(1)), r"ADTTE: 1 subjects are not in ADSL \(S01\)"),
    ],
)
def test_data_that_are_no_adam_are_refused(change: Any, message: str) -> None:
    data = adam()
    change(data)
    with pytest.raises(AnalyzeError, match=message):
        results_of(data)
