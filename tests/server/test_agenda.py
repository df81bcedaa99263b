"""The agenda beside the record: what it says is what the patient's state says, and verification rebuilds it."""

import datetime as dt

from tests.server.server_trial import ServerTrial

from equipoise.conduct import due
from equipoise.server import trial as served
from equipoise.server.agenda.lines import due_of
from equipoise.server.agenda.models import AgendaRow
from equipoise.server.verification.run import verify_trial


def test_the_agenda_says_what_is_due_on_any_day(trial: ServerTrial) -> None:
    """Of every patient, today and for three months: the same as asking the patient's whole state."""
    for row in AgendaRow.objects.order_by("subject"):
        subject, site = trial.state.subjects[row.subject], trial.state.sites[row.site]
        rules = served.rulebooks(trial.state.study)[row.version]
        for days in (0, 1, 20, 60, 90):
            day = (dt.date.fromisoformat(row.day) + dt.timedelta(days=days)).isoformat()
            expected = due(rules, site, subject, day)
            assert sorted(map(str, due_of(row.things, day))) == sorted(map(str, expected)), (row.subject, day)
        assert row.opened is subject.unblinded
    assert AgendaRow.objects.count() == 5


def test_a_new_consent_form_reaches_every_patient_of_the_site(trial: ServerTrial) -> None:
    form = {"site": "01", "form": "study", "version": "2.0", "effective": trial.today, "reconsent": True}
    trial.do("approve_consent_form", "admin", form)
    for row in AgendaRow.objects.order_by("subject"):
        asked = [entry for entry in due_of(row.things, trial.today) if entry.what == "study 2.0"]
        assert len(asked) == (row.site == "01" and trial.state.subjects[row.subject].has("consented")), row.subject
    trial.heads()
    assert verify_trial().intact


def test_verification_finds_a_line_that_was_changed(trial: ServerTrial) -> None:
    row = AgendaRow.objects.order_by("subject").last()
    assert row is not None
    AgendaRow.objects.filter(subject=row.subject).update(things="[]")
    report = verify_trial()
    assert not report.intact
    assert report.first == f"agenda: patient {row.subject}: the line in the agenda is not what the events give"
