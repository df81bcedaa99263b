"""Rows in, files out: what the writer refuses, and what comes back from a folder."""

import json
from pathlib import Path

import polars as pl
import pytest
from tests.results.example import example_results

from equipoise.results import (
    COLUMN_MEANING,
    STATISTICS,
    TABLES,
    ResultsError,
    ResultsWriter,
    read_results,
    write_results,
)


@pytest.fixture
def writer() -> ResultsWriter:
    return ResultsWriter(study_id="S", data_cut="final")


def test_every_column_has_a_meaning() -> None:
    assert list(COLUMN_MEANING) == list(STATISTICS)


def test_rows_carry_what_is_common_and_are_numbered(writer: ResultsWriter) -> None:
    writer.add("n", 3, analysis_id="flow")
    writer.add("n", 4, analysis_id="flow")
    rows = writer.finish({}).statistics
    assert rows.select("row_id", "study_id", "data_cut", "look", "value").rows() == [
        (1, "S", "final", 0, 3.0),
        (2, "S", "final", 0, 4.0),
    ]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"statistic": "n", "value": 1, "arm": "a"}, r"unknown result columns \['arm'\]"),
        ({"statistic": "estimate", "value": float("nan")}, "give None and a status"),
        ({"statistic": "estimate", "value": float("inf")}, "give None and a status"),
        ({"statistic": "estimate", "value": None}, "neither value, text nor status"),
    ],
)
def test_rows_that_say_nothing_are_refused(writer: ResultsWriter, columns: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        writer.add(**columns)  # type: ignore[arg-type]


def test_sides_follow_the_statistic_and_levels_stay_with_limits(writer: ResultsWriter) -> None:
    names = ["estimate", "conf_low", "conf_high", "conf_high_one_sided", "p_value", "p_one_sided", "p_opposite"]
    writer.add_values(dict.fromkeys(names, 0.5), conf_level=0.95)
    rows = writer.finish({}).statistics.select("statistic", "sided", "conf_level").rows()
    assert rows == [
        ("estimate", None, None),
        ("conf_low", 2, 0.95),
        ("conf_high", 2, 0.95),
        ("conf_high_one_sided", 1, 0.95),
        ("p_value", 2, None),
        ("p_one_sided", 1, None),
        ("p_opposite", 1, None),
    ]


def test_a_value_of_none_is_not_estimable(writer: ResultsWriter) -> None:
    writer.add_values({"estimate": None}, text="no events")
    assert writer.finish({}).statistics.select("value", "status", "text").row(0) == (None, "NE", "no events")


def test_equal_sets_are_stored_once_in_order(writer: ResultsWriter) -> None:
    first = writer.source_set(["b", "a", "b"], "two")
    assert writer.source_set(["a", "b"], "the same two") == first
    assert writer.source_set([], "nobody") != first
    sets = writer.finish({}).source_sets.filter(source_set=first)
    assert sets.select("label", "n", "subjects").rows() == [("two", 2, ["a", "b"])]
    empty = writer.finish({}).source_sets.filter(n=0)
    assert empty["label"].to_list() == ["no subjects"]


def test_a_folder_comes_back_as_it_was_written(tmp_path: Path) -> None:
    results = example_results()
    write_results(results, tmp_path / "results")
    again = read_results(tmp_path / "results")
    for name in TABLES:
        assert getattr(again, name).equals(getattr(results, name)), name
    assert again.trial == json.loads(json.dumps(results.trial))
    records = json.loads((tmp_path / "results" / "statistics.json").read_text())
    assert len(records) == results.statistics.height
    assert records[0]["variable"] == "assessed"
    assert records[0]["value"] == 180.0


def test_writing_twice_gives_the_same_bytes_and_leaves_nothing_else(tmp_path: Path) -> None:
    write_results(example_results(), tmp_path / "a")
    first = {p.name: p.read_bytes() for p in (tmp_path / "a").iterdir()}
    (tmp_path / "a" / "stale.txt").write_text("from an older run")
    write_results(example_results(), tmp_path / "a")
    assert {p.name: p.read_bytes() for p in (tmp_path / "a").iterdir()} == first
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_failed_write_leaves_the_old_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_results(example_results(), tmp_path / "a")
    before = {p.name: p.read_bytes() for p in (tmp_path / "a").iterdir()}

    def no_space(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", no_space)
    with pytest.raises(OSError, match="no space"):
        write_results(example_results(), tmp_path / "a")
    assert {p.name: p.read_bytes() for p in (tmp_path / "a").iterdir()} == before
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("name", ["statistics.parquet", "source_sets.parquet", "trial.json"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    write_results(example_results(), tmp_path / "a")
    (tmp_path / "a" / name).unlink()
    with pytest.raises(ResultsError, match=rf"{name}: not there; run 'equipoise analyze'"):
        read_results(tmp_path / "a")


def test_other_columns_and_broken_files_are_named(tmp_path: Path) -> None:
    write_results(example_results(), tmp_path / "a")
    pl.DataFrame({"x": [1]}).write_parquet(tmp_path / "a" / "curves.parquet")
    with pytest.raises(ResultsError, match=r"curves\.parquet: columns differ .*missing study_id"):
        read_results(tmp_path / "a")
    (tmp_path / "a" / "curves.parquet").write_bytes(b"PAR1 cut short")
    with pytest.raises(ResultsError, match=r"curves\.parquet: not a readable parquet file"):
        read_results(tmp_path / "a")
    write_results(example_results(), tmp_path / "a")
    (tmp_path / "a" / "trial.json").write_text("{")
    with pytest.raises(ResultsError, match=r"trial\.json: not readable JSON"):
        read_results(tmp_path / "a")


def test_findings_keep_their_order(writer: ResultsWriter) -> None:
    writer.add_frame("findings", pl.DataFrame({"code": ["b", "a"], "severity": ["note", "error"]}))
    frame = writer.finish({}).findings
    assert frame["code"].to_list() == ["b", "a"]
    assert frame["study_id"].to_list() == ["S", "S"]
