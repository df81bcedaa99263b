"""Benchmarks are not timed in tests, but they run."""

import importlib.util
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench"


def test_the_benchmark_of_conduct_runs(capsys: pytest.CaptureFixture[str]) -> None:
    spec = importlib.util.spec_from_file_location("bench_conduct", BENCH / "conduct.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main(1, 1)
    assert "56 events of 1 patients" in capsys.readouterr().out
