"""What is seen at once to fit has nothing wrong with it; a payload as people send it is seen at once."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conduct.test_any_payload import JUNK, payloads

from equipoise.conduct import COMMANDS, check_payload
from equipoise.conduct.field import Field
from equipoise.conduct.fitting import fits_of

FIELDS = {
    "text": Field("x", "text", "", maximum=8),
    "identifier": Field("x", "identifier", ""),
    "date": Field("x", "date", ""),
    "partial_date": Field("x", "partial_date", ""),
    "time": Field("x", "time", ""),
    "integer": Field("x", "integer", "", minimum=0, maximum=5),
    "decimal": Field("x", "decimal", ""),
    "boolean": Field("x", "boolean", ""),
    "choice": Field("x", "choice", "", choices=("a", "b")),
    "hash": Field("x", "hash", ""),
    "texts": Field("x", "texts", "", minimum=1, maximum=2),
    "values": Field("x", "values", ""),
    "records": Field("x", "records", "", maximum=2, fields=(Field("y", "integer", ""), Field("z", "text", "", False))),
    "any": Field("x", "any", ""),
}
GOOD: dict[str, list[Any]] = {
    "text": ["a", "a b", "12345678", "~"],
    "identifier": ["a", "A-1", "coordinator@01"],
    "date": ["2024-02-29", "1900-01-01"],
    "partial_date": ["2024-02-29", "2024-02", "1900"],
    "time": ["2024-02-29T08:00:00Z", "2024-02-29T08:00:00.000001Z"],
    "integer": [0, 5],
    "decimal": ["0", "-1.50", "999999999999999.999999999999"],
    "boolean": [True, False],
    "choice": ["a", "b"],
    "hash": ["0a" * 32],
    "texts": [["a"], ("a", "b")],
    "values": [{}, {"a": 1, "b": None, "c": True}, {"a": "x", "b": 2**60}],
    "records": [[], [{"y": 1}], ({"y": 1, "z": None}, {"y": 2, "z": "q"})],
    "any": ["", "a", 7],
}
BAD: dict[str, list[Any]] = {
    "text": ["", " ", "123456789", 1, True, [], "\x00", b"a"],
    "identifier": ["", "-a", "a b", "a" * 81, 1, "a\n"],
    "date": ["2024-02-30", "1899-12-31", "20240229", "2024-2-29", "2024-W09-4", 20240229, ["2"] * 10, "2024-02-29 "],
    "partial_date": ["2024-13", "1899", "24", "2024-02-30", 2024, ["2"] * 10, "2024\n"],
    "time": ["2024-02-29T08:00:00", "2024-02-30T08:00:00Z", "Z", 1, b"2024-02-29T08:00:00Z"],
    "integer": [-1, 6, True, "1", 1.0],
    "decimal": ["1.", "01", "1e3", 1, 1.5, "1\n"],
    "boolean": [0, 1, "yes"],
    "choice": ["c", "", 1, ["a"], {"a": 1}],
    "hash": ["0A" * 32, "0" * 63, 1],
    "texts": [[], ["a", "b", "c"], ["a", ""], ["a", " "], "a", [1], ["\x00"], {"a": 1}],
    "values": [[], {"a": 1.5}, {1: "a"}, {"a": []}, {"a": "\x00"}, {"\x00": 1}, "a"],
    "records": [[{}], [{"y": "1"}], [{"y": 1, "q": 1}], [{"y": 1}] * 3, {"y": 1}, [[("y", 1)]], "a"],
    "any": [1.5, "\x00"],
}


@pytest.mark.parametrize("kind", sorted(FIELDS))
def test_each_type_says_yes_to_what_fits_and_no_to_the_rest(kind: str) -> None:
    fields = (FIELDS[kind],)
    fits = fits_of(fields)
    for value in GOOD[kind]:
        assert not check_payload(fields, {"x": value}), value
        assert fits({"x": value}), value
    for value in BAD[kind]:
        assert check_payload(fields, {"x": value}), value
        assert not fits({"x": value}), value
    assert not fits({})
    assert not fits({"x": None})
    assert not fits({"x": GOOD[kind][0], "q": None})


def test_a_field_that_is_not_required_may_be_missing_or_null() -> None:
    fits = fits_of((Field("x", "text", "", required=False), Field("y", "text", "")))
    assert fits({"y": "a"})
    assert fits({"x": None, "y": "a"})
    assert not fits({"x": "a"})
    assert not fits({"x": "a", "q": "a"})


@settings(max_examples=300, deadline=None, database=None)
@given(kind=st.sampled_from(sorted(FIELDS)), value=JUNK)
def test_nothing_is_seen_to_fit_that_does_not(kind: str, value: Any) -> None:
    fields = (FIELDS[kind],)
    if fits_of(fields)({"x": value}):
        assert not check_payload(fields, {"x": value})


@settings(max_examples=300, deadline=None, database=None)
@given(data=st.data(), name=st.sampled_from(sorted(COMMANDS)))
def test_no_payload_of_a_command_is_seen_to_fit_that_does_not(data: st.DataObject, name: str) -> None:
    payload = data.draw(payloads(COMMANDS[name].fields))
    if COMMANDS[name].fits(payload):
        assert not check_payload(COMMANDS[name].fields, payload)
