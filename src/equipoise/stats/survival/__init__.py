"""Time to event: curves, tests and models."""

from equipoise.stats.survival.baseline import BaselineHazard, PredictedCurves
from equipoise.stats.survival.competing import CumulativeIncidence, aalen_johansen
from equipoise.stats.survival.concordance import Concordance, concordance
from equipoise.stats.survival.cox import ChiSquare, CoxModel, cox_ph
from equipoise.stats.survival.cox_residuals import CoxResiduals
from equipoise.stats.survival.fine_gray import FineGrayModel, fine_gray
from equipoise.stats.survival.gray import GrayTest, gray_test
from equipoise.stats.survival.kaplan_meier import SurvivalAt, SurvivalCurve, SurvivalQuantile, kaplan_meier
from equipoise.stats.survival.logrank import LogRankTest, logrank_test
from equipoise.stats.survival.max_combo import MaxComboTest, max_combo
from equipoise.stats.survival.milestone import MilestoneDifference, milestone_difference
from equipoise.stats.survival.modest_weights import ModestlyWeightedTest, modestly_weighted_test
from equipoise.stats.survival.nelson_aalen import CumulativeHazard, nelson_aalen
from equipoise.stats.survival.parallel import threads
from equipoise.stats.survival.parametric import LogTimeModel, aft_interval_regression, aft_regression
from equipoise.stats.survival.piecewise import PiecewiseModel, piecewise_exponential
from equipoise.stats.survival.proportional_hazards import ProportionalHazardsTest
from equipoise.stats.survival.rmst import RestrictedMean, RestrictedMeanDifference, rmst, rmst_difference
from equipoise.stats.survival.subgroups import SubgroupForest, subgroup_hazard_ratios
from equipoise.stats.survival.trend import TrendTest, logrank_trend_test
from equipoise.stats.survival.turnbull import TurnbullCurve, TurnbullQuantile, turnbull
from equipoise.stats.survival.win_ratio import WinRatio, win_ratio

__all__ = [
    "BaselineHazard",
    "ChiSquare",
    "Concordance",
    "CoxModel",
    "CoxResiduals",
    "CumulativeHazard",
    "CumulativeIncidence",
    "FineGrayModel",
    "GrayTest",
    "LogRankTest",
    "LogTimeModel",
    "MaxComboTest",
    "MilestoneDifference",
    "ModestlyWeightedTest",
    "PiecewiseModel",
    "PredictedCurves",
    "ProportionalHazardsTest",
    "RestrictedMean",
    "RestrictedMeanDifference",
    "SubgroupForest",
    "SurvivalAt",
    "SurvivalCurve",
    "SurvivalQuantile",
    "TrendTest",
    "TurnbullCurve",
    "TurnbullQuantile",
    "WinRatio",
    "aalen_johansen",
    "aft_interval_regression",
    "aft_regression",
    "concordance",
    "cox_ph",
    "fine_gray",
    "gray_test",
    "kaplan_meier",
    "logrank_test",
    "logrank_trend_test",
    "max_combo",
    "milestone_difference",
    "modestly_weighted_test",
    "nelson_aalen",
    "piecewise_exponential",
    "rmst",
    "rmst_difference",
    "subgroup_hazard_ratios",
    "threads",
    "turnbull",
    "win_ratio",
]
