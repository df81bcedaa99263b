"""Size of a single-arm trial with a one-sample log-rank test against a historical curve."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from equipoise.stats.result import Result
from equipoise.stats.sample_size.arguments import Check, quantiles
from equipoise.stats.sample_size.hazards import Accrual, PiecewiseHazard

__all__ = ["OneSampleSize", "sample_size_one_sample_logrank"]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(40)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class OneSampleSize(Result):
    """Size of a single-arm trial compared with a historical curve; numbers are unrounded."""

    method: str
    n: float
    events: float
    """Expected under the alternative."""
    events_historical: float
    """Expected of these patients under the historical hazard."""
    study_duration: float
    power: float
    alpha: float
    sided: int


def sample_size_one_sample_logrank(
    historical: PiecewiseHazard,
    hazard_ratio: float,
    *,
    accrual: Accrual,
    follow_up: float,
    alpha: float = 0.05,
    sided: int = 1,
    power: float = 0.8,
    dropout: PiecewiseHazard | None = None,
) -> OneSampleSize:
    """Patients for the one-sample log-rank test (O - E) / sqrt(E) against a historical hazard.

    Parameters
    ----------
    historical
        Hazard of the historical control.
    hazard_ratio
        Of the trial's patients over the historical control.
    accrual
        Duration and pattern of accrual.
    follow_up
        From the end of accrual to the analysis.

    Raises
    ------
    StatsError
        Lists everything that is wrong with the arguments.

    Notes
    -----
    With exact mean and variance of the statistic under the alternative. Integrals over follow-up are Gauss-Legendre
    between the times at which a hazard or the accrual changes.

    References
    ----------
    J. Wu (2015). Pharmaceutical Statistics 14:26.
    """
    check = Check()
    check.positive(hazard_ratio=hazard_ratio)
    check.inside(alpha=alpha, power=power)
    check.sides(sided)
    check.more_than_chance(power=power, alpha=alpha, sided=sided)
    if not any(historical.rates):
        check.problem("historical", "expected a hazard above 0 at some time")
    if hazard_ratio == 1.0:
        check.problem("hazard_ratio", "is 1, that of the null hypothesis: no number of patients is enough")
    if not (math.isfinite(follow_up) and follow_up >= 0.0):
        check.problem("follow_up", f"expected 0 or more, got {follow_up!r}")
    check.finish()
    left = dropout or PiecewiseHazard((0.0,))
    end = accrual.duration + follow_up
    u, weight = _nodes(end, [*historical.cuts, *left.cuts, *(end - np.array([0.0, accrual.duration, *accrual.cuts]))])
    entered = PiecewiseHazard(accrual.rates, accrual.cuts)
    reach = entered.cumulative(np.clip(end - u, 0.0, accrual.duration)) / accrual.n
    cumulative = historical.cumulative(u)
    here = weight * reach * np.exp(-hazard_ratio * cumulative - left.cumulative(u)) * historical.at(u)
    if not here.any():
        check.problem("follow_up", f"no event is expected by the analysis at {end:g}; follow patients for longer")
        check.finish()
    v0, v00 = float(here.sum()), float((here * cumulative).sum())
    v1, v01 = hazard_ratio * v0, hazard_ratio * v00
    variance = v1 - v1**2 + 2.0 * v00 - v0**2 - 2.0 * v01 + 2.0 * v0 * v1
    z_alpha, z_beta = quantiles(alpha, sided, power)
    n = ((z_alpha * math.sqrt(v0) + z_beta * math.sqrt(variance)) / (v1 - v0)) ** 2
    return OneSampleSize(
        method="one-sample log-rank test (Wu)",
        n=n,
        events=n * v1,
        events_historical=n * v0,
        study_duration=end,
        power=power,
        alpha=alpha,
        sided=sided,
    )


def _nodes(end: float, cuts: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on (0, end), with panels that end at the cuts."""
    edges = np.unique(np.clip([0.0, *cuts, end], 0.0, end))
    half = np.diff(edges) / 2.0
    middle = (edges[1:] + edges[:-1]) / 2.0
    return (middle[:, None] + half[:, None] * NODES).ravel(), (half[:, None] * WEIGHTS).ravel()
