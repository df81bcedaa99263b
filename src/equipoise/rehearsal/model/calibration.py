"""Figures that a search for candidates aims at. The generator does not look at them."""

from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import Field

from equipoise.protocol import Protocol, field_types
from equipoise.protocol.expressions import ExpressionError, parse
from equipoise.protocol.nearest import nearest
from equipoise.rehearsal.model.part import NotNegative, Part

__all__ = ["BaselineTarget", "Calibration", "EventTarget", "disagreements"]

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
    course: dict[str, tuple[float, NotNegative]] = Field(default_factory=dict)
    """Figure of the course of disease and of its readings -> target, distance (`Pool.names` lists the figures)."""
    safety: tuple[EventTarget, ...] = ()


Disagreement = tuple[tuple[str | int, ...], str, dict[str, str | None]]


def disagreements(asked: Calibration, protocol: Protocol, *, terms: Iterable[str]) -> Iterator[Disagreement]:
    """Say which targets name what there is not: baseline facts, arms, data cuts, adverse events.

    Parameters
    ----------
    asked
        Targets.
    protocol
        Trial whose arms, baseline fields and data cuts they name.
    terms
        Preferred terms of the adverse events that the model makes.
    """
    place, fields = "calibration", field_types(protocol)
    for i, fact in enumerate(asked.baseline):
        try:
            parse(fact.of, fields, expect="boolean")
        except ExpressionError as error:
            yield (place, "baseline", i, "of"), str(error), {}
    arms, known, cuts = list(protocol.arms), sorted(set(terms)), list(protocol.data_cuts)
    for arm in asked.arms:
        yield from _unknown((place, "arms", arm), arm, arms, "arm of the protocol")
    for i, harm in enumerate(asked.safety):
        yield from _unknown((place, "safety", i, "arm"), harm.arm, arms, "arm of the protocol")
        if harm.term is not None:
            yield from _unknown((place, "safety", i, "term"), harm.term, known, "adverse event of the model")
        if harm.cut is not None:
            yield from _unknown((place, "safety", i, "cut"), harm.cut, cuts, "data cut of the protocol")


def _unknown(place: tuple[str | int, ...], name: str, known: list[str], what: str) -> Iterator[Disagreement]:
    if name not in known:
        expected = f"one of {', '.join(known)}" if known else "none: there are none"
        yield place, f"no {what}", {"seen": name, "expected": expected, "suggestion": nearest(name, known)}
