"""Inverse probability of censoring weights: patients are censored at their switch, and those who go on stand in."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np

from equipoise.stats.crossover.bootstrap import percentile_limits, resample
from equipoise.stats.crossover.rows import FollowUp, read_follow_up
from equipoise.stats.errors import StatsError
from equipoise.stats.result import Result
from equipoise.stats.survival import CoxModel, cox_ph, nelson_aalen
from equipoise.stats.survival.grid import TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

__all__ = ["IpcwCox", "ipcw_cox"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class IpcwCox(Result):
    """A Cox model of patients censored at their switch, weighted by their chance not to have switched before."""

    hazard_ratio: float
    """Experimental over control."""
    conf_low: float
    conf_high: float
    conf_level: float
    p_value: float
    limits: str
    stabilized: bool
    truncated: float | None
    n: int
    n_switched: int
    n_events: int
    """Events before a switch."""
    n_rows: int
    weight_mean: float
    weight_min: float
    weight_max: float
    weight_quartiles: tuple[float, float, float]
    samples: int
    samples_failed: int
    model: CoxModel
    """The weighted outcome model; the arm is its first covariate."""
    subject: NDArray[np.int64]
    """Patient of each row of the outcome model."""
    start: NDArray[np.float64]
    stop: NDArray[np.float64]
    event: NDArray[np.bool_]
    experimental: NDArray[np.bool_]
    weight: NDArray[np.float64]

    def _title(self) -> str:
        return "Inverse probability of censoring weights"

    def _facts(self) -> Mapping[str, object]:
        names = ("n", "n_switched", "n_events", "stabilized", "weight_mean", "weight_min", "weight_max")
        return {name: getattr(self, name) for name in names}

    def _columns(self) -> Mapping[str, list[object]]:
        return {n: [getattr(self, n)] for n in ("hazard_ratio", "conf_low", "conf_high", "p_value", "limits")}


@dataclass(frozen=True, slots=True)
class _Settings:
    stabilized: bool
    truncate: float | None
    both_arms: bool
    at_event: bool


def ipcw_cox(
    subject: ArrayLike,
    start: ArrayLike,
    stop: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    switch_time: ArrayLike,
    reference: object | None = None,
    baseline: object | None = None,
    varying: object | None = None,
    at_risk: ArrayLike | None = None,
    origin: ArrayLike | None = None,
    switchers: Literal["control", "both"] = "control",
    stabilized: bool = True,
    truncate: float | None = None,
    weight_time: Literal["before", "at"] = "before",
    conf_level: float = 0.95,
    samples: int = 0,
    seed: int = 1,
) -> IpcwCox:
    """Estimate the hazard ratio had nobody switched, by weights (Robins and Finkelstein).

    Parameters
    ----------
    subject, start, stop, event, group
        Rows (start, stop] of each patient's follow-up, with what was known at the start of each.
    switch_time
        Time of the patient's switch in each of his rows, missing where he never switched.
    baseline
        Covariates of the numerator, the denominator and the outcome model.
    varying
        Time-dependent covariates of the denominator: everything that predicts both the switch and death.
    at_risk
        Whether a switch is possible in the row, for example only after progression; possible everywhere unless given.
    origin
        Time from which the clock of switching runs in the row, for example that of progression where patients switch
        soon after it; 0 (randomization) unless given.
    switchers
        Arms whose switchers are censored.
    weight_time
        Whether a weight at an event holds the chance of no switch before its time, as the theory has it, or up to and
        with it, as R's trtswitch has it. They differ where switches and deaths fall on one day.
    stabilized
        Whether the probability given baseline covariates alone stands over the weight. It is that of the rows at risk:
        where ``at_risk`` follows what happened after randomization, that would cancel, and weights are not to be
        stabilized.
    truncate
        Largest weight, as a quantile of the weights (0.99), or none.
    samples, seed
        Bootstrap samples of patients through the whole procedure; none for the sandwich variance.

    Raises
    ------
    StatsError
        Lists everything that is wrong with the rows; nobody switched; everybody who could switch did.

    Notes
    -----
    The chance to go on is modeled in each arm by a Cox model of time to the switch with the covariates of each row and
    Efron's cumulative hazard; the weight in a row is 1 / P(no switch before it), stabilized by the same
    probability given the baseline covariates alone. Rows are cut at the times of events and switches, on the clock of
    switching too, so that weights are those just before each event.

    References
    ----------
    J. M. Robins, D. M. Finkelstein (2000). Biometrics 56:779.
    """
    rows = read_follow_up(
        subject,
        start,
        stop,
        event,
        group,
        reference=reference,
        switch_time=switch_time,
        baseline=baseline,
        varying=varying,
        at_risk=at_risk,
        origin=origin,
    )
    if truncate is not None and not 0.5 < truncate < 1.0:
        raise StatsError(f"truncate: expected a quantile between 0.5 and 1, got {truncate!r}")
    if not 0.0 < conf_level < 1.0:
        raise StatsError(f"conf_level: expected a number between 0 and 1, got {conf_level!r}")
    settings = _Settings(stabilized, truncate, switchers == "both", weight_time == "at")
    cut, weight = _weighted(rows, settings)
    model = _outcome(cut, weight, conf_level)
    arms = rows.arm_of_patients()
    low, high, how = float(model.conf_low[0]), float(model.conf_high[0]), "sandwich variance"
    drawn = np.empty((0, 1))
    if samples:
        drawn = resample(arms, partial(_one_sample, rows, settings), samples=samples, seed=seed)
        low, high, how = percentile_limits(drawn[:, 0], conf_level)
    first = np.searchsorted(rows.subject, np.arange(arms.size))
    counted = ~np.isnan(rows.switch[first]) & (~arms | settings.both_arms)
    quartiles = np.quantile(weight, [0.25, 0.5, 0.75])
    return IpcwCox(
        hazard_ratio=float(model.hazard_ratio[0]),
        conf_low=low,
        conf_high=high,
        conf_level=conf_level,
        p_value=float(model.p_value[0]),
        limits=how,
        stabilized=stabilized,
        truncated=truncate,
        n=arms.size,
        n_switched=int(counted.sum()),
        n_events=int(cut.event.sum()),
        n_rows=cut.stop.size,
        weight_mean=float(weight.mean()),
        weight_min=float(weight.min()),
        weight_max=float(weight.max()),
        weight_quartiles=(float(quartiles[0]), float(quartiles[1]), float(quartiles[2])),
        samples=samples,
        samples_failed=int(np.isnan(drawn).sum()),
        model=model,
        subject=cut.subject,
        start=cut.start,
        stop=cut.stop,
        event=cut.event,
        experimental=cut.experimental,
        weight=weight,
    )


def _weighted(rows: FollowUp, settings: _Settings) -> tuple[FollowUp, NDArray[np.float64]]:
    """Rows up to the switch, cut at event and switch times, with their weights."""
    stays, switched = _until_switch(rows, both_arms=settings.both_arms)
    if not switched.any():
        raise StatsError("switch_time: nobody switched while at risk: there is nothing to weight for")
    times = np.unique(np.concatenate([stays.stop[stays.event], stays.stop[switched]]))
    cut, switched = _split(stays, switched, times)
    if cut.origin.any():
        gaps = np.unique(_on_clock(cut)[1][switched])
        cut, switched = _split(cut, switched, gaps, on_clock=True)
    weight = np.ones(cut.stop.size)
    for arm in (False, True) if settings.both_arms else (False,):
        inside = np.flatnonzero(cut.experimental == arm)
        if switched[inside].any():
            weight[inside] = _arm_weights(cut, inside, switched, settings)
    if settings.truncate is not None:
        weight = np.minimum(weight, np.quantile(weight, settings.truncate))
    return cut, weight


def _until_switch(rows: FollowUp, *, both_arms: bool) -> tuple[FollowUp, NDArray[np.bool_]]:
    """Leave out what comes after a counted switch; also whether each row ends in one."""
    counted = ~np.isnan(rows.switch) & (~rows.experimental | both_arms)
    keep = ~counted | (rows.start < rows.switch)
    kept = rows.take(np.flatnonzero(keep))
    counted = counted[keep]
    ends = counted & (kept.stop >= kept.switch)
    stop = np.where(ends, kept.switch, kept.stop)
    # an event at the very time of the switch comes after it
    return replace(kept, stop=stop, event=kept.event & ~ends), ends


def _split(
    rows: FollowUp, switched: NDArray[np.bool_], times: NDArray[np.float64], *, on_clock: bool = False
) -> tuple[FollowUp, NDArray[np.bool_]]:
    """Cut rows at the times inside them; on the clock of switching only those in which a switch is possible.

    Times that differ by rounding only are one time, as they are to the models: none gives a row of no length.
    """
    shift = rows.origin if on_clock else np.zeros(rows.stop.size)
    begin, end = _on_clock(rows) if on_clock else (rows.start, rows.stop)
    nearest = 2.0 * TOLERANCE * max(1.0, float(rows.stop.max()))
    times = times[np.diff(times, prepend=-np.inf) > nearest]
    first = np.searchsorted(times, begin + nearest, side="right")
    after = np.searchsorted(times, end - nearest, side="left")
    pieces = np.where(rows.at_risk | (not on_clock), np.maximum(after - first, 0) + 1, 1)
    parent = np.repeat(np.arange(rows.stop.size), pieces)
    number = np.arange(parent.size) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    last = number == pieces[parent] - 1
    inner = np.minimum(first[parent] + number, times.size - 1)
    before = np.maximum(first[parent] + number - 1, 0)
    cut = rows.take(parent)
    start = np.where(number == 0, cut.start, times[before] + shift[parent])
    stop = np.where(last, cut.stop, times[inner] + shift[parent])
    return replace(cut, start=start, stop=stop, event=cut.event & last), switched[parent] & last


def _on_clock(rows: FollowUp) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Begin and end of rows on the clock of switching; differences are freed of what rounding leaves in them."""
    if not rows.origin.any():
        return rows.start, rows.stop
    digits = 11 - math.ceil(math.log10(max(float(rows.stop.max()), 1e-6)))
    return np.round(rows.start - rows.origin, digits), np.round(rows.stop - rows.origin, digits)


