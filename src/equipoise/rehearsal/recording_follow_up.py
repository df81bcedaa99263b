"""What is recorded of follow-up: withdrawal, contacts, loss, other therapy, death, the end of the study."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.protocol import Protocol
from equipoise.rehearsal.course import DATA, LEVELS, SURVIVAL, VISITS, span_of
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.moments import at, dates
from equipoise.rehearsal.patients import working
from equipoise.rehearsal.record_frames import numbered
from equipoise.rehearsal.story import Story
from equipoise.rehearsal.streams import Slot
from equipoise.rehearsal.tumors import FAR

__all__ = ["Ends", "ends_of", "follow_up_records"]

MOST_CONTACTS = 40
_CONTACT = Slot("disease", 600, MOST_CONTACTS)
_NOT_REACHED = Slot("disease", 650, MOST_CONTACTS)
_KNOWN = Slot("disease", 700)
_NOTICE = Slot("disease", 701)
_CAUSE = Slot("disease", 702)
_BY_TREATMENT = Slot("disease", 703)
_THERAPY = Slot("disease", 704)
_KIND = Slot("disease", 705)
_AFTER = Slot("disease", 706)

_AFTER_LAST_DOSE = 30
_PAPERS = 10
"""Days after which everything seen before a death or withdrawal has been recorded."""

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Words = NDArray[np.object_]


class Ends:
    """How the study ended for each patient; days from randomization."""

    def __init__(self, model: PatientModel, story: Story) -> None:
        course, plan, draws = story.course, story.plan, story.draws
        seen = course.seen
        self.died: Booleans = course.death <= seen
        """Whether the trial learns of a death."""
        self.known: Integers = (
            working(plan.day + course.death + span_of(model.deaths.known, draws.uniform(_KNOWN))) - plan.day
        )
        """Day on which it does."""
        self.withdrew: Booleans = ~self.died & (plan.level >= SURVIVAL) & (plan.leaves == seen)
        self.lost: Booleans = ~self.died & ~self.withdrew & (plan.lost == seen)
        self.notice: Integers = (
            working(plan.day + plan.lost + span_of(model.dropout.notice, draws.uniform(_NOTICE))) - plan.day
        )
        """Day on which a loss is reported."""
        self.completed: Booleans = ~self.died & ~self.withdrew & ~self.lost
        self.cause: Words = _causes(model, story)
        """Cause of death."""


def ends_of(model: PatientModel, story: Story) -> Ends:
    """Find how the study ended for each patient."""
    return Ends(model, story)


def _causes(model: PatientModel, story: Story) -> Words:
    course, draws = story.course, story.draws
    names = list(model.deaths.causes)
    shares = np.cumsum(list(model.deaths.causes.values()))
    place = np.searchsorted(shares / shares[-1], draws.uniform(_CAUSE), side="right")
    cause = np.array(names, dtype=object)[np.minimum(place, len(names) - 1)]
    on_blinded = (course.blinded_end < FAR) & (course.death - course.blinded_end <= _AFTER_LAST_DOSE)
    share = np.array([model.deaths.by_treatment.get(arm, 0.0) for arm in story.arms])
    cause[on_blinded & (draws.uniform(_BY_TREATMENT) < share)] = "treatment"
    return cause


def follow_up_records(
    protocol: Protocol, model: PatientModel, keys: pl.DataFrame, story: Story
) -> dict[str, pl.DataFrame]:
    """Write follow-up of those randomized."""
    ends = Ends(model, story)
    plan, course = story.plan, story.course
    found = {"contact_recorded": _contacts(protocol, model, keys, story, ends)}
    found |= _withdrawals(model, keys, story)
    lost = np.flatnonzero(ends.lost)
    when = plan.day[lost] + ends.notice[lost]
    last = plan.day[lost] + plan.lost[lost]
    found["lost_to_follow_up"] = numbered(
        keys[lost], at(when, "lost_to_follow_up"), date=dates(when), last_contact=dates(last)
    )
    died = np.flatnonzero(ends.died)
    when = plan.day[died] + ends.known[died]
    found["death_recorded"] = numbered(
        keys[died], at(when, "death_recorded"), date=dates(plan.day[died] + course.death[died]),
        cause=pl.Series(list(ends.cause[died]), dtype=pl.String), source=pl.Series([None] * len(died), dtype=pl.String),
    )  # fmt: skip
    found["therapy_recorded"] = _therapies(model, keys, story)
    found["study_ended"] = _ended(keys, story, ends)
    return found


def _contacts(protocol: Protocol, model: PatientModel, keys: pl.DataFrame, story: Story, ends: Ends) -> pl.DataFrame:
    """Contacts on the planned weeks once scanning has ended, the last one, and the last before a loss."""
    plan, course, given = story.plan, story.course, model.follow_up
    weeks = protocol.visits.survival_follow_up_every_weeks or 24
    planned = np.round(7 * weeks * np.arange(1, MOST_CONTACTS + 1)).astype(np.int64)
    off = np.round(given.spread_days * story.draws.normal(_CONTACT)).astype(np.int64)
    day = working(plan.day[:, None] + planned + off) - plan.day[:, None]
    since = np.zeros(len(plan.day), np.int64)
    np.maximum.at(since, story.scans.row[story.review.happened], story.scans.day[story.review.happened])
    opened = story.open
    np.maximum.at(since, opened.scans.row[opened.new], opened.scans.day[opened.new])
    bound = np.where(ends.completed | ends.lost, course.seen - 30, course.seen)
    there = (day > since[:, None]) & (day < bound[:, None])
    row, place = np.nonzero(there)
    reached = story.draws.uniform(_NOT_REACHED)[row, place] >= given.missed
    final = np.flatnonzero(ends.completed | ends.lost)
    rows = np.concatenate([row, final])
    days = plan.day[rows] + np.concatenate([day[row, place], course.seen[final]])
    status = np.concatenate([reached, np.ones(len(final), np.bool_)]).astype(np.int64)
    return numbered(
        keys[rows], at(working(days), "contact_recorded"), date=dates(days), how="telephone",
        status=pl.Series(["not reached", "alive"]).gather(status),
    )  # fmt: skip


def _withdrawals(model: PatientModel, keys: pl.DataFrame, story: Story) -> dict[str, pl.DataFrame]:
    plan, course = story.plan, story.course
    wished = np.array([cause.why == "withdrawal by patient" for cause in model.dropout.causes.values()])
    gone = (plan.leaves < FAR) & (plan.leaves <= course.seen) & (wished[plan.cause] | (plan.level >= VISITS))
    rows = np.flatnonzero(gone)
    day = plan.day[rows] + plan.leaves[rows]
    level = np.array(LEVELS, dtype=object)[plan.level[rows]]
    level[level == "scans"] = "visits"
    by = np.where(wished[plan.cause[rows]], "patient", "physician")
    frame = numbered(
        keys[rows],
        at(day, "withdrawn"),
        level=pl.Series(list(level), dtype=pl.String),
        date=dates(day),
        by=pl.Series(by),
    )
    return {"withdrawn": frame}


def _therapies(model: PatientModel, keys: pl.DataFrame, story: Story) -> pl.DataFrame:
    """Other therapy after the end of treatment."""
    given, course, plan, draws = model.therapies, story.course, story.plan, story.draws
    begin = np.where(course.open_start < FAR, course.open_end, course.blinded_end)
    begin = np.where(begin < FAR, begin + span_of(given.after, draws.uniform(_AFTER)), FAR)
    gone = np.where(plan.level >= VISITS, plan.leaves, FAR)
    rows = np.flatnonzero((begin < np.minimum(course.seen, gone)) & (draws.uniform(_THERAPY) < given.rate))
    names = list(given.kinds)
    shares = np.cumsum(list(given.kinds.values()))
    place = np.minimum(np.searchsorted(shares / shares[-1], draws.uniform(_KIND)[rows], side="right"), len(names) - 1)
    day = plan.day[rows] + begin[rows]
    return numbered(
        keys[rows], at(working(day), "therapy_recorded"), therapy=pl.Series(names).gather(place),
        name=pl.Series([given.names[name] for name in names]).gather(place), start=dates(day).cast(pl.String),
        end=pl.Series([None] * len(rows), dtype=pl.String),
    )  # fmt: skip


def _ended(keys: pl.DataFrame, story: Story, ends: Ends) -> pl.DataFrame:
    plan, course = story.plan, story.course
    kept = ~ends.withdrew | (plan.level != DATA)
    rows = np.flatnonzero(kept)
    why = np.where(
        ends.died,
        "death",
        np.where(ends.withdrew, "withdrawal by patient", np.where(ends.lost, "lost to follow-up", "completed")),
    )
    date = np.where(ends.died, course.death, np.where(ends.lost, ends.notice, course.seen))
    when = np.where(
        ends.died,
        np.maximum(ends.known, course.death + _PAPERS),
        np.where(ends.lost, ends.notice, course.seen + _PAPERS),
    )
    when = working(plan.day + when)
    return numbered(
        keys[rows], at(when[rows], "study_ended"), date=dates((plan.day + date)[rows]), why=pl.Series(list(why[rows]))
    )
