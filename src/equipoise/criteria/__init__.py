"""Published rules as pure code: tumor response, best overall response and censoring rule sets."""

from equipoise.criteria.best_response import (
    BestResponse,
    ResponseRules,
    TimePoint,
    best_overall_response,
    clinical_benefit,
    first_response,
    until_progression,
)
from equipoise.criteria.censoring import (
    NEVER,
    Cause,
    CensorOptions,
    Histories,
    Outcomes,
    Reading,
    censor,
    progression_interval,
)
from equipoise.criteria.charter import Charter
from equipoise.criteria.errors import CriteriaError
from equipoise.criteria.recist import (
    TumorResponses,
    compare_responses,
    overall_responses,
    recist_responses,
)
from equipoise.criteria.recist_patient import Measurement, PatientResponse, VisitResponse, patient_response
from equipoise.criteria.rule_sets import REASON_WORDS, RULES, CensorReason, Rules
from equipoise.criteria.schedule import Schedule

__all__ = [
    "NEVER",
    "REASON_WORDS",
    "RULES",
    "BestResponse",
    "Cause",
    "CensorOptions",
    "CensorReason",
    "Charter",
    "CriteriaError",
    "Histories",
    "Measurement",
    "Outcomes",
    "PatientResponse",
    "Reading",
    "ResponseRules",
    "Rules",
    "Schedule",
    "TimePoint",
    "TumorResponses",
    "VisitResponse",
    "best_overall_response",
    "censor",
    "clinical_benefit",
    "compare_responses",
    "first_response",
    "overall_responses",
    "patient_response",
    "progression_interval",
    "recist_responses",
    "until_progression",
]
