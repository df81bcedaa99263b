"""What goes wrong at a site: refused in words beside the field, with what was typed still there; nothing recorded."""

import html
import re
from typing import Any

import pytest
from tests.server.pages_client import Visitor
from tests.server.server_trial import ServerTrial

from equipoise.ledger import ACCESS, TRIAL
from equipoise.server.ledger.store import chain_end

EVENT = {"term": "Nausea", "grade": "2", "onset": "2024-01-08", "outcome": "not recovered", "related": "possible",
         "action": "none", "serious": "no"}  # fmt: skip
PATIENT = "01-002"


@pytest.fixture
def coordinator(trial: ServerTrial) -> Visitor:
    return Visitor(trial, "coordinator@01")


def problem_of(answer: Any, name: str) -> str:
    """What stands beside an input; the input must be marked, and the top must lead to it."""
    text = answer.content.decode()
    spot = "f-" + name.replace(".", "-")
    found = re.search(rf'<p class="problem" id="{spot}-problem">(.*?)</p>', text)
    assert found, f"nothing stands beside {name}"
    assert f'href="#{spot}"' in text
    assert f'aria-describedby="{spot}' in text or f"{spot}-problem" in text
    return html.unescape(found[1])


def typed_in(answer: Any, name: str) -> str | None:
    found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', answer.content.decode())
    return html.unescape(found[1]) if found else None


def lesion(number: int, **values: str) -> dict[str, str]:
    given = {"lesion": f"T{number}", "kind": "TARGET", "organ": "liver", "nodal": "", **values}
    return {f"lesions.{number}.{name}": value for name, value in given.items()}


@pytest.mark.parametrize(
    "typed", ["05/06/2023", "4.3.2023", "04032023", "٤/٣/٢٠٢٣", "31.12.23", "gestern", "2023-02-30", "<b>1</b>"]
)
def test_a_date_in_a_local_format(coordinator: Visitor, typed: str) -> None:
    """Asked back beside the field; what was typed is shown, in an input that can show it."""
    before = chain_end(TRIAL)
    answer = coordinator.send(PATIENT, "record_contact", {"date": typed, "how": "visit", "status": "alive"})
    assert answer.status_code == 422
    assert typed in problem_of(answer, "date")
    assert typed_in(answer, "date") == typed
    input_of = re.search(r'<input id="f-date"[^>]*>', answer.content.decode())
    assert input_of is not None
    assert ('type="date"' in input_of[0]) is (typed == "2023-02-30")
    assert chain_end(TRIAL) == before


def test_a_date_that_means_one_day_is_taken(coordinator: Visitor, trial: ServerTrial) -> None:
    answer = coordinator.send(PATIENT, "record_contact", {"date": "08.01.2024", "how": "visit", "status": "alive"})
    assert answer.status_code == 422, "the eighth of January, or the first of August"
    for typed in ("8 Jan 2024", "8 janvier 2024", "2024/01/08", "20240108", "٢٠٢٤-٠١-٠٨"):
        answer = coordinator.send(PATIENT, "record_contact", {"date": typed, "how": "visit", "status": "alive"})
        assert answer.status_code == 303, typed
        assert trial.state.subjects[PATIENT].last("contact_recorded")["date"] == "2024-01-08"


def test_a_measurement_of_250_cm(coordinator: Visitor) -> None:
    data = {"assessment": "0", "date": "2024-01-08"}
    answer = coordinator.send("01-001", "measure_tumors", data | lesion(0, diameter="250 cm"))
    assert "not in millimeters" in problem_of(answer, "lesions.0.diameter")
    answer = coordinator.send("01-001", "measure_tumors", data | lesion(0, diameter="2500"))
    assert answer.status_code == 422
    assert "at most 500 mm. Were centimeters meant?" in problem_of(answer, "lesions.0.diameter")
    assert typed_in(answer, "lesions.0.diameter") == "2500"


