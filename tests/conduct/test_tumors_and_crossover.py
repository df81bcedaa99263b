"""Measurements, central review, the gate, crossover, code breaks."""

from dataclasses import replace
from typing import Any

import pytest
from tests.conduct.made_up import Trial

from equipoise.conduct import Role, Subject, breaks, central_answer, may_know_treatment, tumor_response


def lesion(name: str = "T1", size: int | None = 3000, **more: Any) -> dict[str, Any]:
    return {"lesion": name, "kind": "TARGET", "organ": "liver", "diameter": size} | more


@pytest.mark.parametrize(
    ("lesions", "words"),
    [
        ([lesion(size=250_000)], "Were centimeters meant?"),
        ([lesion(size=1400, nodal=True)], "at least 15 mm"),
        ([lesion(size=900)], "at least 10 mm"),
        ([lesion(size=None)], "neither a size"),
        ([lesion(), lesion()], "twice"),
        ([lesion("T1"), lesion("T2"), lesion("T3")], "at most 2"),
        ([lesion(f"T{i}", organ=f"organ {i}") for i in range(6)], "at most 5"),
        ([lesion(kind="NEW")], "new lesion at baseline"),
    ],
)
def test_sizes_and_choice_of_lesions(trial: Trial, lesions: list[dict[str, Any]], words: str) -> None:
    subject = trial.screened()
    payload = {"assessment": 0, "date": trial.today, "lesions": lesions}
    refusal = trial.attempt("measure_tumors", "local_reader@01", payload, subject=subject)
    assert refusal is not None
    assert refusal.code == "bad_value"
    assert any(words in text for _, text in refusal.problems)


def test_sum_and_response_follow_from_the_measurements(trial: Trial) -> None:
    subject = trial.screened()
    trial.measure(subject, 0, 3000, 2500)
    trial.do("randomize", "coordinator@01", subject=subject)
    payload = {"assessment": 1, "date": trial.today, "lesions": [lesion("T0"), lesion("T1", 2500)]}
    assert trial.code("measure_tumors", "local_reader@01", payload, subject=subject) == "visit_out_of_order"
    trial.wait(84)
    trial.measure(subject, 1, 2000, 1500)
    values = trial.state.subjects[subject].last("tumors_measured")
    assert (values["sum"], values["computed"]) == (3500, "PR")
    trial.do("assess_response", "investigator@01", {"assessment": 1, "overall": "SD"}, subject=subject)
    recorded = trial.state.subjects[subject].last("response_assessed")
    assert (recorded["overall"], recorded["computed"]) == ("SD", "PR")
    record = {"record": "TUMOR-2", "field": "lesions", "new": [lesion("T0", 2400), lesion("T1", 2000)]}
    trial.do("correct", "coordinator@01", record, subject=subject)
    values = trial.state.subjects[subject].last("tumors_measured")
    assert (values["sum"], values["computed"]) == (4400, "SD")


def test_a_response_counts_from_earlier_measurements_as_they_were_corrected(trial: Trial) -> None:
    subject = trial.screened()
    trial.measure(subject, 0, 3000)
    trial.do("randomize", "coordinator@01", subject=subject)
    for assessment, size in ((1, 2900), (2, 2800)):
        trial.wait(84)
        trial.measure(subject, assessment, size)
    record = {"record": "TUMOR-2", "field": "lesions", "new": [lesion("T0", 2000)]}
    before = trial.state.subjects[subject]
    trial.do("correct", "coordinator@01", record, subject=subject)
    rules = trial.rulebooks["v1"]

    def overall(state: Subject) -> list[str]:
        response = tumor_response(rules, state)
        return [] if response is None else [visit.overall for visit in response.visits]

    assert overall(before) == ["SD", "SD"]
    assert overall(trial.state.subjects[subject]) == overall(replace(trial.state.subjects[subject])) == ["PR", "PD"]
    assert overall(before) == ["SD", "SD"]
    trial.do("retract", "coordinator@01", {"record": "TUMOR-2"}, subject=subject)
    assert overall(trial.state.subjects[subject]) == ["SD"]


