"""``equipoise serve --demo``: a synthetic trial in the middle of its life, with one login for each role."""

import datetime as dt
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from equipoise.cli.failure import ArgumentError
from equipoise.cli.trial_place import MODEL, PROTOCOL, needs_server, place_of

if TYPE_CHECKING:
    from equipoise.cli.rehearse import Rehearsal
    from equipoise.rehearsal.memory import Rehearsed
    from equipoise.server.demo import DemoLogin
    from equipoise.server.place import Place

__all__ = ["LOGINS", "PATIENTS", "SEED", "demo_trial", "make_demo", "serve_demo"]

PATIENTS, SEED = 60, 2026
LOGINS = "demo-logins.json"
"""In the folder of the data, for its owner alone."""
_AFTER = 45
"""Days between the last randomization and the day on which the demonstration stands."""


def demo_trial(trial: Path | None) -> Path:
    """Find the protocol of a demonstration: the one named, else that of ``trials/a021202``.

    Raises
    ------
    ArgumentError
        There is none, or no model of its patients beside it.
    """
    usual = [Path("trials/a021202"), Path(__file__).parents[3] / "trials" / "a021202"]
    found = trial or next((folder / PROTOCOL for folder in usual if (folder / MODEL).is_file()), None)
    if found is None or not (found.parent / MODEL).is_file():
        raise ArgumentError(
            f"name a trial folder that holds {PROTOCOL} and {MODEL}: equipoise serve trials/a021202 --demo"
        )
    return found


@needs_server
def serve_demo(
    trial: Path | None, *, host: str, port: int, data: Path | None, database: str, key: Path | None, workers: int
) -> None:
    """Serve a synthetic trial; the first time make it, with its people.

    Raises
    ------
    ArgumentError
        The place holds a trial that is no demonstration.
    """
    file = demo_trial(trial)
    place = _place(file, data, database, key)
    known = place.data / LOGINS
    if not known.exists():
        _made_apart(file, place)
    from equipoise.server.running import run, start

    start(place)
    from equipoise.server.demo import VARIABLE, demo_sources
    from equipoise.server.rehearsal_setup import check_place
    from equipoise.server.setup import migrate
    from equipoise.server.sources import use

    migrate()
    check_place()
    kept = json.loads(known.read_text(encoding="utf-8"))
    os.environ[VARIABLE] = str(kept["clock"])
    use(demo_sources(kept["clock"]))
    print("SYNTHETIC:     made-up patients, for practice and demonstration")
    for each in kept["logins"]:
        print(f"{each['role'].replace('_', ' ') + ':':<24}{each['login']:<26}{each['password']}  {each['secret']}")
    if kept.get("diary"):
        print(f"patient:                http://{host}:{port}{kept['diary']['path']}")
    print(f"               login, password, secret of the second factor; kept in {known}")
    print(f"Address:       http://{host}:{port}/   (stop with Ctrl+C)")
    sys.stdout.flush()
    if host not in ("127.0.0.1", "localhost") and not os.environ.get("EQUIPOISE_HOSTS"):
        os.environ["EQUIPOISE_HOSTS"] = f"{host},localhost,127.0.0.1"
    run(host, port, workers)


def _place(file: Path, data: Path | None, database: str, key: Path | None) -> "Place":
    from equipoise.server.place import default_data

    place = place_of(file, data, database, key)
    if data is None:
        usual = default_data(place.data.name)
        place = replace(place, data=usual.with_name(f"{usual.name}-demo"))
    return place if key is not None else replace(place, key_file=place.data.with_name(f"{place.data.name}.key"))


