"""Screening, consent, eligibility and randomization: what is refused, and that a refusal uses no slot."""

import pytest
from tests.conduct.made_up import Trial

from equipoise.conduct.vault import VaultError, VaultErrorCode

KEY = "a" * 64


def used(trial: Trial) -> int:
    return sum(trial.state.counters.slots.values())


@pytest.mark.parametrize(
    ("changed", "code", "named"),
    [
        ({"age": 17}, "not_eligible", "adult"),
        ({"prior_vegf": True}, "not_eligible", "no_vegf"),
        ({"progression_date": "2022-12-01"}, "not_eligible", "progression_12_months"),
        ({"ecog": None}, "eligibility_missing", "performance"),
        ({"primary_site": None}, "stratum_unknown", "small_bowel"),
        ({"prior_prrt": True}, "eligibility_missing", "prrt"),
    ],
)
def test_randomization_asks_for_every_criterion(trial: Trial, changed: dict, code: str, named: str) -> None:
    subject = trial.screened(**changed)
    refusal = trial.attempt("randomize", "coordinator@01", subject=subject)
    assert refusal is not None
    assert (refusal.code, used(trial)) == (code, 0)
    assert named in dict(refusal.problems)


def test_a_missing_field_is_named(trial: Trial) -> None:
    subject = trial.screened(neutrophils=None)
    refusal = trial.attempt("randomize", "coordinator@01", subject=subject)
    assert refusal is not None
    assert refusal.problems == (("neutrophil_count", "not known: neutrophils"),)
    assert "neutrophils" in refusal.reason


def test_a_missing_payload_field_and_a_wrong_one_are_named_at_once(trial: Trial) -> None:
    subject = trial.screen()
    refusal = trial.attempt("record_consent", "coordinator@01", {"form": "stduy"}, subject=subject)
    assert refusal is not None
    assert [name for name, _ in refusal.problems] == ["form", "version", "date"]


def test_baseline_values_must_be_as_declared(trial: Trial) -> None:
    subject = trial.screen()
    trial.consent(subject)
    values = {
        "age": "61",
        "grade": "high",
        "prior_ssa": "Y",
        "weight": 70,
        "progression_date": "2023-13-01",
        "systolic": 1.5,
    }
    refusal = trial.attempt("record_baseline", "coordinator@01", {"values": values}, subject=subject)
    assert refusal is not None
    assert refusal.code == "bad_value"
    values.pop("systolic")
    refusal = trial.attempt("record_baseline", "coordinator@01", {"values": values}, subject=subject)
    assert refusal is not None
    assert {name for name, _ in refusal.problems} == set(values)


def test_a_double_click_and_a_lost_answer_give_one_allocation(trial: Trial) -> None:
    subject = trial.screened()
    command = trial.command("randomize", "coordinator@01", subject=subject)
    trial.record(command, trial.decide(command))
    assert trial.decide(command) == ()
    trial.do("record_dose", "coordinator@01", {"start": trial.today, "amount": "800", "unit": "mg"}, subject=subject)
    assert trial.decide(command) == ()
    other = trial.attempt("randomize", "coordinator@01", subject=subject)
    assert other is not None
    assert (other.code, used(trial)) == ("already_randomized", 1)


def test_a_double_click_on_screening_gives_one_number(trial: Trial) -> None:
    command = trial.command("screen", "coordinator@01", {"date": trial.today})
    trial.record(command, trial.decide(command))
    assert trial.decide(command) == ()
    assert list(trial.state.subjects) == ["01-001"]


def test_a_closed_site_takes_nobody(trial: Trial) -> None:
    subject = trial.screened()
    trial.do("close_site", "admin", {"site": "01", "to": "accrual", "date": trial.today})
    assert trial.code("screen", "coordinator@01", {"date": trial.today}) == "site_closed"
    assert trial.code("randomize", "coordinator@01", subject=subject) == "site_closed"
    other = trial.screened("02")
    assert trial.code("randomize", "coordinator@02", subject=other) is None
    trial.do("reopen_site", "admin", {"site": "01", "date": trial.today})
    assert trial.code("randomize", "coordinator@01", subject=subject) is None


