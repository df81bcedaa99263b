"""An entry of the record, and what it is made from."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["ACCESS", "CHAINS", "TRIAL", "Draft", "Event", "Stamp", "utc_text"]

TRIAL, ACCESS = "trial", "access"
CHAINS = (TRIAL, ACCESS)


class Draft(NamedTuple):
    """What is to be recorded, as decided: everything of an event but who, when and its place in the chain."""

    kind: str
    payload: Mapping[str, Any]
    site: str | None = None
    subject: str | None = None
    reason: str | None = None
    """Reason for a change, in the words of the person who made it."""
    version: str = ""
    """Protocol version in force for the decision; empty before a protocol is adopted."""


class Stamp(NamedTuple):
    """Who does something, in which role, when, and under which request."""

    at: str
    """UTC with microseconds, as `utc_text` writes it."""
    actor: str
    """Identifier of the account; never a person's name."""
    role: str
    request_id: str
    clock_drift: bool = False
    """The clock stood before the time of the last event; order is that of the sequence numbers."""


class Event(NamedTuple):
    """An entry of the record; it never changes."""

    chain: str
    """``trial`` or ``access``."""
    seq: int
    """Place in its chain, from 1, without gaps."""
    at: str
    """UTC with microseconds: ``2026-03-01T09:30:00.000000Z``."""
    actor: str
    role: str
    site: str | None
    subject: str | None
    kind: str
    version: str
    """Protocol version in force."""
    payload: Mapping[str, Any]
    reason: str | None
    request_id: str
    clock_drift: bool
    prev_hash: str
    hash: str


def utc_text(moment: dt.datetime) -> str:
    """Write a moment as the record does: UTC, microseconds, ``Z``.

    Raises
    ------
    ValueError
        For a moment without time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
