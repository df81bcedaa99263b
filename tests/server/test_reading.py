"""Central review over HTTP: who sees which reads, and nothing of what the site has said."""

from typing import Any

import pytest
from tests.server.server_trial import ServerTrial

from equipoise.server.subjects.models import ReadingRow
from equipoise.server.verification.run import verify_trial


def patient(trial: ServerTrial, site: str = "01", *, progressed: bool = True) -> str:
    """A patient with scans of baseline and week 12 that nobody has read."""
    subject = trial.screened(site)
    trial.measure(subject, 0, 3000, 2500)
    trial.scan(subject, 0)
    trial.do("randomize", f"coordinator@{site}", subject=subject)
    trial.wait(84)
    trial.measure(subject, 1, 4000 if progressed else 3000, 3500 if progressed else 2500)
    overall = "PD" if progressed else "SD"
    trial.do("assess_response", f"investigator@{site}", {"assessment": 1, "overall": overall}, subject=subject)
    trial.scan(subject, 1)
    return subject


def read(trial: ServerTrial, subject: str, reader: int, assessment: int, *found: Any) -> None:
    size, response = found
    lesions = [{"lesion": "T1", "kind": "TARGET", "organ": "liver", "diameter": size}]
    payload: dict[str, Any] = {"assessment": assessment, "lesions": lesions, "response": response}
    trial.do("lock_read", f"reader{reader}", payload, subject=subject)


def get(trial: ServerTrial, path: str, who: str, role: str) -> Any:
    return trial.get(f"{path}?role={role}", who)


def page(trial: ServerTrial, subject: str, reader: int = 1) -> Any:
    return get(trial, f"subjects/{subject}/reading", f"reader{reader}", f"central_reader_{reader}")


def queue(trial: ServerTrial, who: str, role: str, subject: str) -> list[dict[str, Any]]:
    answer = get(trial, "review-queue", who, role)
    assert answer.status_code == 200
    return [line for line in answer.json() if line["subject"] == subject]


def test_a_reader_is_given_one_scan_after_the_other(trial: ServerTrial) -> None:
    subject = patient(trial)
    first = page(trial, subject).json()
    assert (first["next"], first["opened"], first["reads"]) == (0, False, [])
    assert [scan["assessment"] for scan in first["scans"]] == [0], "later scans are not shown, nor that there are any"
    assert [line["assessment"] for line in queue(trial, "reader1", "central_reader_1", subject)] == [0]
    trial.do("open_read", "reader1", {"assessment": 0}, subject=subject)
    assert page(trial, subject).json()["opened"] is True
    read(trial, subject, 1, 0, 3000, None)
    second = page(trial, subject).json()
    assert (second["next"], [scan["assessment"] for scan in second["scans"]]) == (1, [0, 1])
    assert [(r["assessment"], r["sum"], r["current"]) for r in second["reads"]] == [(0, 3000, True)]
    read(trial, subject, 1, 1, 4000, "PD")
    done = page(trial, subject).json()
    assert done["next"] is None
    assert [(r["assessment"], r["sum"], r["computed"], r["response"]) for r in done["reads"]] == [
        (0, 3000, None, None),
        (1, 4000, "PD", "PD"),
    ]
    assert queue(trial, "reader1", "central_reader_1", subject) == []


def test_a_reader_learns_nothing_of_the_other_reader_or_of_the_site(trial: ServerTrial) -> None:
    """What reader 2 reads, and whether the site has called progression, changes no byte for reader 1."""
    called, quiet = patient(trial), patient(trial, progressed=False)
    pages = {name: page(trial, name).content.replace(name.encode(), b"") for name in (called, quiet)}
    for name in (called, quiet):
        read(trial, name, 2, 0, 3000, None)
        read(trial, name, 2, 1, 5000, "PD")
        assert page(trial, name).content.replace(name.encode(), b"") == pages[name]
    lines = [queue(trial, "reader1", "central_reader_1", name) for name in (called, quiet)]
    assert [set(line[0]) for line in lines] == [set(lines[0][0])] * 2
    assert all("reader2" not in str(line) for line in lines)


def test_somebody_elses_patient_is_closed_to_a_reader(trial: ServerTrial) -> None:
    subject = patient(trial)
    trial.do("grant_role", "admin", {"person": "third", "role": "central_reader_1"})
    trial.train("third")
    read(trial, subject, 1, 0, 3000, None)
    answer = get(trial, f"subjects/{subject}/reading", "third", "central_reader_1")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_a_reader")
    assert queue(trial, "third", "central_reader_1", subject) == []
    both = {"person": "reader1", "role": "central_reader_2"}
    trial.do("grant_role", "admin", both)
    answer = get(trial, f"subjects/{subject}/reading", "reader1", "central_reader_2")
    assert (answer.status_code, answer.json()["code"]) == (409, "reads_already")


def test_a_new_reader_does_not_see_the_reads_of_the_one_before(trial: ServerTrial) -> None:
    subject = patient(trial)
    read(trial, subject, 1, 0, 3000, None)
    trial.do("grant_role", "admin", {"person": "third", "role": "central_reader_1"})
    trial.train("third")
    trial.do("assign_reader", "data_manager", {"reader": 1, "person": "third"}, subject=subject)
    seen = get(trial, f"subjects/{subject}/reading", "third", "central_reader_1").json()
    assert (seen["next"], seen["reads"]) == (0, [])
    assert page(trial, subject).status_code == 409


