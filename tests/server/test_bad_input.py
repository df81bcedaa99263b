"""What goes wrong in the days of a trial, one test each: refused or recorded by rule, explained, nothing lost."""

import json
from typing import Any

import pytest
from tests.server.server_trial import ServerTrial

from equipoise.conduct.nouns.blinding import noted_code
from equipoise.ledger import ACCESS, TRIAL
from equipoise.server.keys import make_key
from equipoise.server.ledger.store import chain_end, read_events
from equipoise.server.place import Place
from equipoise.server.sources import replaced
from equipoise.server.vault.models import Allocation
from equipoise.server.verification.run import verify_trial
from equipoise.server.write import UnavailableError

from tests.server.configured import use  # isort: skip

COORDINATOR, INVESTIGATOR = "coordinator@01", "investigator@01"
KEY = "a" * 64


def refused(trial: ServerTrial, kind: str, who: str, payload: dict[str, Any] | None = None, **more: Any) -> str:
    """Code of a refusal that is explained, stands in the access chain, and has changed nothing."""
    before, slots = chain_end(TRIAL), Allocation.objects.count()
    found = trial.attempt(kind, who, payload, **more)
    assert found is not None, f"{kind} was carried out"
    assert found.reason.endswith(".")
    assert found.remedy
    assert (chain_end(TRIAL), Allocation.objects.count()) == (before, slots)
    last = list(read_events(ACCESS))[-1]
    assert (last.kind, last.payload["command"], last.payload["code"]) == ("refused", kind, noted_code(kind, found.code))
    return found.code


def last(trial: ServerTrial, subject: str, kind: str) -> Any:
    return trial.state.subjects[subject].last(kind)


def test_an_ineligible_patient(trial: ServerTrial) -> None:
    assert refused(trial, "randomize", COORDINATOR, subject=trial.screened("01", age=17)) == "not_eligible"


def test_a_missing_field(trial: ServerTrial) -> None:
    subject = trial.screened("01", neutrophils=None)
    assert refused(trial, "randomize", COORDINATOR, subject=subject) == "eligibility_missing"
    assert refused(trial, "record_consent", COORDINATOR, {"form": "study"}, subject=subject) == "missing_field"


def test_a_double_click(trial: ServerTrial) -> None:
    subject = trial.screened("01")
    slots = Allocation.objects.count()
    for _ in range(2):
        assert trial.attempt("randomize", COORDINATOR, subject=subject, request_id="double-click-1") is None
    assert Allocation.objects.count() == slots + 1
    assert refused(trial, "randomize", COORDINATOR, subject=subject) == "already_randomized"


def test_a_retry_after_a_lost_answer(trial: ServerTrial) -> None:
    """The answer got lost, others wrote meanwhile; the retry hears what came of the first attempt."""
    subject = trial.screened("01")
    body = {"request_id": "lost-answer-1", "role": "site_coordinator", "site": "01", "subject": subject, "payload": {}}
    first = trial.post("commands/randomize", COORDINATOR, body).json()
    trial.randomized("02")
    second = trial.post("commands/randomize", COORDINATOR, body).json()
    assert second == {**first, "repeated": True}


def test_a_closed_site(trial: ServerTrial) -> None:
    subject = trial.screened("01")
    trial.do("close_site", "admin", {"site": "01", "to": "accrual", "date": trial.today})
    assert refused(trial, "randomize", COORDINATOR, subject=subject) == "site_closed"
    assert refused(trial, "screen", COORDINATOR, {"date": trial.today}) == "site_closed"


def test_expired_training(trial: ServerTrial) -> None:
    trial.do("grant_role", "admin", {"person": "new@01", "role": "investigator", "site": "01"})
    trial.train("new@01", expires=trial.day(10))
    subject = trial.screened("01")
    trial.wait(11)
    assert refused(trial, "randomize", "new@01", subject=subject, role="investigator") == "training_expired"


