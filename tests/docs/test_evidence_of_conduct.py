"""The page of evidence names tests that exist."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "validation" / "conduct.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([a-z_/]+\.py)::(test_\w+)`", PAGE)))


def test_every_test_that_is_named_exists() -> None:
    assert len(NAMED) > 80
    missing = []
    for file, name in NAMED:
        path = ROOT / "tests" / file
        found = ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if path.exists() else ()
        if not any(isinstance(node, ast.FunctionDef) and node.name == name for node in found):
            missing.append(f"{file}::{name}")
    assert not missing


def test_every_line_says_what_shows_it_or_that_nothing_does() -> None:
    heads = ("| ---", "| item", "| source")
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith(heads)]
    assert len(rows) > 50
    words = ("::test_", "ot covered", "by the user", "above", "not imported", "switch", "open formats")
    assert not [row for row in rows if not any(word in row for word in words)]
