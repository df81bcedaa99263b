"""ADLB: laboratory results with baseline and change.

Baseline is the last result with a number on or before the first dose.
"""

import polars as pl

from equipoise.derive.imputation import complete_date
from equipoise.derive.source import KEYS, Source

__all__ = ["derive_adlb"]


def derive_adlb(source: Source, adsl: pl.DataFrame) -> pl.DataFrame:
    """Derive the laboratory data set: one row per result of a test that was done."""
    wanted = ["LBSEQ", "LBTESTCD", "LBTEST", "LBSTRESN", "LBDTC", "VISIT", "VISITNUM", "LBNRIND"]
    frame = source.data["LB"]
    missing = [pl.lit(None, dtype=pl.String).alias(c) for c in wanted if c not in frame.columns]
    rows = frame.with_columns(missing).select(*KEYS, *wanted)
    place = adsl.select(*KEYS, "ARMID", "AARMID", "TRTSDT").sort(KEYS).with_row_index("_S")
    rows = rows.join(place, on=KEYS, how="inner")
    number = pl.col("LBSTRESN").cast(pl.Float64, strict=False)
    rows = rows.select(
        *KEYS,
        "ARMID",
        "AARMID",
        "_S",
        "TRTSDT",
        LBSEQ=pl.col("LBSEQ").cast(pl.Int64, strict=False),
        PARAMCD="LBTESTCD",
        PARAM="LBTEST",
        ADT=complete_date(pl.col("LBDTC")),
        AVISIT="VISIT",
        AVISITN=pl.col("VISITNUM").cast(pl.Float64, strict=False),
        AVAL=pl.when(number.is_finite()).then(number),
        ANRIND="LBNRIND",
    ).sort(["_S", "PARAMCD", "ADT", "LBSEQ", "AVISITN", "AVAL", "ANRIND"], nulls_last=True)
    usable = (pl.col("ADT") <= pl.col("TRTSDT")) & pl.col("AVAL").is_not_null()
    rows = rows.with_row_index("_R")
    last = rows.filter(usable).unique(["_S", "PARAMCD"], keep="last", maintain_order=True)
    rows = rows.join(
        last.select("_S", "PARAMCD", BASE="AVAL", _B="_R"), on=["_S", "PARAMCD"], how="left", maintain_order="left"
    )
    days = (pl.col("ADT") - pl.col("TRTSDT")).dt.total_days()
    after = pl.col("_R") > pl.col("_B")
    return rows.select(
        *KEYS,
        "ARMID",
        "AARMID",
        "LBSEQ",
        "PARAMCD",
        "PARAM",
        "ADT",
        ADY=(days + (days >= 0).cast(pl.Int64)).cast(pl.Int32),
        AVISIT="AVISIT",
        AVISITN="AVISITN",
        AVAL="AVAL",
        BASE="BASE",
        CHG=pl.when(after).then(pl.col("AVAL") - pl.col("BASE")),
        ABLFL=pl.when(pl.col("_R") == pl.col("_B")).then(pl.lit("Y")),
        ANRIND="ANRIND",
    )
