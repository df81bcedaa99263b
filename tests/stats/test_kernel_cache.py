"""The compiled loops: cached on disk for the next process, wherever the package lies, and never out of date."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import equipoise

SOURCE = Path(equipoise.__file__).parent

COUNT = """
from equipoise.stats._kernels.order import counting_order
import numpy as np
order, starts = counting_order(np.array([1, 0, 1]), 2)
assert order.tolist() == [1, 0, 2]
stats = counting_order.dispatcher.stats
print(stats.cache_path, sum(stats.cache_hits.values()), sum(stats.cache_misses.values()), sep="|")
"""


def package(folder: Path) -> Path:
    """Copy what the kernels need, as an installed package without caches."""
    target = folder / "site" / "equipoise"
    for part in ("stats/_kernels",):
        shutil.copytree(SOURCE / part, target / part, ignore=shutil.ignore_patterns("__pycache__"))
    (target / "__init__.py").write_text("")
    (target / "stats" / "__init__.py").write_text("")
    return target


def run(folder: Path, home: Path) -> tuple[str, int, int]:
    """Count rows in a new process; return the cache folder, and how often code was found and not found there."""
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("NUMBA", "XDG"))},
        "PYTHONPATH": str(folder.parent),
        "HOME": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", COUNT], env=environment, capture_output=True, text=True, check=False, cwd=home
    )
    assert done.returncode == 0, done.stderr
    path, hits, misses = done.stdout.strip().split("|")
    return path, int(hits), int(misses)


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_second_process_compiles_nothing(tmp_path, home):
    folder = package(tmp_path)
    first, second = run(folder, home), run(folder, home)
    assert first[1:] == (0, 1)
    assert second[1:] == (1, 0)
    assert Path(first[0]).is_relative_to(folder)


def test_a_place_that_cannot_be_written_falls_back_to_the_users_cache(tmp_path, home):
    folder = package(tmp_path)
    (folder / "stats" / "_kernels" / "__pycache__").write_text(
        "a file where the folder should be: not even root can write"
    )
    first, second = run(folder, home), run(folder, home)
    assert Path(first[0]).is_relative_to(home)
    assert first[1:] == (0, 1)
    assert second[1:] == (1, 0)


def test_code_of_another_file_that_changed_is_compiled_again(tmp_path, home):
    """Same size and time of the kernel's own file, as after an upgrade with fixed time stamps: the text decides."""
    folder = package(tmp_path)
    run(folder, home)
    path = folder / "stats" / "_kernels" / "order.py"
    times = path.stat().st_atime, path.stat().st_mtime
    path.write_text(path.read_text().replace("Orders of rows", "Order  of rows"))
    os.utime(path, times)
    assert run(folder, home)[1:] == (0, 1)


def test_setting_up_warms_every_kernel_that_is_called():
    code = """
import importlib, pkgutil
import equipoise.stats as stats
from equipoise.stats._kernels import warm
from equipoise.stats._kernels.decorator import Kernel
warm.main()
called = 0
for module in pkgutil.walk_packages(stats.__path__, "equipoise.stats."):
    if "._kernels" not in module.name:
        for name, item in vars(importlib.import_module(module.name)).items():
            if isinstance(item, Kernel) or (hasattr(item, "py_func") and not item.signatures):
                print("COLD", module.name, name)
            called += hasattr(item, "py_func")
print("CALLED", called)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "COLD" not in done.stdout, done.stdout
    assert int(done.stdout.split("CALLED")[1]) > 20
    assert "kernels compiled and cached" in done.stdout


def test_import_loads_no_compiler_and_no_frames():
    code = "import sys, equipoise.stats; print(*sorted(set(sys.argv[1:]) & set(sys.modules)))"
    heavy = ["numba", "polars", "narwhals", "pandas", "matplotlib", "scipy.stats", "scipy.optimize", "scipy.sparse"]
    done = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
