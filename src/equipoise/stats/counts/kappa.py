"""Cohen's kappa: agreement of two readers beyond chance."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from equipoise.stats.counts.arguments import Arguments
from equipoise.stats.result import Result
from equipoise.stats.tails import normal_quantile, normal_two_sided

__all__ = ["Kappa", "cohen_kappa"]

WEIGHTS = ("none", "linear", "quadratic")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class Kappa(Result):
    """Cohen's kappa with its confidence interval.

    Attributes
    ----------
    estimate
        Kappa; nan when both readers use one and the same category only.
    std_error
        Large-sample standard error of kappa.
    conf_low, conf_high, conf_level
        estimate -/+ z std_error, cut at -1 and 1; nan with perfect agreement, where the standard error is 0.
    z, p_value
        Test of no agreement beyond chance, with the standard error under that hypothesis.
    agreement, chance
        Observed and expected (weighted) agreement.
    n
        Items rated by both.
    weights
        "none", "linear" or "quadratic".
    status, reason
        Empty, or "NE" and why.
    """

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    conf_level: float
    z: float
    p_value: float
    agreement: float
    chance: float
    n: int
    weights: str
    status: str
    reason: str


def cohen_kappa(table: Any, *, weights: str = "none", conf_level: float = 0.95) -> Kappa:
    """Measure agreement of two readers on the same items.

    Parameters
    ----------
    table
        Square table of counts: rows are the categories of the first reader, columns those of the second, in one order.
    weights
        "none" (only equal categories agree), "linear" or "quadratic" (partial agreement by distance, for ordered
        categories).
    conf_level
        Confidence level.

    Returns
    -------
    Kappa
        Estimate, standard error, limits and test.

    Raises
    ------
    StatsError
        For a table that is not square or holds anything but whole numbers of 0 or more.

    References
    ----------
    J. Cohen (1960). A coefficient of agreement for nominal scales. Educational and Psychological Measurement 20.
    J. L. Fleiss, J. Cohen, B. S. Everitt (1969). Large sample standard errors of kappa and weighted kappa.
    Psychological Bulletin 72.

    Examples
    --------
    >>> kappa = cohen_kappa([[20, 5], [10, 15]])
    >>> round(kappa.estimate, 2), round(kappa.std_error, 4)
    (0.4, 0.127)
    """
    check = Arguments()
    counts = check.table("table", table)
    weights = check.choice("weights", weights, WEIGHTS)
    level = check.conf_level(conf_level)
    if counts.shape[0] != counts.shape[1] or counts.shape[0] < 2:
        check.add(
            "table",
            f"expected the same two or more categories for both readers, got {counts.shape[0]} x {counts.shape[1]}",
        )
    check.done()
    n = int(counts.sum())
    p = counts / n if n else np.zeros(counts.shape)
    credit = _credit(counts.shape[0], weights)
    agreement = math.fsum((credit * p).ravel())
    chance = math.fsum((credit * np.outer(p.sum(axis=1), p.sum(axis=0))).ravel())
    reason = _reason(n, chance)
    estimate = std_error = null_error = math.nan
    if not reason:
        estimate = (agreement - chance) / (1.0 - chance)
        std_error, null_error = _standard_errors(p, credit, n, agreement, chance)
    if estimate == 1.0:
        reason = "perfect agreement: the standard error is 0 and gives no limits"
    half = normal_quantile(level) * std_error if not reason else math.nan
    z = estimate / null_error if null_error > 0.0 else math.nan
    return Kappa(
        estimate=estimate,
        std_error=std_error,
        conf_low=max(-1.0, estimate - half) if not reason else math.nan,
        conf_high=min(1.0, estimate + half) if not reason else math.nan,
        conf_level=level,
        z=z,
        p_value=normal_two_sided(z),
        agreement=agreement if n else math.nan,
        chance=chance if n else math.nan,
        n=n,
        weights=weights,
        status="NE" if reason else "",
        reason=reason,
    )


def _credit(size: int, weights: str) -> np.ndarray:
    """Return the agreement credited to each pair of categories: 1 on the diagonal."""
    distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) / (size - 1)
    if weights == "none":
        return np.eye(size)
    return np.asarray(1.0 - (distance if weights == "linear" else distance**2))


def _standard_errors(p: np.ndarray, credit: np.ndarray, n: int, agreement: float, chance: float) -> tuple[float, float]:
    """Return the standard errors of Fleiss, Cohen and Everitt: of the estimate, and without agreement beyond chance."""
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    mean = np.add.outer(credit @ columns, rows @ credit)
    terms = p * (credit * (1.0 - chance) - mean * (1.0 - agreement)) ** 2
    variance = math.fsum(terms.ravel()) - (agreement * chance - 2.0 * chance + agreement) ** 2
    null = math.fsum((np.outer(rows, columns) * (credit - mean) ** 2).ravel()) - chance**2
    return (
        math.sqrt(max(0.0, variance) / n) / (1.0 - chance) ** 2,
        math.sqrt(max(0.0, null) / n) / (1.0 - chance),
    )


def _reason(n: int, chance: float) -> str:
    if not n:
        return "no items were rated"
    return "both readers use one and the same category only" if chance >= 1.0 else ""
