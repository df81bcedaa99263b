"""The app of interim looks."""

from django.apps import AppConfig

__all__ = ["MonitoringConfig"]


class MonitoringConfig(AppConfig):
    """Reports of interim looks."""

    name = "equipoise.server.monitoring"
    label = "monitoring"
