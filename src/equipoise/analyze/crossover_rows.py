"""Follow-up of patients in rows (start, stop], with what was known at the start of each."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from equipoise.analyze.crossover_patients import CrossoverPatients, Floats

__all__ = ["FollowUpRows", "follow_up_rows", "values_at"]

_SHORTEST = 0.5
"""Days observed by someone who died or was lost on the day of randomization, counted as day 0."""


@dataclass(frozen=True, kw_only=True)
class FollowUpRows:
    """Rows of all patients; ``patient`` is their place."""

    patient: npt.NDArray[np.int64]
    start: Floats
    stop: Floats
    event: npt.NDArray[np.bool_]
    progressed: npt.NDArray[np.bool_]
    """Whether progression was known at the start."""
    varying: Floats
    """Days to progression, or progression where crossover does not wait for it, and the measurements."""


def follow_up_rows(patients: CrossoverPatients, *, interval: int | None = None) -> FollowUpRows:
    """Cut follow-up at progression, switch and changes of measurements; after progression also every ``interval`` days.

    Before its first value a measurement has the mean of all patients' values.
    """
    place: list[int] = []
    edges: list[tuple[float, float]] = []
    last: list[bool] = []
    for i, end in enumerate(np.maximum(patients.time, _SHORTEST)):
        cuts = [patients.progression[i], patients.switch[i]]
        cuts += [float(day) for series in patients.varying for day in series[i][0]]
        if interval is not None and not np.isnan(patients.progression[i]):
            until = end if np.isnan(patients.switch[i]) else patients.switch[i]
            cuts += list(np.arange(patients.progression[i] + interval, until, interval))
        inside = sorted({float(cut) for cut in cuts if 0.0 < cut < end})
        pieces = list(pairwise([0.0, *inside, float(end)]))
        place += [i] * len(pieces)
        edges += pieces
        last += [False] * (len(pieces) - 1) + [True]
    who = np.array(place, dtype=np.int64)
    start, stop = (np.array(column, dtype=np.float64) for column in zip(*edges, strict=True))
    progressed = patients.progression[who] <= start
    known = np.where(progressed, patients.progression[who], 0.0) if patients.gate else progressed.astype(np.float64)
    columns = [known / max(float(known.max(initial=0.0)), 1.0)]
    columns += [_in_force(series, who, start) for series in patients.varying]
    return FollowUpRows(
        patient=who,
        start=start,
        stop=stop,
        event=np.array(last) & patients.event[who],
        progressed=progressed,
        varying=np.column_stack(columns),
    )


def values_at(patients: CrossoverPatients, times: Floats) -> Floats:
    """Measurements in force at a time of each patient, one column each."""
    place = np.arange(times.size)
    columns = [_in_force(series, place, times) for series in patients.varying]
    return np.column_stack(columns) if columns else np.empty((times.size, 0))


def _in_force(series: tuple[tuple[Floats, Floats], ...], who: npt.NDArray[np.int64], times: Floats) -> Floats:
    """Last value on or before each time, in units of the spread of all values."""
    pooled = np.concatenate([values for _, values in series])
    mean, spread = float(np.mean(pooled)), float(np.std(pooled))
    found = np.empty(times.size)
    for k, (i, time) in enumerate(zip(who, times, strict=True)):
        days, values = series[i]
        at = int(np.searchsorted(days, time, side="right")) - 1 if not np.isnan(time) else -1
        found[k] = values[at] if at >= 0 else mean
    return (found - mean) / (spread or 1.0)
