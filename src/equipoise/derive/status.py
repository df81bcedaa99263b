"""Whether treatment and study go on, were completed or stopped, and why."""

from datetime import date

import polars as pl

from equipoise.cdisc import Finding
from equipoise.derive.disposition import not_randomized_reason
from equipoise.derive.source import KEYS, Source

__all__ = ["add_status"]

_SILENCE_DAYS = 60
"""Days without a dose, at least, after which treatment is not taken to go on."""


def add_status(source: Source, table: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Add EOTSTT, DCTREAS, EOSSTT, DCSREAS and SCRFREAS, and complete EOTDT.

    Where no record says how treatment ended, it ended with crossover, else death, else leaving the study; the
    reason and the date are taken from there only if the last dose lies at most two cycles (60 days at least) before.
    Treatment goes on where none of them happened and the last dose lies that close to the data cut-off; else the status
    is not known.

    Parameters
    ----------
    table
        KEYS, RANDFL, TRTSDT, TRTEDT, TR02SDT, DTHFL, DTHDT, LSTALVDT and EOTDT, EOTTERM, EOSDT, EOSTERM.
    """
    table = table.join(not_randomized_reason(source), on=KEYS, how="left", maintain_order="left")
    randomized = pl.col("RANDFL") == "Y"
    treated = randomized & pl.col("TRTSDT").is_not_null()
    table = _known(table, "EOS", "DCSREAS", randomized, randomized)
    left = pl.col("EOSTERM").is_not_null()
    table = table.with_columns(EOSSTT=pl.when(randomized & ~left).then(pl.lit("ONGOING")).otherwise(pl.col("EOSSTT")))
    table = _known(table, "EOT", "DCTREAS", randomized, treated)
    findings = _no_disposition(source, table.filter(treated))
    table = _inferred(source, table, treated & pl.col("EOTTERM").is_null())
    return table.with_columns(SCRFREAS=pl.when(~randomized).then(pl.col("REASON"))), findings


def _known(table: pl.DataFrame, prefix: str, reason: str, randomized: pl.Expr, applies: pl.Expr) -> pl.DataFrame:
    """Status, date and reason as a disposition record says."""
    term = pl.col(f"{prefix}TERM")
    completed = term.str.to_uppercase().str.contains("COMPLETED", literal=True)
    status = pl.when(completed).then(pl.lit("COMPLETED")).when(term.is_not_null()).then(pl.lit("DISCONTINUED"))
    return table.with_columns(
        pl.when(applies).then(status).alias(f"{prefix}STT"),
        pl.when(randomized).then(pl.col(f"{prefix}DT")).alias(f"{prefix}DT"),
        pl.when(randomized & ~completed).then(term).alias(reason),
    )


def _inferred(source: Source, table: pl.DataFrame, silent: pl.Expr) -> pl.DataFrame:
    """Status of treated subjects without a record of the end of treatment."""
    cycle = source.protocol.visits.cycle_days or 0
    patience = pl.duration(days=max(_SILENCE_DAYS, 2 * cycle))
    last = pl.coalesce("TRTEDT", "TRTSDT")
    died, left = pl.col("DTHFL") == "Y", pl.col("EOSSTT") == "DISCONTINUED"
    crossed = pl.col("TR02SDT").is_not_null()
    ends = [
        (crossed, pl.col("TR02SDT"), pl.lit("Crossover")),
        (died, pl.col("DTHDT"), pl.lit("Death")),
        (left, pl.col("EOSDT"), pl.col("DCSREAS")),
    ]
    ended = pl.any_horizontal(test.fill_null(False) for test, _, _ in ends)
    end = pl.coalesce(pl.when(test).then(day) for test, day, _ in ends)
    reason = pl.coalesce(pl.when(test).then(words) for test, _, words in ends)
    close = (end <= last + patience).fill_null(False)
    completed = pl.col("EOSSTT") == "COMPLETED"
    today = pl.lit(_last_day(source, table), dtype=pl.Date)
    going_on = ~completed.fill_null(False) & (last + patience >= today).fill_null(False)
    status = pl.when(ended).then(pl.lit("DISCONTINUED")).when(going_on).then(pl.lit("ONGOING"))
    return table.with_columns(
        EOTSTT=pl.when(silent).then(status).otherwise(pl.col("EOTSTT")),
        EOTDT=pl.when(silent & ended & close).then(end).otherwise(pl.col("EOTDT")),
        DCTREAS=pl.when(silent & ended & close).then(reason).otherwise(pl.col("DCTREAS")),
    )


def _last_day(source: Source, table: pl.DataFrame) -> date | None:
    """The data cut-off, else the last day on which any subject of the trial was seen."""
    if source.cutoff is not None:
        return source.cutoff
    last = table.select(pl.max_horizontal("LSTALVDT", "DTHDT", "TRTEDT").max()).item()
    return last if isinstance(last, date) else None


def _no_disposition(source: Source, treated: pl.DataFrame) -> list[Finding]:
    if treated.is_empty() or treated["EOTTERM"].is_not_null().any():
        return []
    stop = source.protocol.data.treatment_stop
    return [
        Finding(
            severity="warning",
            code="no-treatment-disposition",
            dataset=stop.domain if stop else "DS",
            row_key="",
            variable="DSDECOD",
            seen=f"no record of the end of treatment for any of {treated.height} treated subjects",
            expected="rows as data.treatment_stop names them"
            if stop
            else "rows with DSCAT DISPOSITION EVENT and DSSCAT STUDY TREATMENT, or data.treatment_stop in the protocol",
            effect="treatment ends with crossover, death or leaving the study; else it goes on or is unknown",
        )
    ]
