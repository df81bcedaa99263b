"""The one way to write: a command is decided, its events are appended and the state is kept, in one transaction.

Whoever asks (a page, the API, the command line, a rehearsal over HTTP) comes through `perform`. A request is known by
its identifier: asked again, it is answered from the record and nothing is done twice.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import DatabaseError, OperationalError, connection, transaction

from equipoise.conduct import COMMANDS, Command, Refusal, Subject, decide, shards
from equipoise.conduct.nouns.blinding import noted_code
from equipoise.ledger import ACCESS, TRIAL, Draft, Event, Link, Stamp, canonical_text, normalized, utc_text
from equipoise.server import trial
from equipoise.server.holding import ALLOCATING, why_held
from equipoise.server.keys import TrialKey
from equipoise.server.ledger import shards as states
from equipoise.server.ledger.memory import recall, remember
from equipoise.server.ledger.models import Request
from equipoise.server.ledger.round_trip import Statement, ask, commit_with
from equipoise.server.ledger.store import append, inserting, lock, locking, read_events, sealed
from equipoise.server.queueing import turn
from equipoise.server.sources import now
from equipoise.server.subjects import listing
from equipoise.server.vault import depot
from equipoise.server.vault.database_vault import drawing, foreseen
from equipoise.server.vault.last_seal import SEALING, last_seal
from equipoise.server.vault.seal import mac, mac_key

__all__ = ["Answer", "UnavailableError", "Wish", "load_for", "perform", "record_access", "request_mac"]


class UnavailableError(Exception):
    """The server cannot write now; the message says why, and that nothing was recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks for, as it comes in: time is added here."""

    kind: str
    actor: str
    role: str
    request_id: str
    payload: Mapping[str, Any]
    site: str | None = None
    subject: str | None = None
    reason: str | None = None
    second_factor: bool = False

    def fingerprint(self) -> str:
        """SHA-256 of what is asked for; a repetition has the same."""
        parts = [self.kind, self.actor, self.role, self.site, self.subject, self.reason, dict(self.payload)]
        return hashlib.sha256(canonical_text(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of it."""

    events: tuple[Event, ...] = ()
    refusal: Refusal | None = None
    repeated: bool = False
    """Whether the request had been carried out before."""


def perform(wish: Wish) -> Answer:
    """Carry out a command, or refuse it; both are durable and in the record when this returns.

    Raises
    ------
    UnavailableError
        The database cannot be written (disk full, gone, locked too long) or the key is not there.
    """
    wish = _normalized(wish)
    key = trial.key()
    if key is None:
        raise UnavailableError(f"Nothing can be recorded: {trial.key_problem()}")
    try:
        answer = _carried_out(wish, key)
        if answer.refusal is not None:
            _record_refusal(wish, answer.refusal)
    except DatabaseError as error:
        raise UnavailableError(_explained(error)) from error
    return answer


def _normalized(wish: Wish) -> Wish:
    fields = {name: normalized(getattr(wish, name)) for name in Wish.__dataclass_fields__}
    return Wish(**fields)


def request_mac(key: bytes, *row: str | int) -> str:
    """Prove request, actor, command, first and last event with the key that `mac_key` gives."""
    return mac(key, canonical_text(row))


def _carried_out(wish: Wish, key: TrialKey) -> Answer:
    fingerprint = wish.fingerprint()

    def asked(kept: Mapping[Any, Any]) -> list[Statement]:
        draw = foreseen(kept) if wish.kind == "randomize" else None
        more = [] if draw is None else drawing(wish.subject or "", *draw)
        return [Statement(_KNOWN, [wish.request_id]), SEALING, *more]

    with turn(), transaction.atomic():
        found = recall(shards(_command(wish, "")), first=locking(TRIAL), also=asked)
        known, seals, *drawn = found.answers
        if known:
            return _repeated(wish, fingerprint, Request(*known[0]))
        held = why_held() if wish.kind in ALLOCATING else None
        if held is not None:
            raise UnavailableError(held)
        command = _command(wish, utc_text(now()))
        parts = _with_site(command, found.parts)
        seen = parts | _everybody() if command.kind in _OF_EVERYBODY else parts
        study = parts["study"].state
        last = last_seal(seals) if seals else None
        draw = foreseen(found.kept) if drawn else None
        vault = trial.vault(study, last=last, kept=found.kept, drawn=draw and (draw, drawn))
        decided = decide(trial.rulebooks(study), states.state_of(seen), command, vault)
        if isinstance(decided, Refusal):
            transaction.set_rollback(True)
            return Answer(refusal=decided)
        events = sealed(TRIAL, decided, command.stamp(), found.end)
        if events:
            proved = (wish.request_id, wish.actor, fingerprint, events[0].seq, events[-1].seq)
            proof = request_mac(mac_key(key, last), *proved)
            after = states.after(parts, events)
            depot.follow(events)
            listed = listing.following(events, after)
            kept = states.checkpointing(after, parts)
            commit_with(*vault.writes, *inserting(events), Statement(_ANSWERED, (*proved, proof)), *listed, *kept)
            transaction.on_commit(lambda: remember(found.end, events, after, vault.keep))
            _after_commit(TRIAL, events)
    return Answer(events=tuple(events))


