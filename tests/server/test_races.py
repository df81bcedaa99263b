"""Many processes at once, some of them killed: nothing lost, nothing doubled, the record whole."""

import datetime as dt
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest
from tests import warm
from tests.server import racer
from tests.server.configured import file_place
from tests.server.postgres import missing_postgres, new_database, postgres
from tests.server.server_trial import ServerTrial

from equipoise.server.backup import make_backup, restore_backup
from equipoise.server.place import Place
from equipoise.server.verification.run import verify_trial

WORKERS = 8


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    reason = missing_postgres()
    if reason is not None:
        pytest.skip(reason)
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    place = file_place(tmp_path)
    if request.param == "sqlite":
        return place
    url = new_database(request.getfixturevalue("server"), f"t{tmp_path.name.replace('-', '_')}")
    return Place(data=place.data, key_file=place.key_file, database=url)


def live(place: Place) -> ServerTrial:
    """A trial that begins now: the workers' clock is the real one."""
    trial = ServerTrial(place)
    trial.now = dt.datetime.now(dt.UTC)
    return trial.set_up("01")


def begin(trial: ServerTrial, number: int, wishes: list[tuple[str, str | None, str]]) -> ForkServerProcess:
    task = {
        "data": str(trial.place.data),
        "database": trial.place.database,
        "key": str(trial.place.key_file),
        "acknowledged": str(trial.place.data.parent / f"acknowledged-{number}"),
        "day": trial.today,
        "wishes": wishes,
    }
    path = trial.place.data.parent / f"task-{number}.json"
    path.write_text(json.dumps(task))
    return warm.begin(racer.run, str(path))


def acknowledged(trial: ServerTrial) -> list[Any]:
    lines: list[Any] = []
    for path in sorted(trial.place.data.parent.glob("acknowledged-*")):
        lines += [json.loads(line) for line in path.read_text().splitlines() if line.endswith("]")]
    return lines


def race(
    trial: ServerTrial, shares: list[list[tuple[str, str | None, str]]], kills: int, chance: random.Random
) -> None:
    """Run the workers; a killed one begins its share again, as a client that had no answer does."""
    running = {number: begin(trial, number, share) for number, share in enumerate(shares)}
    left, until = kills, time.monotonic() + 500
    while running:
        assert time.monotonic() < until, "the workers do not come to an end"
        time.sleep(chance.uniform(0.05, 0.4))
        if left and acknowledged(trial):
            number = chance.choice(sorted(running))
            running[number].kill()
            left -= 1
        for number, worker in list(running.items()):
            code = worker.exitcode
            if code is not None:
                del running[number]
                if code != 0:
                    running[number] = begin(trial, number, shares[number])


def test_randomizations_at_once_with_kills(engine: Place, full: bool) -> None:
    n = 400 if full else 48
    trial = live(engine)
    subjects = [trial.screened("01") for _ in range(n)]
    chance = random.Random(7)  # noqa: S311 - not for secrets
    # each patient is asked for by two workers: once with the same number (a retry), once with another (two clicks)
    shares: list[list[tuple[str, str | None, str]]] = [[] for _ in range(WORKERS)]
    for i, subject in enumerate(subjects):
        shares[i % WORKERS].append(("randomize", subject, f"race-{subject}"))
        again = f"race-{subject}" if i % 2 else f"other-{subject}"
        shares[(i + 3) % WORKERS].append(("randomize", subject, again))
    race(trial, shares, kills=12 if full else 4, chance=chance)

    events = [event for event in trial.events() if event.kind == "randomized"]
    assert Counter(event.subject for event in events) == Counter(subjects)
    assert [event.payload["slot"] for event in events] == list(range(1, n + 1))
    by_seq = {event.seq: event for event in trial.events()}
    for subject, request, seq, code in acknowledged(trial):
        assert code in ("", "already_randomized")
        if code == "":
            assert (by_seq[seq].subject, by_seq[seq].request_id) == (subject, request)
    time.sleep(1)
    trial.heads()
    report = verify_trial()
    assert report.intact, report.first


def test_killed_at_random_points_under_load(engine: Place, full: bool, tmp_path: Path) -> None:
    """Every acknowledged event is there, the chain is whole, and a backup made under load verifies on its own."""
    trial = live(engine)
    kills, chance = (50 if full else 3), random.Random(11)  # noqa: S311 - as above
    wishes = [("screen", None, f"load-{i}") for i in range(5000)]
    worker = begin(trial, 0, wishes)
    for number in range(kills):
        known = len(acknowledged(trial))
        until = time.monotonic() + 500
        while len(acknowledged(trial)) < known + 3:
            assert time.monotonic() < until, "nothing is acknowledged"
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 0.15))
        if number == kills // 2:
            folder = make_backup(engine, tmp_path / "backups", "made-up")
        worker.kill()
        worker.join()
        worker = begin(trial, number + 1, wishes[len(acknowledged(trial)) :])
    worker.kill()
    worker.join()
    wait_until_alone(engine)
    done = acknowledged(trial)
    events = {event.seq: event for event in trial.events()}
    assert len(done) >= 3 * kills
    assert all(events[seq].request_id == request for _, request, seq, _ in done)
    loaded = [event.request_id for event in events.values() if event.request_id.startswith("load-")]
    assert len(loaded) == len(set(loaded)), "a request was carried out twice"
    assert (first := verify_trial()).intact, first.first

    copy = file_place(tmp_path / "copy")
    target = Place(data=copy.data, key_file=engine.key_file, database=_empty_beside(engine))
    restore_backup(folder, target)
    restored = ServerTrial(target, begin=False)
    assert (second := verify_trial()).intact, second.first
    assert [event.hash for event in restored.events()] == [e.hash for e in events.values()][: len(restored.events())]


def wait_until_alone(place: Place) -> None:
    """Wait until the database has ended what it was asked by processes that are gone; SQLite does nothing by itself."""
    from django.db import connection

    if place.sqlite_file is not None:
        return
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    until = time.monotonic() + 500
    while True:
        with connection.cursor() as cursor:
            cursor.execute(others + "AND backend_type = 'client backend'")
            (count,) = cursor.fetchone()
        if count == 0:
            return
        assert time.monotonic() < until, "connections of killed processes do not end"
        time.sleep(0.05)


def _empty_beside(place: Place) -> str:
    if not place.database:
        return ""
    server, _, name = place.database.rpartition("/")
    return new_database(server, f"{name}_restored")
