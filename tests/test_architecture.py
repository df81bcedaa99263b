"""The shape of the code base: sizes, public names, light imports, one version."""

import ast
import importlib
import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tests.server.configured import set_up_django

import equipoise

set_up_django()

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
MODULES = ["equipoise", *(m.name for m in pkgutil.walk_packages(equipoise.__path__, "equipoise."))]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_are_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 600
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
            assert length <= 80, f"{node.name} has {length} lines"


@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_declared_sorted_and_there(name: str) -> None:
    if name.endswith(("__main__", ".warm")):
        pytest.skip("a script, not a module to import")
    module = importlib.import_module(name)
    package = hasattr(module, "__path__")
    public = module.__all__ if package else getattr(module, "__all__", [])
    kinds = [(not n.isupper(), not n[:1].isupper(), n) for n in public]  # as ruff: CONSTANTS, Classes, functions
    assert kinds == sorted(kinds)
    assert not [n for n in public if not hasattr(module, n)]
    assert not [n for n in public if n.startswith("Test")]


def test_no_catch_all_modules() -> None:
    catch_all = {"utils", "helpers", "common", "manager", "service"}
    assert not [n for n in MODULES if n.rsplit(".", 1)[-1] in catch_all]


def loaded_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print('\\n'.join(sys.modules))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_statistics_load_no_frames_or_figures() -> None:
    heavy = {"polars", "pandas", "narwhals", "matplotlib", "scipy.stats", "pydantic", "rich"}
    assert not heavy & loaded_after("import equipoise.stats")


def test_command_line_loads_nothing_heavy_before_a_verb_runs() -> None:
    heavy = {"polars", "numpy", "numba", "scipy", "matplotlib", "pydantic", "rtflite", "jinja2", "pyreadstat"}
    assert not heavy & loaded_after("import equipoise.cli")


def test_version_is_written_once() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert equipoise.__version__ == declared
    assert not [p for p in SOURCES if f'"{declared}"' in p.read_text(encoding="utf-8")]


def test_requirements_are_pinned_without_addresses() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        for line in path.read_text().splitlines():
            if line and not line.startswith(("#", "-r ")):
                name, _, version = line.partition("==")
                assert name, line
                assert version, line
                assert "/" not in line, line


def test_architecture_names_every_folder() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    folders = [p.parent.relative_to(ROOT / "src/equipoise") for p in SOURCES if p.name == "__init__.py"]
    missing = [str(f) for f in folders if str(f) != "." and f"`{f}/`" not in text]
    assert not missing
