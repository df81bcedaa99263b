"""Seed of allocation, and a fault in it."""

from typing import Annotated

from pydantic import Field

from equipoise.rehearsal.model.part import Part, Positive

__all__ = ["AllocationFault", "AllocationModel"]


class AllocationFault(Part):
    """A fault of the computer: for some slots arms are drawn by other shares, and balance is not looked at."""

    first_slot: Annotated[int, Field(ge=1)]
    last_slot: Annotated[int, Field(ge=1)]
    shares: dict[str, Positive]
    """Arm -> share by which the faulty slots are drawn."""


class AllocationModel(Part):
    """Seed of allocation, and a fault in it."""

    seed: Annotated[int, Field(ge=0)]
    fault: AllocationFault | None = None
