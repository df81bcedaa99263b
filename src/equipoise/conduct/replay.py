"""Replay: allocate everybody again from the sealed seed and the recorded factors, and name the first that differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.conduct.allocation_stage import Allocator, StageDesign
from equipoise.conduct.sealing import ALLOCATOR_VERSION, SealedRow, VaultKey
from equipoise.conduct.vault import ReplayReport, Slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from equipoise.conduct.entropy import SealedSeed

__all__ = ["replay_rows"]


def replay_rows(
    rows: Iterable[SealedRow],
    stages: Mapping[int, StageDesign],
    seed: SealedSeed,
    key: VaultKey,
    receipts: Mapping[Slot, str] | None = None,
) -> ReplayReport:
    """Allocate every row again under the design of its stage and compare with what it holds.

    Parameters
    ----------
    rows
        The sealed rows; any order.
    stages
        Design of each stage, from the protocol version of its day.
    seed, key
        Secrets of the vault.
    receipts
        Receipts as they stand in the record; where given, each row must match its own, and none may lack a row.

    Returns
    -------
    ReplayReport
        `first_wrong` is the first slot at which something is wrong, `reason` says what. Neither names an arm.
    """
    ordered = sorted(rows, key=lambda row: row.slot)
    wrong = dict.fromkeys(receipts or {}, "the record has a receipt, the vault no row")
    for row in ordered:
        wrong.pop(row.slot, None)
    wrong |= _gaps(ordered)
    uniforms = _uniforms(ordered, seed)
    allocators: dict[tuple[int, str | None], Allocator] = {}
    for row in ordered:
        reason = _check_row(row, stages, allocators, uniforms, key)
        if reason is None and receipts is not None and receipts.get(row.slot) != row.receipt:
            reason = "the receipt is not the one in the record"
        if reason is not None:
            wrong[row.slot] = reason
    first = min(wrong) if wrong else None
    return ReplayReport(
        n_checked=len(ordered),
        n_wrong=len(wrong),
        first_wrong=first,
        reason=wrong[first] if first is not None else None,
    )


def _check_row(
    row: SealedRow,
    stages: Mapping[int, StageDesign],
    allocators: dict[tuple[int, str | None], Allocator],
    uniforms: Mapping[Slot, NDArray[np.float64]],
    key: VaultKey,
) -> str | None:
    """Allocate one row again; say what is wrong with it."""
    if row.version != ALLOCATOR_VERSION:
        return f"made by allocator version {row.version}, which this program does not have"
    stage = stages.get(row.slot.stage)
    design = stage.cohorts.get(row.cohort) if stage is not None else None
    if design is None or set(design.factors) - set(row.factors):
        return "the design of its stage has no such cohort or other factors"
    allocator = allocators.setdefault((row.slot.stage, row.cohort), Allocator(design))
    declared = allocator.allocate(row.factors, uniforms[row.slot])
    number = row.arm_number(key)
    if number is None:
        return "the row does not open: another key, or it was changed"
    if number >= len(design.arms) or design.arms[number] != declared:
        return "the arm is not the one that the declared method gives"
    return None


def _gaps(rows: list[SealedRow]) -> dict[Slot, str]:
    """Find slots that are missing before a later one, and slots that stand twice."""
    wrong: dict[Slot, str] = {}
    before = Slot(0, 0)
    for row in rows:
        expected = before.number + 1 if row.slot.stage == before.stage else 1
        if row.slot == before:
            wrong[row.slot] = "the slot stands twice"
        elif row.slot.number > expected:
            wrong[Slot(row.slot.stage, expected)] = "the slot is missing"
        before = row.slot
    return wrong


def _uniforms(rows: list[SealedRow], seed: SealedSeed) -> dict[Slot, NDArray[np.float64]]:
    last: dict[int, int] = {}
    for row in rows:
        last[row.slot.stage] = max(last.get(row.slot.stage, 0), row.slot.number)
    streams = {stage: seed.uniforms(stage, 1, number) for stage, number in last.items()}
    return {row.slot: streams[row.slot.stage][row.slot.number - 1] for row in rows}
