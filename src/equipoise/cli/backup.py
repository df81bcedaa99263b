"""``equipoise backup``: a consistent copy of a running trial, without its key."""

from pathlib import Path

from equipoise.cli.trial_place import needs_server, place_of

__all__ = ["backup"]


@needs_server
def backup(folder: Path, trial: Path | None, data: Path | None, database: str, key: Path | None) -> None:
    """Back a trial up into a folder of its own."""
    from equipoise.cli.failure import ArgumentError
    from equipoise.server.backup import make_backup
    from equipoise.server.running import start

    place = place_of(trial, data, database, key)
    if place.sqlite_file is not None and not place.sqlite_file.exists():
        raise ArgumentError(f"{place.sqlite_file}: there is no trial here")
    start(place)
    from equipoise.server.setup import adopted

    name = adopted()
    if name is None:
        raise ArgumentError(f"{place.data}: no trial has begun here")
    print(make_backup(place, folder, name))