def test_an_outdated_consent_version_and_when_consent_is_due_again(trial: ServerTrial) -> None:
    subject = trial.screened("01")
    form = {"site": "01", "form": "study", "version": "2.0", "effective": trial.day(5), "reconsent": True}
    trial.do("approve_consent_form", "admin", form)
    trial.wait(5)
    assert refused(trial, "randomize", COORDINATOR, subject=subject) == "consent_outdated"
    where = f"subjects/{subject}?role=site_coordinator&site=01"
    assert trial.get(where, COORDINATOR).json()["reconsent_due"] == {"study": "2.0"}
    trial.consent(subject, "2.0")
    assert trial.get(where, COORDINATOR).json()["reconsent_due"] == {}


def test_an_unknown_stratum(trial: ServerTrial) -> None:
    subject = trial.screened("01", primary_site=None)
    assert refused(trial, "randomize", COORDINATOR, subject=subject) == "stratum_unknown"


def test_the_same_person_at_two_sites(trial: ServerTrial) -> None:
    trial.screen("01", person_key=KEY)
    before = chain_end(ACCESS)
    again = {"date": trial.today, "person_key": KEY}
    assert refused(trial, "screen", "coordinator@02", again) == "person_known"
    found = trial.attempt("screen", "coordinator@02", again)
    assert found is not None
    assert "01" not in f"{found.reason} {found.remedy} {found.problems}", "the other site is not named"
    assert chain_end(ACCESS).seq > before.seq


def test_rescreening_under_a_linked_new_number(trial: ServerTrial) -> None:
    first = trial.screen("01", person_key=KEY)
    again = {"date": trial.today, "person_key": KEY, "rescreen_of": first}
    assert refused(trial, "screen", COORDINATOR, again) == "earlier_not_failed"
    failed = {"date": trial.today, "criteria": ["adult"]}
    trial.do("fail_screening", COORDINATOR, failed, subject=first)
    second = trial.screen("01", person_key=KEY, rescreen_of=first)
    assert last(trial, second, "screened")["rescreen_of"] == first


def test_a_patient_randomized_in_error(trial: ServerTrial) -> None:
    before = last(trial, "01-002", "randomized")
    trial.do("flag_randomized_in_error", INVESTIGATOR, {"why": "tumor is pancreatic"}, subject="01-002")
    assert last(trial, "01-002", "randomized") == before, "the slot stays used"
    assert refused(trial, "randomize", COORDINATOR, subject="01-002") == "already_randomized"


def test_a_wrong_stratum(trial: ServerTrial) -> None:
    before = last(trial, "01-002", "randomized")
    given = {"factor": "small_bowel", "level": "false"}
    trial.do("correct_stratum", "data_manager", given, subject="01-002")
    assert last(trial, "01-002", "randomized") == before
    assert last(trial, "01-002", "stratum_corrected")["corrected"] == "false"


def test_a_transfer_to_another_site(trial: ServerTrial) -> None:
    """The old site no longer writes nor reads; the new one sees the whole history."""
    contact = {"date": trial.today, "how": "visit", "status": "alive"}
    trial.do("record_contact", COORDINATOR, contact, subject="01-002")
    trial.do("transfer", "data_manager", {"to_site": "02", "date": trial.today}, subject="01-002")
    assert refused(trial, "record_contact", COORDINATOR, contact, subject="01-002") == "other_site"
    trial.do("record_contact", "coordinator@02", contact, subject="01-002")
    theirs = trial.get("subjects/01-002/records?role=site_coordinator&site=01", COORDINATOR)
    assert theirs.status_code == 403
    ours = trial.get("subjects/01-002/records?role=site_coordinator&site=02", "coordinator@02").json()
    assert sum(row["kind"] == "contact_recorded" for row in ours) == 2
    assert any(row["kind"] == "randomized" for row in ours)


