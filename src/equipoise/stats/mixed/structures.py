"""Covariance structures: the matrix of one subject's visits as a function of few parameters, with two derivatives.

The parameters are the natural ones: the elements of the matrix for "us", variances and correlations for the others,
variance and range for the spatial ones (correlation exp(-d / range), or exp(-(d / range)^2) for "sp_gau"). A structure
is a correlation matrix R(r) scaled by one variance (homogeneous) or one per visit (heterogeneous):
Sigma[a, b] = sqrt(v_a v_b) R[a, b]. Formulas: docs/methods/mmrm.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from equipoise.stats.mixed.correlations import CORRELATIONS, Correlation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Structure = Literal["us", "ar1", "ar1h", "cs", "csh", "toep", "toeph", "ad", "adh", "sp_exp", "sp_gau"]
STRUCTURES: tuple[str, ...] = get_args(Structure)
SPATIAL = ("sp_exp", "sp_gau")
LINEAR = ("us", "cs", "toep")
"""Structures with a parameterization in which the matrix is linear: their second derivatives count as zero."""

TITLES = {
    "us": "unstructured",
    "ar1": "first-order autoregressive",
    "ar1h": "heterogeneous first-order autoregressive",
    "cs": "compound symmetry",
    "csh": "heterogeneous compound symmetry",
    "toep": "Toeplitz",
    "toeph": "heterogeneous Toeplitz",
    "ad": "homogeneous ante-dependence",
    "adh": "heterogeneous ante-dependence",
    "sp_exp": "spatial exponential",
    "sp_gau": "spatial Gaussian",
}


@dataclass(frozen=True, slots=True, eq=False)
class Covariance:
    """One structure for m visits (or m points with given distances)."""

    name: str
    m: int
    correlation: Correlation | None
    heterogeneous: bool

    @property
    def k(self) -> int:
        """Count the parameters."""
        if self.correlation is None:
            return self.m * (self.m + 1) // 2
        return self.n_variances + self.correlation.k

    @property
    def n_variances(self) -> int:
        """Count the variances among the parameters of a structure other than "us"."""
        return self.m if self.heterogeneous else 1

    def matrix(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return Sigma."""
        if self.correlation is None:
            sigma = np.empty((self.m, self.m))
            rows, columns = np.tril_indices(self.m)
            sigma[rows, columns] = theta
            sigma[columns, rows] = theta
            return sigma
        sd = self._sd(theta)
        scaled: NDArray[np.float64] = sd[:, None] * self.correlation.matrix(theta[self.n_variances :]) * sd
        return scaled

    def first(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the first derivatives of Sigma, (k, m, m)."""
        if self.correlation is None:
            return self._unit_matrices()
        v, r = theta[: self.n_variances], theta[self.n_variances :]
        sd = self._sd(theta)
        sigma = sd[:, None] * self.correlation.matrix(r) * sd
        by_variance = self._log_slopes() * sigma / v[:, None, None]
        by_correlation = sd[:, None] * self.correlation.first(r) * sd
        return np.concatenate([by_variance, by_correlation])

    def second(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the second derivatives of Sigma, (k, k, m, m)."""
        if self.correlation is None:
            raise TypeError("the unstructured matrix is linear: its second derivatives are zero")
        nv = self.n_variances
        v, r = theta[:nv], theta[nv:]
        sd = self._sd(theta)
        slopes = self._log_slopes()
        sigma = sd[:, None] * self.correlation.matrix(r) * sd
        out = np.zeros((self.k, self.k, self.m, self.m))
        both = slopes[:, None] * slopes[None]
        both[np.arange(nv), np.arange(nv)] -= slopes
        out[:nv, :nv] = both * sigma / (v[:, None] * v)[:, :, None, None]
        first = sd[:, None] * self.correlation.first(r) * sd
        mixed = slopes[:, None] * first[None] / v[:, None, None, None]
        out[:nv, nv:] = mixed
        out[nv:, :nv] = mixed.transpose(1, 0, 2, 3)
        out[nv:, nv:] = sd[:, None] * self.correlation.second(r) * sd
        return out

    def allowed(self, theta: NDArray[np.float64]) -> bool:
        """Tell whether variances are positive and correlations inside their range."""
        if not np.isfinite(theta).all():
            return False
        if self.correlation is None:
            return bool((np.diag(self.matrix(theta)) > 0.0).all())
        nv = self.n_variances
        return bool((theta[:nv] > 0.0).all()) and self.correlation.allowed(theta[nv:])

    def scales(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the size of each parameter, for steps that do not depend on units."""
        if self.correlation is None:
            sd = np.sqrt(np.diag(self.matrix(theta)))
            rows, columns = np.tril_indices(self.m)
            sizes: NDArray[np.float64] = sd[rows] * sd[columns]
            return sizes
        nv = self.n_variances
        return np.concatenate([theta[:nv], self.correlation.scales(theta[nv:])])

    def start(self, sigma: NDArray[np.float64], pairs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return parameters close to a positive definite matrix; `pairs` counts the subjects behind each element."""
        if self.correlation is None:
            return sigma[np.tril_indices(self.m)]
        variances = np.diag(sigma)
        r = sigma / np.sqrt(np.outer(variances, variances))
        counts = np.diag(pairs)
        v = variances if self.heterogeneous else np.array([np.sum(counts * variances) / np.sum(counts)])
        return np.concatenate([v, self.correlation.start(r, pairs)])

    def names(self, visits: Sequence[str]) -> tuple[str, ...]:
        """Name the parameters."""
        if self.correlation is None:
            rows, columns = np.tril_indices(self.m)
            return tuple(
                f"variance {visits[a]}" if a == b else f"covariance {visits[a]}, {visits[b]}"
                for a, b in zip(rows.tolist(), columns.tolist(), strict=True)
            )
        variances = [f"variance {visit}" for visit in visits] if self.heterogeneous else ["variance"]
        return (*variances, *self.correlation.names(visits))

    def _sd(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        sd: NDArray[np.float64] = np.sqrt(theta[: self.n_variances])
        return sd if self.heterogeneous else np.repeat(sd, self.m)

    def _log_slopes(self) -> NDArray[np.float64]:
        """Return d log Sigma[a, b] / d log v_c: one half for each of a, b that is c; 1 for a common variance."""
        if not self.heterogeneous:
            return np.ones((1, self.m, self.m))
        eye = np.eye(self.m)
        return (eye[:, :, None] + eye[:, None, :]) / 2.0

    def _unit_matrices(self) -> NDArray[np.float64]:
        rows, columns = np.tril_indices(self.m)
        out = np.zeros((self.k, self.m, self.m))
        index = np.arange(self.k)
        out[index, rows, columns] = 1.0
        out[index, columns, rows] = 1.0
        return out


def covariance_structure(name: str, m: int, distances: NDArray[np.float64] | None = None) -> Covariance:
    """Build a structure for m visits; the spatial ones need the distances of the points."""
    if name == "us":
        return Covariance(name, m, None, True)
    heterogeneous = name in ("ar1h", "csh", "toeph", "adh")
    family = name if name in SPATIAL else name.removesuffix("h")
    return Covariance(name, m, CORRELATIONS[family](m, distances), heterogeneous)
