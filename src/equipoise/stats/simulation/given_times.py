"""The looks of a trial whose event times are given: by the very loops that test simulated trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats._kernels.simulated_looks import look_times, sorting_room, sums_of_looks
from equipoise.stats._kernels.simulation import NEVER, Patients
from equipoise.stats.errors import InputProblem, StatsError
from equipoise.stats.simulation.model import Look, look_arrays, look_problems
from equipoise.stats.simulation.simulate import SimulatedTrials, trials_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["trial_from_times"]


def trial_from_times(
    event_time: ArrayLike,
    arm: ArrayLike,
    *,
    dropout_time: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    entry: ArrayLike | None = None,
    known: ArrayLike | None = None,
    looks: tuple[Look, ...] | None = None,
    experimental: int = 1,
    control: int = 0,
) -> SimulatedTrials:
    """Test one trial whose times are given, at its looks, as the simulator tests the trials that it draws.

    Data of a trial that was rehearsed or really run go in here: an observed event has its time in `event_time` and
    infinity in `dropout_time`, a censored patient the reverse. `z` is then that of `logrank_test`.

    Parameters
    ----------
    event_time
        (n,) time from entry to the event; infinite where there is none.
    arm
        (n,) arm of each patient; others than the two compared stay out.
    dropout_time
        (n,) time from entry to dropout or censoring; infinite where there is none, for all unless given.
    stratum
        (n,) whole numbers; one stratum unless given.
    entry
        (n,) calendar time of entry; 0 for all unless given.
    known
        (n,) calendar time at which an event is known; at once unless given.
    looks
        Looks in order; one, when everything is known, unless given.
    experimental, control
        Arms compared.

    Returns
    -------
    SimulatedTrials
        One trial: arrays of shape (1, looks). z below 0 is in favor of the experimental arm.

    Raises
    ------
    StatsError
        Lists everything that is wrong: arrays of different length, times below 0 or missing, looks that do not rise.

    Examples
    --------
    >>> inf = float("inf")
    >>> found = trial_from_times([1, 2, 3, 4, 5, inf], [0, 0, 1, 0, 1, 1], dropout_time=[inf] * 5 + [6])
    >>> round(float(found.z[0, 0]), 4)
    -1.599
    """
    problems: list[InputProblem] = []
    events = _times("event_time", event_time, problems)
    n = events.size
    dropouts = np.full(n, np.inf) if dropout_time is None else _times("dropout_time", dropout_time, problems, n)
    entries = np.zeros(n) if entry is None else _times("entry", entry, problems, n, finite=True)
    arms = _codes("arm", arm, problems, n)
    strata = np.zeros(n, np.int64) if stratum is None else _codes("stratum", stratum, problems, n)
    delays = None if known is None else _times("known", known, problems, n)
    if looks is not None:
        problems += look_problems(looks, n)
    if problems:
        raise StatsError(problems)
    seen = (events <= dropouts) & np.isfinite(events)
    told = entries + np.where(seen, events, 0.0)
    if delays is not None:
        told = np.maximum(told, delays)
    told = np.where(seen & np.isfinite(told), told, NEVER)
    order = np.argsort(entries, kind="stable")
    codes = np.unique(strata, return_inverse=True)[1]
    side = np.where(arms == experimental, 1, np.where(arms == control, 0, -1))
    cell = np.where(side < 0, -1, 2 * codes + side)[order].astype(np.int64)
    patients = Patients(
        entry=entries[order],
        arm=arms[order],
        stratum=strata[order],
        event=np.minimum(events, NEVER)[order],
        dropout=np.minimum(dropouts, NEVER)[order],
        crossover=np.full(n, NEVER),
        known=told[order],
    )
    return _tested(patients, cell, looks)


def _tested(patients: Patients, cell: NDArray[np.int64], looks: tuple[Look, ...] | None) -> SimulatedTrials:
    """Run the loops on one trial."""
    ends = np.concatenate([patients.known, patients.entry + np.minimum(patients.event, patients.dropout)])
    end = 1.0 + float(ends[ends < NEVER].max(initial=float(patients.entry.max())))
    kind, at = look_arrays((Look(time=end),) if looks is None else looks)
    room = sorting_room(cell.size)
    cuts = np.empty(at.size)
    look_times(kind, at, end, patients.known, cell, room, cuts)
    sums, facts = np.empty((1, at.size, 6)), np.empty((1, at.size, 3))
    sums_of_looks(cuts, patients, cell, room, np.empty(2 * (cell.max() // 2 + 1)), sums[0], facts[0])
    return trials_of(sums, facts, seed=0, scenario=0, first=0)


def _times(
    name: str, values: ArrayLike, problems: list[InputProblem], n: int | None = None, *, finite: bool = False
) -> NDArray[np.float64]:
    """Read times; note what is wrong and give zeros instead."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or not array.size or (n is not None and array.size != n):
        expected = "a sequence of numbers" if n is None else f"{n} numbers, one a patient"
        problems.append(InputProblem(argument=name, message=f"expected {expected}, got shape {array.shape}"))
        return np.zeros(n or 1)
    bad = np.flatnonzero(~(np.isfinite(array) if finite else array >= 0.0))
    if bad.size:
        at = int(bad[0])
        message = "expected a number" if finite else "expected a time of 0 or more, or infinity"
        problems.append(InputProblem(argument=name, message=message, position=at, value=float(array[at])))
    return array


def _codes(name: str, values: ArrayLike, problems: list[InputProblem], n: int) -> NDArray[np.int64]:
    """Read whole numbers, one a patient."""
    array = np.asarray(values)
    if array.shape != (n,) or array.dtype.kind not in "biu":
        message = f"expected {n} whole numbers, one a patient, got {array.dtype} of shape {array.shape}"
        problems.append(InputProblem(argument=name, message=message))
        return np.zeros(n, np.int64)
    return array.astype(np.int64)