def test_centimeters_typed_for_millimeters(coordinator: Visitor, trial: ServerTrial) -> None:
    """At baseline a target of 2.3 mm is refused; later a tenth of the last size has to be confirmed."""
    data = {"assessment": "0", "date": "2024-01-08"}
    answer = coordinator.send("01-001", "measure_tumors", data | lesion(0, diameter="2.3"))
    assert "If centimeters were meant, type 23" in problem_of(answer, "lesions.0.diameter")
    answer = coordinator.send(
        "01-001", "measure_tumors", data | {"confirmed": "measure_tumors"} | lesion(0, diameter="2.3")
    )
    assert "at least 10 mm at baseline" in problem_of(answer, "lesions.0.diameter")
    assert coordinator.send("01-001", "measure_tumors", data | lesion(0, diameter="23")).status_code == 303
    trial.do("randomize", "coordinator@01", subject="01-001")
    trial.wait(84)
    later = {"assessment": "1", "date": trial.today} | lesion(0, diameter="2.4")
    before = chain_end(TRIAL)
    answer = coordinator.send("01-001", "measure_tumors", later)
    assert "it was 23 mm before" in problem_of(answer, "lesions.0.diameter")
    assert chain_end(TRIAL) == before
    assert coordinator.send("01-001", "measure_tumors", later | {"confirmed": "measure_tumors"}).status_code == 303


def test_a_node_under_15_mm_as_target(coordinator: Visitor) -> None:
    data = {"assessment": "0", "date": "2024-01-08"} | lesion(0, diameter="23") | lesion(1, nodal="yes", diameter="13")
    answer = coordinator.send("01-001", "measure_tumors", data)
    assert "a target node (short axis) is at least 15 mm" in problem_of(answer, "lesions.1.diameter").replace(
        "A", "a", 1
    )
    assert typed_in(answer, "lesions.1.diameter") == "13"
    assert typed_in(answer, "lesions.0.diameter") == "23"


def test_the_same_adverse_event_twice(coordinator: Visitor, trial: ServerTrial) -> None:
    assert coordinator.send(PATIENT, "record_adverse_event", EVENT).status_code == 303
    before = chain_end(TRIAL)
    answer = coordinator.send(PATIENT, "record_adverse_event", EVENT | {"term": " nausea "})
    assert answer.status_code == 409
    assert "is recorded as AE-1" in answer.content.decode()
    assert typed_in(answer, "term") == " nausea "
    assert chain_end(TRIAL) == before


def test_resolved_before_onset(coordinator: Visitor) -> None:
    data = EVENT | {"onset": "2024-01-05", "end": "2024-01-03", "outcome": "recovered"}
    answer = coordinator.send(PATIENT, "record_adverse_event", data)
    assert answer.status_code == 422
    assert "2024-01-03 lies before the onset 2024-01-05" in problem_of(answer, "end")
    assert typed_in(answer, "end") == "2024-01-03"


def test_a_target_lesion_left_out_has_to_be_confirmed(coordinator: Visitor, trial: ServerTrial) -> None:
    """A row that was forgotten makes the sum missing: it is asked about before anything is recorded."""
    both = lesion(0, diameter="23") | lesion(1, diameter="31")
    first = {"assessment": "0", "date": "2024-01-08"} | both
    assert coordinator.send("01-001", "measure_tumors", first).status_code == 303
    trial.do("randomize", "coordinator@01", subject="01-001")
    trial.wait(84)
    later = {"assessment": "1", "date": trial.today} | lesion(0, diameter="22") | lesion(1, diameter="")
    before = chain_end(TRIAL)
    answer = coordinator.send("01-001", "measure_tumors", later)
    assert answer.status_code == 422
    assert "Nothing is said of the target lesion T1" in answer.content.decode()
    assert typed_in(answer, "lesions.0.diameter") == "22"
    assert chain_end(TRIAL) == before
    assert coordinator.send("01-001", "measure_tumors", later | {"confirmed": "measure_tumors"}).status_code == 303