def test_local_progression_starts_the_clock_in_working_days(trial: Trial) -> None:
    subject = trial.progressed()
    requested = trial.state.subjects[subject].last("review_requested")
    assert (requested["requested"], requested["due"]) == ("2024-04-01", "2024-04-08")


def test_unblinding_waits_for_the_locked_central_result(trial: Trial) -> None:
    subject = trial.screened()
    trial.measure(subject, 0, 3000)
    trial.scan(subject, 0)
    trial.do("randomize", "coordinator@01", subject=subject)

    def refused() -> str:
        refusal = trial.attempt("unblind", "investigator@01", subject=subject)
        assert refusal is not None
        assert refusal.code == "gate_closed"
        return refusal.reason

    assert refused() == "The site has not recorded a progression."
    trial.wait(84)
    trial.measure(subject, 1, 4000)
    trial.do("assess_response", "investigator@01", {"assessment": 1, "overall": "PD"}, subject=subject)
    assert refused() == "Central review is pending."
    trial.scan(subject, 1)
    trial.read(subject, 1, 0)
    trial.read(subject, 1, 1, "PD")
    trial.read(subject, 2, 0)
    trial.read(subject, 2, 1, "SD")
    assert trial.chain.events[-1].kind == "adjudication_requested"
    assert refused() == "Central review is pending."
    third = {"endorses": 3, "why": "neither"}
    assert trial.code("adjudicate", "adjudicator", third, subject=subject) == "bad_value"
    trial.do("adjudicate", "adjudicator", {"endorses": 1, "why": "growth is clear"}, subject=subject)
    assert trial.state.subjects[subject].gate
    assert trial.code("unblind", "investigator@02", subject=subject) == "other_site"
    assert trial.code("unblind", "investigator@01", subject=subject) is None


def test_no_unblinding_where_central_review_does_not_confirm(trial: Trial) -> None:
    subject = trial.progressed(confirmed=False)
    refusal = trial.attempt("unblind", "investigator@01", subject=subject)
    assert refusal is not None
    assert refusal.reason == "Central review has not confirmed the progression."


def test_an_earlier_result_says_nothing_of_a_later_progression(trial: Trial) -> None:
    subject = trial.screened()
    trial.measure(subject, 0, 3000)
    trial.scan(subject, 0)
    trial.do("randomize", "coordinator@01", subject=subject)

    def read_by_both(assessment: int, response: str | None = None) -> None:
        for reader in (1, 2):
            trial.read(subject, reader, assessment, response)

    def told() -> tuple[str | None, str]:
        refusal = trial.attempt("unblind", "investigator@01", subject=subject)
        assert refusal is not None
        return central_answer(trial.rulebooks[trial.version], trial.state.subjects[subject]), refusal.reason

    pending = ("pending", "Central review is pending.")
    for assessment in (1, 2):
        trial.wait(84)
        trial.measure(subject, assessment, 3000 if assessment == 1 else 4000)
        if assessment == 1:
            trial.scan(subject, 1)
            read_by_both(0)
            read_by_both(1, "SD")
    trial.do("assess_response", "investigator@01", {"assessment": 2, "overall": "PD"}, subject=subject)
    assert told() == pending  # the scan has not come
    trial.scan(subject, 2)
    assert told() == pending
    trial.read(subject, 1, 2, "SD")
    assert told() == pending
    trial.read(subject, 2, 2, "SD")
    assert told() == ("not confirmed", "Central review has not confirmed the progression.")


def test_a_central_progression_the_site_did_not_call_stays_hidden(trial: Trial) -> None:
    subject = trial.screened()
    trial.scan(subject, 0)
    trial.do("randomize", "coordinator@01", subject=subject)
    trial.wait(84)
    trial.scan(subject, 1)
    for reader in (1, 2):
        trial.read(subject, reader, 0)
        trial.read(subject, reader, 1, "PD")
    assert trial.state.subjects[subject].gate
    refusal = trial.attempt("unblind", "investigator@01", subject=subject)
    assert refusal is not None
    assert refusal.reason == "The site has not recorded a progression."


