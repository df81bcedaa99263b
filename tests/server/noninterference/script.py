"""The script of both trials: two sites, ten patients, all roles, from set-up to crossover.

Two patients cross over, each in one of the trials and not in the other; besides that, everybody does the same in both.
"""

from collections.abc import Iterator
from typing import Any

from tests.server.noninterference.twin import LAST, Secret, Twin, secret_with

SITES = ("01", "02") * 5
STRATA = tuple("small" if i % 3 == 0 else "other" for i in range(10))
UNBLINDED = (0, 1)
BROKEN, ILL, ADJUDICATED = 3, 5, 2
BLINDED = {"01": (4, 6, 8), "02": (5, 7, 9)}
"""Who is treated blinded to the end, by site."""


def secrets() -> tuple[Secret, Secret]:
    """What is secret in the one trial and in the other: each of the first two crosses over in one of them."""
    patients = tuple(zip(SITES, STRATA, strict=True))
    served = {s: [i for i in range(10) if SITES[i] == s] * 2 + list(BLINDED[s]) for s in ("01", "02")}
    one = {0: "placebo", 1: "pazopanib", 2: "placebo", 3: "placebo", 4: "pazopanib", 5: "placebo", 6: "placebo"}
    other = {0: "pazopanib", 1: "placebo", 2: "placebo", 3: "pazopanib", 4: "placebo", 5: "pazopanib", 6: "placebo"}
    return secret_with("one", patients, one, served), secret_with("other", patients, other, served)


def live(t: Twin) -> Iterator[str]:
    """Live through the trial; yields the name of each moment at which everything is looked at."""
    t.set_up("01", "02")
    t.account("admin")
    yield "set up"
    subjects = _enrolled(t)
    yield "randomized"
    _first_months(t, subjects)
    _reviewed(t, subjects)
    yield "before the first unblinding"
    for patient in UNBLINDED:
        _unblinded(t, subjects, patient)
        yield f"after unblinding {patient}"
    _goes_on(t, subjects)
    yield "after crossover"
    t.do("break_code", f"investigator@{SITES[BROKEN]}", subject=subjects[BROKEN], reason="hypertensive crisis")
    yield "after the code break"
    _serious(t, subjects[ILL])
    yield "after the safety unblinding"
    _ends(t, subjects)
    yield "end"


def subjects_of(t: Twin) -> list[str]:
    """Patients in the order of randomization, and the one who failed screening last."""
    del t
    found = [f"{site}-{number:03d}" for number in range(1, 6) for site in ("01", "02")]
    return [*found, "01-006"]


def _enrolled(t: Twin) -> list[str]:
    found = []
    for i, site in enumerate(SITES):
        home = "small_bowel" if STRATA[i] == "small" else "hindgut"
        subject = t.screened(site, age=50 + i, primary_site=home)
        t.measure(subject, 0, 3000, 2500)
        t.scan(subject, 0)
        lasa = {"instrument": "LASA", "target": 0, "date": t.today, "answers": {}}
        t.do("submit_diary", "patient", lasa, subject=subject)
        t.do("randomize", f"coordinator@{site}", subject=subject)
        found.append(subject)
        _kit(t, subject, site)
        dose = {"start": t.today, "amount": "800", "unit": "mg"}
        t.do("record_dose", f"coordinator@{site}", dose, subject=subject)
    failed = t.screened("01", age=17)
    t.do("fail_screening", "coordinator@01", {"date": t.today, "criteria": ["adult"]}, subject=failed)
    assert [*found, failed] == subjects_of(t)
    return found


def _kit(t: Twin, subject: str, site: str) -> None:
    t.do("assign_kit", f"pharmacist@{site}", {"date": t.today}, subject=subject)
    kit = t.state.subjects[subject].last("kit_assigned")["kit"]
    t.do("dispense", f"pharmacist@{site}", {"kit": kit, "date": t.today, "quantity": 60}, subject=subject)


def _first_months(t: Twin, subjects: list[str]) -> None:
    t.wait(28)
    for subject, site in zip(subjects, SITES, strict=True):
        staff, day = f"coordinator@{site}", t.today
        visit = {"visit": "cycle", "number": 1, "status": "done", "date": day}
        t.do("record_visit", staff, visit, subject=subject)
        _kit(t, subject, site)
        event = {
            "term": "Hypertension", "grade": 3, "onset": day, "outcome": "recovered", "end": day,
            "related": "probable", "action": "none", "serious": False,
        }  # fmt: skip
        t.do("record_adverse_event", staff, event, subject=subject)
    t.wait(56)
    for i, subject in enumerate(subjects):
        if i in (*UNBLINDED, ADJUDICATED, 4):
            _assessed(t, subject, SITES[i])


