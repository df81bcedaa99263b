"""Lesions and how they grow."""

from typing import Annotated

from pydantic import Field

from equipoise.rehearsal.model.part import Lognormal, NotNegative, Part, Positive, Rate

__all__ = ["MOST_LESIONS", "MOST_NEW", "Effect", "Growth", "Lesions", "NewLesions", "Organ", "Tumors"]

MOST_LESIONS = 8
"""Lesions of a patient at baseline, at most."""
MOST_NEW = 2
"""New lesions of a patient, at most."""


class Organ(Part):
    """An organ with lesions."""

    weight: Positive
    """Share of the lesions."""
    nodal: bool = False
    """Whether the lesions are lymph nodes, measured by their short axis."""


class Lesions(Part):
    """Lesions at baseline."""

    mean_more: NotNegative
    """Mean number beyond the first (Poisson); at most eight lesions in all."""
    organs: dict[str, Organ]
    diameter_mm: Lognormal
    """Longest diameter; short axis of a node."""
    largest_mm: Positive = 150.0


class Growth(Part):
    """Growth without treatment."""

    doubling_months: Lognormal
    """Months in which diameters double, between patients."""
    indolent: Rate = 0.0
    """Patients whose disease hardly grows."""
    indolent_growth: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Their growth rate relative to what it would be."""
    lesion_spread: NotNegative = 0.0
    """Standard deviation of the logarithm of the growth rate between lesions of one patient."""


class Effect(Part):
    """What a treatment does while it is given."""

    growth: Lognormal
    """Factor on the growth rate."""
    depth: Lognormal
    """Share by which diameters shrink in the end, apart from growth."""
    deepest: Annotated[float, Field(gt=0, lt=1)] = 0.9
    """Largest share."""
    settles_months: Positive = 2.0
    """Months in which two thirds of the shrinkage take place."""
    new_lesions: NotNegative = 1.0
    """Factor on the rate of new lesions."""


class NewLesions(Part):
    """Lesions that appear."""

    per_month: NotNegative
    """Rate in a patient with median growth."""
    shape: Positive = 1.0
    """Exponent of time: above 1 they become more frequent."""
    growth_power: NotNegative = 0.0
    """Exponent of the patient's growth rate relative to the median."""


class Tumors(Part):
    """Lesions and how they grow."""

    lesions: Lesions
    growth: Growth
    effects: dict[str, Effect]
    """Arm -> what its treatment does."""
    after_crossover: Effect | None = None
    """What the open treatment does; as that of the arm crossed to unless given."""
    new: NewLesions
    obvious_growth: Positive = 1.6
    """Size relative to the smallest at which other than target lesions have progressed unequivocally."""
    clinical_growth: Positive = 2.0
    """Mean size relative to the smallest at which the physician ends blinded treatment without waiting for scans."""
