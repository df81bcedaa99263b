"""One sweep over strata and times for every weighted log-rank statistic of a family at once."""

import numpy as np
from numpy.typing import NDArray

from equipoise.stats._kernels.decorator import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@compiled
def logrank_sums(
    order: Integers,
    starts: Integers,
    codes: Integers,
    event: NDArray[np.bool_],
    group: Integers,
    n_groups: int,
    entry_order: Integers,
    entry: Integers,
    rho: Floats,
    gamma: Floats,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Sum observed and expected events and their covariance for the weights S(t-)^rho (1 - S(t-))^gamma.

    Rows in `order` are sorted by stratum (`starts`), then time; rows in `entry_order` by stratum, then entry, or
    empty. S is the Kaplan-Meier curve of the stratum, arms together. Returns observed and expected (weight x group),
    the covariance (weight, weight, group, group) and per stratum the variance of the unweighted statistic, summed
    over groups.
    """
    n_weights = rho.shape[0]
    observed, expected = np.zeros((n_weights, n_groups)), np.zeros((n_weights, n_groups))
    covariance = np.zeros((n_weights, n_weights, n_groups, n_groups))
    information = np.zeros(starts.shape[0] - 1)
    at_risk, deaths, weight = np.zeros(n_groups), np.zeros(n_groups), np.ones(n_weights)
    delayed = entry_order.shape[0] > 0
    for s in range(starts.shape[0] - 1):
        at_risk[:] = 0.0
        if not delayed:
            for i in range(starts[s], starts[s + 1]):
                at_risk[group[order[i]]] += 1.0
        survival, waiting, i = 1.0, starts[s], starts[s]
        while i < starts[s + 1]:
            code = codes[order[i]]
            while delayed and waiting < starts[s + 1] and entry[entry_order[waiting]] <= code:
                at_risk[group[entry_order[waiting]]] += 1.0
                waiting += 1
            deaths[:] = 0.0
            end, d = i, 0.0
            while end < starts[s + 1] and codes[order[end]] == code:
                if event[order[end]]:
                    deaths[group[order[end]]] += 1.0
                    d += 1.0
                end += 1
            if d > 0.0:
                n = at_risk.sum()
                for w in range(n_weights):
                    if rho[w] != 0.0 or gamma[w] != 0.0:
                        weight[w] = survival ** rho[w] * (1.0 - survival) ** gamma[w]
                spread = d * (n - d) / (n - 1.0) / (n * n) if n > 1.0 else 0.0
                for g in range(n_groups):
                    information[s] += spread * at_risk[g] * (n - at_risk[g])
                    for w in range(n_weights):
                        observed[w, g] += weight[w] * deaths[g]
                        expected[w, g] += weight[w] * d * at_risk[g] / n
                    for h in range(g + 1):
                        moment = spread * at_risk[g] * ((n - at_risk[g]) if g == h else -at_risk[h])
                        if moment != 0.0:
                            for w in range(n_weights):
                                for v in range(w + 1):
                                    covariance[w, v, g, h] += weight[w] * weight[v] * moment
                survival *= 1.0 - d / n
            while i < end:
                at_risk[group[order[i]]] -= 1.0
                i += 1
    for w in range(n_weights):
        for v in range(w + 1):
            for g in range(n_groups):
                for h in range(g + 1):
                    moment = covariance[w, v, g, h]
                    covariance[w, v, h, g] = moment
                    covariance[v, w, g, h] = moment
                    covariance[v, w, h, g] = moment
    return observed, expected, covariance, information