_KNOWN = "SELECT request_id, actor, command, first_seq, last_seq, mac FROM ledger_request WHERE request_id = %s"
_ANSWERED = (
    "INSERT INTO ledger_request (request_id, actor, command, first_seq, last_seq, mac) VALUES (%s, %s, %s, %s, %s, %s)"
)


def _command(wish: Wish, at: str) -> Command:
    return Command(
        kind=wish.kind,
        actor=wish.actor,
        role=wish.role,
        at=at,
        request_id=wish.request_id,
        payload=wish.payload,
        site=wish.site,
        subject=wish.subject,
        reason=wish.reason,
        second_factor=wish.second_factor,
    )


def load_for(command: Command) -> dict[str, states.Loaded]:
    """Give the shards that a command needs to be looked at, and the site of its subject, as the record has them now.

    Patients whom a command looks through when it is carried out are not among them.
    """
    return _with_site(command, recall(shards(command)).parts)


def _with_site(command: Command, parts: dict[str, states.Loaded]) -> dict[str, states.Loaded]:
    subject = parts.get(f"subject:{command.subject}")
    if subject is not None and subject.seq and f"site:{subject.state.site}" not in parts:
        parts = parts | recall([f"site:{subject.state.site}"]).parts
    return parts


def _everybody() -> dict[str, states.Loaded]:
    """Every patient of central review, without what fills a long record and has no part in it."""
    (rows,) = ask(
        Statement("SELECT subject FROM ledger_event WHERE chain = %s AND kind = %s", [TRIAL, "review_opened"])
    )
    names = sorted({f"subject:{subject}" for (subject,) in rows})
    found: dict[str, states.Loaded] = {}
    for first in range(0, len(names), _TOGETHER):
        parts = states.load(names[first : first + _TOGETHER])
        found |= {name: part._replace(state=_slim(part.state)) for name, part in parts.items()}
    return found


def _slim(subject: Subject) -> Subject:
    return replace(subject, records={kind: of for kind, of in subject.records.items() if kind not in _BULK})


_OF_EVERYBODY = frozenset(name for name, spec in COMMANDS.items() if spec.everybody)
_BULK = frozenset({"vitals_recorded", "labs_recorded", "visit_recorded", "dose_recorded", "diary_submitted"})
_TOGETHER = 100
"""Shards loaded in one statement."""


def _repeated(wish: Wish, fingerprint: str, known: Request) -> Answer:
    if known.actor != wish.actor or known.command != fingerprint:
        reason = "This request number was used for something else."
        return Answer(refusal=Refusal("request_reused", reason, "Give every new request a number of its own."))
    events = read_events(TRIAL, "seq BETWEEN %s AND %s", [known.first_seq, known.last_seq])
    return Answer(events=tuple(events), repeated=True)


def record_access(draft: Draft, *, actor: str, role: str, request_id: str) -> Event:
    """Append an event to the access chain, in a transaction of its own."""
    try:
        with turn(), transaction.atomic():
            lock(ACCESS)
            (event,) = append(ACCESS, [draft], Stamp(utc_text(now()), actor, role, request_id))
            _after_commit(ACCESS, [event])
    except DatabaseError as error:
        raise UnavailableError(_explained(error)) from error
    return event


def _record_refusal(wish: Wish, refusal: Refusal) -> None:
    payload = {"command": wish.kind[:60], "code": noted_code(wish.kind, refusal.code), "detail": None}
    draft = Draft("refused", payload, wish.site, wish.subject)
    record_access(draft, actor=wish.actor, role=wish.role, request_id=wish.request_id)


def _after_commit(chain: str, events: list[Event]) -> None:
    end = Link(events[-1].seq, events[-1].hash, events[-1].at)
    writer = trial.heads()
    if writer is not None:
        transaction.on_commit(lambda: writer.note(chain, end))


def _explained(error: DatabaseError) -> str:
    text = str(error).lower()
    if "full" in text or "no space" in text or "53100" in text:
        return "The disk of the server is full: nothing was recorded. Make room, then send the same request again."
    if isinstance(error, OperationalError) and ("locked" in text or "timeout" in text):
        return "The database was busy for too long: nothing was recorded. Send the same request again."
    if connection.vendor == "postgresql" and isinstance(error, OperationalError):
        return "The database cannot be reached: nothing was recorded. Send the same request again later."
    return "The database could not be written: nothing was recorded. Tell the administrator."
