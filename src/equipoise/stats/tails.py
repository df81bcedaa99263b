"""Tail probabilities and quantiles, always from the small tail, so that p = 1e-20 is a number and not 0."""

from scipy.special import chdtrc, chdtri, ndtr, ndtri


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
