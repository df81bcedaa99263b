"""The record: events, their canonical form, two hash chains, and what is known at a data cut.

Signed heads need the extra ``server`` and are imported from `equipoise.ledger.head`.
"""

from equipoise.ledger import kinds as _declared
from equipoise.ledger.canonical import canonical_text, normalized, parse_canonical
from equipoise.ledger.chain import GENESIS, Chain, Fault, Link, StoredEvent, seal, store, verify_chain
from equipoise.ledger.collection import uncollected
from equipoise.ledger.current import Change, LedgerCut, Record, current
from equipoise.ledger.errors import LedgerError
from equipoise.ledger.event import ACCESS, CHAINS, TRIAL, Draft, Event, Stamp, utc_text
from equipoise.ledger.kind import FIELD_TYPES, Kind, check_payload, kinds, register

__all__ = [
    "ACCESS",
    "CHAINS",
    "FIELD_TYPES",
    "GENESIS",
    "TRIAL",
    "Chain",
    "Change",
    "Draft",
    "Event",
    "Fault",
    "Kind",
    "LedgerCut",
    "LedgerError",
    "Link",
    "Record",
    "Stamp",
    "StoredEvent",
    "canonical_text",
    "check_payload",
    "current",
    "kinds",
    "normalized",
    "parse_canonical",
    "register",
    "seal",
    "store",
    "uncollected",
    "utc_text",
    "verify_chain",
]

_ = _declared.__name__
