"""Search of Simon's two-stage designs."""

from __future__ import annotations

import numpy as np

from equipoise.stats._kernels.decorator import compiled


@compiled
def binomials(largest: int, p: float) -> np.ndarray:
    """Probabilities of x responses in n patients: row n, column x."""
    table = np.zeros((largest + 1, largest + 1))
    table[0, 0] = 1.0
    for n in range(1, largest + 1):
        for x in range(n + 1):
            table[n, x] = (1.0 - p) * table[n - 1, x]
            if x > 0:
                table[n, x] += p * table[n - 1, x - 1]
    return table


@compiled
def tails(table: np.ndarray) -> np.ndarray:
    """P(X >= x) from the probabilities, summed from the end."""
    out = np.zeros((table.shape[0], table.shape[1] + 1))
    for n in range(table.shape[0]):
        for x in range(n, -1, -1):
            out[n, x] = out[n, x + 1] + table[n, x]
    return out


@compiled
def exceeds(density: np.ndarray, tail: np.ndarray, r1: int, n1: int, r: int, n: int) -> float:
    """P(more than r1 responses of n1, and more than r of n)."""
    total = 0.0
    for x in range(r1 + 1, n1 + 1):
        need = r + 1 - x
        total += density[n1, x] * (1.0 if need <= 0 else (0.0 if need > n - n1 else tail[n - n1, need]))
    return total


@compiled
def best_two_stage(largest: int, null: float, alternative: float, alpha: float, beta: float) -> np.ndarray:
    """Design of least expected size for every total size: r1, n1, r, n, expected n; -1 where there is none."""
    d0, d1 = binomials(largest, null), binomials(largest, alternative)
    t0, t1 = tails(d0), tails(d1)
    best = np.full((largest + 1, 5), -1.0)
    for n in range(2, largest + 1):
        for n1 in range(1, n):
            stop0, stop1 = 0.0, 0.0
            r = 0
            for r1 in range(n1):
                stop0 += d0[n1, r1]
                stop1 += d1[n1, r1]
                if stop1 > beta:
                    break
                expected = n1 + (1.0 - stop0) * (n - n1)
                if best[n, 0] >= 0.0 and expected >= best[n, 4]:
                    continue
                # more stopping early lets the last bound fall: it is searched for downwards from above
                r = max(r, r1)
                while r < n and exceeds(d0, t0, r1, n1, r, n) > alpha:
                    r += 1
                while r > r1 and exceeds(d0, t0, r1, n1, r - 1, n) <= alpha:
                    r -= 1
                if exceeds(d1, t1, r1, n1, r, n) >= 1.0 - beta:
                    best[n] = np.array([float(r1), float(n1), float(r), float(n), expected])
    return best
