"""Corrections, signatures, queries, locks; protocol versions, sites, people; what the tables say of each other."""

import datetime as dt
import hashlib

import pytest
from tests.conduct.made_up import Trial, protocol_of, protocol_text

from equipoise.conduct import COMMANDS, Rulebook
from equipoise.conduct.nouns.queries import signature_holds, visible
from equipoise.conduct.nouns.records import CORRECTABLE, find_record, record_hash
from equipoise.ledger import current, kinds

STAFF = "coordinator@01"


def test_a_correction_keeps_the_old_value_and_the_reason(trial: Trial) -> None:
    subject = trial.randomized()
    name = trial.do("record_contact", STAFF, {"date": trial.today, "how": "visit", "status": "alive"}, subject=subject)
    change = {"record": name, "field": "how", "old": "letter", "new": "telephone"}
    assert trial.code("correct", STAFF, change, subject=subject) == "changed_meanwhile"
    change["old"] = "visit"
    assert trial.code("correct", STAFF, change, subject=subject, reason="") == "reason_missing"
    trial.do("correct", STAFF, change, subject=subject, reason="heard by telephone")
    event = trial.chain.events[-1]
    assert event.payload["changes"] == {"how": {"old": "visit", "new": "telephone"}}
    assert event.reason == "heard by telephone"
    record = next(r for r in current(trial.chain.events) if r.kind == "contact_recorded")
    assert (record.values["how"], record.changes[0].old) == ("telephone", "visit")


@pytest.mark.parametrize(
    ("field", "new", "code"),
    [
        ("how", "telepathy", "bad_value"),
        ("date", "2031-01-01", "bad_value"),
        ("record", "FU-9", "bad_value"),
        ("how", "visit", "nothing_changed"),
        ("date", None, "bad_value"),
    ],
)
def test_a_correction_is_checked_like_an_entry(trial: Trial, field: str, new: object, code: str) -> None:
    subject = trial.randomized()
    name = trial.do("record_contact", STAFF, {"date": trial.today, "how": "visit", "status": "alive"}, subject=subject)
    assert trial.code("correct", STAFF, {"record": name, "field": field, "new": new}, subject=subject) == code


def test_corrections_obey_the_rules_of_entry(trial: Trial) -> None:
    subject = trial.randomized()
    trial.wait(10)
    trial.do("record_contact", STAFF, {"date": trial.day(-1), "how": "visit", "status": "alive"}, subject=subject)
    trial.do("record_death", STAFF, {"date": trial.today, "cause": "disease"}, subject=subject)
    trial.do("record_therapy", STAFF, {"therapy": "systemic", "name": "x", "start": "2024"}, subject=subject)
    for record, field, new, code in (
        ("DEATH-1", "date", "2031-01-01", "date_in_future"),
        ("DEATH-1", "date", "2024-01-09", "dates_out_of_order"),
        ("TX-1", "therapy", "herbal", "bad_value"),
        ("TX-1", "end", "2023", "dates_out_of_order"),
        ("CONSENT-1", "version", "7.0", "bad_value"),
        ("CONSENT-1", "form", "crossover", "bad_value"),
    ):
        change = {"record": record, "field": field, "new": new}
        assert trial.code("correct", STAFF, change, subject=subject) == code, (record, field, new)


def test_a_response_corrected_to_progression_counts(trial: Trial) -> None:
    subject = trial.screened()
    trial.measure(subject, 0, 3000)
    trial.do("randomize", STAFF, subject=subject)
    trial.wait(84)
    trial.measure(subject, 1, 4000)
    trial.do("assess_response", "investigator@01", {"assessment": 1, "overall": "SD"}, subject=subject)
    assert not trial.state.subjects[subject].local_progression
    trial.do("correct", STAFF, {"record": "RESP-1", "field": "overall", "new": "PD"}, subject=subject)
    assert trial.state.subjects[subject].local_progression


def test_a_baseline_field_is_corrected_and_the_allocation_stays(trial: Trial) -> None:
    subject = trial.randomized()
    change = {"record": "BASE-1", "field": "values.primary_site", "old": "small_bowel", "new": "hindgut"}
    trial.do("correct", STAFF, change, subject=subject)
    state = trial.state.subjects[subject]
    assert state.baseline["primary_site"] == "hindgut"
    assert state.last("randomized")["factors"]["small_bowel"] == "true"


def test_a_dose_taken_back_no_longer_counts(trial: Trial) -> None:
    subject = trial.randomized()
    dose = {"start": trial.today, "amount": "800", "unit": "mg"}
    name = trial.do("record_dose", STAFF, dose, subject=subject)
    trial.do("retract", STAFF, {"record": name}, subject=subject)
    assert trial.state.subjects[subject].doses is None
    assert (
        trial.code("correct", STAFF, {"record": name, "field": "amount", "new": "600"}, subject=subject)
        == "record_unknown"
    )


