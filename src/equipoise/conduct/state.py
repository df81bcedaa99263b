"""The state of a trial: small frozen parts, each folded from its own events and never from anything else.

A **shard** is the trial, a site, a subject or the counters. A command names the shards it needs, an event those it
changes; neither looks at others. Records are kept as they stand now, by kind and identifier, so that what follows from
them (first dose, death, age of a consent) is asked of them and cannot go stale when one is corrected.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from equipoise.conduct.growing import Growing
from equipoise.conduct.rights import Stage
from equipoise.criteria.review_actions import PatientReview

__all__ = ["Counters", "Person", "Record", "Site", "State", "Study", "Subject"]

EMPTY: Mapping[str, Any] = {}
Records = Mapping[str, Mapping[str, "Record"]]


@dataclass(frozen=True, slots=True)
class Record:
    """One record with its latest values."""

    kind: str
    key: tuple[Any, ...]
    values: Mapping[str, Any]
    at: str
    """When it was first recorded, UTC."""
    actor: str
    request_id: str
    """Request by which it was first recorded."""
    changes: int = 0
    """How often it was changed; signatures and queries name the version they saw."""
    retracted: bool = False

    @property
    def name(self) -> str:
        """Identifier within its shard, for example AE-2."""
        return str(self.values.get("record", self.kind))


@dataclass(frozen=True)
class Recorded:
    """What trial, site and subject have in common: records by kind and identifier."""

    records: Records = field(default_factory=dict)
    last_request: str = ""
    """Request that changed it last: a repetition of it changes nothing."""

    def with_record(self, record: Record, name: str, request_id: str) -> Self:
        """Add or replace one record; everything else is shared with the state before."""
        records = self.records
        known = records.get(record.kind, _NONE)
        if type(known) is not Growing:
            known = Growing(known)
        changed = {**records, record.kind: known.with_entry(name, record)}
        return self.but(records=changed, last_request=request_id)

    @cached_property
    def made(self) -> dict[str, tuple[Mapping[str, Any], Any]]:
        """Identifier of a record -> its values and what was made of them: good for that very object of values."""
        return {}

    def but(self, **changes: Any) -> Self:
        """Give the same with other values of some fields; what was made of records goes along.

        `dataclasses.replace` takes many times as long, and forgets it.
        """
        new = object.__new__(type(self))
        object.__setattr__(new, "__dict__", {**self.__dict__, **changes})
        return new

    def live(self, kind: str) -> Iterator[Mapping[str, Any]]:
        """Values of the records of a kind that count, in the order in which they were made."""
        known = self.records.get(kind)
        if known is None:
            return iter(())
        return iter([record.values for record in known.values() if not record.retracted])

    def one(self, kind: str, name: str) -> Mapping[str, Any] | None:
        """Values of the record of a kind with an identifier, if it counts."""
        record = self.records.get(kind, EMPTY).get(name)
        return None if record is None or record.retracted else record.values

    def last(self, kind: str) -> Mapping[str, Any] | None:
        """Values of the last record of a kind that counts."""
        for record in reversed([*self.records.get(kind, EMPTY).values()]):
            if not record.retracted:
                values: Mapping[str, Any] = record.values
                return values
        return None

    def has(self, kind: str) -> bool:
        """Whether a record of a kind counts."""
        known = self.records.get(kind)
        return known is not None and any(not record.retracted for record in known.values())

    def next_name(self, prefix: str, kind: str) -> str:
        """Identifier for the next record of a kind."""
        start = f"{prefix}-"
        return f"{start}{sum(name.startswith(start) for name in self.records.get(kind, EMPTY)) + 1}"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    roles: frozenset[tuple[str, str | None]] = frozenset()
    """Role and site; no site for a role that reaches all."""
    trained: tuple[tuple[str, str | None], ...] = ()
    """Completed, and expires, of each training."""

    def trained_on(self, day: str) -> bool:
        """Whether a training is in force on a day."""
        for done, until in self.trained:  # noqa: SIM110 - `any` with a generator takes twice the time
            if done <= day and (until is None or day <= until):
                return True
        return False


@dataclass(frozen=True)
class Study(Recorded):
    """The trial: versions, people, locks, looks."""

    versions: tuple[str, ...] = ()
    """Protocol versions in the order of adoption."""
    stages: Mapping[str, int] = field(default_factory=dict)
    """Protocol version -> stage of allocation."""
    people: Mapping[str, Person] = field(default_factory=dict)
    locked: bool = False

    @property
    def stage(self) -> Stage:
        """Where the trial stands."""
        if not self.versions:
            return Stage.SETUP
        return Stage.CLOSED if self.locked else Stage.RUNNING


@dataclass(frozen=True)
class Site(Recorded):
    """A site: its calendar, versions in force, delegations, stock."""

    id: str = ""
    time_zone: str = "UTC"
    status: str = "none"
    """none, open, accrual closed, closed."""
    versions: tuple[tuple[str, str], ...] = ()
    """Effective date and protocol version, by date."""
    screened: int = 0
    """Subject numbers given so far."""
    delegations: Mapping[tuple[str, str], tuple[tuple[str, str | None], ...]] = field(default_factory=dict)
    """Person and task -> first and last day of each delegation."""
    kits: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Kit -> expiry date and status (stock, dispensed, removed)."""

    def delegated(self, person: str, task: str, day: str) -> bool:
        """Whether a task is delegated to a person on a day."""
        for start, end in self.delegations.get((person, task), ()):
            if start <= day and (end is None or day <= end):
                return True
        return False


