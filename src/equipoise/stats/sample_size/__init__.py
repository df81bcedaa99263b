"""How large a trial has to be: survival, proportions, means, single arms."""

from equipoise.stats.sample_size.events import logrank_events, logrank_power
from equipoise.stats.sample_size.hazards import Accrual, PiecewiseHazard
from equipoise.stats.sample_size.logrank import LogRankSize, sample_size_logrank
from equipoise.stats.sample_size.means import sample_size_means
from equipoise.stats.sample_size.one_sample import OneSampleSize, sample_size_one_sample_logrank
from equipoise.stats.sample_size.proportions import (
    TwoArmSize,
    fisher_power,
    sample_size_fisher,
    sample_size_proportions,
)
from equipoise.stats.sample_size.single_arm import (
    SingleArmSize,
    TwoStageDesign,
    TwoStageInference,
    sample_size_single_arm,
    simon_two_stage,
    two_stage_inference,
)
from equipoise.stats.sample_size.survival_plan import Stratum, SurvivalPlan

__all__ = [
    "Accrual",
    "LogRankSize",
    "OneSampleSize",
    "PiecewiseHazard",
    "SingleArmSize",
    "Stratum",
    "SurvivalPlan",
    "TwoArmSize",
    "TwoStageDesign",
    "TwoStageInference",
    "fisher_power",
    "logrank_events",
    "logrank_power",
    "sample_size_fisher",
    "sample_size_logrank",
    "sample_size_means",
    "sample_size_one_sample_logrank",
    "sample_size_proportions",
    "sample_size_single_arm",
    "simon_two_stage",
    "two_stage_inference",
]
