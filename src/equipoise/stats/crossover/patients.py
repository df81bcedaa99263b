"""Patients of a trial with crossover: the arguments that the methods share, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats.errors import StatsError
from equipoise.stats.validate import InputCheck

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Patients", "optional_times", "read_patients", "two_arms"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Patients:
    """One row a patient."""

    time: NDArray[np.float64]
    event: NDArray[np.bool_]
    experimental: NDArray[np.bool_]
    share: NDArray[np.float64]
    """Share of the time spent on the experimental treatment."""
    switched: NDArray[np.bool_]
    """Whether a patient took the other arm's treatment at some time."""
    limit: NDArray[np.float64] | None
    """Potential censoring time; None where nothing is recensored."""

    def take(self, rows: NDArray[np.int64]) -> Patients:
        """Take rows, with repeats: a bootstrap sample."""
        return Patients(
            time=self.time[rows],
            event=self.event[rows],
            experimental=self.experimental[rows],
            share=self.share[rows],
            switched=self.switched[rows],
            limit=None if self.limit is None else self.limit[rows],
        )


def two_arms(check: InputCheck, group: ArrayLike, reference: object | None) -> tuple[NDArray[np.bool_], object, object]:
    """Read the arm of each row: whether experimental, the reference label, the experimental label."""
    labels = check.labels("group", group)
    levels = list(labels.levels)
    if len(levels) != 2:
        check.problem("group", f"expected two arms, got {len(levels)}: {', '.join(map(str, levels))}")
        return np.zeros(labels.codes.size, dtype=bool), None, None
    first = levels[0] if reference is None else reference
    if first not in levels:
        check.problem("reference", f"{first!r} is not an arm; the arms are {', '.join(map(str, levels))}")
        first = levels[0]
    at = levels.index(first)
    return labels.codes != at, levels[at], levels[1 - at]


def optional_times(check: InputCheck, name: str, values: ArrayLike | None, n: int) -> NDArray[np.float64]:
    """Read times that may be missing (never): NaN where there is none."""
    if values is None:
        return np.full(n, np.nan)
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        check.problem(name, "expected numbers, missing where there is none")
        return np.full(n, np.nan)
    if array.shape != (n,):
        check.problem(name, f"expected {n} values, got shape {array.shape}")
        return np.full(n, np.nan)
    bad = np.flatnonzero(np.isinf(array) | (array < 0.0))
    if bad.size:
        message = "expected a time of 0 or more, missing where there is none"
        check.problem(name, message, position=int(bad[0]), value=float(array[bad[0]]), count=bad.size)
    return array


def read_patients(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    reference: object | None,
    switch_time: ArrayLike | None,
    exposure: ArrayLike | None,
    censor_time: ArrayLike | None,
    recensor: bool,
) -> Patients:
    """Check the arguments; see `rpsftm` for their meaning.

    Raises
    ------
    StatsError
        Lists everything that is wrong.
    """
    check = InputCheck()
    times = check.times("time", time)
    events = check.events("event", event)
    experimental, _, _ = two_arms(check, group, reference)
    n = times.size
    if (switch_time is None) == (exposure is None):
        check.problem("switch_time", "give the time of the switch or the exposure, one of the two")
    if recensor and censor_time is None:
        check.problem(
            "censor_time",
            "recensoring needs the potential censoring time of every patient, those with an event too: the data "
            "cut-off minus the date of randomization; or set recensor=False and say so",
        )
    check.finish()
    if exposure is not None:
        share = check.numbers("exposure", exposure)
        bad = np.flatnonzero((share < 0.0) | (share > 1.0))
        if bad.size:
            message = "expected a share from 0 to 1 of the time on the experimental treatment"
            check.problem("exposure", message, position=int(bad[0]), value=float(share[bad[0]]), count=bad.size)
    else:
        share = _shares(check, optional_times(check, "switch_time", switch_time, n), times, experimental)
    limit = None
    if recensor:
        limit = check.numbers("censor_time", censor_time)
        late = np.flatnonzero(times > limit * (1.0 + 1e-12)) if limit.size == n else np.zeros(0, dtype=np.int64)
        if late.size:
            message = f"lies before the time of that patient, {float(times[late[0]])!r}"
            value = float(limit[late[0]])
            check.problem("censor_time", message, position=int(late[0]), value=value, count=late.size)
    check.finish()
    switched = np.where(experimental, share < 1.0, share > 0.0)
    if not switched.any():
        raise StatsError("nobody switched: the intention-to-treat analysis needs no adjustment")
    return Patients(
        time=times,
        event=events,
        experimental=experimental,
        share=share,
        switched=switched,
        limit=limit,
    )


def _shares(
    check: InputCheck, switch: NDArray[np.float64], time: NDArray[np.float64], experimental: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Treatment-group logic: from the switch on a patient counts as on the other arm's treatment."""
    late = np.flatnonzero(switch > time)
    if late.size:
        message = f"lies after the end of observation of that patient, {float(time[late[0]])!r}"
        check.problem("switch_time", message, position=int(late[0]), value=float(switch[late[0]]), count=late.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        before = np.where(np.isnan(switch) | (time == 0.0), 1.0, switch / np.where(time > 0.0, time, 1.0))
    return np.where(experimental, before, 1.0 - before)
