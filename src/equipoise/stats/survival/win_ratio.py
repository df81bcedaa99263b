"""Win ratio, net benefit and win odds of one time to event: each patient of a group against each of the other."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats.errors import StatsError
from equipoise.stats.result import Result
from equipoise.stats.survival.grid import time_grid
from equipoise.stats.survival.groups import present_levels, reference_first
from equipoise.stats.survival.sample import read_sample
from equipoise.stats.tails import normal_lower, normal_quantile, normal_two_sided
from equipoise.stats.validate import InputCheck, Missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

__all__ = ["WinRatio", "win_ratio"]

NAN = float("nan")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class WinRatio(Result):
    """Pairs won and lost by the other group against the reference.

    `wins`, `losses`, `ties` count pairs (of all strata); `gehan` = wins - losses. `win_ratio` above 1, `net_benefit`
    above 0 and `win_odds` above 1 say that the other group is better. `z` is the log of the win ratio over its standard
    error; `p_one_sided` is against the alternative that the other group is better, `p_opposite` the other tail.
    `status` is "NE" where nobody wins or nobody loses, and `reason` says so; counts and net benefit stand.
    """

    pairs: int
    wins: int
    losses: int
    ties: int
    gehan: int
    win_ratio: float
    win_ratio_low: float
    win_ratio_high: float
    log_std_error: float
    net_benefit: float
    net_benefit_std_error: float
    net_benefit_low: float
    net_benefit_high: float
    win_odds: float
    win_odds_low: float
    win_odds_high: float
    conf_level: float
    z: float
    p_value: float
    p_one_sided: float
    p_opposite: float
    groups: tuple[Any, ...]
    reference: Any
    n_per_group: NDArray[np.int64]
    strata: tuple[Any, ...]
    dropped: dict[str, NDArray[np.int64]]
    method: str
    status: str
    reason: str

    def _title(self) -> str:
        return self.method

    def _facts(self) -> Mapping[str, object]:
        names = ("wins", "losses", "ties", "win_ratio", "win_ratio_low", "win_ratio_high", "net_benefit", "p_value")
        facts: dict[str, object] = {name: getattr(self, name) for name in (*names, "reference")}
        return {**facts, "status": self.status, "reason": self.reason} if self.status else facts


def win_ratio(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    strata: object | None = None,
    reference: object | None = None,
    conf_level: float = 0.95,
    missing: Missing = "raise",
) -> WinRatio:
    """Compare every patient of one group with every one of the other: who has the event first loses the pair.

    A pair is decided where one of the two has the event while the other is still followed, strictly before the
    other's time; everything else is a tie. Ratio, benefit and odds therefore depend on how long patients are followed.

    Parameters
    ----------
    time, event, group, strata, reference, missing : as in `logrank_test`; two groups. Pairs are formed within strata;
        those of a stratum with N patients count 1/N each, as in a Mantel-Haenszel estimate.
    conf_level : confidence level of the limits.

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used, or there are not two groups.

    Notes
    -----
    Errors are those of U-statistics of two samples, from each patient's own wins and losses, without supposing that
    the groups are alike; ratio and odds have normal limits on the log scale.

    References
    ----------
    Gehan (1965) Biometrika 52:203. Pocock et al. (2012) Eur Heart J 33:176. Dong et al. (2016) Pharm Stat 15:430;
    (2018) J Biopharm Stat 28:778, strata. Formulas: docs/methods/survival-comparisons.md.

    Examples
    --------
    >>> found = win_ratio([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 0], ["a", "a", "b", "a", "b", "b"])
    >>> found.wins, found.losses, found.win_ratio
    (8, 1, 8.0)
    """
    check = InputCheck(missing=missing)
    sample = read_sample(check, time, event)
    labels = check.labels("group", group)
    blocks = None if strata is None else check.strata("strata", strata)
    level = check.open_interval("conf_level", conf_level, 0.0, 1.0)
    check.finish()
    sample = sample.kept(check)
    levels, codes = reference_first(labels.levels, check.keep(labels.codes)[0], reference)
    if len(levels) != 2:
        raise StatsError(f"group: expected two groups, found {len(levels)}: {', '.join(map(repr, levels))}")
    known: tuple[Any, ...] = ()
    block = np.zeros(codes.size, np.int64)
    if blocks is not None:
        known, block = present_levels(blocks.levels, check.keep(blocks.codes)[0])
    at = time_grid(sample.time).codes
    parts = [
        _Pairs.of(at[mine], sample.event[mine], codes[mine] == 1)
        for mine in (block == s for s in range(max(1, len(known))))
    ]
    return _result(
        parts,
        level,
        groups=levels,
        reference=levels[0],
        n_per_group=np.bincount(codes, minlength=2),
        strata=known,
        dropped=check.dropped,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Pairs of one stratum: (2, patients of the group) wins and losses of each patient's pairs."""

    other: NDArray[np.int64]
    reference: NDArray[np.int64]

    @classmethod
    def of(cls, time: NDArray[np.int64], event: NDArray[np.bool_], other: NDArray[np.bool_]) -> _Pairs:
        """Count; won and lost from the side of the other group."""
        first, second = (time[other], event[other]), (time[~other], event[~other])
        return cls(np.stack([_before(*second, first[0]), _outlived(*first, second[0])]), _swapped(first, second))

    @property
    def n_pairs(self) -> int:
        """Count the pairs."""
        return int(self.other.shape[1] * self.reference.shape[1])

    @property
    def weight(self) -> float:
        """Weight of the stratum's pairs."""
        return 1.0 / float(max(1, self.other.shape[1] + self.reference.shape[1]))

    def spread(self, wins: float, losses: float) -> float:
        """Variance of the sum wins * (pairs won) + losses * (pairs lost), weights of the stratum left out."""
        total = 0.0
        for sums, against in ((self.other, self.reference.shape[1]), (self.reference, self.other.shape[1])):
            if sums.shape[1] > 1 and against:
                single = wins * sums[0] + losses * sums[1]
                total += float(((single - single.mean()) ** 2).sum())
        return total


