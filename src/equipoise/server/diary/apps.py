"""The app of diaries."""

from django.apps import AppConfig

__all__ = ["DiaryConfig"]


class DiaryConfig(AppConfig):
    """Answers being typed and wordings of questionnaires: both outside of the record, both may be deleted."""

    name = "equipoise.server.diary"
    label = "diary"