def test_what_is_missing_is_said_with_what_is_not_understood(coordinator: Visitor) -> None:
    answer = coordinator.send(PATIENT, "record_adverse_event", {"term": "Nausea", "onset": "03/04/2024", "end": "x"})
    assert answer.status_code == 422
    assert "could be 3 Apr 2024 or 4 Mar 2024" in problem_of(answer, "onset")
    assert "is no date" in problem_of(answer, "end")
    for name in ("grade", "outcome", "related", "action", "serious"):
        assert problem_of(answer, name) == "Fill this in."
    assert typed_in(answer, "onset") == "03/04/2024"


def test_everything_that_is_missing_is_said_at_once(coordinator: Visitor) -> None:
    answer = coordinator.send(PATIENT, "record_adverse_event", {"term": "Nausea"})
    assert answer.status_code == 422
    for name in ("grade", "onset", "outcome", "related", "action", "serious"):
        assert problem_of(answer, name) == "Fill this in."
    assert typed_in(answer, "term") == "Nausea"


def test_markup_is_shown_as_text_in_every_text_field(coordinator: Visitor, trial: ServerTrial) -> None:
    """Sent, refused, recorded and listed: a script stays the text that somebody typed."""
    evil = '"><script>alert(1)</script>{{ 7*7 }}'
    for command, data in (
        ("record_adverse_event", EVENT | {"term": evil, "code": evil, "body_system": evil}),
        ("record_deviation", {"date": "2024-01-08", "category": evil, "description": evil, "major": "no"}),
        ("record_therapy", {"therapy": "systemic", "name": evil, "start": "2024-01"}),
        ("record_dose", {"start": "2024-01-08", "amount": "800", "unit": "mg", "why": evil}),
        ("report_wrong_kit", {"kit": "999999", "date": "2024-01-08", "what_was_done": evil}),
    ):
        refused = coordinator.send(PATIENT, command, data | {"date": "31.12.23", "start": "31.12.23", "onset": "x"})
        assert refused.status_code == 422
        assert b"<script>alert" not in refused.content
        assert coordinator.send(PATIENT, command, data).status_code == 303, command
    text = coordinator.text(f"subjects/{PATIENT}/?all=1")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in text
    for name in ("AE-1", "DEV-1", "TX-1"):
        page = coordinator.text(f"subjects/{PATIENT}/records/{name}/")
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page
    data = {"of": "AE-1", "text": evil}
    assert Visitor(trial, "monitor").send(PATIENT, "open_query", data).status_code == 303
    assert "<script>alert" not in coordinator.text(f"subjects/{PATIENT}/do/answer_query/")


def test_a_body_of_a_gigabyte_is_refused_before_it_is_read(coordinator: Visitor, trial: ServerTrial) -> None:
    before = chain_end(TRIAL)
    answer = coordinator.client.post(
        coordinator.url("dictionary/"), b"x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(2**30)
    )
    assert answer.status_code == 413
    assert "larger than 10 MB" in answer.content.decode()
    assert chain_end(TRIAL) == before
    over_http = coordinator.client.post("/api/token", b"x", content_type="application/json", CONTENT_LENGTH=str(2**30))
    assert over_http.status_code == 413
    assert over_http.json()["code"] == "too_large"


