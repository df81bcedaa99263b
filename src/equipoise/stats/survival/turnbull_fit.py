"""Masses of innermost intervals that make interval-censored data most likely.

With A the 0/1 matrix of rows and innermost intervals and P = A p the probability of each row, the log-likelihood sum w
log P is concave in p. At the maximum the gradient g_j = sum_i w_i A_ij / P_i / n is 1 where p_j > 0, and at most 1
elsewhere. The ones of a row stand side by side, so that products with A are differences of cumulative sums.

Few masses are above 0 at the maximum, so they are built up: between neighbors that hold mass, the interval with the
greatest gradient above 1 joins; the quadratic approximation of the log-likelihood is maximized over masses of 0 or
more (nonnegative least squares); a line search goes there; masses of 0 leave (Wang 2007, JRSS B 69).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

GRADIENT_TOLERANCE = 1e-10
MAX_ROUNDS = 300
MAX_HALVINGS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """Distinct rows: each holds the innermost intervals first .. last - 1, and stands for `weight` subjects."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    weight: Floats

    def probability(self, mass: Floats) -> Floats:
        """Return the probability of each row."""
        total = np.concatenate([[0.0], np.cumsum(mass)])
        return np.asarray(total[self.last] - total[self.first])

    def gradient(self, mass: Floats) -> Floats:
        """Return sum_i w_i A_ij / P_i / n for each innermost interval."""
        share = self.weight / self.probability(mass) / self.weight.sum()
        steps = np.bincount(self.first, share, mass.size + 1) - np.bincount(self.last, share, mass.size + 1)
        return np.asarray(np.cumsum(steps)[:-1])

    def matrix(self, columns: NDArray[np.int64]) -> Floats:
        """Return the columns of A as numbers."""
        inside = (self.first[:, None] <= columns[None, :]) & (columns[None, :] < self.last[:, None])
        return inside.astype(np.float64)

    def loglik(self, mass: Floats) -> float:
        """Return the log-likelihood."""
        with np.errstate(divide="ignore", invalid="ignore"):
            value = float(np.sum(self.weight * np.log(self.probability(mass))))
        return value if np.isfinite(value) else -np.inf


@dataclass(frozen=True, slots=True, eq=False)
class MassFit:
    """Masses at the maximum, and how far the likelihood equations are from being met."""

    mass: Floats
    loglik: float
    iterations: int
    converged: bool
    gradient_error: float


def fit_masses(overlap: Overlap, size: int) -> MassFit:
    """Build the masses up from a few that give every row a probability above 0."""
    mass = np.zeros(size)
    mass[_stabs(overlap)] = 1.0
    mass = mass / mass.sum()
    rounds, error = 0, np.inf
    while rounds < MAX_ROUNDS:
        gradient = overlap.gradient(mass)
        error = _error(mass, gradient)
        if error <= GRADIENT_TOLERANCE:
            break
        rounds += 1
        mass = _improve(overlap, mass, gradient)
    return MassFit(mass, overlap.loglik(mass), rounds, bool(error <= GRADIENT_TOLERANCE), float(error))


def _stabs(overlap: Overlap) -> NDArray[np.int64]:
    """Choose innermost intervals so that every row holds one: the last of each row not yet served, by its end."""
    chosen: list[int] = []
    for i in np.lexsort((overlap.first, overlap.last)):
        if not chosen or chosen[-1] < overlap.first[i]:
            chosen.append(int(overlap.last[i]) - 1)
    return np.array(chosen, np.int64)


def _error(mass: Floats, gradient: Floats) -> float:
    held = mass > 0.0
    inside = float(np.max(np.abs(gradient[held] - 1.0)))
    outside = float(np.max(gradient[~held] - 1.0, initial=0.0))
    return max(inside, outside)


def _improve(overlap: Overlap, mass: Floats, gradient: Floats) -> Floats:
    """Take one step: let intervals join, maximize the quadratic approximation, go as far as the likelihood rises."""
    held = np.flatnonzero(mass)
    edges = np.concatenate([[-1], held, [mass.size]])
    joining = [
        low + 1 + int(np.argmax(gradient[low + 1 : high]))
        for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
        if high - low > 1
    ]
    support = np.union1d(held, [j for j in joining if gradient[j] > 1.0]).astype(np.int64)
    scale = np.sqrt(overlap.weight / overlap.weight.sum())
    rows = (overlap.matrix(support) / overlap.probability(mass)[:, None] - 2.0) * scale[:, None]
    # (rows ; 1) q = (0 ; 1) in least squares, q >= 0, then q / sum(q): the total of 1 needs no condition of its own
    q = nonnegative_least_squares(rows.T @ rows + 1.0, np.ones(support.size), mass[support])
    goal = np.zeros(mass.size)
    goal[support] = q / q.sum()
    slope = float(np.dot(gradient, goal - mass)) * overlap.weight.sum()
    before, length = overlap.loglik(mass), 1.0
    for _ in range(MAX_HALVINGS):
        trial = goal if length == 1.0 else (1.0 - length) * mass + length * goal
        if overlap.loglik(trial) >= before + 0.1 * length * slope - 1e-13 * abs(before):
            return trial
        length /= 2.0
    return mass


def nonnegative_least_squares(gram: Floats, target: Floats, start: Floats) -> Floats:
    """Minimize q' gram q / 2 - target' q over q >= 0 by Lawson and Hanson's active sets.

    The search begins with the columns where `start` is above 0.
    """
    size = target.size
    free, q = start > 0.0, start.copy()
    tolerance = 1e-12 * float(np.abs(target).max())
    for _ in range(3 * size + 10):
        while free.any():
            solved = np.zeros(size)
            solved[free] = _solve(gram[np.ix_(free, free)], target[free])
            negative = free & (solved <= 0.0)
            if not negative.any():
                q = solved
                break
            reach = q[negative] / (q[negative] - solved[negative])
            q = np.maximum(q + float(reach.min()) * (solved - q), 0.0)
            q[np.flatnonzero(negative)[reach == reach.min()]] = 0.0
            free &= q > 0.0
        pull = np.where(free, -np.inf, target - gram @ q)
        best = int(np.argmax(pull))
        if not pull[best] > tolerance:
            break
        free[best] = True
    return q


def _solve(gram: Floats, target: Floats) -> Floats:
    """Solve a positive definite system; where the solution is not unique, take the shortest."""
    try:
        return np.asarray(cho_solve(cho_factor(gram), target))
    except LinAlgError:
        return np.asarray(np.linalg.lstsq(gram, target, rcond=1e-13)[0])
