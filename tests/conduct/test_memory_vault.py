"""The vault: one allocation per subject, receipts, stages, replay; nothing secret in texts and tracebacks."""

import datetime as dt
import traceback
from collections import Counter
from dataclasses import replace
from hashlib import sha256

import pytest
from tests.conduct.allocation_cases import ARMS, STRATA, filled, protocol

from equipoise.conduct.entropy import SealedSeed, SeededEntropy
from equipoise.conduct.memory_vault import MemoryVault
from equipoise.conduct.replay import replay_rows
from equipoise.conduct.sealing import VaultKey, seal_allocation
from equipoise.conduct.vault import CROSS_OVER, Grant, GrantKind, Slot, VaultError, VaultErrorCode

UTC = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def grant(subject, kind=GrantKind.PLANNED):
    return Grant(subject=subject, kind=kind, actor="dmc", at=UTC, event="E1")


def test_blocks_balance_every_stratum():
    vault = filled(171)
    arms = vault.reveal_all(grant("*", GrantKind.END_OF_TRIAL))
    strata = Counter((row.stratum, arms[row.subject]) for row in vault.rows)
    for stratum in {row.stratum for row in vault.rows}:
        assert abs(strata[stratum, ARMS[0]] - strata[stratum, ARMS[1]]) <= 3
    assert set(arms.values()) == set(ARMS)


def test_the_same_subject_has_one_allocation():
    vault = filled(10)
    before = vault.rows
    receipt = before[3].receipt
    factors = {"small_bowel": "true", "concurrent_ssa": "true"}
    for slot in (Slot(1, 4), Slot(1, 11), Slot(1, 99)):
        assert vault.draw(slot, "other", factors, subject="S0004") == receipt
    assert vault.rows == before


def test_receipts_are_hashes_of_slot_nonce_and_ciphertext():
    for row in filled(5).rows:
        content = bytes([0, 0, 0, 1]) + row.slot.number.to_bytes(8, "big") + row.nonce + row.ciphertext
        assert row.receipt == sha256(content).hexdigest()
        assert len(row.ciphertext) == 18


def test_the_same_entropy_and_factors_give_the_same_vault():
    assert [r.receipt for r in filled(30).rows] == [r.receipt for r in filled(30).rows]
    assert filled(30).commitment == filled(30).commitment
    assert filled(30, seed=2).commitment != filled(30).commitment


REFUSALS = [
    (Slot(1, 3), STRATA[0], None, VaultErrorCode.SLOT_TAKEN, "slot 3 is another subject's: take 6"),
    (Slot(1, 7), STRATA[0], None, VaultErrorCode.SLOT_NOT_NEXT, "slot 7 is not the next one, 6"),
    (Slot(2, 1), STRATA[0], None, VaultErrorCode.STAGE_UNKNOWN, "stage 2 is not open: expected 1 to 1"),
    (Slot(1, 6), {"small_bowel": "true"}, None, VaultErrorCode.FACTORS_WRONG, "concurrent_ssa is missing"),
    (Slot(1, 6), {**STRATA[0], "age": "old"}, None, VaultErrorCode.FACTORS_WRONG, "age is not a factor"),
    (Slot(1, 6), STRATA[0], "east", VaultErrorCode.FACTORS_WRONG, "unknown cohort 'east'"),
]


@pytest.mark.parametrize(("slot", "factors", "cohort", "code", "message"), REFUSALS)
def test_refusals_change_nothing(slot, factors, cohort, code, message):
    vault = filled(5)
    with pytest.raises(VaultError, match=message) as error:
        vault.draw(slot, "s", factors, subject="new", cohort=cohort)
    assert error.value.code is code
    assert len(vault.rows) == 5
    assert vault.next_slot() == Slot(1, 6)


def test_a_schedule_with_a_limit_ends():
    vault = MemoryVault(SeededEntropy(1), protocol(), limit=2)
    for i in (1, 2):
        vault.draw(vault.next_slot(), "s", STRATA[0], subject=str(i))
    with pytest.raises(VaultError, match="all 2 slots") as error:
        vault.draw(vault.next_slot(), "s", STRATA[0], subject="3")
    assert error.value.code is VaultErrorCode.SCHEDULE_EXHAUSTED


