"""The app of patients."""

from django.apps import AppConfig

__all__ = ["SubjectsConfig"]


class SubjectsConfig(AppConfig):
    """Lists of patients: read models, rebuilt from the record at any time."""

    name = "equipoise.server.subjects"
    label = "subjects"
