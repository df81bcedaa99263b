"""What a process remembers of the record between requests, and why it may.

Every event's hash covers all events before it. A memory ends at an event; while the record holds that event with that
hash, the memory is what the record says up to there. Each request asks for that event and those after it, in its own
transaction, and brings the memory up to date; where the answer differs (another database, a restored backup, a
transaction that was never committed) everything is forgotten and read again. Nothing is ever true because a process
remembers it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from equipoise.ledger import TRIAL, Event, Link
from equipoise.server.ledger.round_trip import Statement, ask
from equipoise.server.ledger.shards import Loaded, advanced, loaded, loading
from equipoise.server.ledger.store import ending, following, parsed

__all__ = ["MOST_BEHIND", "MOST_SHARDS", "Recalled", "forget", "recall", "remember"]

MOST_SHARDS = 256
"""Shards that a process remembers; those asked for last."""
MOST_BEHIND = 400
"""Events by which a memory may be behind before it is cheaper to begin again."""


@dataclass(frozen=True, slots=True)
class _Memory:
    """The record up to an event; never changed, only replaced."""

    end: Link = field(default_factory=Link)
    shards: Mapping[str, Loaded] = field(default_factory=dict)
    kept: Mapping[Any, Any] = field(default_factory=dict)
    """What else was computed from the record up to the end or before; its maker knows how to bring it up to date."""


_latest = [_Memory()]


class Recalled(NamedTuple):
    """What was asked for, as the record stands now."""

    end: Link
    """Last event of the trial chain."""
    parts: dict[str, Loaded]
    kept: Mapping[Any, Any]
    """What else the memory held when the further statements were made."""
    answers: list[list[tuple[Any, ...]]]
    """Rows of the further statements."""


def forget() -> None:
    """Forget everything; the next request reads the record again."""
    _latest[0] = _Memory()


def recall(
    names: Iterable[str],
    *,
    first: Sequence[Statement] = (),
    also: Callable[[Mapping[Any, Any]], Sequence[Statement]] | None = None,
) -> Recalled:
    """Give shards as the record has them now, in one journey to the database.

    Parameters
    ----------
    names
        ``study``, ``counters``, ``site:07``, ``subject:07-001``.
    first
        Statements to be run before anything is read: a lock.
    also
        Gives further statements whose rows are wanted, from what else is kept with the memory.
    """
    wanted, memory = list(dict.fromkeys(names)), _latest[0]
    kept = memory.kept
    missing = [name for name in wanted if name not in memory.shards]
    onward = following(TRIAL, memory.end.seq, MOST_BEHIND) if memory.end.seq else ending(TRIAL)
    lead, load = len(first), loading(missing)
    answers = ask(*first, onward, *load, *(also(memory.kept) if also else ()))
    rows, fresh = answers[lead], answers[lead + 1 : lead + 1 + len(load)]
    if memory.end.seq:
        if not rows or rows[0][-1] != memory.end.hash or len(rows) == MOST_BEHIND:
            forget()
            return recall(wanted, also=also)
        events = [parsed(row) for row in rows[1:]]
        memory = _brought_up(_newer(memory, events), events)
    else:
        memory = _Memory(Link(*rows[0]) if rows else Link())
    read = loaded(missing, fresh)
    parts = {name: read.get(name) or memory.shards[name] for name in wanted}
    _publish(_with(memory, parts))
    return Recalled(memory.end, parts, kept, answers[lead + 1 + len(load) :])


def remember(before: Link, events: Sequence[Event], parts: Mapping[str, Loaded], kept: Mapping[Any, Any]) -> None:
    """Add events that were just committed.

    Parameters
    ----------
    before
        End of the chain that the events were joined to.
    events
        The events.
    parts
        Shards after them.
    kept
        What else was computed from them.
    """
    memory = _latest[0]
    if memory.end == before:
        memory = _brought_up(_Memory(memory.end, {**memory.shards, **parts}, {**memory.kept, **kept}), events)
        _publish(_with(memory, parts))


def _newer(memory: _Memory, events: Sequence[Event]) -> _Memory:
    """Go on from what another thread has meanwhile found out, if the record confirms it."""
    latest = _latest[0]
    passed = latest.end.seq - memory.end.seq
    if 0 < passed <= len(events) and events[passed - 1].hash == latest.end.hash:
        return _Memory(latest.end, {**memory.shards, **latest.shards}, {**memory.kept, **latest.kept})
    return memory


def _brought_up(memory: _Memory, events: Sequence[Event]) -> _Memory:
    if not events:
        return memory
    end = Link(events[-1].seq, events[-1].hash, events[-1].at)
    return _Memory(end, advanced(memory.shards, events), memory.kept)


def _with(memory: _Memory, parts: Mapping[str, Loaded]) -> _Memory:
    """Remember shards as those asked for last; the oldest are dropped."""
    shards = {name: part for name, part in memory.shards.items() if name not in parts}
    for name in list(shards)[: max(0, len(shards) + len(parts) - MOST_SHARDS)]:
        del shards[name]
    return _Memory(memory.end, {**shards, **parts}, memory.kept)


def _publish(memory: _Memory) -> None:
    if memory.end.seq >= _latest[0].end.seq:
        _latest[0] = memory
