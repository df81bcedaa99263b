"""Logistic regression, for the one coefficient that matters: many times on the same rows."""

from __future__ import annotations

import math

import numpy as np

from equipoise.stats._kernels.decorator import compiled

MOST_STEPS = 50
DEPENDENT = 1e-10
"""Share of a column that others leave over below which it counts as their sum."""


@compiled
def wald_of_last(x: np.ndarray, y: np.ndarray, beta: np.ndarray) -> float:
    """Wald Z of the last column, by Newton's method from `beta`, which is overwritten; nan where there is none.

    Columns that depend on the ones before them stay out.
    """
    n, p = x.shape
    information, score = np.zeros((p, p)), np.zeros(p)
    for _ in range(MOST_STEPS):
        information[:] = 0.0
        score[:] = 0.0
        for i in range(n):
            eta = 0.0
            for a in range(p):
                eta += x[i, a] * beta[a]
            chance = 1.0 / (1.0 + math.exp(-min(max(eta, -30.0), 30.0)))
            weight, left = chance * (1.0 - chance), y[i] - chance
            for a in range(p):
                score[a] += x[i, a] * left
                part = weight * x[i, a]
                for b in range(a + 1):
                    information[a, b] += part * x[i, b]
        factor(information)
        largest = solve(information, score)
        for a in range(p):
            beta[a] += score[a]
        if not largest < 1e12:
            return np.nan
        if largest < 1e-10:
            break
    last = information[p - 1, p - 1]
    return beta[p - 1] * last if last > 0.0 else np.nan


@compiled
def factor(a: np.ndarray) -> None:
    """Cholesky factor in the lower triangle, in place; a column that depends on those before it becomes 0."""
    p = a.shape[0]
    for k in range(p):
        pivot = a[k, k]
        left = pivot
        for c in range(k):
            left -= a[k, c] * a[k, c]
        root = math.sqrt(left) if left > DEPENDENT * pivot else 0.0
        a[k, k] = root
        for r in range(k + 1, p):
            total = a[r, k]
            for c in range(k):
                total -= a[r, c] * a[k, c]
            a[r, k] = total / root if root > 0.0 else 0.0


@compiled
def solve(lower: np.ndarray, b: np.ndarray) -> float:
    """Solve in place by a factor of `factor`; 0 for columns left out. Gives the largest absolute value."""
    p = b.size
    for k in range(p):
        for c in range(k):
            b[k] -= lower[k, c] * b[c]
        b[k] = b[k] / lower[k, k] if lower[k, k] > 0.0 else 0.0
    largest = 0.0
    for k in range(p - 1, -1, -1):
        for r in range(k + 1, p):
            b[k] -= lower[r, k] * b[r]
        b[k] = b[k] / lower[k, k] if lower[k, k] > 0.0 else 0.0
        largest = max(largest, abs(b[k]))
    return largest
