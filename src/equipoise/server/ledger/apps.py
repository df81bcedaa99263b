"""The app of the record."""

from django.apps import AppConfig

__all__ = ["LedgerConfig"]


class LedgerConfig(AppConfig):
    """The record: events of both chains, answered requests, checkpoints of the state."""

    name = "equipoise.server.ledger"
    label = "ledger"
