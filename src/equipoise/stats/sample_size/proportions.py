"""Sizes for two proportions: score test (Farrington and Manning) and Fisher's exact test."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from equipoise.stats.result import Result
from equipoise.stats.sample_size.arguments import Check, quantiles

__all__ = ["TwoArmSize", "fisher_power", "sample_size_fisher", "sample_size_proportions"]

LARGE = 300
"""Size from which on the exact test is known to need nearly as many as the score test."""
MOST_PER_ARM = 5000
"""Fisher's test is enumerated up to this size."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class TwoArmSize(Result):
    """Size of a trial with two arms; numbers are unrounded unless the method counts whole patients."""

    method: str
    n: float
    n_experimental: float
    n_control: float
    power: float
    alpha: float
    sided: int
    ratio: float

    def round_up(self) -> tuple[int, int]:
        """Round up to whole patients: experimental arm, control arm."""
        return math.ceil(self.n_experimental - 1e-9), math.ceil(self.n_control - 1e-9)


def sample_size_proportions(
    experimental: float,
    control: float,
    *,
    ratio: float = 1.0,
    alpha: float = 0.025,
    sided: int = 1,
    power: float = 0.9,
    null_difference: float = 0.0,
) -> TwoArmSize:
    """Patients for the score test of a difference of two proportions.

    Parameters
    ----------
    experimental, control
        Proportions under the alternative.
    ratio
        Patients in the experimental arm for one in the control arm.
    null_difference
        Difference under the null hypothesis: below 0 for non-inferiority of a rate that should be high.

    Raises
    ------
    StatsError
        Lists everything that is wrong, a difference equal to that of the null hypothesis among it.

    References
    ----------
    C. P. Farrington, G. Manning (1990). Statistics in Medicine 9:1447.
    """
    check = Check()
    check.inside(experimental=experimental, control=control, alpha=alpha, power=power)
    check.positive(ratio=ratio)
    check.sides(sided)
    check.more_than_chance(power=power, alpha=alpha, sided=sided)
    if not -1.0 < null_difference < 1.0:
        check.problem("null_difference", f"expected a number between -1 and 1, got {null_difference!r}")
    if not check.problems and experimental - control == null_difference:
        check.problem("experimental", "the difference is that of the null hypothesis: no number of patients is enough")
    check.finish()
    z_alpha, z_beta = quantiles(alpha, sided, power)
    at_null = _restricted(experimental, control, ratio, null_difference)
    spread_null, spread = _spread(*at_null, ratio), _spread(experimental, control, ratio)
    n_control = ((z_alpha * spread_null + z_beta * spread) / (experimental - control - null_difference)) ** 2
    return TwoArmSize(
        method="score test (Farrington-Manning)",
        n=n_control * (1.0 + ratio),
        n_experimental=n_control * ratio,
        n_control=n_control,
        power=power,
        alpha=alpha,
        sided=sided,
        ratio=ratio,
    )


def _spread(experimental: float, control: float, ratio: float) -> float:
    return math.sqrt(experimental * (1.0 - experimental) / ratio + control * (1.0 - control))


def _restricted(p1: float, p2: float, ratio: float, difference: float) -> tuple[float, float]:
    """Limits of the maximum likelihood estimates under the null hypothesis: a root of a cubic, in closed form."""
    if difference == 0.0:
        pooled = (ratio * p1 + p2) / (1.0 + ratio)
        return pooled, pooled
    theta = 1.0 / ratio
    a = 1.0 + theta
    b = -(1.0 + theta + p1 + theta * p2 + difference * (theta + 2.0))
    c = difference**2 + difference * (2.0 * p1 + theta + 1.0) + p1 + theta * p2
    d = -p1 * difference * (1.0 + difference)
    v = b**3 / (3.0 * a) ** 3 - b * c / (6.0 * a**2) + d / (2.0 * a)
    u = math.copysign(math.sqrt(max(b**2 / (3.0 * a) ** 2 - c / (3.0 * a), 0.0)), v)
    w = (math.pi + math.acos(min(1.0, max(-1.0, v / u**3)) if u else 0.0)) / 3.0
    restricted = 2.0 * u * math.cos(w) - b / (3.0 * a)
    return restricted, restricted - difference


