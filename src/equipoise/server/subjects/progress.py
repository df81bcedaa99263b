"""How far a patient has come, in a few words and counts: what the flow of the trial is added up from.

The text is made from the patient's state alone, never from a clock. Two are kept of each patient: as things stand, and
as they stood before unblinding, for those who may not learn what came after it.
"""

import datetime as dt
import json
from typing import Any

from equipoise.conduct import Subject, open_queries
from equipoise.criteria import working_days

__all__ = ["progress_of"]


def progress_of(subject: Subject) -> str:
    """Write down how far a patient has come.

    Returns
    -------
    str
        JSON: screened, registered, randomized, dosed (days); failed (criteria not met, or empty for another reason);
        stopped and ended (reasons); withdrawn (levels); lost, died and crossed (booleans); visits, scans and forms
        (done, missed); queries (asked, open); events (all, serious); asked (day of a reading that is awaited in time
        and its last day); answers (working days from request to result). What is not so is left out.
    """
    found: dict[str, Any] = {
        "screened": _day(subject, "screened"),
        "registered": _day(subject, "registered"),
        "randomized": _first_day(subject),
        "dosed": subject.doses[0] if subject.doses else None,
        "failed": _failed(subject),
        "stopped": _why(subject, "treatment_stopped"),
        "ended": _why(subject, "study_ended"),
        "withdrawn": sorted({str(given["level"]) for given in subject.live("withdrawn")}),
        "lost": _lost(subject),
        "died": subject.death is not None,
        "crossed": subject.has("open_label_started"),
        **_counts(subject),
        **_review(subject),
    }
    kept = {name: value for name, value in found.items() if value not in (None, False, [], [0, 0])}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"))


def _day(subject: Subject, kind: str) -> str | None:
    found = subject.last(kind) if kind in subject.records else None
    return None if found is None else found.get("date")


def _first_day(subject: Subject) -> str | None:
    first = next(subject.live("randomized"), None)
    return None if first is None else str(first["date"])


def _failed(subject: Subject) -> str | None:
    found = subject.last("screen_failed") if "screen_failed" in subject.records else None
    return None if found is None else ", ".join(sorted(map(str, found.get("criteria") or ())))


def _why(subject: Subject, kind: str) -> str | None:
    found = subject.last(kind) if kind in subject.records else None
    return None if found is None else str(found["why"])


def _lost(subject: Subject) -> bool:
    lost, found = subject.last("lost_to_follow_up"), subject.last("found_again")
    return lost is not None and (found is None or found["date"] < lost["date"])


def _counts(subject: Subject) -> dict[str, list[int]]:
    visits = [str(visit["status"]) for visit in subject.live("visit_recorded")]
    missed = visits.count("missed")
    events = [bool(event["serious"]) for event in subject.live("adverse_event_recorded")]
    return {
        "visits": [len(visits) - missed, missed],
        "scans": [_number(subject, "tumors_measured"), 0],
        "forms": [_number(subject, "diary_submitted"), _number(subject, "diary_missed")],
        "queries": [_number(subject, "query_opened"), len(open_queries(subject))],
        "events": [len(events), sum(events)],
    }


def _number(subject: Subject, kind: str) -> int:
    return sum(1 for _ in subject.live(kind))


def _review(subject: Subject) -> dict[str, list[Any]]:
    """Pair each request of a reading in time with the first result after it."""
    asked = [r for r in subject.records.get("review_requested", {}).values() if not r.retracted]
    given = sorted(r.at for r in subject.records.get("central_result", {}).values() if not r.retracted)
    waiting, days = [], []
    for request in asked:
        answer = next((at for at in given if at >= request.at), None)
        begun = str(request.values["requested"])
        if answer is None:
            waiting.append([begun, request.values.get("due")])
        else:
            first, last = (dt.date.fromisoformat(at[:10]) for at in (request.at, answer))  # both in UTC
            days.append(working_days(first, last))
    return {"asked": waiting, "answers": days}
