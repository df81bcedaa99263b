"""How long central review takes to answer readings that are awaited in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from equipoise.server.pages.oversight.standing import Standing

__all__ = ["Turnaround", "turnaround"]

_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnaround:
    """Working days from request to locked result."""

    answered: int
    middle: float | None
    longest: int | None
    days: tuple[tuple[int, int], ...]
    """Working days -> answers."""
    waiting: tuple[tuple[str, str, str, bool], ...]
    """Subject, day of the request, day by which an answer is due, and whether that is past; longest waiting first."""
    more: int


def turnaround(patients: Sequence[Standing], today: str) -> Turnaround:
    """Count answers by working days, and list the requests that wait."""
    days = sorted(n for each in patients for n in each.known.get("answers", ()))
    waiting = sorted((begun, each.subject, due) for each in patients for begun, due in each.known.get("asked", ()))
    return Turnaround(
        answered=len(days),
        middle=median(days) if days else None,
        longest=days[-1] if days else None,
        days=tuple((n, days.count(n)) for n in sorted(set(days))),
        waiting=tuple((s, begun, due or "", bool(due) and due < today) for begun, s, due in waiting[:_SHOWN]),
        more=max(0, len(waiting) - _SHOWN),
    )
