"""Statistics of a randomized trial: arrays in, frozen results out."""

from equipoise.stats.counts import (
    ChiSquareTest,
    FisherExact,
    Proportion,
    RiskDifference,
    binomial_ci,
    chi_square_test,
    fisher_exact,
    risk_difference,
)
from equipoise.stats.errors import InputProblem, StatsError
from equipoise.stats.result import Result

__all__ = [
    "ChiSquareTest",
    "FisherExact",
    "InputProblem",
    "Proportion",
    "Result",
    "RiskDifference",
    "StatsError",
    "binomial_ci",
    "chi_square_test",
    "fisher_exact",
    "risk_difference",
]