def _assessed(t: Twin, subject: str, site: str) -> None:
    t.measure(subject, 1, 4000, 3500)
    t.do("assess_response", f"investigator@{site}", {"assessment": 1, "overall": "PD"}, subject=subject)
    t.scan(subject, 1)


def _reviewed(t: Twin, subjects: list[str]) -> None:
    t.wait(3)
    for i in (*UNBLINDED, ADJUDICATED):
        for reader in (1, 2):
            t.read(subjects[i], reader, 0)
            t.read(subjects[i], reader, 1, "SD" if i == ADJUDICATED and reader == 2 else "PD")
    choice = {"endorses": 2, "why": "no growth"}
    t.do("adjudicate", "adjudicator", choice, subject=subjects[ADJUDICATED])
    query = {"of": "AE-1", "text": "Onset?"}
    t.do("open_query", "data_manager", query, subject=subjects[4])


def _unblinded(t: Twin, subjects: list[str], patient: int) -> None:
    subject, site = subjects[patient], SITES[patient]
    t.do("unblind", f"investigator@{site}", subject=subject)
    answer = t.post(f"subjects/{subject}/arm", f"investigator@{site}", {"role": "investigator", "site": site})
    assert answer.json()["arm"] == t.secret.arms[patient]
    t.do("end_blinded_treatment", f"investigator@{site}", {"date": t.today}, subject=subject)
    t.wait(1)
    if t.secret.arms[patient] == "placebo":
        _crosses_over(t, subject, site)
    t.wait(1)


def _crosses_over(t: Twin, subject: str, site: str) -> None:
    """What is done in one trial alone; its requests and its time leave no trace in what comes after."""
    requests, now = t.requests, t.now
    t.requests = 900_000 + 1000 * int(subject[-3:])
    t.do("start_open_label", f"investigator@{site}", {"date": t.today}, subject=subject)
    t.index = LAST
    _kit(t, subject, site)
    t.index = 0
    dose = {"start": t.today, "amount": "800", "unit": "mg"}
    t.do("record_open_label_dose", f"coordinator@{site}", dose, subject=subject)
    changed: dict[str, Any] = {"date": t.today, "category": "visit", "description": "Late.", "major": False}
    t.do("record_deviation", f"coordinator@{site}", changed, subject=subject)
    t.requests, t.now = requests, now


def _goes_on(t: Twin, subjects: list[str]) -> None:
    for site, blinded in BLINDED.items():
        for i in blinded:
            _kit(t, subjects[i], site)
            contact = {"date": t.today, "how": "visit", "status": "alive"}
            t.do("record_contact", f"coordinator@{site}", contact, subject=subjects[i])
    for i in UNBLINDED:
        contact = {"date": t.today, "how": "telephone", "status": "alive"}
        t.do("record_contact", f"coordinator@{SITES[i]}", contact, subject=subjects[i])
        note: dict[str, Any] = {"date": t.today, "category": "visit", "description": "Two days late.", "major": False}
        t.do("record_deviation", "monitor", note, subject=subjects[i])


def _serious(t: Twin, subject: str) -> None:
    staff = f"coordinator@{subject[:2]}"
    event = {
        "term": "Hepatitis", "grade": 4, "onset": t.today, "outcome": "not recovered", "related": "definite",
        "action": "withdrawn", "serious": True, "criteria": ["life-threatening"], "expected": False,
    }  # fmt: skip
    name = t.do("record_adverse_event", staff, event, subject=subject)
    report = {"event": name, "aware": f"{t.today}T08:00:00Z", "narrative": "Jaundice.", "causality": "Definite."}
    t.do("report_serious_event", staff, report, subject=subject)
    t.do("unblind_for_safety", "safety", {"event": name}, subject=subject)


def _ends(t: Twin, subjects: list[str]) -> None:
    t.wait(20)
    day = t.today
    for i in UNBLINDED:
        end = {"date": day, "why": "completed"}
        t.do("end_study", f"coordinator@{SITES[i]}", end, subject=subjects[i])
    t.do("record_death", "coordinator@02", {"date": day, "cause": "disease"}, subject=subjects[7])
    t.do("transfer", "data_manager", {"to_site": "01", "date": day}, subject=subjects[9])
    t.do("record_look", "dmc", {"look": 1, "date": day, "recommendation": "continue"})
    t.do("cut_data", "blinded_statistician", {"name": "interim", "cutoff": day})
