"""Laboratory results and vital signs: laboratories with their limits, values by test, arm and time."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from equipoise.protocol import Protocol
from equipoise.rehearsal.model.naming import Disagreement, allocated_arms, incomplete, no_share, unknown
from equipoise.rehearsal.model.part import NotNegative, Part, Positive, Rate
from equipoise.rehearsal.model.safety import SafetyModel

__all__ = ["Graded", "LaboratoryModel", "LaboratoryTest", "Limits", "Trend", "disagreements"]


class Limits(Part):
    """Limits of normal of a laboratory."""

    low: NotNegative | None = None
    high: NotNegative | None = None

    @model_validator(mode="after")
    def fits(self) -> Self:
        """Refuse a lower limit above the upper one."""
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"the lower limit {self.low:g} does not lie below the upper {self.high:g}")
        return self


class Trend(Part):
    """How a test changes on treatment: it nears the patient's own plateau."""

    mean: float = 0.0
    """Mean of the plateau: of the logarithm of value over baseline, or of their difference."""
    spread: NotNegative = 0.0
    """Standard deviation of the plateau between patients."""
    half_days: Positive = 28.0
    """Days after which half of the way to the plateau is covered."""
    per_year: float = 0.0
    """What is added every year."""


class Graded(Part):
    """Values agree with adverse events of a term: while one lasts, they lie beyond the bound of its grade."""

    term: str
    """Name of the term in the safety part."""
    bounds: tuple[Positive, Positive, Positive, Positive]
    """Bound of grades 1 to 4: multiples of the upper limit of normal where there is one, else values."""
    below: bool = False
    """Whether values lie below the bounds: multiples of the lower limit, else values."""

    @model_validator(mode="after")
    def fits(self) -> Self:
        """Refuse bounds out of order."""
        if list(self.bounds) != sorted(self.bounds, reverse=self.below):
            raise ValueError("the bounds do not follow the grades")
        return self


class LaboratoryTest(Part):
    """One test."""

    __test__ = False

    unit: str
    digits: Annotated[int, Field(ge=0, le=6)] = 1
    """Decimals that are recorded."""
    scale: Literal["log", "linear"] = "log"
    """Whether patients, time and chance act as factors or as differences."""
    field: str | None = None
    """Baseline field that the value before treatment equals."""
    multiple_of_normal: bool = False
    """Whether the field holds multiples of the upper limit of normal."""
    median: Positive | None = None
    """Middle of the values before treatment, where there is no field."""
    spread: NotNegative = 0.0
    """Standard deviation between patients before treatment, where there is no field."""
    noise: NotNegative = 0.0
    """Standard deviation within patients."""
    trends: dict[str, Trend] = Field(default_factory=dict)
    """Arm -> change on treatment; none for an arm that is not named."""
    every: Annotated[int, Field(ge=1)] = 1
    """Measured at the first visit of a cycle and at every so many-th after it."""
    missing: Rate = 0.0
    """Results that are not there although the sample was taken."""
    graded: Graded | None = None


class Laboratory(Part):
    """A laboratory."""

    share: NotNegative
    """Share of the sites that it serves."""
    limits: dict[str, Limits]
    """Test -> limits of normal."""


class LaboratoryModel(Part):
    """Laboratory results and vital signs of synthetic patients."""

    visits: tuple[str, ...]
    """Visits of the protocol at which they are taken; the first is the baseline."""
    laboratories: dict[str, Laboratory]
    tests: dict[str, LaboratoryTest]
    """Code of a laboratory test -> how it varies."""
    vitals: dict[str, LaboratoryTest] = Field(default_factory=dict)
    """Code of a vital sign -> how it varies."""
    entry_minutes: Annotated[int, Field(ge=1, le=600)] = 20
    """Minutes from the record of the visit to that of its results."""


def disagreements(model: LaboratoryModel, protocol: Protocol, safety: SafetyModel | None) -> Iterator[Disagreement]:
    """Find what does not fit the protocol, or together."""
    place = ("laboratory",)
    for visit in model.visits:
        known = list(protocol.visits.schedule)
        for _, message, more in unknown((*place, "visits"), [visit], known, "visit of the protocol"):
            yield (*place, "visits"), message, more
    if not model.visits:
        yield (*place, "visits"), "there is no visit", {"expected": "at least the baseline"}
    yield from no_share((*place, "laboratories"), {name: lab.share for name, lab in model.laboratories.items()})
    for name, laboratory in model.laboratories.items():
        here = (*place, "laboratories", name, "limits")
        yield from unknown(here, laboratory.limits, list(model.tests), "test of the model")
        yield from incomplete(here, laboratory.limits, list(model.tests), "test")
    for part, tests in (("tests", model.tests), ("vitals", model.vitals)):
        for code in tests:
            yield from _test(model, protocol, safety, (*place, part, code))


def _test(
    model: LaboratoryModel, protocol: Protocol, safety: SafetyModel | None, here: tuple[str, str, str]
) -> Iterator[Disagreement]:
    _, part, code = here
    test = model.tests[code] if part == "tests" else model.vitals[code]
    arms = allocated_arms(protocol)
    yield from unknown((*here, "trends"), test.trends, arms, "arm of the protocol")
    if (test.field is None) is (test.median is None):
        yield here, "a test has either a field or a median", {"expected": "field, or median and spread"}
    if test.field is not None and test.field not in protocol.baseline:
        for _, message, more in unknown(here, [test.field], list(protocol.baseline), "baseline field of the protocol"):
            yield (*here, "field"), message, more
    elif test.field is not None and protocol.baseline[test.field].type not in ("number", "integer"):
        seen = protocol.baseline[test.field].type
        yield (*here, "field"), "the field holds no numbers", {"seen": seen, "expected": "a field of type number"}
    graded = test.graded
    if graded is not None and (safety is None or graded.term not in safety.terms):
        known = list(safety.terms) if safety is not None else []
        for _, message, more in unknown(here, [graded.term], known, "term of the safety part"):
            yield (*here, "graded", "term"), message, more
    needs = test.multiple_of_normal or (graded is not None and not graded.below and part == "tests")
    for name, laboratory in model.laboratories.items() if needs else ():
        limits = laboratory.limits.get(code)
        if limits is None or limits.high is None:
            yield here, f"laboratory {name} has no upper limit of {code}", {"expected": "a limit, high"}
