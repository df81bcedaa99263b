"""From the first kit to the end of follow-up: what is refused; what a withdrawal, a loss or a death brings about."""

import datetime as dt
from typing import Any

import pytest
from tests.conduct.made_up import Trial

STAFF = "coordinator@01"


def event(**changed: Any) -> dict[str, Any]:
    return {
        "term": "Hypertension", "grade": 3, "onset": "2024-01-08", "outcome": "not recovered", "related": "probable",
        "action": "reduced", "serious": False,
    } | changed  # fmt: skip


def test_only_the_assigned_kit_is_handed_out(trial: Trial) -> None:
    subject = trial.randomized()
    trial.do("assign_kit", STAFF, {"date": trial.today}, subject=subject)
    kit = trial.chain.events[-1].payload["kit"]
    others = [number for number in trial.state.sites["01"].kits if number != kit]
    texts = {str(trial.attempt("dispense", STAFF, {"kit": k, "date": trial.today}, subject=subject)) for k in others}
    assert len(texts) == 1
    assert "kit_not_valid" in texts.pop()
    assert trial.code("assign_kit", STAFF, {"date": trial.today}, subject=subject) == "kit_waiting"
    assert trial.code("dispense", STAFF, {"kit": kit, "date": trial.today}, subject=subject) is None
    assert trial.state.sites["01"].kits[kit][1] == "dispensed"
    assert trial.code("dispense", STAFF, {"kit": kit, "date": trial.today}, subject=subject) == "kit_not_valid"


def test_a_kit_that_waits_stays_with_its_site(trial: Trial) -> None:
    """The site that follows the patient from now on gets another; the kit left behind can be taken out of stock."""
    subject = trial.randomized()
    trial.do("assign_kit", STAFF, {"date": trial.today}, subject=subject)
    left = trial.chain.events[-1].payload["kit"]
    trial.do("transfer", "data_manager", {"to_site": "02", "date": trial.today}, subject=subject)
    there = {"kit": left, "date": trial.today}
    assert trial.code("dispense", "coordinator@02", there, subject=subject) == "kit_not_valid"
    trial.do("assign_kit", "coordinator@02", {"date": trial.today}, subject=subject)
    kit = trial.chain.events[-1].payload["kit"]
    assert kit in trial.state.sites["02"].kits
    assert trial.code("dispense", "coordinator@02", there | {"kit": kit}, subject=subject) is None
    trial.do("remove_kits", "pharmacist@01", {"kits": [left], "why": "destroyed", "date": trial.today})


def test_only_kits_that_arrived_are_given_out(trial: Trial) -> None:
    trial.do("open_site", "admin", {"site": "03", "name": "Hospital 03", "time_zone": "Europe/Berlin"})
    for name, role in (("pharmacist", "pharmacist"), ("investigator", "investigator")):
        trial.do("grant_role", "admin", {"person": f"{name}@03", "role": role, "site": "03"})
        trial.train(f"{name}@03")
    trial.vault.kits.deliver("LOT03", dt.date(2026, 1, 1), 2)
    kits = [kit.number for kit in trial.vault.kits.ship("03", "LOT03", 2)]
    receipt = {"lot": "LOT03", "expires": "2026-01-01"}
    subject, day = trial.randomized(), {"date": trial.today}
    trial.do("transfer", "data_manager", {"to_site": "03", **day}, subject=subject)
    for some in ([], kits[:1]):
        if some:
            trial.do("receive_kits", "pharmacist@03", {**receipt, "kits": some})
        assert trial.code("assign_kit", "investigator@03", day, subject=subject) == "out_of_stock"
    trial.do("receive_kits", "pharmacist@03", {**receipt, "kits": kits[1:3]})
    assert trial.code("assign_kit", "investigator@03", day, subject=subject) is None
    assert trial.chain.events[-1].payload["kit"] in kits[:3]


