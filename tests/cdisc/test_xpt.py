"""SAS transport files: exact numbers, complete headers, nothing cut off; pyreadstat is the second reader."""

import datetime as dt
import struct
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.cdisc import CdiscError, read_dataset, write_dataset
from equipoise.cdisc.formats.xpt_layout import ibm_from_ieee, ieee_from_ibm
from equipoise.cdisc.formats.xpt_read import read_xpt
from equipoise.cdisc.formats.xpt_write import xpt_bytes

CUT = dt.date(2015, 3, 5)
FRAME = pl.DataFrame(
    {
        "USUBJID": ["01", "02", "03"],
        "AETERM": ["Fièvre", None, "Nausea"],
        "AESEQ": pl.Series([1, 2, 3], dtype=pl.Int64),
        "AVAL": [0.1, None, -118.625],
        "ASTDT": [dt.date(2014, 5, 7), None, dt.date(1959, 12, 31)],
        "ASTDTM": [dt.datetime(2014, 5, 7, 10, 30), None, None],
    }
)


def data(frame: pl.DataFrame = FRAME, **options: Any) -> bytes:
    named: dict[str, Any] = {"name": "ADAE", "label": "Adverse Events", "labels": {"AESEQ": "Sequence"}, "created": CUT}
    return xpt_bytes(frame, **named | options)


def saved(folder: Path, content: bytes) -> Path:
    path = folder / "adae.xpt"
    path.write_bytes(content)
    return path


def refused(folder: Path, content: bytes) -> str:
    with pytest.raises(CdiscError) as caught:
        read_xpt(saved(folder, content))
    return str(caught.value)


# IBM System/360 words by hand (hexadecimal fractions); -118.625 is the usual worked example of the format
@pytest.mark.parametrize(
    ("value", "word"),
    [
        (0.0, 0),
        (1.0, 0x4110000000000000),
        (-118.625, 0xC276A00000000000),
        (0.5, 0x4080000000000000),
        (15.0, 0x41F0000000000000),
        (0.1, 0x401999999999999A),
        (1 / 3, 0x4055555555555554),
        (float("nan"), 0x2E00000000000000),
    ],
)
def test_numbers_are_ibm_words(value: float, word: int) -> None:
    words, beyond = ibm_from_ieee(np.array([value]))
    assert (int(words[0]), bool(beyond[0])) == (word, False)
    assert np.array_equal(ieee_from_ibm(words), [value], equal_nan=True)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, min_value=-7e75, max_value=7e75), min_size=1))
def test_every_number_in_range_comes_back_bit_for_bit(values: list[float]) -> None:
    numbers = np.array(values)
    words, beyond = ibm_from_ieee(numbers)
    small = (numbers != 0) & (np.abs(numbers) < 5.398e-79)
    assert np.array_equal(beyond, small)
    assert np.array_equal(ieee_from_ibm(words)[~beyond], numbers[~beyond])


def test_special_missing_values_and_short_numbers_are_read() -> None:
    words = np.array([0x5F << 56, 0x41 << 56, 0x5A << 56, 0x4110000000000000], dtype=np.uint64)
    assert np.isnan(ieee_from_ibm(words)).tolist() == [True, True, True, False]


def test_another_reader_sees_the_same(tmp_path: Path) -> None:
    frame, meta = pyreadstat.read_xport(saved(tmp_path, data()), output_format="polars")
    assert frame["AETERM"].to_list() == ["Fièvre", "", "Nausea"]
    assert frame["AVAL"].fill_nan(None).to_list() == [0.1, None, -118.625]
    assert frame["AESEQ"].to_list() == [1.0, 2.0, 3.0]
    assert frame["ASTDT"].to_list() == [dt.date(2014, 5, 7), None, dt.date(1959, 12, 31)]
    assert frame["ASTDTM"].to_list()[0] == dt.datetime(2014, 5, 7, 10, 30)
    assert (meta.table_name, meta.file_label) == ("ADAE", "Adverse Events")
    assert meta.column_names_to_labels["AESEQ"] == "Sequence"
    assert meta.creation_time == dt.datetime(2015, 3, 5)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert read_dataset(saved(tmp_path, data())).equals(FRAME.with_columns(pl.col("AESEQ").cast(pl.Float64)))


def test_equal_input_gives_equal_bytes_and_another_date_does_not() -> None:
    assert data() == data(FRAME.clone())
    assert data() != data(created=dt.date(2015, 3, 6))
    assert len(data()) % 80 == 0


@pytest.mark.parametrize("rows", [0, 1, 2, 7])
@pytest.mark.parametrize("width", [1, 3, 8, 80, 81, 200])
def test_any_row_length_and_count_is_read_in_full(tmp_path: Path, rows: int, width: int) -> None:
    frame = pl.DataFrame({"TXT": ["x" * width] * rows}, schema={"TXT": pl.String})
    assert read_xpt(saved(tmp_path, data(frame))).equals(frame)


def test_blank_rows_before_the_last_are_kept(tmp_path: Path) -> None:
    frame = pl.DataFrame({"A": ["", "", "x"], "B": ["y", "", ""]})
    assert read_xpt(saved(tmp_path, data(frame)))["A"].str.strip_chars_end().to_list() == ["", "", "x"]


