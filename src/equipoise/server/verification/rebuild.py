"""Lists and checkpoints made anew from the record: after an upgrade that keeps more in them, or after damage."""

from collections.abc import Iterator
from typing import NamedTuple

from django.db import transaction

from equipoise.conduct import Subject
from equipoise.ledger import TRIAL
from equipoise.server import trial
from equipoise.server.agenda.lines import Line, all_lines, line_of
from equipoise.server.agenda.models import AgendaRow
from equipoise.server.errors import ServerError
from equipoise.server.ledger.memory import forget
from equipoise.server.ledger.models import Checkpoint
from equipoise.server.ledger.round_trip import ask
from equipoise.server.ledger.shards import encode, replay_shard
from equipoise.server.ledger.store import lock
from equipoise.server.queueing import turn
from equipoise.server.reading.queue import lines_of, stored_lines, writing
from equipoise.server.subjects.listing import next_row, row_values
from equipoise.server.subjects.models import ReadingRow, SubjectRow
from equipoise.server.verification.folding import Folded, fold_trial, go_on

__all__ = ["Rebuilt", "outdated", "rebuild"]

_BATCH = 100


class Rebuilt(NamedTuple):
    """What was made anew."""

    events: int
    """Events it was made from."""
    patients: int
    reads: int
    checkpoints: int


def rebuild() -> Rebuilt:
    """Make the list of patients, the agenda, the reads to be made and the checkpoints anew, in one transaction.

    The record itself is only read. A server that runs meanwhile waits no longer than the lists take to be written.

    Raises
    ------
    ServerError
        The trial chain is not intact: nothing is made from it.
    """
    folded = fold_trial(set())
    if folded.fault is not None:
        raise ServerError(
            f"nothing was rebuilt: {folded.fault}. `equipoise verify` says what is not as it was recorded."
        )
    with turn(), transaction.atomic():
        lock(TRIAL)
        go_on(folded)
        reads = _written(folded)
        kept = _checkpointed(folded)
    forget()
    return Rebuilt(folded.end.seq, len(folded.rows), reads, kept)


def _written(folded: Folded) -> int:
    for model in (SubjectRow, AgendaRow, ReadingRow):
        model.objects.all().delete()
    SubjectRow.objects.bulk_create([folded.rows[name] for name in sorted(folded.rows)], batch_size=_BATCH)
    lines = all_lines(folded.shards, folded.last)
    AgendaRow.objects.bulk_create([AgendaRow(**lines[name]._asdict()) for name in sorted(lines)], batch_size=_BATCH)
    reads = [statement for subject in _subjects(folded) for statement in writing(subject)]
    for first in range(0, len(reads), _BATCH):
        ask(*reads[first : first + _BATCH])
    return len(reads)


def _subjects(folded: Folded) -> Iterator[Subject]:
    for name in sorted(folded.rows):
        yield folded.shards[f"subject:{name}"]


def _checkpointed(folded: Folded) -> int:
    """Write every part of the state down as it stands at the end of the chain."""
    Checkpoint.objects.all().delete()
    names = sorted(folded.shards)
    for first in range(0, len(names), _BATCH):
        rows = [
            Checkpoint(shard=name, seq=folded.end.seq, state=encode(name, folded.shards[name]))
            for name in names[first : first + _BATCH]
        ]
        Checkpoint.objects.bulk_create(rows)
    return len(names)


def outdated() -> str | None:
    """Compare the lines of the first and the last patient with their events; name one whose lines are others.

    Quick enough for every start; `equipoise verify` compares all of them.
    """
    known = SubjectRow.objects.order_by("subject")
    for row in (known.first(), known.last()):
        if row is not None and _differs(row):
            return str(row.subject)
    return None


def _differs(row: SubjectRow) -> bool:
    subject: Subject = replay_shard(f"subject:{row.subject}").state
    if row_values(row) != row_values(next_row(row, subject)):
        return True
    if stored_lines(row.subject) != lines_of(subject):
        return True
    return _agenda_differs(subject)


def _agenda_differs(subject: Subject) -> bool:
    kept = AgendaRow.objects.filter(subject=subject.id).values_list(*Line._fields).first()
    if kept is None:
        return True
    line = Line(*kept)
    books = trial.rulebooks(replay_shard("study").state)
    site = replay_shard(f"site:{subject.site}").state
    return line.version not in books or line != line_of(books[line.version], site, subject, line.day)
