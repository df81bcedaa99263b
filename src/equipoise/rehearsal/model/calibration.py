"""Figures that a search for candidates aims at. The generator does not look at them."""

from typing import Annotated

from pydantic import Field

from equipoise.rehearsal.model.part import Part

__all__ = ["BaselineTarget", "Calibration", "EventTarget"]

Count = Annotated[int, Field(ge=0)]


class BaselineTarget(Part):
    """How many of those randomized have something at baseline."""

    of: str
    """Expression of the protocol's language over baseline fields."""
    count: Count
    within: Count = 0


class EventTarget(Part):
    """How many of an arm have an adverse event."""

    arm: str
    count: Count
    within: Count = 0
    term: str | None = None
    """Preferred term; any event unless given."""
    grade: Annotated[int, Field(ge=1, le=5)] = 3
    """Least grade."""
    related: bool = False
    """Whether only events related to treatment count."""
    cut: str | None = None
    """Data cut of the protocol; the default one unless given."""


class Calibration(Part):
    """Targets of the three searches, each with the distance within which it counts as met."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the search."""
    candidates: Annotated[int, Field(ge=2, le=100_000)] = 300
    """Candidates of each patient to choose from."""
    steps: Annotated[int, Field(ge=1)] = 200_000
    """Most choices to try in one search."""
    baseline: tuple[BaselineTarget, ...] = ()
    arms: dict[str, Count] = Field(default_factory=dict)
    """Arm -> patients randomized to it; the seed of the allocation is searched for."""
    course: dict[str, tuple[float, float]] = Field(default_factory=dict)
    """Figure of the course of disease and of its readings -> target, distance (`Pool.names` lists the figures)."""
    safety: tuple[EventTarget, ...] = ()
