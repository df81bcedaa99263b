"""The whole model of synthetic patients."""

from typing import Annotated

from pydantic import Field

from equipoise.rehearsal.model.accrual import Accrual
from equipoise.rehearsal.model.allocation import AllocationModel
from equipoise.rehearsal.model.baseline import BaselineDistribution
from equipoise.rehearsal.model.calibration import Calibration
from equipoise.rehearsal.model.course import CrossoverCourse, Deaths, Dropout, FollowUp, Therapies, Treatment
from equipoise.rehearsal.model.incidents import IncidentModel
from equipoise.rehearsal.model.laboratory import LaboratoryModel
from equipoise.rehearsal.model.part import Part
from equipoise.rehearsal.model.questionnaires import QuestionnaireModel
from equipoise.rehearsal.model.readers import Readers
from equipoise.rehearsal.model.safety import SafetyModel
from equipoise.rehearsal.model.tumors import Tumors
from equipoise.rehearsal.model.visits import VisitTiming

__all__ = ["PatientModel"]


class PatientModel(Part):
    """A model of synthetic patients, declared beside a protocol."""

    seed: Annotated[int, Field(ge=0, lt=2**63)]
    """Seed of everything but allocation."""
    allocation: AllocationModel
    accrual: Accrual
    baseline: dict[str, BaselineDistribution]
    """Field of the protocol -> how it varies; fields that depend on others come after them."""
    tumors: Tumors
    readers: Readers
    visits: VisitTiming
    treatment: Treatment
    dropout: Dropout
    deaths: Deaths
    crossover: CrossoverCourse | None = None
    therapies: Therapies
    follow_up: FollowUp
    safety: SafetyModel | None = None
    laboratory: LaboratoryModel | None = None
    questionnaires: QuestionnaireModel | None = None
    incidents: IncidentModel | None = None
    calibration: Calibration | None = None
    """Figures that a search for candidates aims at; the generator does not look at them."""
