"""Django, set up once for the tests of this process; `use` points it to the folder of one trial after the other."""

import os
import tempfile
from pathlib import Path

import django
from django.conf import settings
from django.db import connections

from equipoise.server.place import Place, database_settings

__all__ = ["set_up_django", "use"]


def set_up_django() -> None:
    """Set Django up with an empty folder; nothing is read or written until `use`."""
    if settings.configured:
        return
    os.environ.setdefault("EQUIPOISE_DATA", tempfile.mkdtemp(prefix="equipoise-test-"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "equipoise.server.settings")
    django.setup()


def use(place: Place) -> None:
    """Serve the trial of a place from now on."""
    set_up_django()
    place.data.mkdir(parents=True, exist_ok=True)
    connections["default"].close()
    del connections["default"]
    wanted = {**connections.settings["default"], **database_settings(place)}
    connections.settings["default"] = wanted
    settings.DATABASES = {"default": wanted}
    settings.PLACE = place
    from equipoise.server.ledger.memory import forget

    forget()


def file_place(folder: Path) -> Place:
    """A trial in a folder, on SQLite, its key beside it."""
    return Place(data=folder / "data", key_file=folder / "key" / "trial.key")
