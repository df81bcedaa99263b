"""Two chains of events, each entry bound to the one before by its hash.

``hash`` = SHA-256, in hexadecimal, of the canonical JSON of the list

    [chain, seq, at, actor, role, site, subject, kind, version, reason, request_id, clock_drift, prev_hash, payload]

in UTF-8; ``prev_hash`` of the first entry is 64 zeros.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from equipoise.ledger.canonical import canonical_text, check_unicode, normalized, parse_canonical, sound, written
from equipoise.ledger.errors import LedgerError
from equipoise.ledger.event import CHAINS, Draft, Event, Stamp
from equipoise.ledger.kind import check_payload, fits_kind

__all__ = ["GENESIS", "Chain", "Fault", "Link", "StoredEvent", "seal", "store", "verify_chain"]

GENESIS = "0" * 64

_quoted = json.encoder.encode_basestring


class Link(NamedTuple):
    """The end of a chain."""

    seq: int = 0
    hash: str = GENESIS
    at: str = ""


class StoredEvent(NamedTuple):
    """An event as a database holds it: the payload is canonical JSON text. The fields are those of `Event`."""

    chain: str
    seq: int
    at: str
    actor: str
    role: str
    site: str | None
    subject: str | None
    kind: str
    version: str
    payload: str
    reason: str | None
    request_id: str
    clock_drift: bool
    prev_hash: str
    hash: str


class Fault(NamedTuple):
    """The first entry of a chain that is not what was recorded."""

    chain: str
    seq: int
    """Number of the entry that is wrong, or that is missing."""
    what: str

    def __str__(self) -> str:
        """Say where and what."""
        return f"{self.chain} chain, event {self.seq}: {self.what}"


def seal(draft: Draft, stamp: Stamp, end: Link | Event, *, chain: str = "trial") -> Event:
    """Make the next event of a chain.

    Parameters
    ----------
    draft
        What is recorded. Text of its payload and reason is brought into Unicode form NFC.
    stamp
        Who, when, in which role.
    end
        Link to which the event is joined, or the event before it.

    Raises
    ------
    LedgerError
        Where the payload has no canonical form or does not fit its kind.
    """
    kind, payload, site, subject, reason, version = draft
    at, actor, role, request_id, clock_drift = stamp
    fits = fits_kind(kind, payload, chain)
    if not fits and not sound(payload):
        payload = normalized(payload)
        canonical_text(payload)
    if reason is not None and not reason.isascii():
        reason = normalized(reason)
    seq, previous = end.seq + 1, end.hash
    head = (
        f'["{chain}",{seq},{_quoted(at)},{_words(actor, role, site, subject)},{_words(kind, version, reason)},'
        f'{_quoted(request_id)},{"true" if clock_drift else "false"},"{previous}"'
    )
    try:
        text = f"{head},{written(payload)}]"
    except LedgerError:
        payload = normalized(payload)
        text = f"{head},{written(payload)}]"
    if not fits:
        check_payload(kind, payload, chain)
    if not text.isascii():
        check_unicode((chain, seq, at, actor, role, site, subject, kind, version, reason, request_id))
    digest = hashlib.sha256(text.encode()).hexdigest()
    head_fields = (chain, seq, at, actor, role, site, subject, kind, version)
    return Event._make((*head_fields, payload, reason, request_id, clock_drift, previous, digest))


@lru_cache(maxsize=4096)
def _words(*texts: str | None) -> str:
    """Write texts that many events share."""
    return ",".join("null" if text is None else _quoted(text) for text in texts)


def store(event: Event) -> StoredEvent:
    """Write an event's payload as text."""
    return StoredEvent(*event[:9], canonical_text(event.payload), *event[10:])


class Chain:
    """A chain in memory: what a rehearsal writes to, and what tests compare a database with."""

    def __init__(self, name: str = "trial") -> None:
        if name not in CHAINS:
            raise LedgerError(f"chain {name!r} is not known; the chains are {', '.join(CHAINS)}")
        self.name = name
        self.events: list[Event] = []

    @property
    def end(self) -> Link:
        """Where the next event is joined."""
        if not self.events:
            return Link()
        last = self.events[-1]
        return Link(last.seq, last.hash, last.at)

    def append(self, drafts: Sequence[Draft], stamp: Stamp) -> list[Event]:
        """Seal drafts and add them; none is added where one cannot be."""
        sealed: list[Event] = []
        end: Link | Event = self.events[-1] if self.events else Link()
        for draft in drafts:
            end = seal(draft, stamp, end, chain=self.name)
            sealed.append(end)
        self.events += sealed
        return sealed


def verify_chain(chain: str, stored: Iterable[StoredEvent]) -> Iterator[Event | Fault]:
    """Recompute a chain from what a database holds, in order of the sequence numbers.

    Yields every event that is as recorded, and at the first that is not one `Fault`, which is the last item.
    A tail that was cut off is not visible here: see `equipoise.ledger.head`.
    """
    previous = GENESIS
    for seq, row in enumerate(stored, 1):
        fault = _fault(chain, seq, previous, row)
        if fault is not None:
            yield Fault(chain, seq if row.seq >= seq else row.seq, fault)
            return
        try:
            payload = parse_canonical(row.payload)
        except (LedgerError, TypeError) as error:
            yield Fault(chain, seq, f"payload: {error}")
            return
        previous = row.hash
        yield Event(*row[:9], payload, *row[10:])


def _fault(chain: str, seq: int, previous: str, row: StoredEvent) -> str | None:
    if row.seq != seq:
        return "missing" if row.seq > seq else "the sequence number is given twice"
    if row.chain != chain:
        return f"belongs to chain {row.chain!r}"
    if row.prev_hash != previous:
        return "the previous hash it names is not that of the event before it"
    head = (*row[:9], *row[10:14])
    try:
        digest = _digest(head, row.payload)
    except (UnicodeEncodeError, TypeError):
        return "holds something that is not Unicode text"
    if digest != row.hash:
        return "its hash does not fit its content: a field was changed"
    return None


def _digest(head: Sequence[Any], payload: str) -> str:
    return hashlib.sha256(f"{orjson.dumps(head).decode()[:-1]},{payload}]".encode()).hexdigest()