def _made_apart(file: Path, place: "Place") -> None:
    """Make the trial in a process of its own: threads that it begins would stand still in the server's processes."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as apart:
        made = apart.submit(make_demo, file, place)
        import_module("equipoise.server.running")  # what comes next, read while the other process works
        made.result()


def make_demo(file: Path, place: "Place", *, patients: int = PATIENTS, seed: int = SEED) -> None:
    """Make the trial: patients generated, their record carried out up to a day, one login for each role.

    Raises
    ------
    ArgumentError
        The place is in use.
    """
    from equipoise.cli.rehearsal_record import write_record
    from equipoise.cli.rehearse import prepare

    if place.sqlite_file is not None and place.sqlite_file.exists():
        raise ArgumentError(
            f"{place.data} holds a trial that is no demonstration; it is left as it is. Name another folder (--data)."
        )
    rehearsal = prepare(file, seed=seed, patients=patients, faulty=False)
    rehearsed = run_until(rehearsal)
    write_record(rehearsed, place, seed=rehearsal.seed)
    ends = dt.datetime.fromisoformat(rehearsed.events[-1].at)
    begins = _workday(ends + dt.timedelta(hours=12))
    clock = round((begins - dt.datetime.now(dt.UTC)).total_seconds())
    site = _largest_site(rehearsed)
    _stock(site, clock)
    _keep(
        place.data / LOGINS,
        clock,
        list(_logins(site, clock)),
        _diary(rehearsed, site, clock, begins.date().isoformat()),
    )


def run_until(rehearsal: "Rehearsal") -> "Rehearsed":
    """Carry the commands out up to some weeks after the last randomization."""
    from equipoise.rehearsal.memory import Rehearsed, carry_out, commands_of
    from equipoise.rehearsal.vault import rehearsal_vault

    facts = rehearsal.facts()
    vault, chance = rehearsal_vault(rehearsal.protocol, rehearsal.model.allocation, rehearsal.trial, faulty=False)
    commands = commands_of(
        rehearsal.protocol, rehearsal.text, rehearsal.model, facts, commitment=vault.commitment, trial=rehearsal.trial
    )
    last = max(dt.date.fromisoformat(command.at[:10]) for command in commands if command.kind == "randomize")
    until = (last + dt.timedelta(days=_AFTER)).isoformat()
    rehearsed = Rehearsed(rehearsal.protocol, vault)
    carry_out(rehearsed, [command for command in commands if command.at < until], chance)
    return rehearsed


def _workday(moment: dt.datetime) -> dt.datetime:
    """Morning of the next working day, as the sites of the model see it."""
    day = moment.replace(hour=14, minute=0, second=0, microsecond=0) + dt.timedelta(days=1)
    while day.weekday() > 4:
        day += dt.timedelta(days=1)
    return day


def _largest_site(rehearsed: "Rehearsed") -> str:
    counted: dict[str, int] = {}
    for event in rehearsed.events:
        if event.kind == "randomized":
            counted[str(event.site)] = counted.get(str(event.site), 0) + 1
    return min(counted, key=lambda name: (-counted[name], name))


def _diary(rehearsed: "Rehearsed", site: str, clock: int, today: str) -> dict[str, str] | None:
    """Give a patient of the site who still fills questionnaires in a personal link."""
    from equipoise.conduct import diary_closed
    from equipoise.server.demo import demo_sources
    from equipoise.server.diary.links import LONGEST, give_link
    from equipoise.server.sources import replaced
    from equipoise.server.trial import flush_heads

    patients = [
        p for p in rehearsed.state.subjects.values() if p.site == site and p.doses and not p.has("treatment_stopped")
    ]
    open_still = sorted(p.id for p in patients if not diary_closed(p, today) and not p.unblinded)
    if not open_still:
        return None
    with replaced(demo_sources(clock)):
        secret, _row = give_link(open_still[-1], LONGEST.days, actor=f"coordinator@{site}", role="site_coordinator")
        flush_heads()
    return {"subject": open_still[-1], "path": f"/diary/{secret}/"}


def _stock(site: str, clock: int) -> None:
    """Give the site kits, so that dispensing can be tried."""
    from equipoise.server.demo import demo_sources, stock_site
    from equipoise.server.sources import replaced

    with replaced(demo_sources(clock)):
        stock_site(site, statistician="unblinded_statistician", pharmacist=f"pharmacist@{site}")


def _logins(site: str, clock: int) -> "Iterator[DemoLogin]":
    from equipoise.rehearsal.opening import ADMINISTRATOR
    from equipoise.rehearsal.wishes import CENTRAL, STAFF
    from equipoise.server.demo import demo_sources, make_login, new_password
    from equipoise.server.sources import replaced
    from equipoise.server.trial import flush_heads

    with replaced(demo_sources(clock)):
        password = new_password()
        for name, role in STAFF.items():
            yield make_login(f"{name}@{site}", role, site, password)
        for name, role in CENTRAL.items():
            yield make_login(name, role, None, password)
        yield make_login(ADMINISTRATOR, "administrator", None, password)
        flush_heads()


def _keep(file: Path, clock: int, logins: "list[DemoLogin]", diary: dict[str, str] | None) -> None:
    content = {"synthetic": True, "clock": clock, "logins": [asdict(each) for each in logins], "diary": diary}
    number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "w", encoding="utf-8") as opened:
        json.dump(content, opened, indent=1)
        opened.write("\n")
