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
from equipoise.stats.survival import (
    LogRankTest,
    SurvivalAt,
    SurvivalCurve,
    SurvivalQuantile,
    kaplan_meier,
    logrank_test,
)

__all__ = [
    "ChiSquareTest",
    "FisherExact",
    "InputProblem",
    "LogRankTest",
    "Proportion",
    "Result",
    "RiskDifference",
    "StatsError",
    "SurvivalAt",
    "SurvivalCurve",
    "SurvivalQuantile",
    "binomial_ci",
    "chi_square_test",
    "fisher_exact",
    "kaplan_meier",
    "logrank_test",
    "risk_difference",
]
