"""What is recorded of treatment: doses, the end of treatment, unblinding, open treatment."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.protocol import Protocol
from equipoise.rehearsal import review
from equipoise.rehearsal.doses import BLINDED, OPEN, dose_periods
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.moments import at, dates
from equipoise.rehearsal.patients import working
from equipoise.rehearsal.record_frames import numbered
from equipoise.rehearsal.story import Story
from equipoise.rehearsal.tumors import FAR

__all__ = ["treatment_records"]

Integers = NDArray[np.int64]
Words = NDArray[np.object_]


def treatment_records(
    protocol: Protocol, model: PatientModel, keys: pl.DataFrame, story: Story
) -> dict[str, pl.DataFrame]:
    """Write treatment of those randomized."""
    course, plan = story.course, story.plan
    found = {"dose_recorded": _doses(protocol, model, keys, story, story.arms, opened=False)}
    unblind = np.flatnonzero(course.unblind < FAR)
    day = plan.day[unblind] + course.unblind[unblind]
    own = keys[unblind]
    result = _first_confirmed(story, unblind)
    found["unblinded"] = numbered(own, at(day, "unblinded"), ground="progression", date=dates(day), result=result)
    ended = np.minimum(course.blinded_end, course.unblind)[unblind] + plan.day[unblind]
    found["blinded_treatment_ended"] = numbered(own, at(day, "blinded_treatment_ended"), date=dates(ended))
    return found | _stops(keys, story) | _open(protocol, model, keys, story)


def _first_confirmed(story: Story, rows: Integers) -> pl.Series:
    steps = story.review.steps
    confirmed = steps[(steps[:, review.S_KIND] == review.RESULT) & (steps[:, review.S_PD] >= 0)]
    version = np.zeros(len(story.arms), np.int64)
    version[confirmed[::-1, review.S_PATIENT]] = confirmed[::-1, review.S_VERSION]
    return pl.Series(version[rows]).cast(pl.String)


def _doses(
    protocol: Protocol, model: PatientModel, keys: pl.DataFrame, story: Story, arms: Words, *, opened: bool
) -> pl.DataFrame:
    """Write the dose log; an entry is made when its period has ended."""
    course, plan = story.course, story.plan
    span = (course.open_start, course.open_end) if opened else (plan.dose, course.blinded_end)
    found = dose_periods(protocol, model.treatment, arms, span, draws=story.draws, slots=OPEN if opened else BLINDED)
    begins, ends = plan.day[found.row] + found.start, plan.day[found.row] + found.end
    unit = next((arm.dose_unit for arm in protocol.arms.values() if arm.dose_unit), "mg")
    fields = {
        "start": dates(begins), "end": dates(ends), "amount": pl.Series(list(found.amount), dtype=pl.String),
        "unit": unit, "why": pl.Series(list(found.why), dtype=pl.String),
    }  # fmt: skip
    if opened:
        return numbered(keys[found.row], at(working(ends), "open_label_dose_recorded"), **fields)
    return numbered(keys[found.row], at(working(ends), "last_dose"), **fields, phase="blinded")


def _stops(keys: pl.DataFrame, story: Story) -> dict[str, pl.DataFrame]:
    """End of assigned treatment, but for those who were unblinded before it."""
    course, plan = story.course, story.plan
    why = course.why
    wished = (why == "withdrawal by patient") & (plan.leaves == course.blinded_end)
    stopped = np.flatnonzero((why != "unblinded") & ~wished & (plan.dose < FAR))
    day = plan.day[stopped] + course.blinded_end[stopped]
    frame = numbered(
        keys[stopped], at(working(day), "treatment_stopped"), date=dates(day),
        why=pl.Series(list(why[stopped]), dtype=pl.String), detail=pl.Series([None] * len(stopped), dtype=pl.String),
    )  # fmt: skip
    return {"treatment_stopped": frame}


def _open(protocol: Protocol, model: PatientModel, keys: pl.DataFrame, story: Story) -> dict[str, pl.DataFrame]:
    course, plan = story.course, story.plan
    crossed = np.flatnonzero(course.open_start < FAR)
    begin, end = plan.day[crossed] + course.open_start[crossed], plan.day[crossed] + course.open_end[crossed]
    own = keys[crossed]
    to = protocol.crossover.to_arm if protocol.crossover else next(iter(protocol.arms))
    return {
        "open_label_started": numbered(own, at(begin, "open_label_started"), date=dates(begin)),
        "open_label_dose_recorded": _doses(
            protocol, model, keys, story, np.full(len(story.arms), to, dtype=object), opened=True
        ),
        "open_label_stopped": numbered(
            own, at(working(end), "open_label_stopped"), date=dates(end),
            why=pl.Series(list(course.open_why[crossed]), dtype=pl.String),
            detail=pl.Series([None] * len(crossed), dtype=pl.String),
        ),
    }  # fmt: skip
