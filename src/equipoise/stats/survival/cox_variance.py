"""Score residuals of a fitted Cox model and the robust (sandwich) variance made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats._kernels.cox import linear_predictor
from equipoise.stats._kernels.cox_history import cox_history, score_residuals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equipoise.stats.survival.cox_data import CoxData
    from equipoise.stats.survival.cox_fit import CoxFit


@dataclass(frozen=True, slots=True, eq=False)
class CoxHistory:
    """Sums at each time at the estimates (see `cox_history`), for scaled covariates; `eta` as in the sorted rows."""

    x: NDArray[np.float64]
    eta: NDArray[np.float64]
    risk: NDArray[np.float64]
    steps: NDArray[np.float64]
    at_risk: NDArray[np.float64]
    s1: NDArray[np.float64]
    d1: NDArray[np.float64]


def history_at(data: CoxData, kept: NDArray[np.int64], beta: NDArray[np.float64]) -> CoxHistory:
    """Sweep once more at given coefficients of the `kept` columns."""
    x = data.x if kept.size == data.n_columns else np.ascontiguousarray(data.x[:, kept])
    eta, risk = linear_predictor(x, data.offset, data.weights, beta)
    steps, at_risk, s1, d1 = cox_history(
        x,
        data.event,
        data.weights,
        risk,
        data.group_start,
        data.stratum_group,
        data.first_group,
        data.removal,
        data.ties == "efron",
        data.frequency,
    )
    return CoxHistory(x, eta, risk, steps, at_risk, s1, d1)


def residuals_at(data: CoxData, history: CoxHistory) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return score and martingale residuals per sorted row, without case weights, in scaled covariates."""
    return score_residuals(
        history.x,
        data.event,
        history.eta,
        data.group_start,
        data.stratum_group,
        data.first_group,
        history.steps,
        history.s1,
        history.d1,
    )


def robust_variance(data: CoxData, fit: CoxFit) -> NDArray[np.float64]:
    """Return the sandwich variance: squares, summed over clusters, of weighted score residuals x model variance."""
    score, _ = residuals_at(data, history_at(data, fit.kept, fit.beta))
    influence = (score * data.weights[:, None]) @ fit.vcov
    if data.sample.cluster is not None:
        influence = sum_by_cluster(influence, data.sample.cluster_codes()[data.order])
    total: NDArray[np.float64] = influence.T @ influence
    return total


def robust_score_statistic(data: CoxData, columns: NDArray[np.int64]) -> float:
    """Return U'(sum of u u')^-1 U at coefficients 0, u the weighted score residuals of a cluster and U their sum."""
    score, _ = residuals_at(data, history_at(data, columns, np.zeros(columns.size)))
    score = score * data.weights[:, None]
    if data.sample.cluster is not None:
        score = sum_by_cluster(score, data.sample.cluster_codes()[data.order])
    total = score.sum(axis=0)
    solved, _, rank, _ = np.linalg.lstsq(score.T @ score, total, rcond=1e-12)
    return float(total @ solved) if rank == columns.size else float("nan")


def sum_by_cluster(values: NDArray[np.float64], codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sum rows of one cluster; clusters are numbered from 0."""
    order = np.argsort(codes, kind="stable")
    sums: NDArray[np.float64] = np.add.reduceat(values[order], np.flatnonzero(np.diff(codes[order], prepend=-1)))
    return sums
