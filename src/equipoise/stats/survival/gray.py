"""Gray's test: do groups differ in the cumulative incidence of one cause?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats._kernels.competing import count_causes
from equipoise.stats.result import Result
from equipoise.stats.survival.causes import CauseSample, cause_index, read_causes
from equipoise.stats.survival.grid import time_grid
from equipoise.stats.survival.groups import present_levels, reference_first
from equipoise.stats.survival.logrank import quadratic_form
from equipoise.stats.tails import chi2_upper, normal_lower
from equipoise.stats.validate import InputCheck, Missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

NAN = float("nan")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class GrayTest(Result):
    """Gray's test of equal cumulative incidence of one cause.

    `groups` begins with the reference. `score` is the weighted sum of observed less expected events of the cause per
    group, `covariance` that of the scores. `statistic` is chi-square with `df` degrees of freedom. With two groups
    `z` < 0 says that the other group has the lower incidence, `p_one_sided` = P(Z <= z) is against the alternative
    that it has, `p_opposite` is the other tail. `status` is "NE" where no test is possible, and `reason` says why.
    """

    statistic: float
    df: int
    p_value: float
    z: float
    p_one_sided: float
    p_opposite: float
    cause: Any
    groups: tuple[Any, ...]
    reference: Any
    n_per_group: NDArray[np.int64]
    n_events_per_group: NDArray[np.int64]
    score: NDArray[np.float64]
    covariance: NDArray[np.float64]
    rho: float
    strata: tuple[Any, ...]
    n_times_joined: int
    dropped: dict[str, NDArray[np.int64]]
    method: str
    status: str
    reason: str

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        labels = [str(level) for level in self.groups]
        return {"group": labels, "n": self.n_per_group, "events": self.n_events_per_group, "score": self.score}


def gray_test(
    time: ArrayLike,
    cause: ArrayLike,
    group: ArrayLike,
    *,
    cause_of_interest: object,
    censored: object = 0,
    strata: object | None = None,
    rho: float = 0.0,
    reference: object | None = None,
    missing: Missing = "raise",
) -> GrayTest:
    """Compare the cumulative incidence of one cause between groups.

    Parameters
    ----------
    time, cause, censored
        As in `aalen_johansen`.
    group
        (n,) labels of the groups.
    cause_of_interest
        Label of the cause whose incidence is compared; all other causes compete with it.
    strata
        (n,) labels, or several factors whose combinations are the strata; scores and variances are summed.
    rho
        Exponent of the weight (1 - incidence)^rho; above 0 early differences weigh more.
    reference
        The group that comes first; default the first in sorted order. It sets the sign of `z`.
    missing
        "raise", or "drop" rows with missing values.

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used, there is one group only, or the cause does not occur.

    References
    ----------
    R. J. Gray (1988). A class of K-sample tests for comparing the cumulative incidence of a competing risk. Annals of
    Statistics 16. Formulas: docs/methods/competing-risks.md.

    Examples
    --------
    >>> test = gray_test([1, 2, 3, 4, 5, 6], [1, 2, 1, 1, 2, 0], list("aabbab"), cause_of_interest=1)
    >>> round(test.statistic, 4), test.df
    (0.1593, 1)
    """
    check = InputCheck(missing=missing)
    sample = read_causes(check, time, cause, censored=censored)
    labels = check.labels("group", group)
    blocks = None if strata is None else check.strata("strata", strata)
    index = cause_index(check, sample, cause_of_interest)
    if not (np.isfinite(rho) and rho >= 0):
        check.problem("rho", f"expected a number from 0 on, got {rho!r}")
    check.finish()
    sample = sample.kept(check)
    groups, codes = reference_first(labels.levels, check.keep(labels.codes)[0], reference)
    levels: tuple[Any, ...] = ()
    block = np.zeros(sample.time.size, np.int64)
    if blocks is not None:
        levels, block = present_levels(blocks.levels, check.keep(blocks.codes)[0])
    score, covariance = np.zeros(len(groups)), np.zeros((len(groups), len(groups)))
    joined = 0
    for b in range(max(len(levels), 1)):
        rows = block == b
        one, variance, n_joined = _stratum(sample.rows(rows), codes[rows], len(groups), index, rho)
        score, covariance, joined = score + one, covariance + variance, joined + n_joined
    of_cause = sample.cause == index
    return _result(
        score,
        covariance,
        cause=cause_of_interest,
        groups=groups,
        n_per_group=np.bincount(codes, minlength=len(groups)),
        n_events_per_group=np.bincount(codes[of_cause], minlength=len(groups)),
        rho=float(rho),
        strata=levels,
        n_times_joined=joined,
        dropped=check.dropped,
    )


def _result(score: NDArray[np.float64], covariance: NDArray[np.float64], **settings: Any) -> GrayTest:
    # the scores add up to 0: any one of them may be left out
    statistic, df = NAN, 0
    proper = bool(np.isfinite(covariance).all()) and float(np.linalg.eigvalsh(covariance)[0]) > -1e-9
    if proper:
        cleaned = np.where(np.abs(covariance) > 1e-9, covariance, 0.0)
        statistic, df = quadratic_form(score[1:], cleaned[1:, 1:])
    z = score[1] / np.sqrt(covariance[1, 1]) if score.size == 2 and df == 1 else NAN
    reason = "" if df else "at every time of an event of the cause all subjects at risk belong to one group"
    if not proper:
        reason = "so many events are tied among so few subjects at risk that the variance is not positive"
    if not settings["n_events_per_group"].any():
        reason = "no event of the cause of interest is left"
    strata = f"stratified ({len(settings['strata'])} strata)" if settings["strata"] else "unstratified"
    return GrayTest(
        statistic=float(statistic),
        df=df,
        p_value=chi2_upper(statistic, df),
        z=float(z),
        p_one_sided=normal_lower(z),
        p_opposite=normal_lower(-z),
        reference=settings["groups"][0],
        score=score,
        covariance=covariance,
        method=f"Gray's test, {strata}",
        status="NE" if reason else "",
        reason=reason,
        **settings,
    )


def _stratum(
    sample: CauseSample, codes: NDArray[np.int64], n_groups: int, index: int, rho: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Return the scores of one stratum, their covariance, and how many times were joined."""
    grid = time_grid(sample.time)
    kind = np.where(sample.cause == 0, 0, np.where(sample.cause == index, 1, 2))
    counts = [count_causes(grid.codes[codes == g], kind[codes == g], grid.entry, grid.size, 2) for g in range(n_groups)]
    n_risk = np.column_stack([n for n, _ in counts]).astype(np.float64)
    events = np.stack([leaving[:, 1:] for _, leaving in counts], axis=2).astype(np.float64)
    happened = np.flatnonzero(events.any(axis=(1, 2)))
    sums = _Sums(n_groups)
    for j in happened:
        sums.add(n_risk[j], events[j, 0], events[j, 1], rho)
    return sums.score, sums.variance(), grid.n_joined