@pytest.mark.parametrize(
    ("level", "codes"),
    [
        ("drug", ("treatment_ended", None, None)),
        ("visits", ("treatment_ended", "withdrawn", None)),
        ("survival", ("treatment_ended", "withdrawn", "withdrawn")),
        ("data", ("not_now", "not_now", "not_now")),
    ],
)
def test_withdrawal_at_four_levels(trial: ServerTrial, level: str, codes: tuple[str | None, ...]) -> None:
    records = len(trial.get("subjects/01-002/records?role=monitor", "monitor").json())
    trial.do("withdraw", COORDINATOR, {"level": level, "date": trial.today, "by": "patient"}, subject="01-002")
    trial.wait(5)
    day = trial.today
    wishes = (
        ("record_dose", {"start": day, "amount": "800", "unit": "mg"}),
        ("record_visit", {"visit": "cycle", "number": 1, "status": "done", "date": day}),
        ("record_contact", {"date": day, "how": "registry", "status": "alive"}),
    )
    assert tuple(trial.code(kind, COORDINATOR, payload, subject="01-002") for kind, payload in wishes) == codes
    kept = trial.get("subjects/01-002/records?role=monitor", "monitor").json()
    assert len(kept) > records, "what was recorded before stays"


def test_lost_then_found(trial: ServerTrial) -> None:
    trial.wait(30)
    trial.do("report_lost", COORDINATOR, {"date": trial.today}, subject="01-002")
    contact = {"date": trial.day(1), "how": "telephone", "status": "alive"}
    trial.wait(1)
    assert refused(trial, "record_contact", COORDINATOR, contact, subject="01-002") == "is_lost"
    trial.do("report_found", COORDINATOR, {"date": trial.today}, subject="01-002")
    trial.do("record_contact", COORDINATOR, contact, subject="01-002")


def test_a_death_entered_then_retracted(trial: ServerTrial) -> None:
    death = {"date": trial.today, "cause": "disease"}
    trial.do("record_death", COORDINATOR, death, subject="01-002")
    trial.wait(1)
    contact = {"date": trial.today, "how": "telephone", "status": "alive"}
    assert refused(trial, "record_contact", COORDINATOR, contact, subject="01-002") == "after_death"
    assert refused(trial, "retract_death", COORDINATOR, subject="01-002") == "not_allowed"
    trial.do("retract_death", INVESTIGATOR, subject="01-002")
    trial.do("record_contact", COORDINATOR, contact, subject="01-002")
    audit = trial.get("subjects/01-002/audit?role=monitor", "monitor").json()
    assert [row["kind"] for row in audit][-3:] == ["death_recorded", "retracted", "contact_recorded"]


@pytest.mark.parametrize("key", ["missing", "wrong", "readable by others"])
def test_a_key_that_is_missing_wrong_or_readable_by_others(trial: ServerTrial, tmp_path: Any, key: str) -> None:
    subject = trial.screened("01")
    before, file = trial.events(), trial.place.key_file
    assert file is not None
    if key == "readable by others":
        file.chmod(0o644)
    path = {"missing": None, "wrong": tmp_path / "other.key", "readable by others": file}[key]
    if key == "wrong":
        make_key(tmp_path / "other.key")
    # another copy of the data folder's place, so that the key is looked at again
    data = trial.place.data.rename(trial.place.data.with_name("data-" + key[:5]))
    use(Place(data=data, heads=trial.place.head_file, key_file=path))
    if key == "wrong":
        assert trial.code("randomize", COORDINATOR, subject=subject) == "vault_closed"
    else:
        with pytest.raises(UnavailableError, match=r"EQUIPOISE_KEY_FILE|others|readable"):
            trial.attempt("randomize", COORDINATOR, subject=subject)
    assert trial.events() == before


def test_a_visit_out_of_order(trial: ServerTrial) -> None:
    trial.wait(60)
    second = {"visit": "cycle", "number": 2, "status": "done", "date": trial.day(-10)}
    assert refused(trial, "record_visit", COORDINATOR, second, subject="01-002") == "visit_out_of_order"
    first = {"visit": "cycle", "number": 1, "status": "done", "date": trial.day(-20)}
    trial.do("record_visit", COORDINATOR, first, subject="01-002")
    early = second | {"date": trial.day(-30)}
    assert refused(trial, "record_visit", COORDINATOR, early, subject="01-002") == "visit_out_of_order"
    trial.do("record_visit", COORDINATOR, second, subject="01-002")


