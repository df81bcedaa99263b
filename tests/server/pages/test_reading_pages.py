"""Pages of the central review: the queue, a reader's form, readers side by side, the desk that runs the review."""

import re
from typing import Any

import pytest
from tests.server.pages_client import Visitor
from tests.server.server_trial import ServerTrial
from tests.server.test_reading import patient, read

READ = "subjects/{}/do/lock_read/"
ADJUDICATE = "subjects/{}/do/adjudicate/"


@pytest.fixture
def desks(trial: ServerTrial) -> dict[str, Visitor]:
    """Who takes part in the review."""
    return {who: Visitor(trial, who) for who in ("reader1", "reader2", "adjudicator", "data_manager")}


def lesion(size: str, **more: str) -> dict[str, str]:
    row = {"lesion": "T1", "kind": "TARGET", "organ": "liver", "diameter": size, **more}
    return {f"lesions.0.{name}": value for name, value in row.items()}


def line_of(text: str, subject: str) -> str:
    """The line of a patient in a table, without the patient's number."""
    return next(row for row in re.findall(r"<tr>.*?</tr>", text, re.DOTALL) if f">{subject}<" in row).replace(
        subject, ""
    )


def test_real_time_and_routine_reads_look_alike(trial: ServerTrial, desks: dict[str, Visitor]) -> None:
    called, quiet = patient(trial), patient(trial, progressed=False)
    trial.wait(30)
    text = desks["reader1"].text("reading/")
    lines = [re.sub(r"\d+ \w{3,9} \d{4}", "DAY", line_of(text, subject)) for subject in (called, quiet)]
    assert lines[0] == lines[1]
    assert ">late<" in lines[0]
    forms = [_plain(desks["reader1"].text(READ.format(subject))) for subject in (called, quiet)]
    forms = [
        re.sub(r"\d+ \w{3,9} \d{4}|/0/\d+", "", text.replace(s, ""))
        for s, text in zip((called, quiet), forms, strict=True)
    ]
    assert forms[0] == forms[1]
    assert not any(word in forms[0].lower() for word in ("placebo", "pazopanib", ">pd<"))


def test_a_reader_reads_in_order_and_what_is_locked_stays_locked(trial: ServerTrial, desks: dict[str, Visitor]) -> None:
    subject, reader = patient(trial), desks["reader1"]
    form = reader.text(READ.format(subject))
    assert "Baseline" in form
    assert "Overall response" not in form
    assert f"{subject}/1/" not in form, "the next scan is not shown yet"
    sent = reader.send(subject, "lock_read", {"assessment": "0", **lesion("30")})
    assert (sent.status_code, sent["location"].rpartition("subjects/")[2]) == (303, f"{subject}/reading/")
    assert "30 mm" in reader.text(f"subjects/{subject}/reading/")
    again = reader.send(subject, "lock_read", {"assessment": "0", **lesion("25")})
    text = again.content.decode()
    assert again.status_code == 409
    assert 'class="refusal"' in text
    assert 'value="25"' in text, "what was typed is still there"
    live = reader.send(subject, "lock_read", {"assessment": "1", **lesion("40")}, **{"hx-request": "true"})
    beside = live.content.decode()
    assert "40" in beside
    assert "+33" in beside
    assert "<strong>PD</strong>" in beside
    assert trial.events()[-1].kind == "read_locked", "nothing is recorded while somebody types"
    assert reader.send(subject, "lock_read", {"assessment": "1", "response": "PD", **lesion("40")}).status_code == 303
    assert "read and locked" in reader.text(READ.format(subject))


def test_centimeters_are_asked_about_before_a_reading_is_locked(trial: ServerTrial, desks: dict[str, Visitor]) -> None:
    """A tenth of the reader's own last size has to be confirmed: what is locked is never changed."""
    subject, reader = patient(trial), desks["reader1"]
    assert reader.send(subject, "lock_read", {"assessment": "0", **lesion("30")}).status_code == 303
    slip = {"assessment": "1", "response": "PR", **lesion("2.9")}
    asked = reader.send(subject, "lock_read", slip)
    assert asked.status_code == 422
    assert "it was 30 mm before" in asked.content.decode()
    assert trial.events()[-1].payload["assessment"] == 0
    in_words = reader.send(subject, "lock_read", {**slip, **lesion("2.9 cm")})
    assert "Type 29 if you mean 2.9 cm" in in_words.content.decode()
    assert reader.send(subject, "lock_read", {**slip, "confirmed": "lock_read"}).status_code == 303


