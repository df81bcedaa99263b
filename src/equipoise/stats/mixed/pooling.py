"""Rubin's rules: one estimate from the estimates of several completed data sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats.result import Result
from equipoise.stats.tails import t_quantile, t_two_sided
from equipoise.stats.validate import InputCheck

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class PooledEstimate(Result):
    """An estimate pooled over imputations.

    `within` and `between` are the two parts of the variance; `missing_information` is the share of the information
    about the estimate that is missing.
    """

    estimate: float
    std_error: float
    df: float
    statistic: float
    p_value: float
    conf_low: float
    conf_high: float
    conf_level: float
    within: float
    between: float
    missing_information: float
    n_imputations: int
    method: str

    def _title(self) -> str:
        return self.method


def rubin(
    estimate: ArrayLike, std_error: ArrayLike, *, df_complete: float | None = None, conf_level: float = 0.95
) -> PooledEstimate:
    """Pool estimates by Rubin's rules, with the degrees of freedom of Barnard and Rubin.

    The variance is W + (1 + 1/M) B, W the mean squared standard error and B the variance of the M estimates.

    Parameters
    ----------
    estimate, std_error : (M,) of the completed data sets, M at least 2.
    df_complete : degrees of freedom without missing values; None for a large sample (Rubin 1987).
    conf_level : confidence level of the limits.

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used.

    References
    ----------
    Rubin (1987). Barnard and Rubin (1999) Biometrika.

    Examples
    --------
    >>> pooled = rubin([1.0, 2.0, 3.0], [1.0, 1.0, 1.0])
    >>> round(pooled.estimate, 3), round(pooled.std_error, 3), round(pooled.df, 3)
    (2.0, 1.528, 6.125)
    """
    check = InputCheck()
    level = check.open_interval("conf_level", conf_level, 0.0, 1.0)
    values, errors = check.numbers("estimate", estimate), check.weights("std_error", std_error)
    if 0 < values.size < 2:
        check.problem("estimate", "expected the estimates of at least 2 completed data sets, got 1")
    if df_complete is not None and not df_complete > 0.0:
        check.problem("df_complete", f"expected a positive number, got {df_complete!r}")
    check.finish()
    m = values.size
    within, between = float(np.mean(errors**2)), float(np.var(values, ddof=1))
    added = (1.0 + 1.0 / m) * between
    total = within + added
    share = added / total
    df = (m - 1) / share**2 if share > 0.0 else np.inf
    if df_complete is not None:
        observed = (df_complete + 1.0) / (df_complete + 3.0) * df_complete * (1.0 - share)
        df = 1.0 / (1.0 / df + 1.0 / observed)
    mean, std = float(np.mean(values)), float(np.sqrt(total))
    limits = np.array([df])
    half = float(t_quantile(level, limits)[0]) * std
    return PooledEstimate(
        estimate=mean,
        std_error=std,
        df=float(df),
        statistic=mean / std,
        p_value=float(t_two_sided(np.array([mean / std]), limits)[0]),
        conf_low=mean - half,
        conf_high=mean + half,
        conf_level=level,
        within=within,
        between=between,
        missing_information=share,
        n_imputations=m,
        method=f"Rubin's rules, {m} imputations",
    )
