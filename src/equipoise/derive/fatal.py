"""Adverse events that led to death, by any of the variables that can say so, and what contradicts them."""

from collections.abc import Sequence

import polars as pl

from equipoise.cdisc import Finding
from equipoise.derive.source import KEYS, Source

__all__ = ["FATAL_VALUES", "fatal_contradictions", "fatal_event"]

FATAL_VALUES = {"AEOUT": ("FATAL",), "AESDTH": ("Y",), "AETOXGR": ("5", "5.0", "GRADE 5")}
"""Variable of AE -> values that say that the event led to death."""

_SURVIVED = {"AESDTH": ("N",), "AETOXGR": ("1", "2", "3", "4", "1.0", "2.0", "3.0", "4.0")}


def _one_of(variable: str, values: Sequence[str]) -> pl.Expr:
    return pl.col(variable).cast(pl.String).is_in(list(values)).fill_null(False)


def fatal_event(columns: Sequence[str]) -> pl.Expr:
    """Whether AEOUT, AESDTH or AETOXGR of a row of AE says that the event led to death."""
    tests = [_one_of(variable, values) for variable, values in FATAL_VALUES.items() if variable in columns]
    return pl.any_horizontal(tests) if tests else pl.lit(False)


def fatal_contradictions(source: Source, subjects: pl.DataFrame) -> list[Finding]:
    """Fatal adverse events that another variable of the row, or DM, denies.

    A lower grade is no contradiction where another row of the same event (AEGRPID) has grade 5.

    Parameters
    ----------
    subjects
        KEYS of the subjects derived.
    """
    if not source.has("AE", "AESEQ"):
        return []
    rows = source.rows("AE").join(subjects.select(KEYS), on=KEYS, how="semi", maintain_order="left")
    rows = rows.filter(fatal_event(rows.columns))
    if rows.is_empty():
        return []
    alive = pl.lit(False)
    if source.has("DM", "DTHFL"):
        flags = source.rows("DM", columns=["DTHFL"]).select(*KEYS, DMFLAG="DTHFL")
        rows = rows.join(flags.unique(KEYS, keep="first"), on=KEYS, how="left", maintain_order="left")
        alive = (pl.col("DMFLAG") != "Y").fill_null(True)
    shown = [v for v in FATAL_VALUES if v in rows.columns]
    against = [alive, *(_one_of(v, values) & ~_graded_five(rows) for v, values in _SURVIVED.items() if v in shown)]
    if "AEOUT" in shown:
        against.append((pl.col("AEOUT") != "FATAL").fill_null(False))
    return [_finding(row, shown) for row in rows.filter(pl.any_horizontal(against)).iter_rows(named=True)]


def _graded_five(rows: pl.DataFrame) -> pl.Expr:
    """Whether another row of the same event has grade 5, so that this one is an earlier part of it."""
    if not {"AEGRPID", "AETOXGR"} <= set(rows.columns):
        return pl.lit(False)
    five = _one_of("AETOXGR", FATAL_VALUES["AETOXGR"])
    return pl.col("AEGRPID").is_not_null() & ~five & five.any().over([*KEYS, "AEGRPID"])


def _finding(row: dict[str, object], shown: list[str]) -> Finding:
    said = [f"{v} {row[v]}" for v in shown if row[v] is not None]
    if "DMFLAG" in row:
        said.append(f"DM.DTHFL {row['DMFLAG'] or '(empty)'}")
    return Finding(
        severity="error",
        code="death-contradicted",
        dataset="AE",
        row_key=f"USUBJID={row['USUBJID']}, AESEQ={row['AESEQ']}",
        variable=", ".join(shown),
        seen=", ".join(said),
        expected="AEOUT FATAL, AESDTH Y, grade 5 and DM.DTHFL Y together, or none of them",
        effect="the event counts as fatal (DTHAEFL); the sources of the date of death say whether the subject died",
        subject=str(row["USUBJID"]),
    )