def test_a_site_closed_to_everything_writes_nothing_but_what_protects_patients(trial: Trial) -> None:
    subject = trial.randomized()
    trial.do("close_site", "admin", {"site": "01", "to": "all", "date": trial.today})
    contact = {"date": trial.today, "how": "visit", "status": "alive"}
    assert trial.code("record_contact", "coordinator@01", contact, subject=subject) == "site_closed"
    assert trial.code("break_code", "investigator@01", subject=subject) is None


def test_expired_training_stops_a_person(trial: Trial) -> None:
    subject = trial.screened()
    trial.do("grant_role", "admin", {"person": "new@01", "role": "investigator", "site": "01"})
    given = {"role": "investigator"}
    assert trial.code("randomize", "new@01", subject=subject, **given) == "not_trained"
    trial.train("new@01", expires=trial.day(10))
    trial.wait(11)
    assert trial.code("randomize", "new@01", subject=subject, **given) == "training_expired"
    trial.train("new@01")
    assert trial.code("randomize", "new@01", subject=subject, **given) is None


def test_a_task_must_be_delegated(trial: Trial) -> None:
    subject = trial.screened()
    payload = {"person": "coordinator@01", "task": "randomize", "end": trial.day(-1)}
    trial.do("end_delegation", "investigator@01", payload)
    assert trial.code("randomize", "coordinator@01", subject=subject) == "not_delegated"
    assert trial.code("randomize", "investigator@01", subject=subject) is None


def test_consent_must_be_to_the_version_in_use(trial: Trial) -> None:
    subject = trial.screened()
    form = {"site": "01", "form": "study", "version": "2.0", "effective": trial.day(5), "reconsent": True}
    trial.do("approve_consent_form", "admin", form)
    trial.wait(5)
    assert trial.code("randomize", "coordinator@01", subject=subject) == "consent_outdated"
    late = trial.screen()
    payload = {"form": "study", "version": "1.0", "date": trial.today}
    assert trial.code("record_consent", "coordinator@01", payload, subject=late) == "consent_outdated"
    trial.consent(subject, "2.0")
    assert trial.code("randomize", "coordinator@01", subject=subject) is None


def test_a_newer_form_without_reconsent_changes_nothing_for_patients(trial: Trial) -> None:
    subject = trial.screened()
    form = {"site": "01", "form": "study", "version": "1.1", "effective": trial.day(5), "reconsent": False}
    trial.do("approve_consent_form", "admin", form)
    trial.wait(5)
    assert trial.code("randomize", "coordinator@01", subject=subject) is None


def test_without_consent_nothing_is_recorded(trial: Trial) -> None:
    subject = trial.screen()
    assert (
        trial.code("record_baseline", "coordinator@01", {"values": {"age": 60}}, subject=subject) == "consent_missing"
    )


def test_the_same_person_at_two_sites_is_stopped_without_naming_the_other_site(trial: Trial) -> None:
    first = trial.screen("01", person_key=KEY)
    refusal = trial.attempt("screen", "coordinator@02", {"date": trial.today, "person_key": KEY})
    assert refusal is not None
    assert refusal.code == "person_known"
    assert refusal.alert == ("data_manager",)
    told = f"{refusal.reason} {refusal.remedy} {refusal.problems}"
    assert first not in told
    assert "01" not in told
    at_home = trial.attempt("screen", "coordinator@01", {"date": trial.today, "person_key": KEY})
    assert at_home is not None
    assert first in at_home.reason


