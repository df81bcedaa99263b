"""The methods of allocation, each a builder of a `Plan`.

Ratios are whole numbers in the order of the arms. Unequal ratios: permuted blocks hold the arms in the ratio. All other
methods balance *fake arms*, r equal ones for an arm of share r after division by the greatest common divisor, which are
then mapped to the arms. By symmetry every patient's unconditional probability of each arm is then its share exactly.
Sharing the probability p by ratio without fake arms (`fake_arms=False`, minimization only) does not keep it constant,
and estimates based on the randomization are then biased.

References: Efron (1971, Biometrika); Pocock and Simon (1975, Biometrics); Wei (1978, JASA); Smith (1984, JRSS B);
Soares and Wu (1983, Commun. Statist.); Chen (1999, Stoch. Models); Kuznetsova and Tymofyeyev (2012, Statist. Med.).
"""

from __future__ import annotations

from math import gcd, inf, isfinite
from typing import TYPE_CHECKING, Literal

import numpy as np

from equipoise.stats._kernels.allocation import BLOCKS, CHI_SQUARE, COIN, MINIMIZATION, RANGE, SD, URN, VARIANCE, Plan
from equipoise.stats.errors import InputProblem, StatsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

Measure = Literal["range", "variance", "sd", "chi-square"]
MEASURES: dict[str, int] = {"range": RANGE, "variance": VARIANCE, "sd": SD, "chi-square": CHI_SQUARE}
MOST_FAKE_ARMS = 1000
"""Ratios that need more fake arms than this are refused: they are slips of the pen, and slow."""


def permuted_blocks(ratio: Sequence[int], sizes: Sequence[int], *, n_levels: Sequence[int] = ()) -> Plan:
    """Permuted blocks: each block of a stratum holds the arms in the ratio, in random order.

    The size of each block is drawn at random, with equal probability, when its first patient comes. One block of the
    size of the trial is the random allocation rule.

    Parameters
    ----------
    ratio
        Whole number for each arm.
    sizes
        Block sizes, each a multiple of the sum of the ratio.
    n_levels
        Levels of each stratification factor; a stratum is a combination. None: one stratum.
    """
    problems = _ratio_problems(ratio) + _level_problems(n_levels)
    if not problems:
        total = sum(ratio)
        if not len(sizes):
            problems.append(InputProblem(argument="sizes", message="expected at least one block size"))
        problems += [
            InputProblem(
                argument="sizes",
                message=f"expected a positive multiple of {total}, the sum of the ratio",
                position=i,
                value=size,
            )
            for i, size in enumerate(sizes)
            if not _is_whole(size) or size < 1 or size % total
        ]
    _raise(problems)
    return _plan(BLOCKS, ratio, n_levels, fake=False, sizes=sizes)


def biased_coin(
    ratio: Sequence[int], *, p: float = 2 / 3, tolerance: int | None = None, n_levels: Sequence[int] = ()
) -> Plan:
    """Efron's biased coin within each stratum: the arm that is behind has probability p.

    For more than two listed arms those with the fewest patients share p, or their own share of the ratio where that is
    more; the others share the rest. With `tolerance` it is Chen's coin: no two listed arms of a stratum differ by more.

    Parameters
    ----------
    ratio
        Whole number for each arm; unequal ones are balanced by fake arms.
    p
        Probability of the arms that are behind, above 1/2 up to 1.
    tolerance
        Largest difference of two listed arms in a stratum.
    n_levels
        Levels of each stratification factor.
    """
    problems = _ratio_problems(ratio) + _level_problems(n_levels) + _p_problems(p)
    problems += _tolerance_problems(tolerance, optional=True)
    _raise(problems)
    return _plan(COIN, ratio, n_levels, p=p, tolerance=tolerance or 0)


def big_stick(ratio: Sequence[int], *, tolerance: int, n_levels: Sequence[int] = ()) -> Plan:
    """Soares and Wu's big stick: a fair coin until two listed arms of a stratum differ by `tolerance`, then forced."""
    _raise(_ratio_problems(ratio) + _level_problems(n_levels) + _tolerance_problems(tolerance, optional=False))
    return _plan(COIN, ratio, n_levels, tolerance=tolerance)


