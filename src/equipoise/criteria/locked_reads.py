"""Reads of many patients as they were locked, in versions: which of them count."""

from dataclasses import dataclass

import polars as pl

from equipoise.criteria.errors import CriteriaError
from equipoise.criteria.lesions import KEYS, Findings

__all__ = ["LockedReads", "locked_reads"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LockedReads:
    """Reads that count, those replaced, and those that should not be."""

    current: pl.DataFrame
    """The last version of each visit of each reader that was made in order, as given."""
    superseded: pl.DataFrame
    """Earlier versions, as given: kept, not counted."""
    findings: pl.DataFrame
    """What was wrong: severity, code, keys, READER, DAY (of the lock), LESION (null), seen, expected, effect."""


def locked_reads(reads: pl.DataFrame) -> LockedReads:
    """Choose the version that counts of every reader's read of every visit.

    A read is locked when it is signed. What was entered for the same visit later counts only if it says why: an entry
    without a reason is an edit of a locked read and is left out.

    Parameters
    ----------
    reads
        A row for each read: USUBJID, READER, VISIT (number in order, 0 the baseline), LOCKED (day of the signature,
        whole number) and REASON (of a new version; null for the first). Optional: STUDYID and any other column.

    Returns
    -------
    LockedReads
        Rows sorted by keys and visit.

    Raises
    ------
    CriteriaError
        A column is missing, or LOCKED or VISIT is no number.
    """
    needed = ("USUBJID", "READER", "VISIT", "LOCKED", "REASON")
    problems = [f"column {name} is missing from the reads" for name in needed if name not in reads.columns]
    for name in ("VISIT", "LOCKED"):
        if name in reads.columns and not reads[name].dtype.is_numeric():
            problems.append(f"column {name} is {reads[name].dtype}: expected a number")
    if problems:
        raise CriteriaError(problems)
    keys = [name for name in KEYS if name in reads.columns]
    place = [*keys, "VISIT"]
    given = reads.with_columns(
        READER=pl.col("READER").cast(pl.String), REASON=pl.col("REASON").cast(pl.String).str.strip_chars()
    )
    findings = Findings(keys)
    unsigned = given.filter(pl.col("LOCKED").is_null())
    seen = pl.format("visit {} without signature", "VISIT")
    findings.add(_days(unsigned), "read-not-locked", seen, "the day of the signature", "not used", "error")
    columns = [name for name in given.columns if name not in {*place, "LOCKED", "REASON"}]
    rows = given.filter(pl.col("LOCKED").is_not_null()).sort(*place, "LOCKED", "REASON", *columns, nulls_last=False)
    first = pl.int_range(pl.len()).over(place) == 0
    explained = pl.col("REASON").is_not_null() & (pl.col("REASON") != "")
    rows = rows.with_columns(KEPT=first | explained)
    seen = pl.format("visit {} entered again without a reason", "VISIT")
    wanted, effect = "a new version with a reason", "not used: the locked read counts"
    findings.add(_days(rows.filter(~pl.col("KEPT"))), "read-after-lock", seen, wanted, effect, "error")
    rows = rows.filter("KEPT").drop("KEPT")
    last = rows.select(pl.int_range(pl.len()).over(place) == pl.len().over(place) - 1).to_series()
    current = rows.filter(last)
    early = pl.col("LOCKED") < pl.col("LOCKED").shift().over(keys)
    seen = pl.format("visit {} locked before the visit before it", "VISIT")
    effect = "used as recorded"
    findings.add(_days(current.filter(early)), "read-out-of-order", seen, "visits locked one by one in order", effect)
    return LockedReads(current=current, superseded=rows.filter(~last), findings=findings.frame())


def _days(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(DAY=pl.col("LOCKED"))