def _before(time: NDArray[np.int64], event: NDArray[np.bool_], than: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the events strictly before each time."""
    return np.searchsorted(np.sort(time[event]), than, side="left")


def _outlived(time: NDArray[np.int64], event: NDArray[np.bool_], others: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count, for each patient with an event, the others followed longer."""
    longer = others.size - np.searchsorted(np.sort(others), time, side="right")
    return np.where(event, longer, 0)


def _swapped(
    first: tuple[NDArray[np.int64], NDArray[np.bool_]], second: tuple[NDArray[np.int64], NDArray[np.bool_]]
) -> NDArray[np.int64]:
    """Pairs won and lost by the first group, counted by the patients of the second."""
    return np.stack([_outlived(*second, first[0]), _before(*first, second[0])])


def _result(parts: list[_Pairs], level: float, **facts: Any) -> WinRatio:
    """Put the strata together."""
    counts = [part.other.sum(axis=1) for part in parts]
    weight = [part.weight for part in parts]
    total = sum(w * part.n_pairs for w, part in zip(weight, parts, strict=True))
    won, lost = (sum(w * float(c[k]) for w, c in zip(weight, counts, strict=True)) for k in (0, 1))
    tied = total - won - lost

    def error(wins: float, losses: float) -> float:
        return sqrt(sum(w * w * part.spread(wins, losses) for w, part in zip(weight, parts, strict=True)))

    wide = normal_quantile(level)
    both = won > 0.0 and lost > 0.0
    estimate = won / lost if both else NAN
    log_error = error(1.0 / won, -1.0 / lost) if both else NAN
    z = log(estimate) / log_error if both and log_error > 0.0 else NAN
    benefit, benefit_error = ((won - lost) / total, error(1.0, -1.0) / total) if total else (NAN, NAN)
    up, down = won + 0.5 * tied, lost + 0.5 * tied
    odds = up / down if up > 0.0 and down > 0.0 else NAN
    # up = (total + won - lost) / 2: only the difference is random
    odds_error = error(0.5 * (1.0 / up + 1.0 / down), -0.5 * (1.0 / up + 1.0 / down)) if odds > 0.0 else NAN
    wins, losses = (sum(int(c[k]) for c in counts) for k in (0, 1))
    pairs = sum(part.n_pairs for part in parts)
    strata = facts["strata"]
    return WinRatio(
        pairs=pairs,
        wins=wins,
        losses=losses,
        ties=pairs - wins - losses,
        gehan=wins - losses,
        win_ratio=estimate,
        win_ratio_low=estimate * exp(-wide * log_error),
        win_ratio_high=estimate * exp(wide * log_error),
        log_std_error=log_error,
        net_benefit=benefit,
        net_benefit_std_error=benefit_error,
        net_benefit_low=benefit - wide * benefit_error,
        net_benefit_high=benefit + wide * benefit_error,
        win_odds=odds,
        win_odds_low=odds * exp(-wide * odds_error),
        win_odds_high=odds * exp(wide * odds_error),
        conf_level=level,
        z=z,
        p_value=normal_two_sided(z),
        p_one_sided=normal_lower(-z),
        p_opposite=normal_lower(z),
        method=f"win ratio, {f'stratified ({len(strata)} strata)' if strata else 'unstratified'}",
        status="" if both else "NE",
        reason="" if both else f"the other group wins {wins} and loses {losses} of {pairs} pairs",
        **facts,
    )
