"""Responses by strata, of the measurable, of a biomarker, over time; and trials in which little is there."""

import datetime as dt

import polars as pl
import pytest
from tests.analyze.hand_review import CUTOFF, hand_adam, hand_results
from tests.analyze.review_trial import review_protocol
from tests.analyze.small_trial import find, value

from equipoise.analyze import analyze
from equipoise.results import Results

DRUG = {"group_level": "pazopanib", "reference_level": "placebo"}
START = dt.date(2020, 1, 1)
#          stratum: responders and subjects of one arm, of the other
R_CMH = {
    "test": [1.72377961762675, 1, 0.189207251306819],
    "odds_ratio": [0.606265488975027, 0.276685275369989, 1.3284329736399],
}
"""R 4.2.2: mantelhaen.test(x, correct = FALSE), x <- array(c(3,5,1,3, 2,7,8,3, ...), c(2, 2, 6)) of ``SIX_STRATA``."""
SIX_STRATA = ((3, 8, 1, 4), (2, 9, 8, 11), (1, 4, 3, 8), (8, 9, 4, 11), (2, 6, 9, 13), (1, 6, 7, 11))


def strata_results(
    strata: tuple[tuple[int, int, int, int], ...], conf_level: float = 0.95, **analysis: object
) -> Results:
    """Results of a trial with these responders in each stratum."""
    adsl, adrs = [], []
    for k, (x1, n1, x2, n2) in enumerate(strata):
        for arm, x, n in (("pazopanib", x1, n1), ("placebo", x2, n2)):
            for i in range(n):
                name = f"{k}-{arm}-{i:02}"
                adsl.append({"USUBJID": name, "ARMID": arm, "RANDFL": "Y", "RANDDT": START, "ITTFL": "Y"})
                adsl[-1] |= {"STRAT1R": f"stratum {k}", "STRAT1V": f"stratum {k}"}
                answer = "PR" if i < x else "SD"
                adrs.append({"USUBJID": name, "PARAMCD": "CBOR", "ASSESSOR": "central", "AVALC": answer})
    response = {"endpoint": "response_central", "population": "itt", "effect": {"risk_difference": True}}
    declared = review_protocol(analyses={"response": {**response, "conf_level": conf_level, **analysis}})
    data = {"ADSL": pl.DataFrame(adsl), "ADRS": pl.DataFrame(adrs)}
    return analyze(declared, data, [], cut_name="final", cutoff=CUTOFF)


def numbers(results: Results, measure: str, strata: str, *names: str) -> list[float]:
    row = {"analysis_id": "response", "variable": "objective_response", "measure": measure, "strata": strata, **DRUG}
    return [value(results, statistic=name, **row) for name in names]


@pytest.mark.evidence(
    method="analyze, stratified response", kind="published", source="R package tern, reference values of prop_diff_cmh"
)
def test_stratified_difference_as_printed() -> None:
    found = numbers(
        strata_results(SIX_STRATA, 0.9), "risk_difference", "randomization", "estimate", "conf_low", "conf_high"
    )
    assert [round(v, 5) for v in found] == [-0.13769, -0.30214, 0.03451]


@pytest.mark.evidence(
    method="analyze, stratified response", kind="R", source="R 4.2.2, mantelhaen.test(correct = FALSE)"
)
def test_test_over_strata_and_common_odds_ratio_as_r() -> None:
    results = strata_results(SIX_STRATA)
    assert numbers(results, "cmh", "randomization", "statistic", "df", "p_value") == pytest.approx(
        R_CMH["test"], rel=1e-9
    )
    assert numbers(results, "odds_ratio", "randomization", "estimate", "conf_low", "conf_high") == pytest.approx(
        R_CMH["odds_ratio"], rel=1e-9
    )
    z, better, worse = numbers(results, "cmh", "randomization", "z", "p_one_sided", "p_opposite")
    assert z < 0  # fewer responses in the experimental arm
    assert (better + worse, better > 0.5) == (pytest.approx(1.0), True)


@pytest.mark.parametrize(("test", "strata"), [({"cmh": {}}, "randomization"), ({"fisher": True}, "none")])
def test_the_declared_difference_is_over_the_strata_of_the_declared_test(test: dict[str, object], strata: str) -> None:
    results = strata_results(SIX_STRATA, test=test)
    rows = find(results, analysis_id="response", variable="objective_response", declared=True)
    kinds = {"cmh", "odds_ratio", "risk_difference"} if strata != "none" else {"fisher", "risk_difference"}
    assert set(rows["measure"]) == kinds
    assert set(rows["strata"]) == {strata}


def test_one_stratum_gives_the_unstratified_difference() -> None:
    results = strata_results(((7, 20, 3, 22),))
    (plain,) = numbers(results, "risk_difference", "none", "estimate")
    (same,) = numbers(results, "risk_difference", "randomization", "estimate")
    assert same == pytest.approx(plain, rel=1e-14)


def test_a_stratum_of_one_arm_is_named_and_left_out() -> None:
    results = strata_results(((7, 20, 3, 22), (2, 5, 0, 0)))
    rows = find(results, measure="risk_difference", strata="randomization", variable="objective_response", **DRUG)
    assert set(rows["text"]) == {"strata without information: Small bowel: stratum 1"}


def test_nobody_responds() -> None:
    results = strata_results(((0, 20, 0, 22), (0, 6, 0, 7)))
    row = {
        "analysis_id": "response",
        "variable": "objective_response",
        "group_level": "pazopanib",
        "reference_level": None,
    }
    assert value(results, statistic="estimate", **row) == 0
    assert value(results, statistic="conf_high", **row) == pytest.approx(1 - 0.025 ** (1 / 26))
    assert numbers(results, "risk_difference", "randomization", "estimate") == [0]
    silent = find(results, measure="cmh", variable="objective_response", strata="randomization", **DRUG)
    assert set(silent["status"]) == {"NE"}
    assert silent["text"][0] == "no stratum has both groups, events and non-events: nothing can be tested"


