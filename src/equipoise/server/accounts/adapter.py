"""How allauth behaves here: nobody signs up by themselves; the second factor is kept sealed."""

import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.http import HttpRequest

from equipoise.server.sources import entropy

__all__ = ["AccountAdapter", "SecondFactorAdapter"]


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by an administrator."""

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Tell that nobody signs up."""
        return False


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


def _key() -> bytes:
    return hashlib.sha256(b"second factor" + settings.SECRET_KEY.encode()).digest()
