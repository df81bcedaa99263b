"""Correlation matrices of the covariance structures, with two derivatives in their parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

NEAR_ONE = 0.98
"""Starting correlations stay this far inside their range."""


class Correlation(Protocol):
    """A correlation matrix R(r) of k parameters."""

    k: int

    def matrix(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return R."""

    def first(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return dR, (k, m, m)."""

    def second(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return d2R, (k, k, m, m)."""

    def allowed(self, r: NDArray[np.float64]) -> bool:
        """Tell whether the parameters are in their range."""

    def scales(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the size of each parameter."""

    def start(self, r: NDArray[np.float64], pairs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return parameters close to an empirical correlation matrix."""

    def names(self, visits: Sequence[str]) -> tuple[str, ...]:
        """Name the parameters."""


class _Plain:
    """What correlations between -1 and 1 have in common."""

    k: int

    def allowed(self, r: NDArray[np.float64]) -> bool:
        return bool((np.abs(r) < 1.0).all())

    def scales(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.ones(r.size)


class Autoregressive(_Plain):
    """R[a, b] = rho ** |a - b|."""

    def __init__(self, m: int, _: NDArray[np.float64] | None) -> None:
        self.k = 1 if m > 1 else 0
        self.lag = np.abs(np.subtract.outer(np.arange(m), np.arange(m))).astype(float)

    def matrix(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        return _power(r, self.lag)

    def first(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        return (self.lag * _power(r, np.maximum(self.lag - 1.0, 0.0)))[None][: self.k]

    def second(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        curve = self.lag * np.maximum(self.lag - 1.0, 0.0) * _power(r, np.maximum(self.lag - 2.0, 0.0))
        return curve[None, None][: self.k, : self.k]

    def start(self, r: NDArray[np.float64], pairs: NDArray[np.float64]) -> NDArray[np.float64]:
        return _clip(_lag_means(r, pairs)[: self.k])

    def names(self, visits: Sequence[str]) -> tuple[str, ...]:  # noqa: ARG002 - the visits share the parameter
        return ("correlation",)[: self.k]


class CompoundSymmetry(_Plain):
    """R[a, b] = rho for all a and b."""

    def __init__(self, m: int, _: NDArray[np.float64] | None) -> None:
        self.k = 1 if m > 1 else 0
        self.m = m
        self.off = 1.0 - np.eye(m)

    def matrix(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.eye(self.m) + r.sum() * self.off, np.float64)

    def first(self, r: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: ARG002 - linear
        return np.asarray(self.off[None][: self.k], np.float64)

    def second(self, r: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: ARG002 - linear
        return np.zeros((self.k, self.k, self.m, self.m))

    def allowed(self, r: NDArray[np.float64]) -> bool:
        return bool(((r < 1.0) & (r > -1.0 / max(self.m - 1, 1))).all())

    def start(self, r: NDArray[np.float64], pairs: NDArray[np.float64]) -> NDArray[np.float64]:
        if not self.k:
            return np.empty(0)
        weight = pairs * self.off
        mean = float((weight * r).sum() / weight.sum()) if weight.sum() > 0.0 else 0.0
        return np.array([np.clip(mean, -NEAR_ONE / (self.m - 1), NEAR_ONE)])

    def names(self, visits: Sequence[str]) -> tuple[str, ...]:  # noqa: ARG002 - the visits share the parameter
        return ("correlation",)[: self.k]


class Toeplitz(_Plain):
    """R[a, b] = rho_|a - b|."""

    def __init__(self, m: int, _: NDArray[np.float64] | None) -> None:
        self.k = m - 1
        self.m = m
        lag = np.abs(np.subtract.outer(np.arange(m), np.arange(m)))
        self.at_lag: NDArray[np.float64] = (lag[None] == np.arange(1, m)[:, None, None]).astype(np.float64)

    def matrix(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.eye(self.m) + np.tensordot(r, self.at_lag, 1), np.float64)

    def first(self, r: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: ARG002 - linear
        return self.at_lag

    def second(self, r: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: ARG002 - linear
        return np.zeros((self.k, self.k, self.m, self.m))

    def start(self, r: NDArray[np.float64], pairs: NDArray[np.float64]) -> NDArray[np.float64]:
        means = _clip(_lag_means(r, pairs))
        for _ in range(60):
            if np.linalg.eigvalsh(self.matrix(means))[0] > 1.0 - NEAR_ONE:
                break
            means = means * 0.9
        return means

    def names(self, visits: Sequence[str]) -> tuple[str, ...]:  # noqa: ARG002 - named by lag
        return tuple(f"correlation lag {lag}" for lag in range(1, self.m))


class AnteDependence(_Plain):
    """R[a, b] is the product of the correlations of the steps from b to a."""

    def __init__(self, m: int, _: NDArray[np.float64] | None) -> None:
        self.k = m - 1
        self.m = m
        step = np.arange(m - 1)[:, None, None]
        index = np.arange(m)
        low, high = np.minimum.outer(index, index), np.maximum.outer(index, index)
        self.on_path = (step >= low) & (step < high)

    def matrix(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        product: NDArray[np.float64] = np.where(self.on_path, r[:, None, None], 1.0).prod(axis=0)
        return product

    def first(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        out = np.empty((self.k, self.m, self.m))
        for j in range(self.k):
            out[j] = self.on_path[j] * self.matrix(_with_one(r, j))
        return out

    def second(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        out = np.zeros((self.k, self.k, self.m, self.m))
        for j in range(self.k):
            for i in range(j):
                pair = self.on_path[i] * self.on_path[j] * self.matrix(_with_one(_with_one(r, j), i))
                out[i, j] = out[j, i] = pair
        return out

    def start(self, r: NDArray[np.float64], pairs: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: ARG002
        return _clip(np.diag(r, 1))

    def names(self, visits: Sequence[str]) -> tuple[str, ...]:
        return tuple(f"correlation {visits[j + 1]}, {visits[j]}" for j in range(self.k))


class Spatial:
    """R[a, b] = exp(-(d[a, b] / range) ** power)."""

    def __init__(self, power: int, distances: NDArray[np.float64] | None) -> None:
        if distances is None:
            raise TypeError("a spatial structure needs distances")
        self.power = power
        self.distances = distances
        self.k = 1 if distances.shape[0] > 1 else 0

    def matrix(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        if not self.k:
            return np.ones((1, 1))
        result: NDArray[np.float64] = np.exp(-((self.distances / r[0]) ** self.power))
        return result

    def first(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        if not self.k:
            return np.empty((0, 1, 1))
        u = (self.distances / r[0]) ** self.power
        slope: NDArray[np.float64] = np.exp(-u) * self.power * u / r[0]
        return slope[None]

    def second(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        if not self.k:
            return np.empty((0, 0, 1, 1))
        u = (self.distances / r[0]) ** self.power
        c = self.power
        bend: NDArray[np.float64] = np.exp(-u) * c * u * (c * u - c - 1.0) / r[0] ** 2
        return bend[None, None]

    def allowed(self, r: NDArray[np.float64]) -> bool:
        return bool((r > 0.0).all())

    def scales(self, r: NDArray[np.float64]) -> NDArray[np.float64]:
        return r.copy()

    def start(self, r: NDArray[np.float64], pairs: NDArray[np.float64]) -> NDArray[np.float64]:
        if not self.k:
            return np.empty(0)
        use = (self.distances > 0.0) & (pairs > 0.0)
        if not use.any():
            return np.array([np.median(self.distances[self.distances > 0.0])])
        rate = -np.log(np.clip(r[use], 0.05, NEAR_ONE)) / self.distances[use] ** self.power
        mean = float(np.average(rate, weights=pairs[use]))
        return np.array([mean ** (-1.0 / self.power)])

    def names(self, visits: Sequence[str]) -> tuple[str, ...]:  # noqa: ARG002 - the points share the parameter
        return ("range",)[: self.k]


CORRELATIONS: dict[str, Callable[[int, NDArray[np.float64] | None], Correlation]] = {
    "ar1": Autoregressive,
    "cs": CompoundSymmetry,
    "toep": Toeplitz,
    "ad": AnteDependence,
    "sp_exp": lambda _, distances: Spatial(1, distances),
    "sp_gau": lambda _, distances: Spatial(2, distances),
}


def _power(r: NDArray[np.float64], lag: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = r[0] ** lag if r.size else np.ones_like(lag)
    return result


def _with_one(r: NDArray[np.float64], j: int) -> NDArray[np.float64]:
    out = r.copy()
    out[j] = 1.0
    return out


def _clip(r: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(r, -NEAR_ONE, NEAR_ONE)


def _lag_means(r: NDArray[np.float64], pairs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean correlation at each lag, weighted by the subjects behind it."""
    out = np.zeros(r.shape[0] - 1)
    for lag in range(1, r.shape[0]):
        weight = np.diag(pairs, lag)
        if weight.sum() > 0.0:
            out[lag - 1] = np.sum(weight * np.diag(r, lag)) / weight.sum()
    return out
