"""Operating characteristics of the real pipeline: thousands of rehearsed trials, each read, derived and tested."""

from equipoise.rehearsal.characteristics.run import Rehearsed, rehearse_trials
from equipoise.rehearsal.characteristics.scenarios import SCENARIOS, scenario
from equipoise.rehearsal.characteristics.summary import summarize

__all__ = ["SCENARIOS", "Rehearsed", "rehearse_trials", "scenario", "summarize"]
