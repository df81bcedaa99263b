"""Seed of allocation, and a fault in it."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from equipoise.rehearsal.model.part import Part, Positive

__all__ = ["AllocationFault", "AllocationModel"]


class AllocationFault(Part):
    """A fault of the computer: for some slots arms are drawn by other shares, and balance is not looked at."""

    first_slot: Annotated[int, Field(ge=1)]
    last_slot: Annotated[int, Field(ge=1)]
    shares: dict[str, Positive]
    """Arm -> share by which the faulty slots are drawn."""

    @model_validator(mode="after")
    def rises(self) -> Self:
        """Refuse slots in the wrong order, and shares of nobody."""
        if self.first_slot > self.last_slot:
            raise ValueError(f"first_slot {self.first_slot} lies above last_slot {self.last_slot}")
        if not self.shares:
            raise ValueError("no arm has a share: expected at least one")
        return self


class AllocationModel(Part):
    """Seed of allocation, and a fault in it."""

    seed: Annotated[int, Field(ge=0)]
    fault: AllocationFault | None = None
