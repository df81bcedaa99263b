"""The Cox partial likelihood by two sweeps per evaluation, and Newton's method on it.

Rows are sorted by stratum, then time, in groups of one time (`risk_sets`). The first sweep runs from the last time to
the first: it adds rows to the risk set, takes out those not yet entered, and collects at each death time with risk
sums S0, S1 and sums over the
dying D0, D1 (weights w, risk r = w exp(eta), d deaths of weight sum W):

    Breslow   one step s = S0 of weight W Efron     d steps l = 0 .. d-1, s = S0 - l/d D0, each of weight W/d
    (frequency weights: W steps of weight 1, as if rows were
              repeated)

    log-likelihood = sum over deaths w eta - sum over steps weight log s
    score          = sum over deaths w x   - sum over steps weight m,   m = (S1 - l/d D1)/s

The information is X' diag(r H) X - sum over steps weight m m', H being the cumulative hazard each row lived through:
sum of weight/s over its steps, of (1 - l/d) weight/s at its own death. The second sweep, forward in time, adds it up.
No second-moment matrix is carried through the risk sets, so delayed entry costs nothing extra.
"""

import numpy as np
from numpy.typing import NDArray

from equipoise.stats._kernels.decorator import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

REFRESH_BELOW = 1e-3
"""Sums from which rows were taken out are summed anew once they fall below this part of their peak: cancellation."""

WAITING = 64
"""Risk sums at death times without ties that are kept back, to add their squares together."""


@compiled
def tie_steps(s0: float, d0: float, deaths: int, weight: float, efron: bool, frequency: bool) -> tuple[float, ...]:
    """Sum over the steps of one death time: log s, 1/s, f/s, 1/s^2, f/s^2, f^2/s^2 (f = l/d), times the weight of a
    step."""
    if not efron or (deaths == 1 and not frequency):
        return weight * np.log(s0), weight / s0, 0.0, weight / (s0 * s0), 0.0, 0.0
    steps = int(np.round(weight)) if frequency else deaths
    unit = 1.0 if frequency else weight / deaths
    log_s = a = b = aa = ab = bb = 0.0
    for step in range(steps):
        f = step / steps
        s = s0 - f * d0
        log_s += np.log(s)
        a += 1.0 / s
        b += f / s
        aa += 1.0 / (s * s)
        ab += f / (s * s)
        bb += f * f / (s * s)
    return unit * log_s, unit * a, unit * b, unit * aa, unit * ab, unit * bb


@compiled
def linear_predictor(x: Floats, offset: Floats, weights: Floats, beta: Floats) -> tuple[Floats, Floats]:
    """Return eta = x beta + offset and the weighted risk w exp(eta)."""
    n, p = x.shape
    eta, risk = np.empty(n), np.empty(n)
    for i in range(n):
        value = offset[i]
        for j in range(p):
            value += x[i, j] * beta[j]
        eta[i] = value
        risk[i] = weights[i] * np.exp(value)
    return eta, risk


@compiled
def sum_at_risk(x: Floats, risk: Floats, group: int, start: int, end: int, first_group: Integers, s1: Floats) -> float:
    """Sum risk over the rows start .. end that have entered by `group`; put the sum of risk times x into `s1`."""
    p = x.shape[1]
    s0 = 0.0
    s1[:] = 0.0
    for i in range(start, end):
        if first_group[i] <= group:
            s0 += risk[i]
            for j in range(p):
                s1[j] += risk[i] * x[i, j]
    return s0


@compiled
def add_moment(x: Floats, weight: Floats, information: Floats) -> None:
    """Add X' diag(weight) X to `information`; four rows at a time, which halves the time."""
    n, p = x.shape
    fours = n - n % 4
    for i in range(0, fours, 4):
        for j in range(p):
            a, b = weight[i] * x[i, j], weight[i + 1] * x[i + 1, j]
            c, d = weight[i + 2] * x[i + 2, j], weight[i + 3] * x[i + 3, j]
            for k in range(p):
                information[j, k] += a * x[i, k] + b * x[i + 1, k] + c * x[i + 2, k] + d * x[i + 3, k]
    for i in range(fours, n):
        for j in range(p):
            value = weight[i] * x[i, j]
            for k in range(p):
                information[j, k] += value * x[i, k]


