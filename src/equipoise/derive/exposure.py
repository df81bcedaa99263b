"""Doses from EX: what was taken, from when to when, before or after the change of treatment."""

import polars as pl

from equipoise.cdisc import Finding
from equipoise.derive.crossover import crossover_rows
from equipoise.derive.imputation import add_imputed
from equipoise.derive.source import KEYS, Source

__all__ = ["dose_rows", "dose_spans", "doses_per_day"]

_COLUMNS = ("EXTRT", "EXDOSE", "EXDOSU", "EXDOSFRQ", "EXSTDTC", "EXENDTC")
_PER_DAY = {"QD": 1.0, "Q24H": 1.0, "BID": 2.0, "Q12H": 2.0, "TID": 3.0, "Q8H": 3.0, "QID": 4.0, "QOD": 0.5, "Q2D": 0.5}


def dose_rows(source: Source, subjects: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """One row per dosing record that is a dose, with its days.

    A record without end date runs to the day before the next one, else to the end of treatment, death or the data
    cut-off, else to the last day on which the subject was known alive.

    A record is a dose if its amount is above zero or not recorded, or if its treatment is a placebo (of a control
    arm, or by name).

    Parameters
    ----------
    source
        Cut SDTM.
    subjects
        KEYS, ARMID, RANDDT, DTHDT, EOTDT, LSTALVDT.

    Returns
    -------
    polars.DataFrame
        KEYS, EXSEQ, EXTRT, EXDOSE, EXDOSU, EXDOSFRQ, START, STARTF, END, ENDF, PHASE (1
        assigned treatment, 2 crossover treatment), sorted by start.
    """
    schema = {**dict.fromkeys([*KEYS, "EXTRT", "ENDF"], pl.String), "START": pl.Date, "END": pl.Date, "PHASE": pl.Int32}
    if not source.has("EX", "EXTRT", "EXSTDTC"):
        return pl.DataFrame(schema=schema), []
    extra = [v for v in source.data["EX"].columns if v not in (*KEYS, *_COLUMNS, "EXSEQ")]
    rows = source.rows("EX", columns=[*_COLUMNS, *extra])
    amount = pl.col("EXDOSE").cast(pl.Float64, strict=False)
    placebo = pl.col("EXTRT").str.to_uppercase().is_in(_placebos(source)) | pl.col(
        "EXTRT"
    ).str.to_uppercase().str.contains("PLACEBO", literal=True)
    rows = rows.with_columns(EXDOSE=amount)
    negative = _negative(rows.join(subjects.select(KEYS), on=KEYS, how="semi", maintain_order="left"))
    rows = rows.filter((amount > 0) | amount.is_null() | ((amount == 0) & placebo.fill_null(False)))
    wanted = subjects.select(*KEYS, "ARMID", "RANDDT", "DTHDT", "EOTDT", "LSTALVDT")
    rows = rows.join(wanted, on=KEYS, how="inner", maintain_order="left")
    rows = add_imputed(rows, "EXSTDTC", "dose_start", date="START", flag="STARTF", not_before=pl.col("RANDDT"))
    findings = [
        Finding(
            severity="error",
            code="dose-without-date",
            dataset="EX",
            row_key=f"USUBJID={row['USUBJID']}, EXSEQ={row['EXSEQ']}",
            variable="EXSTDTC",
            seen=str(row["EXSTDTC"]),
            expected="a date of which at least the year is known",
            effect="the dose is not counted",
            subject=row["USUBJID"],
        )
        for row in rows.filter(pl.col("START").is_null()).iter_rows(named=True)
    ]
    rows = rows.filter(pl.col("START").is_not_null()).sort(
        [*KEYS, "START", "EXSEQ"], nulls_last=True, maintain_order=True
    )
    rows = _add_end(source, rows)
    rows, late = _ends_before_start(rows)
    rows, opened = _close(source, rows)
    kept = [*KEYS, "EXSEQ", "EXTRT", "EXDOSE", "EXDOSU", "EXDOSFRQ", "START", "STARTF", "END", "ENDF", "PHASE"]
    rows = rows.with_columns(PHASE=crossover_rows(source.protocol)).select(kept)
    return rows, [*negative, *findings, *late, *opened]


def _negative(rows: pl.DataFrame) -> list[Finding]:
    return [
        Finding(
            severity="error",
            code="negative-dose",
            dataset="EX",
            row_key=f"USUBJID={row['USUBJID']}, EXSEQ={row['EXSEQ']}",
            variable="EXDOSE",
            seen=f"{row['EXDOSE']:g}",
            expected="an amount of 0 or more",
            effect="row kept out of the analysis",
            subject=row["USUBJID"],
        )
        for row in rows.filter(pl.col("EXDOSE") < 0).iter_rows(named=True)
    ]


def _add_end(source: Source, rows: pl.DataFrame) -> pl.DataFrame:
    """END and ENDF as recorded or imputed, and LATEST: the last day on which a record can have ended."""
    following = pl.col("START").shift(-1).over(KEYS) - pl.duration(days=1)
    limit = pl.lit(source.cutoff, dtype=pl.Date)
    ends = pl.min_horizontal(following, "DTHDT", limit)
    rows = add_imputed(rows, "EXENDTC", "dose_end", date="END", flag="ENDF", not_before=pl.col("START"), not_after=ends)
    stopped = pl.min_horizontal("EOTDT", "DTHDT", limit)
    return rows.with_columns(LATEST=pl.max_horizontal(pl.coalesce(following, stopped, "LSTALVDT", "START"), "START"))


def _close(source: Source, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Let records without end date run to the latest day possible; treatment going on at the cut-off is no finding."""
    last = pl.col("START") == pl.col("START").max().over(KEYS)
    ongoing = last & pl.col("EOTDT").is_null() & pl.col("DTHDT").is_null() & pl.lit(source.cutoff is not None)
    findings = [
        Finding(
            severity="warning",
            code="dose-without-end",
            dataset="EX",
            row_key=f"USUBJID={row['USUBJID']}, EXSEQ={row['EXSEQ']}",
            variable="EXENDTC",
            seen=str(row["EXENDTC"] or ""),
            expected="an end date",
            effect=f"runs to {row['LATEST']}, the latest day possible",
            subject=row["USUBJID"],
        )
        for row in rows.filter(pl.col("END").is_null() & ~ongoing).iter_rows(named=True)
    ]
    flag = pl.when(pl.col("END").is_null()).then(pl.lit("Y")).otherwise(pl.col("ENDF"))
    return rows.with_columns(END=pl.coalesce("END", "LATEST"), ENDF=flag), findings


def _placebos(source: Source) -> list[str]:
    arms = [arm for arm in source.protocol.arms.values() if arm.role == "control" and not arm.dose_levels]
    return [treatment.upper() for arm in arms for treatment in arm.treatments]


def _ends_before_start(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    wrong = pl.col("END") < pl.col("START")
    findings = [
        Finding(
            severity="warning",
            code="end-before-start",
            dataset="EX",
            row_key=f"USUBJID={row['USUBJID']}, EXSEQ={row['EXSEQ']}",
            variable="EXENDTC",
            seen=str(row["EXENDTC"]),
            expected=f"on or after the start, {row['START']}",
            effect="the dose counts for its first day",
            subject=row["USUBJID"],
        )
        for row in rows.filter(wrong).iter_rows(named=True)
    ]
    return rows.with_columns(END=pl.when(wrong).then(pl.col("START")).otherwise(pl.col("END"))), findings


def dose_spans(doses: pl.DataFrame, phase: int) -> pl.DataFrame:
    """First and last day of dosing of a phase per subject: KEYS, FIRST, LAST, LASTF (no record bears the last day)."""
    spans = doses.filter(pl.col("PHASE") == phase).group_by(KEYS)
    flags = pl.col("ENDF").filter(pl.col("END") == pl.col("END").max())
    flag = pl.when(flags.is_not_null().all()).then(flags.max())
    return spans.agg(FIRST=pl.col("START").min(), LAST=pl.col("END").max(), LASTF=flag).sort(KEYS)


def doses_per_day(frequency: pl.Expr) -> pl.Expr:
    """Doses a day by the CDISC frequency, null where it is not a plain daily one."""
    return frequency.str.to_uppercase().replace_strict(_PER_DAY, default=None, return_dtype=pl.Float64)
