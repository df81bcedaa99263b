"""Visits besides scans: the baseline, and one in each cycle while the patient is treated; some are missed.

Cycles are counted from the first dose through open treatment after crossover, so that numbers never begin anew.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.protocol import Protocol
from equipoise.rehearsal.model.visits import VisitTiming
from equipoise.rehearsal.moments import at
from equipoise.rehearsal.timeline import NEVER, Timeline, as_dates, named_slot, numbered

__all__ = ["visit_records"]

Integers = NDArray[np.int64]

_MOST = 100
_WHYS = ("the patient was away", "the patient felt too ill", "the patient forgot")


def visit_records(protocol: Protocol, timing: VisitTiming, times: Timeline, screened: Integers) -> pl.DataFrame:
    """Write the visits of all patients.

    Parameters
    ----------
    protocol
        Visits of the schedule: those before day 1 take place once, at screening; those that repeat, while treated.
    timing
        Spread around the planned days, and how many are missed.
    times
        Days of the patients.
    screened
        Day of screening of each patient.

    Returns
    -------
    polars.DataFrame
        ``visit_recorded``.
    """
    parts = []
    for name, visit in protocol.visits.schedule.items():
        if visit.repeats_every_days:
            parts.append(_repeated(name, visit.day, visit.repeats_every_days, timing, times))
        elif visit.day < 1:
            rows = np.arange(len(times))
            parts.append(_frame(times, name, rows, np.ones(len(rows), np.int64), screened, moment="baseline_visit"))
    if not parts:
        return pl.DataFrame(schema={"TRIAL": pl.Int32, "PATIENT": pl.Int32, "AT": pl.Int64, "NTH": pl.Int32})
    return numbered(pl.concat(parts))


def _repeated(name: str, first: int, every: int, timing: VisitTiming, times: Timeline) -> pl.DataFrame:
    last = np.where(times.open_first < NEVER, times.open_last, times.last_dose)
    last = np.minimum(np.minimum(last, times.seen - 1), np.minimum(times.death - 1, times.closed - 1))
    off = np.round(timing.cycle_spread_days * times.draws.normal(named_slot("safety", f"visit {name}", _MOST)))
    off = np.clip(off, -(every // 3), every // 3).astype(np.int64)
    off[:, 0] = np.maximum(off[:, 0], 0)
    planned = times.first_dose[:, None] + first - 1 + every * np.arange(_MOST)[None, :]
    there = (planned + np.maximum(off, 0) <= last[:, None]) & (times.first_dose < NEVER)[:, None]
    there = np.logical_and.accumulate(there, axis=1)
    rows, place = np.nonzero(there)
    missed = times.draws.uniform(named_slot("safety", f"missed {name}", _MOST))[rows, place] < timing.cycle_missed
    missed &= place > 0
    day = planned[rows, place] + np.where(missed, 0, off[rows, place])
    return _frame(times, name, rows, place + 1, day, missed=missed)


def _frame(
    times: Timeline, name: str, rows: Integers, number: Integers, day: Integers, *,
    missed: NDArray[np.bool_] | None = None, moment: str = "visit_recorded",
) -> pl.DataFrame:  # fmt: skip
    gone = np.zeros(len(rows), dtype=np.bool_) if missed is None else missed
    whys = pl.Series(_WHYS).gather(pl.Series(day % len(_WHYS)))
    table = pl.DataFrame({
        **times.keys(rows), "AT": at(day, moment), "visit": pl.Series([name]).new_from_index(0, len(rows)),
        "number": pl.Series(number, dtype=pl.Int64), "day": as_dates(day), "gone": gone, "why": whys,
    })  # fmt: skip
    status = pl.when("gone").then(pl.lit("missed")).otherwise(pl.lit("done"))
    return table.select(
        "TRIAL", "PATIENT", "AT", "visit", "number", status=status,
        date=pl.when(~pl.col("gone")).then("day"), why=pl.when("gone").then("why"),
    )  # fmt: skip
