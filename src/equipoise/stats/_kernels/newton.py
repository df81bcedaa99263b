"""Newton's method for the Cox likelihood, all of it compiled: for a trial of usual size the calls would cost more
than the sums."""

import numpy as np
from numpy.typing import NDArray

from equipoise.stats._kernels.cox import cox_evaluate
from equipoise.stats._kernels.cox_exact import exact_evaluate
from equipoise.stats._kernels.decorator import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

NEARLY = 1e-11
"""Newton decrement (squared step in standard errors) below which the next step is the last: it squares."""

PIVOT = 1e-11
"""Part of a diagonal element of the information that must be left when the columns before it are taken out:
collinearity."""

CONVERGED, SINGULAR, EXHAUSTED, AGAIN = 0, 1, 2, 3

LOGLIK, SIZE, DECREMENT, DONE = 0, 1, 2, 3
"""Places in the memory of `next_trial`: value at beta, part of the step tried, its decrement, steps taken."""


@compiled
def cholesky(matrix: Floats, factor: Floats, tolerance: float) -> int:
    """Fill `factor` with L, matrix = L L'; return -1, or the first row whose pivot is below `tolerance` x diagonal."""
    p = matrix.shape[0]
    for j in range(p):
        for k in range(j + 1):
            value = matrix[j, k]
            for m in range(k):
                value -= factor[j, m] * factor[k, m]
            if k < j:
                factor[j, k] = value / factor[k, k]
            elif value > tolerance * matrix[j, j] and value > 0.0:
                factor[j, j] = np.sqrt(value)
            else:
                return j
    return -1


@compiled
def independent_columns(information: Floats, floor: float) -> NDArray[np.bool_]:
    """Mark the columns that carry information (a diagonal above `floor`) not carried by the columns before them."""
    p = information.shape[0]
    kept = np.zeros(p, np.bool_)
    factor = np.zeros((p, p))
    for j in range(p):
        pivot = information[j, j]
        for k in range(j):
            if kept[k]:
                value = information[j, k]
                for m in range(k):
                    value -= factor[j, m] * factor[k, m]
                factor[j, k] = value / factor[k, k]
                pivot -= factor[j, k] * factor[j, k]
        if information[j, j] > floor and pivot > PIVOT * information[j, j]:
            kept[j] = True
            factor[j, j] = np.sqrt(pivot)
    return kept


@compiled
def cholesky_solve(factor: Floats, right: Floats) -> Floats:
    """Solve L L' y = right."""
    p = right.shape[0]
    y = right.copy()
    for j in range(p):
        for k in range(j):
            y[j] -= factor[j, k] * y[k]
        y[j] /= factor[j, j]
    for j in range(p - 1, -1, -1):
        for k in range(j + 1, p):
            y[j] -= factor[k, j] * y[k]
        y[j] /= factor[j, j]
    return y


@compiled
def evaluate(
    x: Floats,
    event: Booleans,
    weights: Floats,
    offset: Floats,
    group_start: Integers,
    stratum_group: Integers,
    first_group: Integers,
    removal: Integers,
    ties: int,
    frequency: bool,
    beta: Floats,
    score: Floats,
    information: Floats,
) -> float:
    """Evaluate the likelihood for `ties` 0 Breslow, 1 Efron, 2 exact."""
    if ties == 2:
        return exact_evaluate(x, event, offset, group_start, stratum_group, first_group, beta, score, information)
    return cox_evaluate(
        x,
        event,
        weights,
        offset,
        group_start,
        stratum_group,
        first_group,
        removal,
        ties == 1,
        frequency,
        beta,
        score,
        information,
    )


