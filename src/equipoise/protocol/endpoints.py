"""Endpoints: what is timed or counted, from where, by which rules."""

from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.item import Identifier, Item, SdtmHome, Where
from equipoise.protocol.questionnaires import Deterioration
from equipoise.terms import Assessor, DateName, EventSource, RuleSet

__all__ = ["Endpoint", "MissedVisits", "NewTherapy", "TherapySource"]


class TherapySource(Item):
    """Rows of an SDTM domain that are such a therapy, with the variable of its start date."""

    domain: str
    """SDTM domain, for example CM, PR or EX."""
    date: str
    """Variable of the start date, for example CMSTDTC."""
    where: Where = {}
    """Conditions on rows."""


class NewTherapy(Item):
    """A kind of treatment given besides the assigned one."""

    label: str
    """Name in tables."""
    counts: bool
    """Whether it is new anticancer therapy by default; an endpoint may name its own list."""
    sdtm: tuple[TherapySource, ...] = ()
    """Where such therapies are recorded; none for the crossover treatment, which exposure shows."""
    crossover: bool = False
    """True for the crossover treatment itself."""


class MissedVisits(Item):
    """When a gap before an event is too long for the rule sets A, B and C."""

    rule: Literal["count", "gap"] = "count"
    """Scheduled visits wholly missed, or days since the last adequate assessment."""
    count: Annotated[int, Field(ge=1)] = 2
    """Missed visits that censor."""


class Endpoint(Item):
    """A time to event, a response or a change."""

    label: str
    """Name in tables and figures."""
    kind: Literal["time_to_event", "deterioration", "response", "biomarker_response", "change", "safety"] = (
        "time_to_event"
    )
    """A time to event, the time to deterioration of a score, a best response, a response of a biomarker, a change of a
    score, or adverse events."""
    paramcd: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{0,6}$")]
    """PARAMCD of the primary rule set; a sensitivity rule set adds its letter."""
    origin: DateName = DateName.RANDOMIZATION
    """Date from which time runs."""
    events: tuple[EventSource, ...] = ()
    """What ends the time; progression names its assessor. The time to ``response`` is that of the responders."""
    reverse_of: Identifier | None = None
    """Endpoint whose events and censorings change places: follow-up time."""
    assessor: Assessor | None = None
    """Whose readings a response endpoint uses."""
    rule_set: RuleSet = RuleSet.P
    """Rules of the primary analysis."""
    sensitivity: tuple[RuleSet, ...] = ()
    """Rule sets of the sensitivity analyses."""
    new_therapy: tuple[Identifier, ...] | None = None
    """Kinds of new anticancer therapy that matter here; those that count by default unless given."""
    missed_visits: MissedVisits = MissedVisits()
    """When a gap before an event censors."""
    stop_for_toxicity: Literal["continue", "censor"] = "continue"
    """Whether stopping treatment without progression ends observation."""
    never_treated: Literal["followed", "event"] = "followed"
    """A randomized subject without any dose: followed like the others, or an event on day 1 (treatment failure)."""
    second_progression: tuple[TherapySource, ...] = ()
    """Rows that record a second progression; else the first progression read after the next therapy began."""
    early_death: Literal["event", "censor"] = "event"
    """A death before the second scheduled assessment without a baseline or any assessment."""
    censor_at: Literal["last_assessment", "last_alive", "last_dose", "end_of_study"] | None = None
    """Where subjects without event are censored; last assessment if progression is an event, else last alive."""
    measure: SdtmHome | None = None
    """Test whose value changes (biomarker response, change)."""
    decrease_percent: Annotated[float, Field(gt=0, le=100)] | None = None
    """Decrease from baseline that is a biomarker response."""
    above_normal_only: bool = False
    """Whether only subjects with a baseline above the upper limit of normal are counted (biomarker response)."""
    confirmation_days: Annotated[int, Field(ge=0)] | None = None
    """A biomarker response is seen again at least this many days later; no confirmation unless given."""
    instrument: str | None = None
    """Name of the questionnaire whose score changes."""
    scale: str | None = None
    """Scale of the questionnaire."""
    deterioration: Deterioration = Deterioration()
    """When a score has deteriorated, for that kind of endpoint."""
    adverse_event: Where = {}
    """AE rows that are the event, where the event is an adverse event."""
    clinical_progression: SdtmHome | None = None
    """Rows that claim progression without imaging (rule sets C and K)."""
    confirmed: bool = True
    """Whether a response needs confirmation."""
    landmarks_months: tuple[float, ...] = ()
    """Times at which the probability is reported: above zero, each once, ascending."""
    day_count: Literal["inclusive", "exclusive"] = "inclusive"
    """AVAL = ADT - STARTDT + 1 (inclusive), or without the 1."""
    months_days: Annotated[float, Field(gt=0)] = 30.4375
    """Days in a month, for display."""
    population: Identifier | None = None
    """Subjects for whom the endpoint is derived; all randomized unless given."""
