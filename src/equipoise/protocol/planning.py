"""What an analysis was planned on: enough to compute its size, simulate it and monitor it."""

from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.item import Identifier, Item

__all__ = [
    "AccrualPhase",
    "Boundary",
    "ControlPhase",
    "DesignAssumptions",
    "EffectPhase",
    "Futility",
    "PlannedAccrual",
    "PlannedCrossover",
    "PlannedMean",
    "PlannedResponse",
    "ReadingTime",
]

Futility = Literal["lan_demets_obrien_fleming", "lan_demets_pocock", "hwang_shih_decani", "kim_demets", "wang_tsiatis"]
Boundary = Literal[
    "lan_demets_obrien_fleming",
    "lan_demets_pocock",
    "hwang_shih_decani",
    "kim_demets",
    "obrien_fleming",
    "pocock",
    "wang_tsiatis",
    "haybittle_peto",
    "final_only",
]


class AccrualPhase(Item):
    """A stretch of accrual with one rate."""

    until_month: Annotated[float, Field(gt=0)] | None = None
    """Month at which the next rate begins; none for the last."""
    per_month: Annotated[float, Field(ge=0)]
    """Patients a month; they are scaled to the number planned."""


class PlannedAccrual(Item):
    """How patients come in."""

    months: Annotated[float, Field(gt=0)]
    """Months from the first patient to the last."""
    phases: tuple[AccrualPhase, ...] = ()
    """Rates that change with time; patients come evenly unless given."""


class ControlPhase(Item):
    """A stretch of follow-up with one hazard under control."""

    until_month: Annotated[float, Field(gt=0)] | None = None
    """Month since randomization at which the next hazard begins; none for the last."""
    median_months: Annotated[float, Field(gt=0)]
    """Median of an exponential time with this hazard."""


class EffectPhase(Item):
    """A stretch of follow-up with one hazard ratio."""

    until_month: Annotated[float, Field(gt=0)] | None = None
    """Month since randomization at which the next ratio begins; none for the last."""
    hazard_ratio: Annotated[float, Field(gt=0)]
    """Experimental over control."""


class PlannedCrossover(Item):
    """Control patients who receive the experimental treatment, in the simulation."""

    share: Annotated[float, Field(ge=0, le=1)]
    """Share of the control patients who become free to cross over."""
    mean_months: Annotated[float, Field(gt=0)]
    """Mean of the exponential time from randomization to the crossover."""
    hazard_ratio: Annotated[float, Field(gt=0)] = 1.0
    """Factor on their hazard from then on."""


class ReadingTime(Item):
    """Time from an event to its being known to the data."""

    days: Annotated[float, Field(ge=0)] = 0
    """A fixed part."""
    mean_days: Annotated[float, Field(ge=0)] = 0
    """Mean of an exponential part."""


class PlannedResponse(Item):
    """Shares of patients who respond: of two arms, or of one arm against a share that is not worth while."""

    experimental: Annotated[float, Field(gt=0, lt=1)]
    """Share expected with the experimental treatment."""
    control: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Share expected under control, where there are two arms."""
    null: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Share that is not worth while, where there is one arm."""
    stages: Literal["one", "optimal", "minimax"] = "one"
    """Of one arm: an exact binomial test at the end, or Simon's two stages."""
    largest: Annotated[int, Field(ge=2, le=500)] = 100
    """Most patients of two stages that are searched."""


class PlannedMean(Item):
    """A difference of means of two arms."""

    difference: float
    """Experimental less control."""
    sd: Annotated[float, Field(gt=0)]
    """Standard deviation of a patient."""


class DesignAssumptions(Item):
    """Assumptions of the design of an analysis, beside its level, power and medians."""

    method: Literal["schoenfeld", "freedman", "hsieh_freedman", "lachin_foulkes"] = "schoenfeld"
    """Formula that gives the number of events; the others are printed beside it."""
    hazard_ratio: Annotated[float, Field(gt=0)] | None = None
    """Experimental over control; the ratio of the medians unless given."""
    response: PlannedResponse | None = None
    """Shares of patients who respond, where the analysis is of responses."""
    mean: PlannedMean | None = None
    """Difference of means, where the analysis is of a measurement."""
    boundary: Boundary | None = None
    """Efficacy boundary; the alpha spent at each look where the looks say so, else O'Brien-Fleming-like spending."""
    boundary_parameter: float | None = None
    """Gamma, rho, Delta or the interim bound, where the boundary has one."""
    futility: Futility | None = None
    """Spending function of the type II error, where the looks may stop for futility; of two sides where Z is near 0; or
    Wang-Tsiatis bounds."""
    futility_parameter: float | None = None
    """Gamma, rho or Delta of that rule."""
    futility_bounds: tuple[float | None, ...] = ()
    """Futility bounds of Z at the interim looks instead, with two sides of its size; null for none."""
    binding: bool = False
    """Whether the efficacy bounds count on futility bounds being obeyed."""
    patients: Annotated[int, Field(ge=2)] | None = None
    """Patients of the analysis; those planned in the cohort or the trial unless given."""
    accrual: PlannedAccrual | None = None
    """How patients come in."""
    follow_up_months: Annotated[float, Field(ge=0)] | None = None
    """Months from the last patient to the final analysis; solved for from the events unless given."""
    study_months: Annotated[float, Field(gt=0)] | None = None
    """Months from the first patient to the latest end of the study."""
    dropout_per_year: Annotated[float, Field(ge=0, lt=1)] = 0
    """Share of the patients lost in a year of follow-up."""
    control: tuple[ControlPhase, ...] = ()
    """Hazard under control where it changes with time, instead of the one median."""
    effect: tuple[EffectPhase, ...] = ()
    """Hazard ratio where it changes with time, for example a delayed effect."""
    strata: dict[Identifier, dict[str, Annotated[float, Field(ge=0)]]] = {}
    """Factor -> level -> share of the patients; equal unless given."""
    prognosis: dict[Identifier, dict[str, Annotated[float, Field(gt=0)]]] = {}
    """Factor -> level -> factor on the hazard of both arms, in the simulation; 1 unless given."""
    reading: ReadingTime = ReadingTime()
    """How long an event takes to be known, as with central reading."""
    crossover: PlannedCrossover | None = None
    """Crossover that acts on this endpoint."""
    realized: dict[Identifier, Annotated[int, Field(ge=1)]] = {}
    """Arm -> patients really randomized; the events needed at their ratio are printed beside the plan."""
    seed: Annotated[int, Field(ge=0)] = 1
    """Seed of the simulation."""
    trials: Annotated[int, Field(ge=1, le=10_000_000)] = 10_000
    """Simulated trials."""
