"""``equipoise serve``: the trial server, from a protocol file to an address that answers."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from equipoise.cli.failure import ArgumentError
from equipoise.cli.practice import practice_place
from equipoise.cli.trial_place import needs_server, place_of

if TYPE_CHECKING:
    from equipoise.server.place import Place
    from equipoise.server.setup import FirstLogin

__all__ = ["serve"]


@needs_server
def serve(
    trial: Path,
    *,
    host: str,
    port: int,
    data: Path | None,
    database: str,
    key: Path | None,
    workers: int,
    rehearsal: str | None = None,
    practice: bool = False,
    ahead: int | None = None,
) -> None:
    """Serve a trial; the first time make its folder, key, tables and first administrator.

    ``practice`` serves an empty trial of made-up patients instead, its clock ``ahead`` days before the true one.
    """
    from equipoise.server.keys import make_key
    from equipoise.server.running import run, start

    if rehearsal is not None and data is None:
        raise ArgumentError("name the folder of the rehearsal's data (--data): it is never that of the trial itself")
    if ahead is not None and not practice:
        raise ArgumentError("--days-ahead belongs to --practice: the clock of a real trial is never set off")
    days = 0
    if practice:
        place, trial, days = practice_place(trial, data, database, key, ahead)
    else:
        place = place_of(trial, data, database, key)
    if rehearsal is not None and key is None and data is not None:
        place = replace(place, key_file=data.with_name(f"{data.name}.key"))
    new_key = None
    if place.key_file is not None and not place.key_file.exists() and not _begun(place.sqlite_file):
        new_key = make_key(place.key_file, apart_from=[place.data])
    start(place)
    from equipoise.server.setup import migrate, set_up
    from equipoise.server.trial import flush_heads

    migrate()
    if rehearsal is not None:
        _serve_rehearsal(rehearsal, host, port)
        return
    if practice:
        _put_ahead(days)
    first = set_up(trial)
    flush_heads()
    _announce(place, trial, first, new_key is not None, days if practice else None)
    print(f"Address:       http://{host}:{port}/   (stop with Ctrl+C)")
    sys.stdout.flush()
    if host not in ("127.0.0.1", "localhost") and not os.environ.get("EQUIPOISE_HOSTS"):
        os.environ["EQUIPOISE_HOSTS"] = f"{host},localhost,127.0.0.1"
    run(host, port, workers)


def _announce(place: "Place", trial: Path, first: "FirstLogin | None", new_key: bool, days: int | None) -> None:
    """Say where everything lies, and the first login."""
    if new_key:
        print(f"Key file:      {place.key_file}")
        print("               Keep a copy apart from the backups: without it nobody can be allocated or unblinded.")
    if first is not None:
        print(f"Administrator: {first.login}")
        print(f"Password:      {first.password}   (shown only now; you will be asked for a second factor)")
    if days is not None:
        print(f"PRACTICE:      made-up patients; the clock stands {days} days ahead (--days-ahead)")
        print(f"Protocol:      {trial}")
    _warn_without_key()
    _warn_of_heads()
    _warn_of_old_lists()
    print(f"Data:          {place.database.rsplit('@')[-1] or place.data}")


def _put_ahead(days: int) -> None:
    """Put the clock of this process, and of those that answer requests, ahead."""
    from equipoise.server.demo import VARIABLE, set_clock

    os.environ[VARIABLE] = str(86_400 * days)
    set_clock()


def _serve_rehearsal(seed: str, host: str, port: int) -> None:
    """Answer a rehearsal's requests; time and chance come with each of them."""
    from equipoise.server.rehearsal_setup import check_place
    from equipoise.server.rehearsing import VARIABLE
    from equipoise.server.running import run

    check_place()
    os.environ[VARIABLE] = seed
    print("Rehearsal:     synthetic patients only; whoever reaches the address may do everything in anybody's name")
    print(f"Address:       http://{host}:{port}/   (stop with Ctrl+C)")
    print(f"Then:          equipoise rehearse TRIAL --http http://{host}:{port}")
    sys.stdout.flush()
    run(host, port, 1)


def _begun(database: Path | None) -> bool:
    return database is not None and database.exists()


def _warn_without_key() -> None:
    from equipoise.server import trial

    problem = trial.key_problem()
    if problem is not None:
        print(f"No key:        {problem}")
        print("               The record can be read and stays blinded; nothing can be recorded.")


def _warn_of_heads() -> None:
    from equipoise.server import trial
    from equipoise.server.holding import why_held
    from equipoise.server.restored import restored_from

    writer = trial.heads()
    if writer is not None and writer.failure is not None:
        print(f"Signed heads:  {writer.failure}")
    if restored_from(trial.place()) is not None:
        print(f"Restored:      {why_held()}")


def _warn_of_old_lists() -> None:
    from equipoise.server.verification.rebuild import outdated

    if outdated() is not None:
        print("Old lists:     they are not what this version makes of the record. Stop the server, run")
        print(
            "               equipoise verify --rebuild (with the same --data, --database or --trial), start it again."
        )
