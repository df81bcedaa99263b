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

FADED = 1e-3
"""Part of its information at 0 below which a coefficient is looked at for an infinite estimate."""

FARTHEST = 1300.0
"""Spread of a linear predictor that exp still bears when it is centered."""

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
    """Fit; dependent columns are left out, infinite ones taken to their limit and the others fitted there."""
    nobody = np.empty(0, np.int64)
    if not data.event.any():
        return CoxFit(nobody, np.empty(0), np.empty((0, 0)), 0.0, 0.0, NAN, 0, 0, True, "no events")
    columns, end = _fit_independent(data, np.flatnonzero(data.scale > 0.0), None)
    first, tested = end, columns
    steps = end.iterations
    infinite: dict[int, int] = {}
    far: NDArray[np.float64] | None = None
    while _doubtful(end):
        direction = _monotone_direction(data, columns, end)
        if direction is None and end.ending == CONVERGED:
            break
        if direction is None:
            start = end.beta if end.ending != SINGULAR else None
            end = data.maximize(columns, start=start, extra=far, iterations=200)
            steps += end.iterations
            break
        infinite |= {int(columns[j]): int(np.sign(direction[j])) for j in np.flatnonzero(direction)}
        line = _far_out(data.x[:, columns] @ direction)
        far = line if far is None else far + line
        columns, end = _fit_independent(data, columns[direction == 0.0], far)
        steps += end.iterations
    converged = end.ending == CONVERGED
    return CoxFit(
        kept=columns,
        beta=end.beta,
        vcov=_inverse(end.information),
        loglik=end.loglik,
        loglik_null=first.loglik_start,
        score_test=_quadratic(first.score_start, first.information_start),
        df=tested.size,
        iterations=steps,
        converged=converged,
        reason="; ".join(filter(None, _reasons(data, tested, columns, infinite, converged))),
        infinite=infinite,
        infinite_p_value=_score_given(data, tested, np.array(sorted(infinite))) if infinite else NAN,
        far=far,
    )


def _doubtful(end: NewtonEnd) -> bool:
    """Tell whether the likelihood may have no maximum: not found, or almost flat there."""
    faded = np.diag(end.information) < FADED * np.diag(end.information_start)
    return end.ending != CONVERGED or bool(faded.any())


def _fit_independent(
    data: CoxData, columns: NDArray[np.int64], far: NDArray[np.float64] | None
) -> tuple[NDArray[np.int64], NewtonEnd]:
    """Fit the columns that carry information not carried by those before them."""
    end = data.maximize(columns, extra=far, iterations=PATIENCE)
    floor = LEAST_INFORMATION * data.total_events
    diagonal = np.diag(end.information_start)
    if end.ending == SINGULAR or (diagonal.size and diagonal.min() <= floor):
        kept = independent_columns(end.information_start, floor)
        if not kept.all():
            columns = columns[kept]
            end = data.maximize(columns, extra=far, iterations=PATIENCE)
    return columns, end


def _monotone_direction(data: CoxData, columns: NDArray[np.int64], end: NewtonEnd) -> NDArray[np.float64] | None:
    """Find a direction in which the likelihood never falls: the last Newton step goes there, or the estimate does."""
    x = np.ascontiguousarray(data.x[:, columns])
    for candidate in (end.step, end.beta):
        if not np.isfinite(candidate).all() or not candidate.any():
            continue
        direction = candidate / np.abs(candidate).max()
        direction[np.abs(direction) < 1e-2] = 0.0
        spread = np.ptp(x @ direction)
        groups = (data.group_start, data.stratum_group, data.first_group)
        if spread > 0.0 and is_monotone(x, data.event, *groups, data.ties == "exact", direction / spread, 1e-3):
            found: NDArray[np.float64] = direction
            return found
    return None


def _far_out(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Stretch a linear predictor so far that rows apart in it are infinitely apart for the likelihood."""
    values = np.unique(np.round(line / np.ptp(line), 6))
    distance = min(45.0 / float(np.diff(values).min()), FARTHEST)
    centered: NDArray[np.float64] = (line - (line.max() + line.min()) / 2.0) * (distance / np.ptp(line))
    return centered


def _inverse(information: NDArray[np.float64]) -> NDArray[np.float64]:
    try:
        inverse: NDArray[np.float64] = np.linalg.inv(information).astype(np.float64, copy=False)
    except np.linalg.LinAlgError:
        return np.full_like(information, NAN)
    return inverse if (np.diag(inverse) > 0.0).all() else np.full_like(information, NAN)


def _quadratic(score: NDArray[np.float64], information: NDArray[np.float64]) -> float:
    if score.size == 0:
        return NAN
    if score.size == 1:
        return float(score[0] ** 2 / information[0, 0]) if information[0, 0] > 0.0 else NAN
    try:
        return float(score @ np.linalg.solve(information, score))
    except np.linalg.LinAlgError:
        solved, _, rank, _ = np.linalg.lstsq(information, score, rcond=1e-12)
        return float(score @ solved) if rank else NAN


def _score_given(data: CoxData, columns: NDArray[np.int64], tested: NDArray[np.int64]) -> float:
    """Return the p-value of the score test of the `tested` columns, the others at their estimates without them."""
    at = np.isin(columns, tested)
    start = np.zeros(columns.size)
    start[~at] = data.maximize(columns[~at], iterations=50).beta
    end = data.maximize(columns, start=start, iterations=0)
    return chi2_upper(_quadratic(end.score_start, end.information_start), tested.size)


def _reasons(
    data: CoxData,
    tested: NDArray[np.int64],
    kept: NDArray[np.int64],
    infinite: dict[int, int],
    converged: bool,
) -> list[str]:
    """Say what could not be estimated, and why."""
    tested_list, found = tested.tolist(), {*kept.tolist(), *infinite}
    idle = [name for j, name in enumerate(data.names) if j not in tested_list]
    lost = [data.names[j] for j in tested_list if j not in found]
    endless = ", ".join(data.names[j] for j in sorted(infinite))
    verb = "does" if len(idle) == 1 else "do"
    return [
        f"{', '.join(idle)} {verb} not vary within risk sets, or only together with the covariates before"
        if idle
        else "",
        f"{endless}: the likelihood rises without end (no finite estimate); the p-value is that of the score test, "
        "and the finite limit comes from the profile likelihood"
        if endless
        else "",
        f"{', '.join(lost)}: nothing is left to estimate from, once {endless} is infinite" if lost else "",
        "" if converged else "the maximum of the likelihood was not found",
    ]
