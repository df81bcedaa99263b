"""Starting values: the covariance of ordinary least-squares residuals, pair of visits by pair of visits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from equipoise.stats.mixed.blocks import Block
    from equipoise.stats.mixed.likelihood import PatternLikelihood

SHRINKAGE = (1.0, 0.5, 0.0)
"""Shares of the empirical correlations that starting points have: the later ones are tried where the first fails."""
SMALLEST = 0.02
"""Eigenvalues of the starting correlation matrix are raised to at least this."""


def pairwise_moments(blocks: Sequence[Block], m: int, group: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return sums of products of residuals and numbers of subjects for each pair of visits."""
    sums, pairs = np.zeros((m, m)), np.zeros((m, m))
    for block in blocks:
        rows = block.group == group
        residual = block.z[:, :, -1]
        products = np.add.reduceat(residual[:, :, None] * residual[:, None, :], block.first, axis=0)
        a, b = block.visits[rows][:, :, None], block.visits[rows][:, None, :]
        np.add.at(sums, (a, b), products[rows])
        np.add.at(pairs, (a, b), block.count[rows][:, None, None])
    return sums, pairs


def pairwise_covariance(sums: NDArray[np.float64], pairs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a positive definite matrix close to the pairwise covariances; pairs never seen count as uncorrelated."""
    variances = np.diag(sums) / np.maximum(np.diag(pairs), 1.0)
    floor = 1e-6 * max(float(variances.max()), 1e-300)
    sd = np.sqrt(np.maximum(variances, floor))
    r = np.where(pairs > 0.0, sums / np.maximum(pairs, 1.0), 0.0) / np.outer(sd, sd)
    r = np.clip(r, -1.0, 1.0)
    np.fill_diagonal(r, 1.0)
    values, vectors = np.linalg.eigh(r)
    if values[0] < SMALLEST:
        r = (vectors * np.maximum(values, SMALLEST)) @ vectors.T
        root = np.sqrt(np.diag(r))
        r = r / np.outer(root, root)
    sigma: NDArray[np.float64] = r * np.outer(sd, sd)
    return sigma


def starting_points(blocks: Sequence[Block], likelihood: PatternLikelihood) -> list[NDArray[np.float64]]:
    """Return parameters near the pairwise covariance of residuals, then nearer to no correlation."""
    points = []
    moments = [pairwise_moments(blocks, s.m, g) for g, s in enumerate(likelihood.structures)]
    for share in SHRINKAGE:
        parts = []
        for structure, (sums, pairs) in zip(likelihood.structures, moments, strict=True):
            sigma = pairwise_covariance(sums, pairs)
            parts.append(structure.start(share * sigma + (1.0 - share) * np.diag(np.diag(sigma)), pairs))
        point = np.concatenate(parts)
        if likelihood.value(point) is not None:
            points.append(point)
    return points
