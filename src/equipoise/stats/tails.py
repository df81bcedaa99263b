"""Tail probabilities and quantiles, always from the small tail, so that p = 1e-20 is a number and not 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtrc, chdtri, fdtrc, ndtr, ndtri, stdtr, stdtrit

if TYPE_CHECKING:
    from numpy.typing import NDArray


def normal_quantile(conf_level: float) -> float:
    """Return z so that a normal variable lies between -z and z with probability `conf_level`."""
    return float(-ndtri((1.0 - conf_level) / 2.0))


def normal_lower(z: float) -> float:
    """Return P(Z <= z)."""
    return float(ndtr(z))


def normal_two_sided(z: float) -> float:
    """Return P(|Z| >= |z|)."""
    return float(2.0 * ndtr(-abs(z)))


def chi2_upper(statistic: float, df: float) -> float:
    """Return P(chi-square with `df` degrees of freedom >= statistic); nan without degrees of freedom."""
    return float(chdtrc(df, max(statistic, 0.0))) if df > 0 else float("nan")


def chi2_quantile(conf_level: float, df: float) -> float:
    """Return the point which a chi-square variable stays below with probability `conf_level`."""
    return float(chdtri(df, 1.0 - conf_level))


def t_two_sided(statistic: NDArray[np.float64], df: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return P(|t| >= |statistic|) of Student's t, element by element."""
    result: NDArray[np.float64] = 2.0 * stdtr(df, -np.abs(statistic))
    return result


def t_quantile(conf_level: float, df: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the points t so that Student's t lies between -t and t with probability `conf_level`."""
    result: NDArray[np.float64] = -stdtrit(df, (1.0 - conf_level) / 2.0)
    return result


def f_upper(statistic: float, df: float, df_denominator: float) -> float:
    """Return P(F >= statistic)."""
    if np.isinf(df_denominator):
        return chi2_upper(statistic * df, df)
    return float(fdtrc(df, df_denominator, max(statistic, 0.0)))
