"""Speed of the trial server: durable randomizations a second through HTTP, and verification of a long record.

Usage: python bench/server.py [patients] [events]

1. Eight clients randomize ``patients`` patients over loopback with token and rights checks, on SQLite and, where it is
   installed, on PostgreSQL; beside it the machine's bare chained commits in the same run.
2. A record of ``events`` events is verified: chain, heads, replay of every allocation, read models rebuilt.
"""

import http.client
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.server.configured import set_up_django

set_up_django()

import datetime as dt

from tests.server.configured import file_place
from tests.server.postgres import missing_postgres, new_database, postgres
from tests.server.server_trial import ServerTrial

from equipoise.ledger import Chain, Draft, Kind, Stamp, register
from equipoise.server.place import Place

CLIENTS = 8
WARM = 48
PORT = 8123

register(Kind(name="bench_committed", noun="commit", fields={"text": "text"}))


def bare_commits(folder: Path, n: int = 400) -> float:
    """Chained rows a second that SQLite commits durably, one by one, with nothing around them."""
    database = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE event (seq INTEGER PRIMARY KEY, hash TEXT)")
    chain, stamp = Chain(), Stamp("2026-03-01T09:30:00.000000Z", "u", "r", "x")
    began = time.perf_counter()
    for _ in range(n):
        (event,) = chain.append([Draft("bench_committed", {"text": "x"})], stamp)
        database.execute("INSERT INTO event VALUES (?, ?)", (event.seq, event.hash))
    return n / (time.perf_counter() - began)


