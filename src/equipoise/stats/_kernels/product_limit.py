"""Sweeps over one sample: counts at the distinct times, the product-limit curve, and its robust variance."""

import numpy as np
from numpy.typing import NDArray

from equipoise.stats._kernels.decorator import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@compiled
def count_at_times(
    codes: Integers, event: Booleans, weights: Floats, entry: Integers, k: int
) -> tuple[Floats, Floats, Floats]:
    """Count who is at risk, has the event and is censored at each of `k` distinct times.

    `codes[i]` is the index of the time of row i. `entry[i]` is the number of distinct times at or before its entry,
    so that the row is at risk from that index on; empty without delayed entry. `weights` is empty where every row
    counts once.
    """
    n_events, n_censored, entered = np.zeros(k), np.zeros(k), np.zeros(k + 1)
    weighted, delayed = weights.shape[0] > 0, entry.shape[0] > 0
    for i in range(codes.shape[0]):
        w = weights[i] if weighted else 1.0
        if event[i]:
            n_events[codes[i]] += w
        else:
            n_censored[codes[i]] += w
        if delayed:
            entered[entry[i]] += w
    if not delayed:
        for j in range(k):
            entered[0] += n_events[j] + n_censored[j]
    n_risk = np.empty(k)
    if not delayed:
        running = 0.0
        for j in range(k - 1, -1, -1):
            running += n_events[j] + n_censored[j]
            n_risk[j] = running
        return n_risk, n_events, n_censored
    running = 0.0
    for j in range(k):
        running += entered[j]
        n_risk[j] = running
        running -= n_events[j] + n_censored[j]
    return n_risk, n_events, n_censored


@compiled
def product_limit(n_risk: Floats, n_events: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return S(t), the Greenwood sum (variance of log S), the Nelson-Aalen sum and its variance.

    S = prod(1 - d/n), Greenwood = sum d/(n(n-d)), infinite once n = d; H = sum d/n, variance = sum d/n^2.
    """
    k = n_risk.shape[0]
    survival, greenwood, hazard, variance = np.empty(k), np.empty(k), np.empty(k), np.empty(k)
    s, g, h, v = 1.0, 0.0, 0.0, 0.0
    for j in range(k):
        d, n = n_events[j], n_risk[j]
        if d > 0.0:
            left = n - d
            if left <= 1e-12 * n:
                s, g = 0.0, np.inf
            else:
                s *= left / n
                g += d / (n * left)
            h += d / n
            v += d / (n * n)
        survival[j], greenwood[j], hazard[j], variance[j] = s, g, h, v
    return survival, greenwood, hazard, variance


@compiled
def tie_corrected_hazard(n_risk: Floats, n_events: Floats, n_rows: Integers) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the cumulative hazard and its variance with tied events taken one after the other, and its jackknife
    steps.

    `n_rows[j]` events of mean weight w = d/n_rows fall at time j; H adds sum over l < n_rows of w/(n - l w), the
    variance the sum of w/(n - l w)^2 for unit weights (squares of the terms, times n_rows/d for the mean weight).
    """
    k = n_risk.shape[0]
    hazard, variance, own, shared = np.empty(k), np.empty(k), np.zeros(k), np.zeros(k)
    h, v = 0.0, 0.0
    for j in range(k):
        if n_rows[j] > 0:
            w = n_events[j] / n_rows[j]
            for step in range(n_rows[j]):
                left = n_risk[j] - step * w
                h += w / left
                shared[j] += w / (left * left)
                own[j] += n_risk[j] / (n_rows[j] * left * left)
            v += shared[j]
        hazard[j], variance[j] = h, v
    return hazard, variance, own, shared


@compiled
def jackknife_variance(
    order: Integers,
    codes: Integers,
    event: Booleans,
    weights: Floats,
    entry_order: Integers,
    entry: Integers,
    cluster: Integers,
    n_clusters: int,
    own: Floats,
    shared: Floats,
) -> Floats:
    """Return the infinitesimal-jackknife variance of a cumulative hazard, summed over clusters.

    The influence of row i on H(t) is w_i [ e_i(t) own - A(t or out) + A(in) ], A being the running sum of `shared`:
    what a death adds for the one who dies, and takes off for everybody at risk. H = -log S has own = 1/(n - d),
    shared = d/(n(n - d)); the Nelson-Aalen sum 1/n and d/n^2. Per cluster the influence is F - A(t) W: F sums what no
    longer changes, W the weight still at risk. Rows in `order` of time, `entry_order` of entry.
    """
    k = own.shape[0]
    fixed, open_weight = np.zeros(n_clusters), np.zeros(n_clusters)
    ff, fw, ww = 0.0, 0.0, 0.0
    variance = np.empty(k)
    n = order.shape[0]
    delayed = entry.shape[0] > 0
    if not delayed:
        for i in range(n):
            open_weight[cluster[i]] += weights[i]
        for c in range(n_clusters):
            ww += open_weight[c] * open_weight[c]
    position, waiting, a = 0, 0, 0.0
    for j in range(k):
        while delayed and waiting < n and entry[entry_order[waiting]] <= j:
            i = entry_order[waiting]
            c = cluster[i]
            f, w = fixed[c], open_weight[c]
            fixed[c] = f + weights[i] * a
            open_weight[c] = w + weights[i]
            ff += fixed[c] * fixed[c] - f * f
            fw += fixed[c] * open_weight[c] - f * w
            ww += open_weight[c] * open_weight[c] - w * w
            waiting += 1
        a += shared[j]
        while position < n and codes[order[position]] == j:
            i = order[position]
            c = cluster[i]
            f, w = fixed[c], open_weight[c]
            fixed[c] = f + weights[i] * ((own[j] if event[i] else 0.0) - a)
            open_weight[c] = w - weights[i]
            ff += fixed[c] * fixed[c] - f * f
            fw += fixed[c] * open_weight[c] - f * w
            ww += open_weight[c] * open_weight[c] - w * w
            position += 1
        variance[j] = ff - 2.0 * a * fw + a * a * ww
    return variance
