"""The arguments that every survival method shares, read and checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from equipoise.stats._kernels.inputs import scan_numbers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from equipoise.stats.validate import InputCheck

WeightType = Literal["frequency", "sampling"]

NO_WEIGHTS: NDArray[np.float64] = np.empty(0)
NO_LABELS: NDArray[np.int64] = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Checked times, events and what goes with them; `weights` is `NO_WEIGHTS` and `cluster` None where not given."""

    time: NDArray[np.float64]
    event: NDArray[np.bool_]
    entry: NDArray[np.float64] | None
    weights: NDArray[np.float64]
    weight_type: str
    cluster: NDArray[np.int64] | None

    @property
    def robust(self) -> bool:
        """Tell whether the variance must allow for sampling weights or clusters."""
        return self.cluster is not None or self.weight_type == "sampling"

    def cluster_codes(self) -> NDArray[np.int64]:
        """Number the clusters from 0, each row its own where none are given."""
        if self.cluster is None:
            return np.arange(self.time.size)
        return np.unique(self.cluster, return_inverse=True)[1].astype(np.int64)

    def rows(self, mask: NDArray[np.bool_]) -> Sample:
        """Take some of the rows."""
        return Sample(
            self.time[mask],
            self.event[mask],
            None if self.entry is None else self.entry[mask],
            self.weights if self.weights is NO_WEIGHTS else self.weights[mask],
            self.weight_type,
            None if self.cluster is None else self.cluster[mask],
        )

    def kept(self, check: InputCheck) -> Sample:
        """Leave out the rows that `check` dropped."""
        if not check.dropped:
            return self
        time, event = check.keep(self.time, self.event)
        return Sample(
            time,
            event,
            None if self.entry is None else check.keep(self.entry)[0],
            self.weights if self.weights is NO_WEIGHTS else check.keep(self.weights)[0],
            self.weight_type,
            None if self.cluster is None else check.keep(self.cluster)[0],
        )


def read_sample(
    check: InputCheck,
    time: ArrayLike,
    event: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    weight_type: str | None = None,
    cluster: ArrayLike | None = None,
) -> Sample:
    """Read the shared arguments; what is wrong with them is noted in `check`."""
    times = check.times("time", time)
    events = check.events("event", event)
    entries = None if entry is None else check.times("entry", entry)
    numbers, kind = NO_WEIGHTS, ""
    if weights is not None:
        numbers = check.weights("weights", weights)
        kind = _weight_type(check, numbers, weight_type)
    elif weight_type is not None:
        check.problem("weight_type", "is given without weights")
    groups = None if cluster is None else check.labels("cluster", cluster).codes
    return Sample(times, events, entries, numbers, kind, groups)


def _weight_type(check: InputCheck, weights: NDArray[np.float64], weight_type: str | None) -> str:
    if weights.size == 0:
        return ""
    whole = scan_numbers(weights).whole
    if weight_type is None:
        return "frequency" if whole else "sampling"
    check.choice("weight_type", weight_type, ("frequency", "sampling"))
    if weight_type == "frequency" and not whole:
        at = int(np.flatnonzero(weights != np.floor(weights))[0])
        check.problem("weights", "frequency weights must be whole numbers", position=at, value=weights[at])
    return weight_type
