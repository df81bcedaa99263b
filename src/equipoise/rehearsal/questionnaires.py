"""Questionnaires of synthetic patients: answers item by item from the course of each scale, and forms that are missing.

Behind the answers of a scale lies its course in points: a mean, the patient's own level (part of which all scales
share: general health), the effect of treatment, and chance by form and by item. An answer is the whole number of its
range that lies nearest.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri

from equipoise.criteria import INSTRUMENTS
from equipoise.criteria.instruments import Instrument as Catalog
from equipoise.criteria.instruments import Scale
from equipoise.protocol import Instrument, PlannedForm, Protocol, planned_forms
from equipoise.rehearsal.model.questionnaires import MISSED, FormModel, QuestionnaireModel, ScaleModel
from equipoise.rehearsal.timeline import DAY, NEVER, Timeline, as_dates, chosen, named_slot, numbered, partner

__all__ = ["questionnaires"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

YEAR = 365.25
_FORMS = 120
"""Planned forms for which there are numbers."""
_MORNING = 14 * 3600


@dataclass(frozen=True, slots=True, eq=False)
class _Visits:
    """Occasions at which a patient is asked, a row each."""

    row: Integers
    number: Integers
    """Which planned form, 0 the baseline."""
    day: Integers
    target: Integers
    """Study day that the form belongs to; 0 for the baseline."""
    health: Floats
    """General health of the patient, standardized; high is good for the patient."""

    def of(self, rows: Flags) -> "_Visits":
        return _Visits(self.row[rows], self.number[rows], self.day[rows], self.target[rows], self.health[rows])


def questionnaires(
    protocol: Protocol, model: QuestionnaireModel, times: Timeline, screened: Integers
) -> dict[str, pl.DataFrame]:
    """Generate the questionnaires of all patients of all trials.

    Parameters
    ----------
    protocol
        Planned questionnaires.
    model
        Courses of the scales.
    times
        Days of the patients.
    screened
        Day of screening of each patient, from which on the baseline form can be filled in.

    Returns
    -------
    dict of str to polars.DataFrame
        ``diary_submitted``, a row for each item, ``diary_missed``, a row for each form. No form is filled in before
        screening, after death, when the patient comes no more, or after the end that the protocol gives.
    """
    health = times.draws.normal(named_slot("questionnaires", "health"))
    submitted, missed = [], []
    for place, (name, form) in enumerate(model.instruments.items()):
        plan = _plan(protocol, name)
        visits = _occasions(protocol, plan, model, times, (screened, health))
        missing, why, silent = _missing(model, times, visits, name)
        submitted.append(_filled_in(model, times, visits.of(~missing), (INSTRUMENTS[name], form), place))
        missed.append(_missed(times, visits.of(missing & ~silent), name, why[missing & ~silent], place))
    return {"diary_submitted": _long(submitted), "diary_missed": numbered(pl.concat(missed))}


def _plan(protocol: Protocol, name: str) -> Instrument:
    for part in protocol.instruments:
        full = part if isinstance(part, Instrument) else Instrument(name=part)
        if full.name == name:
            return full
    raise ValueError(f"the protocol has no questionnaire {name}")


def _occasions(
    protocol: Protocol,
    plan: Instrument,
    model: QuestionnaireModel,
    times: Timeline,
    of_patients: tuple[Integers, Floats],
) -> _Visits:
    """When each patient is asked: on the planned days, a few days early or late, within the windows."""
    screened, health = of_patients
    here = np.flatnonzero(times.randomized < NEVER)
    anchor = times.first_dose if plan.anchor == "first_dose" else times.randomized
    end = times.last_dose if plan.expected_until == "end_of_treatment" else times.seen
    asked = np.where(times.first_dose < NEVER, end, times.randomized)
    last = int(np.max((np.minimum(asked, times.seen) - times.randomized)[here], initial=0)) + 1
    z = times.draws.normal(named_slot("questionnaires", "day", _FORMS))
    parts = []
    for number, form in enumerate(_forms(plan, protocol, last)):
        if form.target is None and not plan.asked_at_baseline:
            continue
        rows = here[(anchor[here] < NEVER) | (number == 0)]
        off = np.round(model.day_spread * z[rows, number]).astype(np.int64)
        start = times.randomized[rows] if number == 0 else anchor[rows]
        if form.target is None:
            day = np.maximum(start - np.abs(off), screened[rows])
            keep = np.ones(len(rows), dtype=np.bool_)
        else:
            first = form.first if form.first is not None else form.target
            latest = form.last if form.last is not None else form.target + 400
            day = start + np.clip(form.target + off, first, latest) - 1
            planned = start + form.target - 1
            keep = (planned <= asked[rows]) & (day < times.seen[rows]) & (day < times.death[rows])
            keep &= day <= times.closed[rows]
        rows, day = rows[keep], day[keep]
        target = np.full(len(rows), 0 if form.target is None else form.target)
        parts.append(_Visits(rows, np.full(len(rows), number), day, target, health[rows]))
    return _Visits(
        *(np.concatenate([getattr(p, f) for p in parts]) for f in ("row", "number", "day", "target", "health"))
    )


def _forms(plan: Instrument, protocol: Protocol, last: int) -> list[PlannedForm]:
    """Planned forms up to a study day; the windows are those of the whole plan."""
    step = max(round(7 * (plan.every_weeks or 0)), 28)
    every = planned_forms(plan, protocol.visits.schedule, last + 2 * step)
    return [form for form in every if form.target is None or form.target <= last][:_FORMS]


def _missing(model: QuestionnaireModel, times: Timeline, visits: _Visits, name: str) -> tuple[Flags, Integers, Flags]:
    """Which forms are missing, the place of the reason, and of which nothing is recorded."""
    given = model.missing
    visit = times.draws.pairs(named_slot("questionnaires", "missed visit", _FORMS), visits.row, visits.number)
    form = times.draws.pairs(named_slot("questionnaires", f"missed {name}", _FORMS), visits.row, visits.number)
    years = np.maximum(visits.day - times.randomized[visits.row], 0) / YEAR
    chance = np.clip(given.visit + given.per_year * years, 1e-9, 1 - 1e-9)
    chance = np.where(
        given.visit + given.per_year * years > 0, expit(logit(chance) - given.illness * visits.health), 0.0
    )
    whole = visit[:, 0] < chance
    why = chosen(np.where(whole, visit[:, 1], form[:, 1]), partner(given.reasons, MISSED))
    silent = np.where(whole, (visit[:, 1] * 997) % 1.0, (form[:, 1] * 997) % 1.0) < given.not_recorded
    return whole | (form[:, 0] < given.form), why, silent


def _missed(times: Timeline, visits: _Visits, name: str, why: Integers, place: int) -> pl.DataFrame:
    """Records of missed forms: the baseline's is made after randomization."""
    day = np.maximum(visits.day, times.randomized[visits.row])
    return pl.DataFrame({
        **times.keys(visits.row),
        "AT": day * DAY + 21 * 3600 + place,
        "instrument": pl.Series([name], dtype=pl.String).new_from_index(0, len(day)),
        "target": pl.Series(visits.target, dtype=pl.Int64),
        "date": as_dates(day),
        "why": pl.Series(MISSED).gather(pl.Series(why)),
    })  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Filled:
    """The forms of one questionnaire that were filled in."""

    heads: pl.DataFrame
    items: list[str]
    answers: Integers
    """Forms by items; -1 where nothing is answered."""


