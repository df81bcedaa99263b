"""Follow-up of patients in rows (start, stop], cut at their switch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats.crossover.patients import two_arms
from equipoise.stats.validate import InputCheck

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["FollowUp", "read_follow_up"]


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowUp:
    """Rows sorted by patient and time."""

    subject: NDArray[np.int64]
    start: NDArray[np.float64]
    stop: NDArray[np.float64]
    event: NDArray[np.bool_]
    experimental: NDArray[np.bool_]
    switch: NDArray[np.float64]
    """Time of the switch of the row's patient, nan where there is none."""
    baseline: NDArray[np.float64]
    varying: NDArray[np.float64]
    at_risk: NDArray[np.bool_]
    """Whether a switch is possible in the row."""
    origin: NDArray[np.float64]
    """Time from which the clock of switching runs."""
    order: NDArray[np.int64]
    """Position of each row in the arguments."""
    subjects: tuple[Any, ...]

    def take(self, rows: NDArray[np.int64], subject: NDArray[np.int64] | None = None) -> FollowUp:
        """Take rows, with new numbers of patients where they are given."""
        return FollowUp(
            subject=self.subject[rows] if subject is None else subject,
            start=self.start[rows],
            stop=self.stop[rows],
            event=self.event[rows],
            experimental=self.experimental[rows],
            switch=self.switch[rows],
            baseline=self.baseline[rows],
            varying=self.varying[rows],
            at_risk=self.at_risk[rows],
            origin=self.origin[rows],
            order=self.order[rows],
            subjects=self.subjects,
        )

    def of_patients(self, patients: NDArray[np.int64]) -> FollowUp:
        """Take all rows of patients, who may be drawn several times and are then several patients."""
        first = np.searchsorted(self.subject, patients)
        after = np.searchsorted(self.subject, patients, side="right")
        rows = np.concatenate([np.arange(a, b) for a, b in zip(first, after, strict=True)])
        return self.take(rows, np.repeat(np.arange(patients.size), after - first))

    def arm_of_patients(self) -> NDArray[np.bool_]:
        """Whether each patient is in the experimental arm."""
        return self.experimental[np.searchsorted(self.subject, np.arange(len(self.subjects)))]


def read_follow_up(
    subject: ArrayLike,
    start: ArrayLike,
    stop: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    reference: object | None,
    switch_time: ArrayLike,
    baseline: object | None,
    varying: object | None,
    at_risk: ArrayLike | None,
    origin: ArrayLike | None = None,
) -> FollowUp:
    """Check the rows of a start-stop layout.

    Raises
    ------
    StatsError
        Lists everything that is wrong: rows that end before they start or overlap, a patient in two arms or with two
        switch times, an event before the last row.
    """
    check = InputCheck()
    stops = check.times("stop", stop)
    starts = check.times("start", start)
    events = check.events("event", event)
    labels = check.labels("subject", subject)
    experimental, _, _ = two_arms(check, group, reference)
    n = stops.size
    switch = _switch_times(check, switch_time, n)
    base = np.empty((n, 0)) if baseline is None else check.matrix("baseline", baseline)[0]
    vary = np.empty((n, 0)) if varying is None else check.matrix("varying", varying)[0]
    risk = np.ones(n, dtype=bool) if at_risk is None else check.events("at_risk", at_risk)
    clock = np.zeros(n) if origin is None else check.numbers("origin", origin)
    check.finish()
    order = np.lexsort((starts, labels.codes))
    rows = FollowUp(
        subject=labels.codes[order],
        start=starts[order],
        stop=stops[order],
        event=events[order],
        experimental=experimental[order],
        switch=switch[order],
        baseline=base[order],
        varying=vary[order],
        at_risk=risk[order],
        origin=clock[order],
        order=order,
        subjects=tuple(labels.levels),
    )
    _check_rows(check, rows)
    check.finish()
    return rows


def _switch_times(check: InputCheck, values: ArrayLike, n: int) -> NDArray[np.float64]:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        check.problem("switch_time", "expected numbers, missing where a patient never switched")
        return np.full(n, np.nan)
    if array.shape != (n,):
        check.problem("switch_time", f"expected {n} values, one a row, got shape {array.shape}")
        return np.full(n, np.nan)
    return array


def _check_rows(check: InputCheck, rows: FollowUp) -> None:
    """Note what cannot be the follow-up of patients; positions are those of the arguments."""

    def note(bad: NDArray[np.bool_], argument: str, values: NDArray[Any], message: str) -> None:
        places = np.flatnonzero(bad)
        if places.size:
            at = int(places[0])
            who = rows.subjects[rows.subject[at]]
            check.problem(
                argument,
                f"{message} (subject {who})",
                position=int(rows.order[at]),
                value=values[at].item(),
                count=places.size,
            )

    same = np.append(False, rows.subject[1:] == rows.subject[:-1])
    earlier = np.roll(np.arange(same.size), 1)
    note(rows.stop <= rows.start, "stop", rows.stop, "expected a time after the start of the row")
    note(same & (rows.start < rows.stop[earlier]), "start", rows.start, "overlaps the row before it")
    note(same & (rows.experimental != rows.experimental[earlier]), "group", rows.experimental, "a second arm")
    differs = ~((rows.switch == rows.switch[earlier]) | (np.isnan(rows.switch) & np.isnan(rows.switch[earlier])))
    note(same & differs, "switch_time", rows.switch, "a second switch time")
    note(same & rows.event[earlier], "event", rows.event[earlier], "an event before the last row")
