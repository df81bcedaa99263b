"""The list of patients, kept beside the record in the same transaction, and built again from it."""

from collections.abc import Mapping, Sequence

from equipoise.conduct import Subject
from equipoise.ledger import Event
from equipoise.server.agenda import lines as agenda
from equipoise.server.ledger.round_trip import Statement
from equipoise.server.ledger.shards import Loaded
from equipoise.server.reading import queue
from equipoise.server.subjects.models import SubjectRow
from equipoise.server.subjects.progress import progress_of

__all__ = ["following", "next_row", "row_values"]


def next_row(before: SubjectRow | None, subject: Subject) -> SubjectRow:
    """Give the line of a patient after an event, from the line before it and the patient's state."""
    stage = "data withdrawn" if subject.stage.name == "WITHDRAWN" else subject.stage.name.lower()
    first = next(subject.live("randomized"), None)
    blinded = before.stage_blinded if before is not None and subject.unblinded else stage
    progress = progress_of(subject)
    return SubjectRow(
        subject=subject.id,
        site=subject.site,
        stage=stage,
        stage_blinded=blinded,
        randomized=None if first is None else first["date"],
        progress=progress,
        progress_blinded=before.progress_blinded if before is not None and subject.unblinded else progress,
    )


def following(events: Sequence[Event], parts: Mapping[str, Loaded]) -> list[Statement]:
    """Say how to bring the lists up to date with events; ``parts`` are the shards after them."""
    found = []
    for name in sorted({event.subject for event in events if event.subject is not None}):
        subject = parts[f"subject:{name}"].state
        row = row_values(next_row(None, subject))
        found.append(Statement(_WRITE if subject.unblinded else _WRITE_BLINDED, row))
    return found + queue.following(events, parts) + agenda.following(events, parts)


_COLUMNS = "subject, site, stage, stage_blinded, randomized, progress, progress_blinded"
_WRITE = (
    f"INSERT INTO subject_list ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (subject) DO UPDATE SET "  # noqa: S608
    "site = excluded.site, stage = excluded.stage, randomized = excluded.randomized, progress = excluded.progress"
)
"""After unblinding the stage and the progress that blinded roles see stay what they were."""
_WRITE_BLINDED = f"{_WRITE}, stage_blinded = excluded.stage_blinded, progress_blinded = excluded.progress_blinded"


def row_values(row: SubjectRow) -> tuple[str | None, ...]:
    """Read the values of a line."""
    return (
        row.subject,
        row.site,
        row.stage,
        row.stage_blinded,
        row.randomized,
        row.progress,
        row.progress_blinded,
    )
