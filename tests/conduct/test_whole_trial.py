"""Two sites, ten patients, all roles, from set-up to crossover and a data cut; then SDTM, analysis data and report."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.conduct.made_up import Trial

from equipoise.analyze import analyze
from equipoise.conduct import Role, State, apply_all
from equipoise.conduct.nouns.queries import open_queries
from equipoise.conduct.nouns.records import find_record, record_hash
from equipoise.derive import derive
from equipoise.derive.sdtm import sdtm_from_ledger
from equipoise.ledger import LedgerCut, verify_chain
from equipoise.ledger.chain import store
from equipoise.protocol import DataCut
from equipoise.report import write_report

ARMS = {"pazopanib", "placebo"}


def live_through(trial: Trial) -> None:
    """Ten patients side by side: some respond, some progress, one dies, one withdraws, one fails screening."""
    sites = ["01", "02"] * 5
    failed = trial.screened("01", age=17)
    trial.do("fail_screening", "coordinator@01", {"date": trial.today, "criteria": ["adult"]}, subject=failed)
    subjects = []
    for i, site in enumerate(sites):
        subject = trial.screened(site, age=50 + i, primary_site="hindgut" if i % 3 else "small_bowel")
        trial.measure(subject, 0, 3000, 2500)
        trial.scan(subject, 0)
        lasa = {"instrument": "LASA", "target": 0, "date": trial.today, "answers": {}}
        trial.do("submit_diary", "patient", lasa, subject=subject)
        trial.do("randomize", f"coordinator@{site}", subject=subject)
        trial.do("assign_kit", f"pharmacist@{site}", {"date": trial.today}, subject=subject)
        kit = trial.state.subjects[subject].last("kit_assigned")["kit"]
        trial.do("dispense", f"pharmacist@{site}", {"kit": kit, "date": trial.today}, subject=subject)
        dose = {"start": trial.today, "amount": "800", "unit": "mg"}
        trial.do("record_dose", f"coordinator@{site}", dose, subject=subject)
        trial.do("record_visit", f"coordinator@{site}", visit(1, trial.today), subject=subject)
        subjects.append(subject)
    trial.wait(28)
    for subject in subjects:
        month(trial, subject)
    trial.wait(56)
    for i, subject in enumerate(subjects):
        assessment(trial, subject, 1, (2000, 1500) if i % 2 else (4000, 3500))
    trial.wait(3)
    for i, subject in enumerate(subjects):
        central(trial, subject, 1, "PR" if i % 2 else "PD", agree=i != 2)
    for i, subject in enumerate(subjects):
        if i % 2 == 0:
            after_progression(trial, subject)
    others(trial, subjects)


def visit(number: int, day: str) -> dict[str, Any]:
    return {"visit": "cycle", "number": number, "status": "done", "date": day}


def month(trial: Trial, subject: str) -> None:
    staff, day = trial.staff(subject), trial.today
    trial.do("record_visit", staff, visit(2, day), subject=subject)
    labs = [{"test": "NEUT", "value": "2.9", "unit": "10^9/L", "low": "1.5", "high": "7.5"}]
    trial.do("record_labs", staff, {"date": day, "laboratory": "Local", "results": labs}, subject=subject)
    vitals = [{"test": "SYSBP", "value": "151", "unit": "mmHg"}]
    trial.do("record_vitals", staff, {"date": day, "results": vitals}, subject=subject)
    event = {
        "term": "Hypertension", "grade": 3, "onset": day, "outcome": "recovered", "end": day, "related": "probable",
        "action": "none", "serious": False,
    }  # fmt: skip
    trial.do("record_adverse_event", staff, event, subject=subject)


def assessment(trial: Trial, subject: str, number: int, sizes: tuple[int, ...]) -> None:
    trial.measure(subject, number, *sizes)
    overall = trial.state.subjects[subject].last("tumors_measured")["computed"]
    payload = {"assessment": number, "overall": overall}
    trial.do("assess_response", trial.staff(subject, "investigator"), payload, subject=subject)
    trial.scan(subject, number)


def central(trial: Trial, subject: str, number: int, response: str, *, agree: bool) -> None:
    sizes = {"PD": (4000, 3500), "PR": (2000, 1500), "SD": (3000, 2600)}
    for reader in (1, 2):
        for n in range(number + 1):
            said = None if n == 0 else response if agree or reader == 1 else "SD"
            lesions = [
                {"lesion": f"R{reader}T{i}", "kind": "TARGET", "organ": "liver", "diameter": size}
                for i, size in enumerate((3000, 2500) if said is None else sizes[said])
            ]
            payload = {"assessment": n, "lesions": lesions, "response": said}
            trial.do("lock_read", f"reader{reader}", payload, subject=subject)
    if not agree:
        assert trial.code("unblind", trial.staff(subject, "investigator"), subject=subject) == "gate_closed"
        trial.do("adjudicate", "adjudicator", {"endorses": 1, "why": "growth of T0"}, subject=subject)


def after_progression(trial: Trial, subject: str) -> None:
    """The same steps for everybody; the vault decides who goes on."""
    investigator = trial.staff(subject, "investigator")
    trial.do("unblind", investigator, subject=subject)
    trial.do("end_blinded_treatment", investigator, {"date": trial.today}, subject=subject)
    trial.wait(1)
    refusal = trial.attempt("start_open_label", investigator, {"date": trial.today}, subject=subject)
    assert (refusal is None) is (trial.arm(subject) == "placebo")
    if refusal is None:
        dose = {"start": trial.today, "amount": "800", "unit": "mg"}
        trial.do("record_open_label_dose", trial.staff(subject), dose, subject=subject)
    contact = {"date": trial.today, "how": "visit", "status": "alive"}
    trial.do("record_contact", trial.staff(subject), contact, subject=subject)


def others(trial: Trial, subjects: list[str]) -> None:
    """Death, withdrawal, transfer, safety unblinding, code break, query, signature, lock, look, cut."""
    dead, gone, moved, ill, broken = subjects[1], subjects[3], subjects[5], subjects[7], subjects[9]
    trial.wait(20)
    day = trial.today
    trial.do("record_death", trial.staff(dead), {"date": day, "cause": "disease"}, subject=dead)
    trial.do("withdraw", trial.staff(gone), {"level": "data", "date": day, "by": "patient"}, subject=gone)
    trial.do("transfer", "data_manager", {"to_site": "01", "date": day}, subject=moved)
    event = {
        "term": "Hepatitis", "grade": 4, "onset": day, "outcome": "not recovered", "related": "definite",
        "action": "withdrawn", "serious": True, "criteria": ["life-threatening"], "expected": False,
    }  # fmt: skip
    name = trial.do("record_adverse_event", trial.staff(ill), event, subject=ill)
    report = {"event": name, "aware": f"{day}T08:00:00Z", "narrative": "Jaundice.", "causality": "Definite."}
    trial.do("report_serious_event", trial.staff(ill), report, subject=ill)
    trial.do("unblind_for_safety", "safety", {"event": name}, subject=ill)
    stop = {"date": day, "why": "adverse event"}
    trial.do("stop_treatment", trial.staff(ill), stop, subject=ill)
    trial.do("break_code", trial.staff(broken, "investigator"), subject=broken, reason="hypertensive crisis")
    therapy = {"therapy": "systemic", "name": "Everolimus", "start": day}
    trial.do("record_therapy", trial.staff(ill), therapy, subject=ill)
    deviation = {"date": day, "category": "visit window", "description": "Two days late.", "major": False}
    trial.do("record_deviation", "monitor", deviation, subject=ill)
    query = trial.do("open_query", "data_manager", {"of": name, "text": "Onset?"}, subject=ill)
    trial.do("answer_query", trial.staff(ill), {"query": query, "text": "As recorded."}, subject=ill)
    trial.do("close_query", "data_manager", {"query": query}, subject=ill)
    shown = record_hash(find_record(trial.state.subjects[ill], name))
    sign = {"of": name, "meaning": "approval", "hash": shown}
    trial.do("sign", trial.staff(ill, "investigator"), sign, subject=ill)
    trial.do("record_look", "dmc", {"look": 1, "date": day, "recommendation": "continue"})
    trial.do("cut_data", "blinded_statistician", {"name": "interim", "cutoff": day})


@pytest.fixture(scope="module")
def lived() -> Trial:
    trial = Trial(seed=3).set_up("01", "02")
    live_through(trial)
    return trial


def arms_of(trial: Trial) -> dict[str, str]:
    return {row.subject: trial.arm(row.subject) for row in trial.vault.rows}


def test_everything_is_recorded_and_can_be_rebuilt(lived: Trial) -> None:
    events = lived.chain.events
    assert apply_all(State(), events) == lived.state
    assert len(list(verify_chain("trial", [store(e) for e in events]))) == len(events)
    assert lived.vault.replay().ok
    assert {event.role for event in events} == {str(role) for role in Role if role is not Role.AUDITOR}
    assert set(arms_of(lived).values()) == ARMS
    assert not any(open_queries(subject) for subject in lived.state.subjects.values())


def test_no_arm_stands_in_the_record(lived: Trial) -> None:
    for event in lived.chain.events:
        if event.kind not in ("protocol_adopted",):
            text = f"{event.payload} {event.reason}".lower()
            assert not any(arm in text for arm in ARMS), event


def test_the_state_at_any_cut_is_that_of_the_events_before_it(lived: Trial) -> None:
    events = lived.chain.events
    for seq in range(0, len(events), 37):
        known = apply_all(State(), events[:seq])
        slots = sum(event.kind == "randomized" for event in events[:seq])
        assert sum(known.counters.slots.values()) == slots
        assert len(known.subjects) == sum(event.kind == "screened" for event in events[:seq])


def test_unblinded_sdtm_goes_through_to_the_report(lived: Trial, tmp_path: Path) -> None:
    protocol = lived.rulebooks["v1"].protocol
    sdtm = sdtm_from_ledger(protocol, lived.chain.events, arms=arms_of(lived))
    cut = DataCut(cutoff=lived.now.date())
    derived = derive(protocol, sdtm, cut=("interim", cut))
    adsl = derived.adam["ADSL"]
    randomized = adsl.filter(pl.col("RANDFL") == "Y")
    assert dict(zip(randomized["SUBJID"], randomized["ARMID"], strict=True)) == arms_of(lived)
    crossed = set(adsl.filter(pl.col("CROSSFL") == "Y")["SUBJID"])
    started = {e.subject for e in lived.chain.events if e.kind == "open_label_started"}
    assert crossed == started != set()
    pfs = derived.adam["ADTTE"].filter(pl.col("PARAMCD") == "PFS", pl.col("CNSR") == 0)
    progressed = {
        e.subject for e in lived.chain.events if e.kind == "central_result" and e.payload["answer"] == "confirmed"
    }
    dead = {e.subject for e in lived.chain.events if e.kind == "death_recorded"}
    assert {u.removeprefix("A021202-") for u in pfs["USUBJID"]} == progressed | dead
    called = derived.adam["ADREVIEW"].filter(pl.col("PARAMCD") == "ADJUD", pl.col("AVALC") == "Y")
    assert called["RECORDED"].to_list() == ["Y"], "one discordance, adjudicated"
    endorsed = derived.adam["ADREVIEW"].filter(pl.col("PARAMCD") == "ENDORSED")
    assert endorsed["AVALC"].to_list() == ["1"]
    results = analyze(
        protocol, derived.adam, derived.findings, cut_name="interim", cutoff=cut.cutoff, protocol_text=lived.text
    )
    page = write_report(results, tmp_path)
    assert page.stat().st_size > 100_000
    errors = {f.code for f in derived.findings if f.severity == "error"}
    assert errors <= {"home-without-rows", "items-absent"}, "only what nobody was asked may be missing"


def test_blinded_sdtm_tells_no_arm_and_nothing_after_unblinding(lived: Trial) -> None:
    protocol = lived.rulebooks["v1"].protocol
    sdtm = sdtm_from_ledger(protocol, lived.chain.events)
    text = " ".join(frame.write_csv() for frame in sdtm.datasets.values()).lower()
    assert not any(arm in text for arm in ARMS)
    kits = {e.payload["kit"] for e in lived.chain.events if e.kind == "kit_assigned"}
    assert not any(kit in text for kit in kits)
    assert set(sdtm.datasets["EX"]["EXTRT"]) == {"STUDY TREATMENT"}
    opened = {e.subject: e.seq for e in lived.chain.events if e.kind == "unblinded"}
    early = sdtm_from_ledger(protocol, [e for e in lived.chain.events if e.seq <= opened.get(e.subject, e.seq)])
    for name, frame in sdtm.datasets.items():
        of = pl.col("USUBJID").is_in([f"A021202-{subject}" for subject in opened])
        assert frame.filter(of).equals(early.datasets[name].filter(of)), name


def test_blinded_sdtm_is_the_same_whatever_the_arms() -> None:
    """One script, the same clock, another seed of the vault: the blinded data sets are equal."""
    found = []
    for seed in (3, 8):
        trial = Trial(seed=seed).set_up("01", "02")
        live_through(trial)
        found.append((arms_of(trial), sdtm_from_ledger(trial.rulebooks["v1"].protocol, trial.chain.events)))
    (arms, one), (other_arms, other) = found
    assert arms != other_arms
    assert set(one.datasets) == set(other.datasets)
    for name, frame in one.datasets.items():
        assert frame.equals(other.datasets[name]), name


def test_a_cut_sees_neither_later_facts_nor_later_records(lived: Trial) -> None:
    protocol, events = lived.rulebooks["v1"].protocol, lived.chain.events
    snapshot = next(e.seq for e in events if e.kind == "unblinded")
    early = sdtm_from_ledger(protocol, events, LedgerCut(snapshot=snapshot), arms=arms_of(lived))
    assert set(early.datasets["EX"]["EXTRT"]) == {"PAZOPANIB", "PLACEBO"}
    assert early.datasets["DM"]["DTHDTC"].null_count() == early.datasets["DM"].height
