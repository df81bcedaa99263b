"""Speed of the pages: how long they take with fifty users, each asking once in five seconds.

Usage: python bench/pages.py [patients] [events] [seconds]

A trial of ``patients`` patients at 50 sites and ``events`` events is served, on SQLite and, where it is installed, on
PostgreSQL. Fifty people log in: a coordinator at each of 46 sites, two investigators, a data manager, a monitor. Each
opens a page every five seconds: today, the list of subjects, a subject, a form. Times are those of the whole answer.
"""

import datetime as dt
import http.client
import os
import random
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

from tests.server.configured import file_place
from tests.server.pages_client import desk_of
from tests.server.postgres import missing_postgres, new_database, postgres
from tests.server.server_trial import ServerTrial

from equipoise.ledger import TRIAL, Draft, Link, Stamp, seal
from equipoise.server.place import Place

SITES = [f"{number:02d}" for number in range(1, 51)]
PORT = 8124
THINKING = 5.0
PAGES = ("", "subjects/", "subjects/{subject}/", "subjects/{subject}/do/record_labs/", "due/",
         "subjects/{subject}/do/measure_tumors/", "subjects/{subject}/do/record_adverse_event/",
         "flow/", "completeness/", "subjects/{subject}/audit/")  # fmt: skip
CENTRAL = ("", "subjects/", "due/", "subjects/{subject}/", "flow/", "completeness/", "subjects/{subject}/audit/")


def fill(place: Place, patients: int, events: int) -> list[str]:
    """Make a trial: patients through the front door, the bulk of their events sealed one after the other."""
    from django.db import transaction

    from equipoise.server.ledger.round_trip import ask
    from equipoise.server.ledger.store import chain_end, inserting

    trial = ServerTrial(place)
    trial.now = dt.datetime.now(dt.UTC) - dt.timedelta(days=200)
    trial.set_up(*SITES)
    subjects = [trial.randomized(SITES[number % len(SITES)]) for number in range(patients)]
    first, end = trial.now.date(), chain_end(TRIAL)
    stamp = Stamp(trial.now.isoformat(timespec="microseconds").replace("+00:00", "Z"), "c", "site_coordinator", "")
    rows: list[Any] = []
    with transaction.atomic():
        number = 0
        while end.seq < events:
            subject, place_in_time = subjects[number % patients], number // patients
            kind, payload = _filler(place_in_time, first)
            event = seal(
                Draft(kind, payload, subject[:2], subject, None, "v1"), stamp._replace(request_id=f"b{number}"), end
            )
            end, number = Link(event.seq, event.hash, event.at), number + 1
            rows.append(event)
            if len(rows) == 20_000 or end.seq >= events:
                ask(*inserting(rows))
                rows = []
    trial.now = dt.datetime.now(dt.UTC)
    for (
        subject
    ) in subjects:  # once more through the front door: checkpoints and lists are then as the server keeps them
        contact = {"date": trial.today, "how": "visit", "status": "alive"}
        trial.do("record_contact", f"coordinator@{subject[:2]}", contact, subject=subject)
    return subjects


