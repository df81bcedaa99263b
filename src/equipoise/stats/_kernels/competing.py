"""Sweeps over competing causes: cumulative incidence with its variance."""

import numpy as np
from numpy.typing import NDArray

from equipoise.stats._kernels.decorator import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@compiled
def count_causes(codes: Integers, cause: Integers, entry: Integers, k: int, n_causes: int) -> tuple[Integers, Integers]:
    """Count who is at risk at each of `k` distinct times, and who leaves there: column 0 censored, then the causes.

    `codes`, `entry` and `k` are as in `count_at_times`; `cause[i]` is 0 for a censored row, else 1 to `n_causes`.
    """
    leaving, entered, n_risk = np.zeros((k, n_causes + 1), np.int64), np.zeros(k + 1, np.int64), np.zeros(k, np.int64)
    for i in range(codes.shape[0]):
        leaving[codes[i], cause[i]] += 1
        entered[entry[i] if entry.shape[0] else 0] += 1
    running = 0
    for j in range(k):
        running += entered[j]
        n_risk[j] = running
        for c in range(n_causes + 1):
            running -= leaving[j, c]
    return n_risk, leaving


@compiled
def cumulative_incidence(n_risk: Integers, n_events: Integers) -> tuple[Floats, Floats, Floats, Floats]:
    """Return event-free survival, its variance, and per cause (columns) the incidence and its variance.

    One step maps (S, F) to (S (1 - h), F + S h_c) with h the multinomial share of the events among those at risk;
    covariances follow by the same map plus S^2 times the multinomial variance of (h, h_c).
    """
    k, n_causes = n_events.shape
    survival, survival_variance = np.empty(k), np.empty(k)
    incidence, variance = np.zeros((k, n_causes)), np.zeros((k, n_causes))
    s, vs = 1.0, 0.0
    f, vf, cov = np.zeros(n_causes), np.zeros(n_causes), np.zeros(n_causes)
    for j in range(k):
        n, d = float(n_risk[j]), 0.0
        for c in range(n_causes):
            d += n_events[j, c]
        if d > 0.0:
            h = d / n
            for c in range(n_causes):
                hc = n_events[j, c] / n
                vf[c] += 2.0 * hc * cov[c] + hc * hc * vs + s * s * hc * (1.0 - hc) / n
                cov[c] = (1.0 - h) * (cov[c] + hc * vs) - s * s * hc * (1.0 - h) / n
                f[c] += s * hc
            vs = (1.0 - h) * (1.0 - h) * vs + s * s * h * (1.0 - h) / n
            s *= (n - d) / n
        survival[j], survival_variance[j] = s, vs
        for c in range(n_causes):
            incidence[j, c], variance[j, c] = f[c], vf[c]
    return survival, survival_variance, incidence, variance
