"""Speed of the trial server: durable randomizations a second through HTTP, and verification of a long record.

Usage: python bench/server.py [patients] [events] [repeats]

1. Eight clients randomize ``patients`` patients over loopback with token and rights checks, on SQLite and, where it is
   installed, on PostgreSQL, ``repeats`` times in turn; beside it the machine's bare chained commits
   (`bench/bare_commits.py`) right before. Medians of the repeats.
2. A record of ``events`` events of 2,000 patients (fewer where there are fewer events) is verified on both: chains,
   heads, replay of every allocation, read models rebuilt and compared. 0 leaves it out.
"""

import http.client
import json
import os
import statistics
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

from bench.bare_commits import bare_commits
from tests.server.configured import file_place
from tests.server.postgres import missing_postgres, new_database, postgres
from tests.server.server_trial import ServerTrial

from equipoise.ledger import Draft, Stamp
from equipoise.server.place import Place

CLIENTS = 8
WARM = 48
PORT = 8123
PATIENTS = 2000
"""Patients of the long record."""


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


def randomizations(place: Place, patients: int) -> tuple[float, float, float]:
    """Randomizations a second, 99th percentile of the answer time and processor time of the server for each, in ms."""
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
    return patients / elapsed, 1000 * sorted(times)[int(0.99 * len(times))], 1000 * used / patients


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


def verification(place: Place, patients: int, events: int) -> tuple[int, float, float]:
    """Fill a record and verify it; events in it, seconds of the clock, seconds of the processor."""
    from django.db import transaction

    from equipoise.ledger import TRIAL, Link, seal
    from equipoise.server.ledger.models import Request
    from equipoise.server.ledger.round_trip import ask
    from equipoise.server.ledger.shards import load
    from equipoise.server.ledger.store import chain_end, inserting
    from equipoise.server.subjects.listing import following
    from equipoise.server.vault.seal import mac_key
    from equipoise.server.verification.run import verify_trial
    from equipoise.server.write import request_mac

    trial = ServerTrial(place)
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
            rows.append(event)
            row = Request(request_id=name, actor=event.actor, command="0" * 64, first_seq=end.seq, last_seq=end.seq)
            row.mac = request_mac(secret, name, event.actor, row.command, end.seq, end.seq)
            requests.append(row)
            if len(rows) == 20_000 or end.seq >= events:
                ask(*inserting(rows))
                Request.objects.bulk_create(requests)
                rows, requests = [], []
    for first in range(0, patients, 100):
        names = [f"subject:{subject}" for subject in subjects[first : first + 100]]
        parts = load(["study", "site:01", *names])
        ends = [
            seal(Draft(*_filler(0, results), "01", s, None, "v1"), stamp, end) for s in subjects[first : first + 100]
        ]
        ask(*following(ends, parts))  # the read models, as they stand after the last events
    trial.heads()
    began, used = time.perf_counter(), time.process_time()
    report = verify_trial()
    elapsed, used = time.perf_counter() - began, time.process_time() - used
    if not report.intact:
        raise SystemExit(report.first)
    return end.seq, elapsed, used


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


def measured(name: str, places: "list[tuple[Place, str]]", patients: int) -> None:
    """Print the medians over several fresh databases, each with its bare commits right before."""
    rows = []
    for place, bare in places:
        one, many = bare_commits(bare)
        rows.append((*randomizations(place, patients), one, many))
    rate, p99, used, one, many = (statistics.median(column) for column in zip(*rows, strict=True))
    share = statistics.median(row[0] / row[4] for row in rows)
    print(
        f"{name}: {rate:.0f} randomizations/s ({', '.join(f'{row[0]:.0f}' for row in rows)}), p99 {p99:.0f} ms, "
        f"{used:.1f} ms of the server's processor each; bare commits {many:.0f}/s by eight writers ({share:.0%}), "
        f"{one:.0f}/s by one alone ({rate / one:.0%}); load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def verified(name: str, place: Place, events: int) -> None:
    """Print how long a long record takes."""
    n, seconds, used = verification(place, max(20, min(PATIENTS, events // 100)), events)
    load = os.getloadavg()[0]
    rate = f"{n / seconds:,.0f}/s; {used:.1f} s of the processor; load {load:.1f}"
    print(f"verify on {name}: {n:,} events in {seconds:.1f} s ({rate})", flush=True)


def main() -> None:
    """Print a line for each measurement."""
    patients, events, repeats = (int(given) for given in (sys.argv[1:] + ["400", "1000000", "3"][len(sys.argv) - 1 :]))
    folder = Path(tempfile.mkdtemp(prefix="equipoise-bench-"))
    here = [file_place(folder / f"sqlite-{i}") for i in range(repeats)]
    if patients:
        measured("SQLite", [(place, str(folder / f"bare-{i}.sqlite3")) for i, place in enumerate(here)], patients)
    if events:
        verified("SQLite", file_place(folder / "long"), events)
    reason = missing_postgres()
    if reason is not None:
        print(f"PostgreSQL: not measured: {reason}")
        return
    with postgres() as url:

        def there(database: str) -> tuple[Place, str]:
            local = file_place(folder / f"postgresql-{database}")
            return Place(data=local.data, key_file=local.key_file, database=new_database(url, database)), url

        if patients:
            places = [there(f"bench-{i}")[0] for i in range(repeats)]
            bare = [new_database(url, f"bare-{i}") for i in range(repeats)]
            measured("PostgreSQL", list(zip(places, bare, strict=True)), patients)
        if events:
            verified("PostgreSQL", there("long")[0], events)


if __name__ == "__main__":
    main()