class _Sums:
    """Running sums of Gray's score and of its variance over the event times of one stratum.

    Per group: S and F, survival free of all causes and incidence of the cause, before the current time; H = n / S. The
    pooled incidence P is built from the events over the sum of H. The score adds weight * (d - D R / sum R) with R = H
    (1 - F). Its variance is that of a sum of martingales, one per group and cause, whose integrands hold the still to
    come: the sums `plain`, `crossed` and `squared` keep them apart until the end.
    """

    def __init__(self, n_groups: int) -> None:
        self.survival, self.incidence = np.ones(n_groups), np.zeros(n_groups)
        self.pooled = 0.0
        self.score = np.zeros(n_groups)
        self.weights = np.zeros((n_groups, n_groups))
        self.plain = np.zeros((n_groups, n_groups))
        self.crossed = np.zeros((n_groups, n_groups))
        self.squared = np.zeros(n_groups)

    def add(self, n: NDArray[np.float64], d: NDArray[np.float64], other: NDArray[np.float64], rho: float) -> None:
        """Take in one time: numbers at risk, events of the cause and other events, per group."""
        live = n > 0.0
        before, total = self.survival, d.sum()
        after, incidence = before.copy(), self.incidence.copy()
        after[live] = before[live] * (n - d - other)[live] / n[live]
        incidence[live] += before[live] * d[live] / n[live]
        h = np.zeros(n.size)
        h[live] = n[live] / before[live]
        at_risk = h * (1.0 - self.incidence)
        pooled = self.pooled + total / h.sum()
        left = 1.0 - self.pooled  # can reach 0 once small groups are left alone; then nothing is to come
        weight = max(left, 0.0) ** rho
        projection = weight * (np.diag(h) - np.outer(h, h) / h.sum())
        if left > 0.0:
            self.weights += projection * total / (h.sum() * left)
        if total > 0.0:
            self.score += weight * (d - total * at_risk / at_risk.sum())
            self._cause(n, projection, (total, h.sum()), pooled, after)
        self._competing(n, other, pooled, after)
        self.survival, self.incidence, self.pooled = after, incidence, pooled

    def _cause(
        self,
        n: NDArray[np.float64],
        projection: NDArray[np.float64],
        events: tuple[float, float],
        pooled: float,
        after: NDArray[np.float64],
    ) -> None:
        total, h_sum = events
        for k in np.flatnonzero(n > 0.0).tolist():
            share = 1.0 - (1.0 - pooled) / after[k] if after[k] > 0.0 else 1.0
            ties = _tie_factor(total, h_sum * self.survival[k])
            size = ties * self.survival[k] * total / (h_sum * n[k])
            self._collect(k, projection[:, k] - share * self.weights[:, k], share, size)

    def _competing(
        self, n: NDArray[np.float64], other: NDArray[np.float64], pooled: float, after: NDArray[np.float64]
    ) -> None:
        for k in np.flatnonzero((other > 0.0) & (after > 0.0)).tolist():
            share = (1.0 - pooled) / after[k]
            ties = _tie_factor(other[k], n[k])
            size = ties * self.survival[k] ** 2 * other[k] / n[k] ** 2
            self._collect(k, share * self.weights[:, k], -share, size)

    def _collect(self, k: int, integrand: NDArray[np.float64], share: float, size: float) -> None:
        self.plain += size * np.outer(integrand, integrand)
        self.crossed[:, k] += size * share * integrand
        self.squared[k] += size * share * share

    def variance(self) -> NDArray[np.float64]:
        """Return the covariance of the scores, the sums up to the last time now being known."""
        mixed = self.weights @ self.crossed.T
        return np.asarray(self.plain + mixed + mixed.T + (self.weights * self.squared) @ self.weights.T)


def _tie_factor(events: float, at_risk: float) -> float:
    """Return (at risk - events) / (at risk - 1), as cmprsk does; nan where one subject alone is at risk of several.

    The pooled events can outnumber a group's share of those at risk, and the factor is then below 0.
    """
    if events <= 1.0:
        return 1.0
    return 1.0 - (events - 1.0) / (at_risk - 1.0) if abs(at_risk - 1.0) > 1e-9 else NAN
