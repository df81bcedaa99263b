"""Analyses, safety reporting, data cuts, conventions and the place of the data."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.crossover_adjustment import CrossoverAdjustment
from equipoise.protocol.endpoints import TherapySource
from equipoise.protocol.item import Identifier, Item, Where
from equipoise.protocol.planning import DesignAssumptions

__all__ = [
    "Analysis",
    "Conventions",
    "Cox",
    "DataCut",
    "DataMap",
    "DateSource",
    "Effect",
    "HypothesisTest",
    "Interim",
    "LogRank",
    "MantelHaenszel",
    "Safety",
]

Strata = Literal["none", "randomization", "corrected"]


class LogRank(Item):
    """Log-rank test."""

    strata: Strata = "none"
    """None, the strata frozen at randomization, or those recomputed from corrected fields."""


class Cox(Item):
    """Hazard ratio from a Cox model with the arm alone."""

    strata: Strata = "none"
    """None, the strata frozen at randomization, or those recomputed from corrected fields."""
    ties: Literal["efron", "breslow"] = "efron"
    """How tied event times are treated."""


class MantelHaenszel(Item):
    """Cochran-Mantel-Haenszel test; the difference of proportions is then over the same strata."""

    strata: Literal["randomization", "corrected"] = "randomization"
    """The strata frozen at randomization, or those recomputed from corrected fields."""


class HypothesisTest(Item):
    """Hypothesis test: exactly one."""

    logrank: LogRank | None = None
    """Log-rank test, for a time to event."""
    fisher: bool | None = None
    """Fisher's exact test, for a response; true, or not there."""
    cmh: MantelHaenszel | None = None
    """Cochran-Mantel-Haenszel test over strata, for a response."""


class Effect(Item):
    """Effect measure: exactly one."""

    cox: Cox | None = None
    """Hazard ratio, for a time to event."""
    risk_difference: bool | None = None
    """Difference of proportions, for a response; true, or not there."""


class Interim(Item):
    """A planned look."""

    at_events: Annotated[int, Field(ge=1)] | None = None
    """Number of events at which the look takes place."""
    at_fraction: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Fraction of the planned events at which the look takes place, instead of their number."""
    boundary: str | None = None
    """Boundary in words, for example "O'Brien-Fleming"."""
    alpha_spent: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Alpha spent at this look alone."""
    futility: bool = False
    """Whether the trial may stop for futility at this look."""
    source: Identifier | None = None
    """Endpoint read at the look, where it is not the final one."""


class Analysis(Item):
    """One endpoint in one population, compared between arms."""

    endpoint: Identifier
    """What is compared."""
    population: Identifier
    """Who is compared."""
    role: Literal["primary", "secondary", "exploratory"] = "secondary"
    """Weight of the analysis in the protocol."""
    cohort: Identifier | None = None
    """Cohort to which the analysis is confined; all subjects unless given."""
    arms: tuple[Identifier, ...] | None = None
    """Arms shown; all unless given."""
    comparisons: tuple[tuple[Identifier, Identifier], ...] | None = None
    """(experimental, reference) pairs; each experimental arm against the first control unless given."""
    test: HypothesisTest | None = None
    """Hypothesis test, where one is made."""
    effect: Effect | None = None
    """Effect measure, where one is estimated."""
    sided: Literal[1, 2] = 2
    """Sides of the test; one-sided is against HR < 1 (or a higher response) for the experimental arm."""
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Level of the test, over the sides named."""
    conf_level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Level of the confidence intervals."""
    power: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Power in the design."""
    median_control_months: Annotated[float, Field(gt=0)] | None = None
    """Median under the control treatment in the design."""
    median_experimental_months: Annotated[float, Field(gt=0)] | None = None
    """Median under the experimental treatment in the design."""
    planned_events: Annotated[int, Field(ge=1)] | None = None
    """Events at which the final analysis takes place."""
    interims: tuple[Interim, ...] = ()
    """Planned looks before the final one, in order."""
    boundary: str | None = None
    """Boundaries in words, for example "O'Brien-Fleming spending"."""
    design: DesignAssumptions | None = None
    """Assumptions of the design, from which it is computed, simulated and monitored."""
    subgroups: bool = False
    """Whether the forest plot is made for this analysis."""
    crossover_adjustment: CrossoverAdjustment | None = None
    """Survival had nobody crossed over, for an analysis of overall survival; none unless given."""
    data_cut: Identifier | None = None
    """Data cut to which the analysis belongs; any unless given."""


class Safety(Item):
    """How adverse events are counted."""

    population: Identifier = "safety"
    """Who is counted."""
    dictionary: str | None = None
    """Dictionary and version, for the footnote."""
    grading: str = "CTCAE"
    """Grading scale and version, for the footnote."""
    grade_variable: Literal["AETOXGR", "AESEV"] = "AETOXGR"
    """Variable of the grade; severity is shown as mild, moderate, severe."""
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
    """Name in the foot of every output."""
    default: bool = False
    """The cut used when none is named."""


class DateSource(Item):
    """A variable that holds a date."""

    domain: str
    """SDTM domain."""
    variable: str
    """Variable of the date."""
    where: Where = {}
    """Conditions on rows."""


class DataMap(Item):
    """Where a trial's SDTM differs from the usual names."""

    study_id: str | None = None
    """STUDYID, where it is not ``trial.id``."""
    datasets: dict[str, str] = {}
    """Data set -> file name without ending, where it is not the lower-case domain name."""
    dates: dict[
        Literal["consent", "registration", "randomization", "first_dose", "last_dose", "unblinding"], DateSource
    ] = {}
    """Homes of the built-in dates; the methods page on derivation lists the defaults."""
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
    """Scale of the confidence intervals of survival curves."""
    ties: Literal["efron", "breslow"] = "efron"
    """Tied event times in Cox models that name no rule of their own."""
    quantile: Literal["midpoint", "left"] = "midpoint"
    """The median where the curve is flat at one half: middle or left end of the step."""
    number_style: Literal["JCO", "AMA", "NEJM", "Lancet"] = "JCO"
    """How numbers and P values are printed."""
    censor_codes: Literal["reason", "binary"] = "reason"
    """CNSR holds the reason of censoring (1 to 6), or only 0 and 1."""
    minimum_at_risk: Annotated[int, Field(ge=0)] = 0
    """Curves stop where fewer are at risk."""