def complete_randomization(ratio: Sequence[int]) -> Plan:
    """Every patient independently by the ratio."""
    _raise(_ratio_problems(ratio))
    return _plan(COIN, ratio, ())


def urn(
    ratio: Sequence[int], *, alpha: float = 0.0, beta: float = 1.0, power: float = 1.0, n_levels: Sequence[int] = ()
) -> Plan:
    """Wei's urn U(alpha, beta) within each stratum; with `power` above 1 Smith's design.

    The urn holds `alpha` balls of each listed arm; each allocation adds `beta` balls of every other one. The
    probability of an arm is proportional to its number of balls raised to `power`.
    """
    problems = _ratio_problems(ratio) + _level_problems(n_levels)
    for name, value, low in (("alpha", alpha, 0.0), ("beta", beta, 0.0), ("power", power, 1.0)):
        if not isfinite(value) or value < low:
            problems.append(InputProblem(argument=name, message=f"expected a number from {low:g} on, got {value!r}"))
    if alpha == 0.0 and beta == 0.0:
        problems.append(InputProblem(argument="beta", message="the urn stays empty: expected alpha or beta above 0"))
    _raise(problems)
    return _plan(URN, ratio, n_levels, alpha=alpha, beta=beta, power=power)


def minimization(
    ratio: Sequence[int],
    n_levels: Sequence[int],
    *,
    measure: Measure = "range",
    p: float = 0.8,
    weights: Sequence[float] | None = None,
    fake_arms: bool = True,
) -> Plan:
    """Pocock and Simon's minimization of imbalance over the margins of the factors.

    For each listed arm the patient is imagined in it; the spread of the counts of the arms in each of his own levels is
    measured, weighted and summed. The arms of the least sum share p by ratio (or have their own share where that is
    more), the others the rest; where all are tied, the ratio decides.

    Parameters
    ----------
    ratio
        Whole number for each arm; unequal ones are balanced by fake arms.
    n_levels
        Levels of each factor.
    measure
        Spread of the counts, each divided by the arm's share: range, variance, sd, or chi-square against expectation.
    p
        Probability of the arms that minimize imbalance, above 1/2 up to 1.
    weights
        Weight of each factor; equal unless given.
    fake_arms
        False shares p by ratio instead of balancing fake arms: the unconditional probability of an arm is then not its
        share for every patient.
    """
    problems = _ratio_problems(ratio) + _level_problems(n_levels) + _p_problems(p)
    if not len(n_levels):
        problems.append(InputProblem(argument="n_levels", message="minimization needs at least one factor"))
    if measure not in MEASURES:
        expected = ", ".join(repr(m) for m in MEASURES)
        problems.append(InputProblem(argument="measure", message=f"expected one of {expected}, got {measure!r}"))
    if weights is not None:
        if len(weights) != len(n_levels):
            message = f"has {len(weights)} weights where there are {len(n_levels)} factors"
            problems.append(InputProblem(argument="weights", message=message))
        problems += [
            InputProblem(argument="weights", message="expected a positive number", position=i, value=w)
            for i, w in enumerate(weights)
            if not 0 < w < inf
        ]
    _raise(problems)
    return _plan(MINIMIZATION, ratio, n_levels, fake=fake_arms, p=p, measure=MEASURES[measure], weights=weights)


def n_arms(plan: Plan) -> int:
    """Count the arms of the trial."""
    return int(plan.arm_of.max()) + 1


def arm_shares(plan: Plan) -> NDArray[np.float64]:
    """Give the share of each arm of the trial."""
    weight = np.bincount(plan.arm_of, weights=plan.share.astype(np.float64))
    shares: NDArray[np.float64] = weight / weight.sum()
    return shares


def n_rows(plan: Plan) -> int:
    """Count the rows of the state: strata, or levels of all factors together for minimization."""
    if plan.kind == MINIMIZATION:
        return int(plan.n_levels.sum())
    return int(np.prod(plan.n_levels)) if plan.n_levels.size else 1


def empty_state(plan: Plan) -> NDArray[np.int64]:
    """Give the state before the first patient."""
    return np.zeros((n_rows(plan), plan.share.size), np.int64)