@compiled
def next_trial(
    value: float,
    score: Floats,
    information: Floats,
    beta: Floats,
    trial: Floats,
    step: Floats,
    factor: Floats,
    memory: Floats,
    max_iterations: int,
) -> int:
    """Take the log-likelihood, score and information at `trial`; put the next point to look at there and return AGAIN.

    Or return how the search ended, at `beta`. `memory` starts as zeros, `trial` as `beta`.
    """
    loglik, size = memory[LOGLIK], memory[SIZE]
    if memory[DONE] > 0.0:
        if not (np.isfinite(value) and value >= loglik - 1e-10 * (1.0 + abs(loglik))) and size > 1e-9:
            memory[SIZE] = 0.5 * size
            trial[:] = beta + memory[SIZE] * step
            return AGAIN
        beta[:] = trial
    memory[LOGLIK] = value
    if beta.shape[0] == 0 or (memory[DONE] > 0.0 and memory[DECREMENT] < NEARLY and size == 1.0):
        return CONVERGED
    if memory[DONE] >= max_iterations:
        return EXHAUSTED
    if cholesky(information, factor, PIVOT) >= 0:
        return SINGULAR
    step[:] = cholesky_solve(factor, score)
    decrement = 0.0
    for j in range(step.shape[0]):
        decrement += step[j] * score[j]
    if decrement < 1e-22:
        return CONVERGED
    memory[SIZE], memory[DECREMENT] = 1.0, decrement
    memory[DONE] += 1.0
    trial[:] = beta + step
    return AGAIN


@compiled
def newton(
    x: Floats,
    event: Booleans,
    weights: Floats,
    offset: Floats,
    group_start: Integers,
    stratum_group: Integers,
    first_group: Integers,
    removal: Integers,
    ties: int,
    frequency: bool,
    start: Floats,
    max_iterations: int,
) -> tuple[Floats, float, Floats, Floats, Floats, int, int, float, Floats, Floats]:
    """Maximize from `start` with step halving.

    Returns beta, the log-likelihood, score and information there, the last step, the number of steps, how it ended (0
    converged, 1 the information is singular, 2 `max_iterations` reached), and log-likelihood, score and information
    at the start.
    """
    p = x.shape[1]
    beta, trial, step = start.copy(), start.copy(), np.zeros(p)
    score, information, factor, memory = np.zeros(p), np.zeros((p, p)), np.zeros((p, p)), np.zeros(4)
    loglik_start = value = evaluate(
        x,
        event,
        weights,
        offset,
        group_start,
        stratum_group,
        first_group,
        removal,
        ties,
        frequency,
        trial,
        score,
        information,
    )
    score_start, information_start = score.copy(), information.copy()
    ending = next_trial(value, score, information, beta, trial, step, factor, memory, max_iterations)
    while ending == AGAIN:
        value = evaluate(
            x,
            event,
            weights,
            offset,
            group_start,
            stratum_group,
            first_group,
            removal,
            ties,
            frequency,
            trial,
            score,
            information,
        )
        ending = next_trial(value, score, information, beta, trial, step, factor, memory, max_iterations)
    loglik, done = memory[LOGLIK], int(memory[DONE])
    return beta, loglik, score, information, step, done, ending, loglik_start, score_start, information_start


@compiled
def is_monotone(
    x: Floats,
    event: Booleans,
    group_start: Integers,
    stratum_group: Integers,
    first_group: Integers,
    exact: bool,
    direction: Floats,
    tolerance: float,
) -> bool:
    """Tell whether the likelihood never falls along `direction`, and somewhere rises.

    That is so when at every death time the dying have the largest x'direction at risk, and somewhere alone. With
    exact ties they need to be above the survivors only, not all equal. Values within `tolerance` are equal.
    """
    n, p = x.shape
    value = np.zeros(n)
    for i in range(n):
        for j in range(p):
            value[i] += x[i, j] * direction[j]
    delayed = first_group.shape[0] > 0
    rises = False
    for s in range(stratum_group.shape[0] - 1):
        end = group_start[stratum_group[s + 1]]
        later_high, later_low = -np.inf, np.inf
        for g in range(stratum_group[s + 1] - 1, stratum_group[s] - 1, -1):
            high, low = later_high, later_low
            least, most = np.inf, -np.inf
            for i in range(group_start[g], group_start[g + 1]):
                if event[i]:
                    least, most = min(least, value[i]), max(most, value[i])
                else:
                    high, low = max(high, value[i]), min(low, value[i])
                later_high, later_low = max(later_high, value[i]), min(later_low, value[i])
            if least == np.inf:
                continue
            if delayed:
                high, low = -np.inf, np.inf
                for i in range(group_start[g], end):
                    if first_group[i] <= g and (i >= group_start[g + 1] or not event[i]):
                        high, low = max(high, value[i]), min(low, value[i])
            if least < high - tolerance or (not exact and most > least + tolerance):
                return False
            rises = rises or low < most - tolerance
    return rises
