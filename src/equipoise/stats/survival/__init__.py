"""Time to event: curves, tests and models."""

from equipoise.stats.survival.cox import ChiSquare, CoxModel, cox_ph
from equipoise.stats.survival.kaplan_meier import SurvivalAt, SurvivalCurve, SurvivalQuantile, kaplan_meier
from equipoise.stats.survival.logrank import LogRankTest, logrank_test

__all__ = [
    "ChiSquare",
    "CoxModel",
    "LogRankTest",
    "SurvivalAt",
    "SurvivalCurve",
    "SurvivalQuantile",
    "cox_ph",
    "kaplan_meier",
    "logrank_test",
]
