"""Death: its date from all sources, most trusted first, its cause, and until when the others were alive."""

from collections.abc import Sequence

import polars as pl

from equipoise.cdisc import Finding
from equipoise.derive.alive import after_death, last_alive
from equipoise.derive.fatal import FATAL_VALUES, fatal_contradictions, fatal_event
from equipoise.derive.imputation import add_imputed, add_period, complete_date
from equipoise.derive.source import KEYS, Source
from equipoise.protocol import DateSource

__all__ = ["DEATH_SOURCES", "add_death", "death_dates", "death_records"]

DEATH_SOURCES = (
    DateSource(domain="DM", variable="DTHDTC"),
    DateSource(domain="DD", variable="DDDTC"),
    *(DateSource(domain="AE", variable="AEENDTC", where={name: values}) for name, values in FATAL_VALUES.items()),
    DateSource(domain="DS", variable="DSSTDTC", where={"DSDECOD": ("DEATH",)}),
)
"""Sources in order of trust unless the protocol names its own."""

_SCHEMA = {
    **dict.fromkeys([*KEYS, "TEXT", "SRCDOM", "SRCVAR"], pl.String),
    "RANK": pl.Int32,
    "SRCSEQ": pl.Int64,
    "DATE": pl.Date,
}


def add_death(source: Source, table: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, list[Finding]]:
    """Add DTHFL, DTHDT and its source, DTHCAUS and LSTALVDT to subjects (KEYS, RANDDT); also the table of deaths."""
    alive = last_alive(source)
    deaths, findings = death_dates(source, table, alive, death_records(source))
    findings += [*after_death(alive, deaths), *fatal_contradictions(source, table)]
    for part in (deaths, alive, _cause(source)):
        table = table.join(part, on=KEYS, how="left", maintain_order="left")
    dead = (~pl.col("EARLY")).fill_null(False)
    until_death = pl.min_horizontal(pl.coalesce("ALIVE", "DTHDT"), "DTHDT")
    alive_day = pl.when(pl.col("DTHDT").is_not_null()).then(until_death).otherwise(pl.col("ALIVE"))
    # randomization proves life, unless the protocol lists what does
    floor = pl.col("RANDDT") if source.protocol.data.proof_of_life is None else pl.lit(None, dtype=pl.Date)
    table = table.with_columns(
        DTHFL=pl.when(dead).then(pl.lit("Y")).otherwise(pl.lit("N")),
        LSTALVDT=pl.max_horizontal(alive_day, floor),
        DTHCAUS=pl.when(dead).then(pl.col("CAUSE")),
    )
    return table.drop("EARLY", "ALIVE", "CAUSE"), deaths, findings


def death_records(source: Source, *, further: Sequence[DateSource] = ()) -> pl.DataFrame:
    """Every record that says a subject died.

    KEYS, RANK (0 most trusted), SRCDOM, SRCVAR, SRCSEQ, TEXT, DATE (complete or null). A row that is named by several
    sources counts once, by the most trusted. ``further`` sources are trusted less than those of the protocol.
    """
    parts = []
    for rank, place in enumerate([*(source.protocol.data.death or DEATH_SOURCES), *further]):
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
    if source.has("DM", "DTHFL"):
        flagged = source.rows("DM", {"DTHFL": ["Y"]}).select(KEYS)
        values = {"SRCDOM": "DM", "SRCVAR": "DTHFL", "RANK": len(parts) + 99}
        rest = [pl.lit(values.get(c), dtype=t).alias(c) for c, t in _SCHEMA.items() if c not in KEYS]
        parts.append(flagged.with_columns(rest).select(list(_SCHEMA)))
    records = pl.concat(parts) if parts else pl.DataFrame(schema=_SCHEMA)
    once = [c for c in _SCHEMA if c != "RANK"]
    return records.sort([*KEYS, "RANK"], maintain_order=True).unique(once, keep="first", maintain_order=True)


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
        KEYS, DTHDT, DTHDTF, EARLY (before randomization, kept out), DTHDOM, DTHVAR, DTHSEQ; DTHDT is null where nothing
        of the date is known or it is kept out.
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
    best = best.with_columns(EARLY=(pl.col("DTHDT") < pl.col("RANDDT")).fill_null(False))
    findings += _early(best.filter("EARLY"))
    kept = [pl.when(~pl.col("EARLY")).then(pl.col(c)).alias(c) for c in ("DTHDT", "DTHDTF")]
    return best.select(*KEYS, *kept, "EARLY", DTHDOM="SRCDOM", DTHVAR="SRCVAR", DTHSEQ="SRCSEQ"), findings


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
            seen=str(row["TEXT"] or ("Y" if row["SRCVAR"] == "DTHFL" else "")),
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


def _cause(source: Source) -> pl.DataFrame:
    """Cause of death: primary cause in DD, else the term of the fatal adverse event, else the disposition term."""
    parts = []
    if source.has("DD", "DDTESTCD", "DDSTRESC"):
        parts.append(source.rows("DD", {"DDTESTCD": ["PRCDTH"]}, ["DDSTRESC"]).select(*KEYS, CAUSE="DDSTRESC"))
    if source.has("AE", "AEDECOD"):
        events = source.rows("AE")
        parts.append(events.filter(fatal_event(events.columns)).select(*KEYS, CAUSE="AEDECOD"))
    if source.has("DS", "DSDECOD", "DSTERM"):
        parts.append(source.rows("DS", {"DSDECOD": ["DEATH"]}, ["DSTERM"]).select(*KEYS, CAUSE="DSTERM"))
    if not parts:
        return pl.DataFrame(schema={**dict.fromkeys(KEYS, pl.String), "CAUSE": pl.String})
    return pl.concat(parts).filter(pl.col("CAUSE").is_not_null()).unique(KEYS, keep="first", maintain_order=True)