def test_a_site_takes_in_what_was_sent_to_it_alone(trial: Trial) -> None:
    of_another = next(iter(trial.state.sites["02"].kits))
    for kits in ([of_another], ["999999"], ["no number at all"]):
        payload = {"lot": "LOT01", "expires": "2026-01-01", "kits": kits}
        assert trial.code("receive_kits", "pharmacist@01", payload) == "kit_not_sent"


def test_a_repeated_request_gives_the_same_kit(trial: Trial) -> None:
    subject = trial.randomized()
    command = trial.command("assign_kit", STAFF, {"date": trial.today}, subject=subject)
    drafts = trial.decide(command)
    assert trial.decide(command) == drafts
    trial.record(command, drafts)
    assert trial.decide(command) == ()


def test_a_wrong_kit_becomes_a_deviation(trial: Trial) -> None:
    subject = trial.randomized()
    kit = next(iter(trial.state.sites["01"].kits))
    payload = {"kit": kit, "date": trial.today, "what_was_done": "Kit taken back at once."}
    trial.do("report_wrong_kit", STAFF, payload, subject=subject)
    assert trial.state.subjects[subject].last("deviation_recorded")["category"] == "wrong kit"
    assert trial.state.sites["01"].kits[kit][1] == "dispensed"


def test_an_expired_kit_is_not_handed_out(trial: Trial) -> None:
    subject = trial.randomized()
    trial.do("assign_kit", STAFF, {"date": trial.today}, subject=subject)
    kit = trial.chain.events[-1].payload["kit"]
    trial.wait(901)
    for person in ("coordinator@01",):
        trial.train(person)
    assert trial.code("dispense", STAFF, {"kit": kit, "date": trial.today}, subject=subject) == "kit_expired"


def test_visits_come_in_order_and_know_their_windows(trial: Trial) -> None:
    subject = trial.randomized()
    trial.do("record_dose", STAFF, {"start": trial.today, "amount": "800", "unit": "mg"}, subject=subject)
    done = {"visit": "cycle", "status": "done"}
    assert (
        trial.code("record_visit", STAFF, done | {"number": 2, "date": trial.today}, subject=subject)
        == "visit_out_of_order"
    )
    trial.do("record_visit", STAFF, done | {"number": 1, "date": trial.today}, subject=subject)
    assert (
        trial.code("record_visit", STAFF, done | {"number": 1, "date": trial.today}, subject=subject) == "already_done"
    )
    missed = {"visit": "cycle", "number": 2, "status": "missed"}
    assert trial.code("record_visit", STAFF, missed, subject=subject) == "missing_field"
    trial.do("record_visit", STAFF, missed | {"why": "holiday"}, subject=subject)
    assert (
        trial.code("record_visit", STAFF, done | {"number": 3, "date": trial.day(60)}, subject=subject)
        == "date_in_future"
    )
    trial.wait(60)
    trial.do("record_visit", STAFF, done | {"number": 3, "date": trial.today}, subject=subject)
    values = trial.state.subjects[subject].last("visit_recorded")
    assert (values["target"], values["window"]) == ("2024-03-04", "late")
    assert (
        trial.code("record_visit", STAFF, done | {"visit": "cykle", "number": 1, "date": trial.today}, subject=subject)
        == "visit_unknown"
    )


