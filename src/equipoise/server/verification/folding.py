"""The trial chain read once, from first to last event: hashes recomputed, state folded, read models built again."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from equipoise.conduct import Counters, Site, Study, Subject, fold, touched
from equipoise.conduct.vault import Slot
from equipoise.ledger import TRIAL, Event, Fault, Link, verify_chain
from equipoise.server.ledger.models import Checkpoint
from equipoise.server.ledger.shards import decode
from equipoise.server.ledger.store import read_events, stored_events
from equipoise.server.subjects.listing import next_row
from equipoise.server.subjects.models import SubjectRow

__all__ = ["Folded", "fold_trial", "go_on"]

_EMPTY: dict[str, Any] = {"study": Study, "counters": Counters, "site": Site, "subject": Subject}


@dataclass(slots=True)
class Folded:
    """What the trial chain says."""

    end: Link = field(default_factory=Link)
    first: Link = field(default_factory=Link)
    fault: Fault | None = None
    shards: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, SubjectRow] = field(default_factory=dict)
    receipts: dict[Slot, str] = field(default_factory=dict)
    slots: dict[Slot, tuple[str, str]] = field(default_factory=dict)
    """Slot -> subject and number of the event."""
    requests: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    """Request -> actor, first and last event."""
    kits: dict[tuple[str, str], tuple[str | None, str | None]] = field(default_factory=dict)
    """Kit and what became of it -> subject and request."""
    checkpoint: str | None = None
    """First checkpoint that is not what the events give."""
    wrong: list[str] = field(default_factory=list)
    """All such checkpoints."""
    kept: int = 0
    """Checkpoints compared."""
    last: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Patient -> time and protocol version of the last event about the patient."""
    hashes: dict[int, str] = field(default_factory=dict)
    """Hashes at the numbers that were asked for."""
    before: dict[str, Subject] = field(default_factory=dict)
    """Patients who were unblinded, as they stood before it."""

    @property
    def study(self) -> Study:
        """The trial."""
        found: Study = self.shards.get("study") or Study()
        return found


def fold_trial(asked: set[int]) -> Folded:
    """Read the chain up to its end or its first fault.

    Parameters
    ----------
    asked
        Numbers of events whose hash is wanted.
    """
    folded = Folded()
    kept = {row.shard: (row.seq, row.state) for row in Checkpoint.objects.iterator()}
    waiting: dict[int, list[str]] = {}
    for shard, (seq, _) in kept.items():
        waiting.setdefault(seq, []).append(shard)
    for item in verify_chain(TRIAL, stored_events(TRIAL)):
        if isinstance(item, Fault):
            folded.fault = item
            return folded
        _step(folded, item)
        if item.seq in asked:
            folded.hashes[item.seq] = item.hash
        for shard in waiting.pop(item.seq, ()):
            _compare(folded, shard, kept[shard][1])
    _list(folded)
    left = sorted(shard for shards in waiting.values() for shard in shards)
    folded.wrong += left
    if left and folded.checkpoint is None:
        folded.checkpoint = f"{left[0]}: of an event that does not exist"
    return folded


def go_on(folded: Folded) -> bool:
    """Take in the events that were recorded since the chain was read; False where there are none."""
    before = folded.end.seq
    for event in read_events(TRIAL, "seq > %s", [before]):
        _step(folded, event)
    if folded.end.seq > before:
        _list(folded)
    return folded.end.seq > before


def _step(folded: Folded, event: Event) -> None:
    shards = folded.shards
    if event.kind in ("unblinded", "code_broken") and event.subject not in folded.before:
        folded.before[str(event.subject)] = shards[f"subject:{event.subject}"]
    for name in _names(event):
        kind, _, key = name.partition(":")
        before = shards.get(name)
        if before is None:
            before = _EMPTY[kind](id=key) if key else _EMPTY[kind]()
        shards[name] = fold(kind, before, event)
    if event.subject is not None:
        folded.last[event.subject] = (event.at, event.version)
    if event.seq == 1:
        folded.first = Link(1, event.hash, event.at)
    folded.end = Link(event.seq, event.hash, event.at)
    known = folded.requests.get(event.request_id)
    folded.requests[event.request_id] = (event.actor, known[1] if known else event.seq, event.seq)
    _follow(folded, event)


def _follow(folded: Folded, event: Event) -> None:
    payload = event.payload
    if event.kind == "randomized":
        slot = Slot(payload["stage"], payload["slot"])
        folded.receipts[slot] = payload["receipt"]
        folded.slots[slot] = (str(event.subject), str(event.seq))
    elif event.kind == "kit_assigned":
        folded.kits[payload["kit"], "assigned"] = (event.subject, event.request_id)
    elif event.kind in ("dispensed", "wrong_kit_dispensed"):
        folded.kits.setdefault((payload["kit"], "dispensed"), (event.subject, None))
    elif event.kind == "kits_removed":
        for kit in payload["kits"]:
            folded.kits.setdefault((kit, "unusable"), (None, None))


def _list(folded: Folded) -> None:
    """Build the list of patients: each line from the patient's state now, and from that before unblinding."""
    for shard, subject in folded.shards.items():
        if shard.startswith("subject:"):
            before = folded.before.get(subject.id)
            first = None if before is None else next_row(None, before)
            folded.rows[subject.id] = next_row(first, subject)


def _names(event: Event) -> Iterator[str]:
    for name in _touched(event.kind, event.site is None, event.subject is None):
        if name == "site:?":
            yield f"site:{event.site}"
        elif name == "subject:?":
            yield f"subject:{event.subject}"
        else:
            yield name


@cache
def _touched(kind: str, no_site: bool, no_subject: bool) -> tuple[str, ...]:
    return touched(kind, site=None if no_site else "?", subject=None if no_subject else "?")


def _compare(folded: Folded, shard: str, text: str) -> None:
    folded.kept += 1
    state = decode(shard, text)
    if state is None or state != folded.shards.get(shard):
        folded.wrong.append(shard)
        folded.checkpoint = folded.checkpoint or f"{shard}: is not what the events give"
