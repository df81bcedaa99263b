"""How well a marker orders the times to event: concordance of pairs, with delayed entry, weights and strata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from equipoise.stats._kernels.concordance import concordance_sums
from equipoise.stats._kernels.order import counting_order, nested_order
from equipoise.stats._kernels.product_limit import count_at_times, product_limit
from equipoise.stats._kernels.risk_sets import group_rows
from equipoise.stats.errors import StatsError
from equipoise.stats.result import Result
from equipoise.stats.survival.cox_variance import sum_by_cluster
from equipoise.stats.survival.grid import time_grid
from equipoise.stats.survival.groups import present_levels
from equipoise.stats.survival.sample import NO_WEIGHTS, WeightType, read_sample
from equipoise.stats.tails import normal_quantile
from equipoise.stats.validate import InputCheck, Missing

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from equipoise.stats.survival.cox_data import CoxData

PairWeight = Literal["n", "S", "n/G2"]
NAN = float("nan")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class Concordance(Result):
    """Share of comparable pairs in which the marker orders the times, pairs with tied markers counting one half.

    `n_concordant`, `n_discordant` and `n_tied_marker` are the (weighted) comparable pairs; `n_tied_time` pairs die at
    the same time with different markers, `n_tied_both` with the same marker. `std_error` is by the infinitesimal
    jackknife, over clusters if given; the limits are estimate +/- z std_error. With no comparable pair the estimate
    is nan and `status` "NE".
    """

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    conf_level: float
    n_concordant: float
    n_discordant: float
    n_tied_marker: float
    n_tied_time: float
    n_tied_both: float
    pair_weight: str
    method: str
    status: str


def concordance(
    time: ArrayLike,
    event: ArrayLike,
    marker: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    weight_type: WeightType | None = None,
    strata: object | None = None,
    cluster: ArrayLike | None = None,
    high_is_worse: bool = True,
    pair_weight: PairWeight = "n",
    conf_level: float = 0.95,
    missing: Missing = "raise",
) -> Concordance:
    """Estimate the concordance of a marker with the time to event.

    A pair is comparable at a death if the other row is at risk (entry < t) and survives it: it dies later, or is
    censored at or after t. Pairs are formed within strata.

    Parameters
    ----------
    time, event, entry, weights, weight_type, cluster, missing : as in `kaplan_meier`.
    marker : (n,) numbers; a risk score.
    strata : (n,) labels, or several factors whose combinations are the strata.
    high_is_worse : a pair is concordant if the one who dies first has the higher marker; False turns this round.
    pair_weight : "n" every pair alike (Harrell), "n/G2" weighted by 1/G(t-)^2, G being the Kaplan-Meier curve of
        censoring (Uno), "S" by n S(t-)/n_risk(t) (Schemper). The last two are for data without delayed entry.
    conf_level : confidence level of the limits.

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used.

    References
    ----------
    Harrell et al. (1982) JAMA. Uno et al. (2011) Stat Med. Therneau and Watson (2015) Mayo Technical Report 85.

    Examples
    --------
    >>> concordance([1, 2, 3, 4, 5, 6], [1, 1, 0, 1, 1, 0], [6, 5, 4, 1, 2, 3]).estimate.__round__(4)
    0.75
    """
    check = InputCheck(missing=missing)
    sample = read_sample(check, time, event, entry=entry, weights=weights, weight_type=weight_type, cluster=cluster)
    values = check.numbers("marker", marker)
    blocks = None if strata is None else check.strata("strata", strata)
    check.choice("pair_weight", pair_weight, ("n", "S", "n/G2"))
    level = check.open_interval("conf_level", conf_level, 0.0, 1.0)
    if pair_weight != "n" and (entry is not None or strata is not None):
        check.problem("pair_weight", f"{pair_weight!r} cannot be combined with entry or strata: use 'n'")
    check.finish()
    sample = sample.kept(check)
    (values,) = check.keep(values)
    n_levels, block = 1, np.zeros(0, np.int64)
    if blocks is not None:
        levels, block = present_levels(blocks.levels, check.keep(blocks.codes)[0])
        n_levels = len(levels)
    grid = time_grid(sample.time, sample.entry)
    order, starts = nested_order(block, n_levels, grid.codes, grid.size)
    group_start, stratum_group, _, first_group = group_rows(order, starts, grid.codes, grid.entry)
    timing = np.ones(group_start.size - 1)
    if pair_weight != "n":
        timing = _timing(pair_weight, grid.codes, sample.event, sample.weights, grid.size)
    return _concordance(
        values[order] if high_is_worse else -values[order],
        sample.event[order],
        sample.weights[order] if sample.weights.size else np.ones(order.size),
        (group_start, stratum_group, first_group),
        timing,
        clusters=None if sample.cluster is None else sample.cluster_codes()[order],
        pair_weight=pair_weight,
        conf_level=level,
    )


def concordance_of_model(data: CoxData, eta: NDArray[np.float64], conf_level: float) -> Concordance:
    """Return the concordance of the linear predictor of a Cox model, in its sorted rows."""
    return _concordance(
        eta,
        data.event,
        data.weights,
        (data.group_start, data.stratum_group, data.first_group),
        np.ones(data.group_start.size - 1),
        clusters=None if data.sample.cluster is None else data.sample.cluster_codes()[data.order],
        pair_weight="n",
        conf_level=conf_level,
    )


def _concordance(
    marker: NDArray[np.float64],
    event: NDArray[np.bool_],
    weights: NDArray[np.float64],
    groups: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    timing: NDArray[np.float64],
    *,
    clusters: NDArray[np.int64] | None,
    pair_weight: str,
    conf_level: float,
) -> Concordance:
    group_start, stratum_group, first_group = groups
    distinct, rank = np.unique(marker, return_inverse=True)
    removal = counting_order(first_group, group_start.size)[0] if first_group.size else first_group
    sums, influence = concordance_sums(
        rank.astype(np.int64),
        distinct.size,
        event,
        weights,
        group_start,
        stratum_group,
        first_group,
        removal,
        timing,
    )
    pairs = float(sums[:3].sum())
    estimate = std_error = NAN
    if pairs > 0.0:
        somers = (sums[0] - sums[1]) / pairs
        single = weights * (influence[:, 0] - influence[:, 1] - somers * influence.sum(axis=1)) / pairs
        if clusters is not None:
            single = sum_by_cluster(single[:, None], clusters)[:, 0]
        estimate, std_error = (somers + 1.0) / 2.0, np.sqrt(np.sum(single * single)) / 2.0
    half = normal_quantile(conf_level) * std_error
    concordant, discordant, tied_marker, tied_time, tied_both = sums.tolist()
    return Concordance(
        estimate=float(estimate),
        std_error=float(std_error),
        conf_low=float(estimate - half),
        conf_high=float(estimate + half),
        conf_level=conf_level,
        n_concordant=concordant,
        n_discordant=discordant,
        n_tied_marker=tied_marker,
        n_tied_time=tied_time,
        n_tied_both=tied_both,
        pair_weight=pair_weight,
        method="concordance, infinitesimal jackknife",
        status="" if pairs > 0.0 else "NE",
    )


def _timing(
    pair_weight: str, codes: NDArray[np.int64], event: NDArray[np.bool_], weights: NDArray[np.float64], k: int
) -> NDArray[np.float64]:
    """Weight the deaths at each time; one stratum, so groups are the distinct times."""
    n_risk, n_events, n_censored = count_at_times(codes, event, weights, NO_WEIGHTS.astype(np.int64), k)
    if pair_weight == "S":
        before = np.concatenate([[1.0], product_limit(n_risk, n_events)[0][:-1]])
        timing: NDArray[np.float64] = n_risk[0] * before / n_risk
        return timing
    censoring = np.concatenate([[1.0], product_limit(n_risk - n_events, n_censored)[0][:-1]])
    if (censoring[n_events > 0.0] <= 0.0).any():
        raise StatsError("pair_weight: 'n/G2' needs a chance to be uncensored at every event time")
    inverse: NDArray[np.float64] = 1.0 / np.maximum(censoring, 1e-300) ** 2
    return inverse
