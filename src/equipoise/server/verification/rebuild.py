"""Lists and checkpoints made anew from the record: after an upgrade that keeps more in them, or after damage."""

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
from equipoise.server.ledger.round_trip import Statement, ask
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
    """Checkpoints that were not what the events give."""


class _Lists(NamedTuple):
    """Lines of all lists."""

    subjects: list[SubjectRow]
    agenda: list[AgendaRow]
    reads: list[Statement]


def rebuild() -> Rebuilt:
    """Make the list of patients, the agenda and the reads to be made anew, and the checkpoints that are wrong.

    The record itself is only read. A server that runs meanwhile waits no longer than the lists take to be written.

    Raises
    ------
    ServerError
        The trial chain is not intact: nothing is made from it.
    """
    folded = fold_trial(set())
    if folded.fault is not None:
        raise ServerError(f"nothing was rebuilt: the record is not as it was written: {folded.fault}")
    lists = _made(folded)
    with turn(), transaction.atomic():
        lock(TRIAL)
        if go_on(folded):
            lists = _made(folded)
        _write(lists)
        for first in range(0, len(folded.wrong), _BATCH):
            Checkpoint.objects.filter(shard__in=folded.wrong[first : first + _BATCH]).delete()
    forget()
    _keep(folded)
    return Rebuilt(folded.end.seq, len(lists.subjects), len(lists.reads), len(folded.wrong))


def _made(folded: Folded) -> _Lists:
    names = sorted(folded.rows)
    lines = all_lines(folded.shards, folded.last)
    reads = [statement for name in names for statement in writing(folded.shards[f"subject:{name}"])]
    return _Lists([folded.rows[n] for n in names], [AgendaRow(**lines[n]._asdict()) for n in names], reads)


def _write(lists: _Lists) -> None:
    for model in (SubjectRow, AgendaRow, ReadingRow):
        model.objects.all().delete()
    SubjectRow.objects.bulk_create(lists.subjects, batch_size=_BATCH)
    AgendaRow.objects.bulk_create(lists.agenda, batch_size=_BATCH)
    for first in range(0, len(lists.reads), _BATCH):
        ask(*lists.reads[first : first + _BATCH])


def _keep(folded: Folded) -> None:
    """Write down the state of what had a wrong checkpoint; a later one that the server has written stays.

    A checkpoint is right for ever, as it is of an event: nobody has to wait while these are written.
    """
    for name in folded.wrong:
        if name in folded.shards:
            Checkpoint.objects.bulk_create(
                [Checkpoint(shard=name, seq=folded.end.seq, state=encode(name, folded.shards[name]))],
                ignore_conflicts=True,
            )


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
