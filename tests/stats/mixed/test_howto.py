"""Every Python line of the page for users of R runs, and prints what the page says."""

import ast
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

PAGE = Path(__file__).parents[3] / "docs" / "howto" / "mmrm-from-r.md"
NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")


def blocks() -> list[list[str]]:
    """Indented blocks of the page, R left out."""
    found: list[list[str]] = [[]]
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("    "):
            found[-1].append(line[4:])
        elif not line.strip():
            found[-1].append("")
        elif found[-1]:
            found.append([])
    return [[line for line in block if "# R" not in line and not line.startswith("write.csv")] for block in found]


def statements(block: list[str]) -> list[tuple[str, list[str]]]:
    """Statements with the lines that they print; lines that continue a statement are joined to it."""
    found: list[tuple[str, list[str]]] = []
    printing = False
    for line in block:
        if line.startswith(">>> "):
            found.append((line[4:], []))
            printing = True
        elif printing and not (line and line[0] != " " and _is_over(found[-1][1])):
            found[-1][1].append(line)
        elif line.startswith(" ") and found:
            found[-1] = (f"{found[-1][0]}\n{line}", [])
        elif line.strip():
            found.append((line, []))
            printing = False
    return found


def _is_over(printed: list[str]) -> bool:
    """Whether a text and its table are printed: a blank line stands between them, and one after."""
    return bool(printed) and printed[-1] == "" and "" in "\n".join(printed).rstrip().splitlines()


def test_the_page_has_the_lines_it_promises() -> None:
    sources = [source for block in blocks() for source, _ in statements(block)]
    assert len(sources) >= 14
    for source in sources:
        ast.parse(source)


def test_every_line_runs_and_prints_what_the_page_says(
    reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(reference / "mmrm" / "data" / "fev_data.csv", tmp_path)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    checked = 0
    for source, printed in (pair for block in blocks() for pair in statements(block)):
        if printed:
            exec(source, names)  # noqa: S102 - our own page
            seen = [line.rstrip() for line in capsys.readouterr().out.rstrip().splitlines()]
            assert seen == [line.rstrip() for line in "\n".join(printed).rstrip().splitlines()]
            checked += 1
            continue
        try:
            value = eval(source, names)  # noqa: S307 - our own page
        except SyntaxError:
            exec(source, names)  # noqa: S102 - our own page
            continue
        said = [number for _, _, comment in [source.partition("#")] for number in NUMBER.findall(comment)]
        checked += bool(said)
        for number in said:
            assert any(_agrees(number, x) for x in _numbers(value)), (source, number, value)
    assert checked >= 5


def _agrees(printed: str, seen: float) -> bool:
    decimals = len(printed.partition(".")[2])
    return abs(float(printed) - seen) <= 0.5 * 10**-decimals + 1e-12


def _numbers(value: Any) -> list[float]:
    """All numbers of a result: of a tuple, a matrix, or the fields of a result."""
    if isinstance(value, tuple | list):
        return [number for part in value for number in _numbers(part)]
    if isinstance(value, int | float | np.ndarray):
        return [float(number) for number in np.ravel(value)]
    fields = value.to_dict() if hasattr(value, "to_dict") else {}
    return [number for part in fields.values() if not isinstance(part, str | dict) for number in _numbers(part)]
