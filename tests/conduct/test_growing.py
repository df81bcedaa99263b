"""A growing map is a dictionary whose older versions stay as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.conduct.growing import BLOCK, Growing

NAMES = st.sampled_from([f"LAB-{i}" for i in range(3 * BLOCK)])


@given(st.lists(st.tuples(NAMES, st.integers()), max_size=200))
def test_every_version_is_what_a_copied_dictionary_would_be(entries: list[tuple[str, int]]) -> None:
    versions: list[tuple[Growing[int], dict[str, int]]] = [(Growing(), {})]
    for name, value in entries:
        growing, copied = versions[-1]
        versions.append((growing.with_entry(name, value), {**copied, name: value}))
    for growing, copied in versions:
        assert list(growing.items()) == list(copied.items())
        assert list(growing.values()) == list(copied.values())
        assert list(reversed(growing)) == list(reversed(copied))
        assert len(growing) == len(copied)
        assert growing == copied
        assert copied == growing
        assert repr(growing) == repr(copied)
        for name in ("LAB-0", "LAB-30", "LAB-71", "other"):
            assert growing.get(name) == copied.get(name)
            assert growing.get(name, 7) == copied.get(name, 7)
            assert (name in growing) is (name in copied)


@given(st.integers(0, 4 * BLOCK), st.integers(0, 4 * BLOCK))
def test_two_versions_go_on_from_one_without_seeing_each_other(before: int, after: int) -> None:
    start: Growing[int] = Growing({"first": 0})
    for i in range(before):
        start = start.with_entry(f"common-{i}", i)
    left = right = start
    for i in range(after):
        left, right = left.with_entry(f"left-{i}", i), right.with_entry(f"right-{i}", i)
    assert list(left) == [*start, *(f"left-{i}" for i in range(after))]
    assert list(right) == [*start, *(f"right-{i}" for i in range(after))]
    assert len(start) == 1 + before


def test_a_name_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="b"):
        Growing({"a": 1})["b"]
