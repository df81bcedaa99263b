"""How patients are allocated, seen, read, crossed over and asked."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from equipoise.protocol.item import Expression, Identifier, Item, SdtmHome, Where, text_or_other
from equipoise.protocol.questionnaires import AnswerSource, ItemRange, ScaleDefinition, ScaleThreshold, Window
from equipoise.protocol.repeated_measures import RepeatedMeasures
from equipoise.terms import EventSource

__all__ = [
    "AssessmentSchedule",
    "BiasedCoin",
    "CentralReview",
    "Crossover",
    "EveryWeeks",
    "Instrument",
    "Method",
    "Minimization",
    "PermutedBlocks",
    "Randomization",
    "ReadingSource",
    "Review",
    "Stratum",
    "Visit",
    "Visits",
]


class Stratum(Item):
    """A stratification factor."""

    label: str | None = None
    """Name in tables; the identifier in words unless given."""
    expression: Expression
    """Boolean or category; unknown blocks randomization."""
    sdtm: SdtmHome | None = None
    """Home of the stratum as frozen at randomization; recomputed from baseline fields where there is none."""


StratumOrExpression = Annotated[
    Annotated[Stratum, Tag("other")] | Annotated[Expression, Tag("text")],
    Discriminator(text_or_other),
]


class PermutedBlocks(Item):
    """Blocks that hold every arm in the ratio, in random order, within each stratum."""

    sizes: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]
    """Block sizes, drawn at random; each a multiple of the sum of the ratio."""


class Minimization(Item):
    """Pocock and Simon's minimization of imbalance over the margins of the factors."""

    measure: Literal["range", "variance"] = "range"
    """How the imbalance of a factor is measured."""
    probability: Annotated[float, Field(gt=0.5, le=1)] = 0.8
    """Probability of the arm that minimizes imbalance."""


class BiasedCoin(Item):
    """Efron's biased coin within each stratum."""

    probability: Annotated[float, Field(gt=0.5, le=1)] = 0.6667
    """Probability of the arm that is behind."""


class Method(Item):
    """Allocation method: exactly one."""

    permuted_blocks: PermutedBlocks | None = None
    """Permuted blocks of random size."""
    minimization: Minimization | None = None
    """Minimization with a random element."""
    biased_coin: BiasedCoin | None = None
    """Biased coin."""


class Randomization(Item):
    """Who is allocated to what, how."""

    ratio: dict[Identifier, Annotated[int, Field(ge=1)]]
    """Arm -> whole number."""
    method: Method
    """How the next arm is drawn."""
    strata: dict[Identifier, StratumOrExpression] = {}
    """Factor -> expression or a full stratum."""
    planned_subjects: Annotated[int, Field(ge=1)] | None = None
    """Subjects planned in all arms together."""
    stratify_by_site: bool = False
    """Whether the site is a stratification factor too."""

    def strata_items(self) -> dict[str, Stratum]:
        """Factors in order, each as a full stratum."""
        return {k: v if isinstance(v, Stratum) else Stratum(expression=v) for k, v in self.strata.items()}


class EveryWeeks(Item):
    """A stretch of the schedule with one interval."""

    every_weeks: Annotated[float, Field(gt=0)]
    """Weeks between assessments."""
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
    """Date from which the nominal days are counted."""
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
    """Name in tables; the identifier in words unless given."""
    day: int
    """Target study day; day 1 = first dose, the day before is day -1."""
    window_before: Annotated[int, Field(ge=0)] = 0
    """Days by which the visit may be early."""
    window_after: Annotated[int, Field(ge=0)] = 0
    """Days by which the visit may be late."""
    repeats_every_days: Annotated[int, Field(ge=1)] | None = None
    """Repeats until treatment ends."""
    procedures: tuple[str, ...] = ()
    """What is done at the visit."""


class Visits(Item):
    """When patients are seen."""

    cycle_days: Annotated[int, Field(ge=1)] | None = None
    """Length of a treatment cycle."""
    tumor_assessment: AssessmentSchedule | None = None
    """When tumors are assessed."""
    schedule: dict[Identifier, Visit] = {}
    """Other visits."""
    survival_follow_up_years: Annotated[float, Field(gt=0)] | None = None
    """Years for which each subject is followed for survival."""
    survival_follow_up_every_weeks: Annotated[float, Field(gt=0)] | None = None
    """Weeks between contacts after treatment."""


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
    """Independent readers of each scan, the adjudicator not counted."""
    adjudicate: tuple[Literal["progression_date", "best_response", "response"], ...] = ()
    """Differences between readers that call the adjudicator."""
    agreed_reader: Annotated[int, Field(ge=1)] = 1
    """Reader, by number, whose reading is reported when the readers agree."""
    complete: str = "every scan of every randomized patient"
    """Which scans are read, in words."""
    real_time: EventSource | None = None
    """Event that triggers a reading within the turn-around time; none for retrospective reading."""
    turnaround_working_days: Annotated[int, Field(ge=1)] | None = None
    """Working days within which a real-time reading is given."""
    tell_site_of_central_progression: bool = False
    """Whether the site hears of a central progression that it did not call itself."""


