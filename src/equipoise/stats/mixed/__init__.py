"""Mixed models for repeated measures."""

from equipoise.stats.mixed.estimates import FTest, LinearEstimates
from equipoise.stats.mixed.fit import Attempt
from equipoise.stats.mixed.formula import mmrm
from equipoise.stats.mixed.formula_model import FormulaModel
from equipoise.stats.mixed.imputation import Imputations, impute_visits
from equipoise.stats.mixed.mmrm_arrays import mmrm_arrays
from equipoise.stats.mixed.model import CovarianceParameters, MixedModel
from equipoise.stats.mixed.pooling import PooledEstimate, rubin
from equipoise.stats.mixed.tipping_point import TippingPoint, compare_at_visit, tipping_point

__all__ = [
    "Attempt",
    "CovarianceParameters",
    "FTest",
    "FormulaModel",
    "Imputations",
    "LinearEstimates",
    "MixedModel",
    "PooledEstimate",
    "TippingPoint",
    "compare_at_visit",
    "impute_visits",
    "mmrm",
    "mmrm_arrays",
    "rubin",
    "tipping_point",
]
