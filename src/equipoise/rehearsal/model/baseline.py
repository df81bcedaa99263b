"""Distributions of baseline facts, each of which may depend on those declared before it."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from equipoise.rehearsal.model.part import Lognormal, NotNegative, Part, Rate, Span

__all__ = ["BaselineDistribution", "Case", "Distribution", "Normal"]

_KINDS = ("levels", "probability", "normal", "lognormal", "days_before")


class Normal(Part):
    """A number that varies around its mean."""

    mean: float
    spread: NotNegative
    """Standard deviation."""


class Distribution(Part):
    """One of the ways in which a fact varies; none of them for a fact that is not known."""

    levels: dict[str, NotNegative] | None = None
    """Level -> share."""
    probability: Rate | None = None
    """Share of the patients with the answer yes."""
    normal: Normal | None = None
    lognormal: Lognormal | None = None
    days_before: Span | None = None
    """A date so many days before screening."""
    low: float | None = None
    """Smallest number; smaller ones are set to it."""
    high: float | None = None
    """Largest number; larger ones are set to it."""
    decimals: Annotated[int, Field(ge=0, le=6)] = 0

    @property
    def kind(self) -> str | None:
        """Name of the way; none where the fact is not known."""
        return next((name for name in _KINDS if getattr(self, name) is not None), None)

    @model_validator(mode="after")
    def one_way(self) -> Self:
        """Refuse two ways at once, levels without a share, and bounds in the wrong order."""
        given = [name for name in _KINDS if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} are given: expected one of them")
        if self.levels is not None and not sum(self.levels.values()) > 0:
            raise ValueError("no level has a share: expected shares with a sum above 0")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low {self.low:g} lies above high {self.high:g}")
        return self


class Case(Distribution):
    """The distribution among some patients."""

    when: str
    """Expression of the protocol's language over facts declared before."""


class BaselineDistribution(Distribution):
    """How one baseline fact varies."""

    cases: tuple[Case, ...] = ()
    """Patients among whom it varies in another way; the first case that holds counts."""
