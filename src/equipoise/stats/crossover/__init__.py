"""Survival had nobody switched treatment: structural models, censoring weights, two-stage estimation."""

from equipoise.stats.crossover.ipcw import IpcwCox, ipcw_cox
from equipoise.stats.crossover.rpsftm import Rpsftm, rpsftm
from equipoise.stats.crossover.step_roots import Jump
from equipoise.stats.crossover.two_stage import SwitchEffect, TwoStage, two_stage
from equipoise.stats.crossover.two_stage_g import TwoStageG, two_stage_g

__all__ = [
    "IpcwCox",
    "Jump",
    "Rpsftm",
    "SwitchEffect",
    "TwoStage",
    "TwoStageG",
    "ipcw_cox",
    "rpsftm",
    "two_stage",
    "two_stage_g",
]
