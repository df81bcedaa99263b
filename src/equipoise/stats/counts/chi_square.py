"""Pearson's chi-square test of a two-way table."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import chdtrc

from equipoise.stats.counts.arguments import Arguments
from equipoise.stats.result import Result

__all__ = ["ChiSquareTest", "chi_square_test"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class ChiSquareTest(Result):
    """Pearson's chi-square test.

    Attributes
    ----------
    statistic, df, p_value
        Test against independence; nan where a row or column total of 0 leaves no degree of freedom.
    n
        Total of the table.
    expected
        Expected counts under independence, in the shape of the table.
    n_expected_below_5
        Cells with an expected count below 5, where the approximation is poor.
    method
        With or without continuity correction.
    status, reason
        Empty, or "NE" and why.
    """

    statistic: float
    df: int
    p_value: float
    n: int
    expected: np.ndarray
    n_expected_below_5: int
    method: str
    status: str
    reason: str


def chi_square_test(table: Any, *, correction: bool = False) -> ChiSquareTest:
    """Test independence in a two-way table of counts.

    Rows and columns whose total is 0 carry no information and are left out, which lowers the degrees of freedom.

    Parameters
    ----------
    table
        Rows of counts; any number of rows and columns.
    correction
        Yates' continuity correction, for tables of 2 x 2 only: each |observed - expected| is lowered by one half, not
        below 0.

    Returns
    -------
    ChiSquareTest
        Statistic, degrees of freedom and upper-tail p-value.

    Raises
    ------
    StatsError
        For a table that is not rectangular or holds anything but whole numbers of 0 or more; for a correction of a
        larger table.

    Examples
    --------
    >>> round(chi_square_test([[75, 14], [34, 38]]).p_value, 9)
    5.79e-07
    """
    check = Arguments()
    counts = check.table("table", table)
    if correction and counts.shape != (2, 2):
        check.add(
            "correction",
            f"the continuity correction is for tables of 2 x 2, this one is {counts.shape[0]} x {counts.shape[1]}",
        )
    check.done()
    rows, columns = counts.sum(axis=1, dtype=np.float64), counts.sum(axis=0, dtype=np.float64)
    n = int(rows.sum())
    expected = np.outer(rows, columns) / n if n else np.zeros(counts.shape)
    df = max(int(np.count_nonzero(rows)) - 1, 0) * max(int(np.count_nonzero(columns)) - 1, 0)
    filled = expected > 0.0
    status, reason = ("", "") if df else ("NE", "fewer than two rows or two columns with counts")
    statistic = math.nan
    if not status:
        distance = np.abs(counts - expected)[filled]
        lowered = distance - np.minimum(0.5, distance) if correction else distance
        statistic = math.fsum(lowered * lowered / expected[filled])
    return ChiSquareTest(
        statistic=statistic,
        df=df,
        p_value=float(chdtrc(df, statistic)) if not status else math.nan,
        n=n,
        expected=expected,
        n_expected_below_5=int(np.count_nonzero(expected[filled] < 5.0)),
        method="Pearson chi-square" + (" with continuity correction" if correction else ""),
        status=status,
        reason=reason,
    )
