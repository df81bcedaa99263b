"""The app of pages."""

from django.apps import AppConfig

__all__ = ["PagesConfig"]


class PagesConfig(AppConfig):
    """Templates, style, script and texts of the pages."""

    name = "equipoise.server.pages"
    label = "pages"
