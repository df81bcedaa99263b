"""Balance of the arms, for the unblinded statistician alone: counts, and the alarm of `stats.allocation`.

Each cohort of each allocation stage is watched by itself; the chance of any false alarm is shared among them: the first
stage has 3/4 of it, the next 3/16, and so on, so that no number of amendments uses it up. Margins are the trial and the
levels of the factors of the protocol. Sites are no margins, but they split strata and so widen what is expected: their
number is taken as the next power of two, 16 at least, so that limits seldom need to be computed anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from equipoise.conduct.allocation_stage import SITE_FACTOR, CohortDesign, StageDesign
from equipoise.stats.allocation import BalanceLimits, balance_limits, detection_delay, watch_balance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["BalanceReport", "CohortBalance", "balance_report", "fault_delay"]

ALPHA = 0.001
"""Chance of any false alarm over the whole accrual."""
UNPLANNED = 500
"""Patients over which the chance is kept where the protocol plans no number; a quarter more than planned otherwise."""
FEWEST_SITES = 16
LIMIT_TRIALS = 20_000

Allocated = tuple[int, str | None, "Mapping[str, str]", str]
"""Stage, cohort, factors and arm of one patient."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CohortBalance:
    """Counts and alarm of one cohort in one allocation stage."""

    stage: int
    cohort: str | None
    counts: Mapping[str, int]
    """Arm -> patients."""
    margins: Mapping[str, Mapping[str, Mapping[str, int]]]
    """Factor -> level -> arm -> patients."""
    statistic: float
    """Largest imbalance over its scale, of the last patient's margins; 0 before the first patient."""
    limit: float
    alarm: bool
    first_alarm: int | None
    """Patient of the cohort, from 1, at whom the alarm was raised."""
    reason: str | None
    """`imbalance`, or `impossible`: an arm that the design does not allow after the arms before it."""

    def __repr__(self) -> str:
        """Show neither counts nor the alarm."""
        return f"CohortBalance({self.stage}, {self.cohort})"


@dataclass(frozen=True, kw_only=True, slots=True)
class BalanceReport:
    """Balance of a trial, stage by stage and cohort by cohort."""

    n: int
    alpha: float
    cohorts: tuple[CohortBalance, ...]

    @property
    def alarm(self) -> bool:
        """True where any cohort has had an alarm."""
        return any(cohort.alarm for cohort in self.cohorts)

    def __repr__(self) -> str:
        """Count the patients; show neither arms nor the alarm."""
        return f"BalanceReport({self.n} patients)"


def balance_report(stages: Mapping[int, StageDesign], allocated: Sequence[Allocated]) -> BalanceReport:
    """Count the arms of every stage and watch their balance.

    Parameters
    ----------
    stages
        Design of each allocation stage.
    allocated
        Stage, cohort, factors and arm of each patient in order of slots, as they stand in the vault.
    """
    cohorts = []
    for stage, design in stages.items():
        alpha = ALPHA * 0.75 * 0.25 ** (stage - 1) / len(design.cohorts)
        for name, cohort in design.cohorts.items():
            own = [(factors, arm) for at, where, factors, arm in allocated if (at, where) == (stage, name)]
            cohorts.append(_cohort_balance((stage, name), cohort, own, alpha))
    return BalanceReport(n=len(allocated), alpha=ALPHA, cohorts=tuple(cohorts))


def fault_delay(design: CohortDesign, n_levels: Sequence[int], probability: Sequence[float]) -> Mapping[float, float]:
    """Give the number of patients by which a share of trials with a faulty allocator raises the alarm.

    Parameters
    ----------
    design
        The declared design.
    n_levels
        Levels of each factor.
    probability
        Probability of each arm under the fault, for example (0.57, 0.43).
    """
    limits = _limits(_Key(design, tuple(n_levels)), ALPHA, _horizon(design.planned))
    delay = detection_delay(limits, probability)
    return {share: delay.quantile(share) for share in (0.1, 0.25, 0.5, 0.75, 0.9)}


class _Key:
    """A design and its numbers of levels, compared by what decides the limits."""

    __slots__ = ("design", "identity", "n_levels")

    def __init__(self, design: CohortDesign, n_levels: tuple[int, ...]) -> None:
        self.design = design
        self.n_levels = n_levels
        self.identity = (design.ratio, design.method, repr(sorted(design.settings.items())), design.factors, n_levels)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)


def _cohort_balance(
    place: tuple[int, str | None],
    design: CohortDesign,
    own: Sequence[tuple[Mapping[str, str], str]],
    alpha: float,
) -> CohortBalance:
    coded, n_levels = _levels(design, [factors for factors, _ in own])
    limits = _limits(_Key(design, n_levels), alpha, _horizon(design.planned))
    watch = watch_balance(limits, [design.arms.index(arm) for _, arm in own], coded)
    counts = dict.fromkeys(design.arms, 0)
    margins: dict[str, dict[str, dict[str, int]]] = {factor: {} for factor in design.factors}
    for factors, arm in own:
        counts[arm] += 1
        for factor in design.factors:
            margins[factor].setdefault(factors[factor], dict.fromkeys(design.arms, 0))[arm] += 1
    return CohortBalance(
        stage=place[0],
        cohort=place[1],
        counts=counts,
        margins=margins,
        statistic=float(watch.statistic[-1]) if len(own) else 0.0,
        limit=watch.limit,
        alarm=watch.alarm,
        first_alarm=watch.first_alarm,
        reason=watch.reason,
    )


def _levels(design: CohortDesign, patients: Sequence[Mapping[str, str]]) -> tuple[np.ndarray, tuple[int, ...]]:
    """Code the levels of each factor as they first occur, and count them: two at least, sites in powers of two."""
    coded = np.zeros((len(patients), len(design.factors)), np.int64)
    n_levels = []
    for f, factor in enumerate(design.factors):
        seen: dict[str, int] = {}
        coded[:, f] = [seen.setdefault(factors[factor], len(seen)) for factors in patients]
        count = max(2, len(seen))
        n_levels.append(max(FEWEST_SITES, 1 << (count - 1).bit_length()) if factor == SITE_FACTOR else count)
    return coded, tuple(n_levels)


@lru_cache(maxsize=64)
def _limits(key: _Key, alpha: float, horizon: int) -> BalanceLimits:
    watched = [f for f, factor in enumerate(key.design.factors) if factor != SITE_FACTOR]
    n_trials = max(LIMIT_TRIALS, round(4 / alpha))
    return balance_limits(key.design.plan(key.n_levels), horizon, factors=watched, alpha=alpha, n_trials=n_trials)


def _horizon(planned: int | None) -> int:
    return UNPLANNED if planned is None else planned + (planned + 3) // 4
