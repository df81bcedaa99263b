"""Pages of the blind: why it is closed, one way to end blinded treatment, checks, the wrong arm, safety, code break."""

import re
from typing import Any

import pytest
from tests.server.pages_client import Visitor
from tests.server.server_trial import ServerTrial

ARMS = ("placebo", "pazopanib")


@pytest.fixture
def doctor(trial: ServerTrial) -> Visitor:
    """The investigator of site 01."""
    return Visitor(trial, "investigator@01")


def of_arm(trial: ServerTrial, arm: str) -> str:
    """A patient of an arm whose progression central review has confirmed."""
    while True:
        subject = trial.progressed("01")
        if trial.arm(subject) == arm:
            return subject


def unblinded(doctor: Visitor, subject: str) -> None:
    sent = doctor.send(subject, "unblind", doctor.proof())
    assert (sent.status_code, sent["location"].rpartition(subject)[2]) == (303, "/treatment/")


def test_the_investigator_reads_why_it_is_closed(trial: ServerTrial, doctor: Visitor) -> None:
    subject = trial.progressed("01", confirmed=False)
    text = doctor.text(f"subjects/{subject}/treatment/")
    assert "Central review has not confirmed the progression." in text
    assert "once a locked central result confirms progression" in text
    form = doctor.text(f"subjects/{subject}/do/unblind/")
    assert "has not confirmed the progression" in form
    assert 'name="send"' not in form
    refused = doctor.send(subject, "unblind", doctor.proof())
    assert refused.status_code == 409
    assert not trial.state.subjects[subject].unblinded


@pytest.mark.parametrize("arm", ARMS)
def test_the_way_out_of_blinded_treatment_looks_the_same(trial: ServerTrial, doctor: Visitor, arm: str) -> None:
    subject = of_arm(trial, arm)
    unblinded(doctor, subject)
    assert arm.capitalize() in doctor.text(f"subjects/{subject}/treatment/")
    sent = doctor.send(subject, "end_blinded_treatment", {"date": trial.today})
    assert sent.status_code == 303
    assert sent["location"] == f"/at/investigator@01/subjects/{subject}/after-blinded-treatment/"
    text = doctor.text(f"subjects/{subject}/after-blinded-treatment/")
    assert ">End blinded treatment<" not in text
    assert "Record the begin of open treatment" in text, "the page is the same whatever the treatment was"
    assert not any(name in text.lower() for name in ARMS)


def test_the_outside_of_ending_blinded_treatment_is_the_same_bytes(trial: ServerTrial, doctor: Visitor) -> None:
    """Form, answer, page that follows, and what blinded roles see of both patients: alike to the byte but for names."""
    outsides = []
    for arm in ARMS:
        subject = of_arm(trial, arm)
        unblinded(doctor, subject)
        form = doctor.get(f"subjects/{subject}/do/end_blinded_treatment/")
        sent = doctor.send(subject, "end_blinded_treatment", {"date": trial.today})
        after = doctor.get(f"subjects/{subject}/after-blinded-treatment/")
        monitored = Visitor(trial, "monitor").get(f"subjects/{subject}/")
        outsides.append([_outside(answer, subject, trial.today) for answer in (form, sent, after, monitored)])
        trial.wait(1)
    for one, other in zip(*outsides, strict=True):
        assert one == other


def _outside(answer: Any, subject: str, today: str) -> tuple[int, str, str]:
    """Status, headers and body, without number, days and what is drawn anew for each form."""
    headers = "; ".join(f"{name}: {value}" for name, value in sorted(answer.headers.items()))
    text = answer.content.decode().replace(today, "TODAY")
    text = re.sub(r'(csrfmiddlewaretoken" value|request_id" value|data-request|data-sent)="[^"]*"', "", text)
    text = re.sub(r"\d{1,2} \w{3} \d{4}|\d{4}-\d{2}-\d{2}", "DAY", text.replace(subject, "SUBJECT"))
    return (
        answer.status_code,
        headers.replace(subject, "SUBJECT"),
        re.sub(r"(UNB|BLINDEND|TUMOR|page)-\w+", r"\1", text),
    )


