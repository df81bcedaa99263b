"""The clock of a reading that must be given within a number of working days."""

import datetime as dt

from equipoise.conduct.context import Context
from equipoise.criteria import add_working_days

__all__ = ["review_requested"]


def review_requested(c: Context, trigger: str) -> None:
    """Start the clock where the protocol asks for a reading in time and none is under way."""
    central = c.rules.protocol.review.central
    if central is None or central.real_time != trigger.replace(" ", "_"):
        return
    due = None
    if central.turnaround_working_days is not None:
        start = dt.date.fromisoformat(c.today)
        due = add_working_days(start, central.turnaround_working_days).isoformat()
    c.record("REQ", "review_requested", {"requested": c.today, "due": due})
