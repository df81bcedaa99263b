"""How often a personal link may be used: more than a hand can do is put off, before anything is looked up.

Counted in each process by the minute; nothing of it is kept.
"""

import threading

from equipoise.server import trial
from equipoise.server.sources import now

__all__ = ["MOST", "MOST_UNKNOWN", "too_fast"]

MOST = 240
"""Requests of one link in a minute: a form of a hundred items with a saving after each answer has room."""
MOST_UNKNOWN = 120
"""Requests with links that open nothing, of everybody together, in a minute."""
_ROOM = 10_000

_lock = threading.Lock()
_counted: dict[tuple[str, str], int] = {}
_minute = [""]


def too_fast(name: str, most: int = MOST) -> bool:
    """Count a request, and say whether it is one too many in this minute."""
    minute, place = now().strftime("%Y-%m-%dT%H:%M"), str(trial.place().data)
    with _lock:
        if _minute[0] != minute or len(_counted) > _ROOM:
            _counted.clear()
            _minute[0] = minute
        _counted[place, name] = _counted.get((place, name), 0) + 1
        return _counted[place, name] > most
