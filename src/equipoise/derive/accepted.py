"""The readings that count: those of the accepted reader, from lesions where there are any, else as recorded."""

import polars as pl

from equipoise.cdisc import Finding
from equipoise.derive.source import KEYS, Source
from equipoise.derive.tumors import Tumors
from equipoise.terms import Assessor, Response

__all__ = ["accepted_lesions", "counted"]

_RECORDED_ONLY = ("conflicting-readings", "partial-date")


def accepted_lesions(  # noqa: PLR0917
    source: Source,
    read: Tumors,
    accepted: pl.DataFrame,
    assessor: Assessor,
    rows: pl.DataFrame,
    findings: list[Finding],
) -> tuple[pl.DataFrame, list[Finding]]:
    """Replace the recorded readings of subjects whose accepted reader measured lesions by those recomputed.

    Parameters
    ----------
    accepted
        KEYS, ASSESSOR, READER: the reader that counts.
    rows
        Recorded readings of the assessor (``readings.readings``).

    Returns
    -------
    tuple
        Readings in the same columns, and the findings that still hold.
    """
    if source.protocol.review.response_from == "recorded":
        return rows, findings
    own = accepted.filter(pl.col("ASSESSOR") == assessor.value)
    visits = read.visits.filter(pl.col("FROM") == "TR")
    visits = visits.join(own.select(*KEYS, "READER"), on=[*KEYS, "READER"], how="semi")
    if visits.is_empty():
        return rows, findings
    subjects = visits.select(KEYS).unique()
    measured = set(subjects["USUBJID"].to_list())
    kept = [f for f in findings if f.code not in _RECORDED_ONLY or f.subject not in measured]
    rest = rows.join(subjects, on=KEYS, how="anti")
    table = pl.concat([rest, _as_readings(visits, assessor).select(rest.columns)])
    return table.sort([*KEYS, "ADT", "AVISITN", "SRCSEQ"], nulls_last=True), kept


def _as_readings(visits: pl.DataFrame, assessor: Assessor) -> pl.DataFrame:
    progressed = pl.col("OVERALL") == Response.PD
    exact = pl.col("EXACT")
    flag = pl.when(pl.col("PARTIAL").str.len_chars() >= _MONTH).then(pl.lit("D")).otherwise(pl.lit("M"))
    visits = visits.with_columns(
        ADT=pl.when(exact | ~progressed).then("ADT"),
        ADTF=pl.when(~exact & ~progressed).then(flag),
        AVALC=pl.when(pl.col("OVERALL").is_in(list(Response))).then("OVERALL").otherwise("WORD"),
    )
    usable = pl.col("AVALC").is_in(list(Response)) & pl.col("ADT").is_not_null()
    rank = pl.col("AVALC").replace_strict(_RANKS, default=0, return_dtype=pl.Int32)
    worst = pl.when(usable).then(pl.struct(rank.alias("R"), "SRCSEQ")).rank("ordinal", descending=True)
    return visits.with_columns(USED=(usable & (worst.over([*KEYS, "ADT"]) == 1)).fill_null(False)).select(
        *KEYS,
        pl.lit(assessor.value).alias("ASSESSOR"),
        "ADT",
        "ADTF",
        "AVISIT",
        "AVISITN",
        "AVALC",
        "RSSEQ",
        "SRCDOM",
        "SRCVAR",
        "SRCSEQ",
        "USED",
        "EXACT",
        FIRST="FIRSTDATE",
    )


_MONTH = 7
"""Characters of a date that lacks the day only, for example 2014-02."""
_RANKS = {"NE": 1, "CR": 2, "PR": 3, "SD": 4, "NON-CR/NON-PD": 5, "PD": 6}


def counted(rows: pl.DataFrame, ends: pl.DataFrame) -> pl.DataFrame:
    """Add COUNTS: whether a reading may be a best response, not after new anticancer therapy or crossover."""
    rows = rows.join(ends.rename({"DATE": "END"}), on=KEYS, how="left", maintain_order="left")
    inside = (pl.col("ADT") <= pl.col("END")).fill_null(True)
    return rows.with_columns(COUNTS=pl.col("USED") & inside).drop("END")
