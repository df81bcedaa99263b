"""Whatever stands in a payload, a command is granted or refused in words; it never breaks."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conduct.made_up import Trial
from tests.conduct.test_rights import WHO

from equipoise.conduct import ACTIONS, COMMANDS, Refusal, Role
from equipoise.conduct.field import Field
from equipoise.ledger import Draft, LedgerError, Link, seal

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(
        ["01", "v1", "2024-01-08", "2024-02-30", "9999-12-31", "0001-01-01", "1e400", "-0", "NaN", "\x00", "\ud800", ""]
    ),
    st.lists(st.one_of(st.integers(), st.text(max_size=3)), max_size=3),
    st.dictionaries(st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=3)), max_size=3),
)
DATES = st.sampled_from(["2024-01-08", "2024-01-01", "2023-06-30", "2024-04-01", "0001-01-01", "9999-12-31"])
NAMES = (
    "01",
    "02",
    "v1",
    "study",
    "1.0",
    "cycle",
    "QLQ-C30",
    "AE-1",
    "BASE-1",
    "T1",
    "coordinator@01",
    "reader1",
    "systemic",
)


def fitting(field: Field) -> st.SearchStrategy[Any]:
    """Values that the field's type allows, sensible or not."""
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "text": st.text(min_size=1, max_size=20),
        "identifier": st.sampled_from(NAMES),
        "date": DATES,
        "partial_date": st.one_of(DATES, st.sampled_from(["2024", "2024-01", "0001"])),
        "time": st.sampled_from(["2024-01-08T08:00:00Z", "2031-01-01T00:00:00Z", "0001-01-01T00:00:00Z"]),
        "integer": st.integers(field.minimum or -5, min(field.maximum or 200, 10_000)),
        "decimal": st.sampled_from(["800", "0", "-1", "999999999999999.999999999999", "3.5"]),
        "boolean": st.booleans(),
        "choice": st.sampled_from(field.choices or ("",)),
        "hash": st.sampled_from(["a" * 64, "0" * 64]),
        "texts": st.lists(st.sampled_from(["adult", "death", "K1", "x"]), max_size=3),
        "values": st.dictionaries(st.sampled_from(["age", "grade", "Q1", "ecog", "x"]), JUNK, max_size=3),
        "any": JUNK,
    }
    if field.type == "records":
        return st.lists(payloads(field.fields), max_size=3)
    return kinds[field.type]


def payloads(fields: tuple[Field, ...]) -> st.SearchStrategy[dict[str, Any]]:
    parts = {f.name: st.one_of(fitting(f), fitting(f), fitting(f), JUNK) for f in fields}
    needed = {f.name: fitting(f) for f in fields if f.required}
    mixed = st.fixed_dictionaries(needed, optional={n: p for n, p in parts.items() if n not in needed})
    return st.one_of(
        mixed, mixed, st.fixed_dictionaries({}, optional=parts), st.dictionaries(st.text(), JUNK, max_size=2)
    )


@pytest.fixture(scope="module")
def prepared() -> tuple[Trial, list[str]]:
    trial = Trial().set_up("01", "02")
    subjects = [trial.screened(), trial.progressed()]
    event = {
        "term": "Fall", "grade": 2, "onset": "2024-01", "outcome": "unknown", "related": "unlikely", "action": "none",
        "serious": True, "criteria": ["hospitalization"],
    }  # fmt: skip
    trial.do("record_adverse_event", "coordinator@01", event, subject=subjects[1])
    unblinded = trial.progressed()
    trial.do("unblind", "investigator@01", subject=unblinded)
    trial.do("end_blinded_treatment", "investigator@01", {"date": trial.today}, subject=unblinded)
    trial.wait(1)
    return trial, [*subjects, unblinded]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_no_payload_breaks_a_command(prepared: tuple[Trial, list[str]], name: str, full: bool) -> None:
    trial, subjects = prepared
    role = min(ACTIONS[name].roles - {Role.PATIENT}, key=list(Role).index)
    who = WHO[role].format(site="01")

    @settings(max_examples=200 if full else 25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(payload=payloads(COMMANDS[name].fields), subject=st.sampled_from([*subjects, "01-999", ""]))
    def check(payload: dict[str, Any], subject: str) -> None:
        about = subject if ACTIONS[name].subject else None
        command = trial.command(name, who, payload, subject=about, role=str(role))
        answer = trial.decide(command)
        if isinstance(answer, Refusal):
            assert answer.code
            assert answer.reason
            assert answer.remedy
            return
        for draft in answer:
            _sealable(draft, command.stamp())

    check()


def _sealable(draft: Draft, stamp: Any) -> None:
    try:
        seal(draft, stamp, Link())
    except LedgerError as error:
        raise AssertionError(f"what was granted cannot be recorded: {error}") from error
