"""The log-rank test and its weighted forms, for two or more groups, stratified or not."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats.result import Result
from equipoise.stats.survival.groups import group_sums, why_no_information
from equipoise.stats.tails import chi2_upper, normal_lower

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from equipoise.stats.validate import Missing

NAN = float("nan")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class LogRankTest(Result):
    """A (weighted, stratified) log-rank test.

    `groups` begins with the reference. `observed` and `expected` events are weighted by the test's weights;
    `covariance` is that of observed - expected. `statistic` is chi-square with `df` degrees of freedom. With two
    groups `z` < 0 says that the other group had fewer events than expected (is better than the reference),
    `p_one_sided` = P(Z <= z) is against the alternative that it is better, `p_opposite` is the other tail; with more
    groups these are nan. `log_hazard_ratio` is the one-step (Peto) estimate (O - E)/V with its `std_error`, of the
    other group over the reference.

    `status` is "NE" where no test is possible, and `reason` says why. `strata_without_information` lists strata that
    add nothing: no events, or one group alone at risk at each of them.
    """

    statistic: float
    df: int
    p_value: float
    z: float
    p_one_sided: float
    p_opposite: float
    groups: tuple[Any, ...]
    reference: Any
    n: int
    n_events: int
    n_per_group: NDArray[np.int64]
    observed: NDArray[np.float64]
    expected: NDArray[np.float64]
    covariance: NDArray[np.float64]
    log_hazard_ratio: float
    std_error: float
    rho: float
    gamma: float
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
        names = ("statistic", "df", "p_value", "z", "p_one_sided", "reference")
        facts: dict[str, object] = {name: getattr(self, name) for name in names}
        return {**facts, "status": self.status, "reason": self.reason} if self.status else facts

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        labels = [str(level) for level in self.groups]
        return {"group": labels, "n": self.n_per_group, "observed": self.observed, "expected": self.expected}


def logrank_test(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    strata: object | None = None,
    entry: ArrayLike | None = None,
    reference: object | None = None,
    rho: float = 0.0,
    gamma: float = 0.0,
    missing: Missing = "raise",
) -> LogRankTest:
    """Compare groups by the log-rank test, weighted by S(t-)^rho (1 - S(t-))^gamma (Fleming and Harrington).

    rho = gamma = 0 is the log-rank test, rho = 1 Peto and Peto's; gamma > 0 weights late events. S is the
    Kaplan-Meier curve of the stratum, groups together, and the variance hypergeometric. Observed, expected and
    variance are summed over strata.

    Parameters
    ----------
    time, event, entry : as in `kaplan_meier`.
    group : (n,) labels of the groups.
    strata : (n,) labels, or several factors (sequence of arrays, matrix, frame) whose combinations are the strata.
    reference : the group that others are compared with; default the first in sorted order. It sets the sign of `z`.
    rho, gamma : exponents of the weight, 0 or more.
    missing : "raise", or "drop" rows with missing values and list them in `dropped`.

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used, or there is one group only.

    References
    ----------
    Mantel (1966) Cancer Chemother Rep. Harrington and Fleming (1982) Biometrika. Formulas: docs/methods/survival.md.

    Examples
    --------
    >>> test = logrank_test([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 0], ["a", "a", "b", "a", "b", "b"])
    >>> round(test.statistic, 4), round(test.z, 4)
    (2.5567, -1.599)
    """
    sums = group_sums(
        time,
        event,
        group,
        strata=strata,
        entry=entry,
        reference=reference,
        weights=((rho, gamma),),
        missing=missing,
    )
    observed, expected, covariance = sums.observed[0], sums.expected[0], sums.covariance[0, 0]
    statistic = z = log_hr = std_error = NAN
    df = 0
    if len(sums.levels) > 2:
        statistic, df = quadratic_form(observed - expected, covariance)
    elif covariance[1, 1] > 0.0:
        difference, variance = float(observed[1] - expected[1]), float(covariance[1, 1])
        z, log_hr, std_error = difference / sqrt(variance), difference / variance, 1.0 / sqrt(variance)
        statistic, df = z * z, 1
    return LogRankTest(
        statistic=float(statistic),
        df=df,
        p_value=chi2_upper(statistic, df),
        z=float(z),
        p_one_sided=normal_lower(z),
        p_opposite=normal_lower(-z),
        groups=sums.levels,
        reference=sums.levels[0],
        n=int(sums.n.sum()),
        n_events=sums.n_events,
        n_per_group=sums.n,
        observed=observed,
        expected=expected,
        covariance=covariance,
        log_hazard_ratio=float(log_hr),
        std_error=float(std_error),
        rho=float(rho),
        gamma=float(gamma),
        strata=sums.strata,
        strata_without_information=sums.strata_without_information,
        n_times_joined=sums.n_times_joined,
        dropped=sums.dropped,
        method=_method(rho, gamma, len(sums.strata)),
        status="" if df else "NE",
        reason="" if df else why_no_information(sums),
    )


def quadratic_form(u: NDArray[np.float64], covariance: NDArray[np.float64]) -> tuple[float, int]:
    """Return u' V^- u and the rank of V; (nan, 0) where V is zero."""
    scale = np.sqrt(np.diag(covariance))
    live = scale > 0.0
    if not live.any():
        return NAN, 0
    scaled = covariance[np.ix_(live, live)] / np.outer(scale[live], scale[live])
    values, vectors = np.linalg.eigh(scaled)
    kept = values > 1e-10 * values[-1]
    parts = (vectors.T @ (u[live] / scale[live]))[kept]
    return float(np.sum(parts * parts / values[kept])), int(np.count_nonzero(kept))


def _method(rho: float, gamma: float, n_strata: int) -> str:
    name = "log-rank" if rho == gamma == 0 else f"Fleming-Harrington({rho:g}, {gamma:g}) log-rank"
    return f"{name}, {f'stratified ({n_strata} strata)' if n_strata else 'unstratified'}"
