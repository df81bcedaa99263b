"""Central review as each of its people may see it: the queue, a reader's page of a patient, readers side by side.

Nothing here tells what the site has said of a patient, which reads were asked for by a progression, who the patient's
other reader is, or any treatment.
"""

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from equipoise.conduct import Role
from equipoise.conduct.context import Context
from equipoise.conduct.reads import check_adjudicator, check_reader, current_lesions, read_response
from equipoise.conduct.roles import READER_NUMBER
from equipoise.conduct.state import Subject
from equipoise.criteria import (
    CriteriaError,
    PatientReview,
    add_working_days,
    adjudication_due,
    current_read,
    next_visit,
)
from equipoise.criteria.review_state import locked_through, reading_of
from equipoise.server.subjects.models import ReadingRow

__all__ = ["queue_rows", "reading_page", "scans_to_check", "side_by_side"]


def queue_rows(context: Context) -> list[dict[str, Any]]:
    """List what is to be read, oldest first (right: ``see_review_queue``).

    Returns
    -------
    list of dict
        subject; assessment (0 for the baseline; for the adjudicator the last one that both have read); reader (number;
        0: adjudication); scanned (day of the scan; none for an adjudication); since (day on which the read could
        begin); due (last working day of the turn-around time; none where the protocol sets none) and overdue; ready
        (whether it may be opened now: visits are read in order); person (account of who reads the patient; none before
        somebody does); triggers (in what the readers differ, for an adjudication).

        A reader is given what he or she may open now, as that reader; the adjudicator is given adjudications; the
        data manager is given everything.
    """
    role, actor = Role(context.command.role), context.command.actor
    rows = ReadingRow.objects.order_by("since", "subject", "assessment", "reader")
    if role is Role.DATA_MANAGER:
        rows = rows.filter(reader__gte=0, assessment__gte=0)
    else:
        rows = rows.filter(ready=True, reader=READER_NUMBER.get(role, 0), assessment__gte=0)
    return [_line(context, row) for row in rows if role is Role.DATA_MANAGER or row.person in (None, actor)]


def scans_to_check() -> list[dict[str, Any]]:
    """List the scans whose quality is to be checked, longest waiting first (for the data manager).

    Returns
    -------
    list of dict
        subject, assessment, scan (its name in the record), scanned (day of the scan) and since (day on which it was
        sent).
    """
    rows = ReadingRow.objects.filter(reader__lt=0).order_by("since", "subject", "assessment", "-reader")
    names = ("subject", "assessment", "triggers", "scanned", "since")
    found = rows.values_list(*names)
    return [dict(zip(("subject", "assessment", "scan", "scanned", "since"), row, strict=True)) for row in found]


def _line(context: Context, row: ReadingRow) -> dict[str, Any]:
    central = context.rules.protocol.review.central
    days = None if central is None else central.turnaround_working_days
    due = None if days is None else _due_by(row.since, days)
    return {
        "subject": row.subject,
        "assessment": row.assessment,
        "reader": row.reader,
        "scanned": row.scanned,
        "since": row.since,
        "due": due,
        "overdue": due is not None and due < context.today,
        "ready": row.ready,
        "person": row.person,
        "triggers": row.triggers.split("; ") if row.triggers else [],
    }


@lru_cache(maxsize=4096)
def _due_by(since: str, days: int) -> str:
    """Last working day of the turn-around time; computed once for all reads that began on a day."""
    return add_working_days(dt.date.fromisoformat(since), days).isoformat()


def reading_page(context: Context) -> dict[str, Any]:
    """Give a central reader what he or she may see of a patient (right: ``see_scans_to_read``).

    Returns
    -------
    dict
        subject; reader (number); next (assessment that may be read now; none where everything that has come is read);
        opened (whether reading of it has begun); scans (assessment, date, scan, reference: those up to ``next`` and no
        later ones); reads (the person's own locked reads in order). A read: assessment, version, current (false where
        it is to be read anew or a newer one counts), day, response, progression_assessment, progression_date, lesions,
        locked_on, sum (hundredths of a millimeter) and computed (response by the criteria), both none where the lesions
        give none.

    Raises
    ------
    Refused
        Somebody else reads the patient, or the person may not.
    """
    review, reader = check_reader(context)
    subject = context.subject
    upcoming = next_visit(review, reader)
    own = [r for r in _reads(subject, review, reader) if r.pop("person") == context.command.actor]
    return {
        "subject": subject.id,
        "reader": reader,
        "next": upcoming,
        "opened": upcoming is not None and (reader, upcoming) in review.opened,
        "scans": [s for s in _scans(subject) if upcoming is None or s["assessment"] <= upcoming],
        "reads": own,
    }


