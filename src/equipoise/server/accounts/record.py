"""What happens to accounts, in the access chain.

Each change comes with a digest of the account's row, so that a row that was changed behind the server's back is found.
"""

import hashlib

from allauth.mfa.models import Authenticator

from equipoise.ledger import Draft, canonical_text
from equipoise.server.accounts.models import Account
from equipoise.server.sources import entropy
from equipoise.server.write import record_access

__all__ = ["account_digest", "note_account"]

_PASSING = frozenset({"used_mask", "viewed_at"})
"""What allauth keeps of recovery codes besides the codes."""


def account_digest(account: Account) -> str:
    """SHA-256 of what decides who may come in: the account, and its second factors as they lie sealed.

    Which recovery codes were used up, when they were looked at and when a factor was last used change without an entry
    and are left out.
    """
    parts = [account.id, account.login, account.password, bool(account.is_active), account.name, account.email]
    rows = Authenticator.objects.filter(user=account).values_list("type", "data")
    factors = [canonical_text([kind, {k: v for k, v in data.items() if k not in _PASSING}]) for kind, data in rows]
    return hashlib.sha256(canonical_text([*parts, sorted(factors)]).encode()).hexdigest()


def note_account(account: Account, what: str, *, actor: str, role: str) -> None:
    """Record a change of an account."""
    payload = {"account": account.id, "what": what, "digest": account_digest(account)}
    record_access(Draft("access_changed", payload), actor=actor, role=role, request_id=f"account-{entropy(8).hex()}")
