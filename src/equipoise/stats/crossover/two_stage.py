"""Two-stage estimation: what the switch did after progression, taken back, then the arms compared."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np

from equipoise.stats.crossover.bootstrap import percentile_limits, resample
from equipoise.stats.crossover.patients import optional_times, two_arms
from equipoise.stats.errors import StatsError
from equipoise.stats.result import Result
from equipoise.stats.survival import CoxModel, aft_regression, cox_ph
from equipoise.stats.tails import normal_quantile
from equipoise.stats.validate import InputCheck

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

__all__ = ["SwitchEffect", "TwoStage", "two_stage"]

Distribution = Literal["weibull", "exponential", "lognormal", "loglogistic"]
DISTRIBUTIONS = ("weibull", "exponential", "lognormal", "loglogistic")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class SwitchEffect(Result):
    """What the switch did in one arm: time after it counts exp(psi) of what it would have been worth without."""

    arm: object
    psi: float
    conf_low: float
    conf_high: float
    n_progressed: int
    n_switched: int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class TwoStage(Result):
    """Hazard ratio had nobody switched, by two-stage estimation."""

    hazard_ratio: float
    """Experimental over control."""
    conf_low: float
    conf_high: float
    conf_level: float
    p_value: float
    """Of the second stage; it takes the first for known, as do limits without bootstrap."""
    limits: str
    effects: tuple[SwitchEffect, ...]
    distribution: str
    recensored: bool
    n: int
    n_events: int
    n_events_recensored: int
    samples: int
    samples_failed: int
    model: CoxModel
    time: NDArray[np.float64]
    """Times had nobody switched, one a patient."""
    event: NDArray[np.bool_]
    experimental: NDArray[np.bool_]

    def _title(self) -> str:
        return "Two-stage estimation"

    def _facts(self) -> Mapping[str, object]:
        names = ("distribution", "recensored", "n", "n_events", "n_events_recensored")
        return {name: getattr(self, name) for name in names} | {"psi": self.effects[0].psi}

    def _columns(self) -> Mapping[str, list[object]]:
        return {n: [getattr(self, n)] for n in ("hazard_ratio", "conf_low", "conf_high", "p_value", "limits")}


@dataclass(frozen=True, slots=True)
class _Data:
    time: NDArray[np.float64]
    event: NDArray[np.bool_]
    experimental: NDArray[np.bool_]
    progression: NDArray[np.float64]
    switch: NDArray[np.float64]
    limit: NDArray[np.float64]
    x: NDArray[np.float64]
    x_progression: NDArray[np.float64]

    def take(self, rows: NDArray[np.int64]) -> _Data:
        return _Data(*(getattr(self, name)[rows] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class _Settings:
    distribution: Distribution
    both_arms: bool
    day: float
    conf_level: float
    labels: tuple[object, object]
    from_progression: bool


def two_stage(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    progression_time: ArrayLike,
    switch_time: ArrayLike,
    reference: object | None = None,
    censor_time: ArrayLike | None = None,
    recensor: bool = True,
    x: object | None = None,
    x_progression: object | None = None,
    switchers: Literal["control", "both"] = "control",
    distribution: Distribution = "weibull",
    day: float = 1.0,
    taken_back_from: Literal["switch", "progression"] = "switch",
    conf_level: float = 0.95,
    samples: int = 0,
    seed: int = 1,
) -> TwoStage:
    """Estimate the hazard ratio had nobody switched after progression (Latimer's simple two-stage estimation).

    Parameters
    ----------
    time, event, group
        As in `logrank_test`; two arms.
    progression_time, switch_time
        From randomization, missing where there was none. A switch comes on or after progression.
    censor_time
        Potential censoring time of every patient; needed for recensoring.
    x
        Covariates of the final Cox model.
    x_progression
        Covariates of the first stage, as they were at progression: everything that predicts both switch and survival.
    switchers
        Arms whose switchers' time is taken back.
    distribution
        Accelerated failure time model of survival after progression.
    day
        Shortest time: added to survival after progression and after the switch, so that the day itself counts.
    taken_back_from
        Where the time begins that the switch changed: at the switch, or at progression, as R's trtswitch has it and
        as is right when patients switch at once.
    samples, seed
        Bootstrap samples of patients through both stages.

    Raises
    ------
    StatsError
        Lists everything that is wrong: a switch without or before progression, nobody switched, everybody did.

    Notes
    -----
    Among the progressed patients of an arm, an accelerated failure time model of survival after progression gives psi =
    minus the coefficient of the switch. Time after the switch is multiplied by exp(psi); where recensored, all times of
    the arm are cut at the smaller of the potential censoring time and itself times exp(psi).

    References
    ----------
    N. R. Latimer et al. (2017). Statistical Methods in Medical Research 26:724.
    """
    data, labels = _read(
        time,
        event,
        group,
        progression_time=progression_time,
        switch_time=switch_time,
        reference=reference,
        censor_time=censor_time,
        recensor=recensor,
        x=x,
        x_progression=x_progression,
        settings=(distribution, day, conf_level),
    )
    settings = _Settings(
        distribution, switchers == "both", float(day), conf_level, labels, taken_back_from == "progression"
    )
    effects = _first_stage(data, settings)
    moved = _taken_back(data, settings, effects)
    model = _second_stage(moved, conf_level)
    low, high, how = float(model.conf_low[0]), float(model.conf_high[0]), "second stage alone"
    drawn = np.empty((0, 1))
    if samples:
        drawn = resample(data.experimental, partial(_one_sample, data, settings), samples=samples, seed=seed)
        low, high, how = percentile_limits(drawn[:, 0], conf_level)
    return TwoStage(
        hazard_ratio=float(model.hazard_ratio[0]),
        conf_low=low,
        conf_high=high,
        conf_level=conf_level,
        p_value=float(model.p_value[0]),
        limits=how,
        effects=effects,
        distribution=distribution,
        recensored=recensor,
        n=data.time.size,
        n_events=int(data.event.sum()),
        n_events_recensored=int(moved.event.sum()),
        samples=samples,
        samples_failed=int(np.isnan(drawn).sum()),
        model=model,
        time=moved.time,
        event=moved.event,
        experimental=data.experimental,
    )


def _read(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    progression_time: ArrayLike,
    switch_time: ArrayLike,
    reference: object | None,
    censor_time: ArrayLike | None,
    recensor: bool,
    x: object | None,
    x_progression: object | None,
    settings: tuple[str, float, float],
) -> tuple[_Data, tuple[object, object]]:
    check = InputCheck()
    times = check.times("time", time)
    events = check.events("event", event)
    experimental, control_label, experimental_label = two_arms(check, group, reference)
    n = times.size
    progression = optional_times(check, "progression_time", progression_time, n)
    switch = optional_times(check, "switch_time", switch_time, n)
    matrix = np.empty((n, 0)) if x is None else check.matrix("x", x)[0]
    confounders = np.empty((n, 0)) if x_progression is None else check.matrix("x_progression", x_progression)[0]
    limit = np.full(n, np.inf)
    if recensor:
        if censor_time is None:
            check.problem("censor_time", "recensoring needs the potential censoring time of every patient")
        else:
            limit = check.numbers("censor_time", censor_time)
    distribution, day, conf_level = settings
    check.choice("distribution", distribution, DISTRIBUTIONS)
    check.open_interval("conf_level", conf_level, 0.0, 1.0)
    if not (math.isfinite(day) and day > 0.0):
        check.problem("day", f"expected a number above 0, got {day!r}")
    check.finish()
    for bad, message in (
        (np.isnan(progression) & ~np.isnan(switch), "a switch without progression"),
        (switch < progression, "a switch before progression"),
        (switch > times, "a switch after the end of observation"),
    ):
        rows = np.flatnonzero(bad)
        if rows.size:
            value = float(switch[rows[0]])
            check.problem("switch_time", message, position=int(rows[0]), value=value, count=rows.size)
    rows = np.flatnonzero(progression > times)
    if rows.size:
        value = float(progression[rows[0]])
        message = "progression after the end of observation"
        check.problem("progression_time", message, position=int(rows[0]), value=value, count=rows.size)
    check.finish()
    data = _Data(times, events, experimental, progression, switch, limit, matrix, confounders)
    return data, (control_label, experimental_label)


def _arms(settings: _Settings) -> tuple[bool, ...]:
    return (False, True) if settings.both_arms else (False,)


def _first_stage(data: _Data, settings: _Settings) -> tuple[SwitchEffect, ...]:
    """Effect of the switch in each arm whose switchers count."""
    effects = []
    for arm in _arms(settings):
        rows = np.flatnonzero((data.experimental == arm) & ~np.isnan(data.progression))
        switched = ~np.isnan(data.switch[rows])
        label = settings.labels[int(arm)]
        if not switched.any() or switched.all():
            who = "nobody" if not switched.any() else "everybody"
            raise StatsError(f"{who} of the {rows.size} progressed patients of arm {label} switched: no comparison")
        columns = np.column_stack([switched.astype(float), data.x_progression[rows]])
        after = data.time[rows] - data.progression[rows] + settings.day
        model = aft_regression(after, data.event[rows], columns, distribution=settings.distribution)
        psi, std_error = -float(model.coef[1]), float(model.std_error[1])
        half = normal_quantile(settings.conf_level) * std_error
        effects.append(
            SwitchEffect(
                arm=label,
                psi=psi,
                conf_low=psi - half,
                conf_high=psi + half,
                n_progressed=rows.size,
                n_switched=int(switched.sum()),
            )
        )
    return tuple(effects)


def _taken_back(data: _Data, settings: _Settings, effects: tuple[SwitchEffect, ...]) -> _Data:
    """Times and events had nobody switched."""
    time, event = data.time.copy(), data.event.copy()
    for arm, effect in zip(_arms(settings), effects, strict=True):
        factor = math.exp(effect.psi)
        inside = data.experimental == arm
        moved = inside & ~np.isnan(data.switch)
        since = data.progression if settings.from_progression else data.switch
        before = since[moved] - settings.day
        time[moved] = before + (data.time[moved] - before) * factor
        cut = data.limit * min(1.0, factor)
        late = inside & (time > cut)
        time[late], event[late] = cut[late], False
    return replace(data, time=time, event=event)


def _second_stage(data: _Data, conf_level: float) -> CoxModel:
    x = np.column_stack([data.experimental.astype(float), data.x])
    return cox_ph(data.time, data.event, x, conf_level=conf_level)


def _one_sample(data: _Data, settings: _Settings, rows: NDArray[np.int64]) -> tuple[float, ...]:
    drawn = data.take(rows)
    try:
        moved = _taken_back(drawn, settings, _first_stage(drawn, settings))
        return (math.log(float(_second_stage(moved, settings.conf_level).hazard_ratio[0])),)
    except (StatsError, ArithmeticError, ValueError):
        return (math.nan,)
