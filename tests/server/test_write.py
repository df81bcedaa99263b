"""The one way to write: durable, once, in order, with the same outcome as in memory."""

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from tests.conduct.made_up import Trial
from tests.server.server_trial import ServerTrial

from equipoise.ledger import ACCESS
from equipoise.server.ledger.models import Checkpoint, EventRow
from equipoise.server.ledger.store import read_events
from equipoise.server.sources import replaced
from equipoise.server.verification.run import verify_trial
from equipoise.server.write import Wish, perform


def bare(event: Any) -> tuple[Any, ...]:
    drawn = {"receipt", "kit", "commitment", "kits"}
    payload = {name: value for name, value in event.payload.items() if name not in drawn}
    return (event.kind, event.actor, event.role, event.site, event.subject, event.version, event.at, payload)


def script(trial: Trial) -> None:
    trial.set_up()
    trial.screened("01")
    subject = trial.progressed("02")
    trial.do("unblind", "investigator@02", subject=subject)


def test_server_and_memory_record_the_same(fresh: ServerTrial) -> None:
    memory = Trial()
    script(memory)
    script(fresh)
    assert [bare(event) for event in fresh.events()] == [bare(event) for event in memory.chain.events]


def test_a_request_that_comes_twice_is_carried_out_once(trial: ServerTrial) -> None:
    subject = trial.screened("01")
    wish = Wish(kind="randomize", actor="coordinator@01", role="site_coordinator", request_id="again-0001", payload={},
                site="01", subject=subject)  # fmt: skip
    with replaced(trial.sources()):
        first, second = perform(wish), perform(wish)
    assert first.refusal is None
    assert not first.repeated
    assert second.repeated
    assert second.events == first.events
    assert EventRow.objects.filter(subject=subject, kind="randomized").count() == 1


def test_a_request_number_is_not_used_for_another_wish(trial: ServerTrial) -> None:
    subject = trial.screened("01")
    trial.do("randomize", "coordinator@01", subject=subject, request_id="number-0001")
    other = trial.screened("01")
    assert trial.code("randomize", "coordinator@01", subject=other, request_id="number-0001") == "request_reused"
    assert trial.code("randomize", "investigator@01", subject=subject, request_id="number-0001") == "request_reused"


def test_refusals_change_nothing_but_the_access_chain(trial: ServerTrial) -> None:
    before = trial.events()
    seen = len(list(read_events(ACCESS)))
    assert trial.code("randomize", "coordinator@02", subject="01-001") == "other_site"
    assert trial.events() == before
    tried = list(read_events(ACCESS))[seen:]
    assert [(e.kind, e.actor, e.payload["command"], e.payload["code"]) for e in tried] == [
        ("refused", "coordinator@02", "randomize", "other_site")
    ]


def test_every_command_runs_cold(trial: ServerTrial) -> None:
    """Nothing is kept between requests: without checkpoints, and with a new connection, the answers are the same."""
    subject = trial.screened("01")
    Checkpoint.objects.all().delete()
    connection.close()
    trial.do("randomize", "coordinator@01", subject=subject)
    assert verify_trial().intact


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_event SET reason = 'x' WHERE seq = 3",
        "DELETE FROM ledger_event WHERE seq = 3",
        "INSERT OR REPLACE INTO ledger_event SELECT * FROM ledger_event WHERE seq = 3",
        "INSERT INTO ledger_event SELECT chain, seq + 100000, at, actor, role, site, subject, kind, version, payload, "
        "reason, request_id, clock_drift, hash, hash || 'x' FROM ledger_event WHERE seq = 3",
        "INSERT OR REPLACE INTO ledger_event (rowid, chain, seq, at, actor, role, site, subject, kind, version, "
        "payload, reason, request_id, clock_drift, prev_hash, hash) SELECT 3, chain, seq + 1, at, actor, role, site, "
        "subject, kind, version, payload, reason, request_id, clock_drift, hash, 'x' FROM ledger_event "
        "WHERE chain = 'trial' ORDER BY seq DESC LIMIT 1",
        "REPLACE INTO ledger_request SELECT request_id, 'x', command, first_seq, last_seq, mac FROM ledger_request",
        "REPLACE INTO vault_allocation SELECT * FROM vault_allocation",
        "REPLACE INTO vault_allocation SELECT stage, number + 100, subject, stratum, factors, cohort, nonce, "
        "ciphertext, version FROM vault_allocation",
        "REPLACE INTO vault_counts VALUES (1, '', 16, x'00', x'00'), (1, '', 16, x'01', x'01')",
        "REPLACE INTO vault_grant SELECT * FROM vault_grant",
        "REPLACE INTO vault_kit SELECT * FROM vault_kit",
        "REPLACE INTO vault_kit_use SELECT number, status, 'x', request FROM vault_kit_use",
        "REPLACE INTO vault_seal SELECT * FROM vault_seal",
        "REPLACE INTO vault_shipment SELECT number, '02' FROM vault_shipment",
        "UPDATE vault_allocation SET subject = '01-009'",
        "DELETE FROM vault_seal",
        "DELETE FROM ledger_request",
        "UPDATE vault_kit SET lot = 'x'",
        "DELETE FROM vault_kit_use",
        "UPDATE vault_shipment SET site = '02'",
        "DELETE FROM vault_grant",
    ],
)
def test_the_database_refuses_to_change_the_record(trial: ServerTrial, statement: str) -> None:
    with pytest.raises(DatabaseError, match=r"insert only|follow the last"), transaction.atomic():
        connection.cursor().execute(statement)
    assert verify_trial().intact


def test_a_clock_set_back_is_flagged_and_order_stays(trial: ServerTrial) -> None:
    trial.now -= dt.timedelta(minutes=5)
    trial.screen("01")
    last = trial.events()[-1]
    assert last.clock_drift
    assert last.at < trial.events()[-2].at
    assert not trial.events()[-2].clock_drift
    assert verify_trial().intact


def test_text_in_another_unicode_form_is_the_same_request(trial: ServerTrial) -> None:
    subject = trial.randomized("01")
    note = {"date": trial.today, "category": "visit", "description": "Ame\u0301lie", "major": False}
    trial.do("record_deviation", "coordinator@01", note, subject=subject, request_id="unicode-01")
    assert trial.events()[-1].payload["description"] == "Am\u00e9lie"
    composed = {**note, "description": "Am\u00e9lie"}
    trial.do("record_deviation", "coordinator@01", composed, subject=subject, request_id="unicode-01")
    assert sum(e.kind == "deviation_recorded" for e in trial.events()) == 1
