"""What a process remembers changes no answer: every request checks it against the chain, and drops it if it differs."""

import shutil
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from tests.server.configured import file_place
from tests.server.server_trial import ServerTrial
from tests.server.test_write import bare, script

from equipoise.conduct import shards
from equipoise.ledger import Link
from equipoise.server.ledger import memory
from equipoise.server.ledger import shards as states
from equipoise.server.ledger.memory import forget, recall, remember
from equipoise.server.sources import replaced
from equipoise.server.verification.run import verify_trial
from equipoise.server.write import Wish, perform


def settings_without_forgetting(trial: ServerTrial) -> None:
    """Serve another database from now on, as if nobody told the process."""
    from django.conf import settings
    from django.db import connections

    from equipoise.server.place import database_settings

    connections["default"].close()
    del connections["default"]
    wanted = {**connections.settings["default"], **database_settings(trial.place)}
    connections.settings["default"] = wanted
    settings.DATABASES = {"default": wanted}
    settings.PLACE = trial.place


def test_a_process_that_forgets_after_every_command_records_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm = ServerTrial(file_place(tmp_path / "warm"))
    script(warm)
    recorded = [bare(event) for event in warm.events()]
    cold = ServerTrial(file_place(tmp_path / "cold"))
    real = cold.attempt

    def attempt(*given: Any, **more: Any) -> Any:
        forget()
        return real(*given, **more)

    monkeypatch.setattr(cold, "attempt", attempt)
    script(cold)
    assert [bare(event) for event in cold.events()] == recorded


def test_what_is_remembered_is_what_the_events_give(trial: ServerTrial) -> None:
    subject = trial.randomized("01")
    trial.do("assign_kit", "coordinator@01", {"date": trial.today}, subject=subject)
    names = list(memory._latest[0].shards)
    assert {"study", "counters", "site:01", f"subject:{subject}"} <= set(names)
    for name, part in recall(names).parts.items():
        again = states.replay_shard(name)
        assert (part.state, part.seq) == (again.state, again.seq)


def test_another_database_is_noticed(trial: ServerTrial, tmp_path: Path) -> None:
    """A restored backup under a running server: what was remembered of the record that is gone counts no more."""
    connection.close()
    shutil.copytree(trial.place.data, tmp_path / "earlier" / "data")
    shutil.copytree(trial.place.key_file.parent, tmp_path / "earlier" / "key")  # type: ignore[union-attr]
    waiting = trial.screened("01")
    trial.randomized("01")
    assert f"subject:{waiting}" in memory._latest[0].shards
    other = ServerTrial.__new__(ServerTrial)
    other.__dict__ |= trial.__dict__
    other.place = file_place(tmp_path / "earlier")
    settings_without_forgetting(other)
    assert other.code("randomize", "coordinator@01", subject=waiting) == "other_site"
    assert other.screened("01") == waiting
    other.do("randomize", "coordinator@01", subject=waiting)
    other.heads()
    assert verify_trial().intact


def test_a_transaction_that_is_not_committed_is_not_remembered(trial: ServerTrial) -> None:
    subject = trial.screened("01")
    before = recall(["counters"]).parts["counters"]
    with transaction.atomic():
        trial.do("randomize", "coordinator@01", subject=subject)
        transaction.set_rollback(True)
    assert recall(["counters"]).parts["counters"].state == before.state
    trial.do("randomize", "coordinator@01", subject=subject)
    assert verify_trial().intact


def test_a_memory_that_claims_what_never_was_is_dropped(trial: ServerTrial) -> None:
    end = recall(["study"]).end
    memory._latest[0] = memory._Memory(Link(end.seq + 3, "0" * 64, end.at), {"study": states.Loaded("wrong", 1, 0)})
    assert recall(["study"]).parts["study"].state == states.replay_shard("study").state
    remember(Link(end.seq + 9, "1" * 64, end.at), [], {"study": states.Loaded("wrong", 1, 0)}, {})
    assert recall(["study"]).parts["study"].state == states.replay_shard("study").state


def test_events_of_another_process_are_seen(trial: ServerTrial) -> None:
    """The other process is one that remembers nothing of this one: commands through a memory of its own."""
    subjects = [trial.screened("01") for _ in range(6)]
    mine: list[Any] = [memory._latest[0], memory._latest[0]]
    for turn, subject in enumerate(subjects):
        memory._latest[0] = mine[turn % 2]
        trial.do("randomize", "coordinator@01", subject=subject)
        mine[turn % 2] = memory._latest[0]
    slots = [event.payload["slot"] for event in trial.events() if event.kind == "randomized"]
    assert slots == list(range(1, len(slots) + 1))
    assert verify_trial().intact


def test_a_memory_far_behind_begins_again(trial: ServerTrial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_BEHIND", 5)
    old = memory._latest[0]
    for _ in range(3):
        subject = trial.screened("01")
    memory._latest[0] = old
    trial.do("randomize", "coordinator@01", subject=subject)
    assert verify_trial().intact


def test_only_so_much_is_remembered(trial: ServerTrial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_SHARDS", 6)
    for _ in range(5):
        trial.randomized("01")
    assert len(memory._latest[0].shards) <= 6
    assert verify_trial().intact


def test_threads_of_a_process_do_not_disturb_each_other(trial: ServerTrial) -> None:
    from equipoise.server.ledger.store import read_events

    subjects = [trial.screened("01") for _ in range(12)]
    moment, failures = trial.sources(), []

    def work(share: list[str]) -> None:
        try:
            for subject in share:
                wish = Wish(kind="randomize", actor="coordinator@01", role="site_coordinator", payload={}, site="01",
                            request_id=f"thread-{subject}", subject=subject)  # fmt: skip
                answer = perform(wish)
                if answer.refusal is not None:
                    failures.append(answer.refusal)
                recall(["study", "site:01", *(f"subject:{name}" for name in subjects)])
        finally:
            connection.close()

    with replaced(moment):
        threads = [threading.Thread(target=work, args=(subjects[i::4],)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
    slots = [event.payload["slot"] for event in read_events("trial", "kind = %s", ["randomized"])]
    assert slots == list(range(1, len(slots) + 1))
    trial.heads()
    assert verify_trial().intact


def test_a_tampered_checkpoint_is_not_read_while_the_state_is_remembered(trial: ServerTrial) -> None:
    trial.randomized("01")
    connection.close()
    with sqlite3.connect(trial.place.sqlite_file) as raw:  # type: ignore[arg-type]
        raw.execute("UPDATE ledger_checkpoint SET state = replace(state, 'open', 'closed') WHERE shard = 'site:01'")
    command = trial.command("screen", "coordinator@01", {"date": trial.today})
    assert recall(shards(command)).parts["site:01"].state.status == "open"
    assert not verify_trial().intact
