"""The monitor of reader agreement: kept beside the record, checked against it, and quick with many patients."""

import json
import time

import pytest
from django.db import connection
from tests.server.pages_client import Visitor
from tests.server.server_trial import ServerTrial
from tests.server.test_reading import patient, read

from equipoise.server.reading.found import FOUND
from equipoise.server.subjects.models import ReadingRow
from equipoise.server.verification.run import verify_trial


def test_what_readers_found_follows_every_read(trial: ServerTrial) -> None:
    subject = patient(trial)
    kept = ReadingRow.objects.filter(subject=subject, assessment=FOUND)
    for reader, response in ((1, "PD"), (2, "SD")):
        read(trial, subject, reader, 0, 3000, None)
        assert not kept.exists(), "nothing is compared before both have read an assessment"
        read(trial, subject, reader, 1, 4000, response)
    found = json.loads(kept.get().triggers)
    assert [reading[:2] for reading in found["readings"]] == [["reader1", 1], ["reader2", None]]
    assert found["endorsed"] is None
    trial.do("adjudicate", "adjudicator", {"endorses": 1, "why": "growth"}, subject=subject)
    assert json.loads(kept.get().triggers)["endorsed"] == 1
    trial.heads()
    assert verify_trial().intact


@pytest.mark.parametrize("change", ["triggers = REPLACE(triggers, 'reader1', 'reader2')", "assessment = -2"])
def test_a_finding_that_was_changed_is_found(trial: ServerTrial, change: str) -> None:
    subject = patient(trial)
    for reader in (1, 2):
        read(trial, subject, reader, 0, 3000, None)
        read(trial, subject, reader, 1, 4000, "PD")
    trial.heads()
    assert verify_trial().intact
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE reading_list SET {change} WHERE subject = %s AND assessment = -1", [subject])  # noqa: S608
    assert "reads to be made" in (verify_trial().first or "")


def test_the_page_takes_less_than_a_tenth_of_a_second_with_2000_patients(trial: ServerTrial) -> None:
    """Of ten openings the quickest, in the time of this process: the machine of a test has other work too."""
    rows = []
    for number in range(2000):
        second = 2 if number % 5 else 1
        readings = [["reader1", 2, 738000 + number, "PR", 1], ["reader2", second, 738000 + 84 * second, "SD", None]]
        text = json.dumps({"readings": readings, "endorsed": 1 + number % 2 if number % 3 else None})
        rows.append(
            ReadingRow(subject=f"91-{number:04d}", assessment=FOUND, reader=0, since="", ready=False, triggers=text)
        )
    ReadingRow.objects.bulk_create(rows)
    try:
        desk = Visitor(trial, "data_manager")
        desk.text("reader-agreement/")
        took = []
        for _ in range(10):
            begun = time.process_time()
            text = desk.text("reader-agreement/")
            took.append(time.process_time() - begun)
        assert "2000" in text or "2001" in text
        assert min(took) < 0.1, took
    finally:
        ReadingRow.objects.filter(subject__startswith="91-").delete()
