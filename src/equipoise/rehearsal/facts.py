"""Facts of synthetic trials, for all trials and patients at once.

`generate` gives `Facts`: ``patients``, one row for each patient screened, with the latent truth; and ``records``, a
frame for each kind of ledger event, whose columns are TRIAL and PATIENT (Int32; patients are numbered in the order of
their places of screening), AT (Int64, seconds since 1970-01-01 UTC at which the command is given; in the order of AT
all commands of a patient can be given), NTH (Int32, order within trial, patient and kind, from 0) and then the fields
of the payload. What `decide` adds by itself (``review_requested``, ``adjudication_requested``, ``central_result``,
``computed`` and ``sum`` of measurements, ``treatment_stopped`` of a withdrawal) is there too, with the AT of the
command that brings it about.

``patients``: TRIAL, PATIENT, SITE, SUBJECT (number that `decide` gives), TIME_ZONE, COUNTRY, SCREENED, FAILED,
RANDOMIZED (Date), SLOT (Int32), ARM, COHORT, the factors as text (``factors.NAME``), the baseline fields, then
of the patients randomized (null for others), all Date unless said otherwise: FIRST_DOSE, BLINDED_END (last day of
blinded treatment), WHY_END (as recorded; ``unblinded`` after unblinding), LEFT (day on which the patient left treatment
or more), LEFT_WHY, LEVEL (drug, scans, visits, survival, data), LAST_SEEN (last day on which anything of the patient
can be recorded), VISITS_END (last day on which visits, samples, questionnaires can take place), LOCAL_PD (scan of the
first local progression), CENTRAL_PD (progression of the last central result), GATE (day of the result that opened the
gate), UNBLINDED, OPEN_START, OPEN_END, OPEN_WHY, DEATH (known to the trial or not; ALIVE_END says which), DEATH_KNOWN
(Boolean: the trial learns of it), DEATH_CAUSE (disease, treatment, other, unknown), LOST, LAST_PLANNED, GROWTH
(Float64: standardized growth of the disease; high is fast), RELATIVE_GROWTH.

``scans``: TRIAL, PATIENT, ASSESSMENT (Int32, 0 the baseline), DATE and PHASE (blinded, open) of every scan that took
place.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.conduct.rulebook import Rulebook
from equipoise.protocol import Protocol
from equipoise.rehearsal import review
from equipoise.rehearsal.additions import ADDED, Additions, add_parts
from equipoise.rehearsal.allocation import allocate
from equipoise.rehearsal.course import LEVELS, VISITS
from equipoise.rehearsal.decision import factor_columns
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.moments import dates
from equipoise.rehearsal.patients import screened_patients
from equipoise.rehearsal.recording import records_of
from equipoise.rehearsal.recording_follow_up import ends_of
from equipoise.rehearsal.review import NO_VISIT
from equipoise.rehearsal.story import PD, Story, live_through
from equipoise.rehearsal.streams import Draws
from equipoise.rehearsal.tumors import FAR

__all__ = ["PARTS", "Facts", "generate"]

PARTS = ("disease", "lesions", *ADDED)
"""Parts that can be left out: without ``lesions`` tumors_measured and read_locked have one row for each assessment; the
parts after it add records along the course (see `equipoise.rehearsal.additions`)."""


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """Facts of synthetic trials; see the top of this module."""

    patients: pl.DataFrame
    scans: pl.DataFrame
    records: Mapping[str, pl.DataFrame]
    added: Additions | None = None
    """How the records of the further parts came about; none where there are no such parts."""


def generate(
    protocol: Protocol,
    model: PatientModel,
    draws: pl.DataFrame,
    *,
    parts: Collection[str] = PARTS,
    faulty: bool = True,
    arms: NDArray[np.object_] | None = None,
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
    arms
        Arm of every patient randomized, sorted by trial and patient, in place of an allocation: for candidates of a
        trial whose allocations stand.

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
    if arms is None:
        arms = allocate(
            protocol, randomized.select("TRIAL", "SLOT", "COHORT", *factors.columns), model.allocation, faulty=faulty
        )
    numbers = Draws(model.seed, draws).of(randomized["ROW"].to_numpy())
    charter = replace(Rulebook(protocol).charter, reference_day=0)
    story = live_through(protocol, model, charter, day=randomized["RANDOMIZED"].to_numpy(), arms=arms, draws=numbers)
    records = records_of(
        protocol, model, patients, randomized, factors=factors.columns, story=story, lesions="lesions" in parts
    )
    people, scans = _patients(model, patients, randomized, factors.columns, story), _scans(randomized, story)
    if not set(parts) & set(ADDED):
        return Facts(people, scans, records)
    added = add_parts(protocol, model, draws, people, records, parts=parts)
    return Facts(people, scans, {**records, **added.records}, added)


def _patients(
    model: PatientModel, patients: pl.DataFrame, randomized: pl.DataFrame, factors: list[str], story: Story
) -> pl.DataFrame:
    """One row for each patient screened; the latent truth of those randomized."""
    sites = model.accrual.sites
    head = patients.drop("ROW", "DECIDED", "DECLINED", "UNMET", "STRATIFIED", "SLOT").with_columns(
        pl.col("SCREENED", "FAILED", "RANDOMIZED").cast(pl.Int32).cast(pl.Date),
        TIME_ZONE=pl.col("SITE").replace_strict({name: site.time_zone for name, site in sites.items()}),
        COUNTRY=pl.col("SITE").replace_strict({name: site.country for name, site in sites.items()}),
    )
    course, plan, ends = story.course, story.plan, ends_of(model, story)

    def day(values: NDArray[np.int64], there: NDArray[np.bool_] | None = None) -> pl.Series:
        missing = (values >= FAR) if there is None else ~there | (values >= FAR)
        return dates(plan.day + np.where(missing, 0, values), missing)

    gate = np.maximum(story.review.gate, 0)
    answered = np.where(story.review.gate_adjudicated, story.clock.choose[gate], story.clock.read[gate].max(axis=1))
    left = plan.leaves <= course.seen
    level = np.array([*LEVELS, None], dtype=object)[np.where(left, plan.level, len(LEVELS))]
    why = np.array([cause.why for cause in model.dropout.causes.values()], dtype=object)[plan.cause]
    why[~left] = None
    stay = np.where(left & (plan.level >= VISITS), plan.leaves, course.seen)
    truth = pl.DataFrame(
        {
            "TRIAL": randomized["TRIAL"], "PATIENT": randomized["PATIENT"], "SLOT": randomized["SLOT"],
            "ARM": pl.Series(list(story.arms)), **{f"factors.{name}": randomized[name] for name in factors},
            "FIRST_DOSE": day(plan.dose), "BLINDED_END": day(course.blinded_end),
            "WHY_END": pl.Series(list(course.why), dtype=pl.String), "LEFT": day(plan.leaves, left),
            "LEFT_WHY": pl.Series(list(why), dtype=pl.String),
            "LEVEL": pl.Series(list(level), dtype=pl.String),
            "LAST_SEEN": day(course.seen), "VISITS_END": day(stay), "LOCAL_PD": day(_first_local(story)),
            "CENTRAL_PD": day(_central(story)),
            "GATE": dates(answered, story.review.gate == NO_VISIT), "UNBLINDED": day(course.unblind),
            "OPEN_START": day(course.open_start), "OPEN_END": day(course.open_end),
            "OPEN_WHY": pl.Series(list(course.open_why), dtype=pl.String), "DEATH": day(course.death),
            "DEATH_KNOWN": pl.Series(ends.died), "DEATH_CAUSE": pl.Series(list(ends.cause), dtype=pl.String),
            "LOST": day(plan.lost, ends.lost), "LAST_PLANNED": day(plan.last), "GROWTH": story.disease.score,
            "RELATIVE_GROWTH": story.disease.relative,
        }
    )  # fmt: skip
    return head.join(truth, on=["TRIAL", "PATIENT"], how="left", maintain_order="left")


def _first_local(story: Story) -> NDArray[np.int64]:
    """Day of the first scan on which the site called progression."""
    found = np.full(len(story.arms), FAR, np.int64)
    called = story.review.happened & (story.readings[0].response == PD)
    np.minimum.at(found, story.scans.row[called], story.scans.day[called])
    return found


def _central(story: Story) -> NDArray[np.int64]:
    """Day of the progression of the last central result."""
    found = np.full(len(story.arms), FAR, np.int64)
    steps = story.review.steps
    results = steps[steps[:, review.S_KIND] == review.RESULT]
    place = results[:, review.S_PD]
    for_all = np.where(place >= 0, story.scans.day[np.maximum(place, 0)], FAR)
    found[results[:, review.S_PATIENT]] = for_all
    return found


def _scans(randomized: pl.DataFrame, story: Story) -> pl.DataFrame:
    """Every scan that took place."""
    blinded, opened = np.flatnonzero(story.review.happened), story.open.new
    row = np.concatenate([story.scans.row[blinded], story.open.scans.row[opened]])
    day = np.concatenate([story.scans.day[blinded], story.open.scans.day[opened]])
    number = np.concatenate([story.scans.assessment[blinded], story.open.scans.assessment[opened]])
    phase = np.repeat(["blinded", "open"], [len(blinded), len(opened)])
    return pl.DataFrame(
        {
            "TRIAL": randomized["TRIAL"].gather(row), "PATIENT": randomized["PATIENT"].gather(row),
            "ASSESSMENT": pl.Series(number, dtype=pl.Int32), "DATE": dates(story.plan.day[row] + day), "PHASE": phase,
        }
    ).sort("TRIAL", "PATIENT", "ASSESSMENT")  # fmt: skip
