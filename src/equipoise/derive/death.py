"""The date of death from all its sources, most trusted first."""

import polars as pl

from equipoise.cdisc import Finding
from equipoise.derive.imputation import add_imputed, add_period, complete_date
from equipoise.derive.source import KEYS, Source
from equipoise.protocol import DateSource

__all__ = ["DEATH_SOURCES", "death_dates", "death_records"]

DEATH_SOURCES = (
    DateSource(domain="DM", variable="DTHDTC"),
    DateSource(domain="DD", variable="DDDTC"),
    DateSource(domain="AE", variable="AEENDTC", where={"AEOUT": ("FATAL",)}),
    DateSource(domain="DS", variable="DSSTDTC", where={"DSDECOD": ("DEATH",)}),
)
"""Sources in order of trust unless the protocol names its own."""

_SCHEMA = {
    **dict.fromkeys([*KEYS, "TEXT", "SRCDOM", "SRCVAR"], pl.String),
    "RANK": pl.Int32,
    "SRCSEQ": pl.Int64,
    "DATE": pl.Date,
}


def death_records(source: Source) -> pl.DataFrame:
    """Every record that says a subject died.

    KEYS, RANK (0 most trusted), SRCDOM, SRCVAR, SRCSEQ, TEXT, DATE (complete or null).
    """
    parts = []
    for rank, place in enumerate(source.protocol.data.death or DEATH_SOURCES):
        if not source.has(place.domain, place.variable, *place.where):
            continue
        rows = source.rows(place.domain, place.where, [place.variable])
        if not place.where:
            rows = rows.filter(pl.col(place.variable).is_not_null())
        sequence = f"{place.domain[:2]}SEQ"
        number = (
            pl.col(sequence).cast(pl.Int64, strict=False) if sequence in rows.columns else pl.lit(None, dtype=pl.Int64)
        )
        parts.append(
            rows.select(
                *KEYS,
                TEXT=pl.col(place.variable),
                SRCDOM=pl.lit(place.domain),
                SRCVAR=pl.lit(place.variable),
                RANK=pl.lit(rank, dtype=pl.Int32),
                SRCSEQ=number,
                DATE=complete_date(pl.col(place.variable)),
            ).select(list(_SCHEMA))
        )
    return pl.concat(parts) if parts else pl.DataFrame(schema=_SCHEMA)


def death_dates(
    source: Source, subjects: pl.DataFrame, alive: pl.DataFrame, records: pl.DataFrame
) -> tuple[pl.DataFrame, list[Finding]]:
    """One date of death per subject who died.

    The most trusted complete date is used; only where no source has one, the most trusted partial date is imputed
    (not before the day after last known alive). A death before randomization contradicts the data and is kept out.

    Parameters
    ----------
    subjects
        KEYS, RANDDT.
    alive
        KEYS, ALIVE (latest proof of life).
    records
        From ``death_records``.

    Returns
    -------
    polars.DataFrame
        KEYS, DTHDT, DTHDTF, DTHDOM, DTHVAR, DTHSEQ; DTHDT is null where nothing of the date is known.
    """
    rows = records.join(subjects.select(*KEYS, "RANDDT"), on=KEYS, how="inner").join(alive, on=KEYS, how="left")
    rows = add_period(rows, "TEXT")
    partial, unknown = pl.col("DATE").is_null(), pl.col("FIRST").is_null()
    best = (
        rows.with_columns(_P=partial.cast(pl.Int8) + unknown.cast(pl.Int8))
        .sort([*KEYS, "_P", "RANK", "DATE", "TEXT", "SRCSEQ"], nulls_last=True)
        .unique(KEYS, keep="first", maintain_order=True)
    )
    limit = pl.lit(source.cutoff, dtype=pl.Date)
    after_alive = pl.col("ALIVE") + pl.duration(days=1)
    best = add_imputed(best, "TEXT", "death", date="DTHDT", flag="DTHDTF", not_before=after_alive, not_after=limit)
    findings = [*_disagreements(rows, best), *_unknown(best), *_imputed(best)]
    early = (pl.col("DTHDT") < pl.col("RANDDT")).fill_null(False)
    findings += _early(best.filter(early))
    best = best.filter(~early)
    return best.select(
        *KEYS, "DTHDT", "DTHDTF", DTHDOM=pl.col("SRCDOM"), DTHVAR=pl.col("SRCVAR"), DTHSEQ=pl.col("SRCSEQ")
    ), findings


def _disagreements(rows: pl.DataFrame, best: pl.DataFrame) -> list[Finding]:
    used = best.select(*KEYS, USED="DTHDT", DOM="SRCDOM", VAR="SRCVAR")
    differ = rows.join(used, on=KEYS).filter(~pl.col("USED").is_between(pl.col("FIRST"), pl.col("LAST")))
    return [
        Finding(
            severity="warning",
            code="death-dates-differ",
            dataset=row["SRCDOM"],
            row_key=f"USUBJID={row['USUBJID']}"
            + (f", {row['SRCDOM'][:2]}SEQ={row['SRCSEQ']}" if row["SRCSEQ"] else ""),
            variable=row["SRCVAR"],
            seen=row["TEXT"],
            expected=f"the date of {row['DOM']}.{row['VAR']}: {row['USED']}",
            effect=f"{row['DOM']}.{row['VAR']} is used, the more trusted source",
            subject=row["USUBJID"],
        )
        for row in differ.sort([*KEYS, "RANK", "TEXT", "SRCSEQ"]).iter_rows(named=True)
    ]


def _unknown(best: pl.DataFrame) -> list[Finding]:
    return [
        Finding(
            severity="error",
            code="death-without-date",
            dataset=row["SRCDOM"],
            row_key=f"USUBJID={row['USUBJID']}",
            variable=row["SRCVAR"],
            seen=str(row["TEXT"] or ""),
            expected="a date of death of which at least the year is known",
            effect="the death is listed but cannot be an event in time; the subject is censored when last known alive",
            subject=row["USUBJID"],
        )
        for row in best.filter(pl.col("DTHDT").is_null()).iter_rows(named=True)
    ]


def _imputed(best: pl.DataFrame) -> list[Finding]:
    return [
        Finding(
            severity="warning",
            code="partial-date",
            dataset=row["SRCDOM"],
            row_key=f"USUBJID={row['USUBJID']}",
            variable=row["SRCVAR"],
            seen=row["TEXT"],
            expected="a complete date of death",
            effect=f"{row['DTHDT']} is used: the 15th, not before the day after last known alive",
            subject=row["USUBJID"],
        )
        for row in best.filter(pl.col("DTHDTF").is_not_null()).iter_rows(named=True)
    ]


def _early(early: pl.DataFrame) -> list[Finding]:
    return [
        Finding(
            severity="error",
            code="death-before-randomization",
            dataset=row["SRCDOM"],
            row_key=f"USUBJID={row['USUBJID']}",
            variable=row["SRCVAR"],
            seen=row["TEXT"],
            expected=f"on or after randomization, {row['RANDDT']}",
            effect="the death is kept out; the subject is censored when last known alive",
            subject=row["USUBJID"],
        )
        for row in early.iter_rows(named=True)
    ]
