"""How patients are allocated, seen, read, crossed over and asked."""

from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.item import BooleanExpression, Expression, Identifier, Item, SdtmHome, Where
from equipoise.terms import EventSource

__all__ = [
    "AssessmentSchedule", "BiasedCoin", "CentralReview", "Crossover", "EveryWeeks", "Instrument", "Method", "Minimization",
    "PermutedBlocks", "Randomization", "ReadingSource", "Review", "Stratum", "Visit", "Visits",
]


class Stratum(Item):
    """A stratification factor."""

    label: str | None = None
    expression: Expression
    """Boolean or category; unknown blocks randomization."""
    sdtm: SdtmHome | None = None
    """Home of the stratum as frozen at randomization; recomputed from baseline fields where there is none."""


class PermutedBlocks(Item):
    sizes: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]
    """Block sizes, drawn at random; each a multiple of the sum of the ratio."""


class Minimization(Item):
    measure: Literal["range", "variance"] = "range"
    probability: Annotated[float, Field(gt=0.5, le=1)] = 0.8
    """Probability of the arm that minimizes imbalance."""


class BiasedCoin(Item):
    probability: Annotated[float, Field(gt=0.5, le=1)] = 0.6667


class Method(Item):
    """Allocation method: exactly one."""

    permuted_blocks: PermutedBlocks | None = None
    minimization: Minimization | None = None
    biased_coin: BiasedCoin | None = None


class Randomization(Item):
    """Who is allocated to what, how."""

    ratio: dict[Identifier, Annotated[int, Field(ge=1)]]
    """Arm -> whole number."""
    method: Method
    strata: dict[Identifier, Stratum | Expression] = {}
    """Factor -> expression or a full stratum."""
    planned_subjects: Annotated[int, Field(ge=1)] | None = None
    stratify_by_site: bool = False

    def strata_items(self) -> dict[str, Stratum]:
        """Factors in order, each as a full stratum."""
        return {k: v if isinstance(v, Stratum) else Stratum(expression=v) for k, v in self.strata.items()}


class EveryWeeks(Item):
    every_weeks: Annotated[float, Field(gt=0)]
    until_week: Annotated[float, Field(gt=0)] | None = None
    """Last week at which this interval starts; none for ever."""


class AssessmentSchedule(Item):
    """When tumors are assessed: nominal day = 1 + 7 x weeks from the anchor."""

    every_weeks: Annotated[float, Field(gt=0)] | None = None
    """One interval for the whole trial."""
    phases: tuple[EveryWeeks, ...] = ()
    """Intervals that change with time, instead of one."""
    window_days: Annotated[int, Field(ge=0)] = 7
    """Days before and after the nominal day."""
    anchor: Literal["randomization", "first_dose"] = "randomization"
    until: EventSource | None = None
    """What ends the assessments."""
    baseline_window_days: Annotated[int, Field(ge=0)] = 28
    """Baseline scans at most this many days before the anchor."""

    def days(self, last_day: int) -> list[int]:
        """Nominal study days (day 1 = anchor) up to and including ``last_day``."""
        phases = self.phases or ((EveryWeeks(every_weeks=self.every_weeks),) if self.every_weeks else ())
        days: list[int] = []
        day = 1.0
        for phase in phases:
            end = last_day if phase.until_week is None else min(last_day, 1 + 7 * phase.until_week)
            while round(day + 7 * phase.every_weeks) <= end:
                day += 7 * phase.every_weeks
                days.append(round(day))
        return days


class Visit(Item):
    """A visit outside the assessment schedule."""

    label: str | None = None
    day: int
    """Target study day; day 1 = first dose."""
    window_before: int = 0
    window_after: int = 0
    repeats_every_days: int | None = None
    """Repeats until treatment ends."""
    procedures: tuple[str, ...] = ()


class Visits(Item):
    cycle_days: Annotated[int, Field(ge=1)] | None = None
    tumor_assessment: AssessmentSchedule | None = None
    schedule: dict[Identifier, Visit] = {}
    survival_follow_up_years: float | None = None
    survival_follow_up_every_weeks: float | None = None


class ReadingSource(Item):
    """Rows of a response data set that hold one assessor's overall response."""

    dataset: str = "RS"
    """Data set in ``data.datasets``."""
    where: Where
    """Conditions on rows, for example RSEVAL: [INVESTIGATOR]."""
    test: tuple[str, ...] = ("OVRLRESP",)
    """RSTESTCD values that are an overall response."""


class CentralReview(Item):
    """Blinded independent central review."""

    readers: Annotated[int, Field(ge=1, le=5)] = 2
    adjudicate: tuple[Literal["progression_date", "best_response", "response"], ...] = ()
    """Differences between readers that call the adjudicator."""
    complete: str = "every scan of every randomized patient"
    real_time: EventSource | None = None
    """Event that triggers a reading within the turn-around time; none for retrospective reading."""
    turnaround_working_days: Annotated[int, Field(ge=1)] | None = None
    tell_site_of_central_progression: bool = False


class Review(Item):
    criteria: Literal["RECIST 1.1", "RECIST 1.0", "iRECIST"] = "RECIST 1.1"
    modified: str | None = None
    """What was changed in the criteria."""
    central: CentralReview | None = None
    sources: dict[Literal["central", "local"], ReadingSource] = {}
    """Where each assessor's readings are; by default RSEVAL tells them apart."""
    adequate: Literal["not_ne", "any"] = "not_ne"
    """Which readings count as an adequate assessment."""
    confirmation_days: Annotated[int, Field(ge=0)] = 28
    """A response is confirmed by another at least this many days later."""
    confirmation_ne_allowed: Annotated[int, Field(ge=0)] = 1
    """NE readings allowed between response and confirmation."""
    confirmation_sd_allowed: Annotated[int, Field(ge=0)] = 0
    """SD readings allowed between two PRs."""
    minimum_sd_days: Annotated[int, Field(ge=0)] = 42
    """Stable disease counts from this day after the reference date."""


class Crossover(Item):
    """Change from one arm's treatment to another's."""

    from_arm: Identifier = Field(alias="from")
    to_arm: Identifier = Field(alias="to")
    when: EventSource | Literal["never", "interim_decision", "end_of_core"] = EventSource.CENTRAL_PROGRESSION
    """What opens the gate."""
    optional: bool = True
    new_consent: bool = False
    new_baseline_scan_days: int | None = 28
    sdtm: SdtmHome | None = None
    """Exposure rows of the crossover phase; by default doses of the ``to`` arm's treatment in the ``from`` arm."""


class Instrument(Item):
    """A questionnaire and when it is asked."""

    label: str | None = None
    name: str
    """Catalog name: LASA, QLQ-C30, QLQ-GINET21, PRO-CTCAE, FACT-G, or a name of your own."""
    scales: tuple[str, ...] = ()
    """Scales reported; all unless given."""
    every_weeks: float | None = None
    at: tuple[Identifier, ...] = ()
    """Named visits at which it is asked."""
    baseline: Literal["covariate", "response"] = "covariate"
    important_difference: float | None = None
    """Minimally important difference in points."""
