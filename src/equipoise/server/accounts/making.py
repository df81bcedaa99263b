"""Accounts made, given a new password and closed, for the pages and the interface alike; each change is recorded."""

import base64

from django.db import IntegrityError, transaction

from equipoise.server.accounts.models import Account, Token
from equipoise.server.accounts.record import note_account
from equipoise.server.sources import entropy

__all__ = ["RESET", "LoginTakenError", "close_account", "make_account", "reset_account"]


RESET = "password and second factor reset"
"""What the access chain calls it."""


class LoginTakenError(ValueError):
    """There is an account of this name."""


def make_account(login: str, name: str, *, actor: str, role: str) -> tuple[Account, str]:
    """Make an account; give it with its first password, which can be read nowhere later.

    Raises
    ------
    LoginTakenError
        The login is somebody else's.
    """
    password = _password()
    try:
        with transaction.atomic():
            account = Account.objects.create_account(login, password, name=name)
    except IntegrityError as error:
        raise LoginTakenError(login) from error
    note_account(account, "made", actor=actor, role=role)
    return account, password


def reset_account(account: Account, *, actor: str, role: str) -> str:
    """Give an account a new password; its tokens and its second factor end."""
    password = _password()
    account.set_password(password)
    account.save()
    Token.objects.filter(account=account).delete()
    account.authenticator_set.all().delete()
    note_account(account, RESET, actor=actor, role=role)
    return password


def close_account(account: Account, *, actor: str, role: str) -> None:
    """Close an account: sessions and tokens end at once, and nobody comes in with it any more."""
    account.is_active = False
    account.save()
    Token.objects.filter(account=account).delete()
    note_account(account, "closed", actor=actor, role=role)


def _password() -> str:
    return base64.b32encode(entropy(15)).decode().lower()
