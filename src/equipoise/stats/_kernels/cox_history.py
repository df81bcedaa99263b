"""What happened at each time of a fitted Cox model: the sums from which residuals, baseline and tests are made."""

import numpy as np
from numpy.typing import NDArray

from equipoise.stats._kernels.cox import REFRESH_BELOW, sum_at_risk, tie_steps
from equipoise.stats._kernels.decorator import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@compiled
def cox_history(
    x: Floats,
    event: Booleans,
    weights: Floats,
    risk: Floats,
    group_start: Integers,
    stratum_group: Integers,
    first_group: Integers,
    removal: Integers,
    efron: bool,
    frequency: bool,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Sweep backward in time as `cox_sums` does and keep what it throws away.

    Returns per group: six step sums (weight of deaths, a, b, aa, ab, bb of `tie_steps`), S0, S1 and D1.
    """
    n, p = x.shape
    n_groups = group_start.shape[0] - 1
    steps, at_risk = np.zeros((n_groups, 6)), np.zeros(n_groups)
    all_s1, all_d1 = np.zeros((n_groups, p)), np.zeros((n_groups, p))
    s1 = np.zeros(p)
    delayed = first_group.shape[0] > 0
    last = n - 1
    for s in range(stratum_group.shape[0] - 2, -1, -1):
        stratum_end = group_start[stratum_group[s + 1]]
        while delayed and last >= 0 and first_group[removal[last]] >= stratum_group[s + 1]:
            last -= 1
        s0 = peak = 0.0
        s1[:] = 0.0
        for g in range(stratum_group[s + 1] - 1, stratum_group[s] - 1, -1):
            d0 = weight = 0.0
            deaths = 0
            for i in range(group_start[g], group_start[g + 1]):
                s0 += risk[i]
                for j in range(p):
                    s1[j] += risk[i] * x[i, j]
                if event[i]:
                    deaths += 1
                    weight += weights[i]
                    d0 += risk[i]
                    for j in range(p):
                        all_d1[g, j] += risk[i] * x[i, j]
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
            at_risk[g] = s0
            all_s1[g, :] = s1
            if deaths > 0:
                _, a, b, aa, ab, bb = tie_steps(s0, d0, deaths, weight, efron, frequency)
                steps[g, 0], steps[g, 1], steps[g, 2] = weight, a, b
                steps[g, 3], steps[g, 4], steps[g, 5] = aa, ab, bb
    return steps, at_risk, all_s1, all_d1


@compiled
def mean_covariates(steps: Floats, s1: Floats, d1: Floats) -> Floats:
    """Return the mean of x at each death time, over the risk set and the steps of tied deaths."""
    n_groups, p = s1.shape
    mean = np.zeros((n_groups, p))
    for g in range(n_groups):
        if steps[g, 0] > 0.0:
            for j in range(p):
                mean[g, j] = (steps[g, 1] * s1[g, j] - steps[g, 2] * d1[g, j]) / steps[g, 0]
    return mean


@compiled
def score_residuals(
    x: Floats,
    event: Booleans,
    eta: Floats,
    group_start: Integers,
    stratum_group: Integers,
    first_group: Integers,
    steps: Floats,
    s1: Floats,
    d1: Floats,
) -> tuple[Floats, Floats]:
    """Return score residuals (row x column) and martingale residuals, both for one subject, without case weights."""
    n, p = x.shape
    n_groups = group_start.shape[0] - 1
    mean = mean_covariates(steps, s1, d1)
    before, before_x = np.zeros(n_groups), np.zeros((n_groups, p))
    score, martingale = np.zeros((n, p)), np.zeros(n)
    total_x, step_x, own_x = np.zeros(p), np.zeros(p), np.zeros(p)
    delayed = first_group.shape[0] > 0
    for s in range(stratum_group.shape[0] - 1):
        total = 0.0
        total_x[:] = 0.0
        for g in range(stratum_group[s], stratum_group[s + 1]):
            before[g] = total
            before_x[g, :] = total_x
            a, b = steps[g, 1], steps[g, 2]
            for j in range(p):
                step_x[j] = steps[g, 3] * s1[g, j] - steps[g, 4] * d1[g, j]
                own_x[j] = step_x[j] - (steps[g, 4] * s1[g, j] - steps[g, 5] * d1[g, j])
            for i in range(group_start[g], group_start[g + 1]):
                r = np.exp(eta[i])
                lived = total + (a - b if event[i] else a) - (before[first_group[i]] if delayed else 0.0)
                martingale[i] = (1.0 if event[i] else 0.0) - r * lived
                for j in range(p):
                    lived_x = total_x[j] + (own_x[j] if event[i] else step_x[j])
                    if delayed:
                        lived_x -= before_x[first_group[i], j]
                    score[i, j] = -r * (x[i, j] * lived - lived_x)
                    if event[i]:
                        score[i, j] += x[i, j] - mean[g, j]
            total += a
            for j in range(p):
                total_x[j] += step_x[j]
    return score, martingale


@compiled
def timed_information(
    x: Floats,
    event: Booleans,
    risk: Floats,
    group_start: Integers,
    stratum_group: Integers,
    first_group: Integers,
    steps: Floats,
    s1: Floats,
    d1: Floats,
    timing: Floats,
) -> Floats:
    """Return the information summed over death times with weight timing[group]."""
    p = x.shape[1]
    n_groups = group_start.shape[0] - 1
    information, before = np.zeros((p, p)), np.zeros(n_groups)
    delayed = first_group.shape[0] > 0
    for s in range(stratum_group.shape[0] - 1):
        total = 0.0
        for g in range(stratum_group[s], stratum_group[s + 1]):
            before[g] = total
            a, b = timing[g] * steps[g, 1], timing[g] * steps[g, 2]
            aa, ab, bb = timing[g] * steps[g, 3], timing[g] * steps[g, 4], timing[g] * steps[g, 5]
            for i in range(group_start[g], group_start[g + 1]):
                lived = total + (a - b if event[i] else a) - (before[first_group[i]] if delayed else 0.0)
                weight = risk[i] * lived
                for j in range(p):
                    value = weight * x[i, j]
                    for k in range(j + 1):
                        information[j, k] += value * x[i, k]
            if steps[g, 0] > 0.0:
                for j in range(p):
                    mean_a = aa * s1[g, j] - ab * d1[g, j]
                    mean_b = bb * d1[g, j] - ab * s1[g, j]
                    for k in range(j + 1):
                        information[j, k] -= mean_a * s1[g, k] + mean_b * d1[g, k]
            total += a
    for j in range(p):
        for k in range(j):
            information[k, j] = information[j, k]
    return information