@dataclass(frozen=True)
class Subject(Recorded):
    """A subject: everything recorded, the central review, who may know the treatment."""

    id: str = ""
    site: str = ""
    review: PatientReview | None = None
    gate: bool = False
    """Whether central review has once confirmed progression in a locked result; it stays so."""
    local_progression: bool = False
    """Whether the site has once called progression; it stays so."""
    baseline: Mapping[str, Any] = field(default_factory=dict)
    """Baseline field -> value."""
    doses: tuple[str, str] | None = None
    """First and last day of a blinded dose."""
    locked: bool = False

    @property
    def stage(self) -> Stage:
        """Where the subject stands."""
        records = self.records
        if "withdrawn" in records and any(w["level"] == "data" for w in self.live("withdrawn")):
            return Stage.WITHDRAWN
        if self.locked:
            return Stage.LOCKED
        if "study_ended" in records and self.has("study_ended"):
            return Stage.ENDED
        if "randomized" in records:
            return Stage.RANDOMIZED
        if "screen_failed" in records and self.has("screen_failed"):
            return Stage.FAILED
        return Stage.SCREENING

    @property
    def unblinded(self) -> bool:
        """Whether the treating physician may know the treatment."""
        return "unblinded" in self.records or "code_broken" in self.records

    @property
    def death(self) -> str | None:
        """Date of death, whole or its known part; none while alive."""
        found = self.last("death_recorded") if "death_recorded" in self.records else None
        return None if found is None else str(found["date"])


@dataclass(frozen=True)
class Counters(Recorded):
    """What must be unique over all sites."""

    slots: Mapping[int, int] = field(default_factory=dict)
    """Stage of allocation -> slots used."""
    commitments: Mapping[int, str] = field(default_factory=dict)
    """Stage of allocation -> published hash of its sealed seed."""
    persons: Mapping[str, tuple[str, str, bool]] = field(default_factory=dict)
    """Keyed match of a person -> last subject number, its site, whether that screening failed."""


@dataclass(frozen=True, slots=True)
class State:
    """The shards at hand."""

    study: Study = field(default_factory=Study)
    counters: Counters = field(default_factory=Counters)
    sites: Mapping[str, Site] = field(default_factory=dict)
    subjects: Mapping[str, Subject] = field(default_factory=dict)


_NONE: Growing[Record] = Growing()
