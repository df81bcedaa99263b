"""The twin's record: sound as a record, and replay and the balance alarm show the declared fault of allocation."""

import re
import subprocess
import sys

import pytest
from tests.rehearsal.rehearsed import protocol_of, protocol_text, whole_model
from tests.rehearsal.twin.conftest import TRIAL, Twin

from equipoise.conduct.allocation_stage import Allocator, StageDesign
from equipoise.rehearsal.allocation import allocation_seed
from equipoise.rehearsal.facts import Facts, generate
from equipoise.rehearsal.memory import Rehearsed, run
from equipoise.rehearsal.twin.seeds import SEEDS, read_seeds

FAULTY = 4
"""Exit code of a record that is not as it should be."""


def facts_of(*, faulty: bool) -> Facts:
    model = whole_model()
    return generate(protocol_of(), model, read_seeds(TRIAL / SEEDS, model.accrual.screened), faulty=faulty)


def run_of(*, faulty: bool) -> Rehearsed:
    return run(protocol_of(), protocol_text(), whole_model(), facts_of(faulty=faulty), faulty=faulty)


@pytest.fixture(scope="module")
def faulty() -> Rehearsed:
    return run_of(faulty=True)


@pytest.fixture(scope="module")
def sound() -> Rehearsed:
    return run_of(faulty=False)


def first_wrong(found: Rehearsed) -> int:
    """First slot whose arm the declared method does not give, allocated here once more."""
    allocator, arms = Allocator(StageDesign.of(protocol_of()).cohorts[None]), found.arms()
    uniforms = allocation_seed(whole_model().allocation, 0).uniforms(1, 1, len(found.vault.rows))
    for place, row in enumerate(found.vault.rows):
        if allocator.allocate(row.factors, uniforms[place : place + 1]) != arms[row.subject]:
            return place + 1
    return 0


def test_verify_names_the_first_wrong_allocation_and_nothing_else(twin: Twin, faulty: Rehearsed) -> None:
    program = "from equipoise.cli import main; main()"
    command = [sys.executable, "-c", program, "verify", "--data", twin.folder / "record/data"]
    command += ["--key", twin.folder / "record/trial.key"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == FAULTY, done.stdout + done.stderr
    words = dict(reversed(found) for found in re.findall(r"^\s*(ok|WRONG)\s+([^:]+):", done.stdout, flags=re.M))
    assert {name for name, word in words.items() if word == "WRONG"} == {"allocations", "balance"}
    assert {"trial chain", "access chain", "trial head", "access head", "list of patients"} <= set(words)
    slot = first_wrong(faulty)
    fault = whole_model().allocation.fault
    assert fault is not None
    assert fault.first_slot <= slot <= fault.last_slot
    assert f"slot {slot} of stage 1 (subject " in done.stdout


def test_97_and_74_come_of_the_fault_alone(faulty: Rehearsed, sound: Rehearsed) -> None:
    def sizes(found: Rehearsed) -> list[int]:
        return sorted(list(found.arms().values()).count(arm) for arm in protocol_of().arms)

    assert sizes(faulty) == [74, 97]
    assert not faulty.vault.replay().ok
    assert faulty.vault.balance().alarm
    low, high = sizes(sound)
    assert low + high == 97 + 74
    assert high - low <= 8
    assert sound.vault.replay().ok
    assert not sound.vault.balance().alarm
    assert first_wrong(sound) == 0


def test_the_record_before_the_first_wrong_slot_is_the_same(faulty: Rehearsed, sound: Rehearsed) -> None:
    """Byte for byte in all but the receipts, which seal the arm."""
    slot = first_wrong(faulty)
    stop = next(i for i, e in enumerate(faulty.events) if e.kind == "randomized" and e.payload["slot"] == slot)
    alike = [
        (a.kind, a.at, a.subject, a.payload) == (b.kind, b.at, b.subject, b.payload)
        for a, b in zip(faulty.events[:stop], sound.events[:stop], strict=True)
    ]
    assert all(alike)
    here, there = faulty.events[stop], sound.events[stop]
    assert {name for name in here.payload if here.payload[name] != there.payload[name]} == {"receipt"}
