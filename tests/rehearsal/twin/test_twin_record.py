"""The twin's record: sound as a record, and replay and the balance alarm show the declared fault of allocation."""

import re

import polars as pl
import pytest
from tests import warm
from tests.rehearsal import rehearsed
from tests.rehearsal.rehearsed import protocol_of, whole_model
from tests.rehearsal.twin.conftest import Twin

from equipoise.conduct.allocation_stage import Allocator, StageDesign
from equipoise.derive.sdtm import sdtm_from_ledger
from equipoise.rehearsal.allocation import allocation_seed
from equipoise.rehearsal.memory import Rehearsed

FAULTY = 4
"""Exit code of a record that is not as it should be."""


@pytest.fixture(scope="module")
def faulty() -> Rehearsed:
    return rehearsed.twin().run


@pytest.fixture(scope="module")
def sound() -> Rehearsed:
    return rehearsed.twin(faulty=False).run


def first_wrong(found: Rehearsed) -> int:
    """First slot whose arm the declared method does not give, allocated here once more."""
    allocator, arms = Allocator(StageDesign.of(protocol_of()).cohorts[None]), found.arms()
    uniforms = allocation_seed(whole_model().allocation, 0).uniforms(1, 1, len(found.vault.rows))
    for place, row in enumerate(found.vault.rows):
        if allocator.allocate(row.factors, uniforms[place : place + 1]) != arms[row.subject]:
            return place + 1
    return 0


def test_verify_names_the_first_wrong_allocation_and_nothing_else(twin: Twin, faulty: Rehearsed) -> None:
    record = twin.folder / "record"
    done = warm.command_line(["verify", "--data", record / "data", "--key", record / "trial.key"])
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


def test_blinded_data_are_the_same_until_treatment_acts() -> None:
    """With and without the fault patients have other arms: before the first of them takes a dose all data are alike.

    The day of the dose counts, not the day on which it is entered: doses are entered a cycle later, when events and
    measurements of treated patients differ as they should.
    """
    one, other = rehearsed.twin(), rehearsed.twin(faulty=False)
    here, there = one.run.arms(), other.run.arms()
    differ = [subject for subject in here if here[subject] != there[subject]]
    assert len(differ) > 10
    days = [lived.facts.patients.filter(pl.col("SUBJECT").is_in(differ))["FIRST_DOSE"].min() for lived in (one, other)]
    first = min(str(day) for day in days)
    parts = [[event for event in lived.run.events if event.at < first] for lived in (one, other)]
    allocated = {event.subject for event in parts[0] if event.kind == "randomized"}
    assert allocated & set(differ), "somebody with another arm is among them"
    blinded = [sdtm_from_ledger(protocol_of(), part).datasets for part in parts]
    assert set(blinded[0]) == set(blinded[1])
    assert [name for name, frame in blinded[0].items() if not frame.equals(blinded[1][name])] == []
    revealed = [
        sdtm_from_ledger(protocol_of(), part, arms={s: arm for s, arm in lived.run.arms().items() if s in allocated})
        for part, lived in zip(parts, (one, other), strict=True)
    ]
    assert not revealed[0].datasets["DM"].equals(revealed[1].datasets["DM"]), "the comparison would see an arm"
