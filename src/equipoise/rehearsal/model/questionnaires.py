"""Questionnaires: courses of the scales behind the answers, and why forms and answers are missing."""

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, model_validator

from equipoise.criteria import INSTRUMENTS
from equipoise.protocol import Instrument, Protocol
from equipoise.rehearsal.model.naming import Disagreement, allocated_arms, no_share, unknown
from equipoise.rehearsal.model.part import NotNegative, Part, Positive, Rate

__all__ = ["MISSED", "FormModel", "MissingForms", "QuestionnaireModel", "ScaleModel", "disagreements"]

MISSED = ("too ill", "refused", "not asked", "technical", "other")
"""Reasons for which a form is recorded as missed."""
Percent = Annotated[float, Field(ge=0, le=100)]


class ScaleModel(Part):
    """The course of one scale, in points of 0 to 100 as the instrument scores it.

    The course lies behind the answers: answers are whole numbers within their range, so that means near the ends of a
    scale come out nearer to its middle.
    """

    mean: Percent = 50.0
    """Mean before treatment."""
    spread: NotNegative = 20.0
    """Standard deviation between patients."""
    noise: NotNegative = 10.0
    """Standard deviation between the forms of a patient."""
    item_noise: NotNegative = 12.0
    """Standard deviation between the items of a form."""
    effects: dict[str, float] = Field(default_factory=dict)
    """Arm -> points added on treatment; nothing for an arm that is not named."""
    onset_days: Positive = 42.0
    """Days of treatment after which half of the effect is there."""
    per_year: float = 0.0
    """Points added every year in all arms."""


class FormModel(Part):
    """One questionnaire."""

    scales: dict[str, ScaleModel] = Field(default_factory=dict)
    """Scale -> its course."""
    default: ScaleModel = ScaleModel()
    """Course of the scales that are not named."""
    skipped: Rate = 0.0
    """Answers left out."""
    skipped_items: dict[str, Rate] = Field(default_factory=dict)
    """Item -> answers left out, where it is another part (sexual function, treatment not given)."""


class MissingForms(Part):
    """Why forms are missing. A visit's forms are missed together, or one of them alone."""

    visit: Rate = 0.0
    """Visits none of whose forms is filled in."""
    form: Rate = 0.0
    """Single forms that are missed besides."""
    per_year: NotNegative = 0.0
    """What is added to `visit` every year."""
    illness: NotNegative = 0.0
    """Log odds of missing a visit for each standard deviation of worse health."""
    reasons: dict[str, NotNegative]
    """Reason -> share."""
    not_recorded: Rate = 0.0
    """Missed forms of which nothing is recorded."""


class QuestionnaireModel(Part):
    """Questionnaires of synthetic patients."""

    health_share: Rate = 0.5
    """Part of the variance between patients that all scales share: general health."""
    day_spread: NotNegative = 3.0
    """Standard deviation of the days from the planned day to the form."""
    minutes: Positive = 11.0
    """Median minutes that a visit's forms take."""
    missing: MissingForms
    instruments: dict[str, FormModel]
    """Questionnaire of the protocol -> its course."""

    @model_validator(mode="after")
    def fits(self) -> Self:
        """Refuse a model without instruments."""
        if not self.instruments:
            raise ValueError("there is no questionnaire")
        return self


def disagreements(model: QuestionnaireModel, protocol: Protocol) -> Iterator[Disagreement]:
    """Find what does not fit the protocol, or together."""
    place, arms = ("questionnaires",), allocated_arms(protocol)
    planned = [part.name if isinstance(part, Instrument) else part for part in protocol.instruments]
    yield from unknown((*place, "instruments"), model.instruments, planned, "questionnaire of the protocol")
    yield from unknown((*place, "missing", "reasons"), model.missing.reasons, MISSED, "reason")
    yield from no_share((*place, "missing", "reasons"), model.missing.reasons)
    for name, form in model.instruments.items():
        here = (*place, "instruments", name)
        catalog = INSTRUMENTS.get(name)
        if catalog is None:
            if name in planned:
                expected = f"one of {', '.join(INSTRUMENTS)}"
                yield here, "the items of this questionnaire are not known", {"seen": name, "expected": expected}
            continue
        yield from unknown((*here, "scales"), form.scales, [scale.code for scale in catalog.scales], f"scale of {name}")
        items = [item.name for item in catalog.items]
        yield from unknown((*here, "skipped_items"), form.skipped_items, items, f"item of {name}")
        for code, scale in (*form.scales.items(), ("default", form.default)):
            inner = (*here, "default") if code == "default" else (*here, "scales", code)
            yield from unknown((*inner, "effects"), scale.effects, arms, "arm of the protocol")
