"""Published rules as pure code: censoring rule sets and best overall response."""

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
    "Histories",
    "Outcomes",
    "Reading",
    "ResponseRules",
    "Rules",
    "Schedule",
    "TimePoint",
    "best_overall_response",
    "censor",
    "clinical_benefit",
    "first_response",
    "progression_interval",
    "until_progression",
]
