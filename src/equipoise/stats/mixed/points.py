"""The likelihood where each subject has points of its own: spatial structures on scattered coordinates.

The formulas are those of `likelihood`; sums run over subjects instead of patterns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats.mixed.correlations import NEAR_ONE, Spatial
from equipoise.stats.mixed.curvature import bending
from equipoise.stats.mixed.likelihood import Slopes, Value, solve_coefficients, turn
from equipoise.stats.mixed.structures import Covariance, covariance_structure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from equipoise.stats.mixed.blocks import Block
    from equipoise.stats.mixed.curvature import Parameters

PARAMETERS = 2


class PointLikelihood:
    """Likelihood of one spatial structure; the parameters of each group are variance and range."""

    def __init__(
        self, blocks: Sequence[Block], points: NDArray[np.float64], name: str, n_groups: int, *, reml: bool
    ) -> None:
        self.blocks = blocks
        self.reml = reml
        self.m = 1
        self.p = blocks[0].z.shape[2] - 1
        self.k = PARAMETERS * n_groups
        self.structures: list[Covariance] = [covariance_structure(name, 2, np.ones((2, 2)))] * n_groups
        self.parts = [slice(PARAMETERS * g, PARAMETERS * (g + 1)) for g in range(n_groups)]
        self._power = 1 if name == "sp_exp" else 2
        self._distances = [_within(points[block.visits]) for block in blocks]

    def allowed(self, theta: NDArray[np.float64]) -> bool:
        """Tell whether all parameters are positive."""
        return bool(np.isfinite(theta).all() and (theta > 0.0).all())

    def scales(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the size of each parameter."""
        return theta.copy()

    def matrices(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the variance of each group, as matrices of one point."""
        return theta[::PARAMETERS].reshape(-1, 1, 1).copy()

    def start(self) -> NDArray[np.float64]:
        """Return the variance of the residuals and the range at which correlations have their mean."""
        squares = products = distances = n = pairs = 0.0
        for block, d in zip(self.blocks, self._distances, strict=True):
            e = block.z[:, :, -1]
            apart = d > 0.0
            squares, n = squares + float((e * e).sum()), n + e.size
            products += float((e[:, :, None] * e[:, None, :])[apart].sum())
            distances, pairs = distances + float((d[apart] ** self._power).sum()), pairs + int(apart.sum())
        variance = squares / n
        if not pairs:
            return np.tile([variance, 1.0], len(self.parts))
        correlation = float(np.clip(products / pairs / variance, 0.05, NEAR_ONE))
        reach = (distances / pairs / -np.log(correlation)) ** (1.0 / self._power)
        return np.tile([variance, reach], len(self.parts))

    def room(self, theta: NDArray[np.float64], step: NDArray[np.float64]) -> float:
        """Return how many steps lie between here and a parameter that is 0; infinite where none does."""
        least = float((step / theta).min())
        return -1.0 / least if least < 0.0 else np.inf

    def weakest(self, theta: NDArray[np.float64]) -> float:  # noqa: ARG002 - each subject has its own matrix
        """Return 1: points that coincide are refused beforehand."""
        return 1.0

    def value(self, theta: NDArray[np.float64]) -> Value | None:
        """Evaluate the function; None where a covariance matrix is not positive definite."""
        if not self.allowed(theta):
            return None
        half_log_det = 0.0
        products = np.zeros((self.p + 1, self.p + 1))
        inverses, weighted = [], []
        try:
            for block, d in zip(self.blocks, self._distances, strict=True):
                lower = np.linalg.cholesky(self._matrices(theta, block, d))
                half_log_det += float(np.log(np.diagonal(lower, axis1=1, axis2=2)).sum())
                half = np.linalg.inv(lower)
                w = half.transpose(0, 2, 1) @ half
                u = w @ block.z
                products += block.z.reshape(-1, self.p + 1).T @ u.reshape(-1, self.p + 1)
                inverses.append(w)
                weighted.append(u)
            return solve_coefficients(theta, half_log_det, products, inverses, weighted, reml=self.reml)
        except np.linalg.LinAlgError:
            return None

    def slopes(self, at: Value) -> Slopes:
        """Evaluate gradient and Hessian."""
        information, cross = np.zeros((self.k, self.p, self.p)), np.zeros((self.k, self.p))
        gradient, hessian = np.zeros(self.k), np.zeros((self.k, self.k))
        for block, d, w, f in zip(self.blocks, self._distances, at.inverses, turn(at), strict=True):
            for g, part in enumerate(self.parts):
                rows = block.group == g
                first, second = self._derivatives(at.theta[part], d[rows])
                wg, fg = w[rows], f[rows]
                x, e = fg[:, :, : self.p], fg[:, :, self.p]
                moved = first @ x
                information[part] += np.einsum("nsp,hnsq->hpq", x, moved, optimize=True)
                cross[part] += np.einsum("hnsp,ns->hp", moved, e)
                used = fg if self.reml else fg[:, :, self.p :]
                sums = used @ used.transpose(0, 2, 1)
                gradient[part] += 0.5 * np.tensordot(first, wg - sums, 3)
                turned, outer = first @ wg, first @ (2.0 * sums - wg)
                hessian[part, part] += 0.5 * np.einsum("hnab,jnba->hj", turned, outer, optimize=True)
                hessian[part, part] += 0.5 * np.tensordot(second, wg - sums, 3)
        if self.reml:
            flat = information.reshape(self.k, -1)
            hessian -= 0.5 * (flat @ flat.T)
        hessian -= cross @ cross.T
        return Slopes(gradient, (hessian + hessian.T) / 2.0, information)

    def bias(self, at: Value, theta_vcov: NDArray[np.float64], parameters: Parameters) -> NDArray[np.float64]:
        """Return sum_hj T_hj (X'W V_h W V_j W X - 1/4 X'W V_hj W X) where K is the identity."""
        total = np.zeros((self.p, self.p))
        for block, d, w, u in zip(self.blocks, self._distances, at.inverses, at.weighted, strict=True):
            for g, part in enumerate(self.parts):
                rows = block.group == g
                first, second = self._derivatives(at.theta[part], d[rows])
                vcov = theta_vcov[part, part]
                inner = np.einsum("hj,hnab,jnbc->nac", vcov, first @ w[rows], first, optimize=True)
                if parameters != "linear":
                    inner -= 0.25 * np.tensordot(vcov, second, 2)
                if parameters == "r":
                    factor = np.diag(vcov) * bending(self.structures[g], at.theta[part])
                    inner -= 0.25 * np.tensordot(factor, first, 1)
                x = u[rows][:, :, : self.p] @ at.whiten
                total += np.einsum("nsp,nsq->pq", x, inner @ x, optimize=True)
        return (total + total.T) / 2.0

    def _matrices(self, theta: NDArray[np.float64], block: Block, d: NDArray[np.float64]) -> NDArray[np.float64]:
        variance, reach = theta[::PARAMETERS][block.group], theta[1::PARAMETERS][block.group]
        v: NDArray[np.float64] = variance[:, None, None] * np.exp(-((d / reach[:, None, None]) ** self._power))
        return v

    def _derivatives(
        self, theta: NDArray[np.float64], d: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        variance, reach = theta[0], theta[1:]
        spatial = Spatial(self._power, np.ones((2, 2)))
        spatial.distances = d
        r, slope, bend = spatial.matrix(reach), spatial.first(reach)[0], spatial.second(reach)[0, 0]
        first = np.stack([r, variance * slope])
        second = np.stack([np.stack([np.zeros_like(r), slope]), np.stack([slope, variance * bend])])
        return first, second


def point_distances(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distances of all points."""
    return np.asarray(_within(points[None])[0], np.float64)


def _within(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distances of the points of each subject, (n, s, s)."""
    distances: NDArray[np.float64] = np.sqrt(((points[:, :, None, :] - points[:, None, :, :]) ** 2).sum(axis=3))
    return distances
