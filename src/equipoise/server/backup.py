"""Backup and restore through the database's own online backup; the key is never part of it.

A backup is a folder: the database as of one moment, the heads as they were just before it, the secret of sessions
(second factors are sealed with it), and ``manifest.json`` with the hash of each. Without the key file a restored trial
is readable and stays blinded.
"""

import contextlib
import hashlib
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from equipoise import __version__
from equipoise.server.errors import ServerError
from equipoise.server.place import Place
from equipoise.server.restored import note_restore
from equipoise.server.sources import now

__all__ = ["MANIFEST", "make_backup", "restore_backup"]

MANIFEST = "manifest.json"
SQLITE, DUMP, HEADS, SESSION = "trial.sqlite3", "trial.dump", "heads", "session-secret"
_FILES = frozenset({SQLITE, DUMP, HEADS, SESSION})


def make_backup(place: Place, folder: Path, name: str) -> Path:
    """Write a backup into a new folder and return it; the server may go on meanwhile.

    Raises
    ------
    ServerError
        The key file lies in the folder, or the database cannot be backed up.
    """
    if place.key_file is not None and place.key_file.resolve().is_relative_to(folder.resolve()):
        raise ServerError(f"{place.key_file}: the key file lies in the folder of backups; keep it apart.")
    target = folder / f"{name}-{now():%Y%m%dT%H%M%SZ}"
    partial = target.with_name(target.name + ".partial")
    if target.exists():
        raise ServerError(f"{target}: exists already; a backup is never written over. Try again in a second.")
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(partial)
    partial.mkdir(parents=True, mode=0o700)
    if place.head_file.exists():
        shutil.copyfile(place.head_file, partial / HEADS)
    shutil.copyfile(place.data / SESSION, partial / SESSION)
    if place.sqlite_file is not None:
        _copy_sqlite(place.sqlite_file, partial / SQLITE)
    else:
        _dump(place.database, partial / DUMP)
    files = {path.name: _sha256(path) for path in sorted(partial.iterdir())}
    manifest = {"equipoise": __version__, "trial": name, "made": f"{now():%Y-%m-%dT%H:%M:%SZ}", "files": files}
    (partial / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    for path in partial.iterdir():
        path.chmod(0o600)
        _flush(path)
    partial.rename(target)
    return target


def restore_backup(folder: Path, place: Place) -> list[str]:
    """Restore a backup into an empty place; return what the user should know.

    Raises
    ------
    ServerError
        The backup is damaged, or the place is not empty.
    """
    files = _checked(folder)
    dump = place.sqlite_file is None
    if (DUMP if dump else SQLITE) not in files:
        kinds = "SQLite, and the place is PostgreSQL" if dump else "PostgreSQL: give --database postgresql://..."
        raise ServerError(f"{folder}: the backup is of {kinds}")
    if place.data.exists() and any(place.data.iterdir()):
        raise ServerError(f"{place.data}: is not empty; a backup is restored into a new folder.")
    place.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if place.sqlite_file is not None:
        try:
            _copy_sqlite(folder / SQLITE, place.sqlite_file)
        except ServerError:
            place.sqlite_file.unlink(missing_ok=True)
            raise
        place.sqlite_file.chmod(0o600)
    else:
        _load(place.database, folder / DUMP)
    shutil.copyfile(folder / SESSION, place.data / SESSION)
    (place.data / SESSION).chmod(0o600)
    aside = _keep_heads(place)
    if HEADS in files:
        shutil.copyfile(folder / HEADS, place.head_file)
    found = note_restore(place, made=_made(folder), heads_before=aside)
    notes = [f"what was recorded after {found.made} is not in this backup"]
    if found.behind:
        notes.append(
            f"EVENTS ARE MISSING: the heads that were there stand at event {found.known} of the trial, those "
            f"of the backup at {found.have}"
        )
    if aside is not None:
        notes.append(f"the heads that were there are kept in {aside}: they tell how far the record had gone")
    return notes


def _made(folder: Path) -> str:
    made = json.loads((folder / MANIFEST).read_text(encoding="utf-8")).get("made")
    return made if isinstance(made, str) else "an unknown day"


def _keep_heads(place: Place) -> Path | None:
    if not place.head_file.exists():
        return None
    name = f"{place.head_file.name}.before-restore"
    free = (name if number == 1 else f"{name}-{number}" for number in itertools.count(1))
    aside = next(path for path in map(place.head_file.with_name, free) if not path.exists())
    place.head_file.replace(aside)
    return aside


def _checked(folder: Path) -> dict[str, str]:
    try:
        files: dict[str, str] = dict(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ServerError(f"{folder}: is not a backup of equipoise ({MANIFEST} is missing or damaged)") from error
    wrong = sorted({SESSION} - files.keys()) + [
        name
        for name, digest in files.items()
        if name not in _FILES or not (folder / name).is_file() or _sha256(folder / name) != digest
    ]
    if wrong:
        raise ServerError(f"{folder / wrong[0]}: is missing or damaged; take another backup")
    return files


def _copy_sqlite(source: Path, target: Path) -> None:
    with (
        contextlib.closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)) as old,
        contextlib.closing(sqlite3.connect(target)) as new,
    ):
        try:
            old.backup(new)
            new.execute("PRAGMA journal_mode=DELETE")
            (answer,) = new.execute("PRAGMA integrity_check").fetchone()
        except sqlite3.Error as error:
            raise ServerError(f"{source}: cannot be copied: {error}") from error
    if answer != "ok":
        raise ServerError(f"{source}: the database is damaged: {answer}")


def _dump(url: str, target: Path) -> None:
    _run("pg_dump", url, ["--format=custom", "--no-owner", f"--file={target}"])


def _load(url: str, source: Path) -> None:
    tables = _run("psql", url, ["-tAc", "SELECT count(*) FROM pg_tables WHERE tablename = 'ledger_event'"])
    if tables.strip() != "0":
        raise ServerError("the database holds a trial; a backup is restored into an empty database.")
    _run("pg_restore", url, ["--exit-on-error", "--no-owner", "--single-transaction", str(source)])


def _apart(url: str) -> tuple[str, dict[str, str]]:
    """Part an address from its password, which everybody on the machine could read among the arguments of a program."""
    parts = urlsplit(url)
    if parts.password is None:
        return url, {}
    people, _, host = parts.netloc.rpartition("@")
    plain = parts._replace(netloc=f"{people.partition(':')[0]}@{host}")
    return urlunsplit(plain), {"PGPASSWORD": unquote(parts.password)}


def _run(program: str, url: str, arguments: list[str]) -> str:
    found = shutil.which(program) or next(
        (str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), reverse=True)), None
    )
    if found is None:
        raise ServerError(f"{program} is not installed; install the client of PostgreSQL (postgresql-client)")
    address, secret = _apart(url)
    done = subprocess.run(  # noqa: S603 - a fixed program
        [found, f"--dbname={address}", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **secret},
    )
    if done.returncode != 0:
        raise ServerError(f"{program}: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'failed'}")
    return done.stdout


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
