"""Whatever is changed behind the server's back is found, and named."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from tests.server.configured import use
from tests.server.server_trial import ServerTrial
from tests.server.tampering import tamper

from equipoise.ledger import Link
from equipoise.ledger.head import HeadFile, sign_head
from equipoise.server.keys import make_key
from equipoise.server.ledger.memory import forget
from equipoise.server.place import Place
from equipoise.server.verification.report import Report
from equipoise.server.verification.run import verify_trial


def checked(report: Report) -> str:
    assert not report.intact
    assert report.first
    return report.first


def test_nothing_is_found_where_nothing_was_changed(trial: ServerTrial) -> None:
    report = verify_trial()
    assert report.intact, report.first
    assert report.complete


def test_rewritten_events_with_fitting_hashes_are_found_by_the_head(trial: ServerTrial) -> None:
    """Who recomputes all hashes after a change is caught by the signed head."""
    from equipoise.ledger import Draft, Stamp, StoredEvent, parse_canonical, seal, store
    from equipoise.server.ledger.store import stored_events

    end, rows = Link(), []
    for row in stored_events("trial"):
        reason = "another" if row.seq == 60 else row.reason
        draft = Draft(row.kind, parse_canonical(row.payload), row.site, row.subject, reason, row.version)
        event = seal(draft, Stamp(row.at, row.actor, row.role, row.request_id, row.clock_drift), end)
        end = Link(event.seq, event.hash, event.at)
        rows.append(store(event))
    columns = ", ".join(f"{name} = ?" for name in StoredEvent._fields)
    sql = f"UPDATE ledger_event SET {columns} WHERE chain = 'trial' AND seq = ?"  # noqa: S608
    changes = [(sql, (*r, r.seq)) for r in rows[59:]]
    tamper(trial, *changes)
    assert "trial head" in checked(verify_trial())


@pytest.mark.parametrize("last", [1, 5])
def test_a_tail_that_was_cut_off_is_found(trial: ServerTrial, last: int) -> None:
    tamper(trial, ("DELETE FROM ledger_event WHERE chain = 'trial' AND seq > (SELECT MAX(seq) FROM ledger_event "
                   "WHERE chain = 'trial') - ?", (last,)))  # fmt: skip
    found = checked(verify_trial())
    assert found.startswith("trial head: the head stands at event")
    assert "is missing" in found


def test_a_tail_that_was_cut_off_stays_found_when_more_is_recorded(
    trial: ServerTrial, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Events recorded afterwards go beyond the head: it is not moved on to them, and the log says why."""
    monkeypatch.setattr("equipoise.server.heads.INTERVAL", 0)
    signed = HeadFile(trial.place.head_file).read()["trial"]
    tamper(
        trial,
        ("DELETE FROM ledger_event WHERE chain = 'trial' AND seq >= ?", (signed.seq,)),
        ("DELETE FROM ledger_request WHERE last_seq >= ?", (signed.seq,)),
    )
    forget()
    for _ in range(3):
        trial.screen("01")
    trial.heads()
    assert HeadFile(trial.place.head_file).read()["trial"] == signed
    assert f"no longer holds event {signed.seq} of the trial chain" in caplog.text
    names = {check.name: check.text for check in verify_trial().checks if check.ok is False}
    assert names["trial head"] == f"event {signed.seq} is not the one of the signed head"


def test_events_beyond_the_head_are_counted(trial: ServerTrial) -> None:
    before = trial.place.head_file.read_bytes()
    end = HeadFile(trial.place.head_file).read()["trial"].seq
    trial.screen("01")
    trial.screen("01")
    trial.heads()
    assert HeadFile(trial.place.head_file).read()["trial"].seq == end + 2
    trial.place.head_file.write_bytes(before)
    report = verify_trial()
    (text,) = [check.text for check in report.checks if check.name == "trial head"]
    assert text == f"signed at event {end}; 2 events lie beyond it"
    assert report.intact


def test_a_head_signed_by_somebody_else_is_found(trial: ServerTrial, tmp_path: Path) -> None:
    other = make_key(tmp_path / "other" / "key")
    file = HeadFile(trial.place.head_file)
    head = file.read()["trial"]
    file.write(sign_head(other.sign, "trial", Link(head.seq + 1, "0" * 64, head.at)))
    assert "not signed with the key" in checked(verify_trial())


def test_missing_heads_are_said_to_be_missing(trial: ServerTrial) -> None:
    trial.place.head_file.unlink()
    assert "no head of the trial chain" in checked(verify_trial())