def _filled_in(
    model: QuestionnaireModel, times: Timeline, visits: _Visits, of: tuple[Catalog, FormModel], place: int
) -> _Filled:
    """Answers to every item of the forms that were filled in."""
    catalog, form = of
    n, items = len(visits.row), [item.name for item in catalog.items]
    answers = np.full((n, len(items)), -1, dtype=np.int64)
    for scale in catalog.scales:
        for name, values in _of_scale(model, form, times, visits, (catalog, scale)):
            answers[:, items.index(name)] = values
    minute = times.draws.pairs(named_slot("questionnaires", "minutes", _FORMS), visits.row, visits.number)
    begun = visits.day * DAY + _MORNING + np.floor(minute[:, 0] * 6 * 3600).astype(np.int64)
    spent = np.clip(60 * model.minutes * np.exp(0.4 * ndtri(minute[:, 1])), 60, 7200).astype(np.int64)
    heads = pl.DataFrame({
        **times.keys(visits.row),
        "AT": begun + spent + place,
        "instrument": pl.Series([catalog.name], dtype=pl.String).new_from_index(0, n),
        "target": pl.Series(visits.target, dtype=pl.Int64),
        "date": as_dates(visits.day),
        "started": _utc(begun),
    })  # fmt: skip
    return _Filled(heads, items, answers)


