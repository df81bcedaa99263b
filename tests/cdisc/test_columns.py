"""Columns become alike, whatever the file held."""

import datetime as dt

import polars as pl
import pytest

from equipoise.cdisc import CdiscError
from equipoise.cdisc.columns import tidy_columns


def tidy(dataset: str = "AE", **columns: object) -> pl.DataFrame:
    return tidy_columns(pl.DataFrame(columns), dataset, "ae.parquet")[0]


def test_names_are_upper_case_and_text_has_no_trailing_blanks() -> None:
    frame = tidy(aeterm=["Nausea  ", "", "   ", " x", None])
    assert frame.to_dict(as_series=False) == {"AETERM": ["Nausea", None, None, " x", None]}


def test_numbers_by_the_specification_not_by_the_look() -> None:
    frame = tidy("DM", SUBJID=["007", "1e3"], AGE=["61", " 7.5 "], SITEID=[701, 702])
    assert frame.to_dict(as_series=False) == {"SUBJID": ["007", "1e3"], "AGE": [61.0, 7.5], "SITEID": ["701", "702"]}


def test_text_variables_held_as_numbers_lose_no_digit_and_gain_none() -> None:
    frame = tidy("AE", AETOXGR=[3.0, None], AESPID=[1.5, 12.0])
    assert frame["AETOXGR"].to_list() == ["3", None]
    assert frame["AESPID"].to_list() == ["1.5", "12"]


def test_dates_of_binary_formats_become_iso_text_for_dtc_only() -> None:
    day = dt.date(2014, 5, 7)
    frame = tidy(AESTDTC=[day], AEENDTC=[dt.datetime(2014, 5, 7, 10, 30)], AEDTC=[dt.datetime(2014, 5, 7)], ASTDT=[day])
    assert frame.row(0) == ("2014-05-07", "2014-05-07T10:30:00", "2014-05-07", day)


def test_nan_is_missing_and_flags_are_words() -> None:
    frame = tidy(AVAL=[float("nan"), 1.5], AESER=[True, False], N8=pl.Series([1, None], dtype=pl.Int8))
    assert frame["AVAL"].to_list() == [None, 1.5]
    assert frame["AESER"].to_list() == ["Y", "N"]
    assert frame.schema["N8"] == pl.Int64


def test_dates_of_adam_in_text_files() -> None:
    frame, findings = tidy_columns(pl.DataFrame({"ADT": ["2014-05-07", "7 May", ""]}), "ADTTE", "adtte.csv")
    assert frame["ADT"].to_list() == [dt.date(2014, 5, 7), None, None]
    assert [(f.code, f.seen) for f in findings] == [("bad-date", "7 May (1 row)")]


def test_infinite_numbers_in_text_are_findings() -> None:
    frame, findings = tidy_columns(pl.DataFrame({"AVAL": ["inf", "1"]}), "ADRS", "adrs.csv")
    assert frame["AVAL"].to_list() == [None, 1.0]
    assert [f.seen for f in findings] == ["inf (1 row)"]


def test_one_name_twice_and_nested_columns_are_told_together() -> None:
    frame = pl.DataFrame({"AETERM": ["x"], "aeterm": ["y"], "L": [[1]]})
    with pytest.raises(CdiscError) as caught:
        tidy_columns(frame, "AE", "ae.parquet")
    assert caught.value.problems == (
        "ae.parquet: column AETERM is there 2 times (letter case aside); keep one",
        "ae.parquet: column L holds lists or bytes, expected text, numbers or dates",
    )


def test_whole_numbers_are_alike_in_every_format_and_fractions_stay() -> None:
    for values in ([1.0, None], ["1", ""], pl.Series([1, None], dtype=pl.Int32)):
        frame = tidy("AE", AESEQ=values, XXDY=values)
        assert frame.schema == {"AESEQ": pl.Int64, "XXDY": pl.Int64}
        assert frame.rows() == [(1, 1), (None, None)]
    assert tidy("AE", AESEQ=[1.0, 2.5])["AESEQ"].to_list() == [1.0, 2.5]
    assert tidy("VS", VISITNUM=[1.0, 2.0]).schema["VISITNUM"] == pl.Float64
