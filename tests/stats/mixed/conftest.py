"""Reference numbers and data for the tests of mixed models."""

import importlib.util
import sys
from pathlib import Path

import pytest


def _load(name):
    """Make a file of this folder importable: the tests are no package."""
    spec = importlib.util.spec_from_file_location(f"mixed_{name}", Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


mixed_cases = _load("cases")


@pytest.fixture(scope="session")
def goldens(reference):
    """Polished fits of R mmrm; the test is skipped where they are not."""
    return mixed_cases.Goldens(reference / "mmrm")


@pytest.fixture
def largest_difference(record_property):
    """Assert that differences are within tolerance, and record the largest for the validation tables."""
    seen = [0.0]

    def note(difference: float, tolerance: float, what: str = "") -> None:
        assert difference <= tolerance, f"{what}: {difference:.3g} > {tolerance:g}"
        seen[0] = max(seen[0], difference)

    yield note
    record_property("largest_difference", float(seen[0]))
