"""Dates of SDTM, complete and not."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.cdisc import parse_dtc

D = dt.date


def parsed(*texts: str | None) -> list[tuple[object, ...]]:
    frame = pl.DataFrame({"t": texts}, schema={"t": pl.String}).select(d=parse_dtc(pl.col("t"))).unnest("d")
    return frame.rows()


# date, year, month, day, precision, bad
CASES = [
    ("2014-05-07", D(2014, 5, 7), 2014, 5, 7, "D", False),
    ("2014-05-07T10:30", D(2014, 5, 7), 2014, 5, 7, "D", False),
    ("2014-05-07T10:30:11.5+02:00", D(2014, 5, 7), 2014, 5, 7, "D", False),
    ("2014-05-07T-:15", D(2014, 5, 7), 2014, 5, 7, "D", False),
    ("2014-05-07 10:30", D(2014, 5, 7), 2014, 5, 7, "D", False),
    (" 2014-05-07 ", D(2014, 5, 7), 2014, 5, 7, "D", False),
    ("2012-02-29", D(2012, 2, 29), 2012, 2, 29, "D", False),
    ("2014-05", None, 2014, 5, None, "M", False),
    ("2014-05--T10", None, 2014, 5, None, "M", False),
    ("2014", None, 2014, None, None, "Y", False),
    ("2014---05", None, 2014, None, 5, "Y", False),
    ("--05-07", None, None, 5, 7, None, False),
    ("--02-29", None, None, 2, 29, None, False),
    ("-----T07:15", None, None, None, None, None, False),
    (None, None, None, None, None, None, False),
    ("", None, None, None, None, None, False),
    ("  ", None, None, None, None, None, False),
]
BAD = (
    "2014-02-30",
    "2013-02-29",
    "2014-13-01",
    "2014-13",
    "2014-00-10",
    "2014-05-00",
    "--02-30",
    "0000-01-01",
    "-",
    "2014-5-7",
    "20140507",
    "07MAY2014",
    "07/05/2014",
    "2014-05-",
    "2014-UN-UN",
    "2014-05-07/2014-05-09",
    "NA",
    "unknown",
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case[0]))
def test_dates_complete_and_partial(case: tuple[object, ...]) -> None:
    text, *expected = case
    assert parsed(text) == [tuple(expected)]  # type: ignore[arg-type]


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_date_is_bad_and_gives_nothing(text: str) -> None:
    assert parsed(text) == [(None, None, None, None, None, True)]


def test_a_column_keeps_its_order_and_repeats() -> None:
    rows = parsed("2014-05-07", None, "2014-05-07", "x", "2013")
    assert [(r[0], r[5]) for r in rows] == [
        (D(2014, 5, 7), False),
        (None, False),
        (D(2014, 5, 7), False),
        (None, True),
        (None, False),
    ]


def test_an_empty_column_and_a_column_of_nothing() -> None:
    assert parsed() == []
    frame = pl.DataFrame({"t": [None, None]}).select(d=parse_dtc(pl.col("t"))).unnest("d")
    assert frame["bad"].to_list() == [False, False]


def test_types_are_those_promised() -> None:
    kind = pl.DataFrame({"t": ["2014"]}).select(d=parse_dtc(pl.col("t"))).schema["d"]
    assert kind == pl.Struct(
        {
            "date": pl.Date,
            "year": pl.Int32,
            "month": pl.Int32,
            "day": pl.Int32,
            "precision": pl.String,
            "bad": pl.Boolean,
        }
    )


@given(st.dates(min_value=D(1, 1, 1)))
def test_every_calendar_day_comes_back(day: D) -> None:
    assert parsed(day.isoformat()) == [(day, day.year, day.month, day.day, "D", False)]


@given(st.integers(1, 9999), st.integers(0, 99), st.integers(0, 99))
def test_a_day_is_bad_exactly_where_the_calendar_has_none(year: int, month: int, day: int) -> None:
    try:
        expected: D | None = D(year, month, day)
    except ValueError:
        expected = None
    ((date, *_, bad),) = parsed(f"{year:04}-{month:02}-{day:02}")
    assert (date, bad) == (expected, expected is None)
