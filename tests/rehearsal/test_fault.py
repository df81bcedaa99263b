"""The declared fault of allocation is found by replay and by the balance alarm; without it nothing is."""

import polars as pl
from tests.rehearsal.rehearsed import protocol_of, twin, whole_model

from equipoise.conduct.allocation_stage import Allocator, StageDesign
from equipoise.conduct.memory_vault import MemoryVault
from equipoise.conduct.replay import replay_rows
from equipoise.conduct.vault import Slot
from equipoise.ledger import verify_chain
from equipoise.ledger.chain import store
from equipoise.rehearsal.allocation import allocation_seed
from equipoise.rehearsal.vault import rehearsal_vault


def first_difference() -> int:
    """First slot at which the declared method gives another arm than the trial had, allocated here once more."""
    run, model = twin().run, whole_model()
    design = StageDesign.of(protocol_of()).cohorts[None]
    allocator, arms = Allocator(design), run.arms()
    uniforms = allocation_seed(model.allocation, 0).uniforms(1, 1, len(run.vault.rows))
    for place, row in enumerate(run.vault.rows):
        if allocator.allocate(row.factors, uniforms[place : place + 1]) != arms[row.subject]:
            return place + 1
    return 0


def test_replay_names_the_first_allocation_that_the_method_does_not_give() -> None:
    trial, fault = twin(), whole_model().allocation.fault
    assert fault is not None
    report = trial.run.vault.replay()
    assert not report.ok
    assert report.first_wrong == Slot(1, first_difference())
    assert fault.first_slot <= first_difference() <= fault.last_slot
    assert report.reason == "the arm is not the one that the declared method gives"
    assert trial.run.vault.balance().alarm


def test_chain_and_receipts_show_nothing_of_the_fault() -> None:
    """What was done was recorded faithfully: only the method was not followed."""
    run = twin().run
    assert len(list(verify_chain("trial", [store(event) for event in run.events]))) == len(run.events)
    receipts = {
        Slot(e.payload["stage"], e.payload["slot"]): e.payload["receipt"] for e in run.events if e.kind == "randomized"
    }
    assert {row.slot: row.receipt for row in run.vault.rows} == receipts


def test_without_the_fault_everything_passes() -> None:
    sound = twin(faulty=False)
    assert sound.run.vault.replay().ok
    assert not sound.run.vault.balance().alarm
    assert type(sound.run.vault) is MemoryVault
    arms = sound.facts.patients.filter(pl.col("ARM").is_not_null()).group_by("ARM").len()
    assert arms["len"].max() - arms["len"].min() <= 8  # type: ignore[operator]


def test_the_fault_changes_arms_and_nothing_before_it() -> None:
    with_fault, without = twin().run.arms(), twin(faulty=False).run.arms()
    order = [row.subject for row in twin().run.vault.rows]
    assert order == [row.subject for row in twin(faulty=False).run.vault.rows]
    differing = [place for place, subject in enumerate(order, 1) if with_fault[subject] != without[subject]]
    assert min(differing) == first_difference()


def test_replay_takes_the_seed_of_the_commitment() -> None:
    model = whole_model()
    vault, _ = rehearsal_vault(protocol_of(), model.allocation)
    assert vault.commitment == allocation_seed(model.allocation, 0).commitment
    assert replay_rows((), {}, allocation_seed(model.allocation, 0), vault._key).ok
