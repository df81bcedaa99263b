"""The app of the agenda."""

from django.apps import AppConfig

__all__ = ["AgendaConfig"]


class AgendaConfig(AppConfig):
    """A read model, rebuilt from the record at any time."""

    name = "equipoise.server.agenda"
    label = "agenda"
