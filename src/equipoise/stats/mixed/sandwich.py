"""Sandwich covariances by subject, with Bell and McCaffrey's degrees of freedom.

With W = L L' (lower triangle), x = L'X and e = L'r of a subject in the coordinates in which the information is the
identity, and H = x x': the covariance is the sum of s s', s = x'A e, where A is the identity (CR0), (I - H)^(-1/2)
(CR2) or (I - H)^-1 (CR3). There is no factor for the number of subjects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from equipoise.stats.mixed.inference import pooled_df
from equipoise.stats.mixed.likelihood import turning

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equipoise.stats.mixed.fit import Fit

Sandwich = Literal["CR0", "CR2", "CR3"]
SANDWICHES: tuple[str, ...] = get_args(Sandwich)
POWER = {"CR0": 0.0, "CR2": -0.5, "CR3": -1.0}
EMPTY = 1e-10
"""Eigenvalues of I - H below this are zero: the subject fits itself in that direction."""


class SandwichInference:
    """A sandwich covariance and its degrees of freedom under the fitted model."""

    def __init__(self, fit: Fit, kind: str) -> None:
        at, p = fit.optimum.value, fit.coef.size
        matrix = turning(at)
        self._x: list[NDArray[np.float64]] = []
        self._ax: list[NDArray[np.float64]] = []
        self.vcov = np.zeros((p, p))
        for block, w in zip(fit.data.blocks, at.inverses, strict=True):
            lower = np.linalg.cholesky(w)
            z = lower.transpose(0, 2, 1)[block.pattern_of] @ block.z @ matrix
            x = np.ascontiguousarray(z[:, :, :p])
            adjusted = _adjusted(x, POWER[kind])
            scores = np.einsum("isp,is->ip", adjusted, z[:, :, p])
            self.vcov += scores.T @ scores
            self._x.append(x)
            self._ax.append(adjusted)

    def df(self, contrasts: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: ARG002
        return np.array([self._df(contrast) for contrast in contrasts])

    def f_df(self, contrasts: NDArray[np.float64], columns: NDArray[np.float64]) -> tuple[float, float]:  # noqa: ARG002
        _, vectors = np.linalg.eigh(contrasts @ self.vcov @ contrasts.T)
        return 1.0, pooled_df(self.df(vectors.T @ contrasts, contrasts))

    def _df(self, contrast: NDArray[np.float64]) -> float:
        """Return tr(G)^2 / sum G^2 with G = diag(a'a) - U U', a = A x c, u = x'a."""
        own, cross = [], []
        for x, adjusted in zip(self._x, self._ax, strict=True):
            a = adjusted @ contrast
            own.append(np.einsum("is,is->i", a, a))
            cross.append(np.einsum("isp,is->ip", x, a))
        d, u = np.concatenate(own), np.concatenate(cross)
        lengths = np.einsum("ip,ip->i", u, u)
        trace = float(d.sum() - lengths.sum())
        squares = float(d @ d - 2.0 * d @ lengths + np.sum((u.T @ u) ** 2))
        return trace * trace / squares


def _adjusted(x: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    if power == 0.0:
        return x
    s = x.shape[1]
    values, vectors = np.linalg.eigh(np.eye(s) - x @ x.transpose(0, 2, 1))
    root = np.where(values > EMPTY, np.maximum(values, EMPTY) ** power, 0.0)
    result: NDArray[np.float64] = (vectors * root[:, None, :]) @ (vectors.transpose(0, 2, 1) @ x)
    return result