@compiled
def cox_sums(
    x: Floats,
    event: Booleans,
    weights: Floats,
    eta: Floats,
    risk: Floats,
    group_start: Integers,
    stratum_group: Integers,
    first_group: Integers,
    removal: Integers,
    efron: bool,
    frequency: bool,
    later: Floats,
    hazard: Floats,
    hazard_own: Floats,
    score: Floats,
    outer: Floats,
) -> float:
    """Sweep backward in time; fill hazard steps per group, the score and the sum of weight m m', and return the
    log-likelihood.

    `hazard` is the step of a row that outlives the group or is censored in it, `hazard_own` that of a row that dies
    in it. `removal` orders rows by `first_group`. `later` holds the sums of risk times x, then of risk, over
    the rows of the last stratum that come after these; zero where these are all.
    """
    n, p = x.shape
    loglik = 0.0
    score[:] = 0.0
    outer[:, :] = 0.0
    s1, d1, mean_a, mean_b = np.zeros(p), np.zeros(p), np.zeros(p), np.zeros(p)
    kept_back, kept_weight, n_kept = np.empty((WAITING, p)), np.empty(WAITING), 0
    delayed = first_group.shape[0] > 0
    last = n - 1
    for s in range(stratum_group.shape[0] - 2, -1, -1):
        stratum_end = group_start[stratum_group[s + 1]]
        while delayed and last >= 0 and first_group[removal[last]] >= stratum_group[s + 1]:
            last -= 1
        s0 = peak = 0.0
        s1[:] = 0.0
        if s == stratum_group.shape[0] - 2:
            s0 = float(later[p])
            s1[:] = later[:p]
        for g in range(stratum_group[s + 1] - 1, stratum_group[s] - 1, -1):
            d0 = weight = 0.0
            deaths = 0
            alone = group_start[g + 1] - group_start[g] == 1 and not frequency
            if not alone:
                d1[:] = 0.0
            for i in range(group_start[g], group_start[g + 1]):
                r = risk[i]
                s0 += r
                for j in range(p):
                    s1[j] += r * x[i, j]
                if event[i]:
                    deaths += 1
                    weight += weights[i]
                    d0 += r
                    loglik += weights[i] * eta[i]
                    for j in range(p):
                        score[j] += weights[i] * x[i, j]
                    if not alone:
                        for j in range(p):
                            d1[j] += r * x[i, j]
            hazard[g] = hazard_own[g] = 0.0
            if delayed:
                peak = max(peak, s0)
                while last >= 0 and first_group[removal[last]] > g:
                    i = removal[last]
                    s0 -= risk[i]
                    for j in range(p):
                        s1[j] -= risk[i] * x[i, j]
                    last -= 1
                if s0 < REFRESH_BELOW * peak:
                    s0 = sum_at_risk(x, risk, g, group_start[g], stratum_end, first_group, s1)
                    peak = s0
            if deaths == 0:
                continue
            log_s, a, b, aa, ab, bb = tie_steps(s0, d0, deaths, weight, efron, frequency)
            loglik -= log_s
            hazard[g], hazard_own[g] = a, a - b
            if b == 0.0:
                for j in range(p):
                    score[j] -= a * s1[j]
                    kept_back[n_kept, j] = s1[j]
                kept_weight[n_kept] = aa
                n_kept += 1
                if n_kept == WAITING:
                    add_moment(kept_back, kept_weight, outer)
                    n_kept = 0
                continue
            for j in range(p):
                score[j] -= a * s1[j] - b * d1[j]
                mean_a[j] = aa * s1[j] - ab * d1[j]
                mean_b[j] = bb * d1[j] - ab * s1[j]
            for j in range(p):
                for k in range(j + 1):
                    outer[j, k] += mean_a[j] * s1[k] + mean_b[j] * d1[k]
    add_moment(kept_back[:n_kept], kept_weight[:n_kept], outer)
    return loglik


@compiled
def lived_hazard(
    event: Booleans,
    group_start: Integers,
    stratum_group: Integers,
    first_group: Integers,
    hazard: Floats,
    hazard_own: Floats,
    before_all: float,
) -> Floats:
    """Return the cumulative hazard (at eta = 0) that each row lived through; the first stratum starts at
    `before_all`."""
    before = np.empty(hazard.shape[0] + 1)
    lived = np.empty(event.shape[0])
    delayed = first_group.shape[0] > 0
    for s in range(stratum_group.shape[0] - 1):
        total = before_all if s == 0 else 0.0
        for g in range(stratum_group[s], stratum_group[s + 1]):
            before[g] = total
            for i in range(group_start[g], group_start[g + 1]):
                own = hazard_own[g] if event[i] else hazard[g]
                lived[i] = total + own - (before[first_group[i]] if delayed else 0.0)
            total += hazard[g]
    return lived


@compiled
def cox_evaluate(
    x: Floats,
    event: Booleans,
    weights: Floats,
    offset: Floats,
    group_start: Integers,
    stratum_group: Integers,
    first_group: Integers,
    removal: Integers,
    efron: bool,
    frequency: bool,
    beta: Floats,
    score: Floats,
    information: Floats,
) -> float:
    """Return the log partial likelihood at `beta`; fill its score and information (both triangles)."""
    p = x.shape[1]
    n_groups = group_start.shape[0] - 1
    hazard, hazard_own, outer = np.empty(n_groups), np.empty(n_groups), np.empty((p, p))
    eta, risk = linear_predictor(x, offset, weights, beta)
    loglik = cox_sums(
        x,
        event,
        weights,
        eta,
        risk,
        group_start,
        stratum_group,
        first_group,
        removal,
        efron,
        frequency,
        np.zeros(p + 1),
        hazard,
        hazard_own,
        score,
        outer,
    )
    lived = lived_hazard(event, group_start, stratum_group, first_group, hazard, hazard_own, 0.0)
    for i in range(lived.shape[0]):
        lived[i] *= risk[i]
    information[:, :] = 0.0
    add_moment(x, lived, information)
    for j in range(p):
        for k in range(j + 1):
            information[j, k] -= outer[j, k]
            information[k, j] = information[j, k]
    return loglik
