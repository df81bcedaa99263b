"""Counts: proportions, two-way tables, rates and agreement."""

from equipoise.stats.counts.binomial import Proportion, binomial_ci
from equipoise.stats.counts.chi_square import ChiSquareTest, chi_square_test
from equipoise.stats.counts.clustered_kappa import ClusteredKappa, clustered_kappa
from equipoise.stats.counts.cmh import MantelHaenszelTest, cmh_test
from equipoise.stats.counts.difference import RiskDifference, risk_difference
from equipoise.stats.counts.fisher import FisherExact, fisher_exact
from equipoise.stats.counts.kappa import Kappa, cohen_kappa
from equipoise.stats.counts.rate_comparison import RateDifference, RateRatio, rate_difference, rate_ratio
from equipoise.stats.counts.rates import Rate, rate_ci
from equipoise.stats.counts.ratio import RiskRatio, risk_ratio

__all__ = [
    "ChiSquareTest",
    "ClusteredKappa",
    "FisherExact",
    "Kappa",
    "MantelHaenszelTest",
    "Proportion",
    "Rate",
    "RateDifference",
    "RateRatio",
    "RiskDifference",
    "RiskRatio",
    "binomial_ci",
    "chi_square_test",
    "clustered_kappa",
    "cmh_test",
    "cohen_kappa",
    "fisher_exact",
    "rate_ci",
    "rate_difference",
    "rate_ratio",
    "risk_difference",
    "risk_ratio",
]
