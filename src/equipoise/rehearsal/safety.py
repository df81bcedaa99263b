"""Adverse events of synthetic patients: onset, grade, duration, relation, seriousness, and the deaths among them.

The events of a term begin as a Poisson process whose rate depends on the arm and the days of treatment, times the
patient's own factor; one begins only after the one before has ended. Deaths of the course are never moved: a death on
treatment is an event of grade 5 where the treatment caused it, else with the probability that the model declares.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri

from equipoise.rehearsal.model.safety import RELATED, UNRELATED, EventRate, SafetyModel
from equipoise.rehearsal.streams import Slot
from equipoise.rehearsal.timeline import NEVER, Timeline, chosen, named_slot, partner

__all__ = ["Events", "adverse_events"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

YEAR = 365.25
ACTIONS = ("none", "reduced", "interrupted", "withdrawn", "not applicable")
_PLACES = 6
"""Slots of one event: waiting and grade; duration and relation; word and seriousness; end and date; two kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Adverse events, a row each."""

    row: Integers
    """Row of the patient in the timeline."""
    term: Integers
    """Place among the terms of the model; behind them those of deaths."""
    onset: Integers
    end: Integers
    """Last day; ``NEVER`` where the event went on until nothing more was recorded."""
    grade: Integers
    related: Integers
    """Place among the words for the relation to treatment."""
    serious: Flags
    life_threatening: Flags
    sequelae: Flags
    partial: Flags
    """Whether only the month of onset is known."""
    action: Integers
    """Place in `ACTIONS`."""

    def __len__(self) -> int:
        return len(self.row)

    def of(self, rows: Integers | Flags) -> "Events":
        """Give some of the events."""
        return Events(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def and_(self, *others: "Events") -> "Events":
        """Put events together."""
        every = (self, *others)
        return Events(**{f.name: np.concatenate([getattr(e, f.name) for e in every]) for f in fields(self)})


@dataclass(frozen=True, slots=True, eq=False)
class _Exposure:
    """Treatments during which events may begin: assigned (0) and open (1)."""

    number: int
    row: Integers
    arm: Integers
    first: Integers
    last: Integers


def adverse_events(model: SafetyModel, times: Timeline, changes: pl.DataFrame) -> Events:
    """Generate the adverse events of all patients of all trials.

    Parameters
    ----------
    model
        Terms with their rates.
    times
        Days of the patients.
    changes
        Changes of the dose for an adverse event: TRIAL, PATIENT, DAY (days since 1970), ACTION (reduced, interrupted
        or withdrawn).

    Returns
    -------
    Events
        By trial, patient, onset and term. No event begins before treatment, later than the model's days after it, after
        death, or when nothing more is recorded of the patient.
    """
    frailty = np.exp(model.frailty * times.draws.normal(named_slot("safety", "frailty")) - model.frailty**2 / 2)
    parts = [
        _of_term(model, times, exposure, place, frailty)
        for exposure in _exposures(model, times)
        for place in range(len(model.terms))
    ]
    found = parts[0].and_(*parts[1:])
    found = _with_actions(model, times, found, changes)
    found = _once(found.and_(_deaths(model, times)))
    return _ended(times, found)


def _exposures(model: SafetyModel, times: Timeline) -> list[_Exposure]:
    rows = np.arange(len(times))
    limit = np.minimum(np.minimum(times.death, times.seen), times.closed)
    first = np.flatnonzero(times.first_dose < NEVER)
    until = np.minimum(np.minimum(times.last_dose + model.follow_days, times.open_first - 1), limit)
    found = [_Exposure(0, first, times.arm[first], times.first_dose[first], until[first])]
    crossed = np.flatnonzero(times.open_first < NEVER) if times.open_arm >= 0 else rows[:0]
    until = np.minimum(times.open_last + model.follow_days, limit)
    arm = np.full(len(crossed), times.open_arm)
    return [*found, _Exposure(1, crossed, arm, times.open_first[crossed], until[crossed])]


def _of_term(model: SafetyModel, times: Timeline, exposure: _Exposure, place: int, frailty: Floats) -> Events:
    """Generate the events of one term during one treatment."""
    name = list(model.terms)[place]
    slot = named_slot("safety", f"event {name} {exposure.number}", model.repeats * _PLACES)
    row, arm, first, last = exposure.row, exposure.arm, exposure.first, exposure.last
    elapsed, parts = np.zeros(len(row)), []
    for k in range(model.repeats):
        uniform = times.draws.pairs(slot, row, np.full(len(row), k * _PLACES))
        waiting = -np.log(uniform[:, 0]) / frailty[row]
        day = _next_onset(times.arms, model.terms[name].rates, arm, elapsed, waiting)
        begins = day <= last - first
        row, arm, first, last, uniform = row[begins], arm[begins], first[begins], last[begins], uniform[begins]
        onset = first + day[begins].astype(np.int64)
        event = _event(model, times, slot, k, place, row=row, arm=arm, onset=onset, grade=uniform[:, 1])
        parts.append(event)
        elapsed = (event.end + 1 - first).astype(float)
    return parts[0].and_(*parts[1:])


def _next_onset(
    arms: tuple[str, ...], rates: dict[str, EventRate], arm: Integers, elapsed: Floats, waiting: Floats
) -> Floats:
    """Day of treatment on which the next event begins; infinite where none does."""
    found = np.full(len(arm), np.inf)
    for place, label in enumerate(arms):
        here = arm == place
        days, risk = _cumulative(rates[label])
        if risk[-1] <= 0:
            continue
        start = np.interp(elapsed[here], days, risk)
        target = start + waiting[here]
        day = np.interp(target, risk, days)
        found[here] = np.where(target < risk[-1], np.floor(np.maximum(day, elapsed[here])), np.inf)
    return found


def _cumulative(rate: EventRate) -> tuple[Floats, Floats]:
    """Days and the expected number of events up to them."""
    days = np.array([0.0, *rate.days, 100 * YEAR])
    risk = np.cumsum([0.0, *(np.diff(days) / YEAR * np.array(rate.per_year))])
    return days, risk


def _event(
    model: SafetyModel, times: Timeline, slot: Slot, k: int, place: int, *, row: Integers, arm: Integers,
    onset: Integers, grade: Floats,
) -> Events:  # fmt: skip
    term = list(model.terms.values())[place]
    at = [times.draws.pairs(slot, row, np.full(len(row), k * _PLACES + j)) for j in (1, 2, 3)]
    edges = np.array([np.cumsum(term.grades[label])[:3] for label in times.arms])
    degree = 1 + (grade[:, None] > edges[arm]).sum(axis=1)
    length = np.exp(np.log(term.median_days) + model.duration_spread * ndtri(at[0][:, 0]))
    is_related = at[0][:, 1] < np.array([term.related[label] for label in times.arms])[arm]
    severe = degree > 2
    serious = at[1][:, 1] < np.array(model.serious)[degree - 1]
    return Events(
        row=row,
        term=np.full(len(row), place),
        onset=onset,
        end=onset + np.minimum(np.floor(length), 5000).astype(np.int64),
        grade=degree,
        related=_words(model, is_related, at[1][:, 0]),
        serious=serious,
        life_threatening=serious & (degree == 4) & (at[2][:, 0] < model.life_threatening),
        sequelae=severe & (at[2][:, 1] < model.sequelae),
        partial=~severe & ~serious & (at[2][:, 1] > 1 - model.partial_dates),
        action=np.zeros(len(row), dtype=np.int64),
    )


def _words(model: SafetyModel, related: Flags, uniform: Floats) -> Integers:
    """Choose the word for the relation: place among those for unrelated, then those for related."""
    no = chosen(uniform, partner(model.relation, UNRELATED))
    yes = chosen(uniform, partner(model.relation, RELATED)) + len(UNRELATED)
    return np.where(related, yes, no)


def _with_actions(model: SafetyModel, times: Timeline, events: Events, changes: pl.DataFrame) -> Events:
    """Put changes of the dose down to events; record one where there is none."""
    changes = changes.sort("TRIAL", "PATIENT", "DAY", "ACTION")
    row = times.rows_of(changes)
    day = changes["DAY"].to_numpy().astype(np.int64)
    action = np.array([ACTIONS.index(word) for word in changes["ACTION"].to_list()], dtype=np.int64)
    order = pl.DataFrame({"row": row, "day": day, "action": action, "change": np.arange(len(row))})
    known = pl.DataFrame({
        "row": events.row, "onset": events.onset, "end": events.end, "grade": events.grade,
        "event": np.arange(len(events)), "related": events.related >= len(UNRELATED), "partial": events.partial,
    })  # fmt: skip
    pairs = order.join(known, on="row").filter(
        (pl.col("onset") <= pl.col("day")) & (pl.col("end") >= pl.col("day") - model.actions.lookback_days)
        & ~pl.col("partial") & (pl.col("grade") > 1)
    )  # fmt: skip
    ranked = pairs.sort("change", "grade", "related", "onset", "event", descending=[False, True, True, True, False])
    best = ranked.unique("change", keep="first", maintain_order=True)
    strongest = best.sort("event", "action").unique("event", keep="last", maintain_order=True)
    new = np.zeros(len(events), dtype=np.int64)
    new[strongest["event"].to_numpy()] = strongest["action"].to_numpy()
    left = order.join(best.select("change"), on="change", how="anti", maintain_order="left")
    return replace(events, action=new).and_(_for_changes(model, times, left))


def _for_changes(model: SafetyModel, times: Timeline, changes: pl.DataFrame) -> Events:
    """Record an event for each change of the dose that nothing explains: it begins on the day of the change."""
    changes = changes.unique(["row", "day"], keep="last", maintain_order=True)
    row, day = changes["row"].to_numpy().astype(np.int64), changes["day"].to_numpy().astype(np.int64)
    limit = np.minimum(np.minimum(times.death, times.seen), times.closed)
    keep = (day <= limit[row]) & (times.first_dose[row] <= day)
    row, day = row[keep], day[keep]
    place = day - times.first_dose[row]
    slot = named_slot("safety", "event for a change of dose", 4096)
    a, b, c = (times.draws.pairs(slot, row, np.minimum(place, 1300) * 3 + j) for j in range(3))
    names = list(model.terms)
    term = np.array([names.index(name) for name in model.actions.terms])[
        chosen(a[:, 0], list(model.actions.terms.values()))
    ]
    grade = 1 + chosen(a[:, 1], model.actions.grades)
    medians = np.array([t.median_days for t in model.terms.values()])
    length = medians[term] * np.exp(model.duration_spread * ndtri(b[:, 0]))
    yes = np.ones(len(row), dtype=np.bool_)
    serious = c[:, 0] < np.array(model.serious)[grade - 1]
    return Events(
        row=row,
        term=term,
        onset=day,
        end=day + np.floor(length).astype(np.int64),
        grade=grade,
        related=_words(model, yes, b[:, 1]),
        serious=serious,
        life_threatening=serious & (grade == 4) & (c[:, 1] < model.life_threatening),
        sequelae=~yes,
        partial=~yes,
        action=changes["action"].to_numpy().astype(np.int64)[keep],
    )


def _deaths(model: SafetyModel, times: Timeline) -> Events:
    """Record the deaths that are adverse events."""
    fatal, follow = model.fatal, model.follow_days
    opened = times.open_first <= times.death
    on_open = opened & (times.death <= times.open_last + follow)
    on_first = (times.first_dose <= times.death) & (times.death <= times.last_dose + follow) & ~opened
    died = (times.death < NEVER) & (times.death <= times.closed)
    row = np.flatnonzero(died & (on_first | on_open))
    a = times.draws.pairs(named_slot("safety", "fatal event"), row, np.zeros(len(row), dtype=np.int64))
    b = times.draws.pairs(named_slot("safety", "fatal event"), row, np.ones(len(row), dtype=np.int64))
    c = times.draws.pairs(named_slot("safety", "fatal event"), row, np.full(len(row), 2))
    arm = np.where(on_open[row], times.open_arm, times.arm[row])
    share = np.array([fatal.share[label] for label in times.arms])[arm]
    caused = times.by_treatment[row]
    keep = caused | (a[:, 0] < share)
    row, a, b, c, caused = row[keep], a[keep], b[keep], c[keep], caused[keep]
    begin = np.where(on_open[row], times.open_first[row], times.first_dose[row])
    before = np.floor(fatal.median_days * np.exp(model.duration_spread * ndtri(b[:, 0]))).astype(np.int64)
    yes = np.ones(len(row), dtype=np.bool_)
    return Events(
        row=row,
        term=len(model.terms) + chosen(a[:, 1], list(fatal.terms.values())),
        onset=np.maximum(times.death[row] - before, begin),
        end=times.death[row],
        grade=np.full(len(row), 5),
        related=_words(model, caused | (b[:, 1] < fatal.related), c[:, 0]),
        serious=yes,
        life_threatening=~yes,
        sequelae=~yes,
        partial=~yes,
        action=np.full(len(row), ACTIONS.index("not applicable")),
    )


def _once(events: Events) -> Events:
    """Sort events; of two of a patient with the same term and onset keep the one that changed the dose."""
    order = np.lexsort((-events.action, events.term, events.onset, events.row))
    events = events.of(order)
    same = np.zeros(len(events), dtype=np.bool_)
    same[1:] = (np.diff(events.row) == 0) & (np.diff(events.onset) == 0) & (np.diff(events.term) == 0)
    return _apart(events.of(~same))


def _apart(events: Events) -> Events:
    """End an event on the day before the next one of its term begins: after crossover, or when a dose was changed."""
    order = np.lexsort((events.onset, events.term, events.row))
    row, term, onset = events.row[order], events.term[order], events.onset[order]
    following = np.full(len(order), NEVER)
    again = (np.diff(row) == 0) & (np.diff(term) == 0)
    following[:-1][again] = onset[1:][again]
    end = np.empty(len(order), dtype=np.int64)
    end[order] = np.where(following < NEVER, np.minimum(events.end[order], following - 1), events.end[order])
    return replace(events, end=end)


def _ended(times: Timeline, events: Events) -> Events:
    """Leave ends open that come after death, or after the last that is recorded of the patient."""
    limit = np.minimum(np.minimum(times.death, times.closed), times.seen + 30)[events.row]
    over = np.where(events.grade == 5, events.end <= times.closed[events.row], events.end < limit)
    return replace(events, end=np.where(over, events.end, NEVER))
