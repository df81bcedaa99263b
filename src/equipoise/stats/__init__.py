"""Statistics of a randomized trial: arrays in, frozen results out."""

from equipoise.stats.errors import InputProblem, StatsError
from equipoise.stats.result import Result

__all__ = [
    "InputProblem",
    "Result",
    "StatsError",
]
