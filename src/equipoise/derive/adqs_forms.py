"""Forms: what a subject answered to one questionnaire on one day.

Records of one subject, day and visit are one form. Where an item stands there twice with different answers there are
several forms: told apart by the time of day, else by the order in which they were recorded.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from equipoise.cdisc import Finding
from equipoise.derive.adqs_answers import Answers
from equipoise.derive.adqs_instruments import Questionnaire

__all__ = ["Forms", "collect_forms", "subject_key"]

_KEY = ["_S", "DATE", "_TEXT", "VISITNUM", "VISIT"]


@dataclass(frozen=True, slots=True)
class Forms:
    """Forms of one questionnaire."""

    table: pl.DataFrame
    """A row per form in the order of subject, date and record: FORM (its number), _S, DATE, DTC, VISIT, QSSEQ."""
    answers: pl.DataFrame
    """The same rows; a column of text per item and per ready-made score."""


def collect_forms(one: Questionnaire, rows: Answers, subjects: pl.DataFrame) -> tuple[Forms, list[Finding]]:
    """Put the answers of a questionnaire together into forms."""
    rows = rows.filter(pl.col("ITEM").is_not_null() & pl.col("ANSWER").is_not_null())
    rows = rows.with_columns(_TEXT=pl.when(pl.col("DATE").is_null()).then("DTC"))
    rows = rows.sort([*_KEY, "QSSEQ", "DTC", "ITEM", "ANSWER"], nulls_last=True)
    rows = rows.with_columns(_F=pl.struct(_KEY).rle_id(), _K=pl.lit(0, dtype=pl.UInt32))
    number = pl.col("ANSWER").cast(pl.Float64, strict=False)
    rows = rows.with_columns(_A=pl.coalesce(number.cast(pl.String), pl.col("ANSWER").str.to_uppercase()))
    twice = rows.group_by("_F", "ITEM").agg(N=pl.len(), DIFFERENT=pl.col("_A").n_unique() > 1).filter(pl.col("N") > 1)
    findings = _equal_copies(one, rows, twice, subjects)
    split = twice.filter("DIFFERENT")["_F"].unique().sort()
    if split.len():
        rows = _split(rows, split)
    rows = rows.unique(["_F", "_K", "ITEM"], keep="first", maintain_order=True)
    table = rows.group_by("_F", "_K", maintain_order=True).agg(
        pl.col("_S", "DATE", "VISIT", "VISITNUM", "DTC").first(), pl.col("QSSEQ").min()
    )
    table = table.sort(["_S", "DATE", "QSSEQ", "VISITNUM", "VISIT", "DTC", "_K"], nulls_last=True)
    table = table.with_row_index("FORM")
    items = list(dict.fromkeys(one.codes.values()))
    wide = rows.join(table.select("_F", "_K", "FORM"), on=["_F", "_K"], how="left").pivot(
        on="ITEM", index="FORM", values="ANSWER", on_columns=items, aggregate_function="first"
    )
    answers = table.select("FORM").join(wide, on="FORM", how="left", maintain_order="left").drop("FORM")
    return Forms(table.drop("_F", "_K", "VISITNUM"), answers), findings


def _split(rows: Answers, split: pl.Series) -> Answers:
    """Number the forms of days on which an item has different answers."""
    inside = pl.col("_F").is_in(split.implode())
    parts = [rows.filter(~inside)]
    for part in rows.filter(inside).partition_by("_F", maintain_order=True):
        numbers = _numbers(part["ITEM"].to_list(), part["DTC"].to_list())
        parts.append(part.with_columns(_K=pl.Series(numbers, dtype=pl.UInt32)))
    return pl.concat(parts)


def _numbers(items: Sequence[str], times: Sequence[str | None]) -> list[int]:
    """Number of the form of each record: by time of day, else in runs, else by how often the item was seen before."""
    stamps = sorted({time or "" for time in times})
    pairs = list(zip(items, times, strict=True))
    if len(stamps) > 1 and len(set(pairs)) == len(pairs):
        return [stamps.index(time or "") for time in times]
    runs, seen, current = [], set[str](), 0
    for item in items:
        if item in seen:
            current, seen = current + 1, set()
        seen.add(item)
        runs.append(current)
    most = max(items.count(item) for item in set(items))
    if current + 1 == most:
        return runs
    return [items[:place].count(item) for place, item in enumerate(items)]


def subject_key(subjects: pl.DataFrame, row: int) -> str:
    """USUBJID of a subject's row."""
    return str(subjects["USUBJID"][row])


def _equal_copies(one: Questionnaire, rows: Answers, twice: pl.DataFrame, subjects: pl.DataFrame) -> list[Finding]:
    different = twice.filter("DIFFERENT")["_F"].unique()
    equal = twice.filter(~pl.col("_F").is_in(different.implode()))["_F"].unique()
    days = rows.filter(pl.col("_F").is_in(equal.implode())).unique("_F", keep="first", maintain_order=True)
    findings = []
    for row in days.iter_rows(named=True):
        subject = subject_key(subjects, row["_S"])
        where = f", VISIT={row['VISIT']}" if row["VISIT"] else ""
        findings.append(
            Finding(
                severity="warning",
                code="form-twice",
                dataset="QS",
                row_key=f"USUBJID={subject}, QSCAT={one.name}, QSDTC={row['DTC'] or 'missing'}{where}",
                variable="QSDTC",
                seen="items recorded twice with equal answers",
                expected="one form on a day",
                effect="equal answers count once",
                subject=subject,
            )
        )
    return findings