def test_crossover_from_the_wrong_arm_is_refused_without_its_name(trial: ServerTrial, doctor: Visitor) -> None:
    subject = of_arm(trial, "pazopanib")
    unblinded(doctor, subject)
    doctor.send(subject, "end_blinded_treatment", {"date": trial.today})
    trial.wait(3)
    refused = doctor.send(subject, "start_open_label", {"date": trial.today})
    text = refused.content.decode()
    assert refused.status_code == 409
    assert "This step is not open for the patient." in text
    assert f'value="{trial.today}"' in text
    assert not any(name in text.lower() for name in ARMS)


def test_checks_before_the_first_open_dose(trial: ServerTrial, doctor: Visitor) -> None:
    subject = of_arm(trial, "placebo")
    unblinded(doctor, subject)
    doctor.send(subject, "end_blinded_treatment", {"date": trial.today})
    trial.wait(40)
    where = f"subjects/{subject}/after-blinded-treatment/"
    assert re.search(r'missing">missing</span> A new baseline scan at most 28 days', doctor.text(where))
    refused = doctor.send(subject, "start_open_label", {"date": trial.today})
    assert refused.status_code == 409
    assert "A baseline scan at most 28 days before is needed" in refused.content.decode()
    trial.measure(subject, 2, 4100, 3600)
    assert re.search(r'met">done</span> A new baseline scan', doctor.text(where))
    assert doctor.send(subject, "start_open_label", {"date": trial.today}).status_code == 303
    nurse = Visitor(trial, "coordinator@01")
    assert "Record a dose of open treatment" in nurse.text(where)
    dose: dict[str, Any] = {"start": trial.today, "amount": "800", "unit": "mg"}
    assert nurse.send(subject, "record_open_label_dose", dose).status_code == 303
    assert "800 mg" in nurse.text(where)


def test_the_code_break_is_a_link_and_a_form_away(trial: ServerTrial, doctor: Visitor) -> None:
    subject = trial.randomized("01")
    page = doctor.text(f"subjects/{subject}/")
    assert f'class="late" href="/at/investigator@01/subjects/{subject}/do/break_code/"' in page
    assert doctor.send(subject, "break_code", doctor.proof()).status_code in (400, 422), "a reason is asked for"
    sent = doctor.send(subject, "break_code", {"reason": "unconscious", **doctor.proof()})
    assert sent["location"].endswith("/treatment/")
    assert trial.arm(subject).capitalize() in doctor.text(f"subjects/{subject}/treatment/")
    nurse = Visitor(trial, "coordinator@01")
    shown = nurse.text(f"subjects/{subject}/after-blinded-treatment/")
    assert not any(name in shown.lower() for name in ARMS), "an emergency opens nothing to others of the site"


def test_the_safety_office_reads_a_treatment_for_a_report_alone(trial: ServerTrial) -> None:
    subject, office = trial.randomized("01"), Visitor(trial, "safety")
    where = f"subjects/{subject}/treatment-for-safety/"
    assert "proof.code" in office.text(where)
    closed = office.post(where, office.proof()).content.decode()
    assert "The treatment is closed." in closed
    assert not any(name in closed.lower() for name in ARMS)
    event = {"term": "Hepatic failure", "onset": trial.today, "grade": 4, "serious": True, "related": "probable",
             "expected": False, "outcome": "not recovered", "action": "withdrawn",
             "criteria": ["life-threatening"]}  # fmt: skip
    name = trial.do("record_adverse_event", "coordinator@01", event, subject=subject)
    assert f'value="{name}"' in office.text(f"subjects/{subject}/do/unblind_for_safety/")
    given = {"event": name, "reason": "report to the authority", **office.proof()}
    sent = office.send(subject, "unblind_for_safety", given)
    assert sent["location"].endswith("/treatment-for-safety/")
    opened = office.post(where, office.proof()).content.decode()
    assert trial.arm(subject).capitalize() in opened
    assert "UNBLINDED" in opened
    doctor = Visitor(trial, "investigator@01").text(f"subjects/{subject}/treatment/")
    assert not any(arm in doctor.lower() for arm in ARMS), "the site stays blinded"
