"""ADLB: laboratory results with baseline and change.

Baseline is the last result with a number on or before the first dose. A trial can hold millions of results: subjects
and tests are numbers until the end, and text columns are polars enums, each word stored once.
"""

import polars as pl

from equipoise.derive.imputation import complete_date
from equipoise.derive.source import KEYS, Source

__all__ = ["ADLB_SOURCES", "derive_adlb"]

ADLB_SOURCES = ("LBSEQ", "LBTESTCD", "LBTEST", "LBSTRESN", "LBDTC", "VISIT", "VISITNUM", "LBNRIND")
"""Variables of LB that are read."""

_BLOCK = 1_000
"""Subjects that are worked on at once, which bounds memory."""
_ORDER = ["_S", "_T", "ADT", "LBSEQ", "AVISITN", "AVAL", "ANRIND", "AVISIT"]


def derive_adlb(source: Source, adsl: pl.DataFrame) -> pl.DataFrame:
    """Derive the laboratory data set: one row per result of a test."""
    frame = source.data["LB"]
    missing = [pl.lit(None, dtype=pl.String).alias(c) for c in ADLB_SOURCES if c not in frame.columns]
    frame = frame.with_columns(missing)
    subjects = adsl.select(*KEYS, "ARMID", "AARMID", "TRTSDT").sort(KEYS).with_row_index("_S")
    tests = frame.select(PARAMCD="LBTESTCD", PARAM="LBTEST").unique().sort("PARAMCD", "PARAM").with_row_index("_T")
    place = frame.select(KEYS).join(subjects.select(*KEYS, "_S"), on=KEYS, how="left", maintain_order="left")["_S"]
    words = {"AVISIT": _levels(frame["VISIT"]), "ANRIND": _levels(frame["LBNRIND"])}
    coded = _coded(subjects, *KEYS, "ARMID", "AARMID"), _coded(tests, "PARAMCD", "PARAM")
    parts = []
    for first in range(0, max(subjects.height, 1), _BLOCK):
        inside = place.is_between(first, first + _BLOCK - 1).fill_null(False)
        rows = _rows(frame.filter(inside).with_columns(place.filter(inside)), tests)
        parts.append(_block(rows.with_columns(pl.col(c).cast(t) for c, t in words.items()), *coded))
    return pl.concat(parts, rechunk=True)


def _levels(values: pl.Series) -> pl.Enum:
    return pl.Enum(values.drop_nulls().unique().sort())


def _coded(table: pl.DataFrame, *columns: str) -> pl.DataFrame:
    return table.with_columns(pl.col(c).cast(_levels(table[c])) for c in columns)


def _block(rows: pl.DataFrame, subjects: pl.DataFrame, tests: pl.DataFrame) -> pl.DataFrame:
    """Add baseline, change and words to the results of some subjects."""
    rows = _add_baseline(rows, subjects)
    days = (pl.col("ADT") - pl.col("TRTSDT")).dt.total_days()
    rows = rows.with_columns(
        ADY=(days + (days >= 0).cast(pl.Int64)).cast(pl.Int32),
        CHG=pl.when(pl.col("_R") > pl.col("_B")).then(pl.col("AVAL") - pl.col("BASE")),
        ABLFL=pl.when(pl.col("_R") == pl.col("_B")).then(pl.lit("Y", dtype=pl.Enum(["Y"]))),
    )
    # both tables are in the order of their number: words are gathered by position
    words = subjects.select(*KEYS, "ARMID", "AARMID")[rows["_S"]].hstack(tests.select("PARAMCD", "PARAM")[rows["_T"]])
    return words.hstack(rows.drop("_S", "_T", "_R", "_B", "TRTSDT")).select(
        *(*KEYS, "ARMID", "AARMID", "LBSEQ", "PARAMCD", "PARAM", "ADT", "ADY"),
        *("AVISIT", "AVISITN", "AVAL", "BASE", "CHG", "ABLFL", "ANRIND"),
    )


def _rows(frame: pl.DataFrame, tests: pl.DataFrame) -> pl.DataFrame:
    """Results with the numbers of subject (_S) and test (_T), in order."""
    number = pl.col("LBSTRESN").cast(pl.Float64, strict=False)
    return (
        frame.lazy()
        .join(tests.lazy(), left_on=["LBTESTCD", "LBTEST"], right_on=["PARAMCD", "PARAM"], how="left", nulls_equal=True)
        .select(
            "_S",
            "_T",
            LBSEQ=pl.col("LBSEQ").cast(pl.Int64, strict=False),
            ADT=complete_date(pl.col("LBDTC")),
            AVISIT="VISIT",
            AVISITN=pl.col("VISITNUM").cast(pl.Float64, strict=False),
            AVAL=pl.when(number.is_finite()).then(number),
            ANRIND="LBNRIND",
        )
        .sort(_ORDER, nulls_last=True)
        .collect()
        .with_row_index("_R")
    )


def _add_baseline(rows: pl.DataFrame, subjects: pl.DataFrame) -> pl.DataFrame:
    """Add BASE and the row (_B) that gives it."""
    rows = rows.with_columns(subjects["TRTSDT"][rows["_S"]])
    usable = (pl.col("ADT") <= pl.col("TRTSDT")) & pl.col("AVAL").is_not_null()
    last = rows.lazy().filter(usable).group_by("_S", "_T").agg(pl.col("_R").max().alias("_B")).collect()
    base = last.with_columns(BASE=rows["AVAL"][last["_B"]])
    return rows.join(base, on=["_S", "_T"], how="left", maintain_order="left")
