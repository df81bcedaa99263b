"""The likelihood of a mixed model for repeated measures, with exact gradient and Hessian, by visit patterns.

For the rows of a pattern W = V^-1. With K = sum X'WX, b = K^-1 sum X'Wy and r = y - Xb, the function minimized is, up
to constants, f = 1/2 (sum log|V| + sum r'Wr + log|K|); log|K| belongs to REML only. Derivatives are taken in the
elements of Sigma and chained to the parameters: with P = W - W X K^-1 X'W,

    gradient_h   = 1/2 [tr(P V_h) - r'W V_h W r]
    Hessian_hj   = 1/2 [tr(P V_hj) - r'W V_hj W r - tr(P V_h P V_j)] + r'W V_h P V_j W r

and all sums over subjects reduce to W, sums of products of WX and Wr for pairs of visits, and sums per pattern.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import solve_triangular

from equipoise.stats.mixed.curvature import weighted_curvature

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from equipoise.stats.mixed.blocks import Block
    from equipoise.stats.mixed.curvature import Parameters
    from equipoise.stats.mixed.structures import Covariance


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """The function at one point, with what its derivatives need.

    `whiten` is the upper triangle of K inverted, so that K^-1 = whiten whiten'; `beta` are the coefficients.
    """

    theta: NDArray[np.float64]
    objective: float
    beta: NDArray[np.float64]
    whiten: NDArray[np.float64]
    inverses: list[NDArray[np.float64]]
    weighted: list[NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """Derivatives at one point.

    `information[h]` is sum X'W V_h W X in the coordinates in which K is the identity: minus the derivative of K.
    """

    gradient: NDArray[np.float64]
    hessian: NDArray[np.float64]
    information: NDArray[np.float64]


class PatternLikelihood:
    """Likelihood of one structure for blocks of subjects; the last column of each block is the response."""

    def __init__(self, blocks: Sequence[Block], structures: Sequence[Covariance], *, reml: bool) -> None:
        self.blocks = blocks
        self.structures = structures
        self.reml = reml
        self.m = structures[0].m
        self.p = blocks[0].z.shape[2] - 1
        ends = np.cumsum([structure.k for structure in structures])
        self.parts = [slice(end - s.k, end) for end, s in zip(ends.tolist(), structures, strict=True)]
        self.k = int(ends[-1])

    def allowed(self, theta: NDArray[np.float64]) -> bool:
        """Tell whether all parameters lie in their range."""
        return all(s.allowed(theta[part]) for s, part in zip(self.structures, self.parts, strict=True))

    def scales(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the size of each parameter."""
        return np.concatenate([s.scales(theta[part]) for s, part in zip(self.structures, self.parts, strict=True)])

    def matrices(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return Sigma of each group."""
        return np.stack([s.matrix(theta[part]) for s, part in zip(self.structures, self.parts, strict=True)])

    def room(self, theta: NDArray[np.float64], step: NDArray[np.float64]) -> float:
        """Return how many steps lie between here and a singular matrix, to first order; infinite where none does."""
        least = 0.0
        for structure, part in zip(self.structures, self.parts, strict=True):
            half = np.linalg.inv(np.linalg.cholesky(structure.matrix(theta[part])))
            change = np.tensordot(step[part], structure.first(theta[part]), 1)
            least = min(least, float(np.linalg.eigvalsh(half @ change @ half.T)[0]))
        return -1.0 / least if least < 0.0 else np.inf

    def weakest(self, theta: NDArray[np.float64]) -> float:
        """Return the smallest eigenvalue of the correlation matrices."""
        sigma = self.matrices(theta)
        sd = np.sqrt(np.diagonal(sigma, axis1=1, axis2=2))
        return float(np.linalg.eigvalsh(sigma / (sd[:, :, None] * sd[:, None, :])).min())

    def value(self, theta: NDArray[np.float64]) -> Value | None:
        """Evaluate the function; None where a covariance matrix is not positive definite."""
        if not self.allowed(theta):
            return None
        sigma = self.matrices(theta)
        log_det = 0.0
        products = np.zeros((self.p + 1, self.p + 1))
        inverses, weighted = [], []
        try:
            np.linalg.cholesky(sigma)
            for block in self.blocks:
                v = sigma[block.group[:, None, None], block.visits[:, :, None], block.visits[:, None, :]]
                lower = np.linalg.cholesky(v)
                log_det += float(block.count @ np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1))
                half = np.linalg.inv(lower)
                w = half.transpose(0, 2, 1) @ half
                u = w[block.pattern_of] @ block.z
                products += block.z.reshape(-1, self.p + 1).T @ u.reshape(-1, self.p + 1)
                inverses.append(w)
                weighted.append(u)
            return solve_coefficients(theta, log_det, products, inverses, weighted, reml=self.reml)
        except np.linalg.LinAlgError:
            return None

    def slopes(self, at: Value) -> Slopes:
        """Evaluate gradient and Hessian."""
        turned, square = turn(at), self.m * self.m
        information = np.empty((self.k, self.p, self.p))
        cross = np.empty((self.k, self.p))
        gradient, hessian = np.empty(self.k), np.zeros((self.k, self.k))
        for g, (structure, part) in enumerate(zip(self.structures, self.parts, strict=True)):
            theta = at.theta[part]
            first = structure.first(theta).reshape(structure.k, square)
            pairs = self._pair_products(turned, g)
            information[part] = (first @ pairs[0]).reshape(structure.k, self.p, self.p)
            cross[part] = first @ pairs[1]
            residual, curvature = self._pattern_sums(at, turned, g)
            gradient[part] = 0.5 * (first @ residual.ravel())
            hessian[part, part] = 0.5 * (first @ curvature @ first.T)
            if structure.correlation is not None:
                hessian[part, part] += 0.5 * np.tensordot(structure.second(theta), residual, 2)
        if self.reml:
            flat = information.reshape(self.k, -1)
            hessian -= 0.5 * (flat @ flat.T)
        hessian -= cross @ cross.T
        return Slopes(gradient, (hessian + hessian.T) / 2.0, information)

    def bias(
        self,
        at: Value,
        theta_vcov: NDArray[np.float64],
        parameters: Parameters,
    ) -> NDArray[np.float64]:
        """Return sum_hj T_hj (X'W V_h W V_j W X - 1/4 X'W V_hj W X) where K is the identity.

        Products are contracted in the space of visits first: one matrix per pattern, whatever the number of parameters.
        """
        m = self.m
        middle, curvature = [], []
        for structure, part in zip(self.structures, self.parts, strict=True):
            first = structure.first(at.theta[part]).reshape(structure.k, m * m)
            four = (first.T @ theta_vcov[part, part] @ first).reshape(m, m, m, m)
            middle.append(four.transpose(1, 2, 0, 3).reshape(m * m, m * m))
            curvature.append(weighted_curvature(structure, at.theta[part], theta_vcov[part, part], parameters))
        total = np.zeros((self.p, self.p))
        for block, w, u in zip(self.blocks, at.inverses, at.weighted, strict=True):
            wide = _embed(w, block.visits, m).reshape(-1, m * m)
            flat = np.empty_like(wide)
            for g, spread in enumerate(middle):
                rows = block.group == g
                flat[rows] = wide[rows] @ spread
            inner = flat.reshape(-1, m, m) - 0.25 * np.stack(curvature)[block.group]
            k = np.arange(inner.shape[0])[:, None, None]
            small = inner[k, block.visits[:, :, None], block.visits[:, None, :]]
            x = u[:, :, : self.p] @ at.whiten
            total += x.reshape(-1, self.p).T @ (small[block.pattern_of] @ x).reshape(-1, self.p)
        return (total + total.T) / 2.0

    def _pair_products(
        self, turned: list[NDArray[np.float64]], g: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return sums over subjects of the products of WX (and of WX with W r) for each pair of visits."""
        m, p = self.m, self.p
        chosen = [block.group[block.pattern_of] == g for block in self.blocks]
        wide = np.zeros((sum(int(rows.sum()) for rows in chosen), m, p + 1))
        start = 0
        for block, f, rows in zip(self.blocks, turned, chosen, strict=True):
            chosen_rows = f[rows] if len(self.structures) > 1 else f
            index = np.arange(start, start + chosen_rows.shape[0])[:, None]
            wide[index, block.visits[block.pattern_of[rows]]] = chosen_rows
            start += chosen_rows.shape[0]
        flat = wide.reshape(start, m * (p + 1))
        products = (flat.T @ flat).reshape(m, p + 1, m, p + 1)
        xx = products[:, :p, :, :p].transpose(0, 2, 1, 3).reshape(m * m, p * p)
        xr = products[:, :p, :, p].transpose(0, 2, 1).reshape(m * m, p)
        return xx, xr

    def _pattern_sums(
        self, at: Value, turned: list[NDArray[np.float64]], g: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return D = sum n W - C - S, (m, m), and sum W (x) (2 C + 2 S - n W), (m^2, m^2), of one group.

        S = sum W r r'W, and C = sum WX K^-1 X'W under REML, else 0.
        """
        m = self.m
        residual = np.zeros((m, m))
        curvature = np.zeros((m * m, m * m))
        for block, w, f in zip(self.blocks, at.inverses, turned, strict=True):
            part = f if self.reml else f[:, :, self.p :]
            sums = np.add.reduceat(part @ part.transpose(0, 2, 1), block.first, axis=0)
            rows = block.group == g
            wide = _embed(w[rows], block.visits[rows], m)
            scaled = block.count[rows, None, None] * wide
            wide_sums = _embed(sums[rows], block.visits[rows], m)
            residual += (scaled - wide_sums).sum(axis=0)
            curvature += wide.reshape(-1, m * m).T @ (2.0 * wide_sums - scaled).reshape(-1, m * m)
        return residual, curvature.reshape(m, m, m, m).transpose(3, 0, 1, 2).reshape(m * m, m * m)


def turning(at: Value) -> NDArray[np.float64]:
    """Return the matrix that turns columns (X, y) into X where K is the identity, and residuals."""
    p = at.beta.size
    matrix = np.zeros((p + 1, p + 1))
    matrix[:p, :p], matrix[:p, p], matrix[p, p] = at.whiten, -at.beta, 1.0
    return matrix


def turn(at: Value) -> list[NDArray[np.float64]]:
    """Return WX in the coordinates in which K is the identity, with W r as the last column."""
    matrix = turning(at)
    return [(u.reshape(-1, u.shape[2]) @ matrix).reshape(u.shape) for u in at.weighted]


def solve_coefficients(
    theta: NDArray[np.float64],
    half_log_det: float,
    products: NDArray[np.float64],
    inverses: list[NDArray[np.float64]],
    weighted: list[NDArray[np.float64]],
    *,
    reml: bool,
) -> Value:
    """Finish an evaluation from the sums of Z'WZ, Z = (X, y)."""
    p = products.shape[0] - 1
    upper = np.linalg.cholesky(products[:p, :p]).T
    whiten = solve_triangular(upper, np.eye(p))
    score = whiten.T @ products[:p, p]
    objective = half_log_det + 0.5 * float(products[p, p] - score @ score)
    if reml:
        objective += float(np.log(np.diag(upper)).sum())
    return Value(theta, objective, whiten @ score, whiten, inverses, weighted)


def _embed(small: NDArray[np.float64], visits: NDArray[np.int64], m: int) -> NDArray[np.float64]:
    """Place matrices of the observed visits into matrices of all visits, zero elsewhere."""
    wide = np.zeros((small.shape[0], m, m))
    k = np.arange(small.shape[0])[:, None, None]
    wide[k, visits[:, :, None], visits[:, None, :]] = small
    return wide
