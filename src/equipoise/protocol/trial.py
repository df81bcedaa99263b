"""Identity of the trial: names, arms, cohorts, versions, registry."""

import datetime as dt

from equipoise.protocol.item import BooleanExpression, Identifier, Item
from equipoise.terms import ArmRole, Masking

__all__ = ["Amendment", "Arm", "Cohort", "Registry", "Trial", "Version"]


class Trial(Item):
    """What the trial is."""

    id: str
    """Short identifier; STUDYID unless ``data.study_id`` says otherwise."""
    title: str
    """Full scientific title."""
    masking: Masking
    """Who is blinded."""
    phase: str | None = None
    """Phase as registered, for example "2"."""
    acronym: str | None = None
    """Acronym or short name."""
    sponsor: str | None = None
    """Legal sponsor."""
    condition: str | None = None
    """Disease studied."""
    synthetic: bool = False
    """True for made-up or anonymized data: pages and figures carry a band."""


class Arm(Item):
    """An allocated treatment."""

    label: str
    """Name in tables and figures."""
    role: ArmRole
    """Experimental or control."""
    sdtm: tuple[str, ...] = ()
    """ARMCD or ARM values that mean this arm; the identifier itself always does."""
    treatments: tuple[str, ...] = ()
    """EXTRT values given in this arm."""
    dose_levels: tuple[float, ...] = ()
    """Allowed doses, highest (starting dose) first."""
    dose_unit: str | None = None
    """Unit of the dose levels, for example mg."""
    schedule: str | None = None
    """Schedule in words, for example "once daily"."""
    doses_per_day: float | None = None
    """Planned doses a day at the schedule; needed for dose intensity."""
    cohort: Identifier | None = None
    """Cohort to which the arm belongs, where there are several."""


class Cohort(Item):
    """A part of the trial with its own randomization, power and analysis."""

    label: str
    members: BooleanExpression
    """Who belongs to it."""
    planned_subjects: int | None = None


class Amendment(Item):
    """A numbered change of the protocol."""

    number: str
    date: dt.date
    summary: str
    changes_allocation: bool = False
    """True where arms, ratio or strata change: a new allocation stage begins."""


class Version(Item):
    """Version of this file's content."""

    number: str = "1.0"
    date: dt.date | None = None
    amendments: tuple[Amendment, ...] = ()


class Registry(Item):
    """Fields of a trial registry that no other part of the protocol holds."""

    identifiers: dict[str, str] = {}
    """Registry -> identifier, for example clinicaltrials.gov -> NCT01841736."""
    brief_title: str | None = None
    brief_summary: str | None = None
    official_contact: str | None = None
    primary_completion: dt.date | None = None
    start: dt.date | None = None
    enrollment: int | None = None
    """Subjects planned, or enrolled when complete."""
    sites: int | None = None
    conditions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    results_restriction: str | None = None
