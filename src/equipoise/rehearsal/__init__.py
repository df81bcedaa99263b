"""Synthetic patients who go through the whole trial."""

from equipoise.rehearsal.errors import RehearsalError
from equipoise.rehearsal.facts import PARTS, Facts, generate
from equipoise.rehearsal.model import PatientModel, load_model
from equipoise.rehearsal.streams import STREAMS, default_draws

__all__ = ["PARTS", "STREAMS", "Facts", "PatientModel", "RehearsalError", "default_draws", "generate", "load_model"]