def state_rows(plan: Plan, levels: ArrayLike, n: int | None = None) -> NDArray[np.int64]:
    """Turn the levels of each factor (n, factors), counted from 0, into the rows of the state of each patient.

    Raises
    ------
    StatsError
        A level that the plan does not have, or another number of factors.
    """
    n_factors = plan.n_levels.size
    if n_factors == 0:
        size = n if n is not None else len(np.asarray(levels))
        return np.zeros((size, 1), np.int64)
    array = np.asarray(levels)
    if array.ndim != 2 or array.shape[1] != n_factors or array.dtype.kind not in "iub":
        message = f"expected whole numbers of shape (patients, {n_factors}), got {array.dtype} of shape {array.shape}"
        raise StatsError([InputProblem(argument="levels", message=message)])
    problems = []
    for f, count in enumerate(plan.n_levels.tolist()):
        bad = np.flatnonzero((array[:, f] < 0) | (array[:, f] >= count))
        if bad.size:
            message = f"factor {f} has levels 0 to {count - 1}"
            first = int(bad[0])
            problems.append(
                InputProblem(
                    argument="levels", message=message, position=first, value=int(array[first, f]), count=bad.size
                )
            )
    _raise(problems)
    whole = np.ascontiguousarray(array, np.int64)
    if plan.kind == MINIMIZATION:
        return whole + np.concatenate([[0], np.cumsum(plan.n_levels)[:-1]]).astype(np.int64)
    cell = np.zeros(whole.shape[0], np.int64)
    for f, count in enumerate(plan.n_levels.tolist()):
        cell = cell * count + whole[:, f]
    return cell[:, None]


def _plan(
    kind: int,
    ratio: Sequence[int],
    n_levels: Sequence[int],
    *,
    fake: bool = True,
    sizes: Sequence[int] = (),
    weights: Sequence[float] | None = None,
    measure: int = RANGE,
    p: float = 0.0,
    tolerance: int = 0,
    alpha: float = 0.0,
    beta: float = 0.0,
    power: float = 1.0,
) -> Plan:
    shares = np.array(ratio, np.int64)
    if kind != BLOCKS:
        shares = shares // gcd(*ratio)
    arms = np.arange(shares.size)
    arm_of = np.repeat(arms, shares) if fake else arms
    factor_weights = np.ones(max(1, len(n_levels))) if weights is None else np.array(weights, np.float64)
    return Plan(
        kind=kind,
        arm_of=arm_of.astype(np.int64),
        share=np.ones(arm_of.size, np.int64) if fake else shares,
        sizes=np.array(sizes, np.int64),
        n_levels=np.array(n_levels, np.int64),
        weights=factor_weights,
        measure=measure,
        p=float(p),
        tolerance=int(tolerance),
        alpha=float(alpha),
        beta=float(beta),
        power=float(power),
    )


def _is_whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _ratio_problems(ratio: Sequence[int]) -> list[InputProblem]:
    problems = [
        InputProblem(argument="ratio", message="expected a whole number from 1 on", position=i, value=r)
        for i, r in enumerate(ratio)
        if not _is_whole(r) or r < 1
    ]
    if len(ratio) < 2:
        problems.append(InputProblem(argument="ratio", message=f"expected at least two arms, got {len(ratio)}"))
    if not problems and sum(ratio) // gcd(*ratio) > MOST_FAKE_ARMS:
        message = f"the sum of the reduced ratio is above {MOST_FAKE_ARMS}: expected small whole numbers such as 2:1"
        problems.append(InputProblem(argument="ratio", message=message))
    return problems


def _level_problems(n_levels: Sequence[int]) -> list[InputProblem]:
    return [
        InputProblem(argument="n_levels", message="expected a whole number from 1 on", position=i, value=count)
        for i, count in enumerate(n_levels)
        if not _is_whole(count) or count < 1
    ]


def _p_problems(p: float) -> list[InputProblem]:
    if 0.5 < p <= 1:
        return []
    return [InputProblem(argument="p", message=f"expected a probability above 1/2 up to 1, got {p!r}")]


def _tolerance_problems(tolerance: int | None, *, optional: bool) -> list[InputProblem]:
    if (tolerance is None and optional) or (_is_whole(tolerance) and int(tolerance or 0) >= 1):
        return []
    return [InputProblem(argument="tolerance", message=f"expected a whole number from 1 on, got {tolerance!r}")]


def _raise(problems: list[InputProblem]) -> None:
    if problems:
        raise StatsError(problems)
