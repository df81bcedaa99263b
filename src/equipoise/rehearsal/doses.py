"""The dose log: periods at one dose, with reductions and interruptions for adverse events."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equipoise.protocol import Protocol
from equipoise.rehearsal.course import in_days, span_of
from equipoise.rehearsal.model.course import Treatment
from equipoise.rehearsal.streams import Draws, Slot
from equipoise.rehearsal.tumors import FAR

__all__ = ["BLINDED", "OPEN", "Periods", "dose_periods"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Words = NDArray[np.object_]

MOST_PAUSES, MOST_REDUCTIONS = 8, 4
FIRST_ENTRY = 21
"""Days after the first dose at which the second entry of the log begins at the latest."""
_LEAST_DAYS = 7
"""Days at the full dose before the first change, and between two interruptions."""
_WHY = "adverse event"


@dataclass(frozen=True, slots=True)
class _Slots:
    pauses: Slot
    lengths: Slot
    reductions: Slot


BLINDED = _Slots(
    Slot("disease", 720, MOST_PAUSES), Slot("disease", 730, MOST_PAUSES), Slot("disease", 740, MOST_REDUCTIONS)
)
OPEN = _Slots(
    Slot("disease", 760, MOST_PAUSES), Slot("disease", 770, MOST_PAUSES), Slot("disease", 780, MOST_REDUCTIONS)
)


@dataclass(frozen=True, slots=True, eq=False)
class Periods:
    """Periods of the dose log, in order for each patient."""

    row: Integers
    start: Integers
    end: Integers
    amount: Words
    """As text; 0 for an interruption."""
    why: Words
    """Why the dose was changed; none without a change."""


def dose_periods(
    protocol: Protocol, given: Treatment, arms: Words, span: tuple[Integers, Integers], *, draws: Draws, slots: _Slots
) -> Periods:
    """Divide treatment into periods at one dose.

    Parameters
    ----------
    protocol
        Dose levels of the arms.
    given
        Reductions and interruptions a month, and how long these last.
    arms
        Arm whose treatment each patient gets.
    span
        First and last day of treatment; `FAR` as the first day for none.
    draws
        Random numbers of the patients.
    slots
        Where they are taken from: `BLINDED` or `OPEN`.
    """
    start, end = span
    begins, stops = _pauses(given, arms, start, draws, slots)
    given_levels = [arm.dose_levels for arm in protocol.arms.values() if arm.dose_levels]
    others = given_levels[0] if given_levels else (1,)  # a placebo without levels of its own looks like the drug
    levels = {name: [f"{level:g}" for level in arm.dose_levels or others] for name, arm in protocol.arms.items()}
    most = np.array([len(levels[arm]) - 1 for arm in arms], dtype=np.int64)
    rate = np.array([given.reduced.get(arm, 0.0) for arm in arms])
    lower = start[:, None] + _LEAST_DAYS + _waits(draws.exponential(slots.reductions), rate)
    lower = np.where(np.arange(MOST_REDUCTIONS)[None, :] < most[:, None], lower, FAR)
    edges = np.concatenate([start[:, None], (start + FIRST_ENTRY)[:, None], begins, stops, lower], axis=1)
    edges = np.sort(np.where(edges <= end[:, None], edges, FAR), axis=1)
    first = edges < FAR
    first[:, 1:] &= edges[:, 1:] > edges[:, :-1]
    row, column = np.nonzero(first & (start < FAR)[:, None])
    begin = edges[row, column]
    last = np.append(row[1:] != row[:-1], True)[: len(row)]
    finish = np.where(last, end[row], np.append(begin[1:], 0)[: len(begin)] - 1)
    paused = ((begins[row] <= begin[:, None]) & (begin[:, None] < stops[row])).any(axis=1)
    level = (lower[row] <= begin[:, None]).sum(axis=1)
    names = list(levels)
    width = max(len(each) for each in levels.values())
    table = np.array([levels[name] + [levels[name][-1]] * (width - len(levels[name])) for name in names], dtype=object)
    amount = table[np.array([names.index(arm) for arm in arms], dtype=np.int64)[row], level]
    changed = paused | (lower[row] == begin[:, None]).any(axis=1)
    why = np.full(len(row), None, dtype=object)
    why[changed] = _WHY
    return Periods(row, begin, finish, np.where(paused, "0", amount).astype(object), why)


def _waits(needed: Floats, rate: Floats) -> Integers:
    """Days of events with a rate a month; `FAR` where there are none."""
    return in_days(np.cumsum(needed, axis=1) / np.maximum(rate, 1e-12)[:, None])


def _pauses(given: Treatment, arms: Words, start: Integers, draws: Draws, slots: _Slots) -> tuple[Integers, Integers]:
    """First days of interruptions, and the days after them; they do not overlap."""
    rate = np.array([given.paused.get(arm, 0.0) for arm in arms])
    length = np.maximum(span_of(given.pause, draws.uniform(slots.lengths)), 1)
    begins = start[:, None] + _LEAST_DAYS + _waits(draws.exponential(slots.pauses), rate)
    for place in range(1, MOST_PAUSES):
        begins[:, place] = np.maximum(begins[:, place], begins[:, place - 1] + length[:, place - 1] + _LEAST_DAYS)
    begins = np.minimum(begins, FAR)
    return begins, np.minimum(begins + length, FAR + 1)
