"""The running trial as pure functions: command and state give events or a refusal, an event gives the next state."""

from equipoise.conduct.apply import Folding, apply, apply_all, fold, touched
from equipoise.conduct.command import Command, ConductError, Refusal
from equipoise.conduct.context import is_time_zone
from equipoise.conduct.decide import check_right, decide, shards
from equipoise.conduct.due import Due, due
from equipoise.conduct.field import Field, FieldProblem, check_payload
from equipoise.conduct.nouns import COMMANDS
from equipoise.conduct.nouns.baseline import eligibility
from equipoise.conduct.nouns.blinding import Break, breaks, may_know_treatment
from equipoise.conduct.nouns.central_review import central_answer
from equipoise.conduct.nouns.consent import form_in_force, reconsent_due
from equipoise.conduct.nouns.diaries import (
    FormDue,
    diary_closed,
    diary_targets,
    diary_window,
    forms_due,
    item_ranges,
)
from equipoise.conduct.nouns.queries import open_queries, signature_holds, unblinded_at, visible
from equipoise.conduct.nouns.records import CORRECTABLE, find_record, record_hash
from equipoise.conduct.nouns.tumors import tumor_response
from equipoise.conduct.nouns.visits import target_date, window_of
from equipoise.conduct.possible import obstacle
from equipoise.conduct.reading_queue import AdjudicationDue, ReadDue, adjudication_queue, reading_queue, unchecked_scans
from equipoise.conduct.rights import ACTIONS, Action, Stage, actions_of
from equipoise.conduct.roles import BLINDED, REACH, SITE_ROLES, Reach, Role
from equipoise.conduct.rulebook import CriterionCheck, Rulebook, Rulebooks
from equipoise.conduct.state import Counters, Person, Record, Site, State, Study, Subject

__all__ = [
    "ACTIONS",
    "BLINDED",
    "COMMANDS",
    "CORRECTABLE",
    "REACH",
    "SITE_ROLES",
    "Action",
    "AdjudicationDue",
    "Break",
    "Command",
    "ConductError",
    "Counters",
    "CriterionCheck",
    "Due",
    "Field",
    "FieldProblem",
    "Folding",
    "FormDue",
    "Person",
    "Reach",
    "ReadDue",
    "Record",
    "Refusal",
    "Role",
    "Rulebook",
    "Rulebooks",
    "Site",
    "Stage",
    "State",
    "Study",
    "Subject",
    "actions_of",
    "adjudication_queue",
    "apply",
    "apply_all",
    "breaks",
    "central_answer",
    "check_payload",
    "check_right",
    "decide",
    "diary_closed",
    "diary_targets",
    "diary_window",
    "due",
    "eligibility",
    "find_record",
    "fold",
    "form_in_force",
    "forms_due",
    "is_time_zone",
    "item_ranges",
    "may_know_treatment",
    "obstacle",
    "open_queries",
    "reading_queue",
    "reconsent_due",
    "record_hash",
    "shards",
    "signature_holds",
    "target_date",
    "touched",
    "tumor_response",
    "unblinded_at",
    "unchecked_scans",
    "visible",
    "window_of",
]