@pytest.mark.parametrize(
    "name", ["../../trial.sqlite3", "..\\..\\x.csv", "a\nb.csv", "\u202egnp.csv", "x" * 300, "con", ""]
)
def test_a_hostile_file_name(coordinator: Visitor, trial: ServerTrial, name: str) -> None:
    """The file is kept under the name of the site, whatever it was called."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    before = {path for path in trial.place.data.parent.rglob("*") if path.is_file()}
    file = SimpleUploadedFile("x.csv", b"term,class\nNausea,Gastrointestinal disorders\n<b>x</b>,y\n")
    file._name = name  # what a browser is told to send
    answer = coordinator.post("dictionary/", {"name": "Own terms <b>", "file": file})
    assert answer.status_code in (303, 422)
    after = {path for path in trial.place.data.parent.rglob("*") if path.is_file()}
    new = {path.relative_to(trial.place.data.parent).as_posix() for path in after - before}
    of_record = {f"data/trial.{end}" for end in ("sqlite3-wal", "sqlite3-shm", "queue")} | {"data.heads", "data.new"}
    assert new <= {"data/dictionaries/01.csv"} | of_record
    if answer.status_code == 303:
        page = coordinator.text("dictionary/")
        assert "Own terms &lt;b&gt;" in page
        assert "&lt;b&gt;x&lt;/b&gt;" in coordinator.text(f"subjects/{PATIENT}/do/record_adverse_event/")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\x00", "no text in UTF-8"),
        (b"a,b\n1,2\n", "names the columns term and class"),
        (b"term,class\n", "columns"),
        (b"", "columns"),
        (b'term,class\n"a', "not CSV"),
    ],
)
def test_a_file_that_is_no_dictionary(coordinator: Visitor, content: bytes, said: str) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    tried = chain_end(ACCESS)
    answer = coordinator.post("dictionary/", {"name": "Own terms", "file": SimpleUploadedFile("x.csv", content)})
    assert answer.status_code == 422
    assert said in html.unescape(answer.content.decode())
    assert 'value="Own terms"' in answer.content.decode()
    assert chain_end(ACCESS) == tried
    assert "CTCAE 5.0" in coordinator.text("dictionary/")


def test_the_same_form_twice_is_recorded_once(coordinator: Visitor, trial: ServerTrial) -> None:
    """A double click, the back button and a lost answer are the same request; with other values it is said so."""
    data = {"request_id": "page-0000-twice", "date": "2024-01-08", "how": "visit", "status": "alive"}
    first = coordinator.send(PATIENT, "record_contact", data)
    end = chain_end(TRIAL)
    again = coordinator.send(PATIENT, "record_contact", data)
    assert (first.status_code, again.status_code, first["location"]) == (303, 303, again["location"])
    assert chain_end(TRIAL) == end
    other = coordinator.send(PATIENT, "record_contact", data | {"how": "telephone"})
    assert "has been sent before, with other values" in other.content.decode()
    assert 'value="page-0000-twice"' not in other.content.decode()
    assert chain_end(TRIAL) == end


@pytest.mark.parametrize(
    "name", ["request_id", "lesions.99999.diameter", "lesions.x.diameter", "lesions.0.none", "values.nope", "_drop"]
)
def test_names_that_no_form_has(coordinator: Visitor, name: str) -> None:
    data = {"assessment": "0", "date": "2024-01-08", name: "\x00<x>"} | lesion(0, diameter="23")
    assert coordinator.send("01-001", "measure_tumors", data).status_code in (200, 303, 422)


def test_a_reason_of_several_lines_is_taken_and_control_characters_are_not(trial: ServerTrial) -> None:
    doctor = Visitor(trial, "investigator@01")
    command = "break_code"
    refused = doctor.send(PATIENT, command, {"reason": "uncon\x00scious", **doctor.proof()})
    assert refused.status_code == 422
    sent = doctor.send(PATIENT, command, {"reason": "unconscious\r\nin the emergency room", **doctor.proof()})
    assert sent.status_code == 303, sent.content.decode()
    assert trial.events()[-1].reason == "unconscious\nin the emergency room"


@pytest.mark.parametrize("command", ["report_serious_event", "answer_query", "update_adverse_event"])
def test_a_form_with_nothing_to_choose_says_so(coordinator: Visitor, command: str) -> None:
    """No event, no open query: the page says it and what would help, instead of a form that cannot be filled in."""
    text = coordinator.text(f"subjects/{PATIENT}/do/{command}/")
    assert "There is nothing to choose from" in text
    assert 'name="send"' not in text
    sent = coordinator.send(PATIENT, command, {"event": "AE-9", "query": "Q-9", "record": "AE-9"})
    assert sent.status_code == 422
