"""Analyses, safety reporting, data cuts, conventions and the place of the data."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.endpoints import TherapySource
from equipoise.protocol.item import Identifier, Item, Where

__all__ = ["Analysis", "Conventions", "Cox", "DataCut", "DataMap", "DateSource", "Effect", "HypothesisTest", "Interim", "LogRank", "Safety"]

Strata = Literal["none", "randomization", "corrected"]


class LogRank(Item):
    strata: Strata = "none"
    """None, the strata frozen at randomization, or those recomputed from corrected fields."""


class Cox(Item):
    strata: Strata = "none"
    ties: Literal["efron", "breslow"] = "efron"


class HypothesisTest(Item):
    """Hypothesis test: exactly one."""

    logrank: LogRank | None = None
    fisher: bool | None = None


class Effect(Item):
    """Effect measure: exactly one."""

    cox: Cox | None = None
    risk_difference: bool | None = None


class Interim(Item):
    """A planned look."""

    at_events: int | None = None
    at_fraction: Annotated[float, Field(gt=0, lt=1)] | None = None
    boundary: str | None = None
    alpha_spent: float | None = None
    futility: bool = False
    source: Identifier | None = None
    """Endpoint read at the look, where it is not the final one."""


class Analysis(Item):
    """One endpoint in one population, compared between arms."""

    endpoint: Identifier
    population: Identifier
    role: Literal["primary", "secondary", "exploratory"] = "secondary"
    cohort: Identifier | None = None
    arms: tuple[Identifier, ...] | None = None
    """Arms shown; all unless given."""
    comparisons: tuple[tuple[Identifier, Identifier], ...] | None = None
    """(experimental, reference) pairs; each experimental arm against the first control unless given."""
    test: HypothesisTest | None = None
    effect: Effect | None = None
    sided: Literal[1, 2] = 2
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    conf_level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    power: Annotated[float, Field(gt=0, lt=1)] | None = None
    median_control_months: float | None = None
    """Median under the control treatment in the design."""
    median_experimental_months: float | None = None
    interims: tuple[Interim, ...] = ()
    boundary: str | None = None
    subgroups: bool = False
    """Whether the forest plot is made for this analysis."""
    data_cut: Identifier | None = None


class Safety(Item):
    """How adverse events are counted."""

    population: Identifier = "safety"
    dictionary: str | None = None
    """Dictionary and version, for the footnote."""
    grading: str = "CTCAE"
    grade_variable: Literal["AETOXGR", "AESEV"] = "AETOXGR"
    days_after_last_dose: Annotated[int, Field(ge=0)] = 30
    """Length of the first period after the last dose."""
    related: tuple[str, ...] = ("Y", "RELATED", "POSSIBLY RELATED", "POSSIBLE", "PROBABLE", "DEFINITE")
    """AEREL values that mean related."""
    minimum_percent: Annotated[float, Field(ge=0, le=100)] = 0
    """Preferred terms below this percentage in every arm are left out of the table by term."""
    test_terms: bool = False
    """Whether each preferred term gets a P value."""


class DataCut(Item):
    """A cut of the data: facts dated after the cut-off, or recorded after the snapshot, do not exist."""

    cutoff: dt.date | None = None
    """Clinical cut-off date; none for all data."""
    snapshot: int | None = None
    """Last ledger sequence number; none for all."""
    label: str | None = None
    default: bool = False
    """The cut used when none is named."""


class DateSource(Item):
    """A variable that holds a date."""

    domain: str
    variable: str
    where: Where = {}


class DataMap(Item):
    """Where a trial's SDTM differs from the usual names."""

    study_id: str | None = None
    datasets: dict[str, str] = {}
    """Data set -> file name without ending, where it is not the lower-case domain name."""
    dates: dict[Literal["consent", "registration", "randomization", "first_dose", "last_dose"], DateSource] = {}
    """Homes of the built-in dates; see the guide for the defaults."""
    death: tuple[DateSource, ...] | None = None
    """Sources of the death date, most trusted first."""
    proof_of_life: tuple[DateSource, ...] | None = None
    """Dates that prove life; every date of every subject domain unless given."""
    screen_failure: tuple[str, ...] = ("SCRNFAIL", "Scrnfail", "NOTASSGN", "NOTTRT")
    """ARMCD values of subjects who were not randomized."""
    arm_received_from: Literal["exposure", "actual_arm"] = "exposure"
    """Where the treatment actually taken first is read."""
    treatment_stop: TherapySource | None = None
    """Rows that say when and why assigned treatment stopped for good."""
    study_stop: TherapySource | None = None
    """Rows that say when and why the subject left the study."""


class Conventions(Item):
    """Choices printed with every result."""

    conf_type: Literal["log-log", "log", "plain", "logit", "arcsin"] = "log-log"
    ties: Literal["efron", "breslow"] = "efron"
    quantile: Literal["midpoint", "left"] = "midpoint"
    number_style: Literal["JCO", "AMA", "NEJM", "Lancet"] = "JCO"
    censor_codes: Literal["reason", "binary"] = "reason"
    """CNSR holds the reason of censoring (1 to 6), or only 0 and 1."""
    minimum_at_risk: Annotated[int, Field(ge=0)] = 0
    """Curves stop where fewer are at risk."""
