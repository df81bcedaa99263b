"""State of the trial, folded from the events that touch each part, from a checkpoint on."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from equipoise.conduct import Counters, Site, State, Study, Subject, fold, touched
from equipoise.ledger import TRIAL, Event, kinds
from equipoise.server.ledger.round_trip import Statement, ask
from equipoise.server.ledger.store import parsed, several

__all__ = [
    "CHECKPOINT_EVERY",
    "Loaded",
    "advanced",
    "after",
    "checkpointing",
    "decode",
    "encode",
    "load",
    "loaded",
    "loading",
    "replay_shard",
    "state_of",
]

CHECKPOINT_EVERY = 24
"""Events of a shard after which its state is written down again."""

_PAIRS = "__pairs__"
_TYPES: dict[str, Any] = {"study": Study, "counters": Counters, "site": Site, "subject": Subject}
_ADAPTERS: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(kind) for name, kind in _TYPES.items()}
_FIELDS = {name: {field.name for field in fields(kind)} for name, kind in _TYPES.items()}


class Loaded(NamedTuple):
    """A shard, the last event in it, and how many came after its checkpoint."""

    state: Any
    seq: int
    since: int


def load(names: Iterable[str]) -> dict[str, Loaded]:
    """Fold shards from their checkpoints and the events after those.

    Parameters
    ----------
    names
        ``study``, ``counters``, ``site:07``, ``subject:07-001``.
    """
    wanted = list(dict.fromkeys(names))
    return loaded(wanted, ask(*loading(wanted)))


def loading(names: Sequence[str]) -> list[Statement]:
    """Say how to ask for shards: their checkpoints, and the events after those."""
    if not names:
        return []
    marks = ", ".join(["%s"] * len(names))
    checkpoints = Statement(f"SELECT shard, seq, state FROM ledger_checkpoint WHERE shard IN ({marks})", names)  # noqa: S608
    since = "seq > COALESCE((SELECT seq FROM ledger_checkpoint WHERE shard = %s), 0)"
    conditions = [_condition(name) for name in names]
    texts = [f"{text} AND {since}" for text, _ in conditions]
    events = several(TRIAL, texts, [[*key, name] for name, (_, key) in zip(names, conditions, strict=True)])
    return [checkpoints, events]


def loaded(names: Sequence[str], answers: Sequence[Sequence[Sequence[Any]]]) -> dict[str, Loaded]:
    """Fold shards from the answers to `loading`."""
    if not names:
        return {}
    checkpoints, rows = answers
    found: dict[str, Loaded] = {name: Loaded(_empty(name), 0, 0) for name in names}
    damaged = []
    for shard, seq, text in checkpoints:
        state = decode(shard, text)
        if state is None:
            damaged.append(shard)
        else:
            found[shard] = Loaded(state, seq, 0)
    for place, *columns in rows:
        name = names[place]
        if name not in damaged:
            event = parsed(columns)
            state, _, since = found[name]
            found[name] = Loaded(fold(name.partition(":")[0], state, event), event.seq, since + 1)
    return found | {name: replay_shard(name) for name in damaged}


def replay_shard(name: str) -> Loaded:
    """Fold a shard from its first event, without checkpoint."""
    part = Loaded(_empty(name), 0, 0)
    condition, key = _condition(name)
    (rows,) = ask(several(TRIAL, [condition], [key]))
    for _, *columns in rows:
        event = parsed(columns)
        part = Loaded(fold(name.partition(":")[0], part.state, event), event.seq, part.since + 1)
    return part


def state_of(parts: dict[str, Loaded]) -> State:
    """Put shards together."""
    sites = {name[5:]: part.state for name, part in parts.items() if name.startswith("site:")}
    subjects = {name[8:]: part.state for name, part in parts.items() if name.startswith("subject:") and part.seq}
    state = State(sites={key: site for key, site in sites.items() if parts[f"site:{key}"].seq}, subjects=subjects)
    for name in ("study", "counters"):
        if name in parts:
            state = replace(state, **{name: parts[name].state})
    return state


def after(parts: Mapping[str, Loaded], events: Sequence[Event]) -> dict[str, Loaded]:
    """Bring shards up to date with events that are about to be inserted; patients of the events are loaded too."""
    patients = dict.fromkeys(f"subject:{event.subject}" for event in events if event.subject is not None)
    missing = [name for name in patients if name not in parts]
    return advanced({**parts, **load(missing)} if missing else parts, events)


def advanced(parts: Mapping[str, Loaded], events: Iterable[Event]) -> dict[str, Loaded]:
    """Bring shards up to date with later events; shards that are not given are left out."""
    result = dict(parts)
    for event in events:
        for name in touched(event.kind, site=event.site, subject=event.subject):
            part = result.get(name)
            if part is not None and part.seq < event.seq:
                result[name] = Loaded(fold(name.partition(":")[0], part.state, event), event.seq, part.since + 1)
    return result


def checkpointing(parts: dict[str, Loaded], before: Mapping[str, Loaded]) -> list[Statement]:
    """Say how to write down the shards that have gone far enough since their last checkpoint, and count them anew."""
    rows = []
    for name, part in list(parts.items()):
        if part.since >= CHECKPOINT_EVERY and (name not in before or part.seq > before[name].seq):
            rows.append((name, part.seq, encode(name, part.state)))
            parts[name] = part._replace(since=0)
    return [Statement(_KEEP, row) for row in rows]


_KEEP = (
    "INSERT INTO ledger_checkpoint (shard, seq, state) VALUES (%s, %s, %s) "
    "ON CONFLICT (shard) DO UPDATE SET seq = excluded.seq, state = excluded.state"
)


def encode(name: str, state: Any) -> str:
    """Write a shard as text; ``name`` is that of the shard."""
    return json.dumps({"shard": name, "state": _plain(state)}, sort_keys=True, separators=(",", ":"))


def decode(name: str, text: str) -> Any:
    """Read a shard from text; None where it is damaged or of another version of equipoise."""
    try:
        content, kind = json.loads(text, object_hook=_pairs), name.partition(":")[0]
        if content["shard"] != name or content["state"].keys() != _FIELDS[kind]:
            return None
        return _ADAPTERS[kind].validate_python(content["state"])
    except (ValueError, KeyError, TypeError):  # ValidationError is a ValueError
        return None


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        if all(type(key) is str for key in value):
            return {key: _plain(item) for key, item in value.items()}
        return {_PAIRS: [[_plain(key), _plain(item)] for key, item in value.items()]}
    if isinstance(value, list | tuple | frozenset | set):
        items = [_plain(item) for item in value]
        return items if isinstance(value, list | tuple) else sorted(items, key=repr)
    return value.value if isinstance(value, Enum) else value.isoformat() if isinstance(value, dt.date) else value


def _pairs(found: dict[str, Any]) -> Any:
    pairs = found.get(_PAIRS)
    if pairs is None:
        return found
    return {tuple(key) if isinstance(key, list) else key: item for key, item in pairs}


def _empty(name: str) -> Any:
    kind, _, key = name.partition(":")
    return _TYPES[kind](id=key) if key else _TYPES[kind]()


def _condition(name: str) -> tuple[str, list[Any]]:
    kind, _, key = name.partition(":")
    if kind == "subject":
        return "subject = %s", [key]
    touching = ", ".join(f"'{found}'" for found in _kinds_touching(kind))
    return (f"site = %s AND kind IN ({touching})", [key]) if kind == "site" else (f"kind IN ({touching})", [])


@cache
def _kinds_touching(part: str) -> tuple[str, ...]:
    """Kinds of events that may touch the trial, the counters or a site."""
    names = []
    for kind, declared in kinds().items():
        if declared.chain == TRIAL:
            shards = {*touched(kind, site="?", subject="?"), *touched(kind, site="?", subject=None)}
            shards |= {*touched(kind, site=None, subject=None)}
            if part in {shard.partition(":")[0] for shard in shards}:
                names.append(kind)
    return tuple(sorted(names))