def side_by_side(context: Context) -> dict[str, Any]:
    """Give the adjudicator the readings of a patient beside each other (right: ``see_reads_side_by_side``).

    Returns
    -------
    dict
        subject; through (last assessment that both have read); triggers (in what they differ; empty once settled);
        scans (as on a reader's page, up to ``through``); readings, one for each reader: reader (number),
        progression_assessment, progression_date, best_response, reads (those that count, as on a reader's page);
        adjudications (endorses, why, on). Who the readers are is not said.

    Raises
    ------
    Refused
        The readers do not differ, or the person works at the patient's site or has read the patient.
    """
    review = check_adjudicator(context)
    subject, through = context.subject, locked_through(review) or 0
    return {
        "subject": subject.id,
        "through": through,
        "triggers": list(adjudication_due(review)),
        "scans": [scan for scan in _scans(subject) if scan["assessment"] <= through],
        "readings": [_reading(subject, review, n, through) for n in range(1, review.readers + 1)],
        "adjudications": [
            {"endorses": given.endorses, "why": given.reason, "on": _date(given.locked_on)}
            for given in review.adjudications
        ],
    }


def _reading(subject: Subject, review: PatientReview, reader: int, through: int) -> dict[str, Any]:
    found = reading_of(review, reader, through)
    reads = [r for r in _reads(subject, review, reader) if r["current"] and r["assessment"] <= through]
    for read in reads:
        del read["person"]
    return {
        "reader": reader,
        "progression_assessment": found.progression_visit,
        "progression_date": _date(found.progression_day),
        "best_response": None if found.best_response is None else str(found.best_response),
        "reads": reads,
    }


def _scans(subject: Subject) -> list[dict[str, Any]]:
    sent = {scan["record"]: scan for scan in subject.live("scan_submitted")}
    found = [
        {"assessment": a["assessment"], "date": a["date"], "scan": a["scan"], "reference": sent[a["scan"]]["reference"]}
        for a in subject.live("scan_accepted")
    ]
    return sorted(found, key=lambda scan: (scan["assessment"], scan["date"], scan["scan"]))


def _reads(subject: Subject, review: PatientReview, reader: int) -> list[dict[str, Any]]:
    sums = _sums(subject, reader)
    found = []
    for record in subject.records.get("read_locked", {}).values():
        read = record.values
        if read["reader"] != reader:
            continue
        counts = current_read(review, reader, read["assessment"])
        current = counts is not None and counts.version == read["version"]
        total, computed = sums.get(read["assessment"], (None, None)) if current else (None, None)
        names = ("assessment", "version", "day", "response", "progression_assessment", "progression_date")
        row = {name: read[name] for name in names} | {"lesions": [dict(lesion) for lesion in read["lesions"]]}
        row |= {"current": current, "locked_on": read["on"], "sum": total, "computed": computed}
        found.append(row | {"person": record.actor})
    return sorted(found, key=lambda read: (read["assessment"], read["version"]))


def _sums(subject: Subject, reader: int) -> Mapping[int, tuple[int | None, str | None]]:
    """Sum, in hundredths of a millimeter, and response of each assessment by the criteria, where they can be given."""
    if not any(current_lesions(subject, reader).values()):
        return {}
    try:
        response = read_response(subject, reader)
    except CriteriaError:
        return {}
    if response is None:
        return {}
    found: dict[int, tuple[int | None, str | None]] = {0: (_hundredths(response.baseline), None)}
    for visit in response.visits:
        if visit.visit is not None:
            found[int(visit.visit)] = (_hundredths(visit.total), visit.overall)
    return found


def _hundredths(millimeters: float | None) -> int | None:
    return None if millimeters is None else round(millimeters * 100)


def _date(ordinal: int | None) -> str | None:
    return None if ordinal is None else dt.date.fromordinal(ordinal).isoformat()
