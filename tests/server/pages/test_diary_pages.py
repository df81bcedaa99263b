"""A patient's pages by personal link: what they show and take, when they stop; links and wordings of the site."""

import datetime as dt
import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.server.pages_client import Visitor
from tests.server.server_trial import ServerTrial

from equipoise.ledger import ACCESS, TRIAL
from equipoise.server.diary.models import DiaryDraft, DiaryWording
from equipoise.server.ledger.store import chain_end, read_events
from equipoise.server.sources import replaced

SUBJECT = "01-002"
PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}


class Patient:
    """A phone with the patient's link."""

    def __init__(self, trial: ServerTrial, subject: str = SUBJECT) -> None:
        self.trial = trial
        body = {"role": "site_coordinator", "site": subject[:2]}
        answer = trial.post(f"subjects/{subject}/diary-link", f"coordinator@{subject[:2]}", body)
        self.secret = str(answer.json()["secret"])
        self.client = Client(headers={"host": "localhost"}, enforce_csrf_checks=True)

    def get(self, path: str = "", **more: Any) -> Any:
        with replaced(self.trial.sources()):
            return self.client.get(f"/diary/{self.secret}/{path}", **more)

    def text(self, path: str = "") -> str:
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return str(answer.content.decode())

    def post(self, path: str, data: dict[str, Any], **headers: str) -> Any:
        with replaced(self.trial.sources()):
            return self.client.post(f"/diary/{self.secret}/{path}", data, headers=headers)

    def due(self) -> list[str]:
        """Paths of the forms that the first page offers."""
        return [
            found.partition(f"{self.secret}/")[2] for found in re.findall(r'class="button" href="([^"]+)"', self.text())
        ]

    def lasa(self) -> str:
        return next(path for path in self.due() if path.startswith("form/LASA/"))

    def asked(self, path: str) -> dict[str, str]:
        """Hidden values of a form."""
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', self.text(path)))


@pytest.fixture
def phone(trial: ServerTrial) -> Patient:
    return Patient(trial)


def submitted(trial: ServerTrial) -> list[Any]:
    return [event for event in trial.events() if event.kind == "diary_submitted"]


def test_from_what_is_due_to_the_own_scores(phone: Patient) -> None:
    path = phone.lasa()
    form = phone.asked(path)
    answer = phone.post(path, {**form, "a.QOL": "7"})
    assert answer.status_code == 303
    assert answer["location"].endswith("/?sent=1")
    (event,) = submitted(phone.trial)
    assert (event.actor, event.role, event.subject) == (SUBJECT, "patient", SUBJECT)
    assert event.payload["answers"] == {"QOL": 7}
    assert event.payload["date"] == phone.trial.today
    assert event.payload["started"] == form["started"]
    text = phone.get("?sent=1").content.decode()
    assert "Your answers have arrived" in text
    assert path not in phone.due()
    scores = phone.text("scores/")
    assert re.search(r"<td class=\"n\">70</td>", scores)
    assert 'role="img"' in scores
    assert "Higher is better." in scores


def test_every_answer_is_private(phone: Patient) -> None:
    path = phone.lasa()
    answers = [phone.get(), phone.get(path), phone.get("scores/"), phone.get("form/LASA/99999999999/"),
               phone.post(path, {}), phone.post(f"{path}draft/", {"a.QOL": "3"}),
               phone.client.put(f"/diary/{phone.secret}/"), phone.client.get("/diary/eqd_unknown/")]  # fmt: skip
    for answer in answers:
        assert {name: answer.get(name) for name in PRIVATE} == PRIVATE
        assert not answer.cookies
    text = phone.text(path)
    assert not re.search(r"<script(?![^>]*\bsrc=)|style=|\son\w+=", text)
    assert "http" not in re.sub(r'"[^"]*"', "", text)