def test_without_the_key_allocations_are_not_checked(trial: ServerTrial) -> None:
    use(Place(data=trial.place.data, heads=trial.place.head_file))
    report = verify_trial()
    assert report.intact
    assert not report.complete
    texts = {check.name: check.text for check in report.checks if check.ok is None}
    assert texts["allocations"].startswith("allocations not checked")
    assert texts["balance"] == "checked by the unblinded statistician"


def test_another_key_is_told_apart(trial: ServerTrial, tmp_path: Path) -> None:
    key = tmp_path / "k" / "other.key"
    make_key(key)
    use(Place(data=trial.place.data, heads=trial.place.head_file, key_file=key))
    assert "another key" in checked(verify_trial())


def test_a_public_key_noted_on_paper_is_compared(trial: ServerTrial) -> None:
    assert "does not name the public key" in checked(verify_trial(public_key="ab" * 32))


def drop_vault_row(trial: ServerTrial) -> None:
    tamper(trial, ("DELETE FROM vault_allocation WHERE number = 2", ()))


def swap_vault_rows(trial: ServerTrial) -> None:
    swap = "UPDATE vault_allocation SET nonce = (SELECT nonce FROM vault_allocation WHERE number = ?), ciphertext = "
    swap += "(SELECT ciphertext FROM vault_allocation WHERE number = ?) WHERE number = ?"
    tamper(trial, (swap, (1, 1, 2)))


def drop_event(trial: ServerTrial) -> None:
    tamper(trial, ("DELETE FROM ledger_event WHERE chain = 'trial' AND seq = 60", ()))


def drop_access_event(trial: ServerTrial) -> None:
    tamper(trial, ("DELETE FROM ledger_event WHERE chain = 'access' AND seq = 3", ()))


def drop_list_row(trial: ServerTrial) -> None:
    tamper(trial, ("DELETE FROM subject_list WHERE subject = '01-001'", ()))


def drop_account(trial: ServerTrial) -> None:
    tamper(trial, ("DELETE FROM account WHERE id = 'investigator@01'", ()))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (drop_vault_row, "slot 2 of stage 1: is missing in the vault"),
        (swap_vault_rows, "slot 2 of stage 1"),
        (drop_event, "trial chain, event 60: missing"),
        (drop_access_event, "access chain, event 3: missing"),
        (drop_list_row, "patient 01-001"),
        (drop_account, "account investigator@01 is missing"),
    ],
)
def test_missing_and_exchanged_rows_are_named(
    trial: ServerTrial, damage: Callable[[ServerTrial], None], words: str
) -> None:
    damage(trial)
    assert words in checked(verify_trial())


def test_an_allocation_that_the_method_does_not_give_is_named(trial: ServerTrial) -> None:
    """Who has the key and writes another arm, receipt and all, is caught by the replay."""
    from equipoise.conduct.sealing import seal_allocation
    from equipoise.server import trial as served
    from equipoise.server.vault.models import Allocation
    from equipoise.server.vault.opening import open_vault, sealed_row

    designs = served.stages(trial.state.study)
    opened = open_vault(trial.key, designs)
    row = sealed_row(Allocation.objects.get(number=2))
    number = 1 - (row.arm_number(opened.key) or 0)
    forged = seal_allocation(opened.key, bytes(12), number, slot=row.slot, subject=row.subject, stratum=row.stratum,
                             factors=row.factors, cohort=row.cohort)  # fmt: skip
    sql = "UPDATE vault_allocation SET nonce = ?, ciphertext = ? WHERE number = 2"
    tamper(trial, (sql, (forged.nonce, forged.ciphertext)))
    report = verify_trial()
    texts = {check.name: check.text for check in report.checks if check.ok is False}
    assert "slot 2 of stage 1" in texts["vault receipts"]
    assert "the arm is not the one that the declared method gives" in texts["allocations"]


def test_read_models_rebuilt_from_nothing_are_the_same(trial: ServerTrial) -> None:
    """A trial whose read models were lost goes on, and verifies once they are written again."""
    from equipoise.server.ledger.models import Checkpoint

    Checkpoint.objects.all().delete()
    for _ in range(3):
        trial.screened("01")
    assert verify_trial().intact


def test_a_copy_of_the_folder_verifies(trial: ServerTrial, tmp_path: Path) -> None:
    connection.close()
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(trial.place.data, elsewhere)
    use(Place(data=elsewhere, key_file=trial.place.key_file, heads=trial.place.head_file))
    assert verify_trial().intact
