"""Identity of the trial: names, arms, cohorts, versions, registry."""

import datetime as dt
from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic.config import JsonDict

from equipoise.protocol.conduct import Method
from equipoise.protocol.item import BooleanExpression, Identifier, Item
from equipoise.terms import ArmRole, Masking

__all__ = ["Amendment", "Arm", "Cohort", "Registry", "Trial", "Version"]


_TEXT_OR_NUMBER: JsonDict = {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}


class Trial(Item):
    """What the trial is."""

    id: str
    """Short identifier; STUDYID unless ``data.study_id`` says otherwise."""
    title: str
    """Full scientific title."""
    masking: Masking
    """Who is blinded."""
    phase: Annotated[str | None, Field(json_schema_extra=_TEXT_OR_NUMBER)] = None
    """Phase as registered, for example "2"."""
    acronym: str | None = None
    """Acronym or short name."""
    sponsor: str | None = None
    """Legal sponsor."""
    condition: str | None = None
    """Disease studied."""
    synthetic: bool = False
    """True for made-up or anonymized data: pages and figures carry a band."""

    @field_validator("phase", mode="before")
    @classmethod
    def _phase_as_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


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
    doses_per_day: Annotated[float, Field(gt=0)] | None = None
    """Planned doses a day at the schedule; needed for dose intensity."""
    cohort: Identifier | None = None
    """Cohort to which the arm belongs, where there are several."""


class Cohort(Item):
    """A part of the trial with its own randomization, power and analysis."""

    label: str
    """Name in tables and figures."""
    members: BooleanExpression
    """Who belongs to it."""
    planned_subjects: Annotated[int, Field(ge=1)] | None = None
    """Subjects planned."""
    strata: tuple[Identifier, ...] | None = None
    """Factors of ``randomization.strata`` that stratify this cohort; all unless given."""
    ratio: dict[Identifier, Annotated[int, Field(ge=1)]] | None = None
    """Arm -> whole number, where the cohort differs from ``randomization.ratio``."""
    method: Method | None = None
    """Allocation method, where the cohort differs from ``randomization.method``."""


class Amendment(Item):
    """A numbered change of the protocol."""

    number: str
    """Number or name of the amendment."""
    date: dt.date
    """Day of approval."""
    summary: str
    """What it changes, in a sentence."""
    changes_allocation: bool = False
    """True where arms, ratio or strata change: a new allocation stage begins."""


class Version(Item):
    """Version of this file's content."""

    number: str = "1.0"
    """Version number, in quotes."""
    date: dt.date | None = None
    """Day of this version."""
    amendments: tuple[Amendment, ...] = ()
    """Amendments so far, oldest first."""


class Registry(Item):
    """Fields of a trial registry that no other part of the protocol holds."""

    identifiers: dict[str, str] = {}
    """Registry -> identifier, for example clinicaltrials.gov -> NCT01841736."""
    brief_title: str | None = None
    """Short title for the public."""
    brief_summary: str | None = None
    """Purpose of the trial in a few sentences."""
    official_contact: str | None = None
    """Office that answers questions; no person's private address."""
    primary_completion: dt.date | None = None
    """Last collection of data for the primary endpoint."""
    start: dt.date | None = None
    """First enrollment."""
    enrollment: Annotated[int, Field(ge=0)] | None = None
    """Subjects planned, or enrolled when complete."""
    sites: Annotated[int, Field(ge=0)] | None = None
    """Number of sites."""
    conditions: tuple[str, ...] = ()
    """Diseases studied, in the registry's words."""
    keywords: tuple[str, ...] = ()
    """Search words."""
    results_restriction: str | None = None
    """Agreement that restricts the investigators from publishing, in words."""
