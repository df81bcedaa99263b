"""The largest of several weighted log-rank statistics, with its exact joint distribution; and the test for trend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats.errors import StatsError
from equipoise.stats.normal_tails import largest_exceeds, unit_factor
from equipoise.stats.result import Result
from equipoise.stats.survival.groups import group_sums, why_no_information

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from equipoise.stats.validate import Missing

NAN = float("nan")
MAX_COMBO_WEIGHTS = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class MaxComboTest(Result):
    """Several weighted log-rank statistics of two groups and the p-values of the most extreme.

    `z` < 0 says that the other group is better than the reference. `statistic` is the largest |z|; `p_value` = P(max
    |Z| >= it). `p_one_sided` = P(min Z <= smallest z) is against the alternative that the other group is better,
    `p_opposite` = P(max Z >= largest z) against the alternative that the reference is; the two do not add up to 1.
    `status` is "NE" where no test is possible, and `reason` says why.
    """

    weights: tuple[tuple[float, float], ...]
    z: NDArray[np.float64]
    correlation: NDArray[np.float64]
    statistic: float
    p_value: float
    p_one_sided: float
    p_opposite: float
    groups: tuple[Any, ...]
    reference: Any
    n: int
    n_events: int
    strata: tuple[Any, ...]
    strata_without_information: tuple[Any, ...]
    n_times_joined: int
    dropped: dict[str, NDArray[np.int64]]
    method: str
    status: str
    reason: str

    def _title(self) -> str:
        return self.method

    def _facts(self) -> Mapping[str, object]:
        names = ("statistic", "p_value", "p_one_sided", "reference")
        facts: dict[str, object] = {name: getattr(self, name) for name in names}
        return {**facts, "status": self.status, "reason": self.reason} if self.status else facts

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        return {"rho": [w[0] for w in self.weights], "gamma": [w[1] for w in self.weights], "z": self.z}


def max_combo(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    strata: object | None = None,
    entry: ArrayLike | None = None,
    reference: object | None = None,
    weights: Sequence[tuple[float, float]] = MAX_COMBO_WEIGHTS,
    missing: Missing = "raise",
) -> MaxComboTest:
    """Compare two groups by the most extreme of several Fleming-Harrington log-rank tests.

    The statistics are jointly normal with the correlation estimated from the data; the p-values are tail integrals of
    that normal distribution, computed without simulation and accurate in the far tail.

    Parameters
    ----------
    time, event, group, strata, entry, reference, missing : as in `logrank_test`; two groups.
    weights : pairs (rho, gamma); at most four may be linearly independent. (0, 0) = (1, 0) + (0, 1) is not.

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used, or there are not two groups.

    References
    ----------
    Lee (2007) Comput Stat Data Anal. Karrison (2016) Stata J. Method: docs/methods/survival.md.

    Examples
    --------
    >>> test = max_combo([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 0], ["a", "a", "b", "a", "b", "b"], weights=[(0, 0)])
    >>> round(test.statistic, 4), round(test.p_value, 4)
    (1.599, 0.1098)
    """
    pairs = tuple((float(rho), float(gamma)) for rho, gamma in weights)
    if not pairs:
        raise StatsError("weights: expected at least one pair (rho, gamma)")
    sums = group_sums(
        time, event, group, strata=strata, entry=entry, reference=reference, weights=pairs, missing=missing
    )
    if len(sums.levels) != 2:
        raise StatsError(f"group: expected two groups, found {len(sums.levels)}: {', '.join(map(repr, sums.levels))}")
    difference, covariance = (sums.observed - sums.expected)[:, 1], sums.covariance[:, :, 1, 1]
    spread = np.sqrt(np.diag(covariance))
    known = bool((spread > 0.0).all())
    z, correlation = np.full(spread.size, NAN), np.full(covariance.shape, NAN)
    p_value = p_one_sided = p_opposite = NAN
    if known:
        z, correlation = difference / spread, covariance / np.outer(spread, spread)
        vectors = unit_factor(correlation)
        p_value = largest_exceeds(np.concatenate([vectors, -vectors]), float(np.abs(z).max()))
        p_one_sided = largest_exceeds(vectors, float(-z.min()))
        p_opposite = largest_exceeds(vectors, float(z.max()))
    return MaxComboTest(
        weights=pairs,
        z=z,
        correlation=correlation,
        statistic=float(np.abs(z).max()),
        p_value=p_value,
        p_one_sided=p_one_sided,
        p_opposite=p_opposite,
        groups=sums.levels,
        reference=sums.levels[0],
        n=int(sums.n.sum()),
        n_events=sums.n_events,
        strata=sums.strata,
        strata_without_information=sums.strata_without_information,
        n_times_joined=sums.n_times_joined,
        dropped=sums.dropped,
        method=f"max-combo of {len(pairs)} log-rank tests, {_stratified(len(sums.strata))}",
        status="" if known else "NE",
        reason="" if known else _why(sums.n_events, spread, why_no_information(sums)),
    )


def _why(n_events: int, spread: NDArray[np.float64], no_information: str) -> str:
    if n_events and (spread > 0.0).any():
        return "a weight is zero at every event time that compares the groups"
    return no_information


def _stratified(n_strata: int) -> str:
    return f"stratified ({n_strata} strata)" if n_strata else "unstratified"
