"""The audit trail of a patient as a person reads it: who, when, what, the old value, the new one, why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse

from equipoise.conduct import COMMANDS, CORRECTABLE
from equipoise.conduct.state import Record
from equipoise.ledger import TRIAL, Event, StoredEvent, parse_canonical
from equipoise.server.ledger.store import numbered_events
from equipoise.server.pages.page import Call
from equipoise.server.pages.record_short import has_words, in_short
from equipoise.server.pages.record_shown import value_words
from equipoise.server.pages.setup.known import called
from equipoise.server.pages.words import translated as _
from equipoise.server.pages.words_of_record import kind_words
from equipoise.server.subjects.view import seen_numbers, seen_stored, shown

__all__ = ["AuditLine", "audit_page"]

PAGE_SIZE = 50
_LABELS = {f.name: f.doc for spec in COMMANDS.values() for f in spec.fields}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """An event of the patient."""

    number: int
    at: str
    actor: str
    role: str
    what: str
    record: str
    """Record that it made or changed; none where it has no page."""
    changes: tuple[tuple[str, str, str], ...]
    """Field, old value, new value."""
    new: str
    """What a new record says, in short."""
    reason: str
    version: str


def audit_page(call: Call) -> HttpResponse:
    """Show the trail, latest first, fifty lines at a time; changes of values alone where that is asked for."""
    wanted = "changes" if call.request.GET.get("what", "") == "changes" else ""
    subject, role = call.subject.id, call.desk.role
    text = call.request.GET.get("from", "0")
    start = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    if wanted:
        chosen = [(n, row.seq) for n, row in enumerate(seen_stored(subject, role), 1) if row.reason or _changed(row)]
    else:
        chosen = list(enumerate(seen_numbers(subject, role), 1))
    shown = chosen[::-1][start : start + PAGE_SIZE]
    events = {event.seq: event for event in numbered_events(TRIAL, [seq for _n, seq in shown])}
    names = called(event.actor for event in events.values())
    return call.render(
        "pages/oversight/audit.html",
        lines=[_line(n, events[seq], names) for n, seq in shown],
        total=len(chosen),
        wanted=wanted,
        after=start + PAGE_SIZE if start + PAGE_SIZE < len(chosen) else None,
        before=max(0, start - PAGE_SIZE) if start else None,
    )


def _changed(row: StoredEvent) -> bool:
    return '"changes":' in row.payload and isinstance(parse_canonical(row.payload).get("changes"), Mapping)


def _line(number: int, event: Event, names: Mapping[str, str]) -> AuditLine:
    values = shown(event.kind, event.payload)
    changed = values.get("changes")
    record = str(values.get("record") or "")
    if event.kind == "corrected" or isinstance(changed, Mapping):
        key: list[object] = list(values.get("key") or ())
        record = str(key[0]) if len(key) == 1 and isinstance(key[0], str) else ""
    return AuditLine(
        number=number,
        at=event.at,
        actor=names[event.actor],
        role=event.role,
        what=_what(event, values),
        record=record,
        changes=tuple(_changes(str(values.get("of", event.kind)), changed)) if isinstance(changed, Mapping) else (),
        new="" if isinstance(changed, Mapping) else _said(event, values),
        reason=event.reason or "",
        version=event.version,
    )


def _what(event: Event, values: Mapping[str, Any]) -> str:
    of = values.get("of")
    if event.kind in ("corrected", "retracted") and isinstance(of, str):
        return f"{kind_words(event.kind)}: {kind_words(of)}"
    return kind_words(event.kind)


_LEFT_OUT = frozenset({"record", "stage", "slot", "hash", "person_key", "factors", "receipt", "key"})


def _said(event: Event, values: Mapping[str, Any]) -> str:
    """Say what an event records: in words of its own, else field by field."""
    if has_words(event.kind):
        return in_short(Record(event.kind, (), values, event.at, event.actor, event.request_id))
    said = []
    for name, value in values.items():
        if name in _LEFT_OUT or value is None or value in ([], {}):
            continue
        rows = isinstance(value, list) and isinstance(value[0], Mapping)
        text = _("%(n)s lines") % {"n": len(value)} if rows else value_words(name, value)
        said.append(f"{_(name.replace('_', ' '))}: {text}")
    return "; ".join(said)[:400]


def _changes(kind: str, changes: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    docs = {f.name: f.doc for f in CORRECTABLE.get(kind, ())}
    for name, change in changes.items():
        if not isinstance(change, Mapping):
            continue
        old, new = change.get("old"), change.get("new")
        label = _(docs.get(name) or _LABELS.get(name) or name.replace("_", " ")).partition(";")[0].partition(":")[0]
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            for inner in sorted(old.keys() | new.keys()):
                if old.get(inner) != new.get(inner):
                    yield (
                        f"{label}: {inner.replace('_', ' ')}",
                        value_words(inner, old.get(inner)),
                        value_words(inner, new.get(inner)),
                    )
        else:
            yield label, value_words(name, old), value_words(name, new)
