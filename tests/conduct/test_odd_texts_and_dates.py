"""Texts that not every database can keep, and days on which nothing of a trial happened."""

from typing import Any

import pytest
from tests.conduct.made_up import Trial

from equipoise.conduct.field import Field, check_payload

CONTROL = ["a\x00b", "\x00", "\x1b[31m", "\ud800"]


@pytest.fixture
def subject(trial: Trial) -> str:
    return trial.randomized()


@pytest.fixture
def trial() -> Trial:
    return Trial().set_up("01")


@pytest.mark.parametrize("text", CONTROL)
def test_a_reason_without_control_characters(trial: Trial, subject: str, text: str) -> None:
    """A reason goes into the record as it is: PostgreSQL would refuse it, and SQLite would not."""
    contact = {"date": trial.today, "how": "visit", "status": "alive"}
    before = len(trial.chain.events)
    assert trial.code("record_contact", "coordinator@01", contact, subject=subject, reason=text) == "bad_value"
    assert trial.code("break_code", "investigator@01", subject=subject, reason=text) == "bad_value"
    assert len(trial.chain.events) == before
    assert trial.code("record_contact", "coordinator@01", contact, subject=subject, reason="seen\nin town") is None


@pytest.mark.parametrize("text", CONTROL)
@pytest.mark.parametrize("kind", ["text", "texts", "values", "any"])
def test_no_control_characters_in_any_kind_of_field(kind: str, text: str) -> None:
    field = Field("said", kind, "What was said")
    given: list[Any] = {"text": [text], "texts": [[text]], "values": [{"a": text}, {text: "a"}], "any": [text, [text]]}[
        kind
    ]
    for value in given:
        assert len(check_payload((field,), {"said": value})) == 1
    good: Any = {"text": "é\n", "texts": ["é"], "values": {"a": "é"}, "any": ["é"]}[kind]
    assert check_payload((field,), {"said": good}) == []


@pytest.mark.parametrize(
    "day",
    ["0000-00-00", "0001-01-01", "1899-12-31", "2014-02-30", "2014-13-01", "2014-W05-1", "10000-1-1", "2014-1-01"],
)
def test_days_that_cannot_be_meant(trial: Trial, subject: str, day: str) -> None:
    contact = {"date": day, "how": "visit", "status": "alive"}
    assert trial.code("record_contact", "coordinator@01", contact, subject=subject) == "bad_value"


def test_the_end_of_the_calendar_lies_in_the_future(trial: Trial, subject: str) -> None:
    contact = {"date": "9999-12-31", "how": "visit", "status": "alive"}
    assert trial.code("record_contact", "coordinator@01", contact, subject=subject) == "date_in_future"


@pytest.mark.parametrize(("part", "fits"), [("0000", False), ("1899-12", False), ("1900", True), ("2014-05", True)])
def test_parts_of_days(part: str, fits: bool) -> None:
    assert (check_payload((Field("day", "partial_date", "A day"),), {"day": part}) == []) is fits
