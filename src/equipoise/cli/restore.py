"""``equipoise restore``: a backup into an empty place."""

from pathlib import Path

from equipoise.cli.trial_place import needs_server, place_of

__all__ = ["restore"]


@needs_server
def restore(folder: Path, data: Path | None, database: str) -> None:
    """Restore a backup."""
    from equipoise.server.backup import restore_backup

    place = place_of(None, data, database, None)
    for note in restore_backup(folder, place):
        print(note)
    print(f"restored into {place.data}; check it:  equipoise verify --data {place.data}")
