"""Tokens of the API: made after password and second factor, kept as hashes, ended at any time."""

import base64
import datetime as dt
import hashlib

from equipoise.ledger import canonical_text, utc_text
from equipoise.server.accounts.models import Account, Token
from equipoise.server.sources import entropy, now

__all__ = ["LIFETIME", "account_of", "end_token", "new_token", "token_digest"]

LIFETIME = dt.timedelta(hours=8)


def new_token(account: Account, lifetime: dt.timedelta = LIFETIME) -> tuple[str, Token]:
    """Make a token and return it with its row; it cannot be read again."""
    secret = "eq_" + base64.urlsafe_b64encode(entropy(32)).decode().rstrip("=")
    moment = now()
    row = Token(digest=_digest(secret), account=account, created=moment, expires=moment + lifetime)
    row.save(force_insert=True)
    return secret, row


def account_of(secret: str) -> Account | None:
    """Find whose token it is; nobody's where it is unknown, ended or of a closed account."""
    token = Token.objects.select_related("account").filter(digest=_digest(secret)).first()
    if token is None or token.expires <= now() or not token.account.is_active:
        return None
    account: Account = token.account
    return account


def token_digest(row: Token) -> str:
    """SHA-256 of the row of a token."""
    parts = [row.digest, row.account_id, utc_text(row.created), utc_text(row.expires)]
    return hashlib.sha256(canonical_text(parts).encode()).hexdigest()


def end_token(secret: str) -> bool:
    """End a token; False where there is none."""
    return bool(Token.objects.filter(digest=_digest(secret)).delete()[0])


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
