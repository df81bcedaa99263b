"""Dirty and missing data: a clear message or a finding, never a wrong number."""

from typing import Any

import polars as pl
import pytest
from tests.derive.made_up import Sdtm, protocol, sdtm, subject

from equipoise.cdisc import Finding
from equipoise.derive import Derived, DeriveError, derive
from equipoise.protocol import DataCut, Protocol

DOSE = [{"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 1, "EXENDTC": 84}]


def run(data: Sdtm, trial: Protocol | None = None, cutoff: Any = None) -> Derived:
    return derive(trial or protocol(), data, cut=("all", DataCut(cutoff=cutoff)))


def codes(derived: Derived) -> set[tuple[str, str]]:
    return {(f.severity, f.code) for f in derived.findings}


def finding(derived: Derived, code: str) -> Finding:
    found = [f for f in derived.findings if f.code == code]
    assert len(found) == 1, derived.findings
    return found[0]


def survival(derived: Derived, endpoint: str = "os") -> dict[str, tuple[int, int]]:
    rows = derived.adam["ADTTE"].filter(pl.col("ENDPT") == endpoint, pl.col("PRIMFL") == "Y")
    return {row["USUBJID"]: (row["AVAL"], row["CNSR"]) for row in rows.iter_rows(named=True)}


def test_everything_missing_is_said_at_once() -> None:
    data = sdtm(subject("1"))
    del data["DS"], data["RS"]
    data["AE"] = data["AE"].drop("AETOXGR", "AEDECOD")
    data["DM"] = data["DM"].drop("SEX")
    with pytest.raises(DeriveError) as caught:
        run(data)
    text = str(caught.value)
    assert len(caught.value.problems) == 4
    assert "DS: data set not found (expected file ds.parquet, .xpt, .csv or .json)" in text
    assert "data.dates.randomization" in text
    assert "RS: data set not found" in text
    assert "AE: variables AEDECOD, AETOXGR not found" in text
    assert "DM: variable SEX not found; baseline.sex.sdtm names it" in text


def test_no_arm_variable() -> None:
    data = sdtm(subject("1"))
    data["DM"] = data["DM"].drop("ARMCD")
    with pytest.raises(DeriveError, match="neither ARMCD nor ARM"):
        run(data)


def test_death_before_randomization_is_kept_out() -> None:
    derived = run(sdtm(subject("1", death=-3, ok=[85]), subject("2", death=50)))
    assert finding(derived, "death-before-randomization").subject == "1"
    adsl = derived.adam["ADSL"]
    assert adsl.select("DTHFL", "DTHDT").rows()[0] == ("N", None)
    assert survival(derived) == {"1": (85, 6), "2": (50, 0)}


def test_two_dates_of_death_the_more_trusted_source_wins() -> None:
    fatal = [{"AEOUT": "FATAL", "AETOXGR": "5", "AESTDTC": 40, "AEENDTC": 61}]
    derived = run(sdtm(subject("1", death=60, ae=fatal, ex=DOSE)))
    problem = finding(derived, "death-dates-differ")
    assert (problem.dataset, problem.seen, problem.expected) == (
        "AE",
        "2020-03-06",
        "the date of DM.DTHDTC: 2020-03-05",
    )
    assert survival(derived) == {"1": (60, 0)}
    own = {
        "data__death": [
            {"domain": "AE", "variable": "AEENDTC", "where": {"AEOUT": ["FATAL"]}},
            {"domain": "DM", "variable": "DTHDTC"},
        ]
    }
    assert survival(run(sdtm(subject("1", death=60, ae=fatal, ex=DOSE)), protocol(**own))) == {"1": (61, 0)}


def test_complete_date_of_a_less_trusted_source_beats_a_partial_one() -> None:
    events = [{"DSCAT": "DISPOSITION EVENT", "DSDECOD": "DEATH", "DSSTDTC": 60}]
    derived = run(sdtm(subject("1", death="2020-03", ds=events)))
    assert survival(derived) == {"1": (60, 0)}
    assert derived.adam["ADSL"]["DTHDTF"].to_list() == [None]


def test_partial_date_of_death() -> None:
    # May 2020 is days 117 to 147; the 15th is day 131
    derived = run(
        sdtm(
            subject("15th", death="2020-05", ok=[85]),
            subject("alive", death="2020-05", ok=[85, 140]),
            subject("year", death="2020", ok=[130]),
        )
    )
    assert survival(derived) == {"15th": (131, 0), "alive": (141, 0), "year": (131, 0)}
    assert derived.adam["ADSL"].sort("USUBJID")["DTHDTF"].to_list() == ["D", "D", "M"]
    assert ("warning", "partial-date") in codes(derived)


def test_death_without_any_date() -> None:
    derived = run(sdtm(subject("1", dm={"DTHFL": "Y"}, ok=[85])))
    assert finding(derived, "death-without-date").severity == "error"
    assert derived.adam["ADSL"].select("DTHFL", "DTHDT").rows() == [("Y", None)]
    assert survival(derived) == {"1": (85, 6)}


def test_subject_with_no_assessment() -> None:
    derived = run(sdtm(subject("1")))
    rows = derived.adam["ADTTE"].filter(pl.col("ENDPT") == "pfs")
    assert rows["AVAL"].to_list() == [1] * 5
    assert rows["CNSR"].to_list() == [2] * 5
    adrs = derived.adam["ADRS"]
    assert adrs.filter(pl.col("PARAMCD") == "BOR")["AVALC"].to_list() == ["MISSING"]


def test_randomized_never_treated() -> None:
    derived = run(sdtm(subject("1"), subject("2", ex=DOSE)))
    adsl = derived.adam["ADSL"]
    assert adsl.select("ITTFL", "SAFFL", "SAFRSN", "AARMID", "EOTSTT").rows() == [
        ("Y", "N", "No dose of trial treatment", None, None),
        ("Y", "Y", None, "drug", "ONGOING"),
    ]
    assert derived.adam["ADEX"]["USUBJID"].unique().to_list() == ["2"]


def test_screen_failure() -> None:
    events = [{"DSCAT": "DISPOSITION EVENT", "DSDECOD": "SCREEN FAILURE", "DSSTDTC": -3}]
    derived = run(sdtm(subject("1"), subject("out", arm=None, ds=events)))
    row = derived.adam["ADSL"].filter(pl.col("USUBJID") == "out").select("RANDFL", "ARMID", "ITTRSN", "SCRFREAS").row(0)
    assert row == ("N", None, "Not randomized", "SCREEN FAILURE")
    assert "out" not in derived.adam["ADTTE"]["USUBJID"].to_list()


def test_arm_without_events() -> None:
    derived = run(sdtm(subject("1", "PLA", ok=[85]), subject("2", pd=[85])))
    assert survival(derived, "pfs") == {"1": (85, 6), "2": (85, 0)}


def test_unknown_arm() -> None:
    derived = run(sdtm(subject("1", "OTHER"), subject("2")))
    assert finding(derived, "arm-unknown").seen == "OTHER"
    assert derived.adam["ADSL"]["RANDFL"].to_list() == ["N", "Y"]


def test_date_in_2099_is_no_date() -> None:
    derived = run(sdtm(subject("1", ok=[85, 169], death="2099-01-01"), subject("2", ok=[85], pd=["2099-06-01"])))
    assert survival(derived, "pfs") == {"1": (169, 6), "2": (85, 6)}
    assert {"date-in-future", "finding-in-future"} <= {f.code for f in derived.findings}


def test_date_before_birth_is_no_date() -> None:
    events = [{"AETOXGR": "2", "AESTDTC": "1949-02-01", "AEENDTC": 30}]
    derived = run(sdtm(subject("1", ex=DOSE, ae=events), subject("2", ok=["1950-01-01", 85])))
    assert derived.adam["ADAE"].select("ASTDT", "UNKONSFL", "APERIOD").rows() == [(None, "Y", 1)]
    assert survival(derived, "pfs")["2"] == (85, 6)
    assert {"date-before-birth", "finding-before-birth"} <= {f.code for f in derived.findings}


def test_partial_progression_is_reported_and_kept_out() -> None:
    derived = run(sdtm(subject("1", ok=[85, 253], pd=["2020-06"])))
    problem = finding(derived, "partial-date")
    assert (problem.severity, problem.seen) == ("error", "2020-06")
    # the stable reading of day 253 lies after the progression of unknown day and proves nothing
    assert survival(derived, "pfs") == {"1": (85, 6)}
    adrs = derived.adam["ADRS"].filter(pl.col("PARAMCD") == "OVR", pl.col("AVALC") == "PD")
    assert adrs.select("ADT", "ADTF", "ANL01FL").rows() == [(None, None, None)]


def test_partial_assessment_without_progression_never_censors() -> None:
    derived = run(sdtm(subject("1", ok=[85, "2020-06"])))
    assert survival(derived, "pfs") == {"1": (85, 6)}
    assert finding(derived, "partial-date").severity == "warning"


def test_partial_randomization_is_never_imputed() -> None:
    derived = run(sdtm(subject("1", randomized="2020-01", ok=[85]), subject("2")))
    assert {"partial-date", "randomization-date-missing"} <= {f.code for f in derived.findings}
    assert derived.adam["ADSL"].select("RANDFL", "RANDDT").rows()[0] == ("Y", None)
    assert derived.adam["ADTTE"]["USUBJID"].unique().to_list() == ["2"]


def test_duplicated_subject_and_repeated_row() -> None:
    data = sdtm(subject("1", pd=[85]), subject("2", ok=[85]))
    twice = data["DM"].filter(pl.col("USUBJID") == "2")
    data["DM"] = pl.concat([data["DM"], twice, twice.with_columns(AGE=pl.lit(70.0))])
    data["RS"] = pl.concat([data["RS"], data["RS"]])
    derived = run(data)
    assert derived.adam["ADSL"]["USUBJID"].to_list() == ["1"]
    assert survival(derived, "pfs") == {"1": (85, 0)}
    assert {"conflicting-rows", "duplicate-row", "unknown-subject"} <= {f.code for f in derived.findings}


def test_two_readings_on_one_day_the_worst_is_used() -> None:
    derived = run(sdtm(subject("1", ok=[85], pd=[85])))
    assert survival(derived, "pfs") == {"1": (85, 0)}
    problem = finding(derived, "conflicting-readings")
    assert (problem.seen, problem.effect) == ("SD, PD on 2020-03-30", "the worst is used: PD")
    rows = derived.adam["ADRS"].filter(pl.col("PARAMCD") == "OVR").sort("AVALC")
    assert rows.select("AVALC", "ANL01FL").rows() == [("PD", "Y"), ("SD", None)]


def test_response_that_is_no_response() -> None:
    data = sdtm(subject("1", ok=[85, 169]))
    data["RS"] = data["RS"].with_columns(
        RSSTRESC=pl.when(pl.col("RSSEQ") == 2).then(pl.lit("CHECK")).otherwise("RSSTRESC")
    )
    derived = run(data)
    assert finding(derived, "value-not-allowed").seen == "CHECK"
    assert survival(derived, "pfs") == {"1": (85, 6)}


def test_value_that_is_no_level() -> None:
    derived = run(sdtm(subject("1", dm={"SEX": "X"}), subject("2")))
    problem = [f for f in derived.findings if f.code == "value-not-allowed"]
    assert [(f.seen, f.expected) for f in problem] == [("X", "one of F, M")]
    assert derived.adam["ADSL"]["SEX"].to_list() == [None, "F"]


def test_dose_without_end_and_end_before_start() -> None:
    doses = [
        {"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 1, "EXENDTC": None},
        {"EXTRT": "DRUG", "EXDOSE": 600.0, "EXSTDTC": 29, "EXENDTC": 20},
    ]
    derived = run(sdtm(subject("1", ex=doses)))
    assert {"dose-without-end", "end-before-start"} <= {f.code for f in derived.findings}
    values = dict(derived.adam["ADEX"].select("PARAMCD", "AVAL").rows())
    assert values["TRTDUR"] == 29
    assert values["CUMDOSE"] == 28 * 800 + 600


def test_without_ex_the_reference_dates_of_dm_stand_in() -> None:
    data = sdtm(subject("1", ae=[{"AETOXGR": "1", "AESTDTC": 20}]), subject("2"))
    del data["EX"]
    with pytest.raises(DeriveError, match="EX: data set not found"):
        run(data)
    first = pl.when(pl.col("USUBJID") == "1").then(pl.lit("2020-01-10"))
    data["DM"] = data["DM"].with_columns(RFXSTDTC=first, RFXENDTC=pl.lit(None, dtype=pl.String))
    derived = run(data)
    assert derived.adam["ADSL"].select("SAFFL", "AARMID", "TRTEDT").rows() == [("Y", "drug", None), ("N", None, None)]
    assert derived.adam["ADAE"]["APERIOD"].to_list() == [1]
    assert derived.adam["ADEX"].is_empty()


def test_declared_homes_of_the_doses() -> None:
    dose = [{"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 1, "EXENDTC": 9}]
    milestones = [
        {"DSCAT": "X", "DSDECOD": "FIRST DOSE", "DSSTDTC": 3},
        {"DSCAT": "X", "DSDECOD": "LAST DOSE", "DSSTDTC": 7},
    ]
    homes = {
        name: {"domain": "DS", "variable": "DSSTDTC", "where": {"DSDECOD": [word]}}
        for name, word in (("first_dose", "FIRST DOSE"), ("last_dose", "LAST DOSE"))
    }
    derived = run(sdtm(subject("1", ex=dose, ds=milestones)), protocol(data__dates=homes))
    assert [str(d) for d in derived.adam["ADSL"].select("TRTSDT", "TRTEDT").row(0)] == ["2020-01-08", "2020-01-12"]
