"""Accounts and their tokens. The record knows a person by the account's identifier alone."""

import secrets

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

__all__ = ["Account", "DiaryLink", "Token", "UsedCode", "new_identifier"]

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_identifier() -> str:
    """Draw an identifier of a person: eight letters and digits that cannot be taken for each other."""
    return "P-" + "".join(secrets.choice(_LETTERS) for _ in range(8))


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts."""

    def create_account(self, login: str, password: str | None, *, name: str = "", email: str = "") -> "Account":
        """Make an account; without password nobody can log in until one is set."""
        account: Account = self.model(id=new_identifier(), login=login.strip().lower(), name=name, email=email)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def get_by_natural_key(self, username: str | None) -> "Account":
        """Find an account by its login, in whatever case it is typed."""
        account: Account = self.get(login=(username or "").strip().lower())
        return account


class Account(AbstractBaseUser):
    """Somebody who can come in."""

    id = models.TextField(primary_key=True, default=new_identifier, editable=False)
    login = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    is_active = models.BooleanField(default=True)
    last_login = None

    USERNAME_FIELD = "login"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    objects = AccountManager()

    class Meta:
        """Beside the record: backed up, not rebuilt."""

        db_table = "account"

    def __str__(self) -> str:
        """Name the account without the person."""
        return str(self.id)


class Token(models.Model):
    """Permission to use the API as somebody until a day; only the hash of the token is kept."""

    digest = models.CharField(max_length=64, primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="tokens")
    created = models.DateTimeField()
    expires = models.DateTimeField()

    class Meta:
        """Deleting a row ends the token."""

        db_table = "account_token"

    def __str__(self) -> str:
        """Name the token without its secret."""
        return f"token {self.digest[:8]} of {self.account_id}"


class UsedCode(models.Model):
    """A code of a second factor that was given: it is not taken again."""

    pk = models.CompositePrimaryKey("account_id", "counter")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    counter = models.BigIntegerField()

    class Meta:
        """Old rows may be deleted at any time."""

        db_table = "account_used_code"

    def __str__(self) -> str:
        """Name account and step."""
        return f"code {self.counter} of {self.account_id}"


class DiaryLink(models.Model):
    """A patient's personal link to the own diary; only a keyed hash of its secret is kept."""

    digest = models.CharField(max_length=64, primary_key=True)
    subject = models.TextField(db_index=True)
    made = models.DateTimeField()
    expires = models.DateTimeField()
    by = models.TextField()
    """Account of who gave it."""

    class Meta:
        """Deleting a row ends the link."""

        db_table = "diary_link"

    def __str__(self) -> str:
        """Name the link without its secret."""
        return f"diary link {self.digest[:8]} of {self.subject}"
