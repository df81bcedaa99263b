"""How allauth behaves here: nobody signs up by themselves; the second factor is kept sealed."""

import hashlib
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.http import HttpRequest

from equipoise.ledger import Draft
from equipoise.server.accounts.models import Account
from equipoise.server.accounts.record import note_account
from equipoise.server.sources import entropy
from equipoise.server.write import record_access

__all__ = ["AccountAdapter", "SecondFactorAdapter"]


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by an administrator."""

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Tell that nobody signs up."""
        return False

    def login(self, request: HttpRequest, user: Account) -> None:
        """Begin a session, and record it."""
        super().login(request, user)
        _note("logged_in", user, {"account": user.id, "origin": _origin(request), "means": "session"})

    def logout(self, request: HttpRequest) -> None:
        """End a session, and record it."""
        user = request.user
        super().logout(request)
        if isinstance(user, Account):
            _note("logged_out", user, {"account": user.id})

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record a login that failed."""
        login = str(credentials.get("username", "")).strip().lower()
        known = Account.objects.filter(login=login).first()
        _note("login_refused", known, {"account": known and known.id, "origin": _origin(request), "why": "wrong"})

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        """Tell whether the password is asked for again; the login itself will do for some minutes."""
        begun = [record["at"] for record in get_authentication_records(self.request, self.request.user)]
        if begun and time.time() - max(begun) < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app, **more))

    def set_password(self, user: Account, password: str) -> None:
        """Change a password, and record it."""
        super().set_password(user, password)
        note_account(user, "password changed", actor=user.id, role="")

    def send_notification_mail(self, template_prefix: str, user: Account, *more: Any, **named: Any) -> None:
        """Record a change of somebody's own second factor, of which allauth tells here."""
        super().send_notification_mail(template_prefix, user, *more, **named)
        if template_prefix in _CHANGES:
            note_account(user, _CHANGES[template_prefix], actor=user.id, role="")


_CHANGES = {
    "mfa/email/totp_activated": "second factor set up",
    "mfa/email/totp_deactivated": "second factor removed",
    "mfa/email/recovery_codes_generated": "recovery codes made",
}


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of second factors lie sealed in the database, under a key of the data folder."""

    def encrypt(self, text: str) -> str:
        """Seal a secret."""
        nonce = entropy(12)
        return (nonce + AESGCM(_key()).encrypt(nonce, text.encode(), None)).hex()

    def decrypt(self, encrypted_text: str) -> str:
        """Open a secret; one that was sealed elsewhere opens to nothing that fits."""
        sealed = bytes.fromhex(encrypted_text)
        try:
            return AESGCM(_key()).decrypt(sealed[:12], sealed[12:], None).decode()
        except InvalidTag:
            return ""

    def get_totp_label(self, user: Any) -> str:
        """Name the account in the authenticator."""
        return str(user.login)


def _note(kind: str, account: Account | None, payload: dict[str, Any]) -> None:
    actor = "" if account is None else account.id
    record_access(Draft(kind, payload), actor=actor, role="", request_id=f"access-{entropy(8).hex()}")


def _origin(request: HttpRequest) -> str | None:
    found: str | None = request.META.get("REMOTE_ADDR")
    return found


def _key() -> bytes:
    return hashlib.sha256(b"second factor" + settings.SECRET_KEY.encode()).digest()
