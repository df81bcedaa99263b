"""Baseline hazard and predicted curves of a Cox model."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats.errors import StatsError
from equipoise.stats.result import Result
from equipoise.stats.survival.cox_variance import history_at
from equipoise.stats.survival.limits import CONF_TYPES, survival_limits
from equipoise.stats.validate import InputCheck

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from equipoise.stats.survival.cox_data import CoxData
    from equipoise.stats.survival.cox_fit import CoxFit


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class BaselineHazard(Result):
    """Cumulative baseline hazard at x = 0: one row per stratum and distinct time, those without events included."""

    stratum: tuple[Any, ...]
    time: NDArray[np.float64]
    estimate: NDArray[np.float64]
    method: str

    def _facts(self) -> Mapping[str, object]:
        return {"method": self.method}

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        return {"stratum": [str(s) for s in self.stratum], "time": self.time, "estimate": self.estimate}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class PredictedCurves(Result):
    """Predicted survival curves: rows are strata and their distinct times, columns the rows of the `x` asked for.

    `std_error_log` is the standard error of log S(t), from the coefficients and the baseline hazard both.
    """

    stratum: tuple[Any, ...]
    time: NDArray[np.float64]
    estimate: NDArray[np.float64]
    std_error_log: NDArray[np.float64]
    conf_low: NDArray[np.float64]
    conf_high: NDArray[np.float64]
    conf_type: str
    conf_level: float
    method: str

    def _facts(self) -> Mapping[str, object]:
        return {"method": self.method, "conf_type": self.conf_type, "conf_level": self.conf_level}

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        n_rows, n_curves = self.estimate.shape
        columns: dict[str, Sequence[object] | NDArray[Any]] = {
            "curve": np.repeat(np.arange(n_curves), n_rows),
            "stratum": [str(s) for s in self.stratum] * n_curves,
            "time": np.tile(self.time, n_curves),
        }
        shown = ("estimate", "std_error_log", "conf_low", "conf_high")
        return columns | {name: getattr(self, name).T.ravel() for name in shown}


def baseline_of(data: CoxData, fit: CoxFit) -> BaselineHazard:
    """Sum the hazard steps of each stratum, at covariates 0 and offset 0."""
    _needs_finite(data, fit)
    history = history_at(data, fit.kept, fit.beta)
    strata = _group_strata(data)
    shift = np.exp(-(data.means[:, fit.kept] / data.scale[fit.kept]) @ fit.beta)
    hazard = _within(history.steps[:, 1], data.stratum_group) * shift[strata]
    return BaselineHazard(
        stratum=_labels(data, strata), time=_group_times(data), estimate=hazard, method=f"{data.ties.capitalize()}"
    )


def predict_curves(
    data: CoxData, fit: CoxFit, x: object, vcov: NDArray[np.float64], *, conf_type: str, conf_level: float
) -> PredictedCurves:
    """Predict S(t) for the rows of `x` in every stratum; `vcov` is the variance of the coefficients."""
    _needs_finite(data, fit)
    check = InputCheck()
    matrix, names = check.matrix("x", x)
    check.choice("conf_type", conf_type, CONF_TYPES)
    check.open_interval("conf_level", conf_level, 0.0, 1.0)
    check.finish()
    if matrix.shape[1] != data.n_columns:
        raise StatsError(f"x: expected the {data.n_columns} covariates {', '.join(data.names)}, got {matrix.shape[1]}")
    if not set(names) <= set(data.names) and set(names) != {f"x{j + 1}" for j in range(len(names))}:
        raise StatsError(f"x: expected the covariates {', '.join(data.names)}, got {', '.join(names)}")
    if set(names) == set(data.names):
        matrix = matrix[:, [names.index(name) for name in data.names]]
    history = history_at(data, fit.kept, fit.beta)
    strata, scale = _group_strata(data), data.scale[fit.kept]
    hazard = _within(history.steps[:, 1], data.stratum_group)
    variance = _within(history.steps[:, 3], data.stratum_group)
    steps_x = history.steps[:, 3, None] * history.s1 - history.steps[:, 4, None] * history.d1
    hazard_x = _within(steps_x, data.stratum_group)
    scaled = vcov[np.ix_(fit.kept, fit.kept)] * np.outer(scale, scale)
    estimate, std_error = np.empty((hazard.size, matrix.shape[0])), np.empty((hazard.size, matrix.shape[0]))
    for i, row in enumerate(matrix[:, fit.kept]):
        z = ((row - data.means[:, fit.kept]) / scale)[strata]
        ratio = np.exp(z @ fit.beta)
        q = hazard[:, None] * z - hazard_x
        estimate[:, i] = np.exp(-ratio * hazard)
        std_error[:, i] = ratio * np.sqrt(variance + np.einsum("gj,jk,gk->g", q, scaled, q))
    low, high = survival_limits(estimate, std_error, conf_type, conf_level)
    return PredictedCurves(
        stratum=_labels(data, strata),
        time=_group_times(data),
        estimate=estimate,
        std_error_log=std_error,
        conf_low=low,
        conf_high=high,
        conf_type=conf_type,
        conf_level=conf_level,
        method=f"Cox regression, {data.ties.capitalize()} baseline hazard",
    )


def _needs_finite(data: CoxData, fit: CoxFit) -> None:
    if data.ties == "exact":
        raise StatsError("the baseline hazard is not defined for ties='exact': fit with 'efron' or 'breslow'")
    if fit.infinite:
        raise StatsError(f"predictions need finite coefficients ({fit.reason})")


def _within(steps: NDArray[np.float64], stratum_group: NDArray[np.int64]) -> NDArray[np.float64]:
    """Cumulate steps over the groups of each stratum."""
    return np.concatenate([np.cumsum(steps[first:after], axis=0) for first, after in pairwise(stratum_group)])


def _group_strata(data: CoxData) -> NDArray[np.int64]:
    return np.repeat(np.arange(data.stratum_group.size - 1), np.diff(data.stratum_group))


def _labels(data: CoxData, strata: NDArray[np.int64]) -> tuple[Any, ...]:
    levels = data.strata or ("all",)
    return tuple(levels[s] for s in strata)


def _group_times(data: CoxData) -> NDArray[np.float64]:
    return data.grid.times[data.grid.codes[data.order[data.group_start[:-1]]]]
