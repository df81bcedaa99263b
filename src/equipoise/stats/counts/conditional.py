"""Distribution of the first cell of 2 x 2 tables with fixed margins, for any common odds ratio.

The probability of a total s is proportional to w(s) exp(beta s), where w is the (convolved) hypergeometric weight and
beta the log odds ratio. Weights are kept as logarithms relative to the mode, built outward from it by ratios of
neighbors, so that no log-gamma of a large number is subtracted from another and tails keep their digits.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from equipoise.stats.roots import bracketed_root, widen_bracket

__all__ = ["ConditionalTable", "conditional_table", "conditional_tables"]

SAME = 1.0 + 1e-7
"""Two tables count as equally probable within this factor (the rule of R's fisher.test)."""


@dataclass(frozen=True, slots=True)
class ConditionalTable:
    """Totals `support` from its least to its greatest value, and their log weights at odds ratio 1."""

    support: np.ndarray
    log_weights: np.ndarray

    @classmethod
    def from_ratios(cls, first: int, log_ratio: np.ndarray) -> "ConditionalTable":
        """Build from the falling log ratios of each probability to the one before it, outward from the mode."""
        mode = int(np.searchsorted(-log_ratio, 0.0))
        weights = np.zeros(log_ratio.size + 1)
        weights[mode + 1 :] = np.cumsum(log_ratio[mode:])
        weights[:mode] = -np.cumsum(log_ratio[:mode][::-1])[::-1]
        return cls(np.arange(first, first + weights.size, dtype=np.float64), weights)

    def log_probabilities(self, log_odds: float = 0.0) -> np.ndarray:
        """Return the log probability of each total at the given log odds ratio."""
        tilted = self.log_weights + log_odds * (self.support - self.support[0])
        return np.asarray(tilted - _log_sum(tilted))

    def tails(self, x: int, log_odds: float = 0.0) -> tuple[float, float, float]:
        """Return P(X <= x), P(X >= x) and P(X = x)."""
        probability = np.exp(self.log_probabilities(log_odds))
        at = x - int(self.support[0])
        return (
            min(1.0, float(probability[: at + 1].sum())),
            min(1.0, float(probability[at:].sum())),
            float(probability[at]),
        )

    def two_sided(self, x: int) -> float:
        """Return the probability of all totals no more probable than x at odds ratio 1."""
        log_p = self.log_probabilities()
        at = x - int(self.support[0])
        return min(1.0, float(np.exp(log_p[log_p <= log_p[at] + math.log(SAME)]).sum()))

    def odds_ratio(self, x: int) -> float:
        """Return the conditional maximum likelihood estimate; 0 or infinity at the ends, nan if one total only."""
        first, last = int(self.support[0]), int(self.support[-1])
        if first == last:
            return math.nan
        if x in (first, last):
            return 0.0 if x == first else math.inf

        def excess(log_odds: float) -> float:
            return float((np.exp(self.log_probabilities(log_odds)) * (self.support - x)).sum())

        return math.exp(_root(excess))

    def lower_limit(self, x: int, tail: float, *, mid: bool = False) -> float:
        """Return the odds ratio at which P(X >= x), or its mid-P form, equals `tail`."""
        if x == int(self.support[0]):
            return 0.0
        return math.exp(_root(lambda log_odds: self._log_upper(x, log_odds, mid) - math.log(tail)))

    def upper_limit(self, x: int, tail: float, *, mid: bool = False) -> float:
        """Return the odds ratio at which P(X <= x), or its mid-P form, equals `tail`."""
        return self._reflected().lower_limit(-x, tail, mid=mid) ** -1.0 if x != int(self.support[-1]) else math.inf

    def _reflected(self) -> "ConditionalTable":
        return ConditionalTable(-self.support[::-1], self.log_weights[::-1])

    def _log_upper(self, x: int, log_odds: float, mid: bool) -> float:
        log_p = self.log_probabilities(log_odds)
        upper = log_p[x - int(self.support[0]) :].copy()
        if mid:
            upper[0] -= math.log(2.0)
        return _log_sum(upper)


def conditional_table(a: int, b: int, c: int, d: int) -> ConditionalTable:
    """Return the distribution of the first cell of [[a, b], [c, d]] given the margins."""
    n1, n2, m = a + b, c + d, a + c
    low, high = max(0, m - n2), min(n1, m)
    k = np.arange(low, high, dtype=np.float64)
    log_ratio = np.log((n1 - k) * (m - k)) - np.log((k + 1.0) * (n2 - m + k + 1.0))
    return ConditionalTable.from_ratios(low, log_ratio)


def conditional_tables(tables: Iterable[tuple[int, int, int, int]], log_odds: float) -> ConditionalTable:
    """Return the distribution of the sum of the first cells.

    The weights are tilted to `log_odds` while they are convolved, so that those near the observed total do not
    underflow.
    """
    first, weights = 0, np.ones(1)
    for table in tables:
        one = conditional_table(*table)
        probability = np.exp(one.log_probabilities(log_odds))
        weights = np.convolve(weights, probability)
        first += int(one.support[0])
    support = np.arange(first, first + weights.size, dtype=np.float64)
    with np.errstate(divide="ignore"):
        log_weights = np.log(weights) - log_odds * (support - first)
    return ConditionalTable(support, log_weights)


def _root(function: Callable[[float], float]) -> float:
    return bracketed_root(function, *widen_bracket(function, 0.0))


def _log_sum(values: np.ndarray) -> float:
    top = float(values.max())
    return top + math.log(float(np.exp(values - top).sum()))
