"""Group sequential designs: bounds, monitoring, inference after a stop, conditional power."""

from equipoise.stats.sequential.conditional import ConditionalPower, conditional_power, predictive_power
from equipoise.stats.sequential.group_sequential import CrossingProbabilities, GroupSequential, group_sequential
from equipoise.stats.sequential.inference import (
    FinalInference,
    RepeatedInference,
    final_inference,
    repeated_inference,
)
from equipoise.stats.sequential.monitoring import MonitoringBounds, monitoring_bounds

__all__ = [
    "ConditionalPower",
    "CrossingProbabilities",
    "FinalInference",
    "GroupSequential",
    "MonitoringBounds",
    "RepeatedInference",
    "conditional_power",
    "final_inference",
    "group_sequential",
    "monitoring_bounds",
    "predictive_power",
    "repeated_inference",
]
