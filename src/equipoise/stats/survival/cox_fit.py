"""Maximum of the Cox likelihood, with the two ways in which there is none: dependent covariates and a monotone
likelihood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats._kernels.newton import CONVERGED, SINGULAR, independent_columns, is_monotone
from equipoise.stats.tails import chi2_upper

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equipoise.stats.survival.cox_data import CoxData, NewtonEnd

NAN = float("nan")
PATIENCE = 12
"""Newton steps after which a likelihood that has not converged is looked at for a direction in which it never falls."""

LEAST_INFORMATION = 1e-10
"""Information per event, on covariates of unit spread, below which a covariate does not vary within risk sets."""


@dataclass(frozen=True, slots=True, eq=False)
class CoxFit:
    """The fit in scaled covariates. `kept` are the columns with finite estimates `beta` and variance `vcov`.

    `infinite` maps columns whose estimate is infinite to the sign; `loglik` is then the limit, and `infinite_p_value`
    the p-value of the score test of those columns given the others. `df` counts the columns that can be tested.
    """

    kept: NDArray[np.int64]
    beta: NDArray[np.float64]
    vcov: NDArray[np.float64]
    loglik: float
    loglik_null: float
    score_test: float
    df: int
    iterations: int
    converged: bool
    reason: str = ""
    infinite: dict[int, int] = field(default_factory=dict)
    infinite_p_value: float = NAN
    far: NDArray[np.float64] | None = None


def fit_cox(data: CoxData) -> CoxFit:
    """Fit; dependent columns are left out, infinite ones taken to their limit."""
    if not data.event.any():
        empty = np.empty(0, np.int64)
        return CoxFit(empty, np.empty(0), np.empty((0, 0)), 0.0, 0.0, NAN, 0, 0, True, "no events")
    columns = np.flatnonzero(data.scale > 0.0)
    end = data.maximize(columns, iterations=PATIENCE)
    if end.ending == SINGULAR or _too_little(end, data):
        kept = independent_columns(end.information_start, LEAST_INFORMATION * data.total_events)
        if not kept.all():
            columns = columns[kept]
            end = data.maximize(columns, iterations=PATIENCE)
    reason = _left_out(data, columns)
    if end.ending != CONVERGED:
        infinite = _monotone_columns(data, columns, end)
        if infinite:
            return _fit_at_infinity(data, columns, end, infinite, reason)
        if end.ending != SINGULAR:
            start = end
            end = data.maximize(columns, start=start.beta, iterations=200)
            end = _from_start(end, start)
    converged = end.ending == CONVERGED
    return CoxFit(
        kept=columns,
        beta=end.beta,
        vcov=_inverse(end.information),
        loglik=end.loglik,
        loglik_null=end.loglik_start,
        score_test=_quadratic(end.score_start, end.information_start),
        df=columns.size,
        iterations=end.iterations,
        converged=converged,
        reason=reason
        if converged
        else "; ".join(filter(None, [reason, "the maximum of the likelihood was not found"])),
    )


def _too_little(end: NewtonEnd, data: CoxData) -> bool:
    diagonal = np.diag(end.information_start)
    return bool(diagonal.size and diagonal.min() <= LEAST_INFORMATION * data.total_events)


def _from_start(end: NewtonEnd, start: NewtonEnd) -> NewtonEnd:
    return type(end)(
        end.beta,
        end.loglik,
        end.score,
        end.information,
        end.step,
        start.iterations + end.iterations,
        end.ending,
        start.loglik_start,
        start.score_start,
        start.information_start,
    )


def _quadratic(score: NDArray[np.float64], information: NDArray[np.float64]) -> float:
    return float(score @ np.linalg.solve(information, score)) if score.size else NAN


def _inverse(information: NDArray[np.float64]) -> NDArray[np.float64]:
    inverse: NDArray[np.float64] = np.linalg.inv(information).astype(np.float64, copy=False)
    return inverse


def _left_out(data: CoxData, columns: NDArray[np.int64]) -> str:
    missing = [name for j, name in enumerate(data.names) if j not in columns]
    if not missing:
        return ""
    verb = "does" if len(missing) == 1 else "do"
    return f"{', '.join(missing)} {verb} not vary within risk sets, or only together with the covariates before"


def _monotone_columns(data: CoxData, columns: NDArray[np.int64], end: NewtonEnd) -> dict[int, int]:
    """Find the columns (position among `columns`) and signs of a direction in which the likelihood never falls."""
    x = np.ascontiguousarray(data.x[:, columns])
    for candidate in (end.step, end.beta):
        if not np.isfinite(candidate).all() or not candidate.any():
            continue
        direction = candidate / np.abs(candidate).max()
        direction[np.abs(direction) < 1e-2] = 0.0
        spread = np.ptp(x @ direction)
        if spread > 0.0 and is_monotone(
            x, data.event, data.group_start, data.stratum_group, data.first_group, direction / spread, 1e-3
        ):
            return {int(j): int(np.sign(direction[j])) for j in np.flatnonzero(direction)}
    return {}


def _fit_at_infinity(
    data: CoxData, columns: NDArray[np.int64], end: NewtonEnd, infinite: dict[int, int], reason: str
) -> CoxFit:
    """Fit the other columns with the infinite ones far out, where the likelihood no longer changes."""
    at = np.array(list(infinite))
    direction = np.zeros(columns.size)
    step = end.step if np.isfinite(end.step).all() and np.abs(end.step).max() > 0.1 else end.beta
    direction[at] = step[at]
    line = data.x[:, columns] @ direction
    line /= np.ptp(line)
    others = np.delete(columns, at)
    start = np.delete(end.beta, at)
    last, limit, far = -np.inf, end, line
    for distance in (40.0, 80.0, 160.0, 320.0, 640.0):
        trial = data.maximize(others, start=start, extra=distance * line, iterations=50)
        if not np.isfinite(trial.loglik):
            break
        limit, far = trial, distance * line
        if trial.loglik - last <= 1e-13 * abs(trial.loglik):
            break
        last = trial.loglik
    restricted = data.maximize(others, iterations=50)
    names = ", ".join(data.names[columns[j]] for j in infinite)
    sentence = (
        f"{names}: the likelihood rises without end (no finite estimate); the p-value is that of the score test, "
        "and the finite limit comes from the profile likelihood"
    )
    return CoxFit(
        kept=others,
        beta=limit.beta,
        vcov=_inverse(limit.information),
        loglik=limit.loglik,
        loglik_null=end.loglik_start,
        score_test=_quadratic(end.score_start, end.information_start),
        df=columns.size,
        iterations=end.iterations,
        converged=True,
        reason="; ".join(filter(None, [reason, sentence])),
        infinite={int(columns[j]): sign for j, sign in infinite.items()},
        infinite_p_value=_score_given(data, columns, at, restricted.beta),
        far=far,
    )


def _score_given(
    data: CoxData, columns: NDArray[np.int64], tested: NDArray[np.int64], beta: NDArray[np.float64]
) -> float:
    """Return the p-value of the score test of the `tested` columns, the others at their estimates without them."""
    start = np.zeros(columns.size)
    start[np.delete(np.arange(columns.size), tested)] = beta
    end = data.maximize(columns, start=start, iterations=0)
    return chi2_upper(_quadratic(end.score_start, end.information_start), tested.size)
