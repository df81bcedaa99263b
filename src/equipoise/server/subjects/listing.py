"""The list of patients, kept beside the record in the same transaction, and built again from it."""

from collections.abc import Sequence

from django.db import connection

from equipoise.conduct import Subject
from equipoise.ledger import Event
from equipoise.server.ledger import shards as states
from equipoise.server.ledger.shards import Loaded
from equipoise.server.reading import queue
from equipoise.server.subjects.models import SubjectRow

__all__ = ["follow", "next_row", "row_values"]


def next_row(before: SubjectRow | None, subject: Subject) -> SubjectRow:
    """Give the line of a patient after an event, from the line before it and the patient's state."""
    stage = "data withdrawn" if subject.stage.name == "WITHDRAWN" else subject.stage.name.lower()
    first = next(subject.live("randomized"), None)
    blinded = stage if before is None or not subject.unblinded else before.stage_blinded
    return SubjectRow(
        subject=subject.id,
        site=subject.site,
        stage=stage,
        stage_blinded=blinded,
        randomized=None if first is None else first["date"],
    )


def follow(events: Sequence[Event], parts: dict[str, Loaded]) -> None:
    """Bring the lists up to date with events that were just appended; ``parts`` are the shards after them."""
    for name in sorted({event.subject for event in events if event.subject is not None}):
        shard = f"subject:{name}"
        part = parts.get(shard) or states.load([shard])[shard]
        before = _row(name)
        row = next_row(before, part.state)
        if before is None or row_values(before) != row_values(row):
            with connection.cursor() as cursor:
                cursor.execute(_WRITE, row_values(row))
    queue.follow(events, parts)


_COLUMNS = "subject, site, stage, stage_blinded, randomized"
_READ = f"SELECT {_COLUMNS} FROM subject_list WHERE subject = %s"  # noqa: S608
_WRITE = (
    f"INSERT INTO subject_list ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s) ON CONFLICT (subject) DO UPDATE SET "  # noqa: S608
    "site = excluded.site, stage = excluded.stage, stage_blinded = excluded.stage_blinded, "
    "randomized = excluded.randomized"
)


def _row(subject: str) -> SubjectRow | None:
    with connection.cursor() as cursor:
        cursor.execute(_READ, [subject])
        row = cursor.fetchone()
    return None if row is None else SubjectRow(*row)


def row_values(row: SubjectRow) -> tuple[str | None, ...]:
    """Read the values of a line."""
    return (row.subject, row.site, row.stage, row.stage_blinded, row.randomized)