def test_rescreening_links_a_new_number_to_a_failed_one(trial: Trial) -> None:
    first = trial.screen("01", person_key=KEY)
    again = {"date": trial.today, "person_key": KEY, "rescreen_of": first}
    assert trial.code("screen", "coordinator@01", again) == "earlier_not_failed"
    failed = {"date": trial.today, "criteria": ["adult"]}
    trial.do("fail_screening", "coordinator@01", failed, subject=first)
    stranger = {"date": trial.today, "person_key": "b" * 64, "rescreen_of": first}
    assert trial.code("screen", "coordinator@01", stranger) == "person_differs"
    assert trial.code("screen", "coordinator@01", again) is None
    assert trial.state.subjects["01-002"].last("screened")["rescreen_of"] == first
    assert trial.code("randomize", "coordinator@01", subject=first) == "not_now"


def test_an_exhausted_list_uses_no_slot(trial: Trial) -> None:
    trial.vault._limit = 1
    trial.randomized()
    subject = trial.screened()
    assert trial.code("randomize", "coordinator@01", subject=subject) == "schedule_exhausted"
    assert used(trial) == 1


def test_an_unknown_stratum_stops_randomization(trial: Trial) -> None:
    text = trial.text.replace("include: not concurrent_ssa or progression_on_ssa", "include: age >= 18")
    other = Trial(text=text).set_up("01")
    subject = other.screened(concurrent_ssa=None)
    refusal = other.attempt("randomize", "coordinator@01", subject=subject)
    assert refusal is not None
    assert (refusal.code, used(other)) == ("stratum_unknown", 0)
    assert refusal.problems == (("concurrent_ssa", "needs concurrent_ssa"),)


def test_randomization_waits_for_the_published_commitment() -> None:
    trial = Trial()
    trial.do = _without_commitment(trial)  # type: ignore[method-assign]
    subject = trial.set_up("01").screened()
    assert trial.code("randomize", "coordinator@01", subject=subject) == "allocation_not_prepared"


def _without_commitment(trial: Trial):
    do = trial.do

    def given(kind: str, *arguments: object, **more: object) -> str:
        return "" if kind == "commit_allocation" else do(kind, *arguments, **more)  # type: ignore[arg-type]

    return given


def test_randomized_in_error_keeps_the_slot(trial: Trial) -> None:
    subject = trial.randomized()
    slot = trial.state.subjects[subject].last("randomized")["slot"]
    trial.do("flag_randomized_in_error", "investigator@01", {"why": "tumor is pancreatic"}, subject=subject)
    assert trial.state.subjects[subject].last("randomized")["slot"] == slot
    assert trial.code("randomize", "coordinator@01", subject=subject) == "already_randomized"
    second = trial.randomized()
    assert trial.state.subjects[second].last("randomized")["slot"] == slot + 1


def test_a_wrong_stratum_is_corrected_beside_the_allocated_one(trial: Trial) -> None:
    subject = trial.randomized()
    before = trial.state.subjects[subject].last("randomized")
    same = {"factor": "small_bowel", "level": "true"}
    assert trial.code("correct_stratum", "data_manager", same, subject=subject) == "nothing_changed"
    wrong = {"factor": "small_bowel", "level": "perhaps"}
    assert trial.code("correct_stratum", "data_manager", wrong, subject=subject) == "bad_value"
    trial.do("correct_stratum", "data_manager", {"factor": "small_bowel", "level": "false"}, subject=subject)
    assert trial.state.subjects[subject].last("randomized") == before
    assert trial.state.subjects[subject].last("stratum_corrected")["corrected"] == "false"


def test_a_vault_without_its_key_refuses_and_uses_no_slot(trial: Trial) -> None:
    subject = trial.screened()

    def locked(*_: object, **__: object) -> str:
        raise VaultError(VaultErrorCode.KEY_WRONG, "the key does not open the vault")

    trial.vault.draw = locked  # type: ignore[method-assign]
    assert trial.code("randomize", "coordinator@01", subject=subject) == "vault_closed"
    assert used(trial) == 0