def fisher_power(
    n_experimental: int, n_control: int, experimental: float, control: float, *, alpha: float = 0.025
) -> float:
    """Exact power of Fisher's one-sided test, in the direction of the alternative.

    The sum over all outcomes of their probability, where the hypergeometric tail is at most alpha.

    Raises
    ------
    StatsError
        Proportions or alpha outside (0, 1), equal proportions, numbers of patients that are not whole and above 0, or
        above 5,000.
    """
    check = Check()
    check.inside(experimental=experimental, control=control, alpha=alpha)
    for name, value in (("n_experimental", n_experimental), ("n_control", n_control)):
        if not (isinstance(value, int | np.integer) and 1 <= value <= MOST_PER_ARM):
            check.problem(name, f"expected a whole number from 1 to {MOST_PER_ARM}, got {value!r}")
    if experimental == control:
        check.problem("experimental", "equal proportions: there is nothing to find")
    check.finish()
    if experimental < control:  # count failures: the same test
        experimental, control = 1.0 - experimental, 1.0 - control
    return _fisher_power(int(n_experimental), int(n_control), experimental, control, alpha)


def _fisher_power(n1: int, n2: int, p1: float, p2: float, alpha: float) -> float:
    total = 0.0
    first, second = _binomial(n1, p1), _binomial(n2, p2)
    ways1, ways2 = _log_choose(n1), _log_choose(n2)
    everybody = n1 + n2
    least, most = _reach(n1 * p1 + n2 * p2, n1 * p1 * (1.0 - p1) + n2 * p2 * (1.0 - p2))
    for successes in range(max(0, least), min(everybody, most) + 1):
        part = successes / everybody
        spread = n1 * n2 * part * (1.0 - part) / max(everybody - 1, 1)
        low, high = _reach(n1 * part, spread)
        x = np.arange(max(0, successes - n2, low), min(n1, successes, high) + 1)
        logs = ways1[x] + ways2[successes - x]
        weights = np.exp(logs - logs.max())
        tail = np.cumsum(weights[::-1])[::-1] / weights.sum()
        significant = x[tail <= alpha * (1.0 + 1e-12)]
        if significant.size:
            beyond = np.arange(significant[0], min(n1, successes) + 1)
            total += float((first[beyond] * second[successes - beyond]).sum())
    return total


def _reach(mean: float, variance: float) -> tuple[int, int]:
    """Counts beyond which a sum of independent or exchangeable yes-or-no draws has probability below 1e-20."""
    margin = 12.0 * math.sqrt(variance) + 40.0
    return math.floor(mean - margin), math.ceil(mean + margin)


def _log_choose(n: int) -> np.ndarray:
    k = np.arange(n + 1)
    out: np.ndarray = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return out


def _binomial(n: int, p: float) -> np.ndarray:
    k = np.arange(n + 1)
    out: np.ndarray = np.exp(_log_choose(n) + k * math.log(p) + (n - k) * math.log1p(-p))
    return out


def sample_size_fisher(experimental: float, control: float, *, alpha: float = 0.025, power: float = 0.9) -> TwoArmSize:
    """Smallest equal arms from which on the exact power of Fisher's one-sided test is reached once.

    The power goes up and down with the size (a saw): a larger trial may have less. This is the smallest size that has
    it.

    Raises
    ------
    StatsError
        As `fisher_power`; a size above 5,000 patients in an arm.
    """
    check = Check()
    check.inside(experimental=experimental, control=control, alpha=alpha, power=power)
    if experimental == control:
        check.problem("experimental", "equal proportions: there is nothing to find")
    check.finish()
    score = sample_size_proportions(experimental, control, alpha=alpha, power=power)
    n = max(2, math.floor((0.8 if score.n_control < LARGE else 0.97) * score.n_control))
    while _power_at(n, experimental, control, alpha) >= power and n > 1:
        n = n // 2
    while _power_at(n, experimental, control, alpha) < power:
        n += 1
        if n > MOST_PER_ARM:
            check.problem("power", f"more than {MOST_PER_ARM} patients in an arm; use sample_size_proportions")
            check.finish()
    return TwoArmSize(
        method="Fisher's exact test",
        n=2 * n,
        n_experimental=n,
        n_control=n,
        power=_power_at(n, experimental, control, alpha),
        alpha=alpha,
        sided=1,
        ratio=1.0,
    )


def _power_at(n: int, experimental: float, control: float, alpha: float) -> float:
    return fisher_power(n, n, experimental, control, alpha=alpha)
