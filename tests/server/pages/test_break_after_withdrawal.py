"""After withdrawal of the use of data the emergency code break remains, and nothing else opens."""

from tests.server.pages_client import Visitor
from tests.server.server_trial import ServerTrial

SUBJECT = "01-002"


def test_the_code_can_be_broken_and_nothing_else_is_open(trial: ServerTrial) -> None:
    gone = {"level": "data", "date": trial.today, "by": "patient"}
    trial.do("withdraw", "coordinator@01", gone, subject=SUBJECT)
    doctor = Visitor(trial, "investigator@01")
    assert doctor.get(f"subjects/{SUBJECT}/do/unblind/").status_code == 409
    assert doctor.send(SUBJECT, "record_contact", {"date": trial.today}).status_code == 409
    form = doctor.text(f"subjects/{SUBJECT}/do/break_code/")
    assert f"Break the code of subject {SUBJECT}" in form
    sent = doctor.send(SUBJECT, "break_code", {"reason": "Bleeding before surgery.", **doctor.proof()})
    assert sent.status_code == 303, sent.content.decode()
    arm = trial.vault._arm(SUBJECT)
    shown = doctor.text(f"subjects/{SUBJECT}/treatment/")
    assert {"pazopanib": "Pazopanib", "placebo": "Placebo"}[arm] in shown
    for other in ("coordinator@01", "pharmacist@01", "monitor", "data_manager"):
        page = Visitor(trial, other).get(f"subjects/{SUBJECT}/treatment/").content.decode()
        assert "Pazopanib" not in page
        assert "Placebo" not in page
