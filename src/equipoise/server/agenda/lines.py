"""Lines of the agenda: made from a patient's state, kept up to date with events, compared with what they should be.

A line is made from the patient, the site and the last event about the patient, and changes with them alone. Of the
questionnaires it holds those whose windows open within a hundred days of that event.
"""

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any, NamedTuple

from equipoise.conduct import Site, Subject
from equipoise.conduct.context import local_date
from equipoise.conduct.due import Due, asked_for, on_day, planned_forms
from equipoise.conduct.planned import Planned, planned
from equipoise.conduct.rulebook import Rulebook
from equipoise.ledger import Event
from equipoise.server import trial
from equipoise.server.agenda.models import AgendaRow
from equipoise.server.ledger import shards as states
from equipoise.server.ledger.round_trip import Statement
from equipoise.server.ledger.shards import Loaded

__all__ = ["Line", "all_lines", "due_of", "following", "line_of", "overdue_of", "wrong_line"]

_AHEAD = 100
_NAMES = tuple(field.name for field in fields(Planned))
_SITE_WIDE = "consent_form_approved"


class Line(NamedTuple):
    """Values of a line."""

    subject: str
    site: str
    opened: bool
    day: str
    version: str
    soonest: str | None
    things: str


def line_of(rules: Rulebook, site: Site, subject: Subject, day: str) -> Line:
    """Make the line of a patient as of the day of the last event about the patient."""
    found = [*planned(rules, site, subject), *planned_forms(rules, subject, day, ahead=_AHEAD)]
    things = [
        {name: value for name in _NAMES if (value := getattr(thing, name)) not in (None, False)} for thing in found
    ]
    soonest = min((thing.last for thing in found if thing.last is not None and thing.until is None), default=None)
    if any(thing.late for thing in found):
        soonest = day if soonest is None else min(day, soonest)
    text = json.dumps(things, sort_keys=True, separators=(",", ":"))
    return Line(subject.id, subject.site, subject.unblinded, day, rules.version, soonest, text)


def due_of(things: str, today: str, actions: Container[str] | None = None) -> list[Due]:
    """What is due on a day, of a line's things; of some commands alone where they are given."""
    return list(on_day((thing for thing in _read(things) if actions is None or thing.action in actions), today))


def overdue_of(things: str, today: str) -> list[str]:
    """Commands that are overdue on a day, of a line's things; one for each thing."""
    return [
        thing.action
        for thing in _read(things)
        if (thing.late or (thing.last is not None and thing.last < today)) and asked_for(thing, today)
    ]


@lru_cache(maxsize=4096)
def _read(things: str) -> tuple[Planned, ...]:
    """Read a line's text; those of a large trial are looked at again and again, and few of them change in between."""
    return tuple(Planned(**thing) for thing in json.loads(things))


def following(events: Sequence[Event], parts: Mapping[str, Loaded]) -> list[Statement]:
    """Say how to bring the agenda up to date with events; ``parts`` are the shards after them."""
    last = {event.subject: event for event in events if event.subject is not None}
    found = [_written(event.version, event.at, parts[f"subject:{name}"].state, parts) for name, event in last.items()]
    for site in sorted({str(event.site) for event in events if event.kind == _SITE_WIDE}):
        found += _of_site(site, parts)
    return found


def _written(version: str, at: str, subject: Subject, parts: Mapping[str, Loaded]) -> Statement:
    site = _site(subject.site, parts)
    rules = trial.rulebooks(parts["study"].state)[version]
    return Statement(_WRITE, line_of(rules, site, subject, local_date(at, site.time_zone)))


def _site(name: str, parts: Mapping[str, Loaded]) -> Site:
    part = parts.get(f"site:{name}") or states.load([f"site:{name}"])[f"site:{name}"]
    found: Site = part.state
    return found


def _of_site(site: str, parts: Mapping[str, Loaded]) -> Iterable[Statement]:
    rows = list(AgendaRow.objects.filter(site=site).order_by("subject"))
    subjects = states.load([f"subject:{row.subject}" for row in rows]) if rows else {}
    books = trial.rulebooks(parts["study"].state)
    for row in rows:
        subject: Subject = subjects[f"subject:{row.subject}"].state
        yield Statement(_WRITE, line_of(books[row.version], _site(site, parts), subject, row.day))


_WRITE = (
    f"INSERT INTO agenda ({', '.join(Line._fields)}) VALUES ({', '.join(['%s'] * len(Line._fields))}) "  # noqa: S608
    "ON CONFLICT (subject) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in Line._fields if name != "subject")
)


def all_lines(shards: Mapping[str, Any], last: Mapping[str, tuple[str, str]]) -> dict[str, Line]:
    """Make the lines of all patients.

    Parameters
    ----------
    shards
        State of the whole trial, by shard.
    last
        Patient -> time and protocol version of the last event about the patient.
    """
    books = trial.rulebooks(shards["study"]) if "study" in shards else {}
    found = {}
    for name, (at, version) in last.items():
        subject: Subject = shards[f"subject:{name}"]
        site: Site = shards[f"site:{subject.site}"]
        found[name] = line_of(books[version], site, subject, local_date(at, site.time_zone))
    return found


def wrong_line(shards: Mapping[str, Any], last: Mapping[str, tuple[str, str]]) -> str | None:
    """Name the first patient whose line is not what the events give; None where all are.

    Arguments are those of `all_lines`.
    """
    kept = {row[0]: Line(*row) for row in AgendaRow.objects.values_list(*Line._fields).iterator()}
    built = all_lines(shards, last)
    for name in sorted(kept.keys() | built.keys()):
        if name not in built:
            return f"patient {name}: a line in the agenda without events"
        if kept.get(name) != built[name]:
            return f"patient {name}: the line in the agenda is not what the events give"
    return None
