"""Lists and checkpoints are made anew from the record, as an upgrade needs it, and nothing else is touched."""

from pathlib import Path

import pytest
from django.db import connection
from tests.server.configured import file_place
from tests.server.postgres import missing_postgres, new_database, postgres
from tests.server.server_trial import ServerTrial
from tests.server.tampering import tamper

from equipoise.server.agenda.models import AgendaRow
from equipoise.server.errors import ServerError
from equipoise.server.ledger.memory import forget
from equipoise.server.ledger.models import Checkpoint
from equipoise.server.ledger.shards import decode, encode, load
from equipoise.server.place import Place
from equipoise.server.subjects.models import ReadingRow, SubjectRow
from equipoise.server.verification.rebuild import outdated, rebuild
from equipoise.server.verification.run import verify_trial


def lists() -> list[list[tuple[object, ...]]]:
    return [list(model.objects.order_by("pk").values_list()) for model in (SubjectRow, AgendaRow, ReadingRow)]


def spoiled(trial: ServerTrial) -> None:
    """Leave the lists as a version that kept less in them would have."""
    first = SubjectRow.objects.order_by("subject").first()
    assert first is not None
    SubjectRow.objects.update(progress="", progress_blinded="")
    AgendaRow.objects.filter(subject=first.subject).delete()
    AgendaRow.objects.update(things="[]")
    ReadingRow.objects.all().delete()
    Checkpoint.objects.update(state="{}")
    forget()
    trial.heads()


def test_rebuilt_lists_are_those_that_were_kept(trial: ServerTrial) -> None:
    """Of every patient, with those before unblinding for who stays blinded."""
    opened = AgendaRow.objects.filter(opened=True).order_by("subject")[0]
    death = {"date": trial.today, "cause": "disease"}
    trial.do("record_death", f"coordinator@{opened.site}", death, subject=opened.subject)
    trial.heads()
    before, events = lists(), trial.events()
    assert any(row.progress != row.progress_blinded for row in SubjectRow.objects.all())
    assert outdated() is None
    spoiled(trial)
    assert outdated() is not None
    assert not verify_trial().intact
    made = rebuild()
    assert lists() == before
    assert (made.events, made.patients, made.reads) == (len(events), len(before[0]), len(before[2]))
    assert trial.events() == events
    assert outdated() is None
    report = verify_trial()
    assert report.intact, report.first
    subject = trial.screen("01")
    trial.consent(subject)
    trial.heads()
    assert verify_trial().intact


def test_lists_are_rebuilt_on_postgresql(tmp_path: Path) -> None:
    reason = missing_postgres()
    if reason is not None:
        pytest.skip(reason)
    with postgres() as url:
        here = file_place(tmp_path)
        database = new_database(url, "rebuilt")
        trial = ServerTrial(Place(data=here.data, key_file=here.key_file, database=database)).set_up("01")
        trial.progressed("01")
        before = lists()
        spoiled(trial)
        rebuild()
        assert lists() == before
        assert verify_trial().intact
        connection.close()


def test_nothing_is_rebuilt_from_a_record_that_was_changed(trial: ServerTrial) -> None:
    before = lists()
    tamper(trial, ("UPDATE ledger_event SET reason = 'another' WHERE chain = 'trial' AND seq = ?", (20,)))
    with pytest.raises(ServerError, match=r"nothing was rebuilt: .*event 20"):
        rebuild()
    assert lists() == before


@pytest.mark.parametrize(("old", "new"), [('"doses":', '"dozes":'), ('"gate":', '"former":0,"gate":')])
def test_a_checkpoint_with_other_fields_is_folded_again(trial: ServerTrial, old: str, new: str) -> None:
    """What a version adds to the state would be missing in the checkpoints of the version before."""
    name = f"subject:{SubjectRow.objects.order_by('subject')[0].subject}"
    state = load([name])[name].state
    text = encode(name, state)
    assert decode(name, text) == state
    assert old in text
    assert decode(name, text.replace(old, new, 1)) is None
