"""The list of central reads to be made, kept beside the record in the same transaction, and built again from it."""

from collections.abc import Iterable, Mapping

from equipoise.conduct import Subject, adjudication_queue, reading_queue, unchecked_scans
from equipoise.conduct.nouns.central_review import REVIEW_KINDS
from equipoise.ledger import Event
from equipoise.server.ledger import shards as states
from equipoise.server.ledger.round_trip import Statement, ask
from equipoise.server.ledger.shards import Loaded
from equipoise.server.reading.found import FOUND, found_text
from equipoise.server.subjects.models import ReadingRow

__all__ = ["follow", "following", "lines_of", "stored_lines", "writing", "wrong_line"]

Line = tuple[str, int, int, str | None, str, str | None, bool, str]
"""Values of a line: subject, assessment, reader, scanned, since, person, ready, triggers."""

_CHANGING = REVIEW_KINDS | {"scan_accepted", "scan_submitted", "screen_failed", "withdrawn"}
_SCAN = "scan_submitted"
_COLUMNS = ("subject", "assessment", "reader", "scanned", "since", "person", "ready", "triggers")


def lines_of(subject: Subject) -> list[Line]:
    """Give the lines of a patient, in order of assessment and reader.

    An adjudication counts as reader 0; scans whose quality is to be checked count as readers -1, -2, ... of their
    assessment, with the name of the scan in place of the triggers; what the readers have found stands under assessment
    -1, in place of the triggers.
    """
    reads: list[Line] = [
        (e.subject, e.assessment, e.reader, e.scanned, e.received, e.person, e.ready, "")
        for e in reading_queue([subject])
    ]
    settled: list[Line] = [
        (e.subject, e.through, 0, None, e.since, None, True, "; ".join(e.triggers))
        for e in adjudication_queue([subject])
    ]
    return sorted(reads + settled + _scans(subject) + _found(subject), key=lambda line: line[:3])


def _found(subject: Subject) -> list[Line]:
    text = found_text(subject)
    return [] if text is None else [(subject.id, FOUND, 0, None, "", None, False, text)]


def _scans(subject: Subject) -> list[Line]:
    waiting, found = set(unchecked_scans(subject)), list[Line]()
    for name, record in subject.records.get(_SCAN, {}).items():
        if name in waiting:
            assessment = int(record.values["assessment"])
            number = -1 - sum(line[1] == assessment for line in found)
            scanned, since = str(record.values["date"]), record.at[:10]
            found.append((subject.id, assessment, number, scanned, since, None, True, name))
    return found


def follow(events: Iterable[Event], parts: Mapping[str, Loaded]) -> None:
    """Bring the list up to date with events that were just appended; ``parts`` are the shards after them."""
    chosen = [event for event in events if event.kind in _CHANGING]
    missing = {f"subject:{event.subject}" for event in chosen} - parts.keys()
    statements = following(chosen, {**parts, **states.load(missing)} if missing else parts)
    if statements:
        ask(*statements)


def following(events: Iterable[Event], parts: Mapping[str, Loaded]) -> list[Statement]:
    """Say how to bring the list up to date with events; ``parts`` are the shards after them."""
    names = {event.subject for event in events if event.kind in _CHANGING and event.subject is not None}
    found = []
    for name in sorted(names):
        found.append(Statement("DELETE FROM reading_list WHERE subject = %s", [name]))
        found += writing(parts[f"subject:{name}"].state)
    return found


def writing(subject: Subject) -> list[Statement]:
    """Say how to write the lines of a patient who has none yet."""
    return [Statement(_INSERT, line) for line in lines_of(subject)]


_INSERT = f"INSERT INTO reading_list ({', '.join(_COLUMNS)}) VALUES ({', '.join(['%s'] * len(_COLUMNS))})"  # noqa: S608


def stored_lines(subject: str) -> list[Line]:
    """Read the lines of a patient as they are kept."""
    found = ReadingRow.objects.filter(subject=subject).order_by("assessment", "reader")
    return [tuple(row) for row in found.values_list(*_COLUMNS)]


def wrong_line(subjects: Mapping[str, Subject]) -> str | None:
    """Name the first patient whose lines are not what the events give; ``subjects`` are all, folded from events."""
    kept: dict[str, list[Line]] = {}
    for row in ReadingRow.objects.order_by("subject", "assessment", "reader").values_list(*_COLUMNS):
        kept.setdefault(row[0], []).append(tuple(row))
    for name in sorted(kept.keys() | subjects.keys()):
        subject = subjects.get(name)
        if kept.get(name, []) != (lines_of(subject) if subject is not None else []):
            return f"patient {name}: the reads to be made are not what the events give"
    return None
