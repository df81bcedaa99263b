"""When forms were answered: study days, windows, and what keeps a form out of the comparison of arms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.cdisc import CODELISTS
from equipoise.derive.adqs_instruments import Questionnaire
from equipoise.protocol import PlannedForm, Protocol, planned_forms

__all__ = ["EXCLUSIONS", "NO_DAY", "Clock", "Timing", "clock", "place_forms"]

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

EXCLUSIONS = CODELISTS["QSEXCL"].terms
"""Why a score is not analyzed; the first that holds is taken. The first five concern the whole form."""

NO_DAY = np.iinfo(np.int64).min // 4
"""Stands for a day that is not known; far in the past. ``-NO_DAY`` stands for never."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Days of every subject, as days since 1970: a row per subject."""

    anchor: Ints
    """Study day 1."""
    baseline: Ints
    """Last day of the baseline: first dose, else randomization."""
    death: Ints
    crossover: Ints
    unblinding: Ints
    horizon: Ints
    """Last day of the data: the cut-off, else the last day on which anybody of the study was seen."""

    def study_day(self, day: Ints, subject: Ints) -> Ints:
        """Study day of a date; there is no day 0."""
        since = day - self.anchor[subject]
        known = (day != NO_DAY) & (self.anchor[subject] != NO_DAY)
        return np.where(known, since + (since >= 0), NO_DAY)


@dataclass(frozen=True, slots=True)
class Timing:
    """A row per form."""

    subject: Ints
    day: Ints
    study_day: Ints
    after_baseline: Flags
    excluded: Ints
    """Index in ``EXCLUSIONS`` of what keeps the whole form out; -1 where nothing does."""
    visit: Ints
    """Index of the planned form whose window holds the form; 0 baseline, -1 none."""
    planned: Sequence[PlannedForm]


def clock(one: Questionnaire, subjects: pl.DataFrame, cutoff: date | None) -> Clock:
    """Collect the days of the subjects (ADSL with UNBLNDDT)."""

    def days(column: str, missing: int) -> Ints:
        return subjects[column].cast(pl.Int32).cast(pl.Int64).fill_null(missing).to_numpy()

    randomized, dosed = days("RANDDT", NO_DAY), days("TRTSDT", NO_DAY)
    first_dose = np.where(dosed == NO_DAY, randomized, dosed)
    anchor = first_dose if one.plan.anchor == "first_dose" else np.where(randomized == NO_DAY, dosed, randomized)
    seen = subjects.with_columns(_L=pl.max_horizontal("LSTALVDT", "DTHDT", "TRTEDT", "RANDDT"))
    last = seen.select(pl.lit(cutoff, dtype=pl.Date).fill_null(pl.col("_L").max().over("STUDYID")).alias("_H"))
    horizon = last["_H"].cast(pl.Int32).cast(pl.Int64).fill_null(NO_DAY).to_numpy()
    return Clock(
        anchor=anchor,
        baseline=first_dose,
        death=days("DTHDT", -NO_DAY),
        crossover=days("TR02SDT", -NO_DAY),
        unblinding=days("UNBLNDDT", -NO_DAY),
        horizon=horizon,
    )


def place_forms(protocol: Protocol, one: Questionnaire, forms: pl.DataFrame, n_answered: Ints, times: Clock) -> Timing:
    """Give each form its study day, its window, and what keeps it out."""
    subject = forms["_S"].cast(pl.Int64).to_numpy()
    day = forms["DATE"].cast(pl.Int32).cast(pl.Int64).fill_null(NO_DAY).to_numpy()
    study_day = times.study_day(day, subject)
    after = day > times.baseline[subject]
    tests = (
        day == NO_DAY,
        day > times.death[subject],
        _other_of_day(forms, n_answered),
        day > times.crossover[subject],
        day > times.unblinding[subject],
    )
    excluded = np.select(tests, range(len(tests)), default=-1).astype(np.int64)
    planned = planned_until(protocol, one, times, study_day)
    return Timing(
        subject=subject,
        day=day,
        study_day=study_day,
        after_baseline=after,
        excluded=excluded,
        visit=_visit(planned, study_day, after),
        planned=planned,
    )


def planned_until(protocol: Protocol, one: Questionnaire, times: Clock, study_day: Ints) -> list[PlannedForm]:
    """Planned forms as far as anybody is followed, and one interval more so that every window has its end."""
    known = (times.anchor != NO_DAY) & (times.horizon != NO_DAY)
    followed = (times.horizon - times.anchor + 1)[known].max(initial=1)
    last = max(int(followed), int(study_day.max(initial=1)))
    visits = [protocol.visits.schedule[name] for name in one.plan.at if name in protocol.visits.schedule]
    step = max([round(7 * (one.plan.every_weeks or 0)), *(v.repeats_every_days or 0 for v in visits)])
    return planned_forms(one.plan, protocol.visits.schedule, last + 2 * step)


def _visit(planned: Sequence[PlannedForm], study_day: Ints, after: Flags) -> Ints:
    visit = np.where(after, -1, 0).astype(np.int64)
    visit[study_day == NO_DAY] = -1
    for index, form in enumerate(planned[1:], start=1):
        first = NO_DAY + 1 if form.first is None else form.first
        last = -NO_DAY if form.last is None else form.last
        visit[after & (study_day >= first) & (study_day <= last)] = index
    return visit


def _other_of_day(forms: pl.DataFrame, n_answered: Ints) -> Flags:
    """Forms of a day on which another is used: the one with more answers, then the one recorded first."""
    ranked = forms.select("FORM", "_S", "DATE", "QSSEQ", N=pl.Series(n_answered)).filter(pl.col("DATE").is_not_null())
    ranked = ranked.sort(["_S", "DATE", "N", "QSSEQ", "FORM"], descending=[False, False, True, False, False])
    used = ranked.unique(["_S", "DATE"], keep="first", maintain_order=True)["FORM"].to_numpy()
    other = forms["DATE"].is_not_null().to_numpy().copy()
    other[used] = False
    return other
