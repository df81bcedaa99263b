"""Group sequential designs: bounds at the looks, and what they cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import ndtr, ndtri

from equipoise.stats.errors import StatsError
from equipoise.stats.result import Result
from equipoise.stats.sequential.arguments import DesignArguments
from equipoise.stats.sequential.bounds import (
    Bounds,
    drift_for_power,
    stopping_probabilities,
    with_beta_spending,
    with_shaped_futility,
)
from equipoise.stats.sequential.efficacy import efficacy_bounds, spending
from equipoise.stats.sequential.spending import spent
from equipoise.stats.sequential.wedge import with_wedge_spending

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

__all__ = ["CrossingProbabilities", "GroupSequential", "group_sequential"]

Futility = Literal["lan_demets_obrien_fleming", "lan_demets_pocock", "hwang_shih_decani", "kim_demets", "wang_tsiatis"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class CrossingProbabilities(Result):
    """When a trial of a design ends, under one drift. Arrays have one entry a look."""

    drift: float
    upper: NDArray[np.float64]
    """Probability of stopping for efficacy."""
    lower: NDArray[np.float64]
    """Probability of stopping for futility (of crossing the other bound, where the test has two sides)."""
    inner: NDArray[np.float64]
    """Probability of stopping for futility where the test has two sides; at the last look, of no bound crossed."""
    power: float
    """Probability of ever crossing the upper bound."""
    expected_information: float
    """Information at the end, expected, as a fraction of the largest."""

    def _columns(self) -> Mapping[str, NDArray[np.float64]]:
        inner = {"inner": self.inner} if self.inner.any() else {}
        return {"upper": self.upper, "lower": self.lower, **inner}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class GroupSequential(Result):
    """Bounds of Z at the looks of a trial. Arrays have one entry a look."""

    boundary: str
    boundary_parameter: float | None
    futility: str | None
    futility_parameter: float | None
    binding: bool
    sided: int
    alpha: float
    """Type I error over all looks and sides."""
    power_planned: float
    """Power for which drift and futility bounds were solved."""
    information: NDArray[np.float64]
    """Fraction of the largest information."""
    upper: NDArray[np.float64]
    """Efficacy bounds of Z."""
    lower: NDArray[np.float64]
    """Futility bounds; -upper where the test has two sides; minus infinity where the trial cannot stop."""
    inner: NDArray[np.float64] | None
    """Futility bounds of |Z| where the test has two sides: at or below them the trial stops, minus infinity where it
    cannot. None without them."""
    alpha_spent: NDArray[np.float64]
    """Type I error spent up to each look, over all sides; futility bounds stop nobody unless they are binding."""
    beta_spent: NDArray[np.float64]
    """Probability, under the drift, of having stopped without success up to each look."""
    p_value: NDArray[np.float64]
    """One-sided p-value that reaches the efficacy bound."""
    drift: float
    """Mean of Z at the last look under which the power is `power_planned`."""
    inflation: float
    """Largest information over that of a design without interim looks."""

    def _title(self) -> str:
        return f"Group sequential design, {self.boundary.replace('_', ' ')}, {self.information.size} looks"

    def _columns(self) -> Mapping[str, NDArray[np.float64]]:
        inner = () if self.inner is None else ("inner",)
        names = ("information", "upper", "lower", *inner, "p_value", "alpha_spent", "beta_spent")
        return {name: getattr(self, name) for name in names}

    def crossing(self, drift: float) -> CrossingProbabilities:
        """When trials end under a drift: the mean of Z at the last look, 0 under the null hypothesis.

        Futility bounds stop trials here whether they are binding or not.
        """
        bounds = Bounds(lower=np.minimum(self.lower, self.upper), upper=self.upper, inner=self.inner)
        up, down, within = stopping_probabilities(self.information, drift, bounds)
        stop = up[:-1] + down[:-1] + within[:-1]
        expected = float((stop * self.information[:-1]).sum() + (1.0 - stop.sum()) * self.information[-1])
        return CrossingProbabilities(
            drift=drift, upper=up, lower=down, inner=within, power=float(up.sum()), expected_information=expected
        )

    def events(self, hazard_ratio: float, *, ratio: float = 1.0) -> NDArray[np.float64]:
        """Events at the looks, unrounded, of a log-rank test (Schoenfeld) with `ratio` experimental per control.

        Raises
        ------
        StatsError
            A hazard ratio that is not positive or is 1, a ratio that is not positive.
        """
        if not (hazard_ratio > 0.0 and hazard_ratio != 1.0 and math.isfinite(hazard_ratio)):
            raise StatsError(f"hazard_ratio: expected a positive number other than 1, got {hazard_ratio!r}")
        if not (ratio > 0.0 and math.isfinite(ratio)):
            raise StatsError(f"ratio: expected a positive number, got {ratio!r}")
        share = ratio / (1.0 + ratio)
        return self.information * (self.drift / math.log(hazard_ratio)) ** 2 / (share * (1.0 - share))


def group_sequential(
    information: ArrayLike | int,
    *,
    alpha: float = 0.025,
    sided: Literal[1, 2] = 1,
    power: float = 0.9,
    boundary: str | ArrayLike = "lan_demets_obrien_fleming",
    boundary_parameter: float | None = None,
    futility: Futility | None = None,
    futility_parameter: float | None = None,
    futility_bounds: ArrayLike | None = None,
    binding: bool = False,
) -> GroupSequential:
    """Bounds of a group sequential design.

    Parameters
    ----------
    information
        Information at the looks relative to each other, rising; or the number of equally spaced looks (1 to 12).
    alpha
        Type I error over all looks and sides.
    sided
        With two sides the bounds are +-upper, and crossing either one is an error under the null hypothesis.
    power
        Probability of crossing the upper bound for which the drift is solved.
    boundary
        ``lan_demets_obrien_fleming``, ``lan_demets_pocock``, ``hwang_shih_decani`` (parameter gamma), ``kim_demets``
        (parameter rho): spending functions; ``obrien_fleming``, ``pocock``, ``wang_tsiatis`` (parameter Delta):
        c I^(Delta - 1/2); ``haybittle_peto`` (parameter the interim bound, 3 unless given); ``final_only``; or the
        cumulative error to be spent at each look, ending at alpha.
    futility
        Spending function of the type II error. With two sides the trial stops for futility where Z is near 0, and
        crossing the bound of the other side counts as type II error, too. Or ``wang_tsiatis`` (parameter Delta), not
        binding: drift sqrt(I) - c I^(Delta - 1/2), of Pampallona and Tsiatis.
    futility_bounds
        Futility bounds of Z at the interim looks instead; with two sides of the absolute Z. Minus infinity where the
        trial cannot stop.
    binding
        Whether futility bounds will be obeyed: then the efficacy bounds use it. Otherwise they hold the type I error
        even when futility bounds are overruled.

    Returns
    -------
    GroupSequential
        Bounds are right to about 1e-14.

    Raises
    ------
    StatsError
        Lists everything that is wrong with the arguments: information that does not rise, errors outside (0, 1), a
        spending that falls or does not end at alpha, an unknown boundary.

    Notes
    -----
    Z at information I has mean drift sqrt(I) and variance 1; information is relative to the last look. The recursion of
    Armitage, McPherson and Rowe (1969) runs over Gauss-Legendre panels of three standard deviations. For a log-rank
    test the information is the number of events.

    References
    ----------
    C. Jennison, B. W. Turnbull (2000). Group Sequential Methods with Applications to Clinical Trials.
    """
    a = DesignArguments.read(
        information=information,
        alpha=alpha,
        sided=sided,
        power=power,
        boundary=boundary,
        boundary_parameter=boundary_parameter,
        futility=futility,
        futility_parameter=futility_parameter,
        futility_bounds=futility_bounds,
        binding=binding,
    )
    if a.futility == "wang_tsiatis" and a.information.size > 1:
        delta = a.futility_parameter or 0.0
        bounds, drift = with_shaped_futility(a.information, efficacy_bounds(a), power, delta=delta, sided=a.sided)
    elif a.futility is not None and a.information.size > 1:
        beta = spent(a.futility, a.information, 1.0 - power, parameter=futility_parameter)
        alpha_spent = spending(a) if binding else None
        solve = with_wedge_spending if a.sided == 2 else with_beta_spending
        bounds, drift = solve(a.information, efficacy_bounds(a), beta, alpha_spent=alpha_spent)
    else:
        bounds = _bounds(a)
        drift = drift_for_power(a.information, bounds, power)
    return _result(a, bounds, drift)


def _bounds(a: DesignArguments) -> Bounds:
    """Bounds without spending of the type II error."""
    stop = np.full(a.information.size, -math.inf)
    if a.futility_bounds is None:
        upper = efficacy_bounds(a)
        return Bounds(lower=-upper if a.sided == 2 else stop, upper=upper)
    stop[:-1] = a.futility_bounds
    upper = efficacy_bounds(a, stop if a.binding else None)
    stop = np.minimum(stop, upper)
    stop[-1] = upper[-1]
    return Bounds(lower=-upper, upper=upper, inner=stop) if a.sided == 2 else Bounds(lower=stop, upper=upper)


def _result(a: DesignArguments, bounds: Bounds, drift: float) -> GroupSequential:
    endless = np.full(a.information.size, -math.inf)
    counted = bounds if a.binding else Bounds(lower=bounds.lower if a.sided == 2 else endless, upper=bounds.upper)
    up, down, _ = stopping_probabilities(a.information, 0.0, counted)
    _, missed, within = stopping_probabilities(a.information, drift, bounds)
    fixed = (ndtri(1.0 - a.alpha / a.sided) + ndtri(a.power)) ** 2
    return GroupSequential(
        boundary=a.boundary,
        boundary_parameter=a.boundary_parameter,
        futility="bounds given" if a.futility_bounds is not None else a.futility,
        futility_parameter=a.futility_parameter,
        binding=a.binding,
        sided=a.sided,
        alpha=a.alpha,
        power_planned=a.power,
        information=a.information,
        upper=bounds.upper,
        lower=bounds.lower,
        inner=bounds.inner,
        alpha_spent=np.cumsum(up + (down if a.sided == 2 else 0.0)),
        beta_spent=np.cumsum(missed + within),
        p_value=ndtr(-bounds.upper),
        drift=drift,
        inflation=float(drift**2 / fixed),
    )