def _arm_weights(
    cut: FollowUp, inside: NDArray[np.int64], switched: NDArray[np.bool_], settings: _Settings
) -> NDArray[np.float64]:
    """Weights of the rows of one arm."""
    arm = cut.take(inside)
    ends = switched[inside]
    stays = _going_on(arm, ends, np.hstack([arm.baseline, arm.varying]), at_end=settings.at_event)
    if not settings.stabilized:
        return 1.0 / stays
    return _going_on(arm, ends, arm.baseline, at_end=settings.at_event) / stays


def _going_on(arm: FollowUp, ends: NDArray[np.bool_], x: NDArray[np.float64], *, at_end: bool) -> NDArray[np.float64]:
    """P(no switch up to the start of each row, or its end) given the covariates of the rows up to it."""
    risk = arm.at_risk
    start, stop = _on_clock(arm)
    if x.shape[1]:
        model = cox_ph(stop[risk], ends[risk], x[risk], entry=start[risk])
        if any(model.status):
            raise StatsError(f"the model of switching has coefficients that cannot be estimated: {model.reason}")
        ratio = np.exp(x @ model.coef)
        hazards = model.baseline_hazard()
        times, cumulative = hazards.time, hazards.estimate
    else:
        ratio = np.ones(arm.stop.size)
        crude = nelson_aalen(stop[risk], ends[risk], entry=start[risk], correct_ties=True)
        times, cumulative = crude.time, crude.estimate
    reached = np.concatenate([[0.0], cumulative])
    steps = reached[np.searchsorted(times, stop, side="right")] - reached[np.searchsorted(times, start, side="right")]
    hazard = np.where(risk, steps * ratio, 0.0)
    before = np.cumsum(hazard) - hazard
    first = np.searchsorted(arm.subject, arm.subject)
    total = before - before[first] + (hazard if at_end else 0.0)
    out: NDArray[np.float64] = np.exp(-total)
    return out


def _outcome(cut: FollowUp, weight: NDArray[np.float64], conf_level: float) -> CoxModel:
    x = np.hstack([cut.experimental.astype(float)[:, None], cut.baseline])
    return cox_ph(
        cut.stop,
        cut.event,
        x,
        entry=cut.start,
        weights=weight,
        weight_type="sampling",
        cluster=cut.subject,
        conf_level=conf_level,
    )


def _one_sample(rows: FollowUp, settings: _Settings, patients: NDArray[np.int64]) -> tuple[float, ...]:
    try:
        cut, weight = _weighted(rows.of_patients(patients), settings)
        return (math.log(float(_outcome(cut, weight, 0.95).hazard_ratio[0])),)
    except (StatsError, ArithmeticError, ValueError):
        return (math.nan,)
