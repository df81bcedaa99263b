"""Log-rank statistic of untreated survival times under a rank-preserving structural model."""

from __future__ import annotations

import math

import numpy as np

from equipoise.stats._kernels.decorator import compiled


@compiled
def untreated(
    time: np.ndarray,
    event: np.ndarray,
    share: np.ndarray,
    effect: np.ndarray,
    limit: np.ndarray,
    psi: float,
    times: np.ndarray,
    events: np.ndarray,
) -> None:
    """Write the untreated times U = T (1 - share + share exp(psi effect)) and events, cut at the new limits.

    `limit` is the potential censoring time of a patient, or infinite where nothing is recensored; the new limit is the
    smaller of it and itself times exp(psi effect).
    """
    for i in range(time.size):
        factor = math.exp(psi * effect[i])
        u = time[i] * (1.0 - share[i] + share[i] * factor)
        cut = limit[i] * min(1.0, factor) if limit[i] < np.inf else np.inf
        events[i] = event[i] and u <= cut
        times[i] = min(u, cut)


@compiled
def logrank_z(times: np.ndarray, events: np.ndarray, experimental: np.ndarray, starts: np.ndarray) -> float:
    """Z of the log-rank test over strata (`starts` bounds their rows); below 0 when the experimental arm is better."""
    score = 0.0
    variance = 0.0
    for s in range(starts.size - 1):
        low, high = starts[s], starts[s + 1]
        order = np.argsort(times[low:high])
        n = float(high - low)
        n1 = 0.0
        for i in range(low, high):
            n1 += experimental[i]
        at = 0
        size = high - low
        while at < size:
            now = times[low + order[at]]
            deaths, deaths1, left, left1 = 0.0, 0.0, 0.0, 0.0
            while at < size and times[low + order[at]] == now:
                row = low + order[at]
                left += 1.0
                left1 += experimental[row]
                if events[row]:
                    deaths += 1.0
                    deaths1 += experimental[row]
                at += 1
            if deaths > 0.0:
                share = n1 / n
                score += deaths1 - deaths * share
                if n > 1.0:
                    variance += deaths * share * (1.0 - share) * (n - deaths) / (n - 1.0)
            n -= left
            n1 -= left1
    return score / math.sqrt(variance) if variance > 0.0 else np.nan


@compiled
def z_curve(
    time: np.ndarray,
    event: np.ndarray,
    share: np.ndarray,
    effect: np.ndarray,
    limit: np.ndarray,
    experimental: np.ndarray,
    starts: np.ndarray,
    psi: np.ndarray,
) -> np.ndarray:
    """Z at every psi."""
    out = np.empty(psi.size)
    times = np.empty(time.size)
    events = np.empty(time.size, dtype=np.bool_)
    for k in range(psi.size):
        untreated(time, event, share, effect, limit, psi[k], times, events)
        out[k] = logrank_z(times, events, experimental, starts)
    return out
