"""Names of records: one letter code for one kind, so that no name is given twice to a patient."""

import re
from pathlib import Path

from tests.conduct.made_up import Trial

from equipoise.conduct import nouns

FOLDER = Path(str(nouns.__file__)).parent


def test_no_two_kinds_of_a_patient_share_a_code() -> None:
    found: dict[str, set[str]] = {}
    for path in sorted(FOLDER.glob("*.py")):
        for code, kind in re.findall(r'c\.record\(\s*"([A-Z]+)",\s*"(\w+)"', path.read_text(encoding="utf-8")):
            found.setdefault(code, set()).add(kind)
    assert len(found) > 40
    assert {code: kinds for code, kinds in found.items() if len(kinds) > 1} == {}


def test_neither_site_nor_monitor_learns_of_central_review_by_asking_for_its_records(trial: Trial) -> None:
    subject = trial.progressed()
    for name in ("RESULT-1", "READ-1", "ROPEN-1", "REVIEW-1", "READER-1"):
        change = {"record": name, "field": "answer", "new": "x"}
        assert trial.code("correct", "coordinator@01", change, subject=subject) == "record_unknown", name
        assert trial.code("retract", "investigator@01", {"record": name}, subject=subject) == "record_unknown", name
        for who in ("monitor", "safety"):
            query = {"of": name, "text": "?"}
            assert trial.code("open_query", who, query, subject=subject) == "record_unknown", name
    assert trial.code("open_query", "data_manager", {"of": "READ-1", "text": "?"}, subject=subject) is None
