"""The protocol file: what a trial declares, as frozen models, loaded with every problem at once."""

from equipoise.protocol.analyses import (
    Analysis,
    Conventions,
    Cox,
    DataCut,
    DataMap,
    DateSource,
    Effect,
    HypothesisTest,
    Interim,
    LogRank,
    Safety,
)
from equipoise.protocol.baseline import BaselineField, Criterion, Population, Subgroup
from equipoise.protocol.conduct import (
    AssessmentSchedule,
    BiasedCoin,
    CentralReview,
    Crossover,
    EveryWeeks,
    Instrument,
    Method,
    Minimization,
    PermutedBlocks,
    Randomization,
    ReadingSource,
    Review,
    Stratum,
    Visit,
    Visits,
)
from equipoise.protocol.crossover_adjustment import CrossoverAdjustment, TimeVarying
from equipoise.protocol.cuts import data_cut
from equipoise.protocol.diff import Change, compare_protocols
from equipoise.protocol.endpoints import Endpoint, MissedVisits, NewTherapy, TherapySource
from equipoise.protocol.fields import BUILT_IN_FIELDS, field_types, parse_expression
from equipoise.protocol.item import Item, SdtmHome, Where
from equipoise.protocol.loading import load_protocol, parse_protocol
from equipoise.protocol.model import Protocol
from equipoise.protocol.naming import adsl_variables, population_flag, population_reason
from equipoise.protocol.planning import (
    AccrualPhase,
    ControlPhase,
    DesignAssumptions,
    EffectPhase,
    PlannedAccrual,
    PlannedCrossover,
    ReadingTime,
)
from equipoise.protocol.problems import Problem, ProtocolError
from equipoise.protocol.questionnaire_visits import PlannedForm, planned_forms
from equipoise.protocol.questionnaires import (
    CATALOG,
    AnswerSource,
    Deterioration,
    ItemRange,
    ScaleDefinition,
    ScaleThreshold,
    Window,
)
from equipoise.protocol.repeated_measures import RepeatedMeasures
from equipoise.protocol.summary import summarize
from equipoise.protocol.trial import Amendment, Arm, Cohort, Registry, Trial, Version
from equipoise.protocol.walk import assumed_items

__all__ = [
    "BUILT_IN_FIELDS",
    "CATALOG",
    "AccrualPhase",
    "Amendment",
    "Analysis",
    "AnswerSource",
    "Arm",
    "AssessmentSchedule",
    "BaselineField",
    "BiasedCoin",
    "CentralReview",
    "Change",
    "Cohort",
    "ControlPhase",
    "Conventions",
    "Cox",
    "Criterion",
    "Crossover",
    "CrossoverAdjustment",
    "DataCut",
    "DataMap",
    "DateSource",
    "DesignAssumptions",
    "Deterioration",
    "Effect",
    "EffectPhase",
    "Endpoint",
    "EveryWeeks",
    "HypothesisTest",
    "Instrument",
    "Interim",
    "Item",
    "ItemRange",
    "LogRank",
    "Method",
    "Minimization",
    "MissedVisits",
    "NewTherapy",
    "PermutedBlocks",
    "PlannedAccrual",
    "PlannedCrossover",
    "PlannedForm",
    "Population",
    "Problem",
    "Protocol",
    "ProtocolError",
    "Randomization",
    "ReadingSource",
    "ReadingTime",
    "Registry",
    "RepeatedMeasures",
    "Review",
    "Safety",
    "ScaleDefinition",
    "ScaleThreshold",
    "SdtmHome",
    "Stratum",
    "Subgroup",
    "TherapySource",
    "TimeVarying",
    "Trial",
    "Version",
    "Visit",
    "Visits",
    "Where",
    "Window",
    "adsl_variables",
    "assumed_items",
    "compare_protocols",
    "data_cut",
    "field_types",
    "load_protocol",
    "parse_expression",
    "parse_protocol",
    "planned_forms",
    "population_flag",
    "population_reason",
    "summarize",
]
