"""Partial dates: one table of rules, by the kind of date.

A partial date stands for a period: ``2014-05`` for 1 to 31 May 2014, ``2014`` and ``2014---07`` for the whole year. The imputed day
always lies in that period, so that the known part never changes. Randomization and progression are never imputed. The original text
stays in its variable and the flag says what was missing: ``D`` the day, ``M`` month and day; a date of which not even the year is known
stays unknown.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import polars as pl

from equipoise.cdisc import parse_dtc

__all__ = ["IMPUTATION", "DateKind", "Imputation", "complete_date", "imputed", "known_period"]

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


def known_period(text: pl.Expr) -> pl.Expr:
    """Struct of ``first`` and ``last`` possible day and ``flag`` (null complete, D, M); all null where the year is unknown."""
    parts = parse_dtc(text)
    year = parts.struct.field("year")
    month = pl.when(parts.struct.field("precision") == "Y").then(None).otherwise(parts.struct.field("month"))
    day = pl.when(parts.struct.field("precision") == "D").then(parts.struct.field("day"))
    known = year.is_not_null() & ~parts.struct.field("bad")
    first = pl.date(year, month.fill_null(1), day.fill_null(1))
    month_end = first.dt.month_end()
    year_end = pl.date(year, 12, 31)
    last = pl.when(day.is_not_null()).then(first).when(month.is_not_null()).then(month_end).otherwise(year_end)
    flag = pl.when(day.is_not_null()).then(None).when(month.is_not_null()).then(pl.lit("D")).otherwise(pl.lit("M"))
    return pl.struct(
        pl.when(known).then(first).alias("first"),
        pl.when(known).then(last).alias("last"),
        pl.when(known).then(flag).alias("flag"),
    )


def imputed(
    text: pl.Expr, kind: DateKind, *, not_before: pl.Expr | None = None, not_after: pl.Expr | None = None
) -> pl.Expr:
    """Impute a date by the rule of its kind.

    Parameters
    ----------
    text
        ISO 8601 text as recorded.
    kind
        Row of ``IMPUTATION``.
    not_before, not_after
        Bounds (Date); an imputed day is moved inside them as far as the known part allows, ``not_after`` last. Complete dates are
        never moved; a null bound binds nothing.

    Returns
    -------
    polars.Expr
        Struct of ``date`` (Date) and ``flag`` (null, "D", "M").
    """
    period = known_period(text)
    first, last, flag = (period.struct.field(n) for n in ("first", "last", "flag"))
    rule = IMPUTATION[kind].day
    if rule == "never":
        return pl.struct(pl.when(flag.is_null()).then(first).alias("date"), pl.lit(None, dtype=pl.String).alias("flag"))
    if rule == "middle":
        day = pl.when(flag == "D").then(first + pl.duration(days=14)).otherwise(first)
    else:
        day = first if rule == "first" else last
    if not_before is not None:
        day = pl.max_horizontal(day, pl.min_horizontal(not_before, last))
    if not_after is not None:
        day = (
            pl.when(not_after.is_null())
            .then(day)
            .otherwise(pl.min_horizontal(day, pl.max_horizontal(not_after, first)))
        )
    return pl.struct(pl.when(flag.is_null()).then(first).otherwise(day).alias("date"), flag.alias("flag"))