def test_biomarker_response_counts_those_above_normal() -> None:
    data = hand_adam()
    answers = {"E01": "Y", "E02": "N", "E03": "Y", "C01": "N", "C02": "N"}
    rows = [{"USUBJID": k, "PARAMCD": "CGA", "ASSESSOR": None, "AVALC": v} for k, v in answers.items()]
    data["ADRS"] = pl.concat(
        [data["ADRS"], pl.DataFrame(rows, schema_overrides={"ASSESSOR": pl.String})], how="diagonal"
    )
    results = hand_results(data)
    row = {"analysis_id": "biomarker", "variable": "biomarker_response"}
    drug = {"group_level": "pazopanib", "reference_level": None, **row}
    assert (value(results, statistic="n", **drug), find(results, statistic="n", **drug)["n"][0]) == (2, 3)
    assert value(results, statistic="estimate", **drug) == pytest.approx(2 / 3)
    # of 10 ways to choose 2 responders among 5, 3 are as seen and 1 is rarer
    assert value(results, measure="fisher", statistic="p_value", **DRUG, **row) == pytest.approx(0.4)
    out = {"analysis_id": "biomarker", "variable": "not_counted", "statistic": "n"}
    assert value(results, group_level="pazopanib", **out) == 5
    assert value(results, group_level="placebo", **out) == 4


def test_a_biomarker_that_is_not_in_the_data_is_told() -> None:
    rows = find(hand_results(), analysis_id="biomarker", variable="biomarker_response")
    assert set(rows["status"]) == {"not_done"}
    assert rows["text"][0] == "the data hold no Chromogranin A response (ADRS, PARAMCD CGA)"


EMPTY = {
    "no readings": ("ADTR", "ADREVIEW"),
    "no responses": ("ADTR", "ADREVIEW", "ADRS"),
    "no times": ("ADTTE",),
    "nothing": ("ADTR", "ADREVIEW", "ADRS", "ADTTE"),
}


@pytest.mark.parametrize("left_out", EMPTY.values(), ids=list(EMPTY))
def test_missing_data_sets_leave_rows_that_say_so(left_out: tuple[str, ...]) -> None:
    data = {name: frame for name, frame in hand_adam().items() if name not in left_out}
    results = hand_results(data)
    review = find(results, analysis_id="central_review")
    if "ADREVIEW" in left_out:
        assert review["status"].to_list() == ["not_done"]
        assert review["text"][0] == "the data hold no central and no local readings of tumors"
        readers = find(results, analysis_id="reader_agreement")
        assert (readers["status"][0], readers["text"][0]) == ("not_done", "the data hold no independent readers")
    assert results.statistics.filter(pl.col("value").is_null() & pl.col("text").is_null()).height == 0


def test_one_reader_is_no_agreement() -> None:
    data = hand_adam()
    for name in ("ADTR", "ADREVIEW"):
        data[name] = data[name].filter((pl.col("READER") != "2").fill_null(value=True))
    rows = find(hand_results(data), analysis_id="reader_agreement")
    assert (rows.height, rows["text"][0]) == (1, "the data hold one independent reader")


def test_one_arm_is_described_and_not_compared() -> None:
    data = {name: frame.filter(pl.col("USUBJID").str.starts_with("E")) for name, frame in hand_adam().items()}
    results = hand_results(data)
    row = {"analysis_id": "central_review", "variable": "early_discrepancy"}
    assert value(results, group_level="pazopanib", reference_level=None, statistic="estimate", **row) == pytest.approx(
        0.4
    )
    compared = find(results, measure="risk_difference", **row)
    assert set(compared["text"]) == {"no subjects in arm placebo"}


def test_subjects_with_unreadable_scans_only() -> None:
    data = hand_adam()
    data["ADTR"] = data["ADTR"].with_columns(AVALC=pl.lit("NE"))
    data["ADREVIEW"] = data["ADREVIEW"].with_columns(
        AVALC=pl.when(pl.col("PARAMCD") == "PD").then(pl.lit("N")).when(pl.col("PARAMCD").is_in(["BOR", "CBOR"]))
        .then(pl.lit("NE")).otherwise("AVALC")
    )  # fmt: skip
    data["ADRS"] = data["ADRS"].with_columns(
        AVALC=pl.when(pl.col("PARAMCD") == "MDIS").then(pl.lit("N")).otherwise(pl.lit("NE"))
    )
    results = hand_results(data)
    kappa = find(results, analysis_id="central_review", variable="scan_kappa", group_level="(all)")
    assert set(kappa["text"]) == {"nothing was read by both"}
    early = find(results, analysis_id="central_review", variable="early_discrepancy", group_level="(all)")
    assert early.filter(pl.col("statistic") == "estimate")["text"][0] == "no subjects"
    same = find(results, analysis_id="central_review", variable="best_response_kappa", group_level="(all)")
    assert set(same["text"]) == {"both readers use one and the same category only"}


def test_marks_of_every_member_are_written() -> None:
    results = hand_results()
    marks = results.subjects.filter(analysis_id="response")
    members = marks.filter(pl.col("mark") == "follow_up")
    assert members.height == marks["subject"].n_unique() == 14
    best = dict(marks.filter(pl.col("mark") == "best_response").select("subject", "text").iter_rows())
    assert (best["E07"], best["E08"], best["E01"]) == ("PR", "(missing)", "PD")
