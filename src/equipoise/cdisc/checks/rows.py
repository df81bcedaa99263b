"""Rows without a subject, twice the same row, two rows for one key, rows of subjects that are not in DM."""

from collections.abc import Mapping

import polars as pl

from equipoise.cdisc.checks.marks import ROW, SUBJECT, Mark, key_variables, mark
from equipoise.cdisc.checks.rules import rule

__all__ = ["check_rows"]


def check_rows(datasets: Mapping[str, pl.DataFrame]) -> list[Mark]:
    """Marks of the group ``rows``. DM comes first: who is usable there decides about the rows elsewhere."""
    marks: list[Mark] = []
    usable: pl.DataFrame | None = None
    for dataset in sorted(datasets, key=lambda name: (name != "DM", name)):
        frame = datasets[dataset].with_row_index(ROW)
        subject = [k for k in SUBJECT if k in frame.columns]
        if "USUBJID" not in subject:
            continue
        found, rest = _without_subject(dataset, frame, subject)
        marks += found
        found, rest = _twice(dataset, rest)
        marks += found
        if dataset == "DM":
            usable = rest.select(subject).unique()
        elif usable is not None:
            marks += _unknown(dataset, rest, [k for k in subject if k in usable.columns], usable)
    return marks


def _unknown(dataset: str, frame: pl.DataFrame, on: list[str], usable: pl.DataFrame) -> list[Mark]:
    subjects = frame.select(on).unique().join(usable, on=on, how="anti")
    if subjects.is_empty():
        return []
    rows = frame.join(subjects, on=on, how="semi", maintain_order="left")
    return mark(rule("unknown-subject"), dataset, "USUBJID", rows, seen=pl.col("USUBJID"))


def _without_subject(dataset: str, frame: pl.DataFrame, subject: list[str]) -> tuple[list[Mark], pl.DataFrame]:
    if not any(frame[name].null_count() for name in subject):
        return [], frame
    missing = pl.any_horizontal(pl.col(subject).is_null())
    rows = frame.filter(missing)
    marks = [
        item
        for name in subject
        for item in mark(
            rule("missing-subject"), dataset, name, rows.filter(pl.col(name).is_null()), seen=pl.lit("(empty)")
        )
    ]
    return marks, frame.filter(~missing)


def _twice(dataset: str, frame: pl.DataFrame) -> tuple[list[Mark], pl.DataFrame]:
    """Marks of duplicates, and the rows that remain."""
    keys = key_variables(dataset, frame)
    content = [c for c in frame.columns if c != ROW]
    if frame.select(keys).hash_rows().n_unique() == frame.height:
        return [], frame  # equal keys have equal hashes
    suspects = frame.filter(pl.struct(keys).is_duplicated())
    if suspects.is_empty():
        return [], frame
    copies = suspects.filter(~pl.struct(content).is_first_distinct())
    suspects = suspects.join(copies.select(ROW), on=ROW, how="anti", maintain_order="left")
    suspects = suspects.filter(pl.struct(keys).is_duplicated())
    out = dataset == "DM" or dataset.startswith("SUPP")
    by_sequence = f"{dataset[:2]}SEQ" in keys
    words = pl.concat_str(
        [pl.format(f"{k}={{}}", pl.col(k).cast(pl.String).fill_null("")) for k in keys if k != "STUDYID"],
        separator=", ",
    )
    marks = mark(rule("duplicate-row"), dataset, ", ".join(keys), copies, seen=words)
    if out:
        marks += mark(rule("conflicting-rows"), dataset, ", ".join(keys), suspects, seen=_differences(suspects, keys))
    elif by_sequence:
        marks += mark(rule("duplicate-key"), dataset, ", ".join(keys), suspects, seen=_differences(suspects, keys))
    gone = pl.concat([copies, suspects]) if out else copies
    return marks, frame.join(gone.select(ROW), on=ROW, how="anti", maintain_order="left")


def _differences(rows: pl.DataFrame, keys: list[str]) -> pl.Expr:
    """What a row of a key has in the variables in which the rows of that key differ."""
    parts = [
        pl.when(pl.col(c).rank("dense").over(keys).fill_null(0).n_unique().over(keys) > 1).then(
            pl.format(f"{c}={{}}", pl.col(c).cast(pl.String).fill_null(""))
        )
        for c in rows.columns
        if c not in (ROW, *keys)
    ]
    return pl.concat_str(parts, separator=", ", ignore_nulls=True).str.slice(0, 200) if parts else pl.lit("")
