"""Score limits of a difference of proportions (Miettinen, Nurminen 1985).

For a difference delta = p1 - p2 the log-likelihood x1 log p1 + (n1 - x1) log(1 - p1) + x2 log p2 + (n2 - x2) log(1 -
p2) is concave in p2 on [max(0, -delta), min(1, 1 - delta)]. Its maximum is where the slope changes sign, or an end of
that range. The closed form by a cubic equation loses half of the digits near double roots, so the slope, cleared of
fractions, is solved instead: this holds for 0 of n and n of n too.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from equipoise.stats.roots import bracketed_root

__all__ = ["TwoProportions", "constrained_proportions", "score_limits"]

NEXT_TO = 2.0**-40
"""Distance from the observed difference at which the search begins: for 0 v 0 the score at the difference is 0/0."""


@dataclass(frozen=True, slots=True)
class TwoProportions:
    """Events and subjects of two groups, each with at least one subject."""

    x1: int
    n1: int
    x2: int
    n2: int

    @property
    def difference(self) -> float:
        """Observed p1 - p2."""
        return self.x1 / self.n1 - self.x2 / self.n2

    @property
    def weight(self) -> float:
        """Weight of the pair as a stratum (Cochran, Mantel and Haenszel): n1 n2 / (n1 + n2)."""
        return self.n1 * self.n2 / (self.n1 + self.n2)


def constrained_proportions(pair: TwoProportions, delta: float) -> tuple[float, float]:
    """Return the maximum likelihood p1 and p2 subject to p1 - p2 = delta."""
    if delta == 0.0:
        pooled = (pair.x1 + pair.x2) / (pair.n1 + pair.n2)
        return pooled, pooled
    low, high = max(0.0, -delta), min(1.0, 1.0 - delta)
    if low >= high:
        return (1.0, 0.0) if delta > 0.0 else (0.0, 1.0)
    counts = (pair.x1, pair.x2, -(pair.n1 - pair.x1), -(pair.n2 - pair.x2))

    def slope(p2: float) -> float:
        p1 = p2 + delta
        factors = [(c, f) for c, f in zip(counts, (p1, p2, 1.0 - p1, 1.0 - p2), strict=True) if c]
        return math.fsum(
            c * math.prod(f for j, (_, f) in enumerate(factors) if j != i) for i, (c, _) in enumerate(factors)
        )

    if slope(low) <= 0.0:
        p2 = low
    elif slope(high) >= 0.0:
        p2 = high
    else:
        p2 = bracketed_root(slope, low, high)
    return min(1.0, max(0.0, p2 + delta)), p2


def score_limits(strata: Sequence[TwoProportions], z: float) -> tuple[float, float]:
    """Return the differences that the score test at normal quantile z just does not reject."""
    low = _limit(strata, z)
    high = -_limit([TwoProportions(s.x2, s.n2, s.x1, s.n1) for s in strata], z)
    return low, high


def _limit(strata: Sequence[TwoProportions], z: float) -> float:
    """Return the root of (d - delta) - z sqrt(variance under delta) below the observed difference d."""
    weights = [s.weight for s in strata]
    total = math.fsum(weights)
    observed = math.fsum(w / total * s.difference for w, s in zip(weights, strata, strict=True))

    def distance(delta: float) -> float:
        variance = math.fsum((w / total) ** 2 * _variance(s, delta) for w, s in zip(weights, strata, strict=True))
        return observed - delta - z * math.sqrt(variance)

    start = observed - NEXT_TO
    if start <= -1.0:
        return -1.0
    return bracketed_root(distance, -1.0, start) if distance(start) < 0.0 else observed


def _variance(pair: TwoProportions, delta: float) -> float:
    p1, p2 = constrained_proportions(pair, delta)
    n = pair.n1 + pair.n2
    return (p1 * (1.0 - p1) / pair.n1 + p2 * (1.0 - p2) / pair.n2) * n / (n - 1)
