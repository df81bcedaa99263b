"""Frames of records: keys, time, number, fields."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["long", "numbered"]

Integers = NDArray[np.int64]


def numbered(keys: pl.DataFrame, when: Integers, **fields: Any) -> pl.DataFrame:
    """Make a frame of records, one row each, in the order of time within each patient.

    Parameters
    ----------
    keys
        TRIAL and PATIENT of each record.
    when
        Seconds since 1970-01-01 at which it is made.
    fields
        Fields of the payload: series, or one value for all.
    """
    frame = keys.select("TRIAL", "PATIENT").with_columns(AT=pl.Series(when, dtype=pl.Int64))
    columns = [(value if isinstance(value, pl.Series) else pl.lit(value)).alias(name) for name, value in fields.items()]
    frame = frame.with_columns(columns).sort("TRIAL", "PATIENT", "AT", maintain_order=True)
    number = pl.int_range(pl.len(), dtype=pl.Int32).over("TRIAL", "PATIENT")
    return frame.select("TRIAL", "PATIENT", "AT", number.alias("NTH"), *fields)


def long(heads: pl.DataFrame, parts: pl.DataFrame, place: pl.Series) -> pl.DataFrame:
    """Repeat the fields of each record for each of its parts.

    Parameters
    ----------
    heads
        Records as `numbered` gives them, with a column PLACE.
    parts
        Parts in order, with SCAN, the place of the record they belong to.
    place
        Place of each head, in the order in which it was given.
    """
    numbers = heads.with_columns(place.alias("PLACE"))
    joined = numbers.join(parts.rename({"SCAN": "PLACE"}), on="PLACE", how="left", maintain_order="left_right")
    return joined.drop("PLACE")
