"""Speed of the pages: how long they take with fifty users, each asking once in five seconds.

Usage: python bench/pages.py [patients] [events] [seconds] [folder]

A trial of ``patients`` patients at 50 sites and ``events`` events is served, on SQLite and, where it is installed, on
PostgreSQL. Fifty people log in: a coordinator at each of 46 sites, two investigators, a data manager, a monitor. Each
opens a page every five seconds: today, the list of subjects, a subject, a form. Times are those of the whole answer;
processor time is that of the server, and on PostgreSQL also that of the database, for each request.

Where a folder is named the trials are kept in it and measured again the next time; making them takes minutes.
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
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.server.configured import set_up_django

set_up_django()

from tests.server.configured import file_place, use
from tests.server.pages_client import desk_of
from tests.server.postgres import missing_postgres, new_database, postgres
from tests.server.server_trial import ServerTrial

from equipoise.ledger import TRIAL, Draft, Link, Stamp, seal
from equipoise.server.place import Place
from equipoise.server.setup import migrate
from equipoise.server.verification.rebuild import outdated, rebuild

SITES = [f"{number:02d}" for number in range(1, 51)]
PORT = 8124
THINKING = 5.0
ALONE = 30
"""Requests of each page, one at a time, for the processor time of each."""
PAGES = ("", "subjects/", "subjects/{subject}/", "subjects/{subject}/do/record_labs/", "due/",
         "subjects/{subject}/do/measure_tumors/", "subjects/{subject}/do/record_adverse_event/",
         "flow/", "completeness/", "subjects/{subject}/audit/")  # fmt: skip
CENTRAL = ("", "subjects/", "due/", "subjects/{subject}/", "flow/", "completeness/", "subjects/{subject}/audit/")


def fill(place: Place, patients: int, events: int) -> None:
    """Make a trial: patients through the front door, the bulk of their events sealed one after the other."""
    from django.db import connection

    trial = ServerTrial(place)
    trial.now = dt.datetime.now(dt.UTC) - dt.timedelta(days=200)
    _flush_later(connection)
    trial.set_up(*SITES)
    subjects = [_enrolled(trial, SITES[number % len(SITES)], number) for number in range(patients)]
    _bulk(trial, subjects, events)
    trial.now = dt.datetime.now(dt.UTC)
    for subject in subjects:  # once more through the front door: checkpoints and lists are as the server keeps them
        contact = {"date": trial.today, "how": "visit", "status": "alive"}
        trial.do("record_contact", f"coordinator@{subject[:2]}", contact, subject=subject)
    trial.heads()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as PostgreSQL's own cleaner does within a minute
    connection.close()


def _enrolled(trial: ServerTrial, site: str, number: int) -> str:
    """Randomize a patient whose first scan was measured at the site and, but for one of ten, read by both readers."""
    subject = trial.screened(site)
    lesions = [{"lesion": f"T{i}", "kind": "TARGET", "organ": "liver", "diameter": 3000 - 500 * i} for i in (1, 2)]
    payload = {"assessment": 0, "date": trial.today, "lesions": lesions}
    trial.do("measure_tumors", f"local_reader@{site}", payload, subject=subject)
    scan = {"assessment": 0, "date": trial.today, "reference": f"{subject}/0"}
    name = trial.do("submit_scan", f"coordinator@{site}", scan, subject=subject)
    trial.do("accept_scan", "data_manager", {"scan": name}, subject=subject)
    trial.do("randomize", f"coordinator@{site}", subject=subject)
    if number % 10:
        for reader in (1, 2):
            read = {"assessment": 0, "lesions": lesions, "response": None}
            trial.do("lock_read", f"reader{reader}", read, subject=subject)
    return subject


def _bulk(trial: ServerTrial, subjects: list[str], events: int) -> None:
    """Add events of patients, each with its request, until the chain has so many."""
    from django.db import transaction

    from equipoise.server.ledger.models import Request
    from equipoise.server.ledger.round_trip import ask
    from equipoise.server.ledger.store import chain_end, inserting
    from equipoise.server.vault.seal import mac_key
    from equipoise.server.write import request_mac

    first, end, secret = trial.now.date(), chain_end(TRIAL), mac_key(trial.key)
    stamp = Stamp(trial.now.isoformat(timespec="microseconds").replace("+00:00", "Z"), "c", "site_coordinator", "")
    rows: list[Any] = []
    requests: list[Request] = []
    number = 0
    while end.seq < events - len(subjects):
        subject = subjects[number % len(subjects)]
        draft = Draft(*_filler(number // len(subjects), first), subject[:2], subject, None, "v1")
        event = seal(draft, stamp._replace(request_id=f"b{number}"), end)
        end, number = Link(event.seq, event.hash, event.at), number + 1
        rows.append(event)
        proved = (event.request_id, event.actor, "0" * 64, end.seq, end.seq)
        requests.append(Request(*proved, request_mac(secret, *proved)))
        if len(rows) == 20_000 or end.seq == events - len(subjects):
            with transaction.atomic():
                ask(*inserting(rows))
                Request.objects.bulk_create(requests)
            rows, requests = [], []


def _flush_later(connection: Any) -> None:
    """Spare the disk while the trial is made."""
    with connection.cursor() as cursor:
        sqlite = connection.vendor == "sqlite"
        cursor.execute("PRAGMA synchronous=OFF" if sqlite else "SET synchronous_commit = off")


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
    trial = ServerTrial(place, seed=time.time_ns(), begin=False)
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


class Asked(NamedTuple):
    """An answer: which page, how long it took, how large it was."""

    page: str
    seconds: float
    size: int


class Person:
    """Somebody with a browser that is logged in."""

    def __init__(self, who: str, key: str, subjects: list[str]) -> None:
        self.who, self.site = who, who.partition("@")[2]
        self._own = [subject for subject in subjects if not self.site or subject.startswith(f"{self.site}-")]
        self._headers = {"Host": "localhost", "Cookie": f"sessionid={key}"}
        self._connection = http.client.HTTPConnection("127.0.0.1", PORT)
        self.chance = random.Random(who)  # noqa: S311 - which page is opened

    @property
    def pages(self) -> tuple[str, ...]:
        return PAGES if self.site else CENTRAL

    def open(self, page: str) -> Asked:
        """Open a page, of a patient whom chance picks; a page that is refused ends the measurement."""
        path = f"/at/{desk_of(self.who)}/{page.format(subject=self.chance.choice(self._own))}"
        began = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        seconds = time.perf_counter() - began
        if answer.status != 200:
            os._exit(_said(f"{path}: {answer.status}"))
        name = page.removeprefix("subjects/{subject}/do/") or "today"
        return Asked(name if self.site else f"{name} (all sites)", seconds, len(body))


def user(person: Person, until: float, found: list[Asked]) -> None:
    """Open a page every five seconds."""
    time.sleep(person.chance.random() * THINKING)
    while time.monotonic() < until:
        found.append(person.open(person.chance.choice(person.pages)))
        time.sleep(max(0.0, THINKING - found[-1].seconds))


def _said(text: str) -> int:
    print(text, file=sys.stderr, flush=True)
    return 1


def measured(place: Place, subjects: list[str], seconds: float, database: Path | None = None) -> None:
    """Serve the trial and print, page by page, what a request takes alone and among fifty users."""
    known = sessions(place)
    environment = {**os.environ, **place.environment()}
    program = Path(sys.executable).parent / "equipoise"
    command = [program, "serve", ROOT / "trials" / "a021202", "--port", str(PORT)]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(server)
        people = [Person(*one, subjects) for one in known]
        found: list[Asked] = []
        _at_once(people, 2 * THINKING, found)  # every process has opened its connections before the clock starts
        used = {}
        for who in (0, -2):  # a coordinator and the data manager
            used |= _alone(Person(*known[who], subjects), server.pid, database)
        people, found = [Person(*one, subjects) for one in known], []
        _at_once(people, seconds, found)
    finally:
        server.terminate()
        server.wait()
    load = os.getloadavg()
    print(f"load {load[0]:.1f} over the last minute, {load[1]:.1f} over the last five")
    print(f"  {'page':38} requests   median      p95  processor ms, of the database   largest kB")
    _line("all pages", found, used)
    for page in sorted({asked.page for asked in found}):
        _line(page, [asked for asked in found if asked.page == page], used)


def _at_once(people: list[Person], seconds: float, found: list[Asked]) -> None:
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=user, args=(person, until, found)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _alone(person: Person, server: int, database: Path | None) -> dict[str, tuple[float, float]]:
    """Open every page again and again, one request at a time: processor seconds of server and database for each."""
    used = {}
    for page in person.pages:
        before = _processor(server), _of_database(database)
        asked = [person.open(page) for _ in range(ALONE)]
        after = _processor(server), _of_database(database)
        used[asked[0].page] = ((after[0] - before[0]) / ALONE, (after[1] - before[1]) / ALONE)
    return used


def _of_database(folder: Path | None) -> float:
    return 0.0 if folder is None else _processor(int((folder / "data" / "postmaster.pid").read_text().split()[0]))


def _processor(parent: int) -> float:
    """Processor time of the processes below another so far, in seconds."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(fields[1]) == parent:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _line(name: str, found: list[Asked], used: dict[str, tuple[float, float]]) -> None:
    times = sorted(1000 * asked.seconds for asked in found)
    middle, high = times[len(times) // 2], times[int(0.95 * len(times))]
    asked = [used[asked.page] for asked in found]
    own, base = (1000 * sum(column) / len(asked) for column in zip(*asked, strict=True))
    size = max(asked.size for asked in found) / 1000
    print(f"  {name:38} {len(times):8} {middle:8.0f} {high:8.0f}  {own:12.1f} {base:17.1f} {size:12.0f}", flush=True)


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


def made(place: Place, patients: int, events: int) -> list[str]:
    """Make the trial of a place, or find it made; its patients."""
    from equipoise.server.subjects.models import SubjectRow

    done = place.data / f"{patients}-{events}"
    if done.exists():
        use(place)
        migrate()
        if outdated() is not None:
            rebuild()
    else:
        began = time.monotonic()
        fill(place, patients, events)
        done.touch()
        print(f"made in {time.monotonic() - began:.0f} s", flush=True)
    return list(SubjectRow.objects.order_by("subject").values_list("subject", flat=True))


def main() -> None:
    """Measure on both databases."""
    patients, events, seconds = (
        int(given) for given in (sys.argv[1:4] + ["2000", "1000000", "60"][len(sys.argv[1:4]) :])
    )
    folder = Path(sys.argv[4] if len(sys.argv) > 4 else tempfile.mkdtemp(prefix="equipoise-bench-"))
    print(f"{patients} patients, {events} events, 50 users", flush=True)
    place = file_place(folder / "sqlite")
    subjects = made(place, patients, events)
    print("SQLite:", flush=True)
    measured(place, subjects, seconds)
    if missing_postgres() is not None:
        return
    with postgres(folder / "cluster") as url:
        here = file_place(folder / "postgresql")
        new = not here.data.exists()
        database = new_database(url, "pages") if new else f"{url}/pages"
        place = Place(data=here.data, key_file=here.key_file, database=database)
        subjects = made(place, patients, events)
        print("PostgreSQL:", flush=True)
        measured(place, subjects, seconds, folder / "cluster")


if __name__ == "__main__":
    main()