def test_unblinding_without_central_confirmation(trial: ServerTrial) -> None:
    assert refused(trial, "unblind", INVESTIGATOR, subject="01-002") == "gate_closed"
    unconfirmed = trial.progressed("01", confirmed=False)
    assert refused(trial, "unblind", INVESTIGATOR, subject=unconfirmed) == "gate_closed"
    assert refused(trial, "start_open_label", INVESTIGATOR, {"date": trial.today}, subject="01-002") == "not_open"
    answer = trial.post(f"subjects/{unconfirmed}/arm", INVESTIGATOR, {"role": "investigator", "site": "01"})
    assert answer.json()["code"] == "not_unblinded"


def test_replayed_and_forged_tokens(trial: ServerTrial) -> None:
    token = trial.account(COORDINATOR)
    headers = {"authorization": f"Bearer {token}"}
    with replaced(trial.sources()):
        assert trial.client.delete("/api/token", headers=headers).status_code == 204
        for used in (token, token[:-1] + ("A" if token[-1] != "A" else "B"), "eq_" + "A" * 43):
            answer = trial.client.get("/api/me", headers={"authorization": f"Bearer {used}"})
            assert (answer.status_code, answer.json()["code"]) == (401, "not_logged_in")


def test_a_session_from_another_site(trial: ServerTrial) -> None:
    body = {"request_id": "other-site-1", "role": "site_coordinator", "subject": "01-002",
            "payload": {"date": trial.today, "how": "visit", "status": "alive"}}  # fmt: skip
    before = chain_end(TRIAL)
    for site, code in (("02", "other_site"), ("01", "role_not_held")):
        answer = trial.post("commands/record_contact", "coordinator@02", body | {"site": site})
        assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert chain_end(TRIAL) == before


def test_an_amendment_of_the_ratio_begins_a_stage_and_old_slots_stay_replayable(trial: ServerTrial) -> None:
    import hashlib

    text = trial.text.replace("ratio: {pazopanib: 1, placebo: 1}", "ratio: {pazopanib: 2, placebo: 1}")
    text = text.replace("sizes: [4, 6]", "sizes: [3, 6]")
    payload = {"version": "v2", "text": text, "sha256": hashlib.sha256(text.encode()).hexdigest(),
               "approved": trial.today, "summary": "More patients on pazopanib."}  # fmt: skip
    trial.do("amend_protocol", "admin", payload)
    trial.do("activate_version", "admin", {"site": "01", "version": "v2", "effective": trial.day(1)})
    trial.wait(1)
    subject = trial.screened("01")
    assert refused(trial, "randomize", COORDINATOR, subject=subject) == "allocation_not_prepared"
    commitment = {"stage": 2, "commitment": trial.vault.commitment}
    trial.do("commit_allocation", "unblinded_statistician", commitment)
    trial.do("randomize", COORDINATOR, subject=subject)
    found = last(trial, subject, "randomized")
    assert (found["stage"], found["slot"]) == (2, 1)
    trial.heads()
    report = verify_trial()
    assert report.intact, report.first


