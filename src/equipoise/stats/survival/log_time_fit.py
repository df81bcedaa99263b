"""Fit of a log-time model: covariates prepared, the likelihood climbed, parameters put back on their scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats.errors import StatsError
from equipoise.stats.survival.log_time_likelihood import ABOVE, LogTimeData, Maximum, maximize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DEPENDENT = 1e-9
"""A centered column whose remainder after the ones before it is below this share of it depends on them."""

FLAT = 1e-10
"""Information in a direction below this share of the largest means that the likelihood rises without end there."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Parameters on their own scale, the intercept first; `vcov` ends with the log scales unless they are fixed."""

    coef: Floats
    scale: Floats
    vcov: Floats
    loglik: float
    loglik_null: float
    iterations: int
    converged: bool
    status: tuple[str, ...]
    reason: str


def fit_log_times(
    rows: tuple[NDArray[np.int64], Floats, Floats],
    x: Floats,
    *,
    scales: tuple[NDArray[np.int64], int],
    weight: Floats,
    entry: Floats | None,
    distribution: str,
) -> Fit:
    """Fit rows (kind, log low, log high) with covariates x, scales (code per row, number) and weights."""
    kind, low, high = rows
    if (kind == ABOVE).all():
        raise StatsError("event: no events, so that the distribution of the times cannot be estimated")
    mean, spread, kept = usable_columns(x)
    design = np.column_stack([np.ones(low.size), (x[:, kept] - mean[kept]) / spread[kept]])
    codes, n_scales = scales
    fixed = distribution == "exponential"
    data = LogTimeData(kind, low, high, design, codes, weight, n_scales, distribution, fixed)
    if entry is not None:
        data = _with_entries(data, entry)
    null = maximize(data.only(1), _start(data))
    theta = np.concatenate([null.beta, np.zeros(kept.size), np.zeros(0) if fixed else null.log_scale])
    best = maximize(data, theta) if kept.size else null
    return _own_scale(best, null, (mean, spread, kept), fixed)


def usable_columns(x: Floats) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return mean and spread of the columns, and those that vary and do not depend on the ones before them."""
    mean = x.mean(axis=0)
    centered = x - mean
    spread = np.sqrt(np.mean(centered**2, axis=0))
    kept: list[int] = []
    basis = np.empty((x.shape[0], 0))
    for j in range(x.shape[1]):
        size = float(np.linalg.norm(centered[:, j]))
        if size <= DEPENDENT * max(1.0, float(np.abs(mean[j]))) * np.sqrt(x.shape[0]):
            continue
        rest = centered[:, j] - basis @ (basis.T @ centered[:, j])
        rest = rest - basis @ (basis.T @ rest)
        if np.linalg.norm(rest) > DEPENDENT * size:
            basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
            kept.append(j)
    return mean, spread, np.array(kept, np.int64)


def _with_entries(data: LogTimeData, entry: Floats) -> LogTimeData:
    """Divide each late row's likelihood by the probability of being free of the event at its entry."""
    late = np.flatnonzero(entry > 0.0)
    log_entry = np.log(entry[late])
    return LogTimeData(
        kind=np.concatenate([data.kind, np.full(late.size, ABOVE)]),
        low=np.concatenate([data.low, log_entry]),
        high=np.concatenate([data.high, log_entry]),
        x=np.vstack([data.x, data.x[late]]),
        scale=np.concatenate([data.scale, data.scale[late]]),
        weight=np.concatenate([data.weight, -data.weight[late]]),
        n_scales=data.n_scales,
        law=data.law,
        fixed_scale=data.fixed_scale,
    )


def _start(data: LogTimeData) -> Floats:
    middle = np.where(data.kind == ABOVE, data.low, 0.5 * (data.low + data.high))
    center, spread = float(middle.mean()), float(middle.std())
    log_scale = np.full(data.n_scales, np.log(max(spread, 0.1)))
    return np.concatenate([[center], np.zeros(0) if data.fixed_scale else log_scale])


def _own_scale(best: Maximum, null: Maximum, prepared: tuple[Floats, Floats, NDArray[np.int64]], fixed: bool) -> Fit:
    mean, spread, kept = prepared
    p, n_scales = mean.size + 1, 0 if fixed else best.log_scale.size
    endless = _endless(best)
    back = np.eye(best.information.shape[0])
    q = kept.size
    back[1 : q + 1, 1 : q + 1] = np.diag(1.0 / spread[kept])
    back[0, 1 : q + 1] = -mean[kept] / spread[kept]
    theta = back @ np.concatenate([best.beta, np.zeros(0) if fixed else best.log_scale])
    places = np.concatenate([[0], kept + 1, p + np.arange(n_scales)]).astype(np.int64)
    coef, status = np.full(p, np.nan), ["NE"] * p
    vcov = np.full((p + n_scales, p + n_scales), np.nan)
    coef[places[: q + 1]] = theta[: q + 1]
    if not endless.any():
        vcov[np.ix_(places, places)] = back @ np.linalg.inv(best.information) @ back.T
    for place, column in zip(places[: q + 1], endless[: q + 1], strict=True):
        status[place] = "monotone" if column else ""
    coef[[s == "monotone" for s in status]] = np.nan
    return Fit(
        coef=coef,
        scale=np.exp(best.log_scale),
        vcov=vcov,
        loglik=best.loglik,
        loglik_null=null.loglik,
        iterations=best.iterations,
        converged=best.converged and not endless.any(),
        status=tuple(status),
        reason=_reason(status, endless),
    )


def _endless(best: Maximum) -> NDArray[np.bool_]:
    """Mark the parameters that take part in a direction in which the likelihood has become flat."""
    values, vectors = np.linalg.eigh(best.information)
    flat = values < FLAT * max(float(values[-1]), 1.0)
    return np.asarray((np.abs(vectors[:, flat]) > 1e-3).any(axis=1))


def _reason(status: list[str], endless: NDArray[np.bool_]) -> str:
    if endless.any():
        return (
            "the likelihood rises without end: a group has no events, or all times are explained exactly; "
            "no standard errors can be given"
        )
    return "a covariate is constant or depends on the ones before it" if "NE" in status else ""
