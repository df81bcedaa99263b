"""Figures in print beside computed ones: which are near enough, and what is wrong with a file of them."""

from pathlib import Path

import polars as pl
import pytest

from equipoise.rehearsal.errors import RehearsalError
from equipoise.rehearsal.twin.published import Line, Standing, compare, load_published
from equipoise.rehearsal.twin.published import computed as computed_from
from equipoise.results import STATISTICS

TRIAL = Path(__file__).parents[3] / "trials" / "a021202"


def statistics(*rows: tuple[str, str | None, float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"variable": variable, "group_level": group, "value": value, "statistic": "n"}
            for variable, group, value in rows
        ]
    )


def computed(given: Line, frame: pl.DataFrame) -> float | None:
    return computed_from(given, frame)[0]


def line(**given: object) -> Line:
    return Line.model_validate({"label": "a figure", "rows": [{"variable": "n", "group_level": "a"}], **given})


@pytest.mark.parametrize(
    ("rule", "inside", "outside"),
    [
        ({"value": 75, "digits": 0}, 74.5, 74.49),
        ({"value": 0.017, "digits": 3}, 0.0165, 0.0164),
        ({"value": 11.8, "tolerance": 0.2}, 12.0, 12.01),
        ({"below": 0.001}, 0.00099, 0.001),
        ({"low": 19, "high": 21}, 21.0, 21.1),
    ],
)
def test_rules(rule: dict[str, float], inside: float, outside: float) -> None:
    assert line(**rule).holds(inside)
    assert not line(**rule).holds(outside)
    assert not line(**rule).holds(None)
    assert not line(**rule).holds(float("nan"))


def test_units_sums_and_complement() -> None:
    frame = statistics(("n", "a", 304.375), ("n", "b", 95.625), ("m", None, 0.25))
    both = [{"variable": "n", "group_level": "a"}, {"variable": "n", "group_level": "b"}]
    assert computed(line(value=1, tolerance=1, unit="months"), frame) == pytest.approx(10)
    assert computed(line(value=1, tolerance=1, rows=both), frame) == 400
    assert (
        computed(line(value=1, tolerance=1, rows=[{"variable": "m", "group_level": None}], unit="proportion"), frame)
        == 25
    )
    assert (
        computed(line(value=1, tolerance=1, rows=[{"variable": "m"}], unit="proportion", complement=True), frame) == 75
    )


def test_a_share_of_other_rows() -> None:
    frame = statistics(("n", "a", 30.0), ("n", "b", 90.0), ("n", "c", 0.0))
    a, b, c = ({"variable": "n", "group_level": group} for group in "abc")
    assert computed(line(value=25, tolerance=1, rows=[a], over=[a, b]), frame) == 25
    assert computed(line(value=25, tolerance=1, rows=[a], over=[c]), frame) is None
    assert computed_from(line(value=25, tolerance=1, rows=[a], over=[a, b]), frame.with_row_index("row_id"))[1] == (
        0,
        1,
    )


def test_a_line_without_a_tolerance_has_none() -> None:
    with pytest.raises(ValueError, match="a tolerance, where none is asked"):
        line(value=1, tolerance=1, not_asked="nobody aimed at it")


def test_comparison_says_how_each_line_ended() -> None:
    lines = {
        "near": line(value=10, tolerance=1),
        "far": line(value=20, tolerance=1),
        "other_cut": line(value=5, tolerance=0, cut="early"),
        "never": line(not_attempted="nobody knows"),
        "silent": line(no_published_number="a figure without numbers"),
        "beside": line(value=30, not_asked="nobody aimed at it"),
    }
    frames = {"final": statistics(("n", "a", 10.5)), "early": statistics(("n", "a", 5.0))}
    table = compare(lines, frames, default_cut="final", percentiles={"near": 37.5})
    assert [row.standing for row in table] == [
        Standing.INSIDE, Standing.OUTSIDE, Standing.INSIDE, Standing.NOT_ATTEMPTED, Standing.NOT_PUBLISHED,
        Standing.NOT_ASKED,
    ]  # fmt: skip
    assert table[0].percentile == 37.5
    assert table[3].value is None
    assert table[4].value == 10.5


def test_lines_that_find_no_row_or_several_are_named_together() -> None:
    lines = {
        "none": line(value=1, digits=0, rows=[{"variable": "x"}]),
        "two": line(value=1, digits=0, rows=[{"variable": "n"}]),
        "column": line(value=1, digits=0, rows=[{"colour": "x"}]),
        "cut": line(value=1, digits=0, cut="late"),
    }
    with pytest.raises(RehearsalError) as caught:
        compare(lines, {"final": statistics(("n", "a", 1), ("n", "b", 1))}, default_cut="final")
    assert [problem.path for problem in caught.value.problems] == [f"lines.{name}" for name in lines]


def test_wrong_file_names_every_line(tmp_path: Path) -> None:
    path = tmp_path / "published.yaml"
    path.write_text(
        "lines:\n  a: {label: A, value: 1, digits: 0}\n  b: {label: B, rows: {variable: n}, value: 1}\n"
        "  c: {label: C, rows: {variable: n}, value: one, digits: 0}\n  d: {label: D, rows: {variable: n}, digits: 0}\n"
    )
    with pytest.raises(RehearsalError) as caught:
        load_published(path)
    assert [problem.line for problem in caught.value.problems] == [2, 3, 4, 5]
    path.write_text("figures: {}\n")
    with pytest.raises(RehearsalError, match="one mapping `lines`"):
        load_published(path)


def test_lines_of_the_published_trial() -> None:
    lines = load_published(TRIAL / "published.yaml")
    assert len(lines) > 50
    columns = set(STATISTICS)
    assert all(set(row) <= columns for given in lines.values() for row in given.rows)
    assert all(given.status == "inferred" for name, given in lines.items() if name.startswith(("grade3_pa", "safety_")))