def test_the_secret_stands_in_no_log(
    phone: Patient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Refused, closed or broken in the middle: lines of the log never hold the address."""
    from equipoise.server.pages.diary import patient

    phone.get("form/LASA/1234/")
    phone.client.get(f"/diary/{phone.secret}x/")
    phone.client.raise_request_exception = False
    monkeypatch.setattr(patient, "drafts_of", lambda _subject: 1 / 0)
    assert phone.get().status_code == 500
    assert caplog.records
    assert phone.secret not in caplog.text
    assert phone.secret[4:] not in caplog.text


def test_answers_so_far_are_kept_outside_of_the_record(phone: Patient) -> None:
    path = next(path for path in phone.due() if "LASA" not in path)
    before = chain_end(TRIAL), chain_end(ACCESS)
    answer = phone.post(f"{path}draft/", {"a.Q1": "2", "a.Q2": "none", "a.Q3": "9"}, accept="application/json")
    assert answer.json()["state"] == "kept"
    assert (chain_end(TRIAL), chain_end(ACCESS)) == before
    (row,) = DiaryDraft.objects.all()
    assert json.loads(row.answers) == {"Q1": 2, "Q2": None}
    text = phone.text(path)
    assert re.search(r'name="a\.Q1" value="2" checked', text)
    assert re.search(r'name="a\.Q2" value="none" checked', text)
    assert "Go on" in phone.text()
    items = re.findall(r'name="(a\.Q\d+)" value="1"', text)
    phone.post(path, {**phone.asked(path), **dict.fromkeys(items, "1")})
    assert len(submitted(phone.trial)) == 1
    assert not DiaryDraft.objects.exists()


def test_a_draft_does_not_outlive_two_months_the_link_or_the_diary(phone: Patient) -> None:
    path = phone.lasa()
    phone.post(f"{path}draft/", {"a.QOL": "3"})
    phone.trial.post(f"subjects/{SUBJECT}/diary-link/end", "coordinator@01", {"role": "site_coordinator", "site": "01"})
    assert not DiaryDraft.objects.exists()
    other = Patient(phone.trial)
    other.post(f"{path}draft/", {"a.QOL": "3"})
    assert DiaryDraft.objects.count() == 1
    phone.trial.do("record_death", "coordinator@01", {"date": phone.trial.today, "cause": "disease"}, subject=SUBJECT)
    assert other.get().status_code == 410
    assert not DiaryDraft.objects.exists()


def test_questions_left_open_are_asked_about_once(phone: Patient) -> None:
    path = next(path for path in phone.due() if "LASA" not in path)
    form = phone.asked(path)
    answer = phone.post(path, {**form, "a.Q1": "2"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert 'name="confirmed"' in text
    assert re.search(r'name="a\.Q1" value="2" checked', text)
    assert not submitted(phone.trial)
    assert phone.post(path, {**form, "a.Q1": "2", "confirmed": "yes"}).status_code == 303
    answers = submitted(phone.trial)[0].payload["answers"]
    assert answers["Q1"] == 2
    assert set(answers.values()) == {2, None}


@pytest.mark.parametrize("wrong", ["11", "-1", "7.5", "<b>", "\u0667", "1e1", "9" * 400])
def test_an_answer_out_of_range_is_refused_beside_the_question(phone: Patient, wrong: str) -> None:
    path = phone.lasa()
    answer = phone.post(path, {**phone.asked(path), "a.QOL": wrong})
    assert answer.status_code == 422
    assert "whole number from 0 to 10" in answer.content.decode()
    assert not submitted(phone.trial)


def test_two_windows_and_the_back_button_hand_in_once(phone: Patient) -> None:
    path = phone.lasa()
    one, two = phone.asked(path), phone.asked(path)
    assert one["request_id"] != two["request_id"]
    assert phone.post(path, {**one, "a.QOL": "7"}).status_code == 303
    for again in ({**one, "a.QOL": "7"}, {**one, "a.QOL": "2"}, {**two, "a.QOL": "3"}):
        answer = phone.post(path, again)
        assert answer.status_code in (303, 409)
        assert "has been handed in" in answer.content.decode() or answer.status_code == 303
    assert phone.post(path, {**two, "a.QOL": "3"}, accept="application/json").json()["state"] == "already"
    assert phone.get(path).status_code == 409
    assert [event.payload["answers"]["QOL"] for event in submitted(phone.trial)] == [7]


def test_a_form_that_waited_on_the_phone_has_its_own_day(phone: Patient) -> None:
    path = phone.lasa()
    form, written = phone.asked(path), phone.trial.today
    phone.trial.now += dt.timedelta(days=1)
    data = {**form, "a.QOL": "7", "written": written, "confirmed": "yes"}
    assert phone.post(path, data, accept="application/json").json()["state"] == "received"
    assert phone.post(path, data, accept="application/json").json()["state"] in ("received", "already")
    assert [event.payload["date"] for event in submitted(phone.trial)] == [written]


@pytest.mark.parametrize("written", ["2199-01-01", "1999-01-01", "yesterday", "", "\x00"])
def test_a_day_that_cannot_be_is_today(phone: Patient, written: str) -> None:
    path = phone.lasa()
    phone.post(path, {**phone.asked(path), "a.QOL": "7", "written": written, "started": "2024-99-99T99:99:99.000000Z"})
    (event,) = submitted(phone.trial)
    assert (event.payload["date"], event.payload["started"]) == (phone.trial.today, None)


def _death(trial: ServerTrial) -> None:
    trial.do("record_death", "coordinator@01", {"date": trial.today, "cause": "disease"}, subject=SUBJECT)


def _withdrawal(trial: ServerTrial) -> None:
    trial.do("withdraw", "coordinator@01", {"level": "visits", "date": trial.today, "by": "patient"}, subject=SUBJECT)


def _end(trial: ServerTrial) -> None:
    trial.do("end_study", "coordinator@01", {"date": trial.today, "why": "completed"}, subject=SUBJECT)


@pytest.mark.parametrize("stop", [_death, _withdrawal, _end])
def test_it_stops_at_once_with_kind_words(phone: Patient, stop: Any) -> None:
    path = phone.lasa()
    form = phone.asked(path)
    stop(phone.trial)
    end = chain_end(TRIAL)
    pages = [phone.get(), phone.get(path), phone.get("scores/"), phone.post(path, {**form, "a.QOL": "7"})]
    for answer in pages:
        assert answer.status_code == 410
        text = answer.content.decode()
        assert "Thank you for everything" in text
        assert not re.search(r"\b(died|death|withdr\w+|pazopanib|placebo)\b", text)
        assert "form/" not in text
    queued = phone.post(path, {**form, "a.QOL": "7"}, accept="application/json")
    assert (queued.status_code, queued.json()["state"]) == (410, "closed")
    assert chain_end(TRIAL) == end


@pytest.mark.parametrize("secret", ["eqd_", "eqd_" + "A" * 43, "x", "\u00fc", "eqd_" + "x" * 4000])
def test_a_forged_link_opens_nothing(trial: ServerTrial, secret: str) -> None:
    client = Client(headers={"host": "localhost"})
    for path in ("", "scores/", "form/LASA/0/"):
        answer = client.get(f"/diary/{secret}/{path}")
        assert answer.status_code == 404
        assert "does not open a diary" in answer.content.decode()


def test_more_than_a_hand_can_do_is_put_off(phone: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    from equipoise.server.pages.diary import pace, visit

    monkeypatch.setattr(visit, "too_fast", lambda name, most=3: pace.too_fast(name, 3))
    codes = [phone.get().status_code for _ in range(5)]
    assert codes == [200, 200, 200, 429, 429]
    phone.trial.now += dt.timedelta(minutes=1)
    assert phone.get().status_code == 200


def test_a_link_is_given_shown_once_and_ended(trial: ServerTrial) -> None:
    desk = Visitor(trial, "coordinator@01")
    path = f"subjects/{SUBJECT}/diary-link/"
    assert "The patient has no link" in desk.text(path)
    answer = desk.post(path, {"do": "give", "days": "30"})
    text = answer.content.decode()
    address = re.search(r'id="address">(http://localhost/diary/eqd_[\w-]{43}/)<', text)
    assert address is not None
    assert answer["Cache-Control"] == "no-store"
    assert "data:image/svg+xml" in text
    with replaced(trial.sources()):
        assert trial.client.get(address[1]).status_code == 200
    assert "eqd_" not in desk.text(path)
    assert "Link given" in desk.text(path)
    assert desk.post(path, {"do": "give", "days": "9999"}).status_code == 422
    assert desk.post(path, {"do": "end"}).status_code == 303
    assert trial.client.get(address[1]).status_code == 404
    _death(trial)
    assert desk.post(path, {"do": "give", "days": "30"}).status_code == 409


def test_the_site_sees_who_is_due_with_words_to_remind(trial: ServerTrial, phone: Patient) -> None:
    text = Visitor(trial, "coordinator@01").text("questionnaires/")
    assert f"subjects/{SUBJECT}/diary-link/" in text
    assert "given" in text
    assert "a questionnaire is waiting in your diary" in text
    assert "02-001" not in text
    for path in phone.due():
        form = phone.asked(path)
        phone.post(path, {**form, "confirmed": "yes"})
    assert f">{SUBJECT}<" not in Visitor(trial, "coordinator@01").text("questionnaires/")


WORDS = {
    "instrument": "LASA",
    "title": "How <b>you</b> feel",
    "introduction": "Think of the past week.",
    "layout": "whole",
    "copyright": "A made-up publisher",
    "items": {"QOL": {"text": "<script>alert(1)</script> Your quality of life", "low": "as bad as can be",
                      "high": "as good as can be"}},
}  # fmt: skip


def loaded(desk: Visitor, content: bytes | str, *, name: str = "lasa.json", instrument: str = "LASA") -> Any:
    data = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile(name, data, "application/json")
    return desk.post("questionnaires/wording/", {"do": "load", "instrument": instrument, "file": file})


def test_a_wording_is_shown_as_text_and_can_be_deleted(trial: ServerTrial, phone: Patient) -> None:
    path = phone.lasa()
    assert "Item QOL" in phone.text(path)
    assert 'data-layout="one"' in phone.text(path)
    desk = Visitor(trial, "coordinator@01")
    assert loaded(desk, json.dumps(WORDS)).status_code == 303
    text = phone.text(path)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; Your quality of life" in text
    assert "How &lt;b&gt;you&lt;/b&gt; feel" in text
    assert "<script>alert" not in text
    assert 'data-layout="whole"' in text
    assert "as good as can be" in text
    assert "on the sheet from your study site" not in text
    last = list(read_events(ACCESS))[-1]
    assert (last.kind, last.payload["what"], last.site) == ("wording_changed", "loaded", "01")
    assert not any("quality" in str(event.payload) for event in read_events(ACCESS))
    assert desk.post("questionnaires/wording/", {"do": "delete", "instrument": "LASA"}).status_code == 303
    assert not DiaryWording.objects.exists()
    assert "Item QOL" in phone.text(path)


def test_a_site_has_its_own_wording_before_that_of_all_sites(trial: ServerTrial, phone: Patient) -> None:
    loaded(Visitor(trial, "data_manager"), json.dumps({"instrument": "LASA", "title": "Everywhere"}))
    path = phone.lasa()
    assert "Everywhere" in phone.text(path)
    loaded(Visitor(trial, "coordinator@01"), json.dumps({"instrument": "LASA", "title": "Here"}))
    loaded(Visitor(trial, "coordinator@02"), json.dumps({"instrument": "LASA", "title": "There"}))
    assert "<h1>Here</h1>" in phone.text(path)


BAD = {
    "no json": "item,text",
    "no object": "[1]",
    "not UTF-8": b"\xff\xfe{}",
    "nested": "[" * 100_000,
    "long number": '{"instrument": ' + "9" * 5000 + "}",
    "twice": '{"instrument": "LASA", "instrument": "LASA"}',
    "another": json.dumps({"instrument": "QLQ-C30"}),
    "unknown key": json.dumps({"instrument": "LASA", "script": "x"}),
    "unknown item": json.dumps({"instrument": "LASA", "items": {"Q1": {"text": "x"}}}),
    "layout": json.dumps({"instrument": "LASA", "layout": ["one"]}),
    "answers": json.dumps({"instrument": "LASA", "items": {"QOL": {"answers": {"11": "more"}}}}),
    "text": json.dumps({"instrument": "LASA", "title": {"a": 1}}),
    "long": json.dumps({"instrument": "LASA", "title": "x" * 3000}),
    "control": json.dumps({"instrument": "LASA", "title": "a\u0000b"}),
    "items": json.dumps({"instrument": "LASA", "items": []}),
    "item": json.dumps({"instrument": "LASA", "items": {"QOL": 3}}),
    "huge": b" " * 1_100_000,
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_a_file_that_is_no_wording_is_refused_with_words(trial: ServerTrial, content: bytes | str) -> None:
    answer = loaded(Visitor(trial, "coordinator@01"), content)
    assert answer.status_code == 422
    assert "Nothing was changed" in answer.content.decode()
    assert not DiaryWording.objects.exists()


@pytest.mark.parametrize(
    "name", ["lasa.exe", "<img src=x>.json", "a;rm -rf.json", "x" * 150 + ".json", ".json", "lasa.json.exe"]
)
def test_a_hostile_file_name_is_refused(trial: ServerTrial, name: str) -> None:
    answer = loaded(Visitor(trial, "coordinator@01"), json.dumps(WORDS), name=name)
    assert answer.status_code == 422
    assert "<img" not in answer.content.decode()
    assert not DiaryWording.objects.exists()
