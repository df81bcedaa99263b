"""Patients as they come in, fail and drop out: expected events of two arms by calendar time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats.errors import StatsError
from equipoise.stats.roots import bracketed_root
from equipoise.stats.sample_size.hazards import Accrual, PiecewiseHazard, events_by, patients_by

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _Intervals = tuple[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]], ...]

__all__ = ["FOREVER", "NO_DROPOUT", "Stratum", "SurvivalPlan"]

NO_DROPOUT = PiecewiseHazard((0.0,))
FOREVER = 1e7
"""A time after which no event is expected, for the largest number that can be reached."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """A share of the patients with a hazard of its own under control."""

    share: float
    control: PiecewiseHazard


@dataclass(frozen=True, kw_only=True, slots=True)
class SurvivalPlan:
    """Patients as they come in, fail and drop out in two arms: expected numbers by calendar time.

    Parameters
    ----------
    accrual
        How patients come in.
    strata
        Shares (adding up to 1) with the hazard under control.
    hazard_ratio
        Experimental over control: a number, or a `PiecewiseHazard` of ratios for an effect that changes with time.
    ratio
        Patients in the experimental arm for one in the control arm.
    dropout, dropout_control
        Hazards of dropping out, the second for the control arm where it differs.
    """

    accrual: Accrual
    strata: tuple[Stratum, ...]
    hazard_ratio: PiecewiseHazard
    ratio: float = 1.0
    dropout: PiecewiseHazard = NO_DROPOUT
    dropout_control: PiecewiseHazard | None = None

    def arms(self, time: float, *, null: float | None = None) -> tuple[float, float]:
        """Expected events by a time in the experimental and the control arm.

        With `null` the hazards are those of the null hypothesis with this ratio and the same average hazard.
        """
        pairs = self._by_interval(time, null)
        return float(sum(e.sum() for _, e, _ in pairs)), float(sum(c.sum() for _, _, c in pairs))

    def events(self, time: float) -> float:
        """Expected events by a time in both arms."""
        return sum(self.arms(time))

    def patients(self, time: float) -> float:
        """Patients who came in by a time."""
        return float(patients_by(self.accrual, time))

    def average_hazard_ratio(self, time: float) -> float:
        """Geometric mean of the hazard ratio over the events expected by a time."""
        total, weighted = 0.0, 0.0
        for starts, experimental, control in self._by_interval(time, None):
            both = experimental + control
            total += float(both.sum())
            weighted += float((both * np.log(self.hazard_ratio.at(starts))).sum())
        return math.exp(weighted / total) if total > 0.0 else float(self.hazard_ratio.rates[0])

    def largest(self) -> float:
        """Events reached when everybody is followed for ever."""
        return self.events(FOREVER)

    def time_of(self, events: float) -> float:
        """Calendar time at which this many events are expected.

        Raises
        ------
        StatsError
            More events than patients can give; says the largest number.
        """
        most = self.largest()
        if not 0.0 < events < most:
            raise StatsError(
                f"{events:.6g} events cannot be reached: {self.accrual.n:.6g} patients give at most {most:.6g}, "
                "however long they are followed; plan more patients or fewer events"
            )
        high = self.accrual.duration
        while self.events(high) < events:
            high *= 2.0
        return bracketed_root(lambda t: self.events(t) - events, 0.0, high)

    def _by_interval(self, time: float, null: float | None) -> _Intervals:
        return _intervals(self, time, null)


@lru_cache(maxsize=256)
def _intervals(plan: SurvivalPlan, time: float, null: float | None) -> _Intervals:
    """Starts of the stretches of follow-up with constant hazards, and the events of both arms in each, by stratum."""
    share = plan.ratio / (1.0 + plan.ratio)
    left = plan.dropout_control or plan.dropout
    found = []
    for stratum in plan.strata:
        experimental, control = _hazards(stratum.control, plan.hazard_ratio, plan.ratio, (plan.dropout, left), null)
        starts, first = events_by(time, plan.accrual, experimental, plan.dropout)
        _, second = events_by(time, plan.accrual, control, left)
        found.append((starts, first * stratum.share * share, second * stratum.share * (1.0 - share)))
    return tuple(found)


@lru_cache(maxsize=64)
def _hazards(
    control: PiecewiseHazard,
    ratios: PiecewiseHazard,
    ratio: float,
    dropout: tuple[PiecewiseHazard, PiecewiseHazard],
    null: float | None,
) -> tuple[PiecewiseHazard, PiecewiseHazard]:
    """Hazards of both arms, with changes wherever one of them or a dropout changes."""
    cuts = tuple(sorted({*control.cuts, *ratios.cuts, *dropout[0].cuts, *dropout[1].cuts}))
    grid = PiecewiseHazard((1.0,) * (len(cuts) + 1), cuts)
    if null is not None:
        mean = PiecewiseHazard(tuple((1.0 + r * ratio) / (1.0 + null * ratio) for r in ratios.rates), ratios.cuts)
        control, ratios = control.times(mean), PiecewiseHazard((null,))
    return control.times(ratios).times(grid), control.times(grid)