def _long(filled: list[_Filled]) -> pl.DataFrame:
    """Put the forms of all questionnaires in order, a row for each item."""
    sizes = np.array([len(one.items) for one in filled])
    which = np.concatenate([np.full(one.heads.height, k) for k, one in enumerate(filled)])
    within = np.concatenate([np.arange(one.heads.height) for one in filled])
    ends = np.cumsum([one.answers.size for one in filled])
    starts = np.concatenate([[0], ends[:-1]])[which] + within * sizes[which]
    heads = pl.concat([one.heads for one in filled]).with_columns(_start=starts, _which=which)
    heads = numbered(heads)
    lengths = sizes[heads["_which"].to_numpy()]
    head = np.repeat(np.arange(heads.height), lengths)
    item = np.arange(len(head)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    flat = np.concatenate([one.answers.ravel() for one in filled])[heads["_start"].to_numpy()[head] + item]
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])[heads["_which"].to_numpy()[head]]
    names = pl.Series([name for one in filled for name in one.items], dtype=pl.String)
    long = heads.drop("_start", "_which")[head].with_columns(item=names.gather(first + item), answer=flat)
    return long.with_columns(answer=pl.when(pl.col("answer") >= 0).then("answer"))


def _of_scale(
    model: QuestionnaireModel, form: FormModel, times: Timeline, visits: _Visits, of: tuple[Catalog, Scale]
) -> Iterator[tuple[str, Integers]]:
    """Answers to the items of one scale."""
    catalog, scale = of
    course = form.scales.get(scale.code, form.default)
    stem, row, number = f"{catalog.name} {scale.code}", visits.row, visits.number
    own = times.draws.normal(named_slot("questionnaires", f"level {stem}"))[row]
    shared = visits.health if scale.better == "high" else -visits.health
    level = course.spread * (np.sqrt(model.health_share) * shared + np.sqrt(1 - model.health_share) * own)
    chance = times.draws.pairs(named_slot("questionnaires", f"form {stem}", _FORMS), row, number)
    points = course.mean + level + _effect(course, times, visits) + course.noise * ndtri(chance[:, 0])
    slot = named_slot("questionnaires", f"items {stem}", _FORMS * 8)
    for k, name in enumerate(scale.items):
        item = catalog.item(name)
        uniform = times.draws.pairs(slot, row, number * 8 + k % 8)
        part = (points + course.item_noise * ndtri(uniform[:, 0])) / 100
        along = 1 - part if scale.reversed is not item.reversed else part
        answer = np.clip(np.round(item.low + (item.high - item.low) * along), item.low, item.high).astype(np.int64)
        left_out = uniform[:, 1] < form.skipped_items.get(name, form.skipped)
        yield name, np.where(left_out, -1, answer)


def _effect(course: ScaleModel, times: Timeline, visits: _Visits) -> Floats:
    """What treatment and time add by the day of each form."""
    row, day = visits.row, visits.day
    effects = np.array([course.effects.get(arm, 0.0) for arm in times.arms])
    on = np.clip(np.minimum(day, times.last_dose[row]) - times.first_dose[row], 0, None)
    near = np.where(times.first_dose[row] < NEVER, 1 - np.exp2(-on / course.onset_days), 0.0)
    found = effects[times.arm[row]] * near
    opened = (times.open_first[row] <= day) & (times.open_arm >= 0)
    since = np.clip(day - times.open_first[row], 0, None)
    later = effects[times.open_arm] * (1 - np.exp2(-since / course.onset_days))
    found = np.where(opened, later, found)
    years = np.maximum(day - times.randomized[row], 0) / YEAR
    return np.asarray(found + course.per_year * years, dtype=float)


def _utc(seconds: Integers) -> pl.Series:
    moments = pl.Series(seconds * 1_000_000).cast(pl.Datetime("us"))
    return moments.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
