"""Tokens of the API: made after password and second factor, kept as hashes, ended at any time."""

import base64
import datetime as dt
import hashlib

from equipoise.ledger import canonical_text, utc_text
from equipoise.server.accounts.models import Account, Token
from equipoise.server.ledger.round_trip import Statement, ask
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
    (rows,) = ask(Statement(_WHOSE, [_digest(secret)]))
    if not rows:
        return None
    expires, *values = rows[0]
    account: Account = Account.from_db("default", _FIELDS, values)
    expires = expires if expires.tzinfo else expires.replace(tzinfo=dt.UTC)  # SQLite has no zones: all is UTC
    return account if expires > now() and account.is_active else None


_FIELDS = ("password", "id", "login", "name", "email", "is_active")
_WHOSE = (
    f"SELECT t.expires, {', '.join(f'a.{name}' for name in _FIELDS)} FROM account_token t "  # noqa: S608
    "JOIN account a ON a.id = t.account_id WHERE t.digest = %s"
)


def token_digest(row: Token) -> str:
    """SHA-256 of the row of a token."""
    parts = [row.digest, row.account_id, utc_text(row.created), utc_text(row.expires)]
    return hashlib.sha256(canonical_text(parts).encode()).hexdigest()


def end_token(secret: str) -> bool:
    """End a token; False where there is none."""
    return bool(Token.objects.filter(digest=_digest(secret)).delete()[0])


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
