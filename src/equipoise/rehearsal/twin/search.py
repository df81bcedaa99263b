"""The search for a twin: which candidate of each patient, so that the trial lands on the figures asked for.

Every candidate is a patient whom the model made and whom the pipeline derived; the search does nothing but choose one
of them for each place. It walks from choice to choice, one patient at a time, takes what comes nearer to the goals and
sometimes what does not (simulated annealing), and stops when every goal is met with a margin.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equipoise.rehearsal.twin.quick_figures import PER_ARM, Floats, arm_figures, log_hazard_ratio
from equipoise.stats._kernels import compiled

__all__ = ["Choice", "EndpointPool", "Goal", "Pool", "choose", "figures_of"]

Integers = NDArray[np.int64]

GROUPS = ("control", "experimental", "all")
_SCALES = ("ratio", "ratio_low", "ratio_high")
_Z = 1.959963984540054
_MARGIN = 0.6
"""Part of a tolerance within which a goal counts as met."""
_FARTHEST = 1000.0
"""Tolerances at which a goal is as far away as can be: medians that are not reached."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure to reach, by its name (see `Pool.names`)."""

    figure: str
    target: float
    tolerance: float


@dataclass(frozen=True, slots=True, eq=False)
class EndpointPool:
    """Days and events of one endpoint for every patient (rows) and candidate (columns), with landmarks in days."""

    time: Integers
    event: NDArray[np.bool_]
    landmarks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """The candidates of every patient.

    Parameters
    ----------
    arm, stratum
        One number a patient: 1 for the experimental arm; the stratum of the hazard ratios from 0.
    endpoints
        Times to event.
    counts
        What adds up over patients, as one array of patients by candidates each.
    shares
        Name -> count above, count below.
    agreement
        Names of the nine counts of a square table, row by row, whose kappa is wanted; or none.
    """

    arm: Integers
    stratum: Integers
    endpoints: Mapping[str, EndpointPool]
    counts: Mapping[str, Integers]
    shares: Mapping[str, tuple[str, str]]
    agreement: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Names of all figures: ENDPOINT.GROUP.events, .median, .low, .high, .at_DAY; ENDPOINT.ratio, .ratio_low,
        .ratio_high; sum.COUNT; share.NAME; kappa."""
        found: list[str] = []
        for name, pool in self.endpoints.items():
            parts = ["events", "median", "low", "high", *(f"at_{day}" for day in pool.landmarks)]
            found += [f"{name}.{group}.{part}" for group in GROUPS for part in parts]
            found += [f"{name}.{part}" for part in _SCALES]
        found += [f"sum.{name}" for name in self.counts] + [f"share.{name}" for name in self.shares]
        return [*found, "kappa"] if self.agreement else found


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The candidate chosen for each patient, what the trial then shows, and how many choices were tried."""

    candidates: Integers
    figures: dict[str, float]
    unmet: tuple[Goal, ...]
    tried: int


def figures_of(pool: Pool, candidates: Integers) -> dict[str, float]:
    """Give all figures of a pool for one choice of candidates."""
    values = np.empty(len(pool.names))
    sums = np.array([c[np.arange(c.shape[0]), candidates].sum() for c in pool.counts.values()], dtype=np.int64)
    _survival(pool, candidates, values)
    _additive(pool, sums, values)
    return dict(zip(pool.names, values.tolist(), strict=True))


def choose(
    pool: Pool, goals: Sequence[Goal], *, seed: int, steps: int = 100_000, start: Integers | None = None
) -> Choice:
    """Choose a candidate for each patient so that the goals are met.

    Parameters
    ----------
    pool, goals
        What there is to choose from, and the figures wanted.
    seed
        Of the walk; the same seed gives the same choice.
    steps
        Most choices to try.
    start
        First choice; candidate 0 of everybody unless given.

    Returns
    -------
    Choice
        The best choice met, and the goals it misses by more than their tolerance.
    """
    names, rng = pool.names, np.random.default_rng(seed)
    place = {name: number for number, name in enumerate(names)}
    where = np.array([place[goal.figure] for goal in goals])
    target, tolerance = np.array([g.target for g in goals]), np.array([g.tolerance for g in goals])
    counts = np.stack(list(pool.counts.values())) if pool.counts else np.zeros((0, *_shape(pool)), dtype=np.int64)
    n, width = _shape(pool)
    now = np.zeros(n, dtype=np.int64) if start is None else start.astype(np.int64).copy()
    sums = counts[:, np.arange(n), now].sum(axis=1)
    values = np.empty(len(names))
    _survival(pool, now, values)
    _additive(pool, sums, values)
    cost = best = _cost(values[where], target, tolerance)
    kept, tried = now.copy(), 0
    watched = bool(pool.endpoints) and any(not g.figure.startswith(("sum.", "share.", "kappa")) for g in goals)
    while tried < steps and best > 0.0:
        heat = max(best, 0.2) * 0.15 * (1.0 - tried / steps) ** 2 + 1e-6
        patient, candidate = int(rng.integers(n)), int(rng.integers(width))
        tried += 1
        before = int(now[patient])
        if candidate == before:
            continue
        now[patient] = candidate
        moved = sums + counts[:, patient, candidate] - counts[:, patient, before]
        if watched:
            _survival(pool, now, values)
        _additive(pool, moved, values)
        new = _cost(values[where], target, tolerance)
        if new <= cost or rng.random() < np.exp((cost - new) / heat):
            cost, sums = new, moved
            if cost < best:
                best, kept = cost, now.copy()
        else:
            now[patient] = before
    shown = figures_of(pool, kept)
    unmet = tuple(g for g in goals if not abs(shown[g.figure] - g.target) <= g.tolerance)
    return Choice(candidates=kept, figures=shown, unmet=unmet, tried=tried)


