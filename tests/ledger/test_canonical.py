"""One way to write a value, and nothing that could be read in two ways."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.ledger import LedgerError, canonical_text, normalized, parse_canonical

TEXT = st.text(st.characters(exclude_categories=["Cs"])).map(lambda text: str(normalized(text)))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_a_value_comes_back_and_has_one_form(value: object) -> None:
    text = canonical_text(value)
    assert json.loads(text) == value
    assert parse_canonical(text) == value
    assert canonical_text(json.loads(text)) == text


@given(VALUES)
def test_the_form_is_that_of_the_standard_library(value: object) -> None:
    assert canonical_text(value) == json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def test_every_letter_is_written_alike() -> None:
    """Control characters, and keys beyond the first plane, which another order of letters would put elsewhere."""
    letters = [chr(n) for n in range(0x3100) if unicodedata.is_normalized("NFC", chr(n))]
    value = {"keys": dict.fromkeys(["\uff41", "\U0001d400", "z", "\x7f"], 0), "letters": letters}
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    assert canonical_text(value) == text
    assert parse_canonical(text) == value


@pytest.mark.parametrize("depth", [200, 300, 700])
def test_lists_in_lists(depth: int) -> None:
    text = "[" * depth + "]" * depth
    assert canonical_text(parse_canonical(text)) == text


@given(st.dictionaries(TEXT, st.integers(0, 9), min_size=2, max_size=6))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert canonical_text(dict(reversed(value.items()))) == canonical_text(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, "x"]}, '{"a":[true,null,"x"],"b":1}'),
        ({"é": "Ü", "z": ""}, '{"z":"","é":"Ü"}'),
        ('line\n"quoted"\\\x00', '"line\\n\\"quoted\\"\\\\\\u0000"'),
        ((1, 2), "[1,2]"),
        ({}, "{}"),
        (-0, "0"),
    ],
)
def test_known_forms(value: object, text: str) -> None:
    assert canonical_text(value) == text


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"doses": [1, 2, 2.5]}, "value.doses[2]: 2.5 is a floating point number"),
        ({"a": {"b": float("nan")}}, "value.a.b: nan is a floating point number"),
        ({"a": 2**53}, "value.a: 9007199254740992 is beyond 2**53 - 1; give it as text"),
        ({1: "a"}, "value.1: the key is int, expected text"),
        ({"a": b"x"}, "value.a: bytes has no canonical form"),
        ({"a": {"x"}}, "value.a: set has no canonical form"),
        ({"a": "\ud800"}, "value.a: the text holds half of a surrogate pair"),
        ({"a": "e\u0301"}, "is not in Unicode form NFC"),
        ({"e\u0301": 1}, "is not in Unicode form NFC"),
    ],
)
def test_what_has_no_canonical_form_is_refused_with_its_place(value: object, message: str) -> None:
    with pytest.raises(LedgerError) as caught:
        canonical_text(value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a":1,"a":1}', "keys sorted and unique"),
        ('{"b":1,"a":1}', "keys sorted and unique"),
        ('{"a": 1}', "no blanks"),
        ('{"a":1.0}', "1.0 is a floating point number"),
        ('{"a":1e3}', "1e3 is a floating point number"),
        ('{"a":NaN}', "NaN is a floating point number"),
        ('"\\u0041"', "not in canonical form"),
        ('"\\ud800"', "half of a surrogate pair"),
        ('{"a":18446744073709551616}', "18446744073709551616 is beyond 2**53 - 1"),
        ("{", "not JSON"),
        ("", "not JSON"),
    ],
)
def test_text_that_is_not_canonical_is_not_read(text: str, message: str) -> None:
    with pytest.raises(LedgerError) as caught:
        parse_canonical(text)
    assert message in str(caught.value)


def test_normalizing_brings_text_and_keys_into_one_form() -> None:
    assert normalized({"e\u0301": ["A\u030a", 1, None]}) == {"\u00e9": ["\u00c5", 1, None]}
    with pytest.raises(LedgerError, match="become one"):
        normalized({"e\u0301": 1, "\u00e9": 2})
    assert canonical_text("n\n\u0301".replace("n\n", "\n")) == '"\\n\u0301"', "a mark after a line break is NFC"
