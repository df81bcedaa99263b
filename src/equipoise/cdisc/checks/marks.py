"""Rows that break a rule, and the findings that tell of them."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from equipoise.cdisc.checks.rules import Rule
from equipoise.cdisc.findings import Finding
from equipoise.cdisc.spec import dataset_spec

__all__ = ["ROW", "SUBJECT", "Mark", "key_variables", "mark", "mark_findings"]

SUBJECT = ("STUDYID", "USUBJID")
ROW = "_ROW"
_FEW = 20


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Rows of one data set that break one rule in one variable.

    ``rows`` has the columns ``_ROW`` (position in the data set, from 0), ``seen`` and ``expected`` (text); none where
    the whole data set is meant.
    """

    rule: Rule
    dataset: str
    variable: str
    rows: pl.DataFrame


def mark(
    rule: Rule,
    dataset: str,
    variable: str,
    rows: pl.DataFrame,
    *,
    seen: pl.Expr,
    expected: pl.Expr | None = None,
) -> list[Mark]:
    """Mark rows; nothing where there are none. ``seen`` and ``expected`` are computed from ``rows``."""
    if rows.is_empty():
        return []
    words = pl.lit(rule.expected) if expected is None else expected
    # polars 2.1 panics in concat_str where the columns of a frame have chunks of different lengths
    found = rows.rechunk().select(ROW, seen=seen.cast(pl.String).fill_null(""), expected=words)
    return [Mark(rule=rule, dataset=dataset, variable=variable, rows=found)]


def key_variables(dataset: str, frame: pl.DataFrame) -> list[str]:
    """Variables that identify a row, as far as the data set has them."""
    spec = dataset_spec(dataset)
    sequence = f"{dataset[:2]}SEQ"
    keys = spec.keys if spec else (*SUBJECT, sequence)
    if sequence in frame.columns and sequence not in keys and not dataset.startswith("SUPP"):
        keys = (*SUBJECT, sequence)
    return [key for key in keys if key in frame.columns]


def mark_findings(marks: Iterable[Mark], datasets: dict[str, pl.DataFrame]) -> list[Finding]:
    """Findings of marks: one per row; one per subject or value, with its number of rows, where a rule says so."""
    findings: list[Finding] = []
    for item in marks:
        frame = datasets[item.dataset]
        if item.rows.is_empty() or not frame.height:
            findings.append(_finding(item, "", "", item.rule.expected, None))
            continue
        shown = [k for k in key_variables(item.dataset, frame) if k not in {"STUDYID", "RDOMAIN"}]
        if frame.get_column("STUDYID", default=pl.Series([""])).n_unique() > 1:
            shown = ["STUDYID", *shown]
        rows = item.rows.join(_keys(frame, item.rows[ROW], shown), on=ROW, maintain_order="left")
        findings += _together(item, rows) if item.rule.together else _each(item, rows)
    return findings


def _keys(frame: pl.DataFrame, rows: pl.Series, shown: list[str]) -> pl.DataFrame:
    """``_ROW``, ``key`` (words) and ``subject`` of the rows."""
    wanted = rows.unique()
    part = frame[wanted.to_list()].rechunk().with_columns(wanted.alias(ROW))
    words = [
        pl.when(pl.col(k).is_not_null()).then(
            pl.format(f"{k}={{}}", pl.col(k).cast(pl.String).str.replace(r"\.0$", ""))
        )
        for k in shown
    ]
    subject = pl.col("USUBJID").cast(pl.String) if "USUBJID" in frame.columns else pl.lit(None, dtype=pl.String)
    key = pl.concat_str(words, separator=", ", ignore_nulls=True) if words else pl.lit("")
    return part.select(ROW, key=key, subject=subject)


def _each(item: Mark, rows: pl.DataFrame) -> list[Finding]:
    return [
        _finding(item, row["key"], row["seen"], row["expected"], row["subject"]) for row in rows.iter_rows(named=True)
    ]


def _together(item: Mark, rows: pl.DataFrame) -> list[Finding]:
    """One finding per value seen (per subject where rows are kept out); few rows are told one by one."""
    by = ["seen", "expected"] + (["subject"] if item.rule.action == "row" else [])
    findings: list[Finding] = []
    for values, part in sorted(rows.group_by(by), key=lambda pair: tuple(str(v) for v in pair[0])):
        if item.rule.action == "keep" and part.height <= _FEW:
            findings += _each(item, part)
            continue
        subject = values[2] if item.rule.action == "row" else None
        count = f"{part.height} {'row' if part.height == 1 else 'rows'}"
        key = f"USUBJID={subject}" if subject is not None else ""
        findings.append(_finding(item, key, f"{values[0]} ({count})".strip(), str(values[1]), _text(subject)))
    return findings


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _finding(item: Mark, key: str, seen: str, expected: str, subject: str | None) -> Finding:
    return Finding(
        severity=item.rule.severity,
        code=item.rule.code,
        dataset=item.dataset,
        row_key=key,
        variable=item.variable,
        seen=seen,
        expected=expected,
        effect=item.rule.effect,
        subject=subject,
    )