def bare_commits_postgres(url: str, n: int = 400) -> float:
    """The same on PostgreSQL."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as database:
        database.execute("CREATE TABLE bare_event (seq bigint PRIMARY KEY, hash text)")
        chain, stamp = Chain(), Stamp("2026-03-01T09:30:00.000000Z", "u", "r", "x")
        began = time.perf_counter()
        for _ in range(n):
            (event,) = chain.append([Draft("bench_committed", {"text": "x"})], stamp)
            database.execute("INSERT INTO bare_event VALUES (%s, %s)", (event.seq, event.hash))
        return n / (time.perf_counter() - began)


def client(token: str, subjects: list[str], times: list[float]) -> None:
    """Randomize patients one after the other over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for subject in subjects:
        body = {"request_id": f"bench-{subject}", "role": "site_coordinator", "site": "01", "subject": subject}
        began = time.perf_counter()
        connection.request("POST", "/api/commands/randomize", json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        times.append(time.perf_counter() - began)
        if answer.status != 200:
            raise SystemExit(f"{answer.status}: {content!r}")


def randomizations(place: Place, patients: int) -> tuple[float, float]:
    """Randomizations a second, and the 99th percentile of the answer time in milliseconds."""
    trial = ServerTrial(place)
    trial.now = dt.datetime.now(dt.UTC)
    trial.set_up("01")
    subjects = [trial.screened("01") for _ in range(patients + WARM)]
    token = trial.account("coordinator@01")
    environment = {**os.environ, **place.environment()}
    program = Path(sys.executable).parent / "equipoise"
    command = [program, "serve", ROOT / "trials" / "a021202", "--port", str(PORT)]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(server)
        _at_once(token, subjects[patients:], [])  # every process has opened its connections before the clock starts
        times: list[float] = []
        before, began = _processor_seconds(server.pid), time.perf_counter()
        _at_once(token, subjects[:patients], times)
        elapsed = time.perf_counter() - began
        used = _processor_seconds(server.pid) - before
    finally:
        server.terminate()
        server.wait()
    print(f"  the server's processor time: {1000 * used / patients:.1f} ms a randomization")
    return patients / elapsed, 1000 * sorted(times)[int(0.99 * len(times))]


def _at_once(token: str, subjects: list[str], times: list[float]) -> None:
    """Randomize patients through all clients at once."""
    threads = [threading.Thread(target=client, args=(token, subjects[i::CLIENTS], times)) for i in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _processor_seconds(parent: int) -> float:
    """Processor time of the server's processes so far."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _wait(server: "subprocess.Popen[bytes]") -> None:
    for _ in range(900):
        try:
            probe = http.client.HTTPConnection("127.0.0.1", PORT, timeout=1)
            probe.request("GET", "/api/openapi.json", headers={"Host": "localhost"})
            probe.getresponse().read()
        except OSError:
            if server.poll() is not None:
                raise SystemExit("the server has stopped") from None
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server does not answer")


def verification(folder: Path, patients: int, events: int) -> tuple[int, float]:
    """Fill a record and verify it; events in it, and seconds."""
    from django.db import connection, transaction

    from equipoise.ledger import TRIAL, Link, seal, store
    from equipoise.server.ledger.models import Request
    from equipoise.server.ledger.store import _INSERT, chain_end
    from equipoise.server.vault.seal import mac_key
    from equipoise.server.verification.run import verify_trial
    from equipoise.server.write import request_mac

    trial = ServerTrial(file_place(folder))
    trial.now = dt.datetime.now(dt.UTC)
    trial.set_up("01")
    subjects = [trial.randomized("01") for _ in range(patients)]
    end: Link = chain_end(TRIAL)
    stamp = Stamp("2027-01-01T00:00:00.000000Z", "coordinator@01", "site_coordinator", "")
    rows: list[Any] = []
    requests: list[Request] = []
    secret = mac_key(trial.key)
    results = [{"test": "SYSBP", "value": "128", "unit": "mmHg"}, {"test": "DIABP", "value": "80", "unit": "mmHg"}]
    with transaction.atomic():
        number = 0
        while end.seq < events:
            number += 1
            visit = 1 + number // patients
            name = f"bulk-{number}"
            kind, payload = _filler(visit, results)
            draft = Draft(kind, payload, "01", subjects[number % patients], None, "v1")
            event = seal(draft, stamp._replace(request_id=name), end)
            end = Link(event.seq, event.hash, event.at)
            rows.append(store(event))
            row = Request(request_id=name, actor=event.actor, command="0" * 64, first_seq=end.seq, last_seq=end.seq)
            row.mac = request_mac(secret, name, event.actor, row.command, end.seq, end.seq)
            requests.append(row)
            if len(rows) == 20_000 or end.seq >= events:
                with connection.cursor() as cursor:
                    cursor.executemany(_INSERT, rows)
                Request.objects.bulk_create(requests)
                rows, requests = [], []
    trial.heads()
    began = time.perf_counter()
    report = verify_trial()
    elapsed = time.perf_counter() - began
    if not report.intact:
        raise SystemExit(report.first)
    return end.seq, elapsed


def _filler(number: int, results: list[dict[str, str]]) -> tuple[str, dict[str, Any]]:
    """A record of one of four kinds, as patients gather them over the years."""
    day = "2027-01-01"
    payloads: list[tuple[str, dict[str, Any]]] = [
        ("vitals_recorded", {"record": f"VITALS-{number}", "date": day, "visit": None, "results": results}),
        ("labs_recorded", {"record": f"LAB-{number}", "date": day, "laboratory": "L", "results": results}),
        ("contact_recorded", {"record": f"FU-{number}", "date": day, "how": "visit", "status": "alive"}),
        (
            "visit_recorded",
            {"record": f"V-{number}", "visit": "cycle", "number": number, "status": "done", "date": day},
        ),
    ]
    return payloads[number % 4]


def main() -> None:
    """Print a line for each measurement."""
    patients = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    events = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    folder = Path(tempfile.mkdtemp(prefix="equipoise-bench-"))
    bare = bare_commits(folder)
    rate, p99 = randomizations(file_place(folder / "sqlite"), patients)
    print(
        f"SQLite: {rate:.0f} randomizations/s, p99 {p99:.0f} ms; bare commits {bare:.0f}/s ({rate / bare:.0%})",
        flush=True,
    )
    reason = missing_postgres()
    if reason is None:
        with postgres() as url:
            database = new_database(url, "bench")
            bare = bare_commits_postgres(database)
            here = file_place(folder / "postgresql")
            rate, p99 = randomizations(Place(data=here.data, key_file=here.key_file, database=database), patients)
            text = f"{rate:.0f} randomizations/s, p99 {p99:.0f} ms; bare commits {bare:.0f}/s ({rate / bare:.0%})"
            print(f"PostgreSQL: {text}", flush=True)
    else:
        print(f"PostgreSQL: not measured: {reason}")
    n, seconds = verification(folder / "long", max(100, events // 1000), events)
    print(f"verify: {n} events in {seconds:.1f} s ({n / seconds:.0f}/s)")


if __name__ == "__main__":
    main()
