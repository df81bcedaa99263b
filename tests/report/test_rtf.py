"""Tables as RTF: structure, escapes, speed by pattern, equal bytes."""

import re
from pathlib import Path

import pytest
from tests.report.made_up import trial_of

from equipoise.report.cells import Column, Line, Number, Table
from equipoise.report.facts import Facts
from equipoise.report.rtf import escape_rtf, table_rtf, write_tables

FACTS = Facts(trial_of("a", "b"))
SYNTHETIC = Facts(trial_of("a", "b", synthetic=True))


def table(*lines: Line, span: str = "", count: int = 2) -> Table:
    columns = tuple(Column(head=f"Head {i}", span=span) for i in range(count))
    return Table(name="made-up", title="Made up", stub="Stub", columns=columns, lines=lines, footnotes=("A note.",))


def words(rtf: str) -> list[list[str]]:
    """Texts of the cells of each row."""
    rows = re.findall(r"\\trowd.*?\\row\\pard", rtf, re.DOTALL)
    return [re.findall(r"\{\\f\d+(?:\\b)? ?(.*?)\}\\cell", row, re.DOTALL) for row in rows]


def depth_closes(rtf: str) -> bool:
    depth = 0
    for sign in re.sub(r"\\.", "", rtf):
        depth += (sign == "{") - (sign == "}")
        assert depth >= 0
    return depth == 0


@pytest.mark.parametrize("count", [1, 2, 3, 60])
def test_each_line_is_a_row_with_its_texts(count: int) -> None:
    lines = [Line(f"Line {i}", (Number(f"{i} (1.0)", (i,)), "x"), i % 3, head=False) for i in range(count)]
    rtf = table_rtf(table(*lines), FACTS, 1)
    assert words(rtf)[0] == ["Stub", "Head 0", "Head 1"]
    assert words(rtf)[1:] == [[f"Line {i}", f"{i} (1.0)", "x"] for i in range(count)]
    assert rtf.startswith("{\\rtf1")
    assert depth_closes(rtf)


def test_head_rows_repeat_on_every_page_and_spans_cover_their_columns() -> None:
    rtf = table_rtf(table(Line("A", ("1", "2")), span="Both"), FACTS, 1)
    assert rtf.count("\\trowd\\trhdr") == 2
    assert words(rtf)[:2] == [["", "Both"], ["Stub", "Head 0", "Head 1"]]


def test_indent_and_weight_follow_the_line() -> None:
    lines = [Line("First", ("", "")), Line("Head", head=True), Line("Deep", ("1", "2"), 2), Line("Last", ("", ""))]
    rows = re.findall(r"\\trowd.*?\\row\\pard", table_rtf(table(*lines), FACTS, 1), re.DOTALL)[1:]
    assert ["\\b Head" in row for row in rows] == [False, True, False, False]
    assert ["\\li360" in row for row in rows] == [False, False, True, False]


def test_hostile_text_stays_text() -> None:
    rtf = table_rtf(table(Line("}{\\field{\\*\\fldinst CMD}} Qq1qQ", ("1", "2"))), FACTS, 1)
    assert "fldinst CMD" in rtf
    assert "{\\*\\fldinst CMD" not in rtf
    assert words(rtf)[1][1:] == ["1", "2"]
    assert depth_closes(rtf)


def test_escapes() -> None:
    assert escape_rtf("a\\b{c}") == "a\\'5cb\\'7bc\\'7d"
    assert escape_rtf("≥ é –") == "\\u8805? \\u233? \\u8211?"
    assert escape_rtf("\U0001f600") == "\\u-10179?\\u-8704?"
    assert escape_rtf("a\nb\x07") == "a\\line b"


def test_synthetic_data_are_marked_on_every_page() -> None:
    assert "SYNTHETIC" in re.findall(r"\{\\header.*", table_rtf(table(Line("A", ("1", "2"))), SYNTHETIC, 1))[0]
    assert "SYNTHETIC" not in table_rtf(table(Line("A", ("1", "2"))), FACTS, 1)


def test_equal_tables_give_equal_bytes(tmp_path: Path) -> None:
    made = [table(*(Line(f"Line {i}", ("1", "2"), i % 2) for i in range(30)))]
    first = write_tables(made, tmp_path / "one", FACTS)
    second = write_tables(made, tmp_path / "two", FACTS)
    assert [path.name for path in first] == ["made-up.rtf"]
    assert first[0].read_bytes() == second[0].read_bytes()
    assert "Made with equipoise 0.1.0." in first[0].read_text()