def test_doses_are_those_of_any_arm_and_do_not_overlap(trial: Trial) -> None:
    subject = trial.randomized()
    dose = {"start": trial.today, "amount": "800", "unit": "mg"}
    assert trial.code("record_dose", STAFF, dose | {"start": trial.day(-1)}, subject=subject) == "dates_out_of_order"
    assert trial.code("record_dose", STAFF, dose | {"amount": "700"}, subject=subject) == "dose_unknown"
    assert trial.code("record_dose", STAFF, dose | {"unit": "g"}, subject=subject) == "unit_unknown"
    trial.do("record_dose", STAFF, dose | {"end": trial.today}, subject=subject)
    assert trial.code("record_dose", STAFF, dose, subject=subject) == "periods_overlap"
    trial.wait(3)
    trial.do("record_dose", STAFF, dose | {"start": trial.today, "amount": "0"}, subject=subject)
    assert trial.state.subjects[subject].doses == ("2024-01-08", "2024-01-08")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"end": "2024-01-07", "outcome": "recovered"}, "end"),
        ({"end": "2023"}, "end"),
        ({"grade": 5}, "outcome"),
        ({"grade": 5, "outcome": "fatal", "end": "2024-01-08"}, "serious"),
        ({"serious": True}, "criteria"),
        ({"serious": True, "criteria": ["very bad"]}, "criteria"),
        ({"onset": "2024-02"}, "onset"),
        ({"grade": 6}, "grade"),
    ],
)
def test_adverse_events_must_fit_together(trial: Trial, changed: dict[str, Any], field: str) -> None:
    subject = trial.randomized()
    refusal = trial.attempt("record_adverse_event", STAFF, event(**changed), subject=subject)
    assert refusal is not None
    assert refusal.code == "bad_value"
    assert field in dict(refusal.problems)


def test_the_same_adverse_event_twice(trial: Trial) -> None:
    subject = trial.randomized()
    name = trial.do("record_adverse_event", STAFF, event(), subject=subject)
    refusal = trial.attempt("record_adverse_event", STAFF, event(term=" hypertension "), subject=subject)
    assert refusal is not None
    assert refusal.code == "adverse_event_twice"
    assert name in refusal.remedy
    new = event(outcome="recovered", end="2024-01-08") | {"record": name}
    trial.do("update_adverse_event", STAFF, new, subject=subject)
    assert [e["outcome"] for e in trial.state.subjects[subject].live("adverse_event_recorded")] == ["recovered"]


def test_a_serious_event_is_reported_within_24_hours(trial: Trial) -> None:
    subject = trial.randomized()
    serious = event(serious=True, criteria=["hospitalization"])
    name = trial.do("record_adverse_event", STAFF, serious, subject=subject)
    aware = trial.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    report = {"event": name, "aware": aware, "narrative": "Admitted.", "causality": "Probable."}
    trial.now += dt.timedelta(hours=24, seconds=1)
    trial.do("report_serious_event", STAFF, report, subject=subject)
    assert trial.chain.events[-1].payload["late"] is True
    assert trial.chain.events[-1].payload["due"] == "2024-01-09T09:00:00Z"


def test_a_diary_has_windows_items_and_one_form(trial: Trial) -> None:
    subject = trial.randomized()
    form = {"instrument": "QLQ-C30", "date": trial.today, "answers": {"Q1": 2, "Q30": 7}}
    assert trial.code("submit_diary", "patient", form | {"target": 3}, subject=subject) == "not_planned"
    assert trial.code("submit_diary", "patient", form | {"target": 85}, subject=subject) == "outside_window"
    wrong = form | {"target": 0, "answers": {"Q1": 5, "Q99": 1}}
    refusal = trial.attempt("submit_diary", "patient", wrong, subject=subject)
    assert refusal is not None
    assert [name for name, _ in refusal.problems] == ["Q1", "Q99"]
    trial.do("submit_diary", "patient", form | {"target": 0}, subject=subject)
    assert trial.code("submit_diary", "patient", form | {"target": 0}, subject=subject) == "already_done"
    trial.wait(84)
    trial.do("submit_diary", "patient", form | {"target": 85, "date": trial.today}, subject=subject)


