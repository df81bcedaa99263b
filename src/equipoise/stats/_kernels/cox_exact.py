"""The exact partial likelihood of tied deaths (discrete time), by a recursion that cannot overflow.

At a death time with d deaths among n at risk the denominator is the sum over all subsets of size d of exp(sum of
eta). With p_i = c r_i / (1 + c r_i) it is P(N = d) prod(1 + c r_i) / c^d, N being the number of successes in n
independent trials of probability p_i; c is chosen so that E(N) = d. The recursion over trials carries P(N = k) and,
given N = k, the first and second moments of the sum of x over the successes: score and information.
"""

import numpy as np
from numpy.typing import NDArray

from equipoise.stats._kernels.decorator import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@compiled
def balance(risk: Floats, n: int, deaths: int) -> float:
    """Return log c with sum of c r / (1 + c r) = deaths, by Newton steps on log c kept in a bracket."""
    least, most = np.inf, 0.0
    for i in range(n):
        least, most = min(least, max(risk[i], 1e-300)), max(most, risk[i])
    low, high = -40.0 - np.log(most), 40.0 - np.log(least)
    if deaths >= n:
        return float(high)
    log_c = min(max(np.log(deaths / risk[:n].sum()), low), high)
    for _ in range(200):
        c = np.exp(log_c)
        mean = variance = 0.0
        for i in range(n):
            p = c * risk[i] / (1.0 + c * risk[i])
            mean += p
            variance += p * (1.0 - p)
        if abs(mean - deaths) < 1e-6 * deaths or high - low < 1e-9:
            break
        if mean < deaths:
            low = log_c
        else:
            high = log_c
        log_c = log_c + (deaths - mean) / variance if variance > 1e-9 else np.inf
        if not low < log_c < high:
            log_c = 0.5 * (low + high)
    return float(log_c)


@compiled
def subset_moments(x: Floats, risk: Floats, rows: Integers, n: int, deaths: int, mean: Floats, second: Floats) -> float:
    """Return the log of the sum over subsets of size `deaths`; fill mean and second moment of the subset sums of x."""
    p = x.shape[1]
    log_c = balance(risk, n, deaths)
    c = np.exp(log_c)
    chance = np.zeros(deaths + 1)
    first = np.zeros((deaths + 1, p))
    square = np.zeros((deaths + 1, p, p))
    chance[0] = 1.0
    log_scale = 0.0
    for m in range(n):
        cr = c * risk[m]
        log_scale += np.log1p(cr)
        hit, miss = cr / (1.0 + cr), 1.0 / (1.0 + cr)
        row = rows[m]
        for k in range(min(m + 1, deaths), max(0, deaths - (n - m)) - 1, -1):
            for j in range(p):
                for q in range(j + 1):
                    square[k, j, q] *= miss
                    if k > 0:
                        xj, xq = x[row, j], x[row, q]
                        square[k, j, q] += hit * (
                            square[k - 1, j, q] + xj * first[k - 1, q] + xq * first[k - 1, j] + xj * xq * chance[k - 1]
                        )
            for j in range(p):
                first[k, j] *= miss
                if k > 0:
                    first[k, j] += hit * (first[k - 1, j] + x[row, j] * chance[k - 1])
            chance[k] *= miss
            if k > 0:
                chance[k] += hit * chance[k - 1]
    for j in range(p):
        mean[j] = first[deaths, j] / chance[deaths]
        for q in range(j + 1):
            second[j, q] = square[deaths, j, q] / chance[deaths]
    return float(np.log(chance[deaths]) + log_scale - deaths * log_c)


@compiled
def exact_evaluate(
    x: Floats,
    event: NDArray[np.bool_],
    offset: Floats,
    group_start: Integers,
    stratum_group: Integers,
    first_group: Integers,
    beta: Floats,
    score: Floats,
    information: Floats,
) -> float:
    """Return the exact log partial likelihood at `beta`; fill its score and information."""
    n, p = x.shape
    loglik = 0.0
    score[:] = 0.0
    information[:, :] = 0.0
    eta = offset.copy()
    for i in range(n):
        for j in range(p):
            eta[i] += x[i, j] * beta[j]
    risk, rows = np.empty(n), np.empty(n, np.int64)
    mean, second = np.zeros(p), np.zeros((p, p))
    delayed = first_group.shape[0] > 0
    for s in range(stratum_group.shape[0] - 1):
        end = group_start[stratum_group[s + 1]]
        for g in range(stratum_group[s], stratum_group[s + 1]):
            deaths = 0
            for i in range(group_start[g], group_start[g + 1]):
                if event[i]:
                    deaths += 1
                    loglik += eta[i]
                    for j in range(p):
                        score[j] += x[i, j]
            if deaths == 0:
                continue
            size = 0
            for i in range(group_start[g], end):
                if not delayed or first_group[i] <= g:
                    rows[size] = i
                    risk[size] = np.exp(eta[i])
                    size += 1
            loglik -= subset_moments(x, risk, rows, size, deaths, mean, second)
            for j in range(p):
                score[j] -= mean[j]
                for k in range(j + 1):
                    information[j, k] += second[j, k] - mean[j] * mean[k]
    for j in range(p):
        for k in range(j):
            information[k, j] = information[j, k]
    return loglik
