"""Facts of synthetic trials, for all trials and patients at once.

`generate` gives `Facts`: ``patients``, one row for each patient screened, with the latent truth; and ``records``, a
frame for each kind of ledger event, whose columns are TRIAL and PATIENT (Int32; patients are numbered in the order of
their places of screening), AT (Int64, seconds since 1970-01-01 UTC at which the command is given; in the order of AT
all commands of a patient can be given), NTH (Int32, order within trial, patient and kind, from 1) and then the fields
of the payload. What `decide` adds by itself (``review_requested``, ``adjudication_requested``, ``central_result``,
``computed`` and ``sum`` of measurements, ``treatment_stopped`` of a withdrawal) is there too, with the AT of the
command that brings it about.

``patients``: TRIAL, PATIENT, SITE, SUBJECT (number that `decide` gives), TIME_ZONE, COUNTRY, SCREENED, FAILED,
RANDOMIZED (Date), SLOT (Int32), ARM, STRATUM (text of the factors) and the factors as text, the baseline fields, then
of the patients randomized (null for others), all Date unless said otherwise: FIRST_DOSE, BLINDED_END (last day of
blinded treatment), WHY_END (as recorded; ``unblinded`` after unblinding), LEFT (day on which the patient left treatment
or more), LEFT_WHY, LEVEL (drug, scans, visits, survival, data), LAST_SEEN (last day on which anything of the patient can
be recorded), VISITS_END (last day on which visits, samples, questionnaires can take place), LOCAL_PD (scan of the
first local progression), CENTRAL_PD (progression of the last central result), GATE (day of the result that opened the
gate), UNBLINDED, OPEN_START, OPEN_END, OPEN_WHY, DEATH (known to the trial or not; ALIVE_END says which), DEATH_KNOWN
(Boolean: the trial learns of it), DEATH_CAUSE (disease, treatment, other, unknown), LOST, LAST_PLANNED, GROWTH
(Float64: standardized growth of the disease; high is fast), RELATIVE_GROWTH.

``scans``: TRIAL, PATIENT, ASSESSMENT (Int32, 0 the baseline), DATE of every scan that took place, under blinded and open
treatment; PHASE blinded or open; TRUE_SUM (Float64, mm of all lesions).
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from equipoise.conduct.rulebook import Rulebook
from equipoise.protocol import Protocol
from equipoise.rehearsal.allocation import allocate
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.patients import factor_columns, screened_patients
from equipoise.rehearsal.recording import Recorder
from equipoise.rehearsal.streams import Draws
from equipoise.rehearsal.story import Story, live_through

__all__ = ["PARTS", "Facts", "generate"]

PARTS = ("disease", "lesions")
"""Parts that can be left out: without ``lesions`` tumors_measured and read_locked have one row for each assessment."""


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """Facts of synthetic trials; see the top of this module."""

    patients: pl.DataFrame
    scans: pl.DataFrame
    records: Mapping[str, pl.DataFrame]


def generate(
    protocol: Protocol, model: PatientModel, draws: pl.DataFrame, *, parts: Collection[str] = PARTS, faulty: bool = True
) -> Facts:
    """Generate the facts of trials.

    Parameters
    ----------
    protocol
        A protocol with two arms or more.
    model
        The synthetic patients.
    draws
        TRIAL, PATIENT (1 to ``model.accrual.screened`` in each trial) and a candidate for each stream.
    parts
        What is wanted.
    faulty
        Whether the declared fault of allocation takes place.

    Returns
    -------
    Facts
        The same for any number of threads and for any division of trials among calls.
    """
    draws = draws.sort("TRIAL", "PATIENT")
    patients = screened_patients(protocol, model, draws)
    randomized = patients.filter(pl.col("RANDOMIZED").is_not_null())
    factors = factor_columns(protocol, randomized)
    randomized = randomized.with_columns(factors.get_columns())
    arms = allocate(protocol, randomized.select("TRIAL", "SLOT", *factors.columns), model.allocation, faulty=faulty)
    numbers = Draws(model.seed, draws).of(randomized["ROW"].to_numpy())
    charter = replace(Rulebook(protocol).charter, reference_day=0)
    story = live_through(protocol, model, charter, randomized["RANDOMIZED"].to_numpy(), arms, numbers)
    recorder = Recorder(protocol, model, patients, randomized, factors.columns, story)
    return Facts(
        _patients(protocol, model, patients, randomized, factors, story),
        recorder.scans(),
        recorder.records(lesions="lesions" in parts),
    )