def test_a_file_cut_anywhere_is_refused_with_its_bytes(tmp_path: Path) -> None:
    whole = data(pl.DataFrame({"USUBJID": [f"subject {i:03}" for i in range(50)], "AESEQ": list(range(50))}))
    width = 11 + 8
    for size in range(0, len(whole), 7):
        rest = (size - 1040) % width if size > 1040 else 1
        if size % 80 == 0 and (rest == 0 or size == 1040):
            continue  # ends where an observation and a record end: the format cannot tell
        message = refused(tmp_path, whole[:size])
        assert "adae.xpt" in message
        assert f"{size:,} bytes seen" in message or "observation" in message
        assert "copy the file again" in message


def test_a_cut_within_an_observation_names_it(tmp_path: Path) -> None:
    frame = pl.DataFrame({"USUBJID": ["subject " + "x" * 92] * 10})
    message = refused(tmp_path, data(frame)[: 640 + 160 + 80 + 6 * 80])
    assert "cut off within observation 5: 480 bytes seen, 100 for each, expected 500 or more" in message


def test_other_formats_are_named(tmp_path: Path) -> None:
    assert "begins with b'USUBJID,AETERM" in refused(tmp_path, b"USUBJID,AETERM\n" + b"1,x\n" * 500)
    assert "version 8, expected version 5" in refused(
        tmp_path, b"HEADER RECORD*******LIBV8   HEADER RECORD" + b" " * 900
    )
    assert "PROC CPORT" in refused(tmp_path, b"**COMPRESSED** **COMPRESSED**" + b" " * 900)


def test_headers_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    whole = data()
    assert "byte 560" in refused(tmp_path, whole[:560] + b"x" * 80 + whole[640:])
    broken = bytearray(whole)
    broken[640 + 4 : 640 + 6] = struct.pack(">h", 99)
    assert "do not fill an observation without gaps" in refused(tmp_path, bytes(broken))
    twice = whole.replace(b"AETERM  ", b"USUBJID ", 1)
    assert "column USUBJID is there 2 times" in refused(tmp_path, twice)
    two = whole + whole[240:]
    assert "holds several data sets" in refused(tmp_path, two)


def test_text_of_another_code_page_is_refused_with_its_place(tmp_path: Path) -> None:
    content = data().replace("Fièvre".encode(), b"Fi\xe8vre ")
    message = refused(tmp_path, content)
    assert "AETERM, observation 1: byte 0xE8 is not UTF-8" in message
    assert "Fièvre" in message
    assert read_xpt(saved(tmp_path, content), "cp1252")["AETERM"].str.strip_chars_end()[0] == "Fièvre"


@pytest.mark.parametrize("name", ["ASTDT", "ASTDTM"])
def test_numbers_that_are_no_dates_are_refused(tmp_path: Path, name: str) -> None:
    huge = FRAME.with_columns(pl.lit(7e20).alias(name))
    content, dates = bytearray(data(huge)), data()
    start = dates.index(name.encode().ljust(8)) - 8
    content[start : start + 140] = dates[start : start + 140]
    message = refused(tmp_path, bytes(content))
    assert f"{name}, observation 1: day " in message
    assert "is no SAS date (1582 to 9999)" in message


def test_files_of_another_writer_are_read(tmp_path: Path) -> None:
    path = tmp_path / "ae.xpt"
    frame = pl.DataFrame({"USUBJID": ["01", "02"], "AESEQ": [1.0, 2.5], "AESTDT": [dt.date(2014, 5, 7)] * 2})
    pyreadstat.write_xport(frame, path, table_name="AE", file_format_version=5, variable_format={"AESTDT": "DATE9."})
    assert read_dataset(path).equals(frame)


def test_everything_that_does_not_fit_is_told_at_once(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"USUBJIDENT": ["1", "2"], "LONG": ["x", "é" * 101], "BIG": [1.0, 1e300], "ID": [2**60, 1], "L": [[1], [2]]}
    )
    with pytest.raises(CdiscError) as caught:
        write_dataset(frame, tmp_path / "x.xpt", name="ADVERSEEVENTS", created=CUT, labels={"BIG": "b" * 41})
    message = str(caught.value)
    for part in (
        "data set name 'ADVERSEEVENTS', expected 1 to 8 upper-case letters",
        "variable name 'USUBJIDENT'",
        "label of BIG has 41 bytes, at most 40 fit",
        "LONG, row 2: 202 bytes of text, at most 200 fit",
        "BIG, row 2: 1e+300 is beyond the numbers of the format",
        "ID holds whole numbers beyond 2**53",
        "L holds List(Int64), expected text, numbers or dates",
    ):
        assert part in message
    assert list(tmp_path.iterdir()) == []


def test_dates_outside_the_calendar_of_sas_are_refused() -> None:
    with pytest.raises(CdiscError, match="ASTDT holds dates outside the calendar of SAS, 1582 to 9999"):
        data(FRAME.with_columns(ASTDT=dt.date(1500, 1, 1)))


def test_a_last_row_of_nothing_is_refused_rather_than_lost() -> None:
    with pytest.raises(CdiscError, match="last row is empty text in every variable"):
        data(pl.DataFrame({"A": ["x", None]}))