def _shape(pool: Pool) -> tuple[int, int]:
    first = next(iter(pool.endpoints.values())).time if pool.endpoints else next(iter(pool.counts.values()))
    return first.shape[0], first.shape[1]


def _cost(values: Floats, target: Floats, tolerance: Floats) -> float:
    """Add up squared distances beyond the margin, in tolerances; 0 when every goal is met with it."""
    away = np.abs(np.nan_to_num(values, nan=1e9, posinf=1e9) - target) / np.where(tolerance > 0, tolerance, 0.5)
    return float(np.sum(np.minimum(np.maximum(away - _MARGIN, 0.0), _FARTHEST) ** 2))


def _survival(pool: Pool, candidates: Integers, values: Floats) -> None:
    start = 0
    for endpoint in pool.endpoints.values():
        landmarks = np.array(endpoint.landmarks, dtype=np.int64)
        width = 3 * (PER_ARM + len(landmarks)) + 3
        _endpoint(
            endpoint.time, endpoint.event, candidates, pool.arm, pool.stratum, landmarks, values[start : start + width]
        )
        start += width


@compiled
def _endpoint(  # noqa: PLR0917
    time: Integers,
    event: NDArray[np.bool_],
    candidates: Integers,
    arm: Integers,
    stratum: Integers,
    landmarks: Integers,
    out: Floats,
) -> None:
    """Fill `out` with the figures of control, experimental, all, then hazard ratio and its limits."""
    n, wide = candidates.shape[0], PER_ARM + landmarks.shape[0]
    t, e = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.bool_)
    for i in range(n):
        t[i], e[i] = time[i, candidates[i]], event[i, candidates[i]]
    order = np.argsort(t)
    st, se, sa = t[order], e[order], arm[order]
    for group in range(2):
        mine = sa == group
        arm_figures(st[mine], se[mine], landmarks, out[group * wide : (group + 1) * wide])
    arm_figures(st, se, landmarks, out[2 * wide : 3 * wide])
    ss = stratum[order]
    by = np.argsort(ss * 1_000_000 + st)
    sorted_strata = ss[by]
    ends = np.empty(sorted_strata[n - 1] + 1, dtype=np.int64)
    for s in range(ends.shape[0]):
        ends[s] = np.searchsorted(sorted_strata, s, side="right")
    beta, error = log_hazard_ratio(st[by], se[by], sa[by], ends)
    out[3 * wide] = np.exp(beta)
    out[3 * wide + 1] = np.exp(beta - _Z * error)
    out[3 * wide + 2] = np.exp(beta + _Z * error)


def _additive(pool: Pool, sums: Integers, values: Floats) -> None:
    """Fill the end of `values` with sums, shares and kappa."""
    total = dict(zip(pool.counts, sums.tolist(), strict=True))
    shares = [total[above] / total[below] if total[below] else np.nan for above, below in pool.shares.values()]
    tail = [*sums.tolist(), *shares]
    if pool.agreement:
        tail.append(_kappa(np.array([total[name] for name in pool.agreement], dtype=float).reshape(3, 3)))
    if tail:
        values[len(values) - len(tail) :] = tail


def _kappa(table: Floats) -> float:
    """Cohen's kappa of a square table."""
    n = table.sum()
    chance = float(table.sum(axis=0) @ table.sum(axis=1)) / (n * n) if n else 1.0
    return (float(np.trace(table)) / n - chance) / (1.0 - chance) if chance < 1.0 else float("nan")
