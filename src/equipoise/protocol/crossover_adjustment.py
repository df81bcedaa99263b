"""How survival had nobody crossed over is estimated, beside the intention-to-treat comparison."""

from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.item import Identifier, Item, SdtmHome
from equipoise.terms import Assessor

__all__ = ["CrossoverAdjustment", "TimeVarying"]


class TimeVarying(Item):
    """A measurement after randomization that may make a patient cross over and tells of survival."""

    label: str | None = None
    """Name in tables; the identifier in words unless given."""
    sdtm: SdtmHome
    """Home of its dated numbers: a test of a findings domain."""


class CrossoverAdjustment(Item):
    """Estimates of survival had nobody crossed over; the intention-to-treat comparison stays the primary one."""

    methods: Annotated[tuple[Literal["rpsftm", "ipcw", "two_stage", "two_stage_g"], ...], Field(min_length=1)] = (
        "rpsftm",
        "ipcw",
        "two_stage",
        "two_stage_g",
    )
    """Rank-preserving structural model, censoring weights, two-stage estimation simple and by g-estimation."""
    recensor: Annotated[tuple[bool, ...], Field(min_length=1)] = (True, False)
    """With recensoring, without it, or both side by side."""
    effect_after_switch: Annotated[tuple[Annotated[float, Field(gt=0)], ...], Field(min_length=1)] = (1, 0.75, 0.5)
    """Effect after crossover as a multiple of the effect from randomization, for the structural model."""
    progression: Assessor | None = None
    """Whose date of progression counts; that of the gate of crossover unless given, else central."""
    covariates: tuple[Identifier, ...] = ()
    """Baseline fields in the models, beside the stratification factors."""
    time_varying: dict[Identifier, TimeVarying] = {}
    """Measurements in the models of who crosses over."""
    distribution: Literal["weibull", "exponential", "lognormal", "loglogistic"] = "weibull"
    """Distribution of survival after progression in the simple two-stage estimation."""
    interval_days: Annotated[int, Field(ge=1)] = 14
    """Length of the intervals after progression in which g-estimation asks who crosses over."""
    bootstrap: Annotated[int, Field(ge=0)] = 0
    """Samples of patients through the whole procedure for confidence limits; none for limits by formula."""
    seed: Annotated[int, Field(ge=0)] = 1
    """Seed of the samples."""
