"""The app of the vault."""

from django.apps import AppConfig

__all__ = ["VaultConfig"]


class VaultConfig(AppConfig):
    """Sealed rows: seed, allocations, kits."""

    name = "equipoise.server.vault"
    label = "vault"
