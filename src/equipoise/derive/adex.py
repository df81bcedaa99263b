"""ADEX: duration of treatment, cumulative and average dose, relative dose intensity.

TRTDUR = last day - first day + 1. CUMDOSE = sum over dosing records of amount x days x doses a day (by EXDOSFRQ, else
as the arm's schedule says, else 1). AVGDOSE = CUMDOSE / TRTDUR. RDI = 100 x CUMDOSE / (starting dose of the arm
received x doses a day x TRTDUR). Records without end date are closed in ``exposure.dose_rows``. Amounts of several
treatments are not added up: such subjects have TRTDUR alone.
"""

import math
from typing import Any

import polars as pl

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


def derive_adex(source: Source, adsl: pl.DataFrame, doses: pl.DataFrame) -> pl.DataFrame:
    """Derive exposure: one row per subject, phase and parameter that the data allow."""
    schema: dict[str, Any] = {**dict.fromkeys(_COLUMNS[:-1], pl.String), "AVAL": pl.Float64}
    if doses.is_empty():
        return pl.DataFrame(schema=schema)
    rows = doses.join(adsl.select(*KEYS, "ARMID", "AARMID"), on=KEYS, how="inner", maintain_order="left")
    rows = _planned(source, rows)
    rows = rows.with_columns(
        DAYS=((pl.col("END") - pl.col("START")).dt.total_days() + 1),
        RATE=pl.coalesce(doses_per_day(pl.col("EXDOSFRQ")), "PER_DAY", pl.lit(1.0)),
    )
    groups = rows.group_by([*KEYS, "PHASE"], maintain_order=True).agg(
        pl.col("ARMID", "AARMID", "PLANNED", "PER_DAY").first(),
        "EXDOSE",
        "DAYS",
        "RATE",
        pl.col("EXTRT").n_unique().alias("TREATMENTS"),
        SPAN=(pl.col("END").max() - pl.col("START").min()).dt.total_days() + 1,
    )
    out = [record for group in groups.iter_rows(named=True) for record in _parameters(group)]
    table = pl.DataFrame(out, schema=schema, orient="row")
    return table.sort([*KEYS, "APHASE", "PARAMCD"], descending=[False, False, True, False])


def _parameters(group: dict[str, Any]) -> list[tuple[Any, ...]]:
    values: dict[str, float] = {"TRTDUR": float(group["SPAN"])}
    amounts = group["EXDOSE"]
    if group["TREATMENTS"] == 1 and all(amount is not None for amount in amounts):
        total = math.fsum(a * d * r for a, d, r in zip(amounts, group["DAYS"], group["RATE"], strict=True))
        values |= {"CUMDOSE": total, "AVGDOSE": total / group["SPAN"]}
        if group["PLANNED"] is not None:
            values["RDI"] = 100 * total / (group["PLANNED"] * (group["PER_DAY"] or 1.0) * group["SPAN"])
    head = [group[c] for c in ("STUDYID", "USUBJID", "ARMID", "AARMID")]
    return [(*head, _PHASES[group["PHASE"]], code, _PARAMS[code], value) for code, value in values.items()]


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
