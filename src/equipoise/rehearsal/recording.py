"""From the story of patients to the records that sites and readers make of it, a frame for each kind."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.protocol import Protocol
from equipoise.rehearsal.consequences import opened_sites, stops_at_withdrawal, until_data_withdrawn
from equipoise.rehearsal.decision import recorded_fields
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.moments import at, dates
from equipoise.rehearsal.record_frames import numbered
from equipoise.rehearsal.recording_follow_up import follow_up_records
from equipoise.rehearsal.recording_review import review_records
from equipoise.rehearsal.recording_treatment import treatment_records
from equipoise.rehearsal.recording_tumors import tumor_records
from equipoise.rehearsal.story import Story

__all__ = ["records_of"]

Integers = NDArray[np.int64]


def records_of(
    protocol: Protocol, model: PatientModel, patients: pl.DataFrame, randomized: pl.DataFrame, *, factors: list[str],
    story: Story, lesions: bool,
) -> dict[str, pl.DataFrame]:  # fmt: skip
    """Write everything that is recorded of the course of disease.

    Parameters
    ----------
    patients
        Everybody who was screened, as `screened_patients` gives them.
    randomized
        The rows of those randomized, with their factors.
    factors
        Names of the factors.
    story
        What happened to those randomized.
    lesions
        Whether lesions are listed one by one.
    """
    keys = randomized.select("TRIAL", "PATIENT")
    found = _screening(protocol, patients, randomized, factors)
    found |= treatment_records(protocol, model, keys, story)
    found |= tumor_records(model, keys, randomized["SCREENED"].to_numpy(), story, lesions=lesions)
    found |= review_records(protocol, model, keys, story, lesions=lesions)
    found |= follow_up_records(protocol, model, keys, story)
    found["treatment_stopped"] = stops_at_withdrawal(found)
    found = until_data_withdrawn(found)
    found["site_opened"] = opened_sites(model.accrual, patients["TRIAL"].unique().sort())
    return dict(sorted(found.items()))


def _as_recorded(values: pl.Series) -> pl.Series:
    """Decimal numbers stand as text in a record."""
    return values.cast(pl.String) if values.dtype.is_float() else values


def _screening(
    protocol: Protocol, patients: pl.DataFrame, randomized: pl.DataFrame, factors: list[str]
) -> dict[str, pl.DataFrame]:
    screened = patients["SCREENED"].to_numpy()
    keys = patients.select("TRIAL", "PATIENT")
    day = dates(screened)
    found = {
        "screened": numbered(
            keys, at(screened, "screened"), date=day, site=patients["SITE"], subject=patients["SUBJECT"]
        ),
        "consented": numbered(keys, at(screened, "consented"), form="study", version="1.0", date=day),
    }
    fields = [name for name in recorded_fields(protocol) if name in patients.columns]
    found["baseline_recorded"] = numbered(
        keys, at(screened, "baseline_recorded"), **{f"values.{name}": patients[name] for name in fields}, date=day
    )
    failed = patients.filter(pl.col("FAILED").is_not_null())
    when = failed["FAILED"].to_numpy()
    comment = pl.select(
        pl.when(failed["UNMET"].list.len() == 0).then(pl.lit("The patient did not want to go on."))
    ).to_series()
    found["screen_failed"] = numbered(
        failed.select("TRIAL", "PATIENT"), at(when, "screen_failed"), date=dates(when), criteria=failed["UNMET"],
        comment=comment,
    )  # fmt: skip
    when = randomized["RANDOMIZED"].to_numpy()
    own = randomized.select("TRIAL", "PATIENT")
    found["registered"] = numbered(own, at(when, "registered"), date=dates(when))
    stratum = pl.Series([""] * randomized.height)
    named = [*(["cohort"] if protocol.cohorts else []), *factors]
    if named:
        columns = {"cohort": "COHORT", **{name: name for name in factors}}
        parts = [pl.format("{}={}", pl.lit(name), pl.col(columns[name])) for name in named]
        stratum = randomized.select(pl.concat_str(parts, separator="; ", ignore_nulls=True)).to_series()
    found["randomized"] = numbered(
        own, at(when, "randomized"), date=dates(when), stage=1, slot=randomized["SLOT"].cast(pl.Int64), stratum=stratum,
        **({"cohort": randomized["COHORT"]} if protocol.cohorts else {}),
        **{f"factors.{name}": randomized[name] for name in factors},
    )  # fmt: skip
    return found
