"""The allocator of the protocol: its plan, and how it behaves."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from equipoise.design.assumptions import MONTH
from equipoise.design.errors import DesignError
from equipoise.protocol import parse_expression
from equipoise.stats import logrank_test
from equipoise.stats.allocation import (
    Plan,
    biased_coin,
    complete_randomization,
    exponential_outcome,
    minimization,
    operating_characteristics,
    permuted_blocks,
    size_of_test,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equipoise.design.assumptions import Assumptions
    from equipoise.protocol import DesignAssumptions, Stratum
    from equipoise.protocol import Protocol as TrialProtocol

__all__ = ["MOST_TESTS", "Allocated", "Allocator", "Factor", "allocator_behavior", "logrank_sizes", "read_allocator"]

SITE = "site"
USUAL_SITES = 20
"""Sites where the protocol does not say how many."""
MOST_TESTS = 2_000
DRIFT = math.log(2.0)
"""Log hazard ratio of the last patient against the first."""


class Allocated(Protocol):
    """What an analysis says about its allocation."""

    @property
    def analysis(self) -> str:
        """Name of the analysis."""

    @property
    def cohort(self) -> str | None:
        """Cohort that it is of."""

    @property
    def patients(self) -> int | None:
        """Patients of all arms."""

    @property
    def declared(self) -> DesignAssumptions:
        """What the protocol says."""


@dataclass(frozen=True, kw_only=True)
class Factor:
    """A stratification factor with the share of its levels."""

    name: str
    label: str
    """Name in words."""
    levels: tuple[str, ...]
    shares: tuple[float, ...]
    prognosis: tuple[float, ...]
    """Factor on the hazard at each level."""


@dataclass(frozen=True, kw_only=True)
class Allocator:
    """The allocation of an analysis, as the live trial runs it."""

    plan: Plan
    method: str
    arms: tuple[str, ...]
    ratio: tuple[int, ...]
    factors: tuple[Factor, ...]

    def combinations(self) -> list[tuple[tuple[int, ...], float, float]]:
        """Levels of all factors, share of the patients and factor on the hazard, of every stratum."""
        found = []
        for levels in itertools.product(*(range(len(factor.levels)) for factor in self.factors)):
            pairs = list(zip(self.factors, levels, strict=True))
            share = math.prod(factor.shares[level] for factor, level in pairs)
            found.append((levels, share, math.prod(factor.prognosis[level] for factor, level in pairs)))
        return found


def read_allocator(protocol: TrialProtocol, plan: Allocated) -> Allocator:
    """Read the allocator of an analysis off a protocol."""
    ratio = protocol.ratio(plan.cohort)
    arms, shares = tuple(ratio), tuple(ratio.values())
    factors = tuple(_factors(protocol, plan))
    levels = tuple(len(factor.levels) for factor in factors)
    method = protocol.allocation_method(plan.cohort)
    try:
        if method.permuted_blocks is not None:
            sizes = method.permuted_blocks.sizes
            made, words = permuted_blocks(shares, sizes, n_levels=levels), f"permuted blocks of {_listed(sizes)}"
        elif method.minimization is not None and levels:
            m = method.minimization
            made = minimization(shares, levels, measure=m.measure, p=m.probability)
            words = f"minimization by {m.measure}, probability {m.probability:g}"
        elif method.biased_coin is not None:
            p = method.biased_coin.probability
            made, words = biased_coin(shares, p=p, n_levels=levels), f"biased coin, probability {p:g}"
        else:
            raise DesignError("minimization needs stratification factors; declare randomization.strata")
    except ValueError as error:
        raise DesignError(f"the allocation cannot be built: {error}") from error
    return Allocator(plan=made, method=words, arms=arms, ratio=shares, factors=factors)


def _listed(sizes: tuple[int, ...]) -> str:
    return " and ".join(str(size) for size in sizes)


def _factors(protocol: TrialProtocol, plan: Allocated) -> list[Factor]:
    found = []
    for name, stratum in protocol.strata(plan.cohort).items():
        kind = parse_expression(protocol, stratum.expression).type
        levels = kind.levels if kind.kind == "text" and kind.levels else ("true", "false")
        found.append(_factor(plan, name, _label(protocol, name, stratum), tuple(levels)))
    if protocol.randomization.stratify_by_site:
        sites = protocol.registry.sites or USUAL_SITES
        found.append(_factor(plan, SITE, SITE, tuple(str(k + 1) for k in range(sites))))
    return found


def _label(protocol: TrialProtocol, name: str, stratum: Stratum) -> str:
    """Label of a factor; that of its baseline field where it is one as it stands."""
    field = protocol.baseline.get(stratum.expression)
    return stratum.label or (field.label if field is not None and field.label else name.replace("_", " "))


def _factor(plan: Allocated, name: str, label: str, levels: tuple[str, ...]) -> Factor:
    given, hazards = plan.declared.strata.get(name, {}), plan.declared.prognosis.get(name, {})
    strange = sorted({*given, *hazards} - set(levels))
    if strange:
        raise DesignError(
            f"analysis {plan.analysis!r}, factor {name!r}: {', '.join(strange)} is not a level; "
            f"the levels are {', '.join(levels)}"
        )
    shares = [given.get(level, 0.0) for level in levels] if given else [1.0] * len(levels)
    total = math.fsum(shares)
    return Factor(
        name=name,
        label=label,
        levels=levels,
        shares=tuple(share / total for share in shares),
        prognosis=tuple(hazards.get(level, 1.0) for level in levels),
    )


def allocator_behavior(
    plan: Allocated, allocator: Allocator, *, trials: int, sizes: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """Imbalance and guessable share, beside the size of the planned test; None without the number of patients."""
    if plan.patients is None:
        return None
    frequencies = [factor.shares for factor in allocator.factors]
    seed = plan.declared.seed
    own = operating_characteristics(
        allocator.plan, plan.patients, frequencies=frequencies or None, n_trials=trials, seed=seed
    )
    coin = operating_characteristics(complete_randomization(allocator.ratio), plan.patients, n_trials=trials, seed=seed)
    imbalance = {
        factor.name: float(value) for factor, value in zip(allocator.factors, own.factor_imbalance, strict=True)
    }
    return {
        "method": allocator.method,
        "ratio": dict(zip(allocator.arms, allocator.ratio, strict=True)),
        "patients": plan.patients,
        "trials": trials,
        "mean_imbalance": own.mean_imbalance,
        "p95_imbalance": own.p95_imbalance,
        "factor_imbalance": imbalance,
        "factor_labels": {factor.name: factor.label for factor in allocator.factors},
        "guessable": own.guessable,
        "guessable_std_error": own.guessable_std_error,
        "forced": own.forced,
        "complete_randomization": {"mean_imbalance": coin.mean_imbalance, "guessable": coin.guessable},
        "size_of_test": sizes,
    }


def logrank_sizes(plan: Assumptions, allocator: Allocator, trials: int) -> list[dict[str, Any]]:
    """Size of the planned log-rank test under the allocator, with and without a drift in time."""
    if plan.patients is None:
        return []
    level = plan.alpha / plan.sided
    places = {name: k for k, name in enumerate(allocator.arms)}
    first, second = places[plan.experimental], places[plan.control]
    accrual = plan.accrual
    days = accrual.duration * MONTH if accrual is not None else 0.0
    slopes = [_slope(factor) for factor in allocator.factors]
    wide = tuple(len(factor.levels) for factor in allocator.factors)

    def p_value(arms: NDArray[np.int8], levels: NDArray[np.int64], outcome: Any) -> float:
        time, event = outcome
        two = (arms == first) | (arms == second)
        strata = np.ravel_multi_index(tuple(levels.T), wide)[two] if plan.stratified and wide else None
        test = logrank_test(time[two], event[two], np.where(arms[two] == first, 1, 0), strata=strata, reference=0)
        return test.p_one_sided

    found = []
    for name, drift in (("no drift", 0.0), ("hazard doubles from the first to the last patient", DRIFT)):
        outcome = exponential_outcome(
            plan.median_control * MONTH if math.isfinite(plan.median_control) else MONTH * 12,
            log_hazard_ratios=slopes,
            drift=drift,
            accrual=days,
            follow_up=plan.median_control * MONTH,
        )
        size = size_of_test(
            allocator.plan,
            plan.patients,
            p_value,
            outcome,
            alpha=level,
            frequencies=[factor.shares for factor in allocator.factors] or None,
            n_trials=trials,
            seed=plan.declared.seed,
        )
        row = {"scenario": name, "nominal": level, "size": size.size, "std_error": size.std_error, "trials": trials}
        found.append(row)
    return found


def _slope(factor: Factor) -> float:
    """Log hazard ratio of one level up that comes nearest to the prognosis declared."""
    logs = [math.log(value) for value in factor.prognosis]
    steps = len(logs) - 1
    return (logs[-1] - logs[0]) / steps if steps else 0.0