def test_death_closes_the_diary_and_can_be_taken_back(trial: Trial) -> None:
    subject = trial.randomized()
    trial.wait(10)
    trial.do("record_contact", STAFF, {"date": trial.today, "how": "visit", "status": "alive"}, subject=subject)
    death = {"date": trial.day(-1), "cause": "disease"}
    assert trial.code("record_death", STAFF, death, subject=subject) == "dates_out_of_order"
    trial.do("record_death", STAFF, death | {"date": trial.today}, subject=subject)
    assert trial.code("record_death", STAFF, death | {"date": trial.today}, subject=subject) == "already_done"
    form = {"instrument": "LASA", "date": trial.today, "target": 85, "answers": {}}
    assert trial.code("submit_diary", "patient", form, subject=subject) == "diary_closed"
    trial.wait(1)
    contact = {"date": trial.today, "how": "telephone", "status": "alive"}
    assert trial.code("record_contact", STAFF, contact, subject=subject) == "after_death"
    assert trial.code("retract_death", STAFF, subject=subject) == "not_allowed"
    trial.do("retract_death", "investigator@01", subject=subject)
    assert trial.state.subjects[subject].death is None
    assert trial.code("record_contact", STAFF, contact, subject=subject) is None


@pytest.mark.parametrize(
    ("level", "dose", "visit", "contact"),
    [
        ("drug", "treatment_ended", None, None),
        ("visits", "treatment_ended", "withdrawn", None),
        ("survival", "treatment_ended", "withdrawn", "withdrawn"),
        ("data", "not_now", "not_now", "not_now"),
    ],
)
def test_withdrawal_at_four_levels(trial: Trial, level: str, dose: str, visit: str | None, contact: str | None) -> None:
    subject = trial.randomized()
    trial.do("withdraw", STAFF, {"level": level, "date": trial.today, "by": "patient"}, subject=subject)
    assert trial.state.subjects[subject].last("treatment_stopped")["why"] == "withdrawal by patient"
    trial.wait(5)
    given = {"start": trial.today, "amount": "800", "unit": "mg"}
    assert trial.code("record_dose", STAFF, given, subject=subject) == dose
    done = {"visit": "cycle", "number": 1, "status": "done", "date": trial.today}
    assert trial.code("record_visit", STAFF, done, subject=subject) == visit
    seen = {"date": trial.today, "how": "registry", "status": "alive"}
    assert trial.code("record_contact", STAFF, seen, subject=subject) == contact
    again = {"level": "drug", "date": trial.today, "by": "patient"}
    assert trial.code("withdraw", STAFF, again, subject=subject) == ("not_now" if level == "data" else "already_done")


def test_lost_then_found(trial: Trial) -> None:
    subject = trial.randomized()
    trial.wait(30)
    lost = trial.today
    trial.do("report_lost", STAFF, {"date": lost}, subject=subject)
    trial.wait(30)
    contact = {"date": trial.today, "how": "telephone", "status": "alive"}
    assert trial.code("record_contact", STAFF, contact, subject=subject) == "is_lost"
    assert trial.code("report_lost", STAFF, {"date": trial.today}, subject=subject) == "is_lost"
    assert trial.code("report_found", STAFF, {"date": "2024-01-09"}, subject=subject) == "dates_out_of_order"
    trial.do("report_found", STAFF, {"date": trial.today}, subject=subject)
    assert trial.code("record_contact", STAFF, contact, subject=subject) is None
    assert trial.code("report_lost", STAFF, {"date": trial.today}, subject=subject) is None


def test_transfer_moves_the_right_to_write(trial: Trial) -> None:
    subject = trial.randomized("01")
    contact = {"date": trial.today, "how": "visit", "status": "alive"}
    trial.do("record_contact", STAFF, contact, subject=subject)
    trial.do("transfer", "data_manager", {"to_site": "02", "date": trial.today}, subject=subject)
    assert trial.code("record_contact", STAFF, contact, subject=subject) == "other_site"
    assert trial.code("record_contact", "coordinator@02", contact, subject=subject) is None
    assert len(list(trial.state.subjects[subject].live("contact_recorded"))) == 2
    assert trial.chain.events[-1].site == "02"
    assert (
        trial.code("transfer", "data_manager", {"to_site": "99", "date": trial.today}, subject=subject)
        == "site_unknown"
    )