def test_a_crossover_that_an_amendment_brings_is_open_to_those_allocated_before(
    trial: ServerTrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no part of how patients are allocated; one that is taken out again leaves those who crossed over on it."""
    from dataclasses import replace

    from equipoise.server import trial as served

    plain, study = served.stages(trial.state.study), trial.state.study
    before = replace(plain[1], crosses_from=None, crosses_to=None)
    for designs in ((before, plain[1]), (plain[1], before), (before, plain[1], before)):
        books = {str(number): design for number, design in enumerate(designs)}
        monkeypatch.setattr(served, "rulebooks", lambda _study, found=books: found)
        monkeypatch.setattr(served, "_design", lambda design: design)
        versions = replace(study, versions=tuple(books), stages=dict.fromkeys(books, 1))
        (found,) = served.stages(versions).values()
        assert (found.crosses_from, found.crosses_to) == ("placebo", "pazopanib")
        assert found.digest == before.digest


def test_kits_are_sent_to_a_site_of_the_trial_before_they_expire(trial: ServerTrial) -> None:
    statistician = "unblinded_statistician"
    trial.account(statistician)
    lot = {"role": statistician, "lot": "L-1", "sets": 1}
    old = trial.post("depot/deliveries", statistician, lot | {"expires": "2001-01-01", "proof": trial.proof()})
    assert old.json()["code"] == "vault_kit_not_valid"
    made = trial.post("depot/deliveries", statistician, lot | {"expires": "2030-01-01", "proof": trial.proof()})
    assert made.status_code == 200
    nowhere = trial.post("depot/shipments", statistician, lot | {"to": "99", "proof": trial.proof()})
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "site_unknown")
    assert trial.post("depot/shipments", statistician, lot | {"to": "01", "proof": trial.proof()}).status_code == 200


def test_an_emergency_break_needs_no_mail_and_alerts_without_the_arm(
    trial: ServerTrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core.mail.backends import dummy

    def down(*_: Any) -> int:
        raise OSError("mail is down")

    monkeypatch.setattr(dummy.EmailBackend, "send_messages", down)
    body = {"request_id": "code-break-1", "role": "investigator", "site": "01", "subject": "01-002", "payload": {},
            "reason": "bleeding", "proof": trial.proof()}  # fmt: skip
    trial.account(INVESTIGATOR)
    answer = trial.post("commands/break_code", INVESTIGATOR, body | {"proof": trial.proof()})
    assert answer.status_code == 200, answer.content
    arm = trial.post("subjects/01-002/arm", INVESTIGATOR, {"role": "investigator", "site": "01"}).json()["arm"]
    assert arm == trial.arm("01-002")
    seen = trial.get("code-breaks?role=monitor", "monitor")
    assert any(row["subject"] == "01-002" for row in seen.json())
    assert arm not in json.dumps(seen.json())


def test_unblinding_for_a_safety_report_is_for_the_safety_office(trial: ServerTrial) -> None:
    event = {
        "term": "Hepatitis", "grade": 4, "onset": trial.today, "outcome": "not recovered", "related": "definite",
        "action": "withdrawn", "serious": True, "criteria": ["life-threatening"], "expected": True,
    }  # fmt: skip
    name = trial.do("record_adverse_event", COORDINATOR, event, subject="01-002")
    wish = {"event": name}
    for who in (INVESTIGATOR, "data_manager", "dmc", "unblinded_statistician"):
        assert refused(trial, "unblind_for_safety", who, wish, subject="01-002") == "not_allowed"
    assert refused(trial, "unblind_for_safety", "safety", wish, subject="01-002") == "no_susar"
    changed = {"record": name, "field": "expected", "new": False}
    trial.do("correct", COORDINATOR, changed, subject="01-002")
    trial.do("unblind_for_safety", "safety", wish, subject="01-002")
    site = trial.post("subjects/01-002/arm", INVESTIGATOR, {"role": "investigator", "site": "01"})
    assert site.json()["code"] == "not_unblinded", "the site stays blinded"
    trial.account("safety")
    office = trial.post("subjects/01-002/arm", "safety", {"role": "safety_office", "proof": trial.proof()})
    assert office.json()["arm"] == trial.arm("01-002")


def test_the_state_at_any_data_cut_is_rebuilt_from_the_record(trial: ServerTrial) -> None:
    from equipoise.ledger import LedgerCut, current

    trial.do("cut_data", "data_manager", {"name": "early", "cutoff": trial.today})
    snapshot = chain_end(TRIAL).seq
    before = [(r.kind, r.key, dict(r.values)) for r in current(trial.events(), LedgerCut(snapshot=snapshot))]
    first = trial.get("sdtm?role=data_manager&cut=early&format=csv", "data_manager").content
    trial.wait(3)
    contact = {"date": trial.today, "how": "visit", "status": "alive"}
    trial.do("record_contact", COORDINATOR, contact, subject="01-002")
    trial.randomized("02")
    after = [(r.kind, r.key, dict(r.values)) for r in current(trial.events(), LedgerCut(snapshot=snapshot))]
    assert after == before
    assert trial.get("sdtm?role=data_manager&cut=early&format=csv", "data_manager").content == first
