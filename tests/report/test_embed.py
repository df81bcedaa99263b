"""Rows and sets of subjects inside the page."""

import base64
import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report.made_up import row, trial_of

from equipoise.report.facts import Facts
from equipoise.report.page.embed import embed, encode_set
from equipoise.report.rows import Rows
from equipoise.results import SOURCE_SETS

FACTS = Facts(trial_of("a", "b"))


def decoded(code: str, size: int) -> list[int]:
    """The places of a code, read as the page reads them."""
    if code[0] == "b":
        bits = base64.b64decode(code[1:])
        return [i for i in range(size) if bits[i >> 3] & (128 >> (i & 7))]
    found, at = [], -1
    for step in filter(None, code[1:].split(".")):
        at += int(step, 36)
        found.append(at)
    return found


@given(st.integers(1, 400).flatmap(lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1)))))
def test_a_set_comes_back(case: tuple[int, set[int]]) -> None:
    size, places = case
    assert decoded(encode_set(np.array(sorted(places), dtype=np.int64), size), size) == sorted(places)


def test_a_large_set_takes_a_sixth_of_a_character_a_subject() -> None:
    assert len(encode_set(np.arange(0, 25_400, 2), 25_400)) <= 25_400 / 6 + 6
    assert encode_set(np.array([0, 36]), 25_400) == "d1.10"


def sets(**members: list[str]) -> pl.DataFrame:
    rows = [{"source_set": k, "label": k, "n": len(v), "subjects": v} for k, v in members.items()]
    return pl.DataFrame(rows, schema=SOURCE_SETS)


def test_only_wanted_rows_with_their_sets_are_embedded() -> None:
    rows = Rows([row(row_id=i, value=v, source_set=s) for i, v, s in ((1, 97.0, "x"), (2, 0.5401, "y"), (3, 1.0, "z"))])
    data = json.loads(embed(rows, {1, 2}, FACTS, sets(x=["s1", "s2"], y=["s2"], z=["s3"])))
    assert data["ids"] == [1, 2]
    assert data["columns"]["value"] == [97, 0.5401]
    assert data["columns"]["population"] == {"one": "itt"}
    assert data["columns"]["source_set"] == {"of": ["x", "y"], "at": [0, 1]}
    assert data["subjects"] == ["s1", "s2"]
    assert {name: [n, decoded(code, 2)] for name, (n, code) in data["sets"].items()} == {
        "x": [2, [0, 1]],
        "y": [1, [1]],
    }


def test_sets_past_the_budget_are_named_with_their_count() -> None:
    rows = Rows([row(row_id=1, source_set="large"), row(row_id=2, source_set="small")])
    source = sets(large=[f"s{i:04}" for i in range(2000)], small=["s0001"])
    data = json.loads(embed(rows, {1, 2}, FACTS, source, budget=100))
    assert data["sets"]["large"] == [2000, None]
    assert data["sets"]["small"] == [1, "d2"]


@pytest.mark.parametrize("hostile", ["</script><script>alert(1)</script>", "<!--", "\u2028"])
def test_text_cannot_leave_the_script_element(hostile: str) -> None:
    text = embed(Rows([row(text=hostile)]), {1}, FACTS, sets())
    assert "<" not in text
    assert "\u2028" not in text
    assert json.loads(text)["columns"]["text"] == {"one": hostile}
