"""What people type: understood where it means one thing, refused in words where it could mean two."""

import pytest

from equipoise.server.pages.forms.typed import (
    TypedError,
    read_date,
    read_decimal,
    read_hundredths,
    read_integer,
    read_partial_date,
    read_time,
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2014-05-31", "2014-05-31"),
        ("31.05.2014", "2014-05-31"),
        ("31/5/2014", "2014-05-31"),
        ("05/31/2014", "2014-05-31"),
        ("2014/05/31", "2014-05-31"),
        ("31 May 2014", "2014-05-31"),
        ("31-MAY-2014", "2014-05-31"),
        ("May 31, 2014", "2014-05-31"),
        ("september 1 2014", "2014-09-01"),
        ("5/5/2014", "2014-05-05"),
        (" 2014-02-28 ", "2014-02-28"),
        ("4 mars 2026", "2026-03-04"),
        ("4. März 2026", "2026-03-04"),
        ("1er août 2026", "2026-08-01"),
        ("4 de marzo de 2026", "2026-03-04"),
        ("1º de outubro de 2026", "2026-10-01"),
        ("March 4th, 2026", "2026-03-04"),
        ("2026 March 4", "2026-03-04"),
        ("2026/03/04", "2026-03-04"),
        ("2026. 3. 4.", "2026-03-04"),
        ("20260304", "2026-03-04"),
        ("31122025", "2025-12-31"),
        ("20122012", "2012-12-20"),
        ("٣١.٠٥.٢٠١٤", "2014-05-31"),
        ("१२/१२/२०२५", "2025-12-12"),
        ("２０２６年３月４日", "2026-03-04"),
        ("2026년 3월 4일", "2026-03-04"),
        ("31\N{RIGHT-TO-LEFT MARK}/5\N{RIGHT-TO-LEFT MARK}/2014", "2014-05-31"),
    ],
)
def test_dates_that_mean_one_day(typed: str, meant: str) -> None:
    assert read_date(typed) == meant


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("05/06/2014", "could be 5 Jun 2014 or 6 May 2014"),
        ("05.06.2014", "could be 5 Jun 2014 or 6 May 2014"),
        ("31.05.14", "year of 31.05.14 is not clear"),
        ("2014-02-30", "no day 2014-02-30 in the calendar"),
        ("31 Feb 2014", "no day"),
        ("13/13/2014", "is no date"),
        ("yesterday", "is no date"),
        ("2014-05", "is not a whole date"),
        ("03/04/2026", "could be 3 Apr 2026 or 4 Mar 2026"),
        ("4.3.2026", "could be 4 Mar 2026 or 3 Apr 2026"),
        ("04032026", "could be 4 Mar 2026 or 3 Apr 2026"),
        ("٤\N{RIGHT-TO-LEFT MARK}/٣\N{RIGHT-TO-LEFT MARK}/٢٠٢٦", "could be 4 Mar 2026 or 3 Apr 2026"),
        ("4-Mar-26", "year of 4-Mar-26 is not clear"),
        ("5 martes 2026", "is no date"),
        ("5 listopad 2026", "is no date"),
        ("marvelous 2026", "is no date"),
        ("2026-03-04T10:00", "is no date"),
        ("۱۴۰۵/۰۱/۱۳", "1405 is not a year"),
        ("2569-03-04", "2569 is not a year"),
        ("0001-01-01", "1 is not a year"),
        ("1" * 1_000_000, "is no date"),
        ("0000-01-01", "calendar"),
        ("<b>1</b>", "is no date"),
    ],
)
def test_dates_that_are_refused_in_words(typed: str, said: str) -> None:
    with pytest.raises(TypedError) as refused:
        read_date(typed)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "meant"), [("2014", "2014"), ("2014-05", "2014-05"), ("May 2014", "2014-05"), ("05/2014", "2014-05")]
)
def test_parts_of_dates(typed: str, meant: str) -> None:
    assert read_partial_date(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12", "12"),
        ("12.50", "12.50"),
        ("12,5", "12.5"),
        (".5", "0.5"),
        ("007", "7"),
        ("-3", "-3"),
        ("−3", "-3"),
        ("0,125", "0.125"),
        ("١٢٫٥", "12.5"),
        ("１２", "12"),
    ],
)
def test_numbers(typed: str, meant: str) -> None:
    assert read_decimal(typed) == meant


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("1,500", "could be 1500 or 1.500"),
        ("12 mm", "is no number"),
        ("1e5", "is no number"),
        ("1.2.3", "is no number"),
        ("NaN", "is no number"),
        ("1 500", "is no number"),
        ("9" * 1_000_000, "is no number"),
    ],
)
def test_numbers_that_are_refused(typed: str, said: str) -> None:
    with pytest.raises(TypedError) as refused:
        read_decimal(typed)
    assert said in str(refused.value)


def test_whole_numbers() -> None:
    assert read_integer("12.0") == 12
    with pytest.raises(TypedError, match="not a whole number"):
        read_integer("12.5")


@pytest.mark.parametrize(
    ("typed", "hundredths"), [("23", 2300), ("23.5", 2350), ("23,5 mm", 2350), ("0", 0), ("7.25", 725)]
)
def test_sizes_in_millimeters(typed: str, hundredths: int) -> None:
    assert read_hundredths(typed) == hundredths


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("250 cm", "Type 2500 if you mean 250 cm"),
        ("2.3 cm", "Type 23 if you mean 2.3 cm"),
        ("23.456", "two digits"),
        ("-4", "negative"),
        ("big", "is no number"),
    ],
)
def test_sizes_that_are_refused(typed: str, said: str) -> None:
    with pytest.raises(TypedError) as refused:
        read_hundredths(typed)
    assert said in str(refused.value)


def test_moments_on_the_clock_of_the_site() -> None:
    assert read_time("2024-01-09T10:30", "Europe/Berlin") == "2024-01-09T09:30:00Z"
    assert read_time("2024-07-09 10:30", "America/Chicago") == "2024-07-09T15:30:00Z"
    assert read_time("9 Jan 2024, 10.30", "Europe/Berlin") == "2024-01-09T09:30:00Z"
    for typed, hour in (
        ("2:05 pm", "14"),
        ("2:05PM", "14"),
        ("12:05 a.m.", "00"),
        ("12:05 p.m.", "12"),
        ("14:05", "14"),
    ):
        assert read_time(f"1/31/2024 {typed}", "UTC") == f"2024-01-31T{hour}:05:00Z"
    for typed in ("14:05 pm", "0:05 am"):
        with pytest.raises(TypedError, match="no date with time"):
            read_time(f"1/31/2024 {typed}", "UTC")
    assert read_time("2024-10-27T02:30", "Europe/Berlin") == "2024-10-27T00:30:00Z", "the first of two"
    with pytest.raises(TypedError, match="time of day too"):
        read_time("2024-01-09", "Europe/Berlin")
    with pytest.raises(TypedError, match="not a year"):
        read_time("0001-01-01T00:00", "Asia/Tokyo")
    with pytest.raises(TypedError, match="put forward"):
        read_time("2024-03-31T02:30", "Europe/Berlin")
    with pytest.raises(TypedError, match="is no date"):
        read_time("half past ten", "Europe/Berlin")
