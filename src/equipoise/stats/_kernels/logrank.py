"""One sweep over strata and times for every weighted log-rank statistic of a family at once."""

import numpy as np
from numpy.typing import NDArray

from equipoise.stats._kernels.decorator import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@compiled
def count_cells(
    cell: Integers, n_cells: int, event: NDArray[np.bool_], group: Integers, n_groups: int, entry: Integers
) -> tuple[Floats, Floats, Floats]:
    """Count deaths, rows that leave (die or are censored) and rows that enter, per cell (stratum and time) and group.

    `entry` is the first cell at which each row is at risk, empty without delayed entry.
    """
    deaths, leaving = np.zeros((n_cells, n_groups)), np.zeros((n_cells, n_groups))
    delayed = entry.shape[0] > 0
    entering = np.zeros((n_cells if delayed else 0, n_groups))
    for i in range(cell.shape[0]):
        leaving[cell[i], group[i]] += 1.0
        if event[i]:
            deaths[cell[i], group[i]] += 1.0
        if delayed:
            entering[entry[i], group[i]] += 1.0
    return deaths, leaving, entering


@compiled
def logrank_sums(
    starts: Integers, deaths: Floats, leaving: Floats, entering: Floats, rho: Floats, gamma: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Sum observed and expected events and their covariance for the weights S(t-)^rho (1 - S(t-))^gamma.

    Cells run over strata (`starts`), then times. S is the Kaplan-Meier curve of the stratum, groups together. Returns
    observed and expected (weight x group), the covariance (weight, weight, group, group) and per stratum the variance
    of the unweighted statistic, summed over groups.
    """
    n_weights, n_groups = rho.shape[0], deaths.shape[1]
    observed, expected = np.zeros((n_weights, n_groups)), np.zeros((n_weights, n_groups))
    covariance = np.zeros((n_weights, n_weights, n_groups, n_groups))
    information = np.zeros(starts.shape[0] - 1)
    at_risk, weight = np.zeros(n_groups), np.ones(n_weights)
    delayed = entering.shape[0] > 0
    for s in range(starts.shape[0] - 1):
        at_risk[:] = 0.0
        if not delayed:
            for cell in range(starts[s], starts[s + 1]):
                for g in range(n_groups):
                    at_risk[g] += leaving[cell, g]
        survival = 1.0
        for cell in range(starts[s], starts[s + 1]):
            d = n = 0.0
            for g in range(n_groups):
                if delayed:
                    at_risk[g] += entering[cell, g]
                d += deaths[cell, g]
                n += at_risk[g]
            if d > 0.0:
                for w in range(n_weights):
                    if rho[w] != 0.0 or gamma[w] != 0.0:
                        weight[w] = survival ** rho[w] * (1.0 - survival) ** gamma[w]
                spread = d * (n - d) / (n - 1.0) / (n * n) if n > 1.0 else 0.0
                for g in range(n_groups):
                    information[s] += spread * at_risk[g] * (n - at_risk[g])
                    for w in range(n_weights):
                        observed[w, g] += weight[w] * deaths[cell, g]
                        expected[w, g] += weight[w] * d * at_risk[g] / n
                    for h in range(g + 1):
                        moment = spread * at_risk[g] * ((n - at_risk[g]) if g == h else -at_risk[h])
                        if moment != 0.0:
                            for w in range(n_weights):
                                for v in range(w + 1):
                                    covariance[w, v, g, h] += weight[w] * weight[v] * moment
                survival *= 1.0 - d / n
            for g in range(n_groups):
                at_risk[g] -= leaving[cell, g]
    for w in range(n_weights):
        for v in range(w + 1):
            for g in range(n_groups):
                for h in range(g + 1):
                    moment = covariance[w, v, g, h]
                    covariance[w, v, h, g] = moment
                    covariance[v, w, g, h] = moment
                    covariance[v, w, h, g] = moment
    return observed, expected, covariance, information
