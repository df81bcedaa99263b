"""The running trial as pure functions: command and state give events or a refusal, an event gives the next state."""

from equipoise.conduct.allocation_stage import StageDesign, starts_new_stage
from equipoise.conduct.apply import apply, apply_all, fold, touched
from equipoise.conduct.balance import BalanceReport, CohortBalance
from equipoise.conduct.command import Command, ConductError, Refusal
from equipoise.conduct.decide import check_right, decide, shards
from equipoise.conduct.nouns import COMMANDS
from equipoise.conduct.nouns.baseline import eligibility
from equipoise.conduct.nouns.consent import reconsent_due
from equipoise.conduct.rights import ACTIONS, Action, Stage, actions_of
from equipoise.conduct.roles import BLINDED, REACH, Reach, Role
from equipoise.conduct.rulebook import CriterionCheck, Rulebook, Rulebooks
from equipoise.conduct.state import Counters, Record, Site, State, Study, Subject
from equipoise.conduct.vault import (
    CROSS_OVER,
    Grant,
    GrantKind,
    ReplayReport,
    Slot,
    Vault,
    VaultError,
    VaultErrorCode,
)

__all__ = [
    "ACTIONS",
    "BLINDED",
    "COMMANDS",
    "CROSS_OVER",
    "REACH",
    "Action",
    "BalanceReport",
    "CohortBalance",
    "Command",
    "ConductError",
    "Counters",
    "CriterionCheck",
    "Grant",
    "GrantKind",
    "Reach",
    "Record",
    "Refusal",
    "ReplayReport",
    "Role",
    "Rulebook",
    "Rulebooks",
    "Site",
    "Slot",
    "Stage",
    "StageDesign",
    "State",
    "Study",
    "Subject",
    "Vault",
    "VaultError",
    "VaultErrorCode",
    "actions_of",
    "apply",
    "apply_all",
    "check_right",
    "decide",
    "eligibility",
    "fold",
    "reconsent_due",
    "shards",
    "starts_new_stage",
    "touched",
]
