"""What is due for a patient on a day."""

from tests.conduct.made_up import Trial

from equipoise.conduct.due import Due, due

STAFF = "coordinator@01"


def listed(trial: Trial, subject: str) -> dict[str, Due]:
    state = trial.state.subjects[subject]
    found = due(trial.rulebooks["v1"], trial.state.sites[state.site], state, trial.today)
    return {f"{d.action} {d.what}": d for d in found}


def test_consent_comes_first(trial: Trial) -> None:
    assert list(listed(trial, trial.screen())) == ["record_consent study"]


def test_visits_scans_and_forms_by_the_schedule(trial: Trial) -> None:
    subject = trial.randomized()
    trial.do("record_dose", STAFF, {"start": trial.today, "amount": "800", "unit": "mg"}, subject=subject)
    assert {"record_visit cycle 1", "submit_diary QLQ-C30 0"} <= set(listed(trial, subject))
    done = {"visit": "cycle", "number": 1, "status": "done", "date": trial.today}
    trial.do("record_visit", STAFF, done, subject=subject)
    assert "record_visit cycle 2" not in listed(trial, subject)
    trial.wait(27)
    assert "record_visit cycle 2" not in listed(trial, subject)
    trial.wait(1)
    cycle = listed(trial, subject)["record_visit cycle 2"]
    assert (cycle.target, cycle.first, cycle.last, cycle.overdue) == ("2024-02-05", "2024-02-05", "2024-02-08", False)
    trial.wait(4)
    assert listed(trial, subject)["record_visit cycle 2"].overdue
    trial.wait(45)  # day 78 is the first of the window of week 12, day 85
    scan = listed(trial, subject)["measure_tumors assessment 1"]
    assert (scan.target, scan.first, scan.last) == ("2024-04-01", "2024-03-25", "2024-04-08")


def test_a_questionnaire_that_was_missed_waits_for_its_reason(trial: Trial) -> None:
    subject = trial.randomized()
    assert "miss_diary LASA 0" not in listed(trial, subject)
    trial.wait(1)
    missed = listed(trial, subject)["miss_diary LASA 0"]
    assert (missed.last, missed.overdue) == ("2024-01-08", True)
    assert "submit_diary LASA 0" not in listed(trial, subject)
    why = {"instrument": "LASA", "target": 0, "date": trial.today, "why": "too ill"}
    trial.do("miss_diary", STAFF, why, subject=subject)
    assert "miss_diary LASA 0" not in listed(trial, subject)
    trial.do("stop_treatment", STAFF, {"date": trial.today, "why": "adverse event"}, subject=subject)
    trial.wait(200)
    assert {name for name in listed(trial, subject) if name.startswith("miss")} == {
        "miss_diary QLQ-C30 0", "miss_diary QLQ-GINET21 0",
    }, "none is expected after the end of treatment"  # fmt: skip


def test_what_has_ended_is_not_due(trial: Trial) -> None:
    subject = trial.randomized()
    trial.do("withdraw", STAFF, {"level": "visits", "date": trial.today, "by": "patient"}, subject=subject)
    trial.wait(170)
    assert list(listed(trial, subject)) == ["record_contact survival"]
    trial.do("record_death", STAFF, {"date": trial.today, "cause": "disease"}, subject=subject)
    assert listed(trial, subject) == {}


def test_a_serious_event_and_a_query_wait_for_the_site(trial: Trial) -> None:
    subject = trial.randomized()
    event = {
        "term": "Fall", "grade": 2, "onset": trial.today, "outcome": "not recovered", "related": "unlikely",
        "action": "none", "serious": True, "criteria": ["hospitalization"],
    }  # fmt: skip
    trial.do("record_adverse_event", STAFF, event, subject=subject)
    trial.do("open_query", "monitor", {"of": "AE-1", "text": "Which ward?"}, subject=subject)
    assert {"report_serious_event AE-1", "answer_query Q-1"} <= set(listed(trial, subject))


def test_the_end_of_follow_up_is_told(trial: Trial) -> None:
    subject = trial.randomized()
    trial.do("stop_treatment", STAFF, {"date": trial.today, "why": "other"}, subject=subject)
    trial.wait(1827)
    assert "end_study follow-up of the protocol is complete" in listed(trial, subject)
