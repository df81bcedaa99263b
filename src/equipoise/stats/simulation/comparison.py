"""Power of several tests side by side, on the same simulated trials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from equipoise.stats.errors import StatsError
from equipoise.stats.result import Result
from equipoise.stats.sample_size.hazards import PiecewiseHazard, events_by
from equipoise.stats.simulation.model import TrialPlan, arrays_of
from equipoise.stats.simulation.simulate import SimulatedTrial, replay_trial, simulate_trials
from equipoise.stats.survival import logrank_test, max_combo, milestone_difference, rmst_difference
from equipoise.stats.survival.groups import group_sums

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["COMPARED", "ComparedPower", "average_hazard_ratios", "compare_tests"]

FOREVER = 1e12
"""A time after which no event is expected."""
COMPARED = ("log-rank", "max-combo", "restricted mean", "milestone")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class ComparedPower(Result):
    """Power of tests at the last look of the same trials; one entry of the arrays a test."""

    tests: tuple[str, ...]
    power: NDArray[np.float64]
    std_error: NDArray[np.float64]
    """Monte Carlo standard error."""
    not_estimable: NDArray[np.int64]
    """Trials in which the test could not be made; they count as no success."""
    n_trials: int
    alpha: float
    """Level of one side."""
    tau: float
    milestone: float
    weights: tuple[tuple[float, float], ...]
    average_hazard_ratio: NDArray[np.float64]
    """At the mean time of each look."""
    look_time: NDArray[np.float64]

    def _facts(self) -> Mapping[str, object]:
        return {name: getattr(self, name) for name in ("n_trials", "alpha", "tau", "milestone")}

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[np.float64] | NDArray[np.int64]]:
        return {
            "test": list(self.tests),
            "power": self.power,
            "std_error": self.std_error,
            "not_estimable": self.not_estimable,
        }


def compare_tests(
    plan: TrialPlan,
    n_trials: int,
    *,
    tau: float,
    milestone: float,
    alpha: float = 0.025,
    weights: Sequence[tuple[float, float]] = ((0.0, 0.0), (0.0, 0.5)),
    seed: int = 1,
    scenario: int = 0,
) -> ComparedPower:
    """Power of the log-rank, max-combo, restricted mean and milestone tests under any hazards.

    Parameters
    ----------
    plan
        The trial; hazards that change with time make a delayed, waning or crossing effect, a hazard of 0 from some time
        on a cure. Tests are made at the last look, stratified where the test knows strata.
    tau
        Limit of the restricted means.
    milestone
        Time at which survival is compared.
    alpha
        Level of one side.
    weights
        (rho, gamma) of the max-combo test.

    Raises
    ------
    StatsError
        As `simulate_trials`; times that are not positive, a level outside (0, 1).
    """
    if not (tau > 0.0 and milestone > 0.0):
        raise StatsError(f"tau, milestone: expected times above 0, got {tau!r} and {milestone!r}")
    if not 0.0 < alpha < 1.0:
        raise StatsError(f"alpha: expected a number between 0 and 1, got {alpha!r}")
    p_values = np.array(
        [
            _p_values(plan, replay_trial(plan, t, seed=seed, scenario=scenario), tau, milestone, weights, alpha)
            for t in range(n_trials)
        ]
    )
    looks = simulate_trials(plan, n_trials, seed=seed, scenario=scenario)
    power = (p_values <= alpha).mean(axis=0)
    times = looks.time.mean(axis=0)
    return ComparedPower(
        tests=COMPARED,
        power=power,
        std_error=np.sqrt(power * (1.0 - power) / n_trials),
        not_estimable=np.isnan(p_values).sum(axis=0),
        n_trials=n_trials,
        alpha=alpha,
        tau=tau,
        milestone=milestone,
        weights=tuple(weights),
        average_hazard_ratio=average_hazard_ratios(plan, times),
        look_time=times,
    )


def _p_values(  # noqa: PLR0917 - one call a trial
    plan: TrialPlan,
    trial: SimulatedTrial,
    tau: float,
    milestone: float,
    weights: Sequence[tuple[float, float]],
    alpha: float,
) -> list[float]:
    """One-sided p-values in favor of the experimental arm at the last look; max-combo: on its side of alpha."""
    two = (trial.arm == plan.experimental) | (trial.arm == plan.control)
    inside = two & (trial.time[-1] > 0.0)
    data = trial.time[-1][inside], trial.event[-1][inside], trial.arm[inside]
    strata = trial.stratum[inside] if plan.stratified and len(plan.strata) > 1 else None
    control = plan.control
    combined = _max_combo_side(data, strata, control, weights, alpha)
    means = rmst_difference(*data, tau=tau, reference=control)
    at_time = milestone_difference(*data, at=milestone, reference=control)
    single = logrank_test(*data, strata=strata, reference=control)
    return [single.p_one_sided, combined, means.p_one_sided, at_time.p_one_sided]


def _max_combo_side(
    data: tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]],
    strata: NDArray[np.int64] | None,
    control: int,
    weights: Sequence[tuple[float, float]],
    alpha: float,
) -> float:
    """A number on the same side of alpha as the p-value of max-combo.

    The p-value lies between that of the most extreme statistic and as many times that as there are statistics; its
    integral, which costs far more than all the rest, is needed only where alpha lies between the two.
    """
    sums = group_sums(*data, strata=strata, entry=None, reference=control, weights=tuple(weights), missing="raise")
    spread = np.sqrt(np.diag(sums.covariance[:, :, 1, 1]))
    if not (spread > 0.0).all():
        return float("nan")
    least = float(ndtr(((sums.observed - sums.expected)[:, 1] / spread).min()))
    if least > alpha:
        return least
    if least * spread.size <= alpha:
        return least * spread.size
    return max_combo(*data, strata=strata, reference=control, weights=weights).p_one_sided


def average_hazard_ratios(plan: TrialPlan, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average hazard ratio at calendar times: geometric mean over the events expected in both arms.

    Crossover and the delay of readings are left out of account.

    Raises
    ------
    StatsError
        As `simulate_trials`.
    """
    model = arrays_of(plan)
    accrual = plan.accrual.scaled(plan.n)
    cuts = tuple(model.cuts[1:])
    allocated = np.bincount(plan.allocation.arm_of, plan.allocation.share)
    out = []
    for time in np.minimum(times, FOREVER):
        total = weighted = 0.0
        for s in range(len(plan.strata)):
            counts = []
            for arm in (plan.experimental, plan.control):
                hazard = PiecewiseHazard(tuple(model.hazard[arm, s]), cuts)
                dropout = PiecewiseHazard(tuple(model.dropout[arm, 0]), cuts)
                counts.append(
                    events_by(float(time), accrual, hazard, dropout)[1] * plan.strata[s].share * allocated[arm]
                )
            both = counts[0] + counts[1]
            first, second = model.hazard[plan.experimental, s], model.hazard[plan.control, s]
            known = (both > 0.0) & (first > 0.0) & (second > 0.0)
            weighted += float((both[known] * np.log(first[known] / second[known])).sum())
            total += float(both[known].sum())
        out.append(np.exp(weighted / total) if total > 0.0 else np.nan)
    return np.array(out)
