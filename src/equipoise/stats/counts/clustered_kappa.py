"""Cohen's kappa of items that come in clusters, such as the scans of patients."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from equipoise.stats.counts.arguments import Arguments
from equipoise.stats.result import Result
from equipoise.stats.tails import t_quantile

__all__ = ["ClusteredKappa", "clustered_kappa"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class ClusteredKappa(Result):
    """Cohen's kappa with limits that allow for clusters.

    Attributes
    ----------
    estimate
        Kappa of all items together; nan when both readers use one and the same category only.
    std_error
        Jackknife standard error: each cluster left out in turn.
    conf_low, conf_high, conf_level
        estimate -/+ t std_error with clusters - 1 degrees of freedom, cut at -1 and 1.
    agreement, chance
        Observed and expected agreement.
    n, n_clusters
        Items rated by both, and clusters with at least one.
    status, reason
        Empty, or "NE" and why.
    """

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    conf_level: float
    agreement: float
    chance: float
    n: int
    n_clusters: int
    status: str
    reason: str


def clustered_kappa(tables: Any, *, conf_level: float = 0.95) -> ClusteredKappa:
    """Measure agreement of two readers on items that are no independent sample.

    Parameters
    ----------
    tables
        One square table of counts per cluster, shape (clusters, categories, categories): rows are the categories of the
        first reader, columns those of the second. Clusters without an item are left out.
    conf_level
        Confidence level.

    Returns
    -------
    ClusteredKappa
        Estimate, jackknife standard error, limits.

    Raises
    ------
    StatsError
        For tables that are not square, of different sizes, or hold anything but whole numbers of 0 or more.

    References
    ----------
    J. L. Fleiss, M. Davies (1982). Jackknifing functions of multinomial frequencies, with an application to a measure
    of concordance. American Journal of Epidemiology 115.

    Examples
    --------
    >>> kappa = clustered_kappa([[[3, 0], [1, 2]], [[2, 1], [0, 1]], [[1, 0], [0, 4]]])
    >>> round(kappa.estimate, 4), kappa.n, kappa.n_clusters
    (0.7321, 15, 3)
    """
    check = Arguments()
    if not hasattr(tables, "__len__") or isinstance(tables, str) or not len(tables):
        check.fail("tables", "expected one square table per cluster, got none")
    counts = [check.table(f"tables[{i}]", table) for i, table in enumerate(tables)]
    level = check.conf_level(conf_level)
    shapes = {table.shape for table in counts}
    if len(shapes) > 1 or any(rows != columns or rows < 2 for rows, columns in shapes):
        said = ", ".join(sorted(f"{rows} x {columns}" for rows, columns in shapes))
        check.add("tables", f"expected square tables of the same two or more categories, got {said}")
    check.done()
    stack = np.array([table for table in counts if table.sum()], dtype=np.float64).reshape(-1, *counts[0].shape)
    clusters, whole = len(stack), stack.sum(axis=0)
    agreement, chance = (float(part[0]) for part in _agreement(whole[None]))
    estimate = _kappa(agreement, chance)
    reason = "no items were rated" if not clusters else ""
    if clusters and chance >= 1.0:
        reason = "both readers use one and the same category only"
    std_error = math.nan
    if not reason:
        std_error, reason = _jackknife(whole - stack, clusters)
    half = float(t_quantile(level, np.array(clusters - 1.0))) * std_error if not reason else math.nan
    return ClusteredKappa(
        estimate=estimate,
        std_error=std_error,
        conf_low=max(-1.0, estimate - half) if not reason else math.nan,
        conf_high=min(1.0, estimate + half) if not reason else math.nan,
        conf_level=level,
        agreement=agreement,
        chance=chance,
        n=int(whole.sum()),
        n_clusters=clusters,
        status="NE" if reason else "",
        reason=reason,
    )


def _agreement(tables: Array) -> tuple[Array, Array]:
    """Return observed and expected agreement of each table."""
    n = tables.sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = np.trace(tables, axis1=1, axis2=2) / n
        expected = (tables.sum(axis=1) * tables.sum(axis=2)).sum(axis=1) / n**2
    return observed, expected


def _kappa(agreement: float, chance: float) -> float:
    return (agreement - chance) / (1.0 - chance) if chance < 1.0 else math.nan


def _jackknife(left_out: Array, clusters: int) -> tuple[float, str]:
    """Return the standard error from the tables without one cluster each, or why there is none."""
    if clusters < 2:
        return math.nan, "one cluster only: its items tell nothing about others"
    values = [_kappa(float(a), float(c)) for a, c in zip(*_agreement(left_out), strict=True)]
    if any(math.isnan(value) for value in values):
        return math.nan, "without one of the clusters both readers use one and the same category only"
    mean = math.fsum(values) / clusters
    variance = (clusters - 1) / clusters * math.fsum((value - mean) ** 2 for value in values)
    if variance <= 0.0:
        return math.nan, "perfect agreement: the standard error is 0 and gives no limits"
    return math.sqrt(variance), ""
