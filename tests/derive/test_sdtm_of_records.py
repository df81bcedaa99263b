"""SDTM from frames of records: many trials in one go, chosen data sets, blinded, records in any order."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from equipoise.derive import DeriveError
from equipoise.derive.sdtm import sdtm_from_records
from equipoise.protocol import load_protocol

PROTOCOL = load_protocol(Path(__file__).parents[2] / "trials" / "a021202" / "protocol.yaml")
DAY = dt.date(2024, 3, 1)


def frame(**columns: list) -> pl.DataFrame:
    n = len(columns["PATIENT"])
    keys = {"TRIAL": [0] * n, "AT": list(range(n)), "NTH": list(range(n))}
    return pl.DataFrame(keys | columns)


SCREENED = frame(TRIAL=[0, 0, 0, 2, 2], PATIENT=[1, 2, 3, 1, 2], site=["S2", "S1", "S2", "S1", "S1"], date=[DAY] * 5)
RANDOMIZED = frame(
    TRIAL=[0, 0, 2], PATIENT=[1, 2, 1], date=[DAY, DAY, dt.date(2024, 4, 1)],
    **{"factors.small_bowel": ["true", "false", "true"]},
)  # fmt: skip
ARMS = pl.DataFrame({"TRIAL": [0, 0, 2], "PATIENT": [1, 2, 1], "arm": ["placebo", "pazopanib", "pazopanib"]})
BASELINE = frame(
    TRIAL=[0, 0, 2],
    PATIENT=[1, 1, 1],
    date=[DAY] * 3,
    **{"values.age": [60, 61, 70], "values.sex": ["female", None, "male"], "values.functional": [True, None, False]},
)
LESIONS = frame(
    TRIAL=[0] * 3 + [2],
    PATIENT=[1, 1, 1, 1],
    NTH=[0, 0, 1, 0],
    assessment=[0, 0, 1, 0],
    date=[DAY, DAY, dt.date(2024, 5, 24), DAY],
    lesion=["T1", "T2", "T1", "T1"],
    kind=["TARGET"] * 4,
    diameter=[3001, 2550, 2500, None],
    state=[None, None, None, "PRESENT"],
    sum=[5551, 5551, 5050, None],
)
RECORDS = {
    "screened": SCREENED,
    "randomized": RANDOMIZED,
    "baseline_recorded": BASELINE,
    "tumors_measured": LESIONS,
    "dose_recorded": frame(PATIENT=[1], start=[DAY], amount=["800"], unit=["mg"]),
    "unblinded": frame(PATIENT=[1], AT=[10], date=[dt.date(2024, 6, 1)]),
    "open_label_dose_recorded": frame(PATIENT=[1], AT=[11], start=[dt.date(2024, 6, 2)], amount=["800"], unit=["mg"]),
    "death_recorded": frame(PATIENT=[1], AT=[12], date=["2025-02"], cause=["disease"]),
}


def test_subjects_are_numbered_within_trial_and_site() -> None:
    dm = sdtm_from_records(PROTOCOL, RECORDS, ARMS, domains=["DM"]).datasets["DM"]
    study = PROTOCOL.study_id
    assert dm["USUBJID"].to_list() == [
        f"{study}-S1-001", f"{study}-S2-001", f"{study}-S2-002", f"{study}-0002-S1-001", f"{study}-0002-S1-002"
    ]  # fmt: skip
    assert dm["STUDYID"].to_list() == [study] * 3 + [f"{study}-0002"] * 2
    assert dm["ARMCD"].to_list() == ["PAZ", "PBO", "NOTASSGN", "PAZ", "NOTASSGN"]
    assert dm["AGE"].to_list() == [None, 61.0, None, 70.0, None], "the last age that was said"
    assert dm["SEX"].to_list() == [None, "F", None, "M", None], "a record that is silent takes nothing back"
    assert dm["DTHDTC"].to_list() == [None, "2025-02", None, None, None]


def test_only_the_data_sets_asked_for_are_built_and_are_the_same() -> None:
    whole = sdtm_from_records(PROTOCOL, RECORDS, ARMS).datasets
    some = sdtm_from_records(PROTOCOL, RECORDS, ARMS, domains=["TR", "DM"]).datasets
    assert set(some) == {"DM", "SUPPDM", "TR"}
    for name, found in some.items():
        assert found.equals(whole[name]), name


def test_lesions_and_sums_stand_in_millimeters_by_assessment() -> None:
    tr = sdtm_from_records(PROTOCOL, RECORDS, ARMS, domains=["TR"]).datasets["TR"]
    own = tr.filter(pl.col("STUDYID") == PROTOCOL.study_id)
    assert own.select("TRSEQ", "TRTESTCD", "TRSTRESC", "TRSTRESN", "VISIT").rows() == [
        (1.0, "LDIAM", "30.01", 30.01, "BASELINE"),
        (2.0, "LDIAM", "25.5", 25.5, "BASELINE"),
        (3.0, "SUMDIAM", "55.51", 55.51, "BASELINE"),
        (4.0, "LDIAM", "25", 25.0, "ASSESSMENT 1"),
        (5.0, "SUMDIAM", "50.5", 50.5, "ASSESSMENT 1"),
    ]


def test_the_order_of_rows_does_not_matter() -> None:
    whole = sdtm_from_records(PROTOCOL, RECORDS, ARMS).datasets
    turned = {
        kind: found if kind == "tumors_measured" else found.reverse() for kind, found in reversed(RECORDS.items())
    }
    for name, found in sdtm_from_records(PROTOCOL, turned, ARMS.reverse()).datasets.items():
        assert found.equals(whole[name]), name


def test_blinded_data_end_with_the_unblinding() -> None:
    sdtm = sdtm_from_records(PROTOCOL, RECORDS).datasets
    assert sdtm["EX"]["EXTRT"].to_list() == ["STUDY TREATMENT"]
    assert sdtm["DM"]["DTHDTC"].null_count() == sdtm["DM"].height
    assert sdtm["DM"].filter(pl.col("SUBJID") == "S2-001")["ARM"].to_list() == [None]
    assert "placebo" not in " ".join(found.write_csv() for found in sdtm.values()).lower()


def test_an_arm_is_needed_of_everybody_randomized() -> None:
    arms = ARMS.filter(pl.col("TRIAL") == 2).with_columns(arm=pl.lit("sugar"))
    with pytest.raises(DeriveError) as error:
        sdtm_from_records(PROTOCOL, RECORDS, arms)
    assert "'sugar' is none of the protocol" in str(error.value)
    assert "2 randomized subjects (S1-001, S2-001)" in str(error.value)


def test_no_records_give_empty_data_sets() -> None:
    sdtm = sdtm_from_records(PROTOCOL, {}).datasets
    assert {name for name, found in sdtm.items() if found.height} == set()
    assert {"DM", "SUPPDM", "RS", "EX"} <= set(sdtm)