@pytest.mark.parametrize(("name", "code"), [("RAND-1", "not_correctable"), ("REVIEW-1", "record_unknown")])
def test_what_happened_is_not_corrected(trial: Trial, name: str, code: str) -> None:
    subject = trial.randomized()
    change = {"record": name, "field": "stratum", "new": "x"}
    assert trial.code("correct", STAFF, change, subject=subject) == code
    assert trial.code("retract", STAFF, {"record": name}, subject=subject) == code


def test_a_signature_is_bound_to_what_was_shown(trial: Trial) -> None:
    subject = trial.randomized()
    name = trial.do("record_contact", STAFF, {"date": trial.today, "how": "visit", "status": "alive"}, subject=subject)
    shown = record_hash(find_record(trial.state.subjects[subject], name))
    sign = {"of": name, "meaning": "approval", "hash": shown}
    assert trial.code("sign", "investigator@01", sign | {"hash": "0" * 64}, subject=subject) == "changed_meanwhile"
    assert trial.code("sign", "investigator@01", sign, subject=subject, second_factor=False) == "second_factor"
    trial.do("sign", "investigator@01", sign, subject=subject)
    signature = trial.state.subjects[subject].last("signed")
    assert signature_holds(trial.state.subjects[subject], signature)
    trial.do("correct", STAFF, {"record": name, "field": "how", "new": "letter"}, subject=subject)
    assert not signature_holds(trial.state.subjects[subject], signature)


def test_queries_keep_the_lock_open(trial: Trial) -> None:
    subject = trial.randomized()
    query = trial.do("open_query", "monitor", {"of": "BASE-1", "text": "Source?"}, subject=subject)
    assert trial.code("lock_subject", "data_manager", subject=subject) == "queries_open"
    trial.do("answer_query", STAFF, {"query": query, "text": "Letter of 2 November."}, subject=subject)
    trial.do("close_query", "monitor", {"query": query}, subject=subject)
    trial.do("lock_subject", "data_manager", subject=subject)
    contact = {"date": trial.today, "how": "visit", "status": "alive"}
    assert trial.code("record_contact", STAFF, contact, subject=subject) == "not_now"
    trial.do("unlock_subject", "data_manager", subject=subject)
    assert trial.code("record_contact", STAFF, contact, subject=subject) is None


def test_the_database_lock_closes_all(trial: Trial) -> None:
    subject = trial.randomized()
    trial.do("lock_database", "data_manager", {"meaning": "clean"})
    contact = {"date": trial.today, "how": "visit", "status": "alive"}
    assert trial.code("record_contact", STAFF, contact, subject=subject) == "not_now"
    assert trial.code("screen", STAFF, {"date": trial.today}) == "not_now"
    assert trial.code("break_code", "investigator@01", subject=subject) is None
    trial.do("unlock_database", "data_manager")
    assert trial.code("record_contact", STAFF, contact, subject=subject) is None


def test_blinded_people_elsewhere_see_nothing_after_unblinding(trial: Trial) -> None:
    subject = trial.progressed()
    trial.do("unblind", "investigator@01", subject=subject)
    trial.now = trial.now.replace(hour=10)
    later = trial.do("record_contact", STAFF, {"date": trial.today, "how": "visit", "status": "alive"}, subject=subject)
    state = trial.state.subjects[subject]
    record = find_record(state, later)
    assert visible(state, record, at_site=True)
    assert not visible(state, record, at_site=False)
    query = {"text": "?", "of": later}
    made_up = {"text": "?", "of": "FU-77"}
    told = [str(trial.attempt("open_query", "data_manager", q, subject=subject)) for q in (query, made_up)]
    assert told[0].replace(later, "X") == told[1].replace("FU-77", "X")


def test_the_first_event_adopts_the_protocol_with_its_hash() -> None:
    trial = Trial()
    good = {"version": "v1", "text": trial.text, "sha256": hashlib.sha256(trial.text.encode()).hexdigest()}
    assert trial.code("open_site", "admin", {"site": "01", "name": "x", "time_zone": "UTC"}) == "role_not_held"
    assert trial.code("adopt_protocol", "admin", good | {"sha256": "0" * 64}) == "hash_differs"
    broken = trial.text.replace("role: control", "role: controll")
    wrong = {"version": "v1", "text": broken, "sha256": hashlib.sha256(broken.encode()).hexdigest()}
    refusal = trial.attempt("adopt_protocol", "admin", wrong)
    assert refusal is not None
    assert refusal.problems[0][0] == "arms.placebo.role"
    trial.do("adopt_protocol", "admin", good)
    assert trial.chain.events[0].kind == "protocol_adopted"
    assert trial.code("adopt_protocol", "admin", good) == "not_now"