def test_an_amendment_starts_a_stage_and_old_slots_are_replayed_under_their_own_design():
    vault = filled(40)
    assert vault.open_stage(protocol(ratio={ARMS[0]: 2, ARMS[1]: 1}, method={"minimization": {}})) == 2
    for i in range(60):
        vault.draw(Slot(2, i + 1), "s", STRATA[i % 4], subject=f"T{i}")
        if i < 5:  # a site that has not taken up the amendment yet
            vault.draw(vault.next_slot(1), "s", STRATA[i % 4], subject=f"U{i}")
    report = vault.replay()
    assert (report.ok, report.n_checked, report.first_wrong) == (True, 105, None)
    arms = vault.reveal_all(grant("*", GrantKind.DMC))
    second = Counter(arms[row.subject] for row in vault.rows if row.slot.stage == 2)
    assert abs(second[ARMS[0]] - 40) <= 6


def resealed(vault, row):
    """Put the other arm into a row, as a faulty allocator would: sealed with the right key."""
    number = row.arm_number(vault._key)
    return seal_allocation(
        vault._key,
        row.nonce,
        1 - number,
        slot=row.slot,
        subject=row.subject,
        stratum=row.stratum,
        factors=row.factors,
        cohort=row.cohort,
    )


def replayed(vault, rows, *, seed=None, receipts=None):
    return replay_rows(rows, {1: vault._stages[0]}, seed or vault._seed, vault._key, receipts)


def test_replay_names_the_first_allocation_that_the_method_does_not_give():
    vault = filled(60)
    rows = list(vault.rows)
    rows[41], rows[50] = resealed(vault, rows[41]), resealed(vault, rows[50])
    report = replayed(vault, rows)
    assert (report.n_checked, report.n_wrong, report.first_wrong) == (60, 2, Slot(1, 42))
    assert report.reason == "the arm is not the one that the declared method gives"
    assert not any(arm in repr(report) for arm in ARMS)


ALTERED = {
    "ciphertext": (lambda r: replace(r, ciphertext=bytes([r.ciphertext[0] ^ 1]) + r.ciphertext[1:]), "does not open"),
    "nonce": (lambda r: replace(r, nonce=bytes(12)), "does not open"),
    "subject": (lambda r: replace(r, subject="S0001"), "does not open"),
    "stratum": (lambda r: replace(r, stratum="x"), "does not open"),
    "version": (lambda r: replace(r, version=99), "allocator version 99"),
    "cohort": (lambda r: replace(r, cohort="east"), "no such cohort"),
    "factor": (lambda r: replace(r, factors={"small_bowel": "true"}), "other factors"),
}


@pytest.mark.parametrize("what", ALTERED)
def test_replay_names_an_altered_row(what):
    alter, reason = ALTERED[what]
    vault = filled(30)
    rows = list(vault.rows)
    rows[17] = alter(rows[17])
    report = replayed(vault, rows)
    assert report.first_wrong == Slot(1, 18)
    assert reason in report.reason


def test_replay_finds_missing_and_doubled_slots_and_receipts():
    vault = filled(30)
    rows, receipts = vault.rows, {row.slot: row.receipt for row in vault.rows}
    assert replayed(vault, rows, receipts=receipts).ok
    report = replayed(vault, rows[:9] + rows[10:], receipts=receipts)
    assert (report.first_wrong, report.reason) == (Slot(1, 10), "the slot is missing")
    report = replayed(vault, rows[:-1], receipts=receipts)
    assert (report.first_wrong, report.reason) == (Slot(1, 30), "the record has a receipt, the vault no row")
    report = replayed(vault, (*rows, rows[4]), receipts=receipts)
    assert report.first_wrong == Slot(1, 5)
    report = replayed(vault, rows, receipts={**receipts, Slot(1, 8): "0" * 64})
    assert (report.first_wrong, report.reason) == (Slot(1, 8), "the receipt is not the one in the record")


def test_replay_with_another_seed_or_key_fails():
    vault = filled(30)
    other = SealedSeed.new(SeededEntropy("other"))
    assert replayed(vault, vault.rows, seed=other).n_wrong > 5
    report = replay_rows(vault.rows, {1: vault._stages[0]}, vault._seed, VaultKey(bytes(32)))
    assert report.n_wrong == 30
    assert "another key" in report.reason


