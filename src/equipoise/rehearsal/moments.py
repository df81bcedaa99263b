"""At which second of a day each command is given, so that those of one day come in an order that the trial accepts.

All lie between 14 and 21 hours UTC, when the calendar date of every site is that of UTC.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["DAY", "MOMENTS", "at", "dates"]

DAY = 86_400
_MORNING = 14 * 3600

MOMENTS: dict[str, int] = {
    name: _MORNING + 60 * minute
    for name, minute in {
        "screened": 0, "consented": 1, "baseline_recorded": 3, "baseline_visit": 5, "baseline_tumors": 6,
        "baseline_scan": 8, "baseline_accept": 9, "screen_failed": 15, "registered": 16, "randomized": 20,
        "dose_recorded": 30, "visit_recorded": 40, "tumors_measured": 50, "response_assessed": 55, "scan_submitted": 65,
        "scan_accepted": 75, "first_reader": 90, "second_reader": 140, "adjudicated": 190, "reading_closed": 192,
        "adjudicated_last": 194, "unblinded": 200, "last_dose": 205, "blinded_treatment_ended": 206,
        "open_label_started": 32, "open_label_dose_recorded": 208, "open_label_stopped": 209, "treatment_stopped": 207,
        "therapy_recorded": 212, "contact_recorded": 215, "withdrawn": 220, "lost_to_follow_up": 225,
        "death_recorded": 230, "study_ended": 240,
    }.items()
}  # fmt: skip
"""Moment -> seconds of the day."""

Integers = NDArray[np.int64]


def at(day: Integers, moment: str, more: Integers | int = 0) -> Integers:
    """Seconds since 1970-01-01 of a moment of days, and so many seconds more."""
    found: Integers = np.asarray(day, dtype=np.int64) * DAY + MOMENTS[moment] + more
    return found


def dates(days: Integers, missing: NDArray[np.bool_] | None = None) -> pl.Series:
    """Write days since 1970-01-01 as dates; none where they are missing."""
    found = pl.Series(np.where(missing, 0, days) if missing is not None else days).cast(pl.Int32).cast(pl.Date)
    return found if missing is None else pl.select(pl.when(~pl.Series(missing)).then(found)).to_series()
