"""Reports of interim looks in and out of their table; the closed ones for those whom the table of rights names."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from equipoise.conduct.nouns.interim_looks import look_problem, looks_made
from equipoise.conduct.state import Study
from equipoise.ledger import TRIAL, Draft, Event
from equipoise.server.errors import ServerError
from equipoise.server.keys import TrialKey
from equipoise.server.ledger.store import read_events
from equipoise.server.monitoring.models import LookReport
from equipoise.server.sources import entropy
from equipoise.server.vault.reports import letters_of_arms, seal_report, unseal_report
from equipoise.server.write import record_access

__all__ = [
    "PARTS",
    "SEALED",
    "keep_report",
    "letters_of_arms",
    "look_problem",
    "looks_made",
    "note_opening",
    "read_report",
    "reports_of",
    "wrong_report",
]

PARTS = {"open": "open_report", "closed": "closed_report", "letters": "letters"}
"""Report -> field of the event of a look that holds its hash."""
SEALED = frozenset({"closed", "letters"})


def keep_report(key: TrialKey, part: str, analysis: str, look: int, content: bytes) -> str:
    """Keep a report and give the hash under which it is found; what tells arms is sealed first."""
    kept = seal_report(key, content, _context(part, analysis, look)) if part in SEALED else content
    digest = hashlib.sha256(kept).hexdigest()
    if not LookReport.objects.filter(digest=digest).exists():
        LookReport.objects.create(digest=digest, content=kept)
    return digest


def read_report(key: TrialKey | None, part: str, look: Mapping[str, Any]) -> bytes | None:
    """Read a report of a look that the record holds; None where none is kept.

    Raises
    ------
    ServerError
        The report is not what the record has the hash of, or cannot be opened without the key.
    """
    digest = look.get(PARTS[part])
    row = None if digest is None else LookReport.objects.filter(digest=digest).first()
    if row is None:
        return None
    content = bytes(row.content)
    if hashlib.sha256(content).hexdigest() != digest:
        raise ServerError(f"the {part} report of look {look['look']} is not as it was recorded")
    if part not in SEALED:
        return content
    if key is None:
        raise ServerError("the closed report is sealed, and the key of the trial is not there")
    return unseal_report(key, content, _context(part, look["analysis"], look["look"]))


def note_opening(part: str, look: Mapping[str, Any], *, actor: str, role: str) -> Event:
    """Record that somebody opens a report, before it is handed out."""
    payload = {"analysis": look["analysis"], "look": look["look"], "report": part}
    return record_access(Draft("look_opened", payload), actor=actor, role=role, request_id=f"access-{entropy(8).hex()}")


def reports_of(study: Study, analysis: str, look: int) -> Mapping[str, Any] | None:
    """Find a look that was made."""
    return next((made for made in looks_made(study, analysis) if made["look"] == look), None)


def wrong_report() -> str | None:
    """Name the first report that is not as the record has it."""
    for event in read_events(TRIAL, "kind = %s", ["look_made"]):
        for part, digest in _kept(event):
            row = LookReport.objects.filter(digest=digest).first()
            if row is None or hashlib.sha256(bytes(row.content)).hexdigest() != digest:
                what = f"the {part} report of look {event.payload['look']} of {event.payload['analysis']}"
                return f"event {event.seq}: {what} {'is missing' if row is None else 'was changed'}"
    return None


def _kept(event: Event) -> Iterator[tuple[str, str]]:
    for part, name in PARTS.items():
        if event.payload.get(name) is not None:
            yield part, event.payload[name]


def _context(part: str, analysis: str, look: int) -> str:
    return f"look report {part} {analysis} {look}"
