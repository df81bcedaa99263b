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
        ("٣١.٠٥.٢٠١٤", "is no date"),
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
    with pytest.raises(TypedError, match="put forward"):
        read_time("2024-03-31T02:30", "Europe/Berlin")
    with pytest.raises(TypedError, match="no date with time"):
        read_time("half past ten", "Europe/Berlin")
