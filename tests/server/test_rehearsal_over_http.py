"""The same commands in memory and on a server, on SQLite and PostgreSQL: the same record, hash for hash."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.rehearsal.rehearsed import Lived, lived, protocol_text, whole_model
from tests.server.configured import file_place, use
from tests.server.postgres import missing_postgres, new_database, postgres
from tests.server.server_trial import ServerTrial

from equipoise.rehearsal.commands import SETUP
from equipoise.rehearsal.errors import RehearsalError
from equipoise.rehearsal.http import Send, drive
from equipoise.rehearsal.memory import commands_of
from equipoise.rehearsal.tries import in_vain
from equipoise.server.keys import make_key
from equipoise.server.place import Place
from equipoise.server.rehearsing import HEADERS, VARIABLE

SEED = f"{whole_model().allocation.seed}/0"


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    here = file_place(tmp_path)
    if request.param == "sqlite":
        yield here
        return
    reason = missing_postgres()
    if reason is not None:
        pytest.skip(reason)
    with postgres() as url:
        yield Place(data=here.data, key_file=here.key_file, database=new_database(url, "rehearsal"))
        from django.db import connection

        connection.close()


def serve(place: Place) -> Send:
    """An empty database at a place, and what sends requests to the server of this process."""
    use(place)
    from django.test import Client

    from equipoise.server.setup import migrate

    assert place.key_file is not None
    if not place.key_file.exists():
        make_key(place.key_file)
    migrate()
    client = Client(headers={"host": "localhost"})

    def send(method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        given = {name: value for name, value in headers.items() if name != "Content-Type"}
        answer = client.generic(method, path, body or b"", content_type="application/json", headers=given)
        return answer.status_code, answer.content

    return send


def commands(trial: Lived) -> list:
    commitment = trial.run.vault.commitment
    return commands_of(trial.protocol, trial.text, trial.model, trial.facts, commitment=commitment)


def test_memory_and_server_make_the_same_record(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken off and gone on with; what is refused is tried on both roads and gets the same answer."""
    monkeypatch.setenv(VARIABLE, SEED)
    send, trial = serve(place), lived(screened=8, faulty=False, trying=True)
    given = commands(trial)
    break_at = [number for number, each in enumerate(given) if in_vain(each)][5] + 1
    half = drive(given[:break_at], send)
    assert half.seq < trial.run.chain.end.seq
    driven = drive(given, send)
    assert (driven.seq, driven.hash) == (trial.run.chain.end.seq, trial.run.chain.end.hash)
    assert driven.repeated >= half.granted - 2, "what was carried out before the break is not done twice"
    assert driven.passed == len(half.refused) == 6
    answers = [(r.command.request_id, r.refusal.code) for r in (*half.refused, *driven.refused)]
    assert len({each.attempt for each in trial.run.tries}) > 8
    assert answers == [(r.command.request_id, OUTSIDE.get(r.refusal.code, r.refusal.code)) for r in trial.run.refused]
    from equipoise.server.verification.run import verify_trial

    report = verify_trial()
    assert report.intact, report.first


OUTSIDE = {"missing_field": "bad_value"}
"""Refusal of `conduct` -> what the interface says, which compares a body with its description first."""


def test_another_seed_gives_another_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "91/0")
    send, trial = serve(file_place(tmp_path)), lived(screened=8, faulty=False)
    given = commands(trial)
    assert drive(given[:40], send).hash not in {event.hash for event in trial.run.events}
    with pytest.raises(RehearsalError, match=r"which is granted in memory: .*started with the seed of this run"):
        drive([*given[:SETUP], given[-1]], send, refusable=())


def test_a_real_server_refuses_what_belongs_to_a_rehearsal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    send = serve(file_place(tmp_path))
    for name in HEADERS:
        status, said = send("GET", "/api/me", None, {name: "1"})
        assert status == 400
        assert b"for no rehearsal" in said
    assert send("POST", "/rehearsal/begin", protocol_text().encode(), {})[0] == 404
    with pytest.raises(RehearsalError, match="for no rehearsal"):
        drive(commands(lived(screened=8, faulty=False))[:3], send)


def test_a_real_trial_is_never_rehearsed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    place = file_place(tmp_path)
    ServerTrial(place).set_up("01")
    monkeypatch.setenv(VARIABLE, SEED)
    send = serve(place)
    before = send("GET", "/rehearsal/end", None, {"Rehearsal-At": "2026-03-01T09:30:00.000000Z"})
    with pytest.raises(RehearsalError, match="a real trial"):
        drive(commands(lived(screened=8, faulty=False))[:3], send)
    assert send("GET", "/rehearsal/end", None, {"Rehearsal-At": "2026-03-01T09:30:00.000000Z"}) == before


def test_a_protocol_that_is_not_synthetic_is_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, SEED)
    send = serve(file_place(tmp_path))
    real = protocol_text().replace("  synthetic: true\n", "")
    status, said = send("POST", "/rehearsal/begin", real.encode(), {"Rehearsal-At": "2026-03-01T09:30:00.000000Z"})
    assert status == 409
    assert b"not marked as synthetic" in said
    assert send("POST", "/rehearsal/begin", b"", {"Rehearsal-At": "soon"})[0] == 400
