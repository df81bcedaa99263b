"""Log-likelihood of a log-time model, log T = x beta + sigma W, and its maximum by Newton's method.

The parameters are beta and log sigma, one per scale stratum. Rows of one kind (exact, above, below, between) are
summed together; a row that enters late counts once more, as above its entry, with weight -1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from equipoise.stats.survival.error_distributions import LAWS, between

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EXACT, ABOVE, BELOW, BETWEEN = range(4)
MAX_STEPS = 100
MAX_HALVINGS = 40
TOLERANCE = 1e-20
"""Newton stops when the gain that a step promises is below this share of the log-likelihood."""


@dataclass(frozen=True, slots=True, eq=False)
class LogTimeData:
    """Rows for the likelihood: `low` and `high` are log times (`high` is used by BELOW and BETWEEN only)."""

    kind: NDArray[np.int64]
    low: Floats
    high: Floats
    x: Floats
    scale: NDArray[np.int64]
    weight: Floats
    n_scales: int
    law: str
    fixed_scale: bool

    @property
    def size(self) -> int:
        """Count the parameters."""
        return int(self.x.shape[1]) + (0 if self.fixed_scale else self.n_scales)

    def only(self, columns: int) -> LogTimeData:
        """Keep the first covariates."""
        return replace(self, x=self.x[:, :columns])


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """Where the likelihood is greatest; `information` is minus the matrix of second derivatives."""

    beta: Floats
    log_scale: Floats
    loglik: float
    information: Floats
    iterations: int
    converged: bool


def evaluate(data: LogTimeData, theta: Floats) -> tuple[float, Floats, Floats]:
    """Return the log-likelihood of the times, its gradient, and minus its second derivatives."""
    p = data.x.shape[1]
    log_scale = np.zeros(data.n_scales) if data.fixed_scale else theta[p:]
    sigma = np.exp(log_scale)[data.scale]
    center = data.x @ theta[:p]
    z1, z2 = (data.low - center) / sigma, (data.high - center) / sigma
    value, by_center, by_scale, cc, cs, ss = (np.zeros(z1.size) for _ in range(6))
    law = LAWS[data.law]
    for kind in (EXACT, ABOVE, BELOW):
        rows = data.kind == kind
        if not rows.any():
            continue
        z = z2[rows] if kind == BELOW else z1[rows]
        parts = (law.density, law.above, law.below)[kind](z)
        jacobian = log_scale[data.scale[rows]] + data.low[rows] if kind == EXACT else 0.0
        value[rows] = parts[0] - jacobian
        by_center[rows], cc[rows] = -parts[1], parts[2]
        by_scale[rows] = -z * parts[1] - (1.0 if kind == EXACT else 0.0)
        cs[rows], ss[rows] = z * parts[2] + parts[1], z * (z * parts[2] + parts[1])
    rows = data.kind == BETWEEN
    if rows.any():
        a, b = z1[rows], z2[rows]
        pair = between(law, a, b)
        value[rows] = pair.value
        by_center[rows], by_scale[rows] = -(pair.d1 + pair.d2), -(a * pair.d1 + b * pair.d2)
        cc[rows] = pair.d11 + 2.0 * pair.d12 + pair.d22
        cs[rows] = a * pair.d11 + (a + b) * pair.d12 + b * pair.d22 + pair.d1 + pair.d2
        ss[rows] = a * a * pair.d11 + 2.0 * a * b * pair.d12 + b * b * pair.d22 + a * pair.d1 + b * pair.d2
    return _collect(data, value, (by_center / sigma, by_scale), (cc / sigma**2, cs / sigma, ss))


def _collect(
    data: LogTimeData, value: Floats, first: tuple[Floats, Floats], second: tuple[Floats, Floats, Floats]
) -> tuple[float, Floats, Floats]:
    p, w = data.x.shape[1], data.weight
    gradient, information = np.zeros(data.size), np.zeros((data.size, data.size))
    gradient[:p] = data.x.T @ (w * first[0])
    information[:p, :p] = -(data.x.T * (w * second[0])) @ data.x
    if not data.fixed_scale:
        for k in range(data.n_scales):
            rows = data.scale == k
            gradient[p + k] = np.sum(w[rows] * first[1][rows])
            cross = -data.x[rows].T @ (w[rows] * second[1][rows])
            information[:p, p + k], information[p + k, :p] = cross, cross
            information[p + k, p + k] = -np.sum(w[rows] * second[2][rows])
    return float(np.sum(w * value)), gradient, information


def maximize(data: LogTimeData, start: Floats) -> Maximum:
    """Climb from `start` by Newton steps, bent toward the gradient where the likelihood is not concave."""
    theta = start.copy()
    value, gradient, information = evaluate(data, theta)
    converged, steps = False, 0
    while steps < MAX_STEPS and not converged:
        steps += 1
        step = _ascent(gradient, information)
        gain = float(gradient @ step)
        for _ in range(MAX_HALVINGS):
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                trial = evaluate(data, theta + step)
            if np.isfinite(trial[0]) and trial[0] >= value - 1e-12 * abs(value):
                break
            step = step / 2.0
        theta = theta + step
        value, gradient, information = trial
        converged = gain <= TOLERANCE * max(1.0, abs(value))
    p = data.x.shape[1]
    log_scale = np.zeros(data.n_scales) if data.fixed_scale else theta[p:]
    return Maximum(theta[:p], log_scale, value, information, steps, converged)


def _ascent(gradient: Floats, information: Floats) -> Floats:
    """Solve for the Newton step; a ridge makes the matrix positive definite where it is not."""
    ridge = 0.0
    top = max(float(np.abs(np.diag(information)).max()), 1e-300)
    for _ in range(60):
        try:
            factor = cho_factor(information + ridge * np.eye(gradient.size))
            return np.asarray(cho_solve(factor, gradient))
        except LinAlgError:
            ridge = max(10.0 * ridge, 1e-8 * top)
    return gradient / top
