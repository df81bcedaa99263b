"""Events that a log-rank test needs, and its power."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from scipy.special import ndtr

from equipoise.stats.sample_size.arguments import Check, quantiles

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["EventsMethod", "logrank_events", "logrank_power"]

EventsMethod = Literal["schoenfeld", "freedman", "hsieh_freedman"]


def _schoenfeld(hazard_ratio: float, ratio: float, null: float) -> float:
    share = ratio / (1.0 + ratio)
    return share * (1.0 - share) * math.log(hazard_ratio / null) ** 2


def _freedman(hazard_ratio: float, ratio: float, null: float) -> float:
    hr = hazard_ratio / null
    return ratio * ((1.0 - hr) / (1.0 + ratio * hr)) ** 2


def _hsieh_freedman(hazard_ratio: float, ratio: float, null: float) -> float:
    hr = hazard_ratio / null
    return 4.0 * ratio / (1.0 + ratio) ** 2 * ((1.0 - hr) / (1.0 + hr)) ** 2


PER_EVENT: dict[str, Callable[[float, float, float], float]] = {
    "schoenfeld": _schoenfeld,
    "freedman": _freedman,
    "hsieh_freedman": _hsieh_freedman,
}
"""Squared mean of Z per event, by method."""


def check_test(
    *, hazard_ratio: float, ratio: float, alpha: float, sided: int, method: str, null_hazard_ratio: float
) -> Check:
    """Check what every log-rank design has in common."""
    check = Check()
    check.positive(hazard_ratio=hazard_ratio, ratio=ratio, null_hazard_ratio=null_hazard_ratio)
    check.inside(alpha=alpha)
    check.sides(sided)
    check.one_of("method", method, tuple(PER_EVENT))
    if not check.problems and hazard_ratio == null_hazard_ratio:
        check.problem(
            "hazard_ratio", f"is {hazard_ratio!r}, that of the null hypothesis: no number of events is enough"
        )
    return check


def logrank_events(
    hazard_ratio: float,
    *,
    ratio: float = 1.0,
    alpha: float = 0.025,
    sided: int = 1,
    power: float = 0.9,
    method: EventsMethod = "schoenfeld",
    null_hazard_ratio: float = 1.0,
) -> float:
    """Events for a log-rank test, unrounded.

    Parameters
    ----------
    hazard_ratio
        Experimental over control.
    ratio
        Patients in the experimental arm for one in the control arm.
    alpha, sided
        Level over the sides named.
    null_hazard_ratio
        Hazard ratio of the null hypothesis: above 1 for non-inferiority.

    Raises
    ------
    StatsError
        Lists everything that is wrong, a hazard ratio equal to that of the null hypothesis among it.

    References
    ----------
    D. A. Schoenfeld (1981). Biometrika 68:316. L. S. Freedman (1982). Statistics in Medicine 1:121. F. Y. Hsieh (1992).
    Statistics in Medicine 11:1091.
    """
    check = check_test(
        hazard_ratio=hazard_ratio,
        ratio=ratio,
        alpha=alpha,
        sided=sided,
        method=method,
        null_hazard_ratio=null_hazard_ratio,
    )
    check.inside(power=power)
    check.more_than_chance(power=power, alpha=alpha, sided=sided)
    check.finish()
    return sum(quantiles(alpha, sided, power)) ** 2 / PER_EVENT[method](hazard_ratio, ratio, null_hazard_ratio)


def logrank_power(
    events: float,
    hazard_ratio: float,
    *,
    ratio: float = 1.0,
    alpha: float = 0.025,
    sided: int = 1,
    method: EventsMethod = "schoenfeld",
    null_hazard_ratio: float = 1.0,
) -> float:
    """Power of a log-rank test at a number of events, in the direction of the hazard ratio.

    Parameters, errors and references as `logrank_events`.
    """
    check = check_test(
        hazard_ratio=hazard_ratio,
        ratio=ratio,
        alpha=alpha,
        sided=sided,
        method=method,
        null_hazard_ratio=null_hazard_ratio,
    )
    check.positive(events=events)
    check.finish()
    z_alpha, _ = quantiles(alpha, sided, 0.5)
    return float(ndtr(math.sqrt(events * PER_EVENT[method](hazard_ratio, ratio, null_hazard_ratio)) - z_alpha))
