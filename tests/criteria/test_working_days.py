"""The clock of a review counts working days: weekends and holidays are none, the day of the request is not counted."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.criteria import CriteriaError, add_working_days, working_days, working_days_between

EASTER = [date(2024, 3, 29), date(2024, 4, 1)]


@pytest.mark.parametrize(
    ("start", "end", "holidays", "days"),
    [
        (date(2024, 3, 4), date(2024, 3, 4), [], 0),  # Monday, the same day
        (date(2024, 3, 4), date(2024, 3, 5), [], 1),
        (date(2024, 3, 4), date(2024, 3, 11), [], 5),  # a week later
        (date(2024, 3, 8), date(2024, 3, 11), [], 1),  # Friday to Monday
        (date(2024, 3, 9), date(2024, 3, 10), [], 0),  # Saturday to Sunday
        (date(2024, 3, 9), date(2024, 3, 11), [], 1),
        (date(2024, 3, 28), date(2024, 4, 2), EASTER, 1),
        (date(2024, 3, 28), date(2024, 4, 2), [], 3),
        (date(2024, 12, 31), date(2025, 1, 2), [date(2025, 1, 1)], 1),
    ],
)
def test_days_taken(start: date, end: date, holidays: list[date], days: int) -> None:
    assert working_days(start, end, holidays) == days
    if days and end.weekday() < 5:
        assert add_working_days(start, days, holidays) == end


DATES = st.dates(date(2023, 12, 1), date(2024, 6, 30))


@given(DATES, st.integers(0, 60), st.lists(DATES, max_size=12))
def test_clock_against_counting_one_day_after_the_other(start: date, length: int, holidays: list[date]) -> None:
    days = [start + timedelta(n + 1) for n in range(length)]
    expected = sum(day.weekday() < 5 and day not in holidays for day in days)
    end = start + timedelta(length)
    assert working_days(start, end, holidays) == expected
    due = add_working_days(start, expected, holidays)
    assert due <= end or expected == 0
    assert working_days(start, due, holidays) == expected


def test_many_requests_at_once() -> None:
    first = np.array([date(2024, 3, 28).toordinal(), date(2024, 3, 8).toordinal()]) - date(1970, 1, 1).toordinal()
    assert working_days_between(first, first + 5, EASTER).tolist() == [1, 3]
    assert working_days_between(first, first - 1, EASTER).tolist() == [0, 0]


def test_an_answer_before_the_request_is_refused() -> None:
    with pytest.raises(CriteriaError, match="comes before the request of 2024-03-04"):
        working_days(date(2024, 3, 4), date(2024, 3, 1))
    with pytest.raises(CriteriaError, match="-1 working days: expected 0 or more"):
        add_working_days(date(2024, 3, 4), -1)
