"""Rank-preserving structural failure time model."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np

from equipoise.stats._kernels.rpsftm import untreated, z_curve
from equipoise.stats.crossover.bootstrap import percentile_limits, resample
from equipoise.stats.crossover.patients import Patients, read_patients
from equipoise.stats.crossover.step_roots import Jump, jumps_through
from equipoise.stats.errors import StatsError
from equipoise.stats.result import Result
from equipoise.stats.survival import aft_regression, cox_ph
from equipoise.stats.tails import normal_quantile
from equipoise.stats.validate import InputCheck

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

__all__ = ["Rpsftm", "rpsftm"]

RANGES = (1.0, 2.0, 4.0)
"""Intervals +-x in which roots are looked for, one after the other."""

POINTS_PER_UNIT = 100
TESTS = ("logrank", "cox", "weibull")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class Rpsftm(Result):
    """A rank-preserving structural failure time model.

    `psi` below 0 means that treatment lengthens life: time on it counts exp(psi) of time without it. Where the
    estimating function crosses 0 more than once, all crossings are in `roots`, `psi` is the middle one and `status` is
    "several roots"; where it never does, `psi` is nan and `status` "NE".
    """

    psi: float
    conf_low: float
    conf_high: float
    """Limits of psi: the outermost crossings of the set of psi that are not rejected."""
    conf_level: float
    roots: tuple[Jump, ...]
    roots_low: tuple[Jump, ...]
    """Crossings of the value of the lower limit."""
    roots_high: tuple[Jump, ...]
    status: str
    hazard_ratio: float
    """Experimental over control, had nobody switched."""
    hazard_ratio_low: float
    hazard_ratio_high: float
    hazard_ratio_limits: str
    """How the limits of the hazard ratio were made."""
    p_value: float
    """Of the intention-to-treat test: the adjustment does not change it."""
    test: str
    recensored: bool
    autoswitch: bool
    n: int
    n_switched: int
    n_events: int
    n_events_recensored: int
    """Events that are left for the adjusted hazard ratio."""
    samples: int
    samples_failed: int
    curve_psi: NDArray[np.float64]
    curve_z: NDArray[np.float64]
    """Estimating function Z over psi."""
    time: NDArray[np.float64]
    """Times had nobody switched, one a patient; cut where recensored."""
    event: NDArray[np.bool_]
    experimental: NDArray[np.bool_]

    def _title(self) -> str:
        return "Rank-preserving structural failure time model"

    def _facts(self) -> Mapping[str, object]:
        names = ("status", "psi", "conf_low", "conf_high", "test", "recensored", "n", "n_switched", "p_value")
        return {name: getattr(self, name) for name in names if getattr(self, name) != ""}

    def _columns(self) -> Mapping[str, list[object]]:
        names = ("hazard_ratio", "hazard_ratio_low", "hazard_ratio_high", "hazard_ratio_limits")
        return {name: [getattr(self, name)] for name in names}


@dataclass(frozen=True, slots=True)
class _Model:
    """Patients and settings: everything that Z depends on."""

    patients: Patients
    effect: NDArray[np.float64]
    limit: NDArray[np.float64]
    test: str
    x: NDArray[np.float64] | None
    strata: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> _Model:
        rows = rows[np.argsort(self.strata[rows], kind="stable")]
        x = None if self.x is None else self.x[rows]
        return replace(
            self,
            patients=self.patients.take(rows),
            effect=self.effect[rows],
            limit=self.limit[rows],
            x=x,
            strata=self.strata[rows],
        )

    def arrays(self) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
        return self.patients.time, self.patients.event, self.patients.share, self.effect

    def z(self, psi: NDArray[np.float64]) -> NDArray[np.float64]:
        """Value of the estimating function at each psi."""
        if self.test == "logrank":
            starts = np.append(np.flatnonzero(np.diff(self.strata, prepend=-1)), self.strata.size)
            arm = self.patients.experimental.astype(np.float64)
            return z_curve(*self.arrays(), self.limit, arm, starts, psi)
        return np.array([self._wald(float(value)) for value in psi])

    def _wald(self, psi: float) -> float:
        times, events = self.counterfactual(psi)
        x = self.patients.experimental.astype(float)[:, None]
        x = x if self.x is None else np.hstack([x, self.x])
        if self.test == "cox":
            cox = cox_ph(times, events, x, strata=self.strata if self.strata.any() else None)
            return float(cox.z[0])
        aft = aft_regression(times, events, x, distribution="weibull")
        return float(-aft.coef[1] / aft.std_error[1])

    def counterfactual(self, psi: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Untreated times and events at psi."""
        times, events = np.empty(self.patients.time.size), np.empty(self.patients.time.size, dtype=bool)
        untreated(*self.arrays(), self.limit, psi, times, events)
        return times, events

    def had_nobody_switched(self, psi: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Times of control patients without, and of experimental patients always with, the experimental treatment."""
        p = self.patients
        times, events = self.counterfactual(psi)
        always_times, always_events = np.empty(times.size), np.empty(times.size, dtype=bool)
        untreated(p.time, p.event, 1.0 - p.share, self.effect, self.limit, -psi, always_times, always_events)
        return np.where(p.experimental, always_times, times), np.where(p.experimental, always_events, events)


def rpsftm(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    reference: object | None = None,
    switch_time: ArrayLike | None = None,
    exposure: ArrayLike | None = None,
    censor_time: ArrayLike | None = None,
    recensor: bool = True,
    autoswitch: bool = True,
    effect_after_switch: float = 1.0,
    test: Literal["logrank", "cox", "weibull"] = "logrank",
    x: object | None = None,
    strata: object | None = None,
    conf_level: float = 0.95,
    samples: int = 0,
    seed: int = 1,
) -> Rpsftm:
    """Estimate the effect of a treatment had nobody switched to it (Robins and Tsiatis).

    Parameters
    ----------
    time, event, group
        As in `logrank_test`; two arms.
    reference
        The control arm; the first in sorted order unless given.
    switch_time
        Time from randomization to the switch, missing for those who never switched. From then on a patient counts as
        on the other arm's treatment, whether it was taken to the end or not (treatment-group logic).
    exposure
        Instead: share of the time really spent on the experimental treatment, 0 to 1.
    censor_time
        Potential censoring time of every patient, of those with an event too: data cut-off minus randomization.
    recensor
        Whether times are cut where censoring could depend on the switch.
    autoswitch
        Leave an arm in which nobody switched as it was observed.
    effect_after_switch
        Effect on those who switch as a multiple of the effect from the start: below 1 where a later start helps less.
    test
        Estimating function: log-rank Z, or Wald Z of the arm in a Cox or Weibull model.
    x
        Covariates of that model, and of the final Cox model.
    strata
        Stratification of the log-rank test or the Cox model.
    samples, seed
        Bootstrap samples of patients, within arms, through the whole procedure; none for limits that keep the
        intention-to-treat p-value.

    Raises
    ------
    StatsError
        Lists everything that is wrong; nobody switched.

    Notes
    -----
    Z(psi) is a step function: psi is a jump, bisected to neighboring numbers, with both sides in `roots`. Without
    bootstrap the standard error of the log hazard ratio is |log HR / Z| with Z of the intention-to-treat test.

    References
    ----------
    J. M. Robins, A. A. Tsiatis (1991). Communications in Statistics 20:2609. I. R. White et al. (1999). Statistics in
    Medicine 18:2617.
    """
    patients = read_patients(
        time,
        event,
        group,
        reference=reference,
        switch_time=switch_time,
        exposure=exposure,
        censor_time=censor_time,
        recensor=recensor,
    )
    model = _model(
        patients,
        autoswitch=autoswitch,
        effect_after_switch=effect_after_switch,
        test=test,
        x=x,
        strata=strata,
        conf_level=conf_level,
    )
    if samples < 0:
        raise StatsError(f"samples: expected 0 or more, got {samples!r}")
    z = normal_quantile(conf_level)
    found = _search(model, (0.0, z, -z))
    itt_z = float(model.z(np.zeros(1))[0])
    psi = found.middle(0)
    hazard_ratio, events_left, times, events = _hazard_ratio(model, psi)
    drawn = np.empty((0, 2))
    if samples:
        drawn = resample(patients.experimental, partial(_one_sample, model), samples=samples, seed=seed)
    low, high, how = _limits(hazard_ratio, itt_z, z, drawn, conf_level)
    return Rpsftm(
        psi=psi,
        conf_low=found.lowest(1),
        conf_high=found.highest(2),
        conf_level=conf_level,
        roots=tuple(found.jumps[0]),
        roots_low=tuple(found.jumps[1]),
        roots_high=tuple(found.jumps[2]),
        status="NE" if math.isnan(psi) else "several roots" if len(found.jumps[0]) > 1 else "",
        hazard_ratio=hazard_ratio,
        hazard_ratio_low=low,
        hazard_ratio_high=high,
        hazard_ratio_limits=how,
        p_value=math.erfc(abs(itt_z) / math.sqrt(2.0)),
        test=test,
        recensored=recensor,
        autoswitch=autoswitch,
        n=patients.time.size,
        n_switched=int(patients.switched.sum()),
        n_events=int(patients.event.sum()),
        n_events_recensored=events_left,
        samples=samples,
        samples_failed=int(np.isnan(drawn[:, 0]).sum()),
        curve_psi=found.grid,
        curve_z=found.values,
        time=times,
        event=events,
        experimental=model.patients.experimental,
    )


def _model(
    patients: Patients,
    *,
    autoswitch: bool,
    effect_after_switch: float,
    test: str,
    x: object | None,
    strata: object | None,
    conf_level: float,
) -> _Model:
    check = InputCheck()
    check.times("time", patients.time)
    check.choice("test", test, TESTS)
    check.open_interval("conf_level", conf_level, 0.0, 1.0)
    if not (math.isfinite(effect_after_switch) and effect_after_switch > 0.0):
        check.problem("effect_after_switch", f"expected a number above 0, got {effect_after_switch!r}")
    if test == "logrank" and x is not None:
        check.problem("x", "a log-rank test has no covariates; use test='cox' or 'weibull', or strata")
    if test == "weibull" and strata is not None:
        check.problem("strata", "the Weibull model here has no strata; give them as covariates")
    matrix = None if x is None else check.matrix("x", x)[0]
    codes = np.zeros(patients.time.size, dtype=np.int64) if strata is None else check.strata("strata", strata).codes
    check.finish()
    limit = np.full(patients.time.size, np.inf) if patients.limit is None else patients.limit.copy()
    if autoswitch:
        for arm in (patients.experimental, ~patients.experimental):
            if not patients.switched[arm].any():
                limit[arm] = np.inf
    effect = np.where(patients.experimental, 1.0, effect_after_switch)
    model = _Model(patients, effect, limit, test, matrix, codes)
    return model.take(np.arange(codes.size)) if strata is not None else model


@dataclass(frozen=True, slots=True)
class _Found:
    """Crossings of each target, in the interval in which they were found."""

    jumps: list[list[Jump]]
    grid: NDArray[np.float64]
    values: NDArray[np.float64]

    def middle(self, target: int) -> float:
        """Middle crossing: the function starts on one side and ends on the other, so there is an odd number."""
        jumps = self.jumps[target]
        return jumps[len(jumps) // 2].psi if jumps else math.nan

    def lowest(self, target: int) -> float:
        return min((jump.psi for jump in self.jumps[target]), default=math.nan)

    def highest(self, target: int) -> float:
        return max((jump.psi for jump in self.jumps[target]), default=math.nan)


def _search(model: _Model, targets: tuple[float, ...]) -> _Found:
    """Scan wider and wider intervals until every target is crossed."""
    fine = POINTS_PER_UNIT if model.test == "logrank" else POINTS_PER_UNIT // 10

    def value(psi: float) -> float:
        return float(model.z(np.array([psi]))[0])

    for reach in RANGES:
        grid = np.linspace(-reach, reach, int(2 * reach * fine) + 1)
        values = model.z(grid)
        jumps = [jumps_through(value, grid, values, target) for target in targets]
        if all(jumps):
            break
    return _Found(jumps, grid, values)


def _hazard_ratio(model: _Model, psi: float) -> tuple[float, int, NDArray[np.float64], NDArray[np.bool_]]:
    """Hazard ratio had nobody switched, the events behind it, and the times and events."""
    p = model.patients
    if math.isnan(psi):
        return math.nan, 0, p.time, p.event
    times, events = model.had_nobody_switched(psi)
    x = p.experimental.astype(float)[:, None]
    x = x if model.x is None else np.hstack([x, model.x])
    fit = cox_ph(times, events, x, strata=model.strata if model.strata.any() else None)
    return float(fit.hazard_ratio[0]), int(events.sum()), times, events


def _one_sample(model: _Model, rows: NDArray[np.int64]) -> tuple[float, ...]:
    """Estimate psi and the log hazard ratio in a bootstrap sample; nan where it has none."""
    drawn = model.take(rows)
    try:
        psi = _search(drawn, (0.0,)).middle(0)
        return psi, math.log(_hazard_ratio(drawn, psi)[0])
    except (StatsError, ArithmeticError, ValueError):
        return math.nan, math.nan


def _limits(
    hazard_ratio: float, itt_z: float, z: float, drawn: NDArray[np.float64], conf_level: float
) -> tuple[float, float, str]:
    if math.isnan(hazard_ratio):
        return math.nan, math.nan, "NE"
    if drawn.size:
        return percentile_limits(drawn[:, 1], conf_level)
    if not 0.0 < hazard_ratio < math.inf:
        return math.nan, math.nan, "NE"
    log_hr = math.log(hazard_ratio)
    spread = abs(log_hr / itt_z) if itt_z else math.inf
    return math.exp(log_hr - z * spread), math.exp(log_hr + z * spread), "keeps the intention-to-treat p-value"
