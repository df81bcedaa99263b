"""Mixed models for repeated measures."""

from equipoise.stats.mixed.estimates import FTest, LinearEstimates
from equipoise.stats.mixed.fit import Attempt
from equipoise.stats.mixed.formula import mmrm
from equipoise.stats.mixed.formula_model import FormulaModel
from equipoise.stats.mixed.mmrm_arrays import mmrm_arrays
from equipoise.stats.mixed.model import CovarianceParameters, MixedModel

__all__ = [
    "Attempt",
    "CovarianceParameters",
    "FTest",
    "FormulaModel",
    "LinearEstimates",
    "MixedModel",
    "mmrm",
    "mmrm_arrays",
]
