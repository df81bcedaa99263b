"""The access chain: public keys, digests of accounts, tokens, kits and the seal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from equipoise.ledger import ACCESS, Event, Fault, Link, verify_chain
from equipoise.server.accounts.models import Account, DiaryLink, Token
from equipoise.server.accounts.record import account_digest
from equipoise.server.accounts.tokens import token_digest
from equipoise.server.diary.links import link_digest
from equipoise.server.diary.models import DiaryWording
from equipoise.server.diary.wording import wording_digest
from equipoise.server.ledger.store import stored_events

__all__ = ["AccessRead", "read_access", "wrong_account", "wrong_link", "wrong_token", "wrong_wording"]


@dataclass(slots=True)
class AccessRead:
    """What the access chain says."""

    end: Link = field(default_factory=Link)
    fault: Fault | None = None
    trial_hash: str = ""
    public_keys: list[str] = field(default_factory=list)
    seals: list[str] = field(default_factory=list)
    """Digest of each seal of the vault, in order."""
    accounts: dict[str, str] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    """Digest of each personal link that was given and has not ended."""
    wordings: set[str] = field(default_factory=set)
    """Digest of each wording of a questionnaire that was loaded and not deleted."""
    lots: dict[str, str] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)
    """Kit -> site to which it was sent."""
    grants: dict[str, Event] = field(default_factory=dict)
    """Grant -> first reading on its ground."""
    hashes: dict[int, str] = field(default_factory=dict)


def read_access(asked: set[int]) -> AccessRead:
    """Read the chain up to its end or its first fault."""
    found = AccessRead()
    for item in verify_chain(ACCESS, stored_events(ACCESS)):
        if isinstance(item, Fault):
            found.fault = item
            return found
        found.end = Link(item.seq, item.hash, item.at)
        if item.seq in asked:
            found.hashes[item.seq] = item.hash
        _note(found, item)
        if found.fault is not None:
            return found
    return found


def _note(found: AccessRead, event: Event) -> None:
    payload = event.payload
    if event.kind == "access_opened":
        found.trial_hash = payload["trial_hash"]
        found.public_keys.append(payload["public_key"])
        found.seals.append(payload["seal"])
    elif event.kind == "key_announced":
        if not _proved(found.public_keys[-1], payload["public_key"], payload["proof"]):
            found.fault = Fault(ACCESS, event.seq, "the new key is not signed by the one before it")
        found.public_keys.append(payload["public_key"])
        found.seals.append(payload["seal"])
    elif event.kind == "access_changed" and payload.get("digest"):
        found.accounts[payload["account"]] = payload["digest"]
    elif event.kind == "logged_in" and payload.get("digest"):
        found.tokens.add(payload["digest"])
    elif event.kind in ("diary_link_changed", "wording_changed"):
        _note_diary(found, payload)
    elif event.kind == "kits_made":
        found.lots[payload["lot"]] = payload["digest"]
    elif event.kind == "kits_sent":
        found.sent |= dict.fromkeys(payload["kits"], payload["to"])
    elif event.kind == "unblinded_read" and payload.get("grant"):
        found.grants.setdefault(payload["grant"], event)


def _note_diary(found: AccessRead, payload: Mapping[str, Any]) -> None:
    """Links that were given or ended; wordings that were loaded or deleted."""
    if "link" in payload:
        (found.links.add if payload["what"] == "given" else found.links.discard)(payload["link"])
    else:
        (found.wordings.add if payload["what"] == "loaded" else found.wordings.discard)(payload["wording"])


def _proved(old: str, new: str, proof: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(old)).verify(bytes.fromhex(proof), bytes.fromhex(new))
    except (InvalidSignature, ValueError):
        return False
    return True


def wrong_account(found: AccessRead) -> str | None:
    """Name the first account that is not as the access chain has it."""
    rows: Iterable[Account] = Account.objects.order_by("id")
    known = set()
    for row in rows:
        known.add(row.id)
        if found.accounts.get(row.id) != account_digest(row):
            return f"account {row.id}, or a second factor of it, is not as it was recorded"
    missing = sorted(set(found.accounts) - known)
    if missing:
        return f"account {missing[0]} is missing"
    stray = sorted(set(Authenticator.objects.values_list("user_id", flat=True)) - known)
    return f"a second factor belongs to account {stray[0]}, which is missing" if stray else None


def wrong_token(found: AccessRead) -> str | None:
    """Name the first token that was never given out as it stands."""
    for row in Token.objects.order_by("digest"):
        if token_digest(row) not in found.tokens:
            return f"token {row.digest[:8]}... was not given out as it stands"
    return None


def wrong_link(found: AccessRead) -> str | None:
    """Name the first personal link that was never given as it stands, or has ended."""
    for row in DiaryLink.objects.order_by("digest"):
        if link_digest(row) not in found.links:
            return f"diary link {row.digest[:8]}... was not given as it stands"
    return None


def wrong_wording(found: AccessRead) -> str | None:
    """Name the first wording of a questionnaire that was never loaded as it stands, or has been deleted."""
    for row in DiaryWording.objects.order_by("site", "instrument"):
        if wording_digest(row) not in found.wordings:
            return f"wording of {row.instrument}, site {row.site or 'any'}, was not loaded as it stands"
    return None
