"""Probability that the largest of several correlated standard normal variables exceeds a bound, without simulation.

The variables are v_k'e with unit vectors v_k in r dimensions and e standard normal. The event is split by which k is
largest. Along v_k = (1, 0, ..., 0) write e = (x, w); v_l'e < x for all other l says w is in x P with a fixed
polyhedron P around 0. In polar coordinates of w the integral over x > m has a closed form, and one integral over
directions is left: none for r = 1, Owen's T function for r = 2, over a circle for r = 3, over a sphere for r = 4. All
parts are positive and of the order of the tail, so that p = 1e-20 is as accurate as p = 0.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtrc, ndtr, owens_t

from equipoise.stats.errors import StatsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(48)
MOST_DIMENSIONS = 4


def unit_factor(correlation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return unit rows v_k in as few dimensions as the rank of the correlation matrix needs."""
    values, vectors = np.linalg.eigh(correlation)
    kept = values > 1e-10 * values[-1]
    factor = vectors[:, kept] * np.sqrt(values[kept])
    rows: NDArray[np.float64] = factor / np.linalg.norm(factor, axis=1, keepdims=True)
    return rows


def largest_exceeds(vectors: NDArray[np.float64], bound: float) -> float:
    """Return P(max_k v_k'e > bound) for unit rows v_k.

    Raises
    ------
    StatsError
        If the vectors span more than four dimensions.
    """
    vectors = _distinct(vectors)
    r = vectors.shape[1]
    if r > MOST_DIMENSIONS:
        raise StatsError(f"weights: at most {MOST_DIMENSIONS} linearly independent statistics can be combined, got {r}")
    if bound <= 0.0:
        return 1.0 - _all_exceed(-vectors, -bound)
    if r == 1:
        return float(ndtr(-bound) * vectors.shape[0])
    return sum(_largest_is(vectors, k, bound) for k in range(vectors.shape[0]))


def _distinct(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    kept: list[NDArray[np.float64]] = []
    for row in vectors:
        if all(np.abs(row - other).max() > 1e-9 for other in kept):
            kept.append(row)
    return np.array(kept)


def _largest_is(vectors: NDArray[np.float64], k: int, bound: float) -> float:
    """Return P(v_k'e is the largest and exceeds the bound)."""
    axis = vectors[k]
    basis = _complement(axis)
    others = np.delete(vectors, k, axis=0)
    room = 1.0 - others @ axis
    slopes = others @ basis
    if slopes.shape[1] == 1:
        return sum(_owen(slopes[:, 0] * side, room, bound) for side in (1.0, -1.0))
    if slopes.shape[1] == 2:
        return _over_circle(slopes, room, bound)
    return _over_sphere(slopes, room, bound)


def _complement(axis: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return orthonormal columns perpendicular to a unit vector."""
    q, _ = np.linalg.qr(np.column_stack([axis, np.eye(axis.size)]))
    basis: NDArray[np.float64] = q[:, 1 : axis.size]
    return basis


def _owen(slopes: NDArray[np.float64], room: NDArray[np.float64], bound: float) -> float:
    facing = slopes > 0.0
    reach = float(np.min(room[facing] / slopes[facing])) if facing.any() else np.inf
    return float(owens_t(bound, reach))


def _reach(
    slopes: NDArray[np.float64], room: NDArray[np.float64], directions: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how far the polyhedron reaches from 0 in unit directions (rows); infinite where it is open."""
    facing = directions @ slopes.T
    with np.errstate(divide="ignore"):
        reach: NDArray[np.float64] = np.min(
            np.where(facing > 1e-300, room / np.maximum(facing, 1e-300), np.inf), axis=1
        )
    return reach


def _over_circle(slopes: NDArray[np.float64], room: NDArray[np.float64], bound: float) -> float:
    normals = [slopes[i] * room[j] - slopes[j] * room[i] for i in range(room.size) for j in range(i)] + list(slopes)
    angles = np.array([np.arctan2(n[0], -n[1]) for n in normals])
    edges = np.concatenate([angles, angles + np.pi, np.linspace(0.0, 2.0 * np.pi, 65)])
    edges = np.unique(np.mod(edges, 2.0 * np.pi))
    edges = np.append(edges, 2.0 * np.pi)
    half = np.diff(edges) / 2.0
    theta = ((edges[:-1] + half)[:, None] + half[:, None] * NODES).ravel()
    weight = (half[:, None] * NODE_WEIGHTS).ravel()
    reach = _reach(slopes, room, np.column_stack([np.cos(theta), np.sin(theta)]))
    stretch = np.sqrt(1.0 + reach * reach)
    outside = np.where(np.isinf(reach), 0.0, ndtr(-bound * stretch) / stretch)
    return float(np.sum(weight * (ndtr(-bound) - outside)) / (2.0 * np.pi))


def _over_sphere(slopes: NDArray[np.float64], room: NDArray[np.float64], bound: float) -> float:
    height, height_weight = np.polynomial.legendre.leggauss(400)
    angle = (np.arange(800) + 0.5) * (2.0 * np.pi / 800)
    total = 0.0
    for z, weight in zip(height, height_weight, strict=True):
        side = np.sqrt(1.0 - z * z)
        ring = np.column_stack([side * np.cos(angle), side * np.sin(angle), np.full(angle.size, z)])
        reach = _reach(slopes, room, ring)
        finite = np.minimum(reach, 1e100)
        edge = finite / np.pi * np.exp(-0.5 * np.square(bound) * (1.0 + np.square(finite))) / (1.0 + np.square(finite))
        total += weight * float(np.mean(2.0 * owens_t(bound, reach) - edge))
    return total / 2.0


def _all_exceed(vectors: NDArray[np.float64], bound: float) -> float:
    """Return P(v_k'e > bound for all k), bound >= 0, by the mean over a fixed grid of directions.

    Used where the p-value is above one half, to about six decimals.
    """
    least = (_directions(vectors.shape[1]) @ vectors.T).min(axis=1)
    inside = least > 0.0
    tails = chdtrc(vectors.shape[1], np.square(bound / least[inside]))
    return float(np.sum(tails) / least.size)


def _directions(r: int) -> NDArray[np.float64]:
    """Return points spread evenly over the unit sphere in r dimensions."""
    if r == 1:
        return np.array([[1.0], [-1.0]])
    if r == 2:
        angle = (np.arange(200_000) + 0.5) * (2.0 * np.pi / 200_000)
        return np.column_stack([np.cos(angle), np.sin(angle)])
    if r == 3:
        height, angle = np.meshgrid((np.arange(800) + 0.5) / 400.0 - 1.0, (np.arange(800) + 0.5) * (np.pi / 400.0))
        side = np.sqrt(1.0 - height * height)
        return np.column_stack([part.ravel() for part in (side * np.cos(angle), side * np.sin(angle), height)])
    part = (np.arange(96) + 0.5) / 96.0
    share, first, second = np.meshgrid(part, 2.0 * np.pi * part, 2.0 * np.pi * part)
    near, far = np.sqrt(share), np.sqrt(1.0 - share)
    columns = (near * np.cos(first), near * np.sin(first), far * np.cos(second), far * np.sin(second))
    return np.column_stack([column.ravel() for column in columns])
