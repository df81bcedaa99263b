"""Candidate trials: the same patients in the same arms, one stream of chance after the other drawn anew."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.derive.sdtm import study_id_of
from equipoise.protocol import Protocol
from equipoise.rehearsal.facts import Facts, generate
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.streams import STREAMS

__all__ = ["Arms", "candidate_trials", "patients_and_candidates"]

Arms = NDArray[np.object_]

CHUNK = 25
"""Candidate trials generated at once."""


def candidate_trials(  # noqa: PLR0917
    protocol: Protocol, model: PatientModel, draws: pl.DataFrame, arms: Arms, streams: str, candidates: int
) -> Iterator[tuple[Facts, range]]:
    """Generate trials 0, 1, ... that differ from each other in some streams alone; chunk by chunk.

    Parameters
    ----------
    draws
        Draws of the trial that all of them are made from, a row for each place of screening.
    arms
        Arm of each patient randomized, in order of PATIENT.
    streams
        Names of the streams, separated by blanks, in which trial k has candidate k.
    """
    parts = tuple(streams.split())
    wanted = ("disease", "lesions", "safety") if "safety" in parts else ("disease", "lesions")
    for start in range(0, candidates, CHUNK):
        numbers = range(start, min(start + CHUNK, candidates))
        trials = pl.DataFrame({"TRIAL": pl.Series(numbers, dtype=pl.Int32)})
        fixed = [name for name in ("PATIENT", *STREAMS) if name not in parts]
        many = trials.join(draws.select(fixed), how="cross").with_columns(pl.col("TRIAL").alias(name) for name in parts)
        yield generate(protocol, model, many, parts=wanted, arms=np.tile(arms, len(numbers))), numbers


def patients_and_candidates(
    protocol: Protocol, adsl: pl.DataFrame, randomized: pl.DataFrame, people: pl.DataFrame
) -> pl.DataFrame:
    """Say of each subject which patient (``i``) and which candidate (``k``) it is.

    ``people`` gives the patients' places: PATIENT, i.
    """
    studies = {trial: study_id_of(protocol, trial) for trial in randomized["TRIAL"].unique().sort().to_list()}
    known = randomized.join(people.select("PATIENT", "i"), on="PATIENT").select(
        pl.col("TRIAL").replace_strict(studies, return_dtype=pl.String).alias("STUDYID"),
        pl.col("SUBJECT").alias("SUBJID"),
        "i",
        pl.col("TRIAL").alias("k"),
    )
    return adsl.select("STUDYID", "SUBJID", "USUBJID").join(known, on=["STUDYID", "SUBJID"]).select("USUBJID", "i", "k")
