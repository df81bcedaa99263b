"""Second derivatives of Sigma, weighted by the covariance of the parameters, for the Kenward-Roger covariance.

Natural parameters are the default; matrices that are linear in some parameters (us, cs, toep) have none. The
parameters of R's mmrm are logs of standard deviations, rho / sqrt(1 - rho^2) of correlations, and for "us" the logs of
the diagonal and the rows of a unit triangle: Sigma = L L', L = diag(d) U. A parameter that is a function psi of one
natural parameter adds -psi'' / psi' times its variance times the first derivative of Sigma.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from equipoise.stats.mixed.structures import LINEAR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equipoise.stats.mixed.structures import Covariance

Parameters = Literal["linear", "natural", "r"]


def weighted_curvature(
    structure: Covariance, theta: NDArray[np.float64], vcov: NDArray[np.float64], parameters: Parameters
) -> NDArray[np.float64]:
    """Return sum_hj T_hj V_hj of one group, T being `vcov`."""
    if parameters == "linear" or (parameters == "natural" and structure.name in LINEAR):
        return np.zeros((structure.m, structure.m))
    if structure.correlation is None:
        return _cholesky_curvature(structure.matrix(theta), vcov)
    second = structure.second(theta)
    total: NDArray[np.float64] = np.tensordot(vcov, second, 2)
    if parameters == "r":
        total = total + np.tensordot(np.diag(vcov) * bending(structure, theta), structure.first(theta), 1)
    return total


def bending(structure: Covariance, theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return -psi'' / psi' of every natural parameter but those of "us"."""
    nv = structure.n_variances
    v, r = theta[:nv], theta[nv:]
    if structure.name in ("cs", "csh"):
        a = 1.0 / max(structure.m - 1, 1)
        share = (r + a) / (1.0 + a)
        by_r = (1.0 - 2.0 * share) / ((1.0 + a) * share * (1.0 - share))
    elif structure.name.startswith("sp_"):
        c = 1.0 if structure.name == "sp_exp" else 2.0
        w = r**-c
        slope = -c * w / r
        first = -1.0 / -np.expm1(-w)
        second = np.exp(-w) / np.expm1(-w) ** 2
        by_r = -(second * slope**2 + first * c * (c + 1.0) * w / r**2) / (first * slope)
    else:
        by_r = -3.0 * r / (1.0 - r**2)
    return np.concatenate([1.0 / v, by_r])


def cholesky_slopes(lower: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return dL of every parameter: logs of the diagonal, then the unit triangle by rows."""
    m = lower.shape[0]
    rows, columns = np.tril_indices(m, -1)
    out = np.zeros((m + rows.size, m, m))
    out[np.arange(m), np.arange(m)] = lower
    out[m + np.arange(rows.size), rows, columns] = lower[rows, rows]
    return out


def _cholesky_curvature(sigma: NDArray[np.float64], vcov: NDArray[np.float64]) -> NDArray[np.float64]:
    m = sigma.shape[0]
    lower = np.linalg.cholesky(sigma)
    slopes = cholesky_slopes(np.asarray(lower, np.float64))
    k = slopes.shape[0]
    by_parameter = slopes @ lower.T
    by_parameter = by_parameter + by_parameter.transpose(0, 2, 1)
    low_rows, low_columns = np.tril_indices(m)
    inverse = np.linalg.inv(by_parameter[:, low_rows, low_columns].T)
    turned = inverse @ vcov @ inverse.T
    weighted = np.tensordot(turned, slopes, 1)
    products = np.einsum("hab,hcb->ac", slopes, weighted)
    rows, columns = np.tril_indices(m, -1)
    second = np.diag(turned)[:m, None] * lower
    second[rows, columns] += 2.0 * turned[rows, m + np.arange(k - m)] * lower[rows, rows]
    total: NDArray[np.float64] = second @ lower.T + products
    return total + total.T
