"""How well the readers of a central review agree: rates for monitoring and tables for a kappa."""

from dataclasses import dataclass

import polars as pl

from equipoise.criteria.central_results import CentralResults

__all__ = ["ReaderAgreement", "reader_agreement"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ReaderAgreement:
    """Agreement of readers over patients read by more than one."""

    n: int
    """Patients read by more than one reader."""
    n_triggered: int
    """Patients whose readers differ in what is compared."""
    n_adjudicated: int
    """Patients with an endorsement."""
    adjudication_rate: float
    """Patients whose readers differ among those read by more than one; nan without any."""
    triggers: pl.DataFrame
    """Patients by TRIGGERS (as joined), N."""
    readers: pl.DataFrame
    """A row for each person (or reader): PERSON, NREAD (patients read), NADJUDICATED (of these, with an endorsement),
    NENDORSED, NAGAINST, AGREEMENTRATE (NENDORSED / NADJUDICATED) and DISAGREEMENTINDEX (Reader Disagreement Index:
    NAGAINST / NREAD); null without patients."""
    progression: pl.DataFrame
    """Cross table of progression (Y, N) of the first two readers: FIRST, SECOND, N; input of a kappa."""
    best_response: pl.DataFrame
    """Cross table of best response of the first two readers: FIRST, SECOND, N."""


def reader_agreement(results: CentralResults, *, person: str = "READER") -> ReaderAgreement:
    """Count how often readers differ and how often the adjudicator went with each.

    Parameters
    ----------
    results
        What :func:`central_results` gives.
    person
        Column of the readings that names the person, where several persons read as one reader.

    Returns
    -------
    ReaderAgreement
        Rates and cross tables; patients with one reader count in NREAD alone.

    References
    ----------
    Ford R. R. et al. (2016), Adjudication rates between readers in blinded independent central review of oncology
    studies, Journal of Clinical Trials 6, 289.
    """
    keys = [str(name) for name in ("STUDYID", "USUBJID") if name in results.patients.columns]
    progressed = pl.when(pl.col("PDDAY").is_null()).then(pl.lit("N")).otherwise(pl.lit("Y"))
    several = results.patients.filter(pl.col("NREADERS") > 1)
    triggered = several.filter("TRIGGERED")
    adjudicated = several.filter(pl.col("STATUS") == "adjudicated")
    counts = triggered.group_by("TRIGGERS").agg(pl.len().cast(pl.Int64).alias("N")).sort("TRIGGERS")
    return ReaderAgreement(
        n=several.height,
        n_triggered=triggered.height,
        n_adjudicated=adjudicated.height,
        adjudication_rate=triggered.height / several.height if several.height else float("nan"),
        triggers=counts,
        readers=_by_person(results.readings, adjudicated.select(keys), keys, person),
        progression=_cross(results.readings, keys, progressed),
        best_response=_cross(results.readings, keys, pl.col("BOR")),
    )


def _by_person(readings: pl.DataFrame, adjudicated: pl.DataFrame, keys: list[str], person: str) -> pl.DataFrame:
    frame = readings.join(adjudicated.with_columns(ADJUDICATED=pl.lit(True)), on=keys, how="left")
    settled = pl.col("ADJUDICATED").fill_null(False)
    found = frame.group_by(pl.col(person).cast(pl.String).alias("PERSON")).agg(
        NREAD=pl.len().cast(pl.Int64),
        NADJUDICATED=settled.sum().cast(pl.Int64),
        NENDORSED=(settled & pl.col("ACCEPTED")).sum().cast(pl.Int64),
        NAGAINST=(settled & ~pl.col("ACCEPTED")).sum().cast(pl.Int64),
    )
    rate = pl.when(pl.col("NADJUDICATED") > 0).then(pl.col("NENDORSED") / pl.col("NADJUDICATED"))
    index = pl.col("NAGAINST") / pl.col("NREAD")
    return found.with_columns(AGREEMENTRATE=rate, DISAGREEMENTINDEX=index).sort("PERSON")


def _cross(readings: pl.DataFrame, keys: list[str], value: pl.Expr) -> pl.DataFrame:
    values = readings.select(*keys, "NUMBER", value.alias("VALUE"))
    first, second = (values.filter(pl.col("NUMBER") == n).drop("NUMBER") for n in (1, 2))
    both = first.rename({"VALUE": "FIRST"}).join(second.rename({"VALUE": "SECOND"}), on=keys)
    return both.group_by("FIRST", "SECOND").agg(pl.len().cast(pl.Int64).alias("N")).sort("FIRST", "SECOND")
