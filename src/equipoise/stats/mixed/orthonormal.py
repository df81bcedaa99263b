"""An orthonormal basis of the columns of a model; columns that are combinations of earlier ones are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import solve_triangular

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DEPENDENT = 1e-7
"""A column is dropped if less than this share of its length is left beside the columns before it (as R's qr does)."""
TALL = 50_000
"""Rows from which the triangle is made from pieces that fit into the cache."""
PIECE = 8_192


def orthonormal(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return q and upper with x kept = q upper, and the columns kept."""
    tall = x.shape[0] >= TALL
    if tall:
        pieces = [np.linalg.qr(x[i : i + PIECE], mode="r") for i in range(0, x.shape[0], PIECE)]
        upper = np.asarray(np.linalg.qr(np.concatenate(pieces), mode="r"))
    else:
        q, upper = np.linalg.qr(x)
    kept = _independent(upper, np.sqrt(np.einsum("ij,ij->j", x, x)))
    if tall:
        return *_tall_basis(x, upper, kept), np.array(kept, np.int64)
    if len(kept) < x.shape[1]:
        q, upper = np.linalg.qr(x[:, kept])
    return np.asarray(q), np.asarray(upper), np.array(kept, np.int64)


def inverse_upper(upper: NDArray[np.float64]) -> NDArray[np.float64]:
    """Invert an upper triangle."""
    inverse: NDArray[np.float64] = solve_triangular(upper, np.eye(upper.shape[0]))
    return inverse


def _independent(upper: NDArray[np.float64], lengths: NDArray[np.float64]) -> list[int]:
    """Return the columns that are no combinations of the ones before them."""
    kept = list(range(upper.shape[1]))
    small = upper
    while True:
        own = np.abs(np.diag(small))
        short = np.flatnonzero(own <= DEPENDENT * lengths[kept][: own.size])
        if short.size == 0:
            return kept[: small.shape[0]]
        del kept[int(short[0])]
        small = np.asarray(np.linalg.qr(upper[:, kept], mode="r"))


def _tall_basis(
    x: NDArray[np.float64], upper: NDArray[np.float64], kept: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Divide by the triangle, then make what rounding left over orthonormal once more."""
    if len(kept) < x.shape[1]:
        x = x[:, kept]
        upper = np.asarray(np.linalg.qr(upper[:, kept], mode="r"))
    q = x @ inverse_upper(upper)
    rest = np.asarray(np.linalg.cholesky(q.T @ q).T, np.float64)
    basis: NDArray[np.float64] = q @ inverse_upper(rest)
    triangle: NDArray[np.float64] = rest @ upper
    return basis, triangle
