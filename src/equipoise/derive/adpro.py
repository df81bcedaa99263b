"""ADPRO: forms due and forms received, and why a form is missing."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.cdisc import ADAM
from equipoise.derive.adqs import Reported, first_of_group
from equipoise.derive.adqs_timing import NO_DAY
from equipoise.derive.source import KEYS

__all__ = ["derive_adpro"]

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_INTEGERS = ("AVISITN", "AWTARGET", "AWLO", "AWHI", "NMISSING", "NNOTAPPL")
_TYPES = {
    variable.name: pl.Int32 if variable.name in _INTEGERS else pl.Date if variable.name == "ADT" else pl.String
    for variable in ADAM["ADPRO"].variables
}
_BASELINE_WORDS = ("BASELINE", "SCREENING", "PRETREATMENT", "PREDOSE")
_WEEK = r"^(?:WEEK|WK|W)\s*(\d+)$"


def derive_adpro(reported: Sequence[Reported]) -> pl.DataFrame:
    """Derive completion: one row per randomized subject, questionnaire and planned form."""
    parts = [_rows(found).with_columns(_I=pl.lit(index)) for index, found in enumerate(reported)]
    if not parts:
        return pl.DataFrame(schema=_TYPES)
    table = pl.concat(parts).sort([*KEYS, "_I", "AVISITN"])
    return table.select(pl.col(name).cast(kind) for name, kind in _TYPES.items())


def _rows(found: Reported) -> pl.DataFrame:
    timing, planned = found.timing, found.timing.planned
    n_subjects, n_visits = found.subjects.height, len(planned)
    subject = np.repeat(np.arange(n_subjects), n_visits)
    visit = np.tile(np.arange(n_visits), n_subjects)
    form = _received(found).ravel()
    received = form >= 0
    place = np.maximum(form, 0)
    due = _target_days(found)[subject, visit]
    missing, alive = _missing(found, subject, due)
    expected = received | (missing == "")
    reasons = np.where(missing == "", "not recorded", missing)
    recorded = _recorded(found)
    if timing.day.size:
        scored = np.any(~np.isnan(found.scores.score), axis=1)
        evaluable = received & np.take(scored, place)
        counts = {
            "NMISSING": np.where(received, found.scores.n_missing[place], -1),
            "NNOTAPPL": np.where(received, found.scores.n_not_applicable[place], -1),
        }
        day = np.where(received, timing.day[place], NO_DAY)
    else:
        evaluable, day = received, np.full(received.size, NO_DAY)
        counts = dict.fromkeys(("NMISSING", "NNOTAPPL"), np.full(received.size, -1))
    table = found.subjects.select(KEYS)[subject].with_columns(
        pl.lit(found.one.name).alias("INSTR"),
        pl.Series("_V", visit),
        _flag("EXPECTFL", expected),
        _flag("ALIVEFL", alive | received),
        _flag("RECEIVFL", received),
        _flag("EVALFL", evaluable),
        *(pl.Series(name, values) for name, values in counts.items()),
        _D=pl.Series(day),
        _R=pl.Series(reasons, dtype=pl.String),
        _S=pl.Series(subject),
    )
    table = table.join(recorded, on=["_S", "_V"], how="left", maintain_order="left")
    answered = _empty_forms(found)
    table = table.join(answered, on=["_S", "_V"], how="left", maintain_order="left")
    reason = pl.coalesce("REASON", "_EMPTY", "_R")
    reason = pl.when(pl.col("RECEIVFL") == "Y").then(pl.lit("too few answers")).otherwise(reason)
    table = table.with_columns(
        *(pl.when(pl.col(name) >= 0).then(name).alias(name) for name in counts),
        ADT=pl.when(pl.col("_D") != NO_DAY).then("_D").cast(pl.Int32).cast(pl.Date),
        MISSREAS=pl.when(pl.col("EVALFL") == "N").then(reason),
    )
    return _shown(found, _with_visits(found, table))


def _flag(name: str, values: Flags) -> pl.Series:
    return pl.Series(name, np.where(values, "Y", "N"), dtype=pl.String)


def _received(found: Reported) -> Ints:
    """Subject by visit: the form of the window nearest its target, the last one before treatment for the baseline."""
    timing, n_visits = found.timing, len(found.timing.planned)
    usable = (timing.excluded < 0) & (found.scores.n_answered > 0)
    group = np.where(timing.visit >= 0, timing.subject * n_visits + timing.visit, -1)
    targets = np.array([form.target or 0 for form in timing.planned], dtype=np.int64)
    distance = np.abs(timing.study_day - targets[np.maximum(timing.visit, 0)])
    order = [np.where(timing.visit == 0, -timing.day, distance), timing.day]
    first = first_of_group(group, order, usable[:, None], found.subjects.height * n_visits)
    return first.reshape(found.subjects.height, n_visits)


def _target_days(found: Reported) -> Ints:
    """Subject by visit: day on which the form is due; the first dose for the baseline."""
    times = found.times
    targets = np.array([form.target or 1 for form in found.timing.planned], dtype=np.int64)
    due = times.anchor[:, None] + targets[None, :] - (targets > 0)
    due[:, 0] = times.baseline
    return np.where(times.anchor[:, None] == NO_DAY, NO_DAY, due)


def _missing(found: Reported, subject: Ints, due: Ints) -> tuple[NDArray[np.str_], Flags]:
    """Why no form is expected, empty where one is; and who is alive on the day."""
    table, times = found.subjects, found.times

    def day(column: str) -> Ints:
        return table[column].cast(pl.Int32).cast(pl.Int64).fill_null(-NO_DAY).to_numpy()[subject]

    undated = (table["DTHFL"] == "Y").fill_null(False).to_numpy()[subject] & (day("DTHDT") == -NO_DAY)
    died = (day("DTHDT") < due) | (undated & (day("LSTALVDT") < due))
    left = day("EOSDT") < due
    going_on = (table["EOTSTT"] == "ONGOING").fill_null(False).to_numpy()[subject]
    last = np.where((day("EOTDT") == -NO_DAY) & ~going_on, day("TRTEDT"), day("EOTDT"))
    stopped = (last < due) if found.one.plan.expected_until == "end_of_treatment" else np.zeros_like(left)
    conditions = [
        died,
        left,
        stopped,
        due > times.horizon[subject],
        times.crossover[subject] < due,
        times.unblinding[subject] < due,
        due == NO_DAY,
    ]
    words = ["died", "left study", "off treatment", "not yet due", "crossed over", "unblinded", "no study day 1"]
    return np.select(conditions, words, default=""), ~died


def _empty_forms(found: Reported) -> pl.DataFrame:
    """Visits with a form without any answer that could be used."""
    timing = found.timing
    rows = (timing.excluded < 0) & (found.scores.n_answered == 0) & (timing.visit >= 0)
    table = pl.DataFrame({"_S": timing.subject[rows], "_V": timing.visit[rows]})
    return table.unique(maintain_order=True).with_columns(_EMPTY=pl.lit("no usable answer"))


def _recorded(found: Reported) -> pl.DataFrame:
    """Reason recorded for a form not done, by subject and visit: found by date, planned day or name of the visit."""
    rows = found.answers.filter(pl.col("REASON").is_not_null())
    if rows.is_empty():
        return pl.DataFrame(schema={"_S": pl.Int64, "_V": pl.Int64, "REASON": pl.String})
    subject = rows["_S"].cast(pl.Int64).to_numpy()
    day = rows["DATE"].cast(pl.Int32).cast(pl.Int64).fill_null(NO_DAY).to_numpy()
    planned_day = rows["VISITDY"].cast(pl.Int64, strict=False).fill_null(NO_DAY).to_numpy()
    study_day = found.times.study_day(day, subject)
    dated = np.where(day > found.times.baseline[subject], _window(found, study_day), 0)
    by_day = np.where(planned_day > 1, _window(found, planned_day), 0)
    named = _by_name(found, rows["VISIT"])
    visit = np.where(named >= 0, named, np.where(planned_day != NO_DAY, by_day, -1))
    visit = np.where(study_day != NO_DAY, dated, visit)
    rows = rows.select(_S=pl.Series(subject), _V=pl.Series(visit), REASON="REASON", QSSEQ="QSSEQ")
    rows = rows.filter(pl.col("_V") >= 0).sort(["_S", "_V", "QSSEQ", "REASON"], nulls_last=True)
    return rows.unique(["_S", "_V"], keep="first", maintain_order=True).drop("QSSEQ")


def _window(found: Reported, study_day: Ints) -> Ints:
    visit = np.full(study_day.size, -1, dtype=np.int64)
    for index, form in enumerate(found.timing.planned[1:], start=1):
        first = NO_DAY + 1 if form.first is None else form.first
        last = -NO_DAY if form.last is None else form.last
        visit[(study_day >= first) & (study_day <= last)] = index
    return visit


def _by_name(found: Reported, visits: pl.Series) -> Ints:
    """Planned form that a VISIT names."""
    names: dict[str, int] = dict.fromkeys(_BASELINE_WORDS, 0)
    for index, form in enumerate(found.timing.planned):
        names |= {form.label.upper(): index, form.visit.upper().replace("_", " "): index}
    text = visits.str.to_uppercase().str.strip_chars()
    weeks = text.str.extract(_WEEK, 1)
    text = pl.Series([f"WEEK {int(w)}" if w else t for w, t in zip(weeks, text, strict=True)], dtype=pl.String)
    return text.replace_strict(names, default=-1, return_dtype=pl.Int64).fill_null(-1).to_numpy()


def _with_visits(found: Reported, table: pl.DataFrame) -> pl.DataFrame:
    planned = found.timing.planned
    visits = pl.DataFrame(
        {
            "AVISIT": [form.label for form in planned],
            "AVISITN": [form.target or 0 for form in planned],
            "AWTARGET": [form.target or 1 for form in planned],
            "AWLO": [form.first for form in planned],
            "AWHI": [form.last for form in planned],
        },
        schema_overrides=dict.fromkeys(("AVISITN", "AWTARGET", "AWLO", "AWHI"), pl.Int64),
    )
    return pl.concat([table, visits[table["_V"]]], how="horizontal")


def _shown(found: Reported, table: pl.DataFrame) -> pl.DataFrame:
    """Forms planned; where the plan has no end, up to the last visit at which one was expected or received."""
    ends = found.one.plan.until_week is not None or found.one.plan.every_weeks is None
    known = (pl.col("EXPECTFL") == "Y") | (pl.col("RECEIVFL") == "Y") | pl.lit(ends)
    baseline = (pl.col("_V") == 0) & pl.lit(found.one.plan.asked_at_baseline)
    last = pl.when(known).then("_V").max().over("STUDYID")
    return table.filter(((pl.col("_V") > 0) & (pl.col("_V") <= last)) | baseline)