def _filler(number: int, first: dt.date) -> tuple[str, dict[str, Any]]:
    """A record of one of four kinds, as patients gather them."""
    day, n = (first + dt.timedelta(days=number // 4)).isoformat(), number // 4 + 1
    tests = [{"test": t, "value": "3.1", "unit": "U", "low": "1", "high": "9"} for t in ("HGB", "NEUT", "PLAT", "ALT")]
    signs = [{"test": "SYSBP", "value": "128", "unit": "mmHg"}, {"test": "DIABP", "value": "80", "unit": "mmHg"}]
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("vitals_recorded", {"record": f"VITAL-{n}", "date": day, "visit": None, "results": signs}),
        ("labs_recorded", {"record": f"LAB-{n}", "date": day, "laboratory": "L", "visit": None, "results": tests}),
        ("contact_recorded", {"record": f"FU-{n}", "date": day, "how": "visit", "status": "alive"}),
        (
            "visit_recorded",
            {"record": f"VISIT-{n}", "visit": "cycle", "number": n, "status": "done", "date": day, "window": None},
        ),
    ]
    return kinds[number % 4]


def sessions(place: Place) -> list[tuple[str, str]]:
    """Log fifty people in: who, and the key of the session."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from equipoise.server.accounts.models import Account

    settings.SECRET_KEY = (place.data / "session-secret").read_text()  # that of the server, which reads the sessions
    trial = ServerTrial(place, seed=2, begin=False)
    trial.now = dt.datetime.now(dt.UTC)
    people = [
        *(f"coordinator@{site}" for site in SITES[:46]),
        "investigator@47",
        "investigator@48",
        "data_manager",
        "monitor",
    ]
    found = []
    for who in people:
        trial.account(who)
        account = Account.objects.get(id=who)
        session = SessionStore()
        session[SESSION_KEY] = account.pk
        session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        session[HASH_SESSION_KEY] = account.get_session_auth_hash()
        session.save()
        found.append((who, str(session.session_key)))
    return found


def user(who: str, key: str, subjects: list[str], until: float, times: list[tuple[str, float]]) -> None:
    """Open a page every five seconds."""
    chance = random.Random(who)  # noqa: S311 - which page is opened
    site = who.partition("@")[2]
    own = [subject for subject in subjects if not site or subject.startswith(f"{site}-")]
    time.sleep(chance.random() * THINKING)
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    while time.monotonic() < until:
        page = chance.choice(PAGES if site else CENTRAL)
        path = f"/at/{desk_of(who)}/{page.format(subject=chance.choice(own))}"
        began = time.perf_counter()
        connection.request("GET", path, headers={"Host": "localhost", "Cookie": f"sessionid={key}"})
        answer = connection.getresponse()
        answer.read()
        times.append((page if site else f"{page} (all sites)", time.perf_counter() - began))
        if answer.status != 200:
            os._exit(_said(f"{path}: {answer.status}"))
        time.sleep(max(0.0, THINKING - (time.perf_counter() - began)))


def _said(text: str) -> int:
    print(text, file=sys.stderr, flush=True)
    return 1


def measured(place: Place, subjects: list[str], seconds: float) -> None:
    """Serve the trial to fifty people and print the times."""
    people = sessions(place)
    environment = {**os.environ, **place.environment()}
    program = Path(sys.executable).parent / "equipoise"
    command = [program, "serve", ROOT / "trials" / "a021202", "--port", str(PORT)]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(server)
        times: list[tuple[str, float]] = []
        for warm in (True, False):
            times.clear()
            until = time.monotonic() + (2 * THINKING if warm else seconds)
            threads = [threading.Thread(target=user, args=(*one, subjects, until, times)) for one in people]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    finally:
        server.terminate()
        server.wait()
    _print(times)


def _print(times: list[tuple[str, float]]) -> None:
    _line("all pages", [seconds for _, seconds in times])
    for page in sorted({page for page, _ in times}):
        _line(page or "today", [seconds for name, seconds in times if name == page])


def _line(name: str, times: list[float]) -> None:
    found = sorted(1000 * seconds for seconds in times)
    middle, high = found[len(found) // 2], found[int(0.95 * len(found))]
    print(f"  {name:50} {len(found):5}  median {middle:4.0f} ms  p95 {high:4.0f} ms")


def _wait(server: "subprocess.Popen[bytes]") -> None:
    for _ in range(900):
        try:
            probe = http.client.HTTPConnection("127.0.0.1", PORT, timeout=1)
            probe.request("GET", "/account/login/", headers={"Host": "localhost"})
            probe.getresponse().read()
        except OSError:
            if server.poll() is not None:
                raise SystemExit("the server has stopped") from None
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server does not answer")


def main() -> None:
    """Measure on both databases."""
    patients, events = (int(given) for given in (*sys.argv[1:3], "2000", "1000000")[:2])
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 60.0
    folder = Path(tempfile.mkdtemp(prefix="equipoise-bench-"))
    print(f"{patients} patients, {events} events, 50 users", flush=True)
    place = file_place(folder / "sqlite")
    subjects = fill(place, patients, events)
    print("SQLite:", flush=True)
    measured(place, subjects, seconds)
    if missing_postgres() is not None:
        return
    with postgres() as url:
        here = file_place(folder / "postgresql")
        place = Place(data=here.data, key_file=here.key_file, database=new_database(url, "pages"))
        subjects = fill(place, patients, events)
        print("PostgreSQL:", flush=True)
        measured(place, subjects, seconds)


if __name__ == "__main__":
    main()
