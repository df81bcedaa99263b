"""The app of accounts."""

from django.apps import AppConfig

__all__ = ["AccountsConfig"]


class AccountsConfig(AppConfig):
    """Accounts and tokens; names and addresses stay out of the record and can be deleted."""

    name = "equipoise.server.accounts"
    label = "accounts"
