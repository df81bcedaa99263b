"""“End blinded treatment” is one address that looks and works alike whatever follows: answers, and what is asked."""

import re
from typing import Any
from unittest.mock import patch

import pytest
from tests.server.pages_client import Visitor
from tests.server.server_trial import ServerTrial

from equipoise.server.ledger.memory import forget, recall
from equipoise.server.vault.database_vault import DatabaseVault

HEADS = "SELECT hash FROM ledger_event WHERE chain = ? AND seq = ?"
"""Asked now and then, by the clock, to see whether the signed heads still hold."""
COMMANDS = ("end_blinded_treatment", "start_open_label", "record_open_label_dose")


@pytest.fixture
def patients(trial: ServerTrial) -> tuple[str, str]:
    """One patient of each arm, with the same course up to a progression that both readers confirm."""
    found: dict[str, str] = {}
    while len(found) < 2:
        subject = trial.screened("01")
        trial.measure(subject, 0, 3000, 2500)
        trial.scan(subject, 0)
        trial.do("randomize", "coordinator@01", subject=subject)
        found.setdefault(trial.vault._arm(subject), subject)
    for subject in found.values():
        dose = {"start": trial.today, "amount": "800", "unit": "mg"}
        trial.do("record_dose", "coordinator@01", dose, subject=subject)
    trial.wait(84)
    for subject in found.values():
        trial.measure(subject, 1, 4000, 3500)
        trial.do("assess_response", "investigator@01", {"assessment": 1, "overall": "PD"}, subject=subject)
        trial.scan(subject, 1)
        for reader in (1, 2):
            trial.read(subject, reader, 0)
            trial.read(subject, reader, 1, "PD")
    return found["placebo"], found["pazopanib"]


def asked(visitor: Visitor, subject: str, command: str, data: dict[str, str] | None = None) -> tuple[Any, ...]:
    """Status, headers and body of an answer, and the statements that the database was asked; without the number."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    forget()
    recall(["study", "counters", "site:01", f"subject:{subject}"])
    with CaptureQueriesContext(connection) as captured:
        if data is None:
            answer = visitor.get(f"subjects/{subject}/do/{command}/")
        else:
            answer = visitor.send(subject, command, {"request_id": f"page-of-{command}-{subject}", **data})
    headers = {name: _plain(value, subject) for name, value in answer.items() if name != "Set-Cookie"}
    statements = [shape for each in captured.captured_queries if (shape := _shape(each["sql"])) != HEADS]
    return answer.status_code, headers, _plain(answer.content.decode(), subject), statements


def _plain(text: str, subject: str) -> str:
    text = re.sub(r'(name="csrfmiddlewaretoken" value=")\w+', r"\1", text)
    text = re.sub(r'((?:name="request_id" value|data-request)=")[\w.:-]+', r"\1", text)
    return text.replace(subject, "SUBJECT")


def _shape(sql: str) -> str:
    """A statement without its values."""
    return re.sub(r"'(?:[^']|'')*'|\b\d+\b|x'\w*'", "?", sql)


def test_the_same_outside_for_both_arms(trial: ServerTrial, patients: tuple[str, str]) -> None:
    who = Visitor(trial, "investigator@01")
    who.text("")  # the band of a page is looked up once in a process
    today = {"date": trial.today, "start": trial.today, "amount": "800", "unit": "mg"}

    def both(command: str, data: dict[str, str] | None = None) -> tuple[Any, ...]:
        one, other = (asked(who, subject, command, data) for subject in patients)
        assert one == other, (command, data)
        return one

    with patch.object(DatabaseVault, "permits", side_effect=AssertionError("the vault was asked")):
        for command in COMMANDS:
            both(command)
            assert both(command, today)[0] == 409, "refused before the vault is asked"
        for subject in patients:
            trial.do("unblind", "investigator@01", subject=subject)
        both("end_blinded_treatment")
        for command in COMMANDS[1:]:
            assert both(command, today)[0] == 409
        wrong = both("end_blinded_treatment", {"date": "2024-02-30"})
        assert wrong[0] == 422
        done = both("end_blinded_treatment", {"date": trial.today})
        assert done[0] == 303
        assert len(done[3]) > 5
        who.text("")  # what was done is said once
        again = both("end_blinded_treatment", {"date": trial.today, "request_id": "another-request"})
        assert again[0] == 409