def test_readers_read_in_order_and_alone(trial: Trial) -> None:
    subject = trial.progressed()
    lock = {"assessment": 1, "lesions": [], "response": "SD"}
    assert trial.code("lock_read", "reader1", lock, subject=subject) == "read_locked"
    trial.wait(84)
    trial.scan(subject, 2)
    assert trial.code("lock_read", "reader1", lock | {"assessment": 3}, subject=subject) == "scan_missing"
    trial.do("grant_role", "admin", {"person": "reader1", "role": "adjudicator"})
    choice = {"endorses": 1, "why": "mine"}
    assert trial.code("adjudicate", "reader1", choice, subject=subject, role="adjudicator") == "reader_adjudicates"
    assert trial.code("adjudicate", "adjudicator", choice, subject=subject) == "no_discordance"
    trial.do("grant_role", "admin", {"person": "reader3", "role": "central_reader_1"})
    trial.train("reader3")
    other = lock | {"assessment": 2}
    assert trial.code("lock_read", "reader3", other, subject=subject, role="central_reader_1") == "not_a_reader"


def test_visits_are_read_one_by_one(trial: Trial) -> None:
    subject = trial.screened()
    trial.scan(subject, 0)
    trial.do("randomize", "coordinator@01", subject=subject)
    for assessment in (1, 2):
        trial.wait(84)
        trial.scan(subject, assessment)
    read = {"assessment": 2, "lesions": [], "response": "SD"}
    assert trial.code("lock_read", "reader1", read, subject=subject) == "earlier_visit_open"
    trial.read(subject, 1, 0)
    assert trial.code("lock_read", "reader1", read, subject=subject) == "earlier_visit_open"


def test_a_late_scan_asks_for_new_versions(trial: Trial) -> None:
    subject = trial.progressed()
    trial.wait(3)
    payload = {"assessment": 1, "date": "2024-03-30", "reference": "late"}
    name = trial.do("submit_scan", "coordinator@01", payload, subject=subject)
    trial.do("accept_scan", "data_manager", {"scan": name}, subject=subject)
    trial.read(subject, 1, 1, "SD")
    read = trial.state.subjects[subject].last("read_locked")
    assert (read["version"], read["reader"]) == (2, 1)
    assert trial.state.subjects[subject].gate, "the gate stays open for good"


def test_somebody_of_the_patients_site_does_not_read_it(trial: Trial) -> None:
    subject = trial.screened()
    trial.scan(subject, 0)
    trial.do("randomize", "coordinator@01", subject=subject)
    trial.do("grant_role", "admin", {"person": "local_reader@01", "role": "central_reader_1"})
    read = {"assessment": 0, "lesions": []}
    code = trial.code("lock_read", "local_reader@01", read, subject=subject, role="central_reader_1")
    assert code == "own_patient"


def crossover_ready(trial: Trial, arm: str) -> str:
    for _ in range(12):
        subject = trial.progressed()
        if trial.arm(subject) == arm:
            trial.do("unblind", "investigator@01", subject=subject)
            trial.wait(1)
            trial.do("end_blinded_treatment", "investigator@01", {"date": trial.today}, subject=subject)
            return subject
    raise AssertionError(f"nobody in arm {arm}")


def test_placebo_crosses_over_after_a_new_baseline_scan(trial: Trial) -> None:
    subject = crossover_ready(trial, "placebo")
    trial.wait(35)
    start = {"date": trial.today}
    refusal = trial.attempt("start_open_label", "investigator@01", start, subject=subject)
    assert refusal is not None
    assert refusal.code == "baseline_scan_missing"
    trial.measure(subject, 2, 4100, 3600)
    trial.do("start_open_label", "investigator@01", start, subject=subject)
    dose = {"start": trial.today, "amount": "800", "unit": "mg"}
    assert trial.code("record_dose", "coordinator@01", dose, subject=subject) == "treatment_ended"
    trial.do("record_open_label_dose", "coordinator@01", dose, subject=subject)
    trial.wait(5)
    trial.do("stop_open_label", "investigator@01", {"date": trial.today, "why": "adverse event"}, subject=subject)