def test_the_adjudicator_sees_both_readings_once_they_differ_and_no_names(trial: ServerTrial) -> None:
    subject = patient(trial)
    where = f"subjects/{subject}/side-by-side"
    for reader, size, response in ((1, 4000, "PD"), (2, 3100, "SD")):
        early = get(trial, where, "adjudicator", "adjudicator")
        assert (early.status_code, early.json()["code"]) == (409, "no_discordance")
        read(trial, subject, reader, 0, 3000, None)
        read(trial, subject, reader, 1, size, response)
    called = queue(trial, "adjudicator", "adjudicator", subject)
    assert [(line["reader"], line["assessment"]) for line in called] == [(0, 1)]
    assert "progression_date" in called[0]["triggers"]
    answer = get(trial, where, "adjudicator", "adjudicator")
    seen = answer.json()
    assert [r["progression_assessment"] for r in seen["readings"]] == [1, None]
    assert [[r["sum"] for r in one["reads"]] for one in seen["readings"]] == [[3000, 4000], [3000, 3100]]
    assert not any(name in answer.content for name in (b"reader1", b"reader2", b"person"))
    trial.do("adjudicate", "adjudicator", {"endorses": 2, "why": "no growth"}, subject=subject)
    assert queue(trial, "adjudicator", "adjudicator", subject) == []
    after = get(trial, where, "adjudicator", "adjudicator").json()
    assert after["adjudications"][0]["endorses"] == 2
    trial.do("grant_role", "admin", {"person": "judge", "role": "adjudicator"})
    trial.train("judge")
    assert get(trial, where, "judge", "adjudicator").status_code == 409


def test_the_core_laboratory_sees_the_whole_queue_and_how_readers_agree(trial: ServerTrial) -> None:
    subject = patient(trial)
    lines = queue(trial, "data_manager", "data_manager", subject)
    assert [(line["assessment"], line["reader"], line["ready"]) for line in lines] == [
        (0, 1, True),
        (0, 2, True),
        (1, 1, False),
        (1, 2, False),
    ]
    assert all(line["due"] > line["since"] for line in lines), "every read has the same clock"
    before = get(trial, "reader-agreement", "data_manager", "data_manager").json()
    for reader, response in ((1, "PD"), (2, "SD")):
        read(trial, subject, reader, 0, 3000, None)
        read(trial, subject, reader, 1, 4000, response)
    trial.do("adjudicate", "adjudicator", {"endorses": 1, "why": "growth"}, subject=subject)
    found = get(trial, "reader-agreement", "data_manager", "data_manager").json()
    assert (found["patients"], found["differing"]) == (before["patients"] + 1, before["differing"] + 1)
    assert found["adjudicated"] == 1
    people = {line["person"]: line for line in found["readers"]}
    assert (people["reader1"]["endorsed"], people["reader2"]["against"]) == (1, 1)


def test_nothing_is_read_of_who_withdrew_the_use_of_data(trial: ServerTrial) -> None:
    subject = patient(trial)
    gone = {"level": "data", "date": trial.today, "by": "patient"}
    trial.do("withdraw", "investigator@01", gone, subject=subject)
    assert queue(trial, "data_manager", "data_manager", subject) == []
    assert page(trial, subject).status_code == 409


CHANGES = ("subject = '01-999'", "assessment = 7", "reader = 3", "scanned = '2024-01-01'", "since = '2024-01-01'",
           "person = 'reader2'", "ready = NOT ready", "triggers = 'response'")  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_queue_that_was_changed_is_found(trial: ServerTrial, change: str) -> None:
    from django.db import connection

    subject = patient(trial)
    trial.heads()
    assert verify_trial().intact
    assert ReadingRow.objects.filter(subject=subject).count() == 4
    where = f"subject = '{subject}' AND assessment = 1 AND reader = 1"
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE reading_list SET {change} WHERE {where}")  # noqa: S608 - written above
    assert "reads to be made" in (verify_trial().first or "")


def test_a_line_that_was_deleted_is_found(trial: ServerTrial) -> None:
    subject = patient(trial)
    trial.heads()
    ReadingRow.objects.filter(subject=subject, assessment=1, reader=2).delete()
    assert "reads to be made" in (verify_trial().first or "")


def test_the_database_is_locked_once_every_scan_is_read(trial: ServerTrial) -> None:
    """The server gives the rule every patient, whoever's records it has at hand."""
    subject = patient(trial)
    found = trial.attempt("lock_database", "data_manager", {"meaning": "clean"})
    assert found is not None
    assert (found.code, dict(found.problems)) == ("review_incomplete", {subject: "4 reads to be made"})
    for reader in (1, 2):
        read(trial, subject, reader, 0, 3000, None)
        read(trial, subject, reader, 1, 4000, "PD")
    assert trial.attempt("lock_database", "data_manager", {"meaning": "clean"}) is None
    assert trial.state.study.locked
