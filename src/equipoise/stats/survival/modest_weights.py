"""The modestly weighted log-rank test, for effects that are expected late."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats.errors import StatsError
from equipoise.stats.result import Result
from equipoise.stats.survival.groups import group_cells, why_no_information
from equipoise.stats.tails import normal_lower, normal_two_sided
from equipoise.stats.validate import InputCheck, Missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from equipoise.stats.survival.groups import GroupCells

__all__ = ["ModestlyWeightedTest", "modestly_weighted_test"]

NAN = float("nan")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class ModestlyWeightedTest(Result):
    """A modestly weighted log-rank test of two groups.

    `score` is the weighted sum of observed less expected events of the other group, `variance` its hypergeometric
    variance. `z` < 0 says that the other group is better than the reference; `p_one_sided` = P(Z <= z), `p_opposite`
    the other tail. `largest_weight` is the weight that events from `delay` on have at the most, over the strata.
    `status` is "NE" where no test is possible, and `reason` says why.
    """

    z: float
    p_value: float
    p_one_sided: float
    p_opposite: float
    score: float
    variance: float
    delay: float
    largest_weight: float
    groups: tuple[Any, ...]
    reference: Any
    n: int
    n_events: int
    strata: tuple[Any, ...]
    n_times_joined: int
    dropped: dict[str, NDArray[np.int64]]
    method: str
    status: str
    reason: str

    def _title(self) -> str:
        return self.method

    def _facts(self) -> Mapping[str, object]:
        names = ("z", "p_value", "p_one_sided", "delay", "largest_weight", "reference")
        facts: dict[str, object] = {name: getattr(self, name) for name in names}
        return {**facts, "status": self.status, "reason": self.reason} if self.status else facts


def modestly_weighted_test(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    delay: float,
    strata: object | None = None,
    reference: object | None = None,
    missing: Missing = "raise",
) -> ModestlyWeightedTest:
    """Compare two groups by the log-rank test with weights 1 / max(S(t-), S(delay)) (Magirr and Burman).

    Weights rise from 1 until the delay and stay there. An event never counts in favor of the group that has it, however
    early it is, so that the one-sided test holds its level whenever survival of the other group is nowhere better. S is
    the Kaplan-Meier curve of the stratum, groups together; S(delay) counts the events at the delay itself.

    Parameters
    ----------
    time, event, group, strata, reference, missing : as in `logrank_test`; two groups.
    delay : time from which weights stay the same, 0 or more; 0 is the log-rank test where nobody has an event at 0.

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used, or there are not two groups.

    References
    ----------
    Magirr and Burman (2019) Stat Med 38:3782. Formulas: docs/methods/survival-comparisons.md.

    Examples
    --------
    >>> test = modestly_weighted_test([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 0], ["a", "a", "b", "a", "b", "b"], delay=3)
    >>> round(test.z, 4), test.largest_weight
    (-1.5777, 2.0)
    """
    check = InputCheck(missing=missing)
    if not (np.isfinite(delay) and delay >= 0.0):
        check.problem("delay", f"expected a time from 0 on, got {delay!r}")
    cells = group_cells(check, time, event, group, strata=strata, entry=None, reference=reference)
    if len(cells.levels) != 2:
        raise StatsError(f"group: expected two groups, found {len(cells.levels)}: {', '.join(map(repr, cells.levels))}")
    parts = [_sums(cells, s, float(delay)) for s in range(cells.starts.size - 1)]
    score, variance = (float(sum(part[k] for part in parts)) for k in (0, 1))
    known = variance > 0.0
    z = score / sqrt(variance) if known else NAN
    stratified = f"stratified ({len(cells.strata)} strata)" if cells.strata else "unstratified"
    return ModestlyWeightedTest(
        z=z,
        p_value=normal_two_sided(z),
        p_one_sided=normal_lower(z),
        p_opposite=normal_lower(-z),
        score=score,
        variance=variance,
        delay=float(delay),
        largest_weight=max(part[2] for part in parts),
        groups=cells.levels,
        reference=cells.levels[0],
        n=int(cells.n.sum()),
        n_events=cells.n_events,
        strata=cells.strata,
        n_times_joined=cells.n_times_joined,
        dropped=cells.dropped,
        method=f"modestly weighted log-rank, {stratified}",
        status="" if known else "NE",
        reason="" if known else why_no_information(cells),
    )


def _sums(cells: GroupCells, stratum: int, delay: float) -> tuple[float, float, float]:
    """Weighted observed less expected events of a stratum, the variance, and the largest weight."""
    part = slice(cells.starts[stratum], cells.starts[stratum + 1])
    leaving = cells.leaving[part]
    at_risk = np.cumsum(leaving[::-1], axis=0)[::-1]
    happened = cells.deaths[part].sum(axis=1) > 0.0
    deaths, other = cells.deaths[part][happened], at_risk[happened, 1]
    d, n = deaths.sum(axis=1), at_risk[happened].sum(axis=1)
    after = np.cumprod(1.0 - d / n)
    before = np.append(1.0, after[:-1])[: after.size]
    passed = int(np.count_nonzero(cells.time[part][happened] <= delay))
    floor = float(after[passed - 1]) if passed else 1.0
    weight = 1.0 / np.maximum(before, floor)
    share = other / n
    score = weight * (deaths[:, 1] - d * share)
    variance = weight**2 * d * share * (1.0 - share) * (n - d) / np.maximum(n - 1.0, 1.0)
    return float(score.sum()), float(variance.sum()), float(weight.max(initial=1.0))
