"""Days that decide what can be recorded of a patient, row by row, and helpers for what happens on them.

Days are whole numbers since 1970. ``NEVER`` stands for what does not happen, so that comparisons need no special case.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.protocol import Protocol
from equipoise.rehearsal.model.naming import allocated_arms
from equipoise.rehearsal.streams import Draws, Slot

__all__ = [
    "DAY",
    "NEVER",
    "Timeline",
    "as_dates",
    "at_work",
    "chosen",
    "named_slot",
    "numbered",
    "partner",
    "timeline",
]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NEVER = 10_000_000
DAY = 86_400
_BLOCK = 4096
_LATE_ENTRY = 60
"""Days after the last contact through which a site still puts things on record."""


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """The days of every patient who was screened; all arrays have a row a patient, by trial and patient."""

    trial: Integers
    patient: Integers
    draws: Draws
    arms: tuple[str, ...]
    """Arms of the protocol."""
    arm: Integers
    """Place in ``arms``; -1 where not randomized."""
    site: NDArray[np.str_]
    randomized: Integers
    first_dose: Integers
    last_dose: Integers
    """Last day of assigned treatment."""
    open_first: Integers
    """First day of open treatment after crossover."""
    open_last: Integers
    open_arm: int
    """Place in ``arms`` of the open treatment; -1 where the protocol has none."""
    death: Integers
    by_treatment: Flags
    """Whether the treatment caused the death."""
    seen: Integers
    """Last day on which the patient comes to visits and answers questions."""
    closed: Integers
    """Last day on which anything is put on record."""

    def __len__(self) -> int:
        return len(self.trial)

    def keys(self, rows: Integers) -> dict[str, pl.Series]:
        """Give TRIAL and PATIENT of the rows of a long frame."""
        return {
            "TRIAL": pl.Series(self.trial[rows], dtype=pl.Int32),
            "PATIENT": pl.Series(self.patient[rows], dtype=pl.Int32),
        }

    def frame(self) -> pl.DataFrame:
        """Give TRIAL, PATIENT and the row of each patient."""
        rows = np.arange(len(self))
        return pl.DataFrame({**self.keys(rows), "ROW": rows})

    def rows_of(self, frame: pl.DataFrame) -> Integers:
        """Row of the patient of each record."""
        keys = frame.select(pl.col("TRIAL").cast(pl.Int32), pl.col("PATIENT").cast(pl.Int32))
        found = keys.join(self.frame(), on=["TRIAL", "PATIENT"], how="left", maintain_order="left")["ROW"]
        return found.to_numpy().astype(np.int64)


def timeline(protocol: Protocol, seed: int, patients: pl.DataFrame, draws: pl.DataFrame) -> Timeline:
    """Collect the days of patients from their facts.

    Parameters
    ----------
    protocol
        Arms, crossover.
    seed
        Seed of the model.
    patients
        ``patients`` of `equipoise.rehearsal.facts`, by TRIAL and PATIENT.
    draws
        Candidates of at least these patients.
    """
    patients = patients.sort("TRIAL", "PATIENT")
    candidates = patients.select("TRIAL", "PATIENT").join(
        draws.with_columns(pl.col("TRIAL", "PATIENT").cast(pl.Int32)), on=["TRIAL", "PATIENT"], how="left",
        maintain_order="left",
    )  # fmt: skip
    arms = tuple(allocated_arms(protocol))
    codes = {arm: place for place, arm in enumerate(arms)}
    arm = patients["ARM"].replace_strict(codes, default=-1, return_dtype=pl.Int64).fill_null(-1)

    def day(column: str) -> Integers:
        return patients[column].cast(pl.Int32).cast(pl.Int64).fill_null(NEVER).to_numpy()

    left, last = day("LEFT"), day("LAST_SEEN")
    no_more_data = (patients["LEVEL"] == "data").fill_null(False).to_numpy() & (left <= last)
    known = patients["DEATH_KNOWN"].fill_null(False).to_numpy()
    to = protocol.crossover.to_arm if protocol.crossover is not None else None
    return Timeline(
        trial=patients["TRIAL"].to_numpy().astype(np.int64),
        patient=patients["PATIENT"].to_numpy().astype(np.int64),
        draws=Draws(seed, candidates),
        arms=arms,
        arm=arm.to_numpy(),
        site=patients["SITE"].to_numpy().astype(np.str_),
        randomized=day("RANDOMIZED"),
        first_dose=day("FIRST_DOSE"),
        last_dose=day("BLINDED_END"),
        open_first=day("OPEN_START"),
        open_last=day("OPEN_END"),
        open_arm=arms.index(to) if to in arms else -1,
        death=np.where(known, day("DEATH"), NEVER),
        by_treatment=(patients["DEATH_CAUSE"] == "treatment").fill_null(False).to_numpy() & known,
        seen=np.minimum(day("VISITS_END"), last),
        closed=np.where(no_more_data, left - 1, np.where(last < NEVER, last + _LATE_ENTRY, NEVER)),
    )


def named_slot(stream: str, name: str, count: int = 1) -> Slot:
    """Give a use of chance its own place by its name, so that no other use ever moves it.

    The place is a block of 4096 among a million, found by the checksum of the name.

    Examples
    --------
    >>> named_slot("safety", "hypertension").first % 4096
    0
    """
    if count > _BLOCK:
        raise ValueError(f"{count} numbers for {name}: at most {_BLOCK} belong to one name")
    return Slot(stream, crc32(name.encode()) // _BLOCK * _BLOCK, count)


def chosen(uniform: Floats, shares: Sequence[float]) -> Integers:
    """Choose a place for each uniform, in proportion to the shares."""
    edges = np.cumsum(np.asarray(shares, dtype=float))
    found: Integers = np.minimum(np.searchsorted(edges / edges[-1], uniform, side="right"), len(edges) - 1)
    return found.astype(np.int64)


def partner(shares: Mapping[str, float], words: Sequence[str]) -> list[float]:
    """Shares of some words, 0 where one has none."""
    return [float(shares.get(word, 0.0)) for word in words]


def as_dates(days: Integers) -> pl.Series:
    """Write days as dates; none for ``NEVER``."""
    there = pl.DataFrame({"day": np.where(days >= NEVER, 0, days).astype(np.int32), "there": days < NEVER})
    return there.select(pl.when("there").then(pl.col("day").cast(pl.Date))).to_series()


def at_work(days: Integers, uniform: Floats) -> Integers:
    """Seconds since 1970 of something put on record on a day, between 14 and 18 hours UTC."""
    return days * DAY + 14 * 3600 + np.floor(uniform * 4 * 3600).astype(np.int64)


def numbered(frame: pl.DataFrame) -> pl.DataFrame:
    """Sort records by TRIAL, PATIENT and AT, and number them within the patient (NTH from 0)."""
    ordered = frame.sort("TRIAL", "PATIENT", "AT", maintain_order=True)
    return ordered.with_columns(NTH=pl.int_range(pl.len(), dtype=pl.Int32).over("TRIAL", "PATIENT"))
