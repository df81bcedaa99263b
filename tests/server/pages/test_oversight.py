"""Pages of those who watch over the trial: numbers that add up, nothing after unblinding, a trail that can be read."""

import io
import json
import re
import zipfile

import pytest
from tests.conduct.made_up import Trial
from tests.server.pages_client import Visitor
from tests.server.server_trial import ServerTrial

from equipoise.ledger import ACCESS, TRIAL
from equipoise.server.ledger.store import read_events
from equipoise.server.pages.oversight.flow import flow_boxes
from equipoise.server.pages.oversight.standing import Standing
from equipoise.server.subjects.models import SubjectRow
from equipoise.server.subjects.progress import progress_of


def numbers(text: str) -> dict[str, int]:
    return {title.strip(): int(n) for title, n in re.findall(r"<p>([^<(]+)\(n = (\d+)\)</p>", text)}


def test_the_flow_adds_up(trial: ServerTrial) -> None:
    found = numbers(Visitor(trial, "data_manager").text("flow/"))
    rows = SubjectRow.objects.all()
    assert found["Screened"] == rows.count()
    assert found["Randomized, all arms together"] == rows.exclude(randomized=None).count()
    assert found["Screened"] == found["Not randomized"] + found["Randomized, all arms together"]
    assert found["Randomized, all arms together"] == found["Not treated so far"] + found["Began blinded treatment"]
    own = numbers(Visitor(trial, "coordinator@01").text("flow/"))
    assert own["Screened"] == rows.filter(site="01").count() < found["Screened"]


def test_an_answer_late_at_night_takes_no_days() -> None:
    """It is tomorrow already at the site when the reading is asked for, and still today in UTC when it is answered."""
    night = Trial().set_up("01")
    name = night.screened("01")
    for assessment, size in enumerate((3000, 4000)):
        night.measure(name, assessment, size)
        night.scan(name, assessment)
        if not assessment:
            night.do("randomize", "coordinator@01", subject=name)
            night.wait(84)
    night.now = night.now.replace(hour=23, minute=30)
    night.do("assess_response", "investigator@01", {"assessment": 1, "overall": "PD"}, subject=name)
    for reader in (1, 2):
        night.read(name, reader, 0)
        night.read(name, reader, 1, "PD")
    assert json.loads(progress_of(night.state.subjects[name]))["answers"] == [0]


def test_boxes_count_every_patient_once() -> None:
    known = [
        {"screened": "d"},
        {"failed": "age"},
        {"failed": ""},
        {"randomized": "d"},
        {"randomized": "d", "dosed": "d"},
        {"randomized": "d", "dosed": "d", "stopped": "progression", "died": True, "crossed": True},
    ]
    patients = [Standing(str(n), "01", each) for n, each in enumerate(known)]
    screened, randomized, treated, on, _follow_up = flow_boxes(patients, opened=False)
    assert [screened.n, randomized.n, treated.n, on.n] == [6, 3, 2, 1]
    assert screened.aside is not None
    assert [n for _, n in screened.aside.lines] == [1, 1, 1]
    assert ("crossed over", 1) not in randomized.lines
    assert ("crossed over", 1) in flow_boxes(patients, opened=True)[1].lines


def test_after_unblinding_the_flow_stands_still_for_the_blinded(trial: ServerTrial) -> None:
    subject = str(next(read_events(TRIAL, "kind IN ('unblinded', 'code_broken')")).subject)
    blinded, opened = (Visitor(trial, who) for who in ("data_manager", "unblinded_statistician"))
    before = blinded.text("flow/")
    death = {"date": trial.today, "cause": "disease", "source": "hospital"}
    trial.do("record_death", f"coordinator@{subject[:2]}", death, subject=subject)
    assert numbers(blinded.text("flow/")) == numbers(before)
    assert "Died (n = " not in blinded.text("flow/")
    assert "Died (n = 1)" in opened.text("flow/")


def test_a_monitor_reads_old_and_new_value_and_reason(trial: ServerTrial) -> None:
    event = {"term": "Nausea", "grade": 1, "onset": trial.today, "related": "possible", "serious": False,
             "outcome": "not recovered", "action": "none"}  # fmt: skip
    trial.do("record_adverse_event", "coordinator@01", event, subject="01-002")
    change = {"record": "AE-1", "field": "term", "new": "<b>Vomiting</b>"}
    trial.do("correct", "coordinator@01", change, subject="01-002", reason="misheard & misspelt")
    text = Visitor(trial, "monitor").text("subjects/01-002/audit/", what="changes")
    assert "<del>Nausea</del>" in text
    assert "&lt;b&gt;Vomiting&lt;/b&gt;" in text
    assert "misheard &amp; misspelt" in text
    assert "coordinator@01" in text
    assert "<b>Vomiting" not in text


def test_the_export_page_gives_the_files_of_the_interface(trial: ServerTrial) -> None:
    visitor = Visitor(trial, "blinded_statistician")
    assert "Export with treatments" not in visitor.text("export/")
    answer = visitor.get("export/", format="csv")
    asked = trial.get("sdtm?role=blinded_statistician&format=csv", "blinded_statistician")
    names = [sorted(zipfile.ZipFile(io.BytesIO(a.content)).namelist()) for a in (answer, asked)]
    assert names[0] == names[1]
    assert answer.content == asked.content
    assert visitor.get("export/", format="exe").status_code in (400, 409, 422)
    assert visitor.get("export/", format="csv", cut="nope").status_code in (404, 409)


def test_treatments_are_exported_with_proof_alone(trial: ServerTrial) -> None:
    visitor = Visitor(trial, "unblinded_statistician")
    assert "Your password" in visitor.text("export/unblinded/", format="csv")
    before = sum(1 for _ in read_events(ACCESS))
    answer = visitor.post("export/unblinded/?format=csv", visitor.proof())
    assert answer.status_code == 200
    assert "dm.csv" in [name.lower() for name in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()]
    assert sum(1 for _ in read_events(ACCESS)) > before


@pytest.mark.parametrize("who", ["investigator@01", "safety"])
def test_others_export_nothing(trial: ServerTrial, who: str) -> None:
    assert Visitor(trial, who, raises=False).get("export/", format="csv").status_code == 403