def amended(trial: Trial, version: str, text: str) -> dict[str, object]:
    trial.rulebooks[version] = Rulebook(protocol_of(text), version)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"version": version, "text": text, "sha256": digest, "approved": trial.today, "summary": "a change"}


def test_an_amendment_holds_from_the_day_a_site_follows_it(trial: Trial) -> None:
    text = protocol_text().replace("include: age >= 18 years", "include: age >= 65 years")
    trial.do("amend_protocol", "admin", amended(trial, "v2", text))
    assert trial.chain.events[-1].payload["changes_allocation"] is False
    follow = {"site": "01", "version": "v2", "effective": trial.day(7)}
    assert trial.code("activate_version", "admin", follow | {"effective": trial.day(-1)}) == "dates_out_of_order"
    trial.do("activate_version", "admin", follow)
    assert trial.chain.events[-1].site == "01"
    trial.randomized("01")
    assert trial.chain.events[-1].version == "v1"
    trial.wait(7)
    subject = trial.screened("01")
    assert trial.code("randomize", STAFF, subject=subject) == "not_eligible"
    trial.randomized("02")
    assert trial.chain.events[-1].version == "v1"
    trial.randomized("01", age=66)
    assert trial.chain.events[-1].version == "v2"


def test_what_is_said_of_a_site_is_dated_in_its_own_zone(trial: Trial) -> None:
    """East of the date line it is tomorrow already, west of it still yesterday."""
    for site, zone in (("03", "Pacific/Kiritimati"), ("04", "Pacific/Pago_Pago")):
        trial.do("open_site", "admin", {"site": site, "name": site, "time_zone": zone})
    trial.now = dt.datetime(2024, 1, 20, 11, 30, tzinfo=dt.UTC)  # the 21st at 03
    trial.do("amend_protocol", "admin", amended(trial, "v2", protocol_text()))
    step = {"site": "03", "version": "v2"}
    assert trial.code("activate_version", "admin", {**step, "effective": "2024-01-20"}) == "date_in_past"
    assert trial.code("close_site", "admin", {"site": "03", "to": "accrual", "date": "2024-01-22"}) == "date_in_future"
    assert trial.code("close_site", "admin", {"site": "03", "to": "accrual", "date": "2024-01-21"}) is None
    trial.now = dt.datetime(2024, 1, 21, 3, 30, tzinfo=dt.UTC)  # the 20th at 04
    assert trial.code("close_site", "admin", {"site": "04", "to": "accrual", "date": "2024-01-21"}) == "date_in_future"
    assert trial.code("activate_version", "admin", {"site": "04", "version": "v2", "effective": "2024-01-20"}) is None


@pytest.mark.parametrize("zone", ["localtime", "Factory", "../Berlin", "Mars/Olympus", ""])
def test_a_zone_is_the_same_on_every_machine(trial: Trial, zone: str) -> None:
    site = {"site": "03", "name": "03", "time_zone": zone}
    assert trial.code("open_site", "admin", site) in ("time_zone_unknown", "missing_field", "bad_value")


def test_an_amendment_of_the_ratio_begins_a_new_stage(trial: Trial) -> None:
    trial.randomized("01")
    text = protocol_text().replace("ratio: {pazopanib: 1, placebo: 1}", "ratio: {pazopanib: 2, placebo: 1}")
    text = text.replace("sizes: [4, 6]", "sizes: [3, 6]")
    trial.do("amend_protocol", "admin", amended(trial, "v2", text))
    assert trial.chain.events[-1].payload["stage"] == 2
    trial.wait(1)
    trial.do("activate_version", "admin", {"site": "01", "version": "v2", "effective": trial.today})
    subject = trial.screened("01")
    assert trial.code("randomize", STAFF, subject=subject) == "allocation_not_prepared"
    trial.vault.open_stage(trial.rulebooks["v2"].protocol)
    wrong = {"stage": 2, "commitment": "c" * 64}
    assert trial.code("commit_allocation", "unblinded_statistician", wrong) == "commitment_differs"
    trial.do("commit_allocation", "unblinded_statistician", {"stage": 2, "commitment": trial.vault.commitment})
    trial.do("randomize", STAFF, subject=subject)
    values = trial.state.subjects[subject].last("randomized")
    assert (values["stage"], values["slot"]) == (2, 1)
    other = trial.screened("02")
    assert trial.code("randomize", "coordinator@02", subject=other) == "stage_closed"
    assert trial.vault.replay().ok


def test_what_commands_ask_for_fits_what_events_hold() -> None:
    for kind, fields in CORRECTABLE.items():
        declared = kinds()[kind].fields
        missing = [f.name for f in fields if f.name not in declared]
        assert missing in ([], ["record"]), (kind, missing)
    assert all(spec.doc.endswith(".") for spec in COMMANDS.values())
