"""Arms of synthetic patients, by the allocator that a live trial uses, and the declared fault.

The seed of a trial's allocations comes from seeded entropy in the order in which `MemoryVault` draws it, so that the
vault of the same seed gives the same arms.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.conduct.allocation_stage import Allocator, CohortDesign, StageDesign
from equipoise.conduct.entropy import SealedSeed, SeededEntropy
from equipoise.conduct.sealing import KEY_BYTES
from equipoise.protocol import Protocol
from equipoise.rehearsal.model.allocation import AllocationFault, AllocationModel

__all__ = ["FaultyAllocator", "allocate", "allocation_entropy", "allocation_seed"]

STAGE = 1


def allocation_entropy(model: AllocationModel, trial: int) -> SeededEntropy:
    """Entropy of the vault of a trial."""
    return SeededEntropy(f"{model.seed}/{trial}")


def allocation_seed(model: AllocationModel, trial: int) -> SealedSeed:
    """Seed of a trial's allocations, as a `MemoryVault` over `allocation_entropy` would have it."""
    entropy = allocation_entropy(model, trial)
    entropy(KEY_BYTES)
    return SealedSeed.new(entropy)


class FaultyAllocator(Allocator):
    """An allocator that for some slots draws the arm by wrong shares and leaves its counts as they are."""

    __slots__ = ("_fault", "_shares", "_slot")

    def __init__(self, design: CohortDesign, fault: AllocationFault | None) -> None:
        super().__init__(design)
        self._fault = fault
        shares = np.array([0.0 if fault is None else fault.shares.get(arm, 0.0) for arm in design.arms])
        self._shares: NDArray[np.float64] = np.cumsum(shares) / max(float(shares.sum()), 1e-300)
        self._slot = 0

    def allocate(self, factors: Mapping[str, str], uniforms: NDArray[np.float64]) -> str:
        """Allocate the patient of the next slot."""
        self._slot += 1
        fault = self._fault
        if fault is None or not fault.first_slot <= self._slot <= fault.last_slot:
            return super().allocate(factors, uniforms)
        return self._design.arms[int(np.searchsorted(self._shares, float(uniforms.flat[0]), side="right"))]


def allocate(
    protocol: Protocol, factors: pl.DataFrame, model: AllocationModel, *, faulty: bool = True
) -> NDArray[np.object_]:
    """Allocate the patients of trials in order of their slots.

    Parameters
    ----------
    protocol
        Arms, ratio, method and strata.
    factors
        TRIAL, SLOT (1, 2, ... in order of randomization), COHORT (null in a trial without cohorts) and a text column
        for each stratification factor.
    model
        Seed, and the fault.
    faulty
        Whether the declared fault takes place.

    Returns
    -------
    numpy.ndarray
        The arm of each row.
    """
    designs = StageDesign.of(protocol).cohorts
    names = list(dict.fromkeys(name for design in designs.values() for name in design.factors))
    arms = np.empty(factors.height, dtype=object)
    ordered = factors.select("TRIAL", "SLOT", "COHORT", *names).with_row_index("ROW").sort("TRIAL", "SLOT")
    for (trial,), rows in ordered.group_by("TRIAL", maintain_order=True):
        fault = model.fault if faulty else None
        allocators = {cohort: FaultyAllocator(design, fault) for cohort, design in designs.items()}
        uniforms = allocation_seed(model, int(str(trial))).uniforms(STAGE, 1, rows.height)
        for place, (row, cohort, *levels) in enumerate(rows.select("ROW", "COHORT", *names).iter_rows()):
            given = dict(zip(names, levels, strict=True))
            arms[row] = allocators[cohort].allocate(given, uniforms[place : place + 1])
    return arms
