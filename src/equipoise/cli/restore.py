"""``equipoise restore``: a backup into an empty place."""

from pathlib import Path
from typing import TYPE_CHECKING

from equipoise.cli.failure import ArgumentError
from equipoise.cli.trial_place import needs_server, place_of

if TYPE_CHECKING:
    from equipoise.server.place import Place

__all__ = ["restore"]


@needs_server
def restore(folder: Path | None, data: Path | None, database: str, key: Path | None, go_on: str | None) -> None:
    """Restore a backup; or, with a reason, let a restored record be gone on with.

    Raises
    ------
    ArgumentError
        Neither or both are asked for.
    """
    if (folder is None) is (go_on is None):
        raise ArgumentError("name the folder of a backup, or say with --go-on why the restored record may go on")
    place = place_of(None, data, database, key)
    if folder is None:
        _go_on(place, str(go_on))
        return
    from equipoise.server.backup import restore_backup

    for note in restore_backup(folder, place):
        print(note)
    print(f"restored into {place.data}; check it:  equipoise verify --data {place.data}")
    print("before anybody is randomized or given a kit:  equipoise restore --go-on REASON --data ... --key ...")


def _go_on(place: "Place", reason: str) -> None:
    from equipoise.server.running import start

    start(place)
    from equipoise.server.holding import go_on

    go_on(reason)
    print("recorded; patients are randomized and given kits again")
