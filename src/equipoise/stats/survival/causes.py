"""Times with a cause: who is censored, who had which event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats.survival.sample import NO_WEIGHTS, Sample

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from equipoise.stats.validate import InputCheck


@dataclass(frozen=True, slots=True, eq=False)
class CauseSample:
    """Checked times and causes: `cause` is 0 where a row is censored, else 1 + the index among `causes`."""

    time: NDArray[np.float64]
    entry: NDArray[np.float64] | None
    cause: NDArray[np.int64]
    causes: tuple[Any, ...]

    def rows(self, mask: NDArray[np.bool_]) -> CauseSample:
        """Take some of the rows; the causes stay."""
        entry = None if self.entry is None else self.entry[mask]
        return CauseSample(self.time[mask], entry, self.cause[mask], self.causes)

    def kept(self, check: InputCheck) -> CauseSample:
        """Leave out the rows that `check` dropped."""
        mask = np.zeros(self.time.size, np.bool_)
        mask[check.kept_rows()] = True
        return self.rows(mask) if check.dropped else self

    def as_events(self, cause: int | None = None) -> Sample:
        """Give the rows with one cause (1, 2, ...), or any, as the event."""
        event = self.cause > 0 if cause is None else self.cause == cause
        return Sample(self.time, event, self.entry, NO_WEIGHTS, "", None)


def read_causes(
    check: InputCheck, time: ArrayLike, cause: ArrayLike, *, censored: object = 0, entry: ArrayLike | None = None
) -> CauseSample:
    """Read times and causes; what is wrong with them is noted in `check`."""
    times = check.times("time", time)
    labels = check.labels("cause", cause)
    entries = None if entry is None else check.times("entry", entry)
    causes = tuple(level for level in labels.levels if level != censored)
    if causes and all(isinstance(level, str) for level in labels.levels) and not isinstance(censored, str):
        known = ", ".join(map(repr, labels.levels))
        check.problem(
            "censored", f"labels are text ({known}): say which of them marks a censored row, got {censored!r}"
        )
    if labels.levels and not causes:
        check.problem("cause", f"no events: every row has the label {censored!r} of censored rows")
    rank = np.zeros(len(labels.levels) + 1, np.int64)
    for i, level in enumerate(labels.levels):
        rank[i] = 0 if level == censored else 1 + causes.index(level)
    return CauseSample(times, entries, rank[labels.codes], causes)


def cause_index(check: InputCheck, sample: CauseSample, cause: object) -> int:
    """Give the number of a cause from 1 on; a label that no row has is noted in `check`."""
    if cause in sample.causes:
        return sample.causes.index(cause) + 1
    known = ", ".join(map(repr, sample.causes))
    check.problem("cause_of_interest", f"{cause!r} is not among the causes; they are {known}")
    return 1