def test_a_reader_sees_nothing_of_the_other(trial: ServerTrial, desks: dict[str, Visitor]) -> None:
    subject = patient(trial)
    hidden = [desks["reader1"].text(path.format(subject)) for path in ("reading/", READ, "subjects/{}/reading/")]
    read(trial, subject, 2, 0, 3000, None)
    read(trial, subject, 2, 1, 5000, "PD")
    shown = [desks["reader1"].text(path.format(subject)) for path in ("reading/", READ, "subjects/{}/reading/")]
    assert [_plain(text) for text in shown] == [_plain(text) for text in hidden]


def _plain(text: str) -> str:
    """A page without what is drawn anew each time."""
    return re.sub(r'(csrfmiddlewaretoken" value|request_id" value|data-request)="[^"]*"', "", text)


def discordant(trial: ServerTrial) -> str:
    subject = patient(trial)
    for reader, size, response in ((1, 4000, "PD"), (2, 3100, "SD")):
        read(trial, subject, reader, 0, 3000, None)
        read(trial, subject, reader, 1, size, response)
    return subject


def test_the_adjudicator_endorses_one_of_two_without_names(trial: ServerTrial, desks: dict[str, Visitor]) -> None:
    subject, judge = discordant(trial), desks["adjudicator"]
    assert subject in judge.text("reading/")
    form = judge.text(ADJUDICATE.format(subject))
    for words in ("Reader A", "Reader B", "40 mm", "31 mm", "Endorse"):
        assert words in form
    assert not any(name in form for name in ("reader1", "reader2", "Reader 1", "Reader 2"))
    missing = judge.send(subject, "adjudicate", {"endorses": "2", "why": ""})
    assert missing.status_code in (400, 422)
    assert trial.events()[-1].kind == "adjudication_requested"
    assert judge.send(subject, "adjudicate", {"endorses": "2", "why": "<b>no growth</b>"}).status_code == 303
    after = judge.text(f"subjects/{subject}/side-by-side/")
    assert "&lt;b&gt;no growth" in after
    assert subject not in judge.text("reading/").split("<main")[1]
    assert judge.send(subject, "adjudicate", {"endorses": "1", "why": "again"}).status_code == 409


def test_nothing_is_adjudicated_where_readers_agree(trial: ServerTrial, desks: dict[str, Visitor]) -> None:
    subject, judge = patient(trial), desks["adjudicator"]
    for reader in (1, 2):
        read(trial, subject, reader, 0, 3000, None)
        read(trial, subject, reader, 1, 4000, "PD")
    for path in (ADJUDICATE, "subjects/{}/side-by-side/"):
        text = judge.text(path.format(subject))
        assert "There is nothing to adjudicate." in text
        assert "40 mm" not in text
    refused = judge.send(subject, "adjudicate", {"endorses": "1", "why": "growth"})
    assert refused.status_code == 409
    assert 'class="refusal"' in refused.content.decode()
    assert ">growth</textarea>" in refused.content.decode()


def test_the_desk_checks_scans_assigns_and_asks_for_a_new_version(
    trial: ServerTrial, desks: dict[str, Visitor]
) -> None:
    subject, desk = patient(trial), desks["data_manager"]
    sent = {"assessment": 2, "date": trial.today, "reference": "archive/77"}
    scan = trial.do("submit_scan", "coordinator@01", sent, subject=subject)
    where = f"subjects/{subject}/central-review/"
    assert f"?scan={scan}" in desk.text(where)
    assert scan in desk.text("reading/")
    assert f"Check the quality of scan {scan}" in desk.text("")
    assert desk.send(subject, "reject_scan", {"scan": scan, "why": "one phase missing"}).status_code == 303
    assert "one phase missing" in desk.text(where)
    assert scan not in desk.text("reading/").split("<main")[1]
    read(trial, subject, 1, 0, 3000, None)
    trial.do("grant_role", "admin", {"person": "third", "role": "central_reader_1"})
    trial.train("third")
    anew: dict[str, Any] = {"person": "third", "reader": "1"}
    assert desk.send(subject, "assign_reader", anew).status_code in (400, 422), "a change of reader asks for a reason"
    assert desk.send(subject, "assign_reader", {**anew, "reason": "left the hospital"}).status_code == 303
    assert "third" in desk.text(where)


def test_a_read_is_asked_for_anew(trial: ServerTrial, desks: dict[str, Visitor]) -> None:
    subject, desk = patient(trial), desks["data_manager"]
    read(trial, subject, 1, 0, 3000, None)
    asked = {"reader": "1", "assessment": "0", "how": "correction", "reason": "wrong series"}
    assert desk.send(subject, "reopen_read", asked).status_code == 303
    form = desks["reader1"].text(READ.format(subject))
    assert "Baseline" in form
    assert desks["reader1"].send(subject, "lock_read", {"assessment": "0", **lesion("31")}).status_code == 303
    seen = desk.text(f"subjects/{subject}/central-review/")
    assert "version 2" in seen
    assert "counts no longer" in seen
