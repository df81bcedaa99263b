"""From an event to the next state. Most events add or change a record; a few change more, by the nouns' tables."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from equipoise.conduct.nouns import APPLIES
from equipoise.conduct.state import Record, Recorded, Site, State, Subject
from equipoise.ledger import Event, kinds

__all__ = ["Folding", "apply", "apply_all", "fold", "touched"]


def touched(kind: str, *, site: str | None, subject: str | None) -> tuple[str, ...]:
    """Name the shards that an event of a kind changes, from its kind, site and subject alone."""
    return tuple(
        f"site:{site}" if name == "site" else f"subject:{subject}" if name == "subject" else name
        for name in _parts(kind, site is not None, subject is not None)
    )


_OWNER = {"trial": "study", "site": "site", "subject": "subject"}


@lru_cache(maxsize=4096)
def _parts(kind: str, has_site: bool, has_subject: bool) -> tuple[str, ...]:
    """Parts of the state that events of a kind change."""
    names = dict.fromkeys((_owner(kind, has_site, has_subject), *APPLIES.get(kind, {})))
    return tuple(name for name in names if (name != "site" or has_site) and (name != "subject" or has_subject))


@lru_cache(maxsize=4096)
def _owner(kind: str, has_site: bool, has_subject: bool) -> str:
    """The part that holds the event's own record, or the one that it changes."""
    declared = kinds()[kind]
    if declared.change is None:
        return _OWNER[declared.scope]
    return "subject" if has_subject else "site" if has_site else "study"


Change = Callable[[Any, Event], Any]


def fold(name: str, shard: Any, event: Event) -> Any:
    """Bring one shard up to date with an event that touches it.

    Parameters
    ----------
    name
        ``study``, ``counters``, or the part before the colon of ``site:07`` and ``subject:07-001``.
    shard
        The shard before the event; an empty one for the first.
    event
        The event; anything with the attributes of `equipoise.ledger.Event`.
    """
    return _changed(shard, _changes(name, event.kind, event.site is not None, event.subject is not None), event)


@lru_cache(maxsize=4096)
def _changes(name: str, kind: str, has_site: bool, has_subject: bool) -> tuple[Change, ...]:
    """What events of a kind do to a part: to the record that it holds, and by the nouns' tables."""
    found: list[Change] = []
    if _owner(kind, has_site, has_subject) == name:
        found.append(_change if kinds()[kind].change else _add)
    special = APPLIES.get(kind, {}).get(name)
    return (*found, special) if special is not None else tuple(found)


def apply(state: State, event: Event) -> State:
    """Give the state after an event; shards that it does not touch are the same objects as before."""
    study, counters, sites, subjects = state.study, state.counters, state.sites, state.subjects
    site, subject = event.site, event.subject
    for name in _parts(event.kind, site is not None, subject is not None):
        if name == "subject" and subject is not None:
            subjects = {**subjects, subject: fold(name, subjects.get(subject) or Subject(id=subject), event)}
        elif name == "site" and site is not None:
            sites = {**sites, site: fold(name, sites.get(site) or Site(id=site), event)}
        elif name == "study":
            study = fold(name, study, event)
        else:
            counters = fold(name, counters, event)
    return State(study, counters, sites, subjects)


class Folding:
    """A state that goes on from event to event without being copied.

    Parameters
    ----------
    state
        Where it begins; it stays as it is.
    """

    __slots__ = ("_sites", "_subjects", "state")

    def __init__(self, state: State) -> None:
        self._sites, self._subjects = dict(state.sites), dict(state.subjects)
        self.state = State(state.study, state.counters, self._sites, self._subjects)
        """The state now. Its sites and subjects are those of any later moment too: it is asked before the next event,
        or copied."""

    def apply(self, events: Iterable[Event]) -> None:
        """Go on with events, in order."""
        study, counters, sites, subjects = self.state.study, self.state.counters, self._sites, self._subjects
        for event in events:
            site, subject = event.site, event.subject
            for name, changes in _steps(event.kind, site is not None, subject is not None):
                if name == "subject" and subject is not None:
                    subjects[subject] = _changed(subjects.get(subject) or Subject(id=subject), changes, event)
                elif name == "site" and site is not None:
                    sites[site] = _changed(sites.get(site) or Site(id=site), changes, event)
                elif name == "study":
                    study = _changed(study, changes, event)
                else:
                    counters = _changed(counters, changes, event)
        if study is not self.state.study or counters is not self.state.counters:
            self.state = State(study, counters, sites, subjects)


def _changed(shard: Any, changes: tuple[Change, ...], event: Event) -> Any:
    for change in changes:
        shard = change(shard, event)
    return shard


@lru_cache(maxsize=4096)
def _steps(kind: str, has_site: bool, has_subject: bool) -> tuple[tuple[str, tuple[Change, ...]], ...]:
    """Parts of the state that events of a kind change, each with what they do to it."""
    parts = _parts(kind, has_site, has_subject)
    return tuple((name, _changes(name, kind, has_site, has_subject)) for name in parts)


def apply_all(state: State, events: Iterable[Event]) -> State:
    """Give the state after many events: the same as one by one, without copying what is not kept."""
    folding = Folding(state)
    folding.apply(events)
    return folding.state


def _add(shard: Recorded, event: Event) -> Recorded:
    payload, kind = event.payload, event.kind
    key = kinds()[kind].record_key(payload)
    name = _name(key)
    old = shard.records[kind].get(name) if kind in shard.records else None
    if old is None:
        record = Record(kind, key, payload, event.at, event.actor, event.request_id)
    else:
        record = Record(kind, key, payload, old.at, old.actor, old.request_id, old.changes + 1)
    return shard.with_record(record, name, event.request_id)


def _change(shard: Recorded, event: Event) -> Recorded:
    of, name = event.payload["of"], _name(tuple(event.payload["key"]))
    old = shard.records[of][name]
    if kinds()[event.kind].change == "retracted":
        record = replace(old, changes=old.changes + 1, retracted=True)
    else:
        new: Mapping[str, Any] = {field: change["new"] for field, change in event.payload["changes"].items()}
        record = replace(old, changes=old.changes + 1, values={**old.values, **new})
    return shard.with_record(record, name, event.request_id)


def _name(key: tuple[Any, ...]) -> str:
    return str(key[0]) if len(key) == 1 else "/".join(map(str, key))
