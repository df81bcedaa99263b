"""Starting: Django set up for a place, and the web server in front of it."""

import os

import django
from django.conf import settings
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from equipoise.server.place import Place

__all__ = ["run", "start"]


def start(place: Place) -> None:
    """Set Django up for the trial of a place; once in a process."""
    os.environ.update(place.environment())
    os.environ["DJANGO_SETTINGS_MODULE"] = "equipoise.server.settings"
    if not settings.configured:
        django.setup()


def run(host: str, port: int, workers: int) -> None:
    """Answer requests until the process is stopped."""
    Granian(
        "equipoise.server.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=4,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        websockets=False,
    ).serve()
