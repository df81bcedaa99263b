"""Partial dates: one table of rules, by the kind of date.

A partial date stands for a period: ``2014-05`` for 1 to 31 May 2014, ``2014`` and ``2014---07`` for the whole year.
The imputed day always lies in that period, so that the known part never changes. Randomization and progression are
never imputed. The original text stays in its variable and the flag says what was missing: ``D`` the day, ``M`` month
and day; a date of which not even the year is known stays unknown.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import polars as pl

from equipoise.cdisc import parse_dtc

__all__ = ["IMPUTATION", "DateKind", "Imputation", "add_imputed", "add_period", "complete_date"]

DateKind = Literal[
    "adverse_event_start",
    "adverse_event_end",
    "assessment",
    "consent",
    "death",
    "dose_start",
    "dose_end",
    "new_therapy",
    "progression",
    "proof_of_life",
    "randomization",
    "stop",
]


@dataclass(frozen=True, slots=True)
class Imputation:
    """Which day of the period is taken, before it is moved inside the bounds that the caller knows."""

    day: Literal["first", "middle", "last", "never"]
    reason: str


IMPUTATION: MappingProxyType[DateKind, Imputation] = MappingProxyType(
    {
        "adverse_event_start": Imputation(
            "first", "not before the first dose when the known part allows; not after its end"
        ),
        "adverse_event_end": Imputation("last", "latest possible day, not after death or the data cut-off"),
        "assessment": Imputation(
            "last", "shown only: an assessment without progression and without a full date never censors"
        ),
        "consent": Imputation("never", "as recorded"),
        "death": Imputation(
            "middle", "the 15th, never before the day after last known alive; that day where the month is unknown"
        ),
        "dose_start": Imputation("first", "not before randomization when the known part allows"),
        "dose_end": Imputation("last", "latest possible day, not after death, the next dose or the data cut-off"),
        "new_therapy": Imputation(
            "first", "earliest possible day, not before randomization when the known part allows"
        ),
        "progression": Imputation("never", "a progression without a full date is reported and kept out"),
        "proof_of_life": Imputation("first", "alive at least on the first day of the period"),
        "randomization": Imputation("never", "time begins on a day that is known"),
        "stop": Imputation("last", "latest possible day, not after death or the data cut-off"),
    }
)
"""The rules by kind of date."""


def complete_date(text: pl.Expr) -> pl.Expr:
    """Date where year, month and day are known, else null."""
    return parse_dtc(text).struct.field("date")


def add_period(frame: pl.DataFrame, text: str) -> pl.DataFrame:
    """Add FIRST and LAST possible day of a partial date and FLAG (null complete, D, M).

    All null where the year is unknown.
    """
    parts = frame.select(PART=parse_dtc(pl.col(text)))["PART"].struct.unnest()
    known = pl.col("year").is_not_null() & ~pl.col("bad")
    complete = pl.col("precision") == "D"
    month = pl.when(pl.col("precision") == "Y").then(None).otherwise(pl.col("month"))
    parts = parts.select(
        pl.when(known)
        .then(pl.date(pl.col("year"), month.fill_null(1), pl.when(complete).then("day").otherwise(1)))
        .alias("FIRST"),
        pl.when(known & complete)
        .then(pl.lit(""))
        .when(known & month.is_not_null())
        .then(pl.lit("D"))
        .when(known)
        .then(pl.lit("M"))
        .alias("FLAG"),
    )
    last = (
        pl.when(pl.col("FLAG") == "D")
        .then(pl.col("FIRST").dt.month_end())
        .when(pl.col("FLAG") == "M")
        .then(pl.date(pl.col("FIRST").dt.year(), 12, 31))
        .otherwise(pl.col("FIRST"))
    )
    parts = parts.with_columns(LAST=last, FLAG=pl.when(pl.col("FLAG") != "").then(pl.col("FLAG")))
    return frame.with_columns(parts["FIRST"], parts["LAST"], parts["FLAG"])


def add_imputed(
    frame: pl.DataFrame,
    text: str,
    kind: DateKind,
    *,
    date: str,
    flag: str | None = None,
    not_before: pl.Expr | None = None,
    not_after: pl.Expr | None = None,
) -> pl.DataFrame:
    """Add a date that is imputed, where it is partial, by the rule of its kind.

    Parameters
    ----------
    text
        Variable with ISO 8601 text as recorded.
    kind
        Row of ``IMPUTATION``.
    date, flag
        Names of the new variables: the day (Date) and what was missing (null, "D", "M").
    not_before, not_after
        Bounds (Date); an imputed day is moved to a bound that lies in the known period, ``not_after`` last. Complete
        dates are never moved; a bound that is null, or that the known part does not allow, binds nothing.
    """
    frame = add_period(frame, text)
    first, last = pl.col("FIRST"), pl.col("LAST")
    rule = IMPUTATION[kind].day
    partial = pl.col("FLAG").is_not_null()
    if rule == "never":
        day: pl.Expr = pl.lit(None, dtype=pl.Date)
    elif rule == "middle":
        day = pl.when(pl.col("FLAG") == "D").then(first + pl.duration(days=14)).otherwise(first)
    else:
        day = first if rule == "first" else last
    if not_before is not None:
        day = pl.when(not_before.is_between(day, last)).then(not_before).otherwise(day)
    if not_after is not None:
        day = pl.when(not_after.is_between(first, day)).then(not_after).otherwise(day)
    new = [pl.when(partial).then(day).otherwise(first).alias(date)]
    if flag is not None:
        new.append(pl.when(pl.lit(rule != "never")).then(pl.col("FLAG")).alias(flag))
    return frame.with_columns(new).drop("FIRST", "LAST", *(["FLAG"] if flag != "FLAG" else []))
