"""The nouns of a trial, a file each: the commands about it with their rules, and what its events change.

``COMMANDS`` holds every command, ``APPLIES`` what events change beyond their own record.
"""

from collections.abc import Callable
from typing import Any

from equipoise.conduct.context import CommandSpec
from equipoise.conduct.nouns import (
    adverse_events,
    baseline,
    blinding,
    central_review,
    consent,
    diaries,
    dispensing,
    dosing,
    follow_up,
    interim_looks,
    kits,
    people,
    protocol,
    queries,
    randomization,
    records,
    screening,
    sites,
    tumors,
    visits,
    withdrawal,
)

__all__ = ["APPLIES", "COMMANDS", "NOUNS"]

NOUNS: dict[str, Any] = {
    "Protocol and trial": protocol,
    "People": people,
    "Sites": sites,
    "Stock": kits,
    "Screening": screening,
    "Consent": consent,
    "Baseline": baseline,
    "Randomization": randomization,
    "Dispensing": dispensing,
    "Treatment": dosing,
    "Visits and tests": visits,
    "Questionnaires": diaries,
    "Tumors": tumors,
    "Central review": central_review,
    "The blind and crossover": blinding,
    "Adverse events": adverse_events,
    "Follow-up": follow_up,
    "Withdrawal": withdrawal,
    "Corrections": records,
    "Queries, signatures, locks": queries,
    "Interim looks": interim_looks,
}
"""Title -> module of a noun, in the order of a trial."""

COMMANDS: dict[str, CommandSpec] = {spec.name: spec for noun in NOUNS.values() for spec in noun.COMMANDS}
"""Command -> what it asks for and its rule."""

APPLIES: dict[str, dict[str, Callable[[Any, Any], Any]]] = {
    kind: changes for noun in NOUNS.values() for kind, changes in noun.APPLIES.items()
}
"""Kind of event -> shard -> what changes there beyond the event's own record."""
