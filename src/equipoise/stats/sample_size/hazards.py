"""Piecewise constant hazards and accrual, and the events they give by a calendar time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats.errors import InputProblem, StatsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Accrual", "PiecewiseHazard", "events_by", "patients_by"]


def _pieces(name: str, values: Sequence[float], cuts: Sequence[float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Check rates and the times at which they change."""
    rates, times = tuple(float(v) for v in values), tuple(float(c) for c in cuts)
    problems = []
    if not rates or not all(math.isfinite(v) and v >= 0.0 for v in rates):
        problems.append(InputProblem(argument=name, message=f"expected rates of 0 or more, got {rates!r}"))
    if len(times) != max(len(rates) - 1, 0):
        message = f"expected {max(len(rates) - 1, 0)} times at which {len(rates)} rates change, got {len(times)}"
        problems.append(InputProblem(argument="cuts", message=message))
    if not all(math.isfinite(c) for c in times) or (np.diff((0.0, *times)) <= 0.0).any():
        problems.append(InputProblem(argument="cuts", message=f"expected rising times above 0, got {times!r}"))
    if problems:
        raise StatsError(problems)
    return rates, times


@dataclass(frozen=True, slots=True)
class PiecewiseHazard:
    """A hazard that is constant between cuts.

    Parameters
    ----------
    rates
        Hazards per unit of time.
    cuts
        Times at which the hazard changes, one fewer than rates.

    Raises
    ------
    StatsError
        Negative rates, cuts that do not rise, or not one cut fewer than rates.
    """

    rates: tuple[float, ...]
    cuts: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        rates, cuts = _pieces("rates", self.rates, self.cuts)
        object.__setattr__(self, "rates", rates)
        object.__setattr__(self, "cuts", cuts)

    @classmethod
    def from_median(cls, median: float) -> PiecewiseHazard:
        """Exponential distribution with this median."""
        return cls.from_survival(0.5, median)

    @classmethod
    def from_survival(cls, probability: float, time: float) -> PiecewiseHazard:
        """Exponential distribution with this probability of no event at a time.

        Raises
        ------
        StatsError
            A probability outside (0, 1] or a time that is not positive.
        """
        if not (0.0 < probability <= 1.0 and 0.0 < time < math.inf):
            raise StatsError(
                f"expected a probability above 0, at most 1, and a time above 0, got {probability!r} at {time!r}"
            )
        return cls((-math.log(probability) / time,))

    def times(self, factors: PiecewiseHazard) -> PiecewiseHazard:
        """Multiply by factors that may change at other times: hazard ratios."""
        cuts = tuple(sorted({*self.cuts, *factors.cuts}))
        starts = np.array([0.0, *cuts])
        return PiecewiseHazard(tuple(self.at(starts) * factors.at(starts)), cuts)

    def at(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Hazard from each time on."""
        return np.array(self.rates)[np.searchsorted(np.array(self.cuts), times, side="right")]

    def cumulative(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Cumulative hazard at the times."""
        starts = np.array([0.0, *self.cuts])
        lengths = np.clip(np.asarray(times)[..., None] - starts, 0.0, np.diff([*starts, np.inf]))
        total: NDArray[np.float64] = (lengths * np.array(self.rates)).sum(axis=-1)
        return total


@dataclass(frozen=True, slots=True)
class Accrual:
    """How patients come in: rates per unit of time, constant between cuts, until `duration`.

    Rates are patients per unit of time; where a number of patients is solved for, only their ratios count.

    Raises
    ------
    StatsError
        Negative rates, cuts that do not rise up to the duration, a duration that is not positive.
    """

    duration: float
    rates: tuple[float, ...] = (1.0,)
    cuts: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        rates, cuts = _pieces("rates", self.rates, self.cuts)
        if not (math.isfinite(self.duration) and self.duration > (cuts[-1] if cuts else 0.0)):
            raise StatsError(f"duration: expected a time above 0 and the cuts {cuts!r}, got {self.duration!r}")
        if not any(rates):
            raise StatsError("rates: nobody comes in: every rate is 0")
        object.__setattr__(self, "rates", rates)
        object.__setattr__(self, "cuts", cuts)

    @property
    def n(self) -> float:
        """Patients at the end of accrual at these rates."""
        return float(patients_by(self, np.array(self.duration)))

    def scaled(self, n: float) -> Accrual:
        """Return the same pattern with n patients in all."""
        factor = n / self.n
        return Accrual(self.duration, tuple(rate * factor for rate in self.rates), self.cuts)

    def lasting(self, duration: float) -> Accrual:
        """Return the same rates for another duration; the last rate goes on."""
        keep = sum(cut < duration for cut in self.cuts)
        return Accrual(duration, self.rates[: keep + 1], self.cuts[:keep])


def patients_by(accrual: Accrual, time: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Patients who came in by the calendar times."""
    return PiecewiseHazard(accrual.rates, accrual.cuts).cumulative(np.minimum(np.asarray(time), accrual.duration))


def events_by(
    time: float, accrual: Accrual, hazard: PiecewiseHazard, dropout: PiecewiseHazard
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Expected events by a calendar time, in each stretch of follow-up with constant hazards.

    Returns
    -------
    starts, events
        Beginnings of the stretches of follow-up, and the events in each.

    Notes
    -----
    With event hazard a and dropout hazard b in a stretch beginning at c, a patient who is still there has an event in
    it within h with probability a/(a+b) (1 - exp(-(a+b)h)); the integral over entry times is closed.
    """
    starts, lengths, rate, total, there = _stretches(hazard, dropout)
    edges = np.append(0.0, np.array(accrual.cuts, dtype=float))
    edges = np.append(np.minimum(edges, accrual.duration), accrual.duration)
    followed = np.maximum(time - edges, 0.0)
    inside = _integrated(followed[:, None], starts, lengths, rate, total) * there
    return starts, ((inside[:-1] - inside[1:]) * np.array(accrual.rates)[:, None]).sum(axis=0)


@lru_cache(maxsize=64)
def _stretches(hazard: PiecewiseHazard, dropout: PiecewiseHazard) -> tuple[NDArray[np.float64], ...]:
    """Starts and lengths of stretches with constant hazards, rates of events and of leaving, and who is still there."""
    starts = np.array(sorted({0.0, *hazard.cuts, *dropout.cuts}))
    rate = hazard.at(starts)
    there = np.exp(-hazard.cumulative(starts) - dropout.cumulative(starts))
    found = starts, np.diff(np.append(starts, np.inf)), rate, rate + dropout.at(starts), there
    for kept in found:
        kept.flags.writeable = False
    return found


def _integrated(
    followed: NDArray[np.float64],
    starts: NDArray[np.float64],
    lengths: NDArray[np.float64],
    rate: NDArray[np.float64],
    total: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Integral over 0 < u < followed of P(event in the stretch within follow-up u | there at its start)."""
    h = np.clip(followed - starts, 0.0, lengths)
    after = np.maximum(followed - starts - h, 0.0)
    x = total * h
    with np.errstate(divide="ignore", invalid="ignore"):
        full = np.where(total > 0.0, -np.expm1(-x) / total, h)
        # h - (1 - exp(-x))/total, by its series where the difference would lose digits
        bent = np.where(x > 1e-3, (h - full) / total, h * h * (0.5 - x / 6.0 + x * x / 24.0 - x**3 / 120.0))
    result: NDArray[np.float64] = rate * (bent + np.where(after > 0.0, after * full, 0.0))
    return result
