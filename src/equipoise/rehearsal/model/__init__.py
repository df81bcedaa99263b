"""The model of synthetic patients, read from a file beside the protocol."""

from equipoise.rehearsal.model.loading import load_model, parse_model
from equipoise.rehearsal.model.patient_model import PatientModel

__all__ = ["PatientModel", "load_model", "parse_model"]
