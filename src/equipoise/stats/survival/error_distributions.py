"""Standard distributions of the error of a log-time model, and log-likelihoods of what is known of one value.

For each row the standardized value z, or an interval of it, is known. `exact`, `above` and `between` give the log
density, the log probability above z, and of (z1, z2), with first and second derivatives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy.special import expit, log_expit, log_ndtr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Jet = tuple[Floats, Floats, Floats]

HALF_LOG_TWO_PI = 0.5 * float(np.log(2.0 * np.pi))


class ErrorDistribution(Protocol):
    """Log density, log probability above and below, each with the first two derivatives."""

    def density(self, z: Floats) -> Jet: ...

    def above(self, z: Floats) -> Jet: ...

    def below(self, z: Floats) -> Jet: ...


class ExtremeValue:
    """Least extreme value: the times are Weibull, or exponential with scale 1."""

    def density(self, z: Floats) -> Jet:
        """f = exp(z - e^z)."""
        e = np.exp(z)
        return z - e, 1.0 - e, -e

    def above(self, z: Floats) -> Jet:
        """S = exp(-e^z)."""
        e = np.exp(z)
        return -e, -e, -e

    def below(self, z: Floats) -> Jet:
        """F = 1 - exp(-e^z)."""
        e = np.exp(z)
        value = np.log(-np.expm1(-e))
        first = e / np.expm1(e)
        return value, first, first * (1.0 - e - first)


class Normal:
    """Normal: the times are log-normal."""

    def density(self, z: Floats) -> Jet:
        """f = exp(-z^2/2) / sqrt(2 pi)."""
        return -0.5 * z * z - HALF_LOG_TWO_PI, -z, -np.ones_like(z)

    def above(self, z: Floats) -> Jet:
        """S = P(Z > z)."""
        value, first, second = self.below(-z)
        return value, -first, second

    def below(self, z: Floats) -> Jet:
        """F = P(Z < z)."""
        value = log_ndtr(z)
        ratio = np.exp(-0.5 * z * z - HALF_LOG_TWO_PI - value)
        return value, ratio, -ratio * (z + ratio)


class Logistic:
    """Logistic: the times are log-logistic."""

    def density(self, z: Floats) -> Jet:
        """f = e^z / (1 + e^z)^2."""
        p = expit(z)
        return log_expit(z) + log_expit(-z), 1.0 - 2.0 * p, -2.0 * p * (1.0 - p)

    def above(self, z: Floats) -> Jet:
        """S = 1 / (1 + e^z)."""
        p = expit(z)
        return log_expit(-z), -p, -p * (1.0 - p)

    def below(self, z: Floats) -> Jet:
        """F = e^z / (1 + e^z)."""
        p = expit(z)
        return log_expit(z), 1.0 - p, -p * (1.0 - p)


@dataclass(frozen=True, slots=True)
class Pair:
    """Log probability of (z1, z2) with its derivatives in z1, z2, both twice, and across."""

    value: Floats
    d1: Floats
    d2: Floats
    d11: Floats
    d22: Floats
    d12: Floats


def between(law: ErrorDistribution, z1: Floats, z2: Floats) -> Pair:
    """Give the log probability of (z1, z2), from the smaller tail so that no digits cancel."""
    low1, low2 = law.below(z1), law.below(z2)
    high1, high2 = law.above(z1), law.above(z2)
    upper = high1[0] < low2[0]
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        from_above = high1[0] + np.log(-np.expm1(high2[0] - high1[0]))
        from_below = low2[0] + np.log(-np.expm1(low1[0] - low2[0]))
        value = np.where(upper, from_above, from_below)
        f1, f2 = law.density(z1), law.density(z2)
        r1, r2 = np.exp(f1[0] - value), np.exp(f2[0] - value)
    return Pair(
        value,
        -r1,
        r2,
        -r1 * f1[1] - r1 * r1,
        r2 * f2[1] - r2 * r2,
        r1 * r2,
    )


LAWS: dict[str, ErrorDistribution] = {
    "weibull": ExtremeValue(),
    "exponential": ExtremeValue(),
    "lognormal": Normal(),
    "loglogistic": Logistic(),
}
