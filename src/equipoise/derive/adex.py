"""ADEX: duration of treatment, cumulative and average dose, relative dose intensity.

TRTDUR = last day - first day + 1. CUMDOSE = sum over dosing records of amount x days x doses a day (by EXDOSFRQ, else
as the arm's schedule says, else 1). AVGDOSE = CUMDOSE / TRTDUR. RDI = 100 x CUMDOSE / (starting dose of the arm
received x doses a day x TRTDUR). A record without end date runs to the day before the next one, else to the end of
treatment, death or the data cut-off.
"""

import math
from typing import Any

import polars as pl

from equipoise.cdisc import Finding
from equipoise.derive.exposure import doses_per_day
from equipoise.derive.source import KEYS, Source

__all__ = ["derive_adex"]

_PARAMS = {
    "TRTDUR": "Duration of Treatment (days)",
    "CUMDOSE": "Cumulative Dose",
    "AVGDOSE": "Average Daily Dose",
    "RDI": "Relative Dose Intensity (%)",
}
_PHASES = {1: "TREATMENT", 2: "CROSSOVER"}
_COLUMNS = ["STUDYID", "USUBJID", "ARMID", "AARMID", "APHASE", "PARAMCD", "PARAM", "AVAL"]


def derive_adex(source: Source, adsl: pl.DataFrame, doses: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Derive exposure: one row per subject, phase and parameter that the data allow."""
    schema: dict[str, Any] = {**dict.fromkeys(_COLUMNS[:-1], pl.String), "AVAL": pl.Float64}
    if doses.is_empty():
        return pl.DataFrame(schema=schema), []
    rows = doses.join(
        adsl.select(*KEYS, "ARMID", "AARMID", "EOTDT", "DTHDT", "LSTALVDT"), on=KEYS, how="inner", maintain_order="left"
    )
    rows, findings = _close(source, rows)
    rows = _planned(source, rows)
    rows = rows.with_columns(
        DAYS=((pl.col("STOP") - pl.col("START")).dt.total_days() + 1),
        RATE=pl.coalesce(doses_per_day(pl.col("EXDOSFRQ")), "PER_DAY", pl.lit(1.0)),
    )
    groups = rows.group_by([*KEYS, "PHASE"], maintain_order=True).agg(
        pl.col("ARMID", "AARMID", "PLANNED", "PER_DAY").first(),
        "EXDOSE",
        "DAYS",
        "RATE",
        SPAN=(pl.col("STOP").max() - pl.col("START").min()).dt.total_days() + 1,
    )
    out = [record for group in groups.iter_rows(named=True) for record in _parameters(group)]
    return pl.DataFrame(out, schema=schema, orient="row").sort(
        [*KEYS, "APHASE", "PARAMCD"], descending=[False, False, True, False]
    ), findings


def _parameters(group: dict[str, Any]) -> list[tuple[Any, ...]]:
    values: dict[str, float] = {"TRTDUR": float(group["SPAN"])}
    amounts = group["EXDOSE"]
    if all(amount is not None for amount in amounts):
        total = math.fsum(a * d * r for a, d, r in zip(amounts, group["DAYS"], group["RATE"], strict=True))
        values |= {"CUMDOSE": total, "AVGDOSE": total / group["SPAN"]}
        if group["PLANNED"] is not None:
            values["RDI"] = 100 * total / (group["PLANNED"] * (group["PER_DAY"] or 1.0) * group["SPAN"])
    head = [group[c] for c in ("STUDYID", "USUBJID", "ARMID", "AARMID")]
    return [(*head, _PHASES[group["PHASE"]], code, _PARAMS[code], value) for code, value in values.items()]


def _close(source: Source, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Give records without end date the latest day on which they can have ended."""
    following = pl.col("START").shift(-1).over([*KEYS, "PHASE"]) - pl.duration(days=1)
    ends = pl.min_horizontal("EOTDT", "DTHDT", pl.lit(source.cutoff, dtype=pl.Date))
    latest = pl.max_horizontal(pl.coalesce(following, ends, "LSTALVDT", "START"), "START")
    rows = rows.with_columns(STOP=pl.coalesce("END", latest))
    findings = [
        Finding(
            severity="warning",
            code="dose-without-end",
            dataset="EX",
            row_key=f"USUBJID={row['USUBJID']}, EXSEQ={row['EXSEQ']}",
            variable="EXENDTC",
            seen="",
            expected="an end date",
            effect=f"runs to {row['STOP']}, the latest day possible",
            subject=row["USUBJID"],
        )
        for row in rows.filter(pl.col("END").is_null()).iter_rows(named=True)
    ]
    return rows, findings


def _planned(source: Source, rows: pl.DataFrame) -> pl.DataFrame:
    """Starting dose and doses a day of the arm whose treatment it is."""
    arms = source.protocol.arms
    crossover = source.protocol.crossover
    arm = (
        pl.col("AARMID")
        if crossover is None
        else pl.when(pl.col("PHASE") == 2).then(pl.lit(crossover.to_arm)).otherwise("AARMID")
    )
    start = {name: float(a.dose_levels[0]) for name, a in arms.items() if a.dose_levels}
    daily = {name: float(a.doses_per_day) for name, a in arms.items() if a.doses_per_day}
    return rows.with_columns(
        PLANNED=arm.replace_strict(start, default=None, return_dtype=pl.Float64),
        PER_DAY=arm.replace_strict(daily, default=None, return_dtype=pl.Float64),
    )
