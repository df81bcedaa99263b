"""Likelihood of the piecewise exponential model, with the hazards eliminated, and its maximum.

For given beta the hazard of interval k is d_k / sum_i e_ik exp(x_i beta), d events and e time at risk; what is left is
a concave function of beta, sum over events of x beta - sum_k d_k log(sum_i e_ik exp(x_i beta)) + constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MAX_STEPS = 60
GAIN = 1e-20
FLAT = 1e-10
"""Information in a direction below this share of the number of events: the likelihood has become flat there."""


@dataclass(frozen=True, slots=True, eq=False)
class PiecewiseFit:
    """The maximum; `mean_covariate` is the mean of x per interval, weighted by expected events."""

    beta: Floats
    vcov: Floats
    hazard: Floats
    mean_covariate: Floats
    n_events: Floats
    exposure: Floats
    loglik: float
    loglik_null: float
    n: int
    converged: bool
    endless: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    loglik: float
    gradient: Floats
    information: Floats
    hazard: Floats
    mean: Floats


def fit_piecewise(exposure: Floats, piece: NDArray[np.int64], event: NDArray[np.bool_], x: Floats) -> PiecewiseFit:
    """Fit covariates x (centered) to time at risk per row and interval, and the interval of each row's end."""
    d = np.bincount(piece[event], minlength=exposure.shape[1]).astype(np.float64)
    observed = x[event].sum(axis=0)
    beta = np.zeros(x.shape[1])
    start = state = _evaluate(beta, exposure, d, x, observed)
    converged = beta.size == 0
    for _ in range(MAX_STEPS):
        if converged:
            break
        step = _newton(state)
        gain = float(state.gradient @ step)
        for _ in range(40):
            trial = _evaluate(beta + step, exposure, d, x, observed)
            if trial.loglik >= state.loglik - 1e-12 * abs(state.loglik):
                break
            step = step / 2.0
        beta, state = beta + step, trial
        converged = gain <= GAIN * max(1.0, abs(state.loglik))
    endless, vcov = _endless(state, d.sum()), np.full((beta.size, beta.size), np.nan)
    if beta.size and not endless.any():
        vcov = np.linalg.inv(state.information)
    return PiecewiseFit(
        beta=beta,
        vcov=vcov,
        hazard=state.hazard,
        mean_covariate=state.mean,
        n_events=d,
        exposure=exposure.sum(axis=0),
        loglik=state.loglik,
        loglik_null=start.loglik,
        n=piece.size,
        converged=converged and not endless.any(),
        endless=endless,
    )


def _evaluate(beta: Floats, exposure: Floats, d: Floats, x: Floats, observed: Floats) -> _State:
    risk = np.exp(x @ beta)
    weight = exposure * risk[:, None]
    total = weight.sum(axis=0)
    reached = np.where(total > 0.0, total, 1.0)
    mean = (weight.T @ x) / reached[:, None]
    share = weight @ (d / reached)
    information = (x.T * share) @ x - (mean.T * d) @ mean
    hazard = d / reached
    logs = np.log(np.where(d > 0.0, hazard, 1.0))
    loglik = float(observed @ beta + np.sum(d * logs) - d.sum())
    return _State(loglik, observed - d @ mean, information, hazard, mean)


def _newton(state: _State) -> Floats:
    try:
        return np.asarray(cho_solve(cho_factor(state.information), state.gradient))
    except LinAlgError:
        return np.asarray(np.linalg.lstsq(state.information, state.gradient, rcond=1e-12)[0])


def _endless(state: _State, events: float) -> NDArray[np.bool_]:
    if not state.gradient.size:
        return np.zeros(0, np.bool_)
    values, vectors = np.linalg.eigh(state.information)
    flat = values < FLAT * events
    return np.asarray((np.abs(vectors[:, flat]) > 1e-3).any(axis=1))
