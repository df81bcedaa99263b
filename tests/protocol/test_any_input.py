"""Property: whatever stands in a file, loading gives a protocol or a `ProtocolError`, never another exception."""

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from equipoise.protocol import Problem, Protocol, ProtocolError, compare_protocols, parse_protocol, summarize
from equipoise.protocol.expressions import ExpressionError, FieldType, parse

EXAMPLES = 500 if os.environ.get("EQUIPOISE_FULL") == "1" else 100
TRIAL = Path(__file__).parents[2] / "trials" / "a021202" / "protocol.yaml"
WORDS = [
    "pazopanib",
    "age",
    "randomized",
    "pfs_central",
    "x",
    "",
    "2020-01-01",
    "age >= 1",
    "prior_ssa and",
    "P",
    "death",
    "Ä",
]

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def trial() -> Any:
    data = YAML(typ="safe", pure=True).load(TRIAL.read_text(encoding="utf-8"))
    return json.loads(json.dumps(data, default=str))


def loaded(text: str) -> tuple[Protocol | None, tuple[Problem, ...]]:
    try:
        return parse_protocol(text), ()
    except ProtocolError as error:
        return None, error.problems


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inner:
        found += places(value, (*path, key))
    return found


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_a_spoiled_trial_loads_or_is_explained(trial: Any, data: st.DataObject) -> None:
    """Put anything in place of up to three parts of a real protocol, or take them away."""
    spoiled = copy.deepcopy(trial)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(spoiled)))
        parent = spoiled
        for key in path[:-1]:
            parent = parent[key]
        if data.draw(st.booleans()) and isinstance(parent, dict):
            del parent[path[-1]]
        else:
            parent[path[-1]] = data.draw(values)
        if not spoiled:
            break
    protocol, problems = loaded(json.dumps(spoiled))
    if protocol is None:
        assert problems
        assert all(problem.line is not None and problem.message for problem in problems)
    else:
        assert summarize(protocol)
        assert compare_protocols(protocol, protocol) == []
        assert Protocol.model_validate_json(protocol.model_dump_json(by_alias=True)) == protocol


@settings(max_examples=EXAMPLES, deadline=None)
@given(text=st.text(max_size=60) | st.text(alphabet=" \n\t:-[]{}#&*!|>'\"%@`?,ab1", max_size=60))
def test_any_text_is_explained(text: str) -> None:
    with pytest.raises(ProtocolError):
        parse_protocol(text)


FIELDS = {
    "age": FieldType("number", unit="years"),
    "site": FieldType("text", levels=("a", "b")),
    "flag": FieldType("boolean"),
    "day": FieldType("date"),
}
PIECES = (
    "age site flag day and or not in is missing ( ) [ ] , == < = + - * / 'a' ' 1 2.5 "
    "days months( age( date( if else true % é mm"
)
DATES = ["'2020-01-01'", "12 months"]


@settings(max_examples=EXAMPLES * 3, deadline=None)
@given(text=st.lists(st.sampled_from([*PIECES.split(), *DATES]), max_size=12).map(" ".join) | st.text(max_size=30))
def test_any_expression_is_parsed_or_explained(text: str) -> None:
    fault: ExpressionError | None = None
    try:
        parse(text, FIELDS)
    except ExpressionError as error:
        fault = error
    if fault is not None:
        assert 0 <= fault.start <= fault.end <= len(text)
        assert fault.message
        assert fault.place
