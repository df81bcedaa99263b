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

__all__ = ["APPLIES", "COMMANDS"]

_NOUNS = (
    protocol,
    people,
    sites,
    kits,
    screening,
    consent,
    baseline,
    randomization,
    dispensing,
    dosing,
    visits,
    diaries,
    tumors,
    central_review,
    blinding,
    adverse_events,
    follow_up,
    withdrawal,
    records,
    queries,
)

COMMANDS: dict[str, CommandSpec] = {spec.name: spec for noun in _NOUNS for spec in noun.COMMANDS}
"""Command -> what it asks for and its rule."""

APPLIES: dict[str, dict[str, Callable[[Any, Any], Any]]] = {
    kind: changes for noun in _NOUNS for kind, changes in noun.APPLIES.items()
}
"""Kind of event -> shard -> what changes there beyond the event's own record."""
