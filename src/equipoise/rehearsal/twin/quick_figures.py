"""Medians, landmarks and the hazard ratio of one small trial, thousands of times a second.

The search for candidates asks for the same few figures again and again, each time after the change of one patient.
These loops give them without the checks and the extras of `equipoise.stats`, by the same rules: product limit with
log-log limits, quantiles at the middle of a flat step, Cox's model of one binary covariate with strata and Efron's
ties. What is published is always computed by `equipoise.stats` from the records.
"""

import numpy as np
from numpy.typing import NDArray

from equipoise.stats._kernels import compiled

__all__ = ["PER_ARM", "Floats", "arm_figures", "log_hazard_ratio"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

PER_ARM = 4
"""Figures of an arm before its landmarks: events, median, lower and upper limit of the median."""

_Z = 1.959963984540054
_HALF = 0.5
_EQUAL = 1e-9


@compiled
def arm_figures(time: Integers, event: Booleans, landmarks: Integers, out: Floats) -> None:
    """Fill `out` with events, median, its limits (days; infinite where not reached) and survival at the landmarks.

    Parameters
    ----------
    time, event
        Days, and whether the event happened, of the patients of one arm, sorted by time.
    landmarks
        Days, rising.
    out
        Array of `PER_ARM` and one number for each landmark.
    """
    n = time.shape[0]
    survival, variance, deaths = 1.0, 0.0, 0
    crossed = np.full(3, np.inf)
    flat = np.full(3, np.nan)
    at, row = 0, 0
    while row < n:
        now, end, d = time[row], row, 0
        while end < n and time[end] == now:
            d += event[end]
            end += 1
        while at < landmarks.shape[0] and landmarks[at] < now:
            out[PER_ARM + at] = survival
            at += 1
        if d > 0:
            at_risk = n - row
            deaths += d
            survival *= (at_risk - d) / at_risk
            variance += d / (at_risk * (at_risk - d)) if at_risk > d else np.inf
            _cross(survival, variance, float(now), crossed, flat)
        row = end
    while at < landmarks.shape[0]:
        out[PER_ARM + at] = survival
        at += 1
    for which in range(3):
        if not np.isnan(flat[which]):
            crossed[which] = (flat[which] + time[n - 1]) / 2.0
    out[0] = deaths
    out[1], out[2], out[3] = crossed[0], crossed[1], crossed[2]


@compiled
def _cross(survival: float, variance: float, now: float, crossed: Floats, flat: Floats) -> None:
    """Note at which time the curve and its limits come down to one half; the middle of a step that lies on it."""
    low, high = np.nan, np.nan
    if 0.0 < survival < 1.0:
        center, spread = np.log(-np.log(survival)), _Z * np.sqrt(variance) / -np.log(survival)
        low, high = np.exp(-np.exp(center + spread)), np.exp(-np.exp(center - spread))
    for which, value in ((0, survival), (1, low), (2, high)):
        if not np.isnan(flat[which]):
            crossed[which] = (flat[which] + now) / 2.0
            flat[which] = np.nan
        elif np.isinf(crossed[which]) and value < _HALF + _EQUAL:
            crossed[which] = now
            if value > _HALF - _EQUAL:
                flat[which] = now


@compiled
def log_hazard_ratio(time: Integers, event: Booleans, arm: Integers, stratum_end: Integers) -> tuple[float, float]:
    """Return the log hazard ratio of arm 1 to arm 0 and its standard error, by Cox's model with strata.

    Rows are sorted by stratum, then time; `stratum_end` holds the row after the last one of each stratum.
    """
    beta, information = 0.0, 0.0
    for _ in range(25):
        score, information = _score(time, event, arm, stratum_end, np.exp(beta))
        if information <= 0.0:
            return np.nan, np.nan
        step = score / information
        beta += min(max(step, -1.0), 1.0)
        if abs(step) < 1e-10:
            break
    return beta, 1.0 / np.sqrt(information)


@compiled
def _score(time: Integers, event: Booleans, arm: Integers, stratum_end: Integers, ratio: float) -> tuple[float, float]:
    """Score and information of the partial likelihood at a hazard ratio, strata and tied deaths one after the other."""
    score, information, start = 0.0, 0.0, 0
    for end in stratum_end:
        row, ones, zeros = end - 1, 0, 0
        while row >= start:
            now, d1, d0 = time[row], 0, 0
            while row >= start and time[row] == now:
                ones += arm[row]
                zeros += 1 - arm[row]
                if event[row]:
                    d1 += arm[row]
                    d0 += 1 - arm[row]
                row -= 1
            d = d1 + d0
            for k in range(d):
                part = k / d
                one = ratio * (ones - part * d1)
                mean = one / (one + zeros - part * d0)
                score -= mean
                information += mean * (1.0 - mean)
            score += d1
        start = end
    return score, information
