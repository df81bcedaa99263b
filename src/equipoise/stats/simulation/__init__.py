"""Simulated trials with times to event: the live allocators, looks, delay of readings, crossover."""

from equipoise.stats.simulation.comparison import ComparedPower, average_hazard_ratios, compare_tests
from equipoise.stats.simulation.given_times import trial_from_times
from equipoise.stats.simulation.model import Crossover, Look, ReadingDelay, SimulatedStratum, TrialPlan
from equipoise.stats.simulation.simulate import (
    SimulatedTrial,
    SimulatedTrials,
    StopSummary,
    replay_trial,
    simulate_trials,
)

__all__ = [
    "ComparedPower",
    "Crossover",
    "Look",
    "ReadingDelay",
    "SimulatedStratum",
    "SimulatedTrial",
    "SimulatedTrials",
    "StopSummary",
    "TrialPlan",
    "average_hazard_ratios",
    "compare_tests",
    "replay_trial",
    "simulate_trials",
    "trial_from_times",
]
