"""Sizes for means: t tests by the noncentral t distribution."""

from __future__ import annotations

import math
from typing import Literal

from scipy.special import nctdtr, ndtr, stdtrit

from equipoise.stats.roots import bracketed_root
from equipoise.stats.sample_size.arguments import Check, quantiles
from equipoise.stats.sample_size.proportions import TwoArmSize

__all__ = ["sample_size_means"]


def sample_size_means(
    difference: float,
    sd: float,
    *,
    ratio: float = 1.0,
    alpha: float = 0.025,
    sided: int = 1,
    power: float = 0.9,
    null_difference: float = 0.0,
    arms: Literal[1, 2] = 2,
    distribution: Literal["t", "normal"] = "t",
) -> TwoArmSize:
    """Patients for a t test of one mean or of the difference of two.

    Parameters
    ----------
    difference, null_difference
        Difference of means under the alternative and the null hypothesis (of one arm: means).
    sd
        Standard deviation of a patient.
    ratio
        Patients in the experimental arm for one in the control arm.
    distribution
        ``t``: power by the noncentral t distribution, unrounded degrees of freedom; ``normal``: known variance.

    Raises
    ------
    StatsError
        Lists everything that is wrong, a difference equal to that of the null hypothesis among it.
    """
    check = Check()
    check.inside(alpha=alpha, power=power)
    check.positive(ratio=ratio, sd=sd)
    check.sides(sided)
    check.more_than_chance(power=power, alpha=alpha, sided=sided)
    check.one_of("distribution", distribution, ("t", "normal"))
    if arms not in (1, 2):
        check.problem("arms", f"expected 1 or 2, got {arms!r}")
    if not (math.isfinite(difference) and math.isfinite(null_difference)) or difference == null_difference:
        check.problem("difference", f"expected a number other than null_difference, got {difference!r}")
    check.finish()
    effect = abs(difference - null_difference) / sd
    share = 1.0 if arms == 1 else ratio / (1.0 + ratio) ** 2
    z_alpha, z_beta = quantiles(alpha, sided, power)
    n = ((z_alpha + z_beta) / effect) ** 2 / share
    if distribution == "t":

        def short_of(size: float) -> float:
            return power - _t_power(size, effect * math.sqrt(size * share), size - arms, alpha, sided)

        high = 2.0 * n + 10.0
        n = bracketed_root(short_of, arms + 0.01, high)
    experimental = n if arms == 1 else n * ratio / (1.0 + ratio)
    return TwoArmSize(
        method=f"{distribution} test of {'one mean' if arms == 1 else 'a difference of means'}",
        n=n,
        n_experimental=experimental,
        n_control=n - experimental,
        power=power,
        alpha=alpha,
        sided=sided,
        ratio=ratio,
    )


def _t_power(size: float, shift: float, df: float, alpha: float, sided: int) -> float:
    """Power in the direction of the effect."""
    bound = float(stdtrit(df, 1.0 - alpha / sided))
    found = 1.0 - float(nctdtr(df, shift, bound))
    return found if math.isfinite(found) else float(ndtr(shift - bound)) if size > 1e6 else 0.0