def test_reveal_needs_a_grant_for_the_subject_and_is_kept():
    vault = filled(5)
    with pytest.raises(VaultError) as error:
        vault.reveal("S0001", grant("S0002"))
    assert error.value.code is VaultErrorCode.NOT_ENTITLED
    with pytest.raises(VaultError, match="has no allocation"):
        vault.reveal("nobody", grant("nobody"))
    with pytest.raises(VaultError, match="one subject"):
        vault.reveal_all(grant("S0001"))
    assert vault.grants == ()
    mine = grant("S0001", GrantKind.EMERGENCY)
    assert vault.reveal("S0001", mine) in ARMS
    assert vault.grants == (mine,)


def test_crossover_is_open_to_the_arm_of_the_protocol_alone_and_changes_the_next_kit():
    vault = filled(20)
    arms = vault.reveal_all(grant("*", GrantKind.END_OF_TRIAL))
    vault.kits.deliver("L1", dt.date(2028, 1, 1), 40)
    vault.kits.ship("01", "L1", 40)
    contents = vault.kits.contents()
    for subject, arm in arms.items():
        assert vault.permits(subject, CROSS_OVER) == (arm == "placebo")
        first = vault.kit_for(subject, "01", request="r1", day=dt.date(2026, 1, 1))
        assert contents[first] == arm
        assert vault.cross_over(subject) == (arm == "placebo")
        assert contents[vault.kit_for(subject, "01", request="r2", day=dt.date(2026, 1, 1))] == "pazopanib"
    with pytest.raises(VaultError, match="unknown action"):
        vault.permits("S0001", "see the arm")


def test_kits_are_permitted_to_the_patient_they_were_assigned_to():
    vault = filled(4)
    vault.kits.deliver("L1", dt.date(2028, 1, 1), 5)
    vault.kits.ship("01", "L1", 5)
    number = vault.kit_for("S0001", "01", request="r1", day=dt.date(2026, 1, 1))
    assert vault.kit_for("S0001", "01", request="r1", day=dt.date(2026, 3, 1)) == number
    assert vault.permits("S0001", f"kit:{number}")
    assert [vault.permits(f"S000{i}", f"kit:{number}") for i in (2, 3, 4)] == [False] * 3
    others = [kit.number for kit in vault.kits.at_site("01") if kit.number != number]
    assert not any(vault.permits("S0001", f"kit:{other}") for other in others)
    with pytest.raises(VaultError) as error:
        vault.kit_for("nobody", "01", request="r1", day=dt.date(2026, 1, 1))
    assert error.value.code is VaultErrorCode.SUBJECT_UNKNOWN


def test_nothing_secret_in_texts():
    vault = filled(12)
    secret = vault._seed.secret()
    objects = [vault, vault.rows[0], vault._key, vault._seed, vault.kits, vault.balance(), vault.balance().cohorts[0]]
    objects += [
        vault.replay(),
        vault._stages[0],
        vault._stages[0].cohorts[None],
        vault._stages[0].cohorts[None].plan((2,)),
    ]
    objects += list(vault._allocators.values())
    for thing in objects:
        for text in (repr(thing), str(thing)):
            assert not any(arm in text for arm in ARMS)
            assert "[4, 6]" not in text
            assert "(4, 6)" not in text
            assert secret.hex()[:16] not in text


def test_nothing_secret_in_tracebacks():
    """Not even in the variables of the frames, which error pages show."""
    vault = filled(12)
    vault.kits.deliver("L1", dt.date(2028, 1, 1), 1)
    vault.kits.ship("01", "L1", 1)
    vault.kit_for("S0001", "01", request="r", day=dt.date(2026, 1, 1))
    calls = [
        lambda: vault.kit_for("S0002", "01", request="r", day=dt.date(2026, 1, 1)),
        lambda: vault.kits.ship("01", "L1", 5),
        lambda: vault.kits.dispense("S0002", "100000"),
        lambda: vault.draw(Slot(1, 99), "s", STRATA[0], subject="new"),
        lambda: vault.reveal("S0001", grant("S0002")),
        lambda: VaultKey(b"short"),
    ]
    for call in calls:
        with pytest.raises(VaultError) as error:
            call()
        shown = traceback.TracebackException.from_exception(error.value, capture_locals=True)
        text = "".join(shown.format())
        assert not any(f"'{arm}'" in text for arm in ARMS)
        assert vault._seed.secret().hex()[:16] not in text
        assert "short" not in text.split("VaultError")[-1]
