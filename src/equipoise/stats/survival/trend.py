"""Log-rank test for trend over ordered groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats.errors import StatsError
from equipoise.stats.result import Result
from equipoise.stats.survival.groups import group_sums, why_no_information
from equipoise.stats.tails import normal_lower, normal_two_sided

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from equipoise.stats.validate import Missing

NAN = float("nan")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class TrendTest(Result):
    """Log-rank test for trend: z < 0 says that groups of higher score have fewer events than expected.

    `p_value` is two-sided, `p_one_sided` = P(Z <= z) is against the alternative that higher scores are better,
    `p_opposite` the other tail. `status` is "NE" where no test is possible, and `reason` says why.
    """

    groups: tuple[Any, ...]
    scores: NDArray[np.float64]
    n_per_group: NDArray[np.int64]
    observed: NDArray[np.float64]
    expected: NDArray[np.float64]
    z: float
    p_value: float
    p_one_sided: float
    p_opposite: float
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
        facts: dict[str, object] = {name: getattr(self, name) for name in ("z", "p_value", "p_one_sided")}
        return {**facts, "status": self.status, "reason": self.reason} if self.status else facts

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        labels = [str(level) for level in self.groups]
        shown = {"scores": self.scores, "n": self.n_per_group, "observed": self.observed, "expected": self.expected}
        return {"group": labels, **shown}


def logrank_trend_test(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    scores: Mapping[Any, float] | None = None,
    strata: object | None = None,
    entry: ArrayLike | None = None,
    rho: float = 0.0,
    gamma: float = 0.0,
    missing: Missing = "raise",
) -> TrendTest:
    """Test for a trend of the hazard over ordered groups: z = c'(O - E) / sqrt(c'V c) with scores c.

    Parameters
    ----------
    time, event, group, strata, entry, rho, gamma, missing : as in `logrank_test`.
    scores : score of each group; default 0, 1, 2, ... in sorted order of the groups.

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used, or a group has no score.

    References
    ----------
    Tarone (1975) Biometrika.

    Examples
    --------
    >>> test = logrank_trend_test([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 0], [0, 0, 1, 0, 1, 1])
    >>> round(test.z, 4)
    -1.599
    """
    sums = group_sums(
        time,
        event,
        group,
        strata=strata,
        entry=entry,
        reference=None,
        weights=((rho, gamma),),
        missing=missing,
    )
    values = _scores(sums.levels, scores)
    difference, covariance = (sums.observed - sums.expected)[0], sums.covariance[0, 0]
    centered = values - values.mean()
    variance = float(centered @ covariance @ centered)
    known = variance > 1e-12 * float(np.square(centered).sum() * np.trace(covariance))
    z = float(centered @ difference / np.sqrt(variance)) if known else NAN
    return TrendTest(
        groups=sums.levels,
        scores=values,
        n_per_group=sums.n,
        observed=sums.observed[0],
        expected=sums.expected[0],
        z=z,
        p_value=normal_two_sided(z),
        p_one_sided=normal_lower(z),
        p_opposite=normal_lower(-z),
        n=int(sums.n.sum()),
        n_events=sums.n_events,
        strata=sums.strata,
        strata_without_information=sums.strata_without_information,
        n_times_joined=sums.n_times_joined,
        dropped=sums.dropped,
        method="log-rank test for trend" + (f", stratified ({len(sums.strata)} strata)" if sums.strata else ""),
        status="" if known else "NE",
        reason="" if known else why_no_information(sums) if np.ptp(values) else "all scores are equal",
    )


def _scores(levels: tuple[Any, ...], scores: Mapping[Any, float] | None) -> NDArray[np.float64]:
    if scores is None:
        return np.arange(len(levels), dtype=np.float64)
    missing = [level for level in levels if level not in scores]
    if missing:
        raise StatsError(
            f"scores: no score for group {missing[0]!r}; give one for each of {', '.join(map(repr, levels))}"
        )
    values = np.array([float(scores[level]) for level in levels])
    if not np.isfinite(values).all():
        raise StatsError("scores: expected finite numbers")
    return values
