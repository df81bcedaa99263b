"""The running trial as pure functions: command and state give events or a refusal, an event gives the next state."""

from equipoise.conduct.apply import apply, apply_all, fold, touched
from equipoise.conduct.command import Command, ConductError, Refusal
from equipoise.conduct.decide import check_right, decide, shards
from equipoise.conduct.nouns import COMMANDS
from equipoise.conduct.nouns.baseline import eligibility
from equipoise.conduct.nouns.consent import reconsent_due
from equipoise.conduct.rights import ACTIONS, Action, Stage, actions_of
from equipoise.conduct.roles import BLINDED, REACH, Reach, Role
from equipoise.conduct.rulebook import CriterionCheck, Rulebook, Rulebooks
from equipoise.conduct.state import Counters, Record, Site, State, Study, Subject

__all__ = [
    "ACTIONS",
    "BLINDED",
    "COMMANDS",
    "REACH",
    "Action",
    "Command",
    "ConductError",
    "Counters",
    "CriterionCheck",
    "Reach",
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
    "apply",
    "apply_all",
    "check_right",
    "decide",
    "eligibility",
    "fold",
    "reconsent_due",
    "shards",
    "touched",
]
