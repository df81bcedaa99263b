"""Where a trial lives: its folder, its database, its key, its heads; told to every process by environment variables."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from equipoise.server.errors import ServerError
from equipoise.server.keys import KEY_VARIABLE, TrialKey, load_key

__all__ = ["Place", "database_settings", "default_data", "default_key"]

DATA, DATABASE, HEADS, BACKUPS = "EQUIPOISE_DATA", "EQUIPOISE_DATABASE", "EQUIPOISE_HEADS", "EQUIPOISE_BACKUPS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Folder, database, key and heads of one trial."""

    data: Path
    """Folder of the database (where it is a file), the secret of sessions and uploads."""
    database: str = ""
    """URL ``postgresql://user:password@host:port/name``; empty for SQLite in the data folder."""
    key_file: Path | None = None
    """Key file; None where the server runs without: readable, blinded, and nothing can be allocated."""
    heads: Path | None = None
    """File of signed heads; beside the data folder unless given."""
    backups: Path | None = None
    """Folder of backups, in which the key file may not lie either."""

    @property
    def head_file(self) -> Path:
        """Where signed heads are written: outside the database."""
        return self.heads or self.data.parent / f"{self.data.name}.heads"

    @property
    def sqlite_file(self) -> Path | None:
        """The database where it is a file."""
        return None if self.database else self.data / "trial.sqlite3"

    def key(self) -> TrialKey:
        """Read the key file.

        Raises
        ------
        ServerError
            Where it cannot be used.
        """
        if self.key_file is None:
            raise ServerError(
                f"{KEY_VARIABLE} is not set: name the key file of this trial in it. Without the key the record can be "
                "read and stays blinded; nothing can be allocated or unblinded."
            )
        return load_key(self.key_file, apart_from=[self.data, *([self.backups] if self.backups else [])])

    def environment(self) -> dict[str, str]:
        """Say it in the variables that `from_environment` reads."""
        named = {DATA: self.data, DATABASE: self.database, HEADS: self.heads, BACKUPS: self.backups}
        return {name: str(value) for name, value in {**named, KEY_VARIABLE: self.key_file}.items() if value}

    @classmethod
    def from_environment(cls) -> "Place":
        """Read the environment variables.

        Raises
        ------
        ServerError
            Where the data folder is not named.
        """
        if not os.environ.get(DATA):
            raise ServerError(f"{DATA} is not set: name the data folder of the trial in it.")

        def path(name: str) -> Path | None:
            return Path(os.environ[name]) if os.environ.get(name) else None

        return cls(
            data=Path(os.environ[DATA]),
            database=os.environ.get(DATABASE, ""),
            key_file=path(KEY_VARIABLE),
            heads=path(HEADS),
            backups=path(BACKUPS),
        )


def default_data(trial: str) -> Path:
    """Folder of a trial's data where none is named."""
    return _home("XDG_DATA_HOME", ".local/share") / "equipoise" / _file_name(trial)


def default_key(trial: str) -> Path:
    """Key file of a trial where none is named."""
    return _home("XDG_CONFIG_HOME", ".config") / "equipoise" / f"{_file_name(trial)}.key"


def _home(variable: str, folder: str) -> Path:
    return Path(os.environ[variable]) if os.environ.get(variable) else Path.home() / folder


def _file_name(trial: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", trial).strip(".-") or "trial"


def database_settings(place: Place) -> dict[str, object]:
    """Settings of Django for the database of a place.

    SQLite takes the write lock when a transaction begins (``IMMEDIATE``), writes ahead and flushes every commit.

    Raises
    ------
    ServerError
        For a URL that names no PostgreSQL database.
    """
    if place.sqlite_file is not None:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(place.sqlite_file),
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
                "PRAGMA wal_autocheckpoint=4000",
            },
        }
    url = urlsplit(place.database)
    if url.scheme not in ("postgresql", "postgres") or not url.path.strip("/"):
        raise ServerError(
            f"database {url.scheme or place.database!r}: expected postgresql://user:password@host:port/name, "
            "or nothing for SQLite"
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path[1:]),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": str(url.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(parse_qsl(url.query)),
    }
