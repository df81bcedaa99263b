"""Published rules as pure code: tumor response, best overall response, censoring rule sets, questionnaires."""

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
from equipoise.criteria.instruments import INSTRUMENTS, Instrument, Item, Scale, single_items
from equipoise.criteria.questionnaire_scores import QuestionnaireScores, score_questionnaires
from equipoise.criteria.recist import (
    TumorResponses,
    compare_responses,
    overall_responses,
    recist_responses,
)
from equipoise.criteria.recist_patient import Measurement, PatientResponse, VisitResponse, patient_response
from equipoise.criteria.rule_sets import REASON_WORDS, RULES, CensorReason, Rules
from equipoise.criteria.schedule import Schedule
from equipoise.criteria.score_thresholds import Threshold

__all__ = [
    "INSTRUMENTS",
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
    "Instrument",
    "Item",
    "Measurement",
    "Outcomes",
    "PatientResponse",
    "QuestionnaireScores",
    "Reading",
    "ResponseRules",
    "Rules",
    "Scale",
    "Schedule",
    "Threshold",
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
    "score_questionnaires",
    "single_items",
    "until_progression",
]
