"""Residuals of a Cox model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from equipoise.stats._kernels.cox_history import mean_covariates
from equipoise.stats.errors import StatsError
from equipoise.stats.result import Result
from equipoise.stats.survival.cox_variance import history_at, residuals_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from equipoise.stats.survival.cox_data import CoxData
    from equipoise.stats.survival.cox_fit import CoxFit

ResidualKind = Literal["martingale", "deviance", "score", "schoenfeld", "scaled_schoenfeld", "dfbeta"]
KINDS = ("martingale", "deviance", "score", "schoenfeld", "scaled_schoenfeld", "dfbeta")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class CoxResiduals(Result):
    """Residuals of one kind; `values` has a column per name in `names`.

    Martingale, deviance, score and dfbeta residuals have one row per row of the model, in the order of the arguments;
    Schoenfeld residuals one per event, by stratum, then time. `row` is the position of the row in the arguments,
    `time` its time. None is multiplied by case weights.
    """

    kind: str
    names: tuple[str, ...]
    row: NDArray[np.int64]
    time: NDArray[np.float64]
    values: NDArray[np.float64]

    def _facts(self) -> Mapping[str, object]:
        return {"kind": self.kind}

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        columns: dict[str, Sequence[object] | NDArray[Any]] = {"row": self.row, "time": self.time}
        return columns | {name: self.values[:, j] for j, name in enumerate(self.names)}


def residuals_of(data: CoxData, fit: CoxFit, kind: str, vcov: NDArray[np.float64]) -> CoxResiduals:
    """Compute residuals of a fit; `vcov` is the model variance of all coefficients."""
    if kind not in KINDS:
        raise StatsError(f"kind: expected one of {', '.join(map(repr, KINDS))}, got {kind!r}")
    if data.ties == "exact":
        raise StatsError("residuals are not defined for ties='exact': fit with 'efron' or 'breslow'")
    if fit.infinite:
        raise StatsError(f"residuals need finite coefficients ({fit.reason})")
    history = history_at(data, fit.kept, fit.beta)
    scale, names = data.scale[fit.kept], tuple(data.names[j] for j in fit.kept)
    if kind in ("schoenfeld", "scaled_schoenfeld"):
        dying = np.flatnonzero(data.event)
        mean = mean_covariates(history.steps, history.s1, history.d1)[data.row_group[dying]]
        values = (history.x[dying] - mean) * scale
        if kind == "scaled_schoenfeld":
            values = values @ vcov[np.ix_(fit.kept, fit.kept)] * dying.size + fit.beta / scale
        return _result(data, kind, names, dying, values)
    score, martingale = residuals_at(data, history)
    if kind in ("martingale", "deviance"):
        values = martingale if kind == "martingale" else _deviance(martingale, data.event)
        return _in_order(data, kind, (kind,), values[:, None])
    values = score * scale
    if kind == "dfbeta":
        values = values @ vcov[np.ix_(fit.kept, fit.kept)]
    return _in_order(data, kind, names, values)


def _deviance(martingale: NDArray[np.float64], event: NDArray[np.bool_]) -> NDArray[np.float64]:
    lived = event - martingale
    log = np.log(np.where(event, np.maximum(lived, np.finfo(np.float64).tiny), 1.0))
    deviance: NDArray[np.float64] = np.sign(martingale) * np.sqrt(np.maximum(-2.0 * (martingale + event * log), 0.0))
    return deviance


def _in_order(data: CoxData, kind: str, names: tuple[str, ...], values: NDArray[np.float64]) -> CoxResiduals:
    return _result(data, kind, names, np.argsort(data.order, kind="stable"), values[np.argsort(data.order)])


def _result(
    data: CoxData, kind: str, names: tuple[str, ...], places: NDArray[np.int64], values: NDArray[np.float64]
) -> CoxResiduals:
    original = data.order[places]
    time = data.grid.times[data.grid.codes[original]]
    return CoxResiduals(kind=kind, names=names, row=data.rows[original], time=time, values=values)
