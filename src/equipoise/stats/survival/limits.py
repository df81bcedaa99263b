"""Confidence limits of a survival probability, and the time where a curve or a limit falls to a level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from equipoise.stats.tails import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

ConfType = Literal["log-log", "log", "plain", "logit", "arcsine", "arcsin"]
CONF_TYPES: tuple[str, ...] = ("log-log", "log", "plain", "logit", "arcsine", "arcsin")

LEVEL_TOLERANCE = float(np.sqrt(np.finfo(np.float64).eps))
"""A curve is at the level, not beside it, when it differs by less than this."""


def survival_limits(
    survival: NDArray[np.float64], std_error_log: NDArray[np.float64], conf_type: str, conf_level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the limits of S(t) from the standard error of log S(t), cut at 0 and 1.

    They are nan where S(t) = 0, and, for log-log, logit and arcsine, where S(t) = 1: there the transform is infinite.
    """
    z = normal_quantile(conf_level)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        s = np.where(survival > 0.0, survival, np.nan)
        if conf_type == "plain":
            half = z * std_error_log * s
            low, high = s - half, s + half
        elif conf_type == "log":
            low, high = s * np.exp(-z * std_error_log), s * np.exp(z * std_error_log)
        elif conf_type == "log-log":
            s = np.where(s < 1.0, s, np.nan)
            log_s = np.log(s)
            half = z * std_error_log / log_s
            low, high = np.exp(log_s * np.exp(-half)), np.exp(log_s * np.exp(half))
        elif conf_type == "logit":
            s = np.where(s < 1.0, s, np.nan)
            odds, half = s / (1.0 - s), z * std_error_log / (1.0 - s)
            low, high = 1.0 - 1.0 / (1.0 + odds * np.exp(-half)), 1.0 - 1.0 / (1.0 + odds * np.exp(half))
        else:
            s = np.where(s < 1.0, s, np.nan)
            angle, half = np.arcsin(np.sqrt(s)), 0.5 * z * std_error_log * np.sqrt(s / (1.0 - s))
            low = np.sin(np.maximum(0.0, angle - half)) ** 2
            high = np.sin(np.minimum(np.pi / 2, angle + half)) ** 2
        return np.maximum(low, 0.0), np.minimum(high, 1.0)


def crossing_time(time: NDArray[np.float64], curve: NDArray[np.float64], level: float, *, midpoint: bool) -> float:
    """Return the time at which `curve` falls to `level`; nan if it never does.

    Without `midpoint` that is the first time at which the curve is at or below the level. With it, a curve that stays
    at the level over an interval gives the middle of the interval, which ends at the next fall or, if there is none,
    at the last time. A limit may rise again, as its curve never does. Then the rule with midpoint follows R: of the
    times at which the limit is at or below the level it takes the one where the limit is highest. Values that cannot
    be given (nan) are passed over.
    """
    reached = np.flatnonzero(curve <= level + LEVEL_TOLERANCE)
    if reached.size == 0:
        return float("nan")
    if not midpoint:
        return float(time[reached[0]])
    at = reached[np.argmax(curve[reached])]
    if curve[at] < level - LEVEL_TOLERANCE:
        return float(time[at])
    below = np.flatnonzero(curve <= level - LEVEL_TOLERANCE)
    if below.size:
        return float((time[at] + time[below[np.argmax(curve[below])]]) / 2.0)
    return float("nan") if np.isnan(curve[-1]) else float((time[at] + time[-1]) / 2.0)
