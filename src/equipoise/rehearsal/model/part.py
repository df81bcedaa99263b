"""What the parts of a patient model have in common."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["ByArm", "Days", "Lognormal", "NotNegative", "Part", "Positive", "Rate", "Span"]

Rate = Annotated[float, Field(ge=0, le=1)]
"""A probability."""
NotNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Days = Annotated[int, Field(ge=0)]


class Part(BaseModel):
    """A part of a patient model: frozen, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Lognormal(Part):
    """A quantity that varies between patients by a factor."""

    median: Positive
    """Half of the patients lie below it."""
    spread: NotNegative = 0.0
    """Standard deviation of its natural logarithm."""


class Span(Part):
    """Days that are equally likely, both ends included."""

    least: Days
    most: Days

    @model_validator(mode="after")
    def rises(self) -> Self:
        """Refuse a span that ends before it begins."""
        if self.least > self.most:
            raise ValueError(f"least {self.least} lies above most {self.most}")
        return self


ByArm = dict[str, NotNegative]
"""Arm -> a number that is not negative."""
