"""From an event to the next state. Most events add or change a record; a few change more, by the nouns' tables."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from equipoise.conduct.nouns import APPLIES
from equipoise.conduct.state import Counters, Record, Recorded, Site, State, Study, Subject
from equipoise.ledger import Event, Kind, kinds

__all__ = ["apply", "apply_all", "fold", "touched"]


def touched(kind: str, *, site: str | None, subject: str | None) -> tuple[str, ...]:
    """Name the shards that an event of a kind changes, from its kind, site and subject alone."""
    declared = kinds()[kind]
    names = [_OWNER[declared.scope if declared.change is None else _changed(site, subject)]]
    names += [name for name in APPLIES.get(kind, {}) if name not in names]
    return tuple(
        f"site:{site}" if name == "site" else f"subject:{subject}" if name == "subject" else name
        for name in names
        if (name != "site" or site is not None) and (name != "subject" or subject is not None)
    )


_OWNER = {"trial": "study", "site": "site", "subject": "subject"}


def _changed(site: str | None, subject: str | None) -> str:
    return "subject" if subject else "site" if site else "trial"


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
    declared = kinds()[event.kind]
    owner = _OWNER[declared.scope if declared.change is None else _changed(event.site, event.subject)]
    if owner == name:
        shard = _change(shard, event, declared) if declared.change else _add(shard, event, declared)
    special = APPLIES.get(event.kind)
    if special is not None and name in special:
        shard = special[name](shard, event)
    return shard


def apply(state: State, event: Event) -> State:
    """Give the state after an event; shards that it does not touch are the same objects as before."""
    study, counters, sites, subjects = state.study, state.counters, state.sites, state.subjects
    for name in touched(event.kind, site=event.site, subject=event.subject):
        if name == "study":
            study = fold("study", study, event)
        elif name == "counters":
            counters = fold("counters", counters, event)
        elif name.startswith("site:"):
            key = name[5:]
            sites = {**sites, key: fold("site", sites.get(key) or Site(id=key), event)}
        else:
            key = name[8:]
            subjects = {**subjects, key: fold("subject", subjects.get(key) or Subject(id=key), event)}
    return State(study, counters, sites, subjects)


def apply_all(state: State, events: Iterable[Event]) -> State:
    """Give the state after many events: the same as one by one, without copying what is not kept."""
    study: Study = state.study
    counters: Counters = state.counters
    sites, subjects = dict(state.sites), dict(state.subjects)
    for event in events:
        for name in touched(event.kind, site=event.site, subject=event.subject):
            if name == "study":
                study = fold("study", study, event)
            elif name == "counters":
                counters = fold("counters", counters, event)
            elif name.startswith("site:"):
                key = name[5:]
                sites[key] = fold("site", sites.get(key) or Site(id=key), event)
            else:
                key = name[8:]
                subjects[key] = fold("subject", subjects.get(key) or Subject(id=key), event)
    return State(study, counters, sites, subjects)


def _add(shard: Recorded, event: Event, kind: Kind) -> Recorded:
    payload = event.payload
    key = kind.record_key(payload)
    name = _name(key)
    old = shard.records.get(event.kind, {}).get(name)
    if old is None:
        record = Record(event.kind, key, payload, event.at, event.actor, event.request_id)
    else:
        record = Record(event.kind, key, payload, old.at, old.actor, old.request_id, old.changes + 1)
    return shard.with_record(record, name, event.request_id)


def _change(shard: Recorded, event: Event, kind: Kind) -> Recorded:
    of, name = event.payload["of"], _name(tuple(event.payload["key"]))
    old = shard.records[of][name]
    if kind.change == "retracted":
        record = replace(old, changes=old.changes + 1, retracted=True)
    else:
        new: Mapping[str, Any] = {field: change["new"] for field, change in event.payload["changes"].items()}
        record = replace(old, changes=old.changes + 1, values={**old.values, **new})
    return shard.with_record(record, name, event.request_id)


def _name(key: tuple[Any, ...]) -> str:
    return str(key[0]) if len(key) == 1 else "/".join(map(str, key))
