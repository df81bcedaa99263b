"""The file of candidates comes back as it was written; wrong lines are all named."""

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from equipoise.rehearsal.errors import RehearsalError
from equipoise.rehearsal.streams import STREAMS, default_draws
from equipoise.rehearsal.twin.seeds import read_seeds, write_seeds


def test_round_trip(tmp_path: Path) -> None:
    draws = default_draws([0], 5).with_columns(disease=pl.Series([9, 8, 7, 6, 5], dtype=pl.Int32))
    write_seeds(tmp_path / "twin.seeds", draws, ["a comment"])
    assert_frame_equal(read_seeds(tmp_path / "twin.seeds", 5), draws)


def test_all_wrong_lines_at_once(tmp_path: Path) -> None:
    head = " ".join(("patient", *STREAMS))
    lines = [head, "1 0 0 0 0 0", "3 0 0 0 0 0", "2 0 x 0 0 0", "2 0 0", "2 99999999999 0 0 0 0"]
    (tmp_path / "twin.seeds").write_text("\n".join(lines))
    with pytest.raises(RehearsalError) as caught:
        read_seeds(tmp_path / "twin.seeds", 2)
    assert [problem.line for problem in caught.value.problems] == [3, 4, 5, 6]


def test_one_wrong_line_is_one_problem(tmp_path: Path) -> None:
    head = " ".join(("patient", *STREAMS))
    for wrong, rest in (("1 0 0", range(2, 9)), ("1 x 0 0 0 0", range(2, 9)), ("1 0 0 0 0 0", range(3, 9))):
        lines = [head, wrong, *(f"{patient} 0 0 0 0 0" for patient in rest)]
        (tmp_path / "twin.seeds").write_text("\n".join(lines))
        with pytest.raises(RehearsalError) as caught:
            read_seeds(tmp_path / "twin.seeds", 8)
        assert len(caught.value.problems) == 1


@pytest.mark.parametrize("text", ["", "patient disease\n", "\0"])
def test_no_such_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "twin.seeds").write_text(text)
    with pytest.raises(RehearsalError, match="head"):
        read_seeds(tmp_path / "twin.seeds", 2)
    with pytest.raises(RehearsalError, match="cannot be read"):
        read_seeds(tmp_path / "none", 2)


def test_as_many_lines_as_places(tmp_path: Path) -> None:
    write_seeds(tmp_path / "twin.seeds", default_draws([0], 3))
    with pytest.raises(RehearsalError, match="3 lines; expected 4"):
        read_seeds(tmp_path / "twin.seeds", 4)
