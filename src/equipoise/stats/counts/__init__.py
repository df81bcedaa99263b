"""Counts: proportions, two-way tables, rates and agreement."""

from equipoise.stats.counts.binomial import Proportion, binomial_ci
from equipoise.stats.counts.chi_square import ChiSquareTest, chi_square_test
from equipoise.stats.counts.difference import RiskDifference, risk_difference
from equipoise.stats.counts.fisher import FisherExact, fisher_exact

__all__ = [
    "ChiSquareTest",
    "FisherExact",
    "Proportion",
    "RiskDifference",
    "binomial_ci",
    "chi_square_test",
    "fisher_exact",
    "risk_difference",
]