def test_the_other_arm_does_not_cross_over_and_is_not_told_why(trial: Trial) -> None:
    subject = crossover_ready(trial, "pazopanib")
    trial.wait(2)
    refusal = trial.attempt("start_open_label", "investigator@01", {"date": trial.today}, subject=subject)
    assert refusal is not None
    blinded = trial.randomized()
    early = trial.attempt("start_open_label", "investigator@01", {"date": trial.today}, subject=blinded)
    assert early is not None
    assert (refusal.code, refusal.reason) == (early.code, early.reason)
    told = f"{refusal}".lower()
    assert not any(word in told for word in ("pazopanib", "placebo", "arm", "crossover", "cross"))


def test_ending_blinded_treatment_looks_the_same_for_both(trial: Trial) -> None:
    ended = {}
    for arm in ("placebo", "pazopanib"):
        crossover_ready(trial, arm)
        ended[arm] = trial.chain.events[-1]
    assert ended["placebo"].kind == ended["pazopanib"].kind == "blinded_treatment_ended"
    assert set(ended["placebo"].payload) == {"record", "date"}


def test_an_emergency_break_opens_no_crossover(trial: Trial) -> None:
    subject = trial.randomized()
    trial.do("break_code", "investigator@01", subject=subject, reason="hypertensive crisis")
    broken = trial.chain.events[-1]
    assert (broken.reason, broken.payload["ground"]) == ("hypertensive crisis", "emergency")
    assert trial.code("unblind", "investigator@01", subject=subject) == "gate_closed"
    assert (
        trial.code("end_blinded_treatment", "investigator@01", {"date": trial.today}, subject=subject)
        == "not_unblinded"
    )
    assert trial.code("start_open_label", "investigator@01", {"date": trial.today}, subject=subject) == "not_open"
    assert trial.state.subjects[subject].last("randomized") is not None
    assert trial.code("break_code", "coordinator@01", subject=subject) == "not_allowed"
    assert trial.code("break_code", "investigator@02", subject=subject) == "other_site"


def test_safety_unblinding_needs_a_serious_unexpected_reaction(trial: Trial) -> None:
    subject = trial.randomized()
    event = {
        "term": "Hepatic failure", "grade": 4, "onset": trial.today, "outcome": "not recovered", "related": "probable",
        "action": "withdrawn", "serious": True, "criteria": ["life-threatening"], "expected": True,
    }  # fmt: skip
    name = trial.do("record_adverse_event", "coordinator@01", event, subject=subject)
    assert trial.code("unblind_for_safety", "safety", {"event": name}, subject=subject) == "no_susar"
    changed = event | {"record": name, "expected": False}
    trial.do("update_adverse_event", "coordinator@01", changed, subject=subject)
    assert trial.code("unblind_for_safety", "data_manager", {"event": name}, subject=subject) == "not_allowed"
    trial.do("unblind_for_safety", "safety", {"event": name}, subject=subject)
    assert not trial.state.subjects[subject].unblinded, "the site stays blinded"


def test_every_break_is_in_the_list_without_an_arm(trial: Trial) -> None:
    subject = trial.progressed()
    trial.do("break_code", "investigator@01", subject=subject, reason="bleeding")
    leak = {"date": trial.today, "who": "patient", "how": "opened the tablet"}
    trial.do("report_unblinding", "coordinator@01", leak, subject=subject)
    trial.do("assess_unblinding", "data_manager", {"of": "BREAK-1", "impact": "none"}, subject=subject)
    trial.do("unblind", "investigator@01", subject=subject)
    found = breaks(trial.state.subjects[subject])
    assert {(b.record, b.ground, b.impact) for b in found} == {
        ("BREAK-1", "emergency", "none"),
        ("LEAK-1", "outside of the rules", None),
        ("UNB-1", "progression", None),
    }
    assert not any(word in str(found).lower() for word in ("pazopanib", "placebo"))


def test_who_may_know_a_treatment(trial: Trial) -> None:
    subject = trial.progressed()

    def knows() -> set[str]:
        state = trial.state.subjects[subject]
        return {
            f"{role}@{site}"
            for role in Role
            for site in ("01", "02", None)
            if may_know_treatment(state, role, site=site)
        }

    assert knows() == set()
    trial.do("break_code", "investigator@01", subject=subject, reason="bleeding")
    assert knows() == {"investigator@01"}
    trial.do("unblind", "investigator@01", subject=subject)
    assert knows() == {"investigator@01", "site_coordinator@01", "pharmacist@01"}
