"""Which trial a verb is about: folder, database and key from options, environment or the usual places."""

import functools
import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from equipoise.cli.failure import ArgumentError

if TYPE_CHECKING:
    from equipoise.server.place import Place

__all__ = ["MODEL", "PROTOCOL", "missing_for_server", "needs_server", "place_of"]

PROTOCOL = "protocol.yaml"
MODEL = "twin.yaml"
"""Name of the model of synthetic patients, beside the protocol."""
P = ParamSpec("P")
R = TypeVar("R")


def needs_server(verb: Callable[P, R]) -> Callable[P, R]:
    """Say which packages to install where the extra is missing, and turn errors of the server into messages."""

    @functools.wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        missing = missing_for_server()
        if missing:
            raise ArgumentError(f"{', '.join(missing)} not installed; run:  pip install 'equipoise[server]'")
        from equipoise.conduct.vault import VaultError
        from equipoise.ledger import LedgerError
        from equipoise.server.errors import ServerError

        try:
            return verb(*args, **kwargs)
        except (ServerError, VaultError, LedgerError) as error:
            raise ArgumentError(str(error)) from error

    return run


def missing_for_server() -> list[str]:
    """Packages of the extra ``server`` that are not installed."""
    return [name for name in ("django", "ninja", "allauth", "cryptography", "granian") if not _found(name)]


def place_of(trial: Path | None, data: Path | None, database: str, key: Path | None) -> "Place":
    """Find the place of a trial.

    Options come first, then the variables EQUIPOISE_DATA, EQUIPOISE_DATABASE and EQUIPOISE_KEY_FILE, then the usual
    places for the trial of the protocol file.
    """
    from equipoise.protocol import load_protocol
    from equipoise.server.keys import KEY_VARIABLE
    from equipoise.server.place import BACKUPS, DATA, DATABASE, HEADS, Place, default_data, default_key

    study = load_protocol(trial).study_id if trial is not None else None
    data = data or _path(DATA) or (default_data(study) if study else None)
    if data is None:
        raise ArgumentError(f"which trial? Name its protocol (--trial), its data folder (--data), or set {DATA}")
    key = key or _path(KEY_VARIABLE) or (default_key(study) if study else None)
    database = database or os.environ.get(DATABASE, "")
    return Place(data=data, database=database, key_file=key, heads=_path(HEADS), backups=_path(BACKUPS))


def _path(variable: str) -> Path | None:
    return Path(os.environ[variable]) if os.environ.get(variable) else None


def _found(name: str) -> bool:
    return importlib.util.find_spec(name) is not None
