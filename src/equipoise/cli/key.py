"""``equipoise key``: make, check and rotate the key file of a trial."""

from pathlib import Path
from typing import TYPE_CHECKING

from equipoise.cli.trial_place import needs_server

if TYPE_CHECKING:
    from equipoise.server.place import Place

__all__ = ["check", "make", "rotate"]


@needs_server
def make(path: Path) -> None:
    """Make a key file from the operating system's entropy."""
    from equipoise.server.keys import make_key

    key = make_key(path)
    print(f"{path}: key {key.id}")
    print("Keep a copy apart from the backups. Whoever has this file and the database knows every allocation.")


@needs_server
def check(path: Path, trial: "Place | None") -> None:
    """Check that a key file can be used, and that it is the key of the trial."""
    from equipoise.server.keys import load_key

    key = load_key(path, apart_from=[trial.data] if trial else [])
    print(f"{path}: key {key.id}, readable by its owner alone")
    if trial is None:
        return
    from equipoise.server.running import start

    start(trial)
    from equipoise.server.vault.seal import check_key

    check_key(key)
    print("it opens the vault of this trial")


@needs_server
def rotate(place: "Place", new: Path) -> None:
    """Seal the vault for a new key file; the old one opens it no longer."""
    from equipoise.server.keys import load_key, make_key
    from equipoise.server.running import start

    old = place.key()
    fresh = load_key(new, apart_from=[place.data]) if new.exists() else make_key(new, apart_from=[place.data])
    start(place)
    from equipoise.server.rotation import rotate as replace_key

    replace_key(old, fresh)
    print(f"the vault is sealed for key {fresh.id} in {new}; set EQUIPOISE_KEY_FILE to it and restart the server")
    print(f"keep {place.key_file} as long as backups made with it are kept: they still need it")
