"""The clock of a review: working days between a request and its answer.

Convention: the day of the request is not counted, the day of the answer is. An answer on the day of the request takes
0 working days, one on the next working day 1. Saturdays, Sundays and the holidays given are no working days.
"""

from collections.abc import Collection
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from equipoise.criteria.errors import CriteriaError

__all__ = ["add_working_days", "working_days", "working_days_between"]

_FRIDAY = 4


def working_days(start: date, end: date, holidays: Collection[date] = ()) -> int:
    """Count the working days after ``start`` up to and including ``end``.

    Parameters
    ----------
    start
        Day of the request.
    end
        Day of the answer.
    holidays
        Days that are not worked, weekends apart.

    Returns
    -------
    int
        Working days taken.

    Raises
    ------
    CriteriaError
        The answer comes before the request.

    Examples
    --------
    >>> working_days(date(2024, 3, 28), date(2024, 4, 3), [date(2024, 3, 29), date(2024, 4, 1)])
    2
    """
    if end < start:
        raise CriteriaError([f"the answer of {end} comes before the request of {start}: expected {start} or later"])
    days = working_days_between(_day(start), _day(end), holidays)
    return int(days)


def add_working_days(start: date, days: int, holidays: Collection[date] = ()) -> date:
    """Find the day by which an answer is due that may take a number of working days.

    Parameters
    ----------
    start
        Day of the request.
    days
        Working days allowed; with 0 the answer is due on the day of the request.
    holidays
        Days that are not worked, weekends apart.

    Returns
    -------
    datetime.date
        The last day on which ``working_days`` gives at most ``days`` and which is worked (or ``start``).

    Raises
    ------
    CriteriaError
        The number of days is negative.
    """
    if days < 0:
        raise CriteriaError([f"{days} working days: expected 0 or more"])
    closed, day = set(holidays), start
    while days > 0:
        day += timedelta(days=1)
        if day.weekday() <= _FRIDAY and day not in closed:
            days -= 1
    return day


def working_days_between(
    start: NDArray[np.int64] | int, end: NDArray[np.int64] | int, holidays: Collection[date] = ()
) -> NDArray[np.int64]:
    """Count working days for many requests at once.

    Parameters
    ----------
    start
        Days of the requests, in days since 1970-01-01 (n).
    end
        Days of the answers (n).
    holidays
        Days that are not worked, weekends apart.

    Returns
    -------
    numpy.ndarray
        Working days after each start up to and including its end (n); negative where the answer came first.
    """
    first = np.asarray(start, dtype=np.int64).astype("datetime64[D]") + 1
    last = np.asarray(end, dtype=np.int64).astype("datetime64[D]") + 1
    closed = np.array(sorted(holidays), dtype="datetime64[D]")
    return np.asarray(np.busday_count(first, last, holidays=closed), dtype=np.int64)


def _day(day: date) -> int:
    return day.toordinal() - date(1970, 1, 1).toordinal()