class Review(Item):
    """How tumor response is read."""

    criteria: Literal["RECIST 1.1", "RECIST 1.0", "iRECIST"] = "RECIST 1.1"
    """Published response criteria."""
    modified: str | None = None
    """What was changed in the criteria."""
    central: CentralReview | None = None
    """Blinded independent central review, where there is one."""
    sources: dict[Literal["central", "local"], ReadingSource] = {}
    """Where each assessor's readings are; by default RSEVAL tells them apart."""
    response_from: Literal["lesions", "recorded"] = "lesions"
    """Responses recomputed from lesions where there are any, or those recorded; either way differences are listed."""
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
    node_returns: Literal["progression", "reimage"] = "progression"
    """A target node of 10 mm or more again after complete response: progression, or the sum decides."""
    lesion_returns: Literal["progression", "sum"] = "progression"
    """Any target lesion seen again after complete response: progression whatever its size, or the sum decides."""
    progression_date: Literal["first_scan", "last_target_scan", "scheduled_visit"] = "first_scan"
    """Date of a progression among the scans of its visit."""
    response_date: Literal["last_scan", "first_scan", "scheduled_visit"] = "last_scan"
    """Date of a visit's response."""
    small_new_node: Literal["wait", "new_lesion"] = "wait"
    """A node, normal at baseline, of 10 to less than 15 mm: equivocal until 15 mm or seen again, or new at once."""
    keep_partial_response: Literal["never", "confirmed", "always"] = "confirmed"
    """Whether a partial response goes on until progression when the sum rises above 70% of the baseline."""
    irecist_confirmation_days: Annotated[int, Field(ge=0)] = 28
    """Under iRECIST progression is confirmed at the earliest this many days after it was first seen."""


class Crossover(Item):
    """Change from one arm's treatment to another's."""

    from_arm: Identifier = Field(alias="from")
    """Arm that may change."""
    to_arm: Identifier = Field(alias="to")
    """Arm whose treatment is then given."""
    when: EventSource | Literal["never", "interim_decision", "end_of_core"] = EventSource.CENTRAL_PROGRESSION
    """What opens the gate."""
    optional: bool = True
    """Whether patient and physician choose."""
    new_consent: bool = False
    """Whether a second consent is needed."""
    new_baseline_scan_days: Annotated[int, Field(ge=0)] | None = 28
    """A new baseline scan at most this many days before the first crossover dose; none where none is made."""
    sdtm: SdtmHome | None = None
    """Exposure rows of the crossover phase; by default doses of the ``to`` arm's treatment in the ``from`` arm."""


HalfWayOrWindows = Annotated[
    Annotated[dict[Identifier, Window], Tag("other")] | Annotated[Literal["half_way"], Tag("text")],
    Discriminator(text_or_other),
]


class Instrument(Item):
    """A questionnaire and when it is asked."""

    label: str | None = None
    """Name in tables; that of the catalog unless given."""
    name: str
    """Catalog name: LASA, QLQ-C30, QLQ-GINET21, PRO-CTCAE, or a name of your own with scales of your own."""
    scales: tuple[str, ...] = ()
    """Scales reported; all unless given."""
    scoring: str | None = None
    """Named variant of the scoring, where the catalog has several, for example validated or original."""
    items: dict[str, ItemRange] = {}
    """Items of your own -> range of their answers; catalog items keep theirs unless named."""
    item_map: dict[str, tuple[str, ...]] = {}
    """Scale of the catalog -> its items, where they differ; a scale without items is left out."""
    define: dict[str, ScaleDefinition] = {}
    """Scales of your own, or in place of those of the catalog."""
    source: AnswerSource = AnswerSource()
    """Where the answers are."""
    anchor: Literal["randomization", "first_dose"] = "randomization"
    """Day 1 of the target days; randomization for who was never treated."""
    every_weeks: Annotated[float, Field(gt=0)] | None = None
    """Weeks between questionnaires, from the anchor."""
    until_week: Annotated[float, Field(gt=0)] | None = None
    """Last week at which it is asked; as long as anybody is followed unless given."""
    at: tuple[Identifier, ...] = ()
    """Named visits at which it is asked; those up to day 1 are the baseline."""
    asked_at_baseline: bool = True
    """Whether a form is due before treatment."""
    expected_until: Literal["end_of_study", "end_of_treatment"] = "end_of_study"
    """How long forms are expected of a subject."""
    windows: HalfWayOrWindows = "half_way"
    """Contiguous windows that meet half-way between target days, or visit (week_12) -> study days."""
    last_window: Literal["half_way", "open"] = "half_way"
    """Whether the last window ends as far after its target as the one before begins, or never."""
    baseline: Literal["covariate", "response"] = "covariate"
    """Whether the mixed model adjusts for the baseline score or models it as a first response."""
    important_difference: Annotated[float, Field(gt=0)] | None = None
    """Minimally important difference in points, in either direction, of every scale."""
    thresholds: dict[str, ScaleThreshold] = {}
    """Scale -> differences that matter, where they differ from ``important_difference``."""
    estimand: str | None = None
    """Estimand in words, printed with the model; composed from the declarations unless given."""
    model: RepeatedMeasures = RepeatedMeasures()
    """How the scores are modeled over the visits."""
